"""Pushes what differs between two sessions into the views. Reads the session, changes nothing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QTimer, Signal

from explorer.core.aim import Aim
from explorer.core.errors import ExplorerError
from explorer.core.model_pair import ModelPair
from explorer.core.palette import categorical
from explorer.core.raster_support import support_grid
from explorer.core.session import Pictures, Session
from explorer.core.workspace import Workspace
from explorer.ui.decode_loop import Decoded, DecodeLoop, Extras, Wanted
from explorer.ui.here_panel import NEIGHBOURS
from explorer.ui.jobs import Jobs
from explorer.ui.loaded_presenter import LoadedPresenter
from explorer.ui.main_window import MainWindow
from explorer.ui.pauses import Pauses
from explorer.ui.store import SessionStore
from explorer.ui.theme import Theme
from explorer.ui.waiting import Waiting

_SOURCES = {
    "map": "",
    "image": "dropped image",
    "kept": "exact latent",
    "slider": "by slider",
    "prior": "from the prior",
}
_SETTLE_MS = 30
_MARK_MS = 10
_SHADE_MS = 250
_SHARPEN_MS = 150


class Presenter(QObject):
    """Keeps the window in step with the store.

    Signals:
        pictured: the decoded picture of the present latent has been painted; seconds since the gesture.
    """

    pictured = Signal(float)

    def __init__(self, window: MainWindow, store: SessionStore, loop: DecodeLoop, jobs: Jobs) -> None:
        super().__init__(window)
        self._window, self._store, self._loop, self._jobs = window, store, loop, jobs
        self._theme: Literal["dark", "light"] = "dark"
        self._latencies: list[float] = []
        self._decoded: Decoded | None = None
        self._asked_for: Wanted | None = None
        self._readable: Workspace | None = None
        self._nearest: tuple[Workspace, int] | None = None
        self._trail: Sequence[tuple[float, float]] = ()
        self._loaded, self._waiting = LoadedPresenter(window), Waiting(window.here.picture)
        # The picture comes first and alone: its mark on the map, support, neighbours and sliders follow.
        self.pauses = Pauses(self, self._waiting.is_under_way)
        self._mark_later = self.pauses.task(self._mark, _MARK_MS)
        self._later = self.pauses.task(self._show_surroundings, _SETTLE_MS)
        self._last = self.pauses.task(self._show_numbers, _SETTLE_MS // 2)
        self._sharpen_later = QTimer(self)
        self._sharpen_later.setSingleShot(True)
        self._sharpen_later.setInterval(_SHARPEN_MS)
        self._sharpen_later.timeout.connect(self._sharpen)
        # While a layout forms it changes many times a second; only where it comes to rest is it shaded.
        self._shade_later = QTimer(self)
        self._shade_later.setSingleShot(True)
        self._shade_later.setInterval(_SHADE_MS)
        self._shade_later.timeout.connect(self._shade_support)
        store.changed.connect(self._changed)
        loop.decoded.connect(self._show_decoded)
        loop.failed.connect(self._waiting.stop)
        window.here.picture.painted.connect(self._painted)
        jobs.changed.connect(lambda: window.status.show_jobs(jobs))

    def close(self) -> None:
        """Do nothing more of one's own accord."""
        self._waiting.stop()
        self.pauses.stop()
        self._sharpen_later.stop()
        self._shade_later.stop()

    @property
    def decoded(self) -> Decoded | None:
        """The picture on display and the latent it was decoded from."""
        return self._decoded

    def ask_for(self, wanted: Wanted, began: float) -> None:
        """Decode a latent ``(D,)`` or an aim while the edit that makes it the cursor's is still being made.

        ``began`` is the ``time.perf_counter()`` of the gesture.
        """
        session = self._store.session
        if session.pair is not None and session.pair.can_decode:
            self._asked_for = wanted
            self._request(session.pair, wanted, session.extras, began)

    def set_trail(self, places: Sequence[tuple[float, float]]) -> None:
        """The way of the present drag in map units."""
        self._trail = places
        self._mark_later.want()

    def set_theme(self, theme: Theme) -> None:
        """Recolour what paints itself."""
        self._theme = theme.name
        self._window.map.set_theme(theme)
        self._show_colors(self._store.session)
        self._show_legend(self._store.session)

    def _changed(self, old: Session, new: Session) -> None:
        if latent_of(new) is not latent_of(old) or new.pair is not old.pair or new.extras is not old.extras:
            self._ask_for_picture(new)
        if new.pair is not old.pair or new.work is not old.work:
            self._show_loaded(new)
        if new.pair is not old.pair or new.extras is not old.extras:
            self._loaded.show_extras(old, new)
        if new.color_by != old.color_by or new.work is not old.work:
            self._show_legend(new)
        elif new.hidden is not old.hidden:
            self._window.loaded.legend.set_hidden(new.hidden)
        if new.map is not old.map:
            self._show_map(old, new)
        elif new.hidden is not old.hidden or new.color_by != old.color_by:
            self._show_colors(new)
        if new.selection is not old.selection:
            self._window.map.set_selection(new.selection)
        if new.dropped is not old.dropped:
            self._show_dropped(new)
        if new.tray is not old.tray:
            self._window.tray.set_kept(new.tray)
        self._mark_later.want()
        self._window.status.set_right(f"seed {new.seed}")

    def _show_dropped(self, session: Session) -> None:
        self._window.here.set_dropped(session.dropped)
        places = [one.place for one in session.dropped if one.place is not None]
        self._window.map.set_dropped(np.asarray(places, np.float32).reshape(-1, 2))

    def _ask_for_picture(self, session: Session) -> None:
        cursor = session.cursor
        if session.pair is None or cursor is None:
            return
        asked_for = self._asked_for.latent if isinstance(self._asked_for, Aim) else self._asked_for
        if cursor.latent is not asked_for and session.pair.can_decode:
            self._request(session.pair, cursor.latent, session.extras, time.perf_counter())
        self._asked_for = None
        self._later.want()

    def _request(self, pair: ModelPair, wanted: Wanted, extras: Extras, began: float) -> None:
        self._waiting.asked(began)
        self._loop.request(pair, wanted, extras, began)

    def _show_decoded(self, decoded: Decoded) -> None:
        if decoded.pair is not self._store.session.pair:
            return
        self._decoded, self._nearest = decoded, None
        if not decoded.preview:
            self._waiting.came(decoded.asked_at)
        self._window.here.picture.show_now(decoded.picture, decoded.asked_at)
        if self._mark_later.is_wanted:
            self._mark()
        self._later.want()

    def _mark(self) -> None:
        """Show on the map which place the picture is of, and the way there."""
        self._mark_later.stop()
        cursor = self._store.session.cursor
        self._window.map.set_cursor(cursor.place if cursor else None)
        self._window.map.set_trail(np.asarray(self._trail, np.float32).reshape(-1, 2))

    def _painted(self, seconds: float) -> None:
        self._latencies = [*self._latencies[-15:], seconds]
        self.pictured.emit(seconds)
        self.pauses.begin()

    def _show_surroundings(self) -> None:
        """Everything about the cursor that may come a moment after the picture."""
        session, here = self._store.session, self._window.here
        cursor, latent_map = session.cursor, session.map
        if cursor is None:
            return
        self._last.want()
        here.set_source(_SOURCES.get(cursor.source, cursor.source))
        if latent_map is None or cursor.place is None or session.work is None:
            here.set_support(None)
            here.set_neighbours([], [], [])
            self._window.map.set_status("")
            return
        here.set_support(float(latent_map.inverse.support_at(np.asarray([cursor.place]))[0]))
        rows = [int(row) for row in latent_map.inverse.nearest(cursor.place, NEIGHBOURS)]
        here.set_neighbours(rows, self.pictures_of(rows), [self._describe(session, row) for row in rows])
        x, y = cursor.place
        nearest = f"nearest {self.label_of(rows[0])}" if self.label_of(rows[0]) else ""
        parts = [f"x {x:.2f}  y {y:.2f}".replace("-", "−"), nearest]
        if session.pair is not None and session.pair.can_decode:
            milliseconds = (
                sorted(self._latencies)[len(self._latencies) // 2] * 1000 if self._latencies else 0.0
            )
            parts.append(f"input→picture {milliseconds:.1f} ms")
        else:
            self._show_nearest(session.work, rows[0])
        self._window.map.set_status("     ".join(part for part in parts if part))

    def _show_nearest(self, work: Workspace, row: int) -> None:
        """The real picture nearest to the cursor, for a model that draws none: small at once, then whole."""
        here, small = self._window.here, self.pictures_of([row])
        here.set_source(work.item_name(row))
        if self._nearest == (work, row):
            return
        here.picture.set_picture(small[0] if small else None)
        self._nearest = (work, row) if small else None
        if small and small[0].shape[:2] != work.picture_shape[:2]:
            self._sharpen_later.start()

    def _sharpen(self) -> None:
        """Read the picture at the cursor in full, where only a small one was at hand."""
        nearest = self._nearest
        if nearest is None or nearest[0] is not self._store.session.work:
            return
        work, row = nearest
        height, width, _ = work.picture_shape
        self._jobs.start(
            "Reading the picture",
            lambda _: work.pictures([row], height, width)[0],
            self._window.here.picture.set_picture,
            wanted=lambda: self._nearest is nearest,
            failed=lambda _: None,
            quiet=True,
        )

    def _show_numbers(self) -> None:
        """The sliders and the device: apart, so that no tick of the window does all at once."""
        cursor = self._store.session.cursor
        if cursor is not None:
            self._window.here.sliders.set_latent(cursor.latent)
        if self._decoded is not None and self._decoded.pair is self._store.session.pair:
            self._loaded.show_device(self._decoded)

    def pictures_of(self, rows: list[int]) -> list[Pictures]:
        """The real pictures of some rows; none while they are still being read, or where they are gone."""
        work = self._store.session.work
        if work is None or work is not self._readable:
            return []
        try:
            return list(work.pictures(rows))
        except ExplorerError:
            return []

    def label_of(self, row: int) -> str:
        """The label of a row in the field that colours the map; empty without one."""
        session = self._store.session
        for one in session.work.fields if session.work else ():
            if one.name == session.color_by:
                code = int(one.codes[row])
                return one.names[code] if code >= 0 else "no label"
        return ""

    def _describe(self, session: Session, row: int) -> str:
        assert session.work is not None
        labels = [
            f"{one.name}: {one.names[one.codes[row]]}" for one in session.work.fields if one.codes[row] >= 0
        ]
        return "\n".join([session.work.item_name(row), *labels])

    def _read_pictures(self, work: Workspace) -> None:
        """Unpack the data set behind the window's back, so that no look at its pictures ever waits."""

        def ready(_: object) -> None:
            self._readable = work
            self._later.want()

        self._jobs.start(
            "Reading pictures",
            lambda _: work.pictures([0]),
            ready,
            wanted=lambda: self._store.session.work is work,
        )

    def _show_loaded(self, session: Session) -> None:
        self._loaded.show(session)
        if session.work is not None and session.work is not self._readable:
            self._read_pictures(session.work)

    def _show_map(self, old: Session, new: Session) -> None:
        view = self._window.map
        if new.map is None or new.work is None:
            view.set_points(np.empty((0, 2), np.float32), None, categorical(1, self._theme), None)
            return
        view.set_message("")
        if old.map is not None and old.work is new.work:
            view.set_positions(new.map.positions, new.map.raster)
        else:
            view.set_points(new.map.positions, *self._colors(new), new.map.raster)
        self._shade_later.start()

    def _shade_support(self) -> None:
        latent_map = self._store.session.map
        if latent_map is None:
            return
        self._later.want()
        self._jobs.start(
            "Shading",
            lambda _: support_grid(latent_map.inverse.support_at, latent_map.positions),
            lambda support: self._window.map.set_support(support.values, support.bounds),
            wanted=lambda: self._store.session.map is latent_map,
            quiet=True,
        )

    def _show_colors(self, session: Session) -> None:
        if session.map is None:
            return
        codes, palette, shown = self._colors(session)
        self._window.map.set_colors(codes, palette)
        self._window.map.set_shown(shown)

    def _colors(
        self, session: Session
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8], npt.NDArray[np.bool_] | None]:
        """Codes, palette and filter for the field that colours the map."""
        assert session.work is not None
        for one in session.work.fields:
            if one.name == session.color_by:
                shown = ~np.isin(one.codes, list(session.hidden)) if session.hidden else None
                return one.codes, categorical(len(one.names), self._theme), shown
        return np.zeros(len(session.work.latents), np.int32), categorical(1, self._theme), None

    def _show_legend(self, session: Session) -> None:
        loaded, fields = self._window.loaded, session.work.fields if session.work else ()
        loaded.set_fields([one.name for one in fields], session.color_by)
        for one in fields:
            if one.name == session.color_by:
                counts = np.bincount(one.codes[one.codes >= 0], minlength=len(one.names))
                loaded.legend.set_labels(one.names, counts, categorical(len(one.names), self._theme))
                loaded.legend.set_hidden(session.hidden)
                return
        loaded.legend.set_labels((), np.empty(0, np.int64), np.empty((0, 3), np.uint8))


def latent_of(session: Session) -> npt.NDArray[np.float32] | None:
    """The latent that is looked at."""
    return session.cursor.latent if session.cursor else None
