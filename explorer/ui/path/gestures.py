"""Gestures of the path: stations set, moved and taken away, how they are joined, and playing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject

from explorer.core.aim import Aim
from explorer.core.path_plan import PathPlan, Station
from explorer.core.session import Cursor, Session, colored_field, name_of
from explorer.ui.actions import Actions
from explorer.ui.decode_loop import DecodeLoop
from explorer.ui.edits import Edits
from explorer.ui.main_window import MainWindow
from explorer.ui.parts.jobs import Jobs
from explorer.ui.parts.theme import DARK, Theme
from explorer.ui.presenter import Presenter
from explorer.ui.store import SessionStore

if TYPE_CHECKING:
    from explorer.ui.path.page import PathPage
    from explorer.ui.path.presenter import PathPresenter

_FRAME_MS = 12
_MOST_LABELS = 24


class PathGestures(QObject):
    """What hand and keys do to the session's path. What shows it is made with the first station."""

    def __init__(
        self,
        window: MainWindow,
        store: SessionStore,
        edits: Edits,
        presenter: Presenter,
        loop: DecodeLoop,
        jobs: Jobs,
    ) -> None:
        super().__init__(window)
        self._window, self._edits, self._presenter = window, edits, presenter
        self._loop, self._jobs = loop, jobs
        self._theme = DARK
        self._shown: PathPresenter | None = None
        self._actions: Actions | None = None
        self._moving: int | None = None
        self._pending: Aim | None = None
        # As with the probe, the picture follows every event, and the session once a frame.
        self._settle_later = presenter.pauses.task(self._settle, _FRAME_MS)
        edits.add_pending(self._settle)
        store.changed.connect(self._follow)

    def use(self, actions: Actions) -> None:
        """The actions that gestures of the path lead to."""
        self._actions = actions
        actions["use_tool", "path"].triggered.connect(self._begin)

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self._theme = theme
        if self._shown is not None:
            self._shown.set_theme(theme)

    def close(self) -> None:
        """Do nothing more of one's own accord."""
        if self._shown is not None:
            self._shown.close()

    @property
    def shown(self) -> PathPresenter:
        """What shows the path."""
        if self._shown is None:
            from explorer.ui.path.presenter import PathPresenter

            self._shown = PathPresenter(self._window, self._edits, self._presenter, self._loop, self._jobs)
            self._shown.set_theme(self._theme)
            self._shown.paged.connect(self._wire)
        return self._shown

    # --- stations ----------------------------------------------------------------------------------

    def station(self, x: float, y: float, phase: str, number: int) -> None:
        """A press with the path tool on a station, a point or a place, and what follows; see ``MapView``."""
        session = self._edits.session
        if session.map is None:
            return
        began = time.perf_counter()
        if phase == "release":
            self._edits.settle()
            if self._moving is not None:
                self._moving = None
                self.shown.lay_finely()
            return
        if phase == "cursor" and self._here() >= 0:
            phase, number = "station", self._here()
        if phase != "move":
            self._edits.new_gesture()
            self._moving = len(session.path.stations)
        if phase == "station":
            self._moving = number
            one = session.path.stations[number]
            cursor = Cursor(one.latent, one.place, one.source, name=one.name)
            self._edits.edit("Look at station", cursor=cursor)
        elif phase not in ("place", "move"):
            self._add_exactly(phase, number)
        elif self._moving is not None:
            aim = Aim(session.map.inverse, (x, y), self._window.map.view().units_per_pixel)
            self._presenter.ask_for(aim, began)
            self._pending = aim
            self._settle_later.want()

    def nudge(self, dx: float, dy: float) -> bool:
        """Arrow keys, with the path tool: move the station that is looked at; False where there is none."""
        session, here = self._edits.session, self._here()
        place = session.path.stations[here].place if here >= 0 else None
        if place is None or not self._has_tool:
            return False
        scale = self._window.map.view().units_per_pixel
        self.station(*place, "station", here)
        self.station(place[0] + dx * scale, place[1] - dy * scale, "move", -1)
        self.station(*place, "release", -1)
        return True

    def add_station(self) -> None:
        """Go on to what is looked at."""
        self._edits.settle()
        cursor = self._edits.session.cursor
        if cursor is None:
            self._edits.said.emit("There is nothing to go through yet")
            return
        self._edits.new_gesture()
        self._add([cursor])

    def add_brought(self, cursors: Sequence[Cursor]) -> None:
        """Pictures were brought: with the path tool they become stations, in the same step of undo."""
        if self._has_tool:
            self._add(cursors)

    def remove_station(self) -> None:
        """Take away the station that is looked at, else the last."""
        self._edits.settle()
        plan, here = self._edits.session.path, self._here()
        if not plan.stations:
            self._edits.said.emit("There is no station to take away")
            return
        self._edits.new_gesture()
        last = len(plan.stations) - 1
        self._edits.edit("Take station away", path=plan.without_station(here if here >= 0 else last))

    def clear_path(self) -> None:
        """Forget all stations."""
        plan = self._edits.session.path
        if plan.stations:
            self._edits.new_gesture()
            self._edits.edit("Forget the path", path=replace(plan, stations=()))

    def path_through_labels(self) -> None:
        """Lay a path through the most typical picture of each label that is shown."""
        from explorer.core.path_route import typical_rows

        session = self._edits.session
        field, work, latent_map = colored_field(session), session.work, session.map
        if field is None or work is None or latent_map is None:
            self._edits.refused.emit("The map is coloured by no label; choose one to lay a path through.")
            return
        codes = [code for code in range(len(field.names)) if code not in session.hidden]

        def done(rows: list[int]) -> None:
            stations = tuple(self._station_of(row) for row in rows)
            self._edits.new_gesture()
            self._edits.edit(
                "Path through the labels", path=replace(self._edits.session.path, stations=stations)
            )
            self.shown.show_page()
            if len(codes) > len(rows):
                self._edits.said.emit(f"Through the first {len(rows)} of {len(codes)} labels")

        self._jobs.start(
            "Looking for typical pictures",
            lambda _: typical_rows(np.asarray(work.latents), field, codes[:_MOST_LABELS]),
            done,
            wanted=lambda: self._edits.session.map is latent_map,
        )

    def end_path(self) -> None:
        """The path is laid: go on with the probe."""
        if self._actions is not None:
            self._actions["use_tool", "probe"].trigger()

    # --- the page, playing ---------------------------------------------------------------------------

    def toggle_path_page(self) -> None:
        """Show or close the path's page."""
        self.shown.toggle_page()

    def play_path(self) -> None:
        """Play, or stop."""
        self._edits.settle()
        self.shown.play()

    def _begin(self) -> None:
        """The path tool has been chosen."""
        self.shown.show_page()
        self._window.map.setFocus()

    def _wire(self, page: PathPage) -> None:
        page.clear_asked.connect(self.clear_path)
        page.kind_chosen.connect(lambda kind: self._plan("Join the stations otherwise", kind=kind))
        page.ending_chosen.connect(lambda ending: self._plan("End the path otherwise", ending=ending))
        page.even_chosen.connect(lambda even: self._plan("Time the path", even=even))
        page.seconds_chosen.connect(lambda seconds: self._plan("Time the path", seconds=seconds))

    def _plan(self, text: str, **asked: object) -> None:
        before = self._edits.session.path
        after = replace(before, **asked)  # type: ignore[arg-type]
        if any(getattr(before, name) != value for name, value in asked.items()):
            was_playing = self.shown.player.is_playing
            self._edits.new_gesture()
            self._edits.edit(text, path=after)
            if was_playing:
                self.shown.play()

    def _follow(self, old: Session, new: Session) -> None:
        if new.path is not old.path or self._shown is not None:
            self.shown.follow(old, new, rough=self._moving is not None)

    # --- how stations come about ---------------------------------------------------------------------

    def _station_of(self, row: int) -> Station:
        session = self._edits.session
        assert session.map is not None
        assert session.work is not None
        x, y = map(float, session.map.positions[row])
        return Station(np.array(session.map.latents[row]), (x, y), "point", session.work.item_name(row))

    @property
    def _has_tool(self) -> bool:
        return self._actions is not None and self._actions["use_tool", "path"].isChecked()

    def _here(self) -> int:
        """The number of the station that is looked at; -1 for none."""
        session = self._edits.session
        looked_at = session.cursor.latent if session.cursor is not None else None
        return next((i for i, one in enumerate(session.path.stations) if one.latent is looked_at), -1)

    def _add_exactly(self, kind: str, number: int) -> None:
        """Look at what was pressed, exactly, and go through it."""
        one, plan = self._pressed(kind, number), self._edits.session.path
        if one is None:
            self._moving = None
            self._edits.refused.emit("This picture was drawn by another model; choose another place.")
        else:
            cursor = Cursor(one.latent, one.place, one.source, name=one.name)
            self._edits.edit("Add station", cursor=cursor, path=plan.with_station(one))

    def _pressed(self, kind: str, number: int) -> Station | None:
        """A station at what can be pressed; None for a picture of another model."""
        session, flags = self._edits.session, self._window.map.bookmarks
        if kind == "row":
            return self._station_of(number)
        if kind == "dropped":
            image = [one for one in session.dropped if one.place is not None][number]
            return Station(image.latent, image.place, "image", image.name)
        if kind == "bookmark" and flags is not None:
            bookmark = session.bookmarks[flags.numbers[number]]
            note = bookmark.kept.provenance
            if session.pair is None or note.fingerprint != session.pair.fingerprint:
                return None
            return Station(note.latent, bookmark.place, "kept", bookmark.name)
        assert session.cursor is not None
        return Station(session.cursor.latent, session.cursor.place, session.cursor.source)

    def _add(self, cursors: Sequence[Cursor]) -> None:
        plan: PathPlan = self._edits.session.path
        latent_map = self._edits.session.map
        for one in cursors:
            place = one.place or (latent_map.place_of(one.latent) if latent_map is not None else None)
            plan = plan.with_station(Station(one.latent, place, one.source, name_of(one)))
        self._edits.edit("Add station", path=plan)
        self.shown.show_page()

    def _settle(self) -> None:
        """Put the station where the hand has reached."""
        self._settle_later.stop()
        aim, self._pending = self._pending, None
        if aim is None or self._moving is None:
            return
        plan = self._edits.session.path
        station = Station(aim.latent, aim.place)
        is_new = self._moving >= len(plan.stations)
        self._edits.edit(
            "Add station" if is_new else "Move station",
            cursor=Cursor(aim.latent, aim.place, "map"),
            path=plan.with_station(station, None if is_new else self._moving),
        )
