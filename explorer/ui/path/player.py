"""Plays a path: a place for each frame of the screen, decoded as it comes or taken from what was prepared.

1. A precise timer says when; the clock says where on the path (``_tick``).
2. A decoder that keeps up draws it, as under a hand: the ``Presenter`` is asked, and the cursor follows.
3. One that does not has its pictures prepared by a job (``PathBuffer``), coarse at first; playing begins with
   what is there.

All of one playing is one step of undo. Whatever else moves the cursor, or begins a gesture, stops it.
"""

from __future__ import annotations

import operator
import time
from collections import deque
from collections.abc import Mapping

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from explorer.core.model_pair import ModelPair
from explorer.core.path_buffer import PathBuffer
from explorer.core.path_plan import PathPlan
from explorer.core.path_route import Route
from explorer.core.progress import Progress
from explorer.core.session import Cursor, Session
from explorer.ui.decode_loop import Decoded, DecodeLoop
from explorer.ui.edits import Edits
from explorer.ui.parts.jobs import Job, Jobs
from explorer.ui.presenter import Presenter

FRAME_MS = 12
"""Between two pictures: less than a frame, so that one that comes late leaves the rate at 60 a second."""

FAST = 0.012
"""Seconds in which a decoder draws a picture that is played as it goes."""

_MEASURED = 1.0
_PAUSE = 0.02


class PathPlayer(QObject):
    """Moves the cursor along a route in time.

    Attributes:
        time: where on the route it is, in [0, 1].
        is_playing: whether it moves of itself.
        is_buffered: whether its pictures are decoded beforehand.

    Signals:
        moved: the ``time`` is another.
        changed: it began or stopped playing.
    """

    moved = Signal()
    changed = Signal()

    def __init__(
        self, parent: QObject, edits: Edits, presenter: Presenter, loop: DecodeLoop, jobs: Jobs
    ) -> None:
        super().__init__(parent)
        self._edits, self._presenter, self._loop, self._jobs = edits, presenter, loop, jobs
        self._route: Route | None = None
        self._plan = PathPlan()
        self._cursor: Cursor | None = None
        self._buffer: PathBuffer | None = None
        self._buffer_of: tuple[object, ...] = ()
        self._buffer_seconds = 0.0
        self._job: Job | None = None
        self.is_buffered = self._is_own = False
        self._shown = -1
        self._began = self._from = self._since = 0.0
        self.time, self.is_playing = 0.0, False
        self._paints: deque[float] = deque(maxlen=128)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(self._tick)
        edits.began.connect(self._stop_for_others)
        presenter.pictured.connect(self._painted)

    def set_route(self, route: Route | None, plan: PathPlan) -> None:
        """Another route; what plays goes on along it, if there is one."""
        if route is not self._route:
            self._buffer = None
        self._route, self._plan = route, plan
        if route is None:
            self.stop()
        elif self.is_playing:
            self._prepare()
            self._start_at(self.time)

    def play(self, seconds: float) -> None:
        """Go on from where it is; ``seconds`` is how long one picture takes to decode."""
        if self._route is None:
            return
        self._is_own = True
        self._edits.new_gesture()
        self._is_own = False
        self.is_playing, self.is_buffered = True, seconds > FAST
        self._since = time.perf_counter()
        self._paints.clear()
        self._prepare()
        at_end = self._plan.ending == "once" and self.time >= 1.0
        self._start_at(0.0 if at_end else self.time)
        self._timer.start()
        self.changed.emit()

    def stop(self) -> None:
        """Stay where it is."""
        self._timer.stop()
        if self._job is not None:
            self._job.progress.cancel()
            self._job = None
        if self.is_playing:
            self.is_playing = False
            self.changed.emit()

    def seek(self, at: float, *, begins: bool) -> None:
        """A hand moves it to a time in [0, 1]; one that ``begins`` is a new step of undo."""
        if begins:
            self._edits.new_gesture()  # which stops it
        if self._route is not None:
            self._show(at, prepared=False)

    def follow(self, old: Session, new: Session) -> None:
        """The session is another: a cursor of somebody else's stops the playing."""
        if new.cursor is not old.cursor and new.cursor is not self._cursor:
            self.stop()

    @property
    def rate(self) -> float:
        """Pictures painted a second while it plays; 0 until that can be told."""
        now = time.perf_counter()
        if not self.is_playing or now - self._since < _MEASURED:
            return 0.0
        return sum(now - at <= _MEASURED for at in self._paints) / _MEASURED

    def _start_at(self, at: float) -> None:
        self._began, self._from, self._shown = time.perf_counter(), at, -1

    def _tick(self) -> None:
        passed = self._from + (time.perf_counter() - self._began) / self._plan.seconds
        if self._plan.ending == "once" and passed >= 1.0:
            self._show(1.0, prepared=False)
            self.stop()
        elif self._plan.ending == "back":
            passed %= 2.0
            self._show(min(passed, 2.0 - passed), prepared=self.is_buffered)
        else:
            self._show(passed % 1.0, prepared=self.is_buffered)

    def _show(self, at: float, *, prepared: bool) -> None:
        assert self._route is not None
        began = time.perf_counter()
        if prepared:
            buffer = self._buffer
            number = buffer.nearest(at) if buffer is not None else -1
            if buffer is None or number < 0 or number == self._shown:
                return
            self._shown, at = number, buffer.time(number)
            latent = buffer.latents[number]
        else:
            latent = self._route.path.at(at)
            self._presenter.ask_for(latent, began)
        self.time = at
        self._cursor = Cursor(latent, self._route.place_at(at), "path")
        if prepared and buffer is not None:
            pair, extras = self._edits.session.pair, self._edits.session.extras
            assert pair is not None
            decoded = Decoded(pair, latent, extras, buffer.picture(number), began, buffer.seconds)
            self._presenter.show_prepared(decoded)
        self._edits.edit("Along the path", cursor=self._cursor)
        self.moved.emit()

    def _prepare(self) -> None:
        """Have the pictures decoded behind, where playing needs them and they are not there."""
        session, route = self._edits.session, self._route
        pair = session.pair
        if not self.is_buffered or route is None or pair is None:
            return
        seconds, sources = self._plan.seconds, (route, pair, session.extras)
        is_same = seconds == self._buffer_seconds and all(map(operator.is_, sources, self._buffer_of))
        if self._buffer is None or not is_same:
            self._buffer = PathBuffer(route.path, seconds, pair.sample_shape)
            self._buffer_of, self._buffer_seconds = sources, seconds
        buffer = self._buffer
        if self._job is not None:
            self._job.progress.cancel()
        if buffer.ready < len(buffer):
            self._job = self._jobs.start(
                "Preparing the path",
                lambda progress: self._fill(buffer, pair, session.extras, progress),
                lambda _: None,
                failed=self._fail,
            )

    def _fill(
        self, buffer: PathBuffer, pair: ModelPair, extras: Mapping[str, float], progress: Progress
    ) -> None:
        """In a job: decode while no hand drags."""

        def wait() -> None:
            while not self._loop.is_idle():
                progress.check()
                time.sleep(_PAUSE)

        buffer.fill(lambda latents: pair.decode(latents, extras), progress, wait)

    def _fail(self, sentence: str) -> None:
        self.stop()
        self._edits.refused.emit(sentence)

    def _painted(self, _: float) -> None:
        if self.is_playing:
            self._paints.append(time.perf_counter())

    def _stop_for_others(self) -> None:
        if not self._is_own:
            self.stop()
