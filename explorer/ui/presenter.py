"""Pushes what differs between two sessions into the views. Reads the session, changes nothing."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QTimer, Signal

from explorer.core.aim import Aim
from explorer.core.errors import ExplorerError
from explorer.core.model_pair import ModelPair
from explorer.core.palette import categorical
from explorer.core.session import Pictures, Session, is_own
from explorer.core.workspace import Workspace
from explorer.ui.axes.presenter import AxesPresenter
from explorer.ui.color.presenter import ColorPresenter
from explorer.ui.decode_loop import Decoded, DecodeLoop, Extras, Wanted
from explorer.ui.here.presenter import HerePresenter
from explorer.ui.main_window import MainWindow
from explorer.ui.map.travel import Travel
from explorer.ui.maps.mapping import Mapper
from explorer.ui.model.loaded_presenter import LoadedPresenter
from explorer.ui.parts.hook import Hook
from explorer.ui.parts.jobs import Jobs
from explorer.ui.parts.pauses import Pauses
from explorer.ui.parts.theme import Theme
from explorer.ui.parts.waiting import Waiting
from explorer.ui.store import SessionStore

_SETTLE_MS = 30
_MARK_MS = 10
_READ_AFTER_MS = 150
_REST_MS = 250


class Presenter(QObject):
    """Keeps the window in step with the store.

    Attributes:
        axes: shows what the sliders move along.
        here: shows what surrounds the cursor.
        travel: moves the points from one layout to the next.

    Hooks:
        pictured: the decoded picture of the present latent has been painted; seconds since the gesture.

    Signals:
        rested: the points of the map have come to rest.
    """

    rested = Signal()

    def __init__(
        self, window: MainWindow, store: SessionStore, loop: DecodeLoop, jobs: Jobs, mapper: Mapper
    ) -> None:
        super().__init__(window)
        self.pictured = Hook()
        self._window, self._store, self._loop, self._jobs, self._mapper = window, store, loop, jobs, mapper
        self._decoded: Decoded | None = None
        self._asked_for: Wanted | None = None
        self._readable: Workspace | None = None
        self._picture = window.here.picture
        self._trail: Sequence[tuple[float, float]] = ()
        self._marks_own = True
        self._loaded, self._waiting = LoadedPresenter(window), Waiting(window.here.picture)
        self._colors = ColorPresenter(window, store)
        self.axes = AxesPresenter(window, store, jobs)
        self.label_of = self._colors.label_of
        # The picture comes first and alone: its mark on the map, support, neighbours and sliders follow.
        self.pauses = Pauses(self, self._waiting.is_under_way)
        self._mark_later = self.pauses.task(self._mark, _MARK_MS)
        self.travel = Travel(window.map)
        self.here = HerePresenter(
            window, store, jobs, mapper, self.pauses, self.pictures_of, self.label_of, self.travel.shown_place
        )
        self._later = self.here.later
        self._last = self.pauses.task(self._show_numbers, _SETTLE_MS // 2)
        self.here.shown.connect(self._last.want)
        # While a map forms it changes many times a second; only where it comes to rest is it shaded.
        self._rest_later = QTimer(self)
        self._rest_later.setSingleShot(True)
        self._rest_later.setInterval(_REST_MS)
        self._rest_later.timeout.connect(self._rest)
        # The first decoded picture has both cores.
        self._read_later = QTimer(self)
        self._read_later.setSingleShot(True)
        self._read_later.setInterval(_READ_AFTER_MS)
        self._read_later.timeout.connect(self._read_pictures)
        self.travel.moved.connect(self._mark_all)
        self.travel.arrived.connect(self._rest_later.start)
        mapper.changed.connect(self._rest_later.start)
        store.changed.connect(self._changed)
        loop.decoded.connect(self._show_decoded)
        loop.failed.connect(self._waiting.stop)
        window.here.picture.painted.connect(self._painted)
        jobs.changed.connect(self._show_jobs)

    def close(self) -> None:
        """Do nothing more of one's own accord."""
        self._waiting.stop()
        self.pauses.stop()
        self.here.close()
        self.axes.close()
        self._rest_later.stop()
        self._read_later.stop()
        self.travel.close()

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

    def show_prepared(self, decoded: Decoded) -> None:
        """Show a picture decoded beforehand, before the edit that makes its latent the cursor's."""
        self._asked_for = decoded.latent
        self._show_decoded(decoded)

    def set_trail(self, places: Sequence[tuple[float, float]]) -> None:
        """The way of the present drag in map units."""
        self._trail = places
        self._mark_later.want()

    def mark_own(self, marked: bool) -> None:
        """Whether a cursor whose picture can be carried is marked so."""
        self._marks_own = marked
        self._mark_later.want()

    def set_theme(self, theme: Theme) -> None:
        """Recolour what paints itself."""
        self._window.map.set_theme(theme)
        self._colors.set_theme(theme)

    def _changed(self, old: Session, new: Session) -> None:
        if latent_of(new) is not latent_of(old) or new.pair is not old.pair or new.extras is not old.extras:
            self._ask_for_picture(new)
        if new.pair is not old.pair or new.work is not old.work:
            self._show_loaded(new)
        if new.pair is not old.pair or new.extras is not old.extras:
            self._loaded.show_extras(old, new)
        if new.map is not old.map:
            self._show_map(old, new)
        self._colors.changed(old, new)
        if new.color_by != old.color_by:
            self._later.want()
        if new.tray is not old.tray:
            self._window.tray.set_kept(new.tray)
        self._mark_later.want()
        self._window.status.set_right(f"seed {new.seed}")

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
        self._decoded = decoded
        if not decoded.preview:
            self._waiting.came(decoded.asked_at)
        self._picture.show_now(decoded.picture, decoded.asked_at)
        if self._mark_later.is_wanted:
            self._mark()
        self._later.want()

    def _mark(self) -> None:
        """Show on the map which place the picture is of, and the way there."""
        self._mark_later.stop()
        cursor = self._store.session.cursor
        place = self.travel.shown_place(cursor.place) if cursor and cursor.place else None
        self._window.map.set_cursor(place, own=self._marks_own and is_own(cursor))
        self._window.map.set_trail(np.asarray(self._trail, np.float32).reshape(-1, 2))

    def _mark_all(self) -> None:
        """Move all marks along with the points."""
        self._mark()
        if self._store.session.dropped:
            self.here.mark_dropped()

    def _painted(self, seconds: float) -> None:
        self.pictured.emit(seconds)
        self.here.painted(seconds)
        self.pauses.begin()

    def _show_jobs(self) -> None:
        self._window.status.show_jobs(self._jobs)

    def _show_numbers(self) -> None:
        """The sliders and the device: apart, so that no tick of the window does all at once."""
        cursor = self._store.session.cursor
        if cursor is not None:
            self.axes.show_latent(cursor)
        if self._decoded is not None and self._decoded.pair is self._store.session.pair:
            self._loaded.show_device(self._decoded)

    def pictures_of(self, rows: list[int]) -> list[Pictures]:
        """The real pictures of some rows; none while they are still being read, or where they are gone."""
        work = self._store.session.work
        if work is None or work is not self._readable:
            return []
        try:
            return list(work.samples(rows))
        except ExplorerError:
            return []

    @property
    def is_reading(self) -> bool:
        """Whether pictures of the data are to be read soon; then a job does it."""
        return self._read_later.isActive()

    def _read_pictures(self) -> None:
        """Unpack the data set behind the window's back, so that no look at its pictures ever waits."""
        work = self._store.session.work
        if work is None:
            return

        def ready(_: object) -> None:
            self._readable = work
            self._window.map.set_pictures(work.samples)
            self._later.want()

        self._jobs.start(
            "Reading pictures",
            lambda _: work.samples([0]),
            ready,
            wanted=lambda: self._store.session.work is work,
            quiet=True,
        )

    def _show_loaded(self, session: Session) -> None:
        self.axes.set_data(session, self._loaded.show(session))
        if session.work is not self._readable:
            self._window.map.set_pictures(None)
            if session.work is not None:
                self._read_later.start()

    def _show_map(self, old: Session, new: Session) -> None:
        view = self._window.map
        if new.map is None or new.work is None:
            view.set_points(np.empty((0, 2), np.float32), None, categorical(1), None)
            return
        view.set_message("")
        if old.map is not None and old.work is new.work:
            self._rest_later.stop()
            self.travel.go(old, new)
        else:
            self.travel.settle(new.map.positions)
            view.set_points(new.map.positions, *self._colors.colors(new), new.map.raster)
            self._rest_later.start()

    def _rest(self) -> None:
        moves = self._mapper.is_forming or self.travel.is_moving
        if self._store.session.map is not None and not moves:
            self._later.want()
            self.rested.emit()


def latent_of(session: Session) -> npt.NDArray[np.float32] | None:
    """The latent that is looked at."""
    return session.cursor.latent if session.cursor else None
