"""One short method per gesture on the map and on latents: what the hand does becomes an edit."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from explorer.core.aim import Aim
from explorer.core.carry import REACH, Individual
from explorer.core.errors import ExplorerError
from explorer.core.provenance import Provenance
from explorer.core.sampling import prior_draw
from explorer.core.session import Cursor, DroppedImage, Session, individual_of
from explorer.ui.edits import Edits
from explorer.ui.main_window import MainWindow
from explorer.ui.parts.pictures import to_qimage
from explorer.ui.presenter import Presenter
from explorer.ui.store import SessionStore

_FRAME_MS = 12
_LONGEST_TRAIL = 400


class Controller(QObject):
    """The probe, and all else that sets the latent that is looked at.

    Attributes:
        hovered: the row under the pointer, or -1.
        reach: how far a picture that is carried keeps what is its own; 0: nothing is carried.

    Signals:
        model_wanted: a ``Provenance`` whose model is not open, what its picture is called, and whether the
            model may be opened at once.
    """

    model_wanted = Signal(object, str, bool)

    def __init__(self, window: MainWindow, store: SessionStore, edits: Edits, presenter: Presenter) -> None:
        super().__init__(window)
        self._window, self._edits, self._presenter = window, edits, presenter
        self._trail: list[tuple[float, float]] = []
        # Where the hand is in a drag. The picture follows every event; session, map and undo follow once a
        # frame, for an edit beside a small decoder's run makes it half as long again.
        self._pending: Aim | None = None
        self._held: Individual | None = None
        self._off: tuple[float, float] | None = None
        self._settle_later = presenter.pauses.task(self._settle, _FRAME_MS)
        self.hovered, self.reach = -1, REACH
        edits.add_pending(self._settle)
        edits.began.connect(self._begin_trail)
        store.changed.connect(self._forget)

    # --- the map -----------------------------------------------------------------------------------

    def probe(self, x: float, y: float, phase: str) -> None:
        """Click or drag: decode the place ``(x, y)`` in map units; a drag is one step of undo.

        What the hand holds goes along, from where it lies.
        """
        began = time.perf_counter()
        latent_map = self._edits.session.map
        if latent_map is None:
            return
        if phase == "press":
            self._edits.new_gesture()
            self._held = None
        if phase == "release":
            self._edits.settle()
            self._presenter.set_trail(())
            self._held = None
            return
        if self._held is not None:
            x, y = self._carried_to(x, y)
        aim = Aim(latent_map.inverse, (x, y), self._window.map.view().units_per_pixel, self._held)
        self._pending = aim
        self._trail.append((x, y))
        self._settle_later.want()
        self._presenter.ask_for(aim, began)  # last, for the decoder's thread waits for what comes after

    def grab(self, kind: str, index: int) -> None:
        """A press on a "row", a "dropped" picture or the ring of the "cursor": all of that latent at once.

        The last two go along when the hand moves. A point does not: of many there is one under every press,
        and what the map itself says must stay within reach; but once it is the cursor's it can be taken.
        """
        if kind == "row":
            self.go_to_row(index)
        elif kind == "dropped":
            placed = [one for one in self._edits.session.dropped if one.place is not None]
            self.look_at_dropped(placed[index])
        elif kind == "cursor":
            self._edits.new_gesture()
        goes_along = kind in ("dropped", "cursor")  # a bookmark is gone to by its owner
        self._held = individual_of(self._edits.session.cursor, self.reach) if goes_along else None
        self._off = None

    def look_at_dropped(self, image: DroppedImage) -> None:
        """Look at exactly the latent of a dropped picture."""
        self._edits.new_gesture()
        if self._edits.session.cursor is None or self._edits.session.cursor.latent is not image.latent:
            cursor = Cursor(image.latent, image.place, "image", name=image.name)
            self._edits.edit("Look at image", cursor=cursor)

    def carry_on(self, reach: float) -> None:
        """Carry so far from now on, and what is being carried at once; a part of the present gesture."""
        began = time.perf_counter()
        self._edits.settle()
        self.reach = reach
        cursor, latent_map = self._edits.session.cursor, self._edits.session.map
        if cursor is not None and cursor.carried and cursor.place and latent_map is not None:
            one = replace(cursor.carried, reach=reach)
            aim = Aim(latent_map.inverse, cursor.place, self._window.map.view().units_per_pixel, one)
            self._presenter.ask_for(aim, began)
            self._edits.edit("Carry", cursor=_cursor_at(aim))

    def _carried_to(self, x: float, y: float) -> tuple[float, float]:
        """Where what is held lies when the hand is at ``(x, y)``: it starts from its own place."""
        cursor = self._edits.session.cursor
        if self._off is None and cursor is not None and cursor.place is not None and self._held is not None:
            self._off = cursor.place[0] - x, cursor.place[1] - y
            self._edits.said.emit(f"Carrying {self._held.name} · Ctrl+Z takes it back, C turns carrying off")
        dx, dy = self._off or (0.0, 0.0)
        return x + dx, y + dy

    def nudge(self, dx: float, dy: float) -> None:
        """Arrow keys: move the probe by pixels, and carry what can be carried."""
        cursor = self._edits.session.cursor
        if cursor is None or cursor.place is None:
            return
        held = individual_of(cursor, self.reach)
        if held is not None:
            self._edits.new_gesture()
            self._held, self._off = held, (0.0, 0.0)
        scale = self._window.map.view().units_per_pixel
        x, y = cursor.place[0] + dx * scale, cursor.place[1] - dy * scale
        self.probe(x, y, "press") if held is None else self.probe(x, y, "move")
        self.probe(x, y, "release")

    def hover(self, row: int) -> None:
        """The pointer rests on a point: show its picture, label, name and how far the others speak for it."""
        self.hovered = row
        work, latent_map = self._edits.session.work, self._edits.session.map
        if row < 0 or work is None or latent_map is None:
            self._window.map.set_hover_card(None, "", ())
            return
        pictures = self._presenter.pictures_of([row])
        image = to_qimage(pictures[0]) if pictures else None
        support = latent_map.inverse.support_at(latent_map.positions[row], others=True)[0]
        lines = [work.item_name(row), f"support from others {support:.2f}"]
        self._window.map.set_hover_card(image, self._presenter.label_of(row), lines)

    def go_to_row(self, row: int) -> None:
        """Look at exactly the latent of a data point."""
        latent_map, work = self._edits.session.map, self._edits.session.work
        if latent_map is not None and work is not None:
            x, y = map(float, latent_map.positions[row])
            self._edits.new_gesture()
            cursor = Cursor(np.array(latent_map.latents[row]), (x, y), "point", name=work.item_name(row))
            self._edits.edit("Go to image", cursor=cursor)

    # --- latents -------------------------------------------------------------------------------------

    def slider_pressed(self) -> None:
        """A control is taken into the hand: what follows is one step of undo."""
        self._edits.new_gesture()

    def sample_one(self) -> None:
        """Dice: decode a random latent from the prior; the next throw has the next seed."""
        session = self._edits.session
        if session.pair is None or not session.pair.can_decode:
            return
        latent = prior_draw(session.pair, session.work, 1, session.seed).latents()[0]
        self._edits.new_gesture()
        cursor = Cursor(latent, self._place_of(latent), "prior", session.seed)
        self._edits.edit("Random picture", cursor=cursor, seed=session.seed + 1)

    def set_extra(self, name: str, value: float) -> None:
        """Feed the decoder another value beside the latent; ``slider_pressed`` begins the gesture."""
        self._edits.edit(f"Set {name}", extras={**self._edits.session.extras, name: value})

    # --- coming back, the session -----------------------------------------------------------------

    def return_to(self, provenance: Provenance, name: str, *, opens: bool = True) -> None:
        """Look at exactly the latent of a picture, called ``name``; if it ``opens``, with its own model."""
        session = self._edits.session
        if session.pair is None or provenance.fingerprint != session.pair.fingerprint:
            self.model_wanted.emit(provenance, name, opens)
            return
        size = len(provenance.latent)
        if size != session.pair.latent_size:
            self._edits.refused.emit(
                f"{name} says that {session.pair.name} drew it, but its latent has {size:,} numbers and not "
                f"{session.pair.latent_size:,}: its note is forged."
            )
            return
        place = provenance.place or self._place_of(provenance.latent)
        self._edits.new_gesture()
        cursor = Cursor(provenance.latent, place, "kept", provenance.seed)
        self._edits.edit("Return", cursor=cursor, extras=provenance.extras)

    def save_session_to(self, path: Path) -> bool:
        """Write the session; says so and returns False where that is not possible."""
        from explorer.core.session_file import save_session

        self._edits.settle()
        try:
            save_session(path, self._edits.session, self._window.map.view())
        except ExplorerError as error:
            self._edits.refused.emit(str(error))
            return False
        return True

    def _settle(self) -> None:
        """Put the place that the hand has reached into the session."""
        self._settle_later.stop()
        aim, self._pending = self._pending, None
        if aim is not None:
            self._edits.edit("Carry" if aim.individual else "Probe", cursor=_cursor_at(aim))
            del self._trail[:-_LONGEST_TRAIL]
            self._presenter.set_trail(self._trail)

    def _begin_trail(self) -> None:
        self._trail = []

    def _place_of(self, latent: npt.NDArray[np.float32]) -> tuple[float, float] | None:
        latent_map = self._edits.session.map
        return latent_map.place_of(latent) if latent_map is not None else None

    def _forget(self, old: Session, new: Session) -> None:
        if new.pair is not old.pair or new.work is not old.work:
            self._pending = None
        if new.map is not old.map:
            self._held = None


def _cursor_at(aim: Aim) -> Cursor:
    source = "carried" if aim.individual else "map"
    return Cursor(aim.latent, aim.place, source, carried=aim.individual)
