"""A real window without a display on a bundle, and a hand that drags on its map."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.benchmarks.common import bare_session

if TYPE_CHECKING:
    from explorer.ui.app import Explorer

EVENT_MS = 8
_TICK_MS, _ALARM_MS = 8, 100
_STRETCH, _REST = 20, 0.05
_HESITATION = 1.0  # a hand that carries files is over the window for at least as long
_TIMEOUT = 120.0
_AWAY = 12.0


@dataclass
class Drag:
    """Seconds of what was done.

    Attributes:
        painted: from each event to its painted picture.
        bare: the bare run at the same rhythm.
        handed: the same, handed to another thread and back.
        tight: the bare run without a pause.
    """

    painted: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    handed: list[float] = field(default_factory=list)
    tight: list[float] = field(default_factory=list)


class Hand:
    """The app's window on a bundle, and a hand that drags on its map."""

    def __init__(self, bundle: Path) -> None:
        from PySide6.QtCore import QEvent, QEventLoop, QPointF, Qt, QTimer
        from PySide6.QtGui import QMouseEvent
        from PySide6.QtWidgets import QApplication

        from explorer.core import inverse, projection, raster
        from explorer.ui.app import Explorer, prepare_process

        # Looked up here: an import statement takes longer than an event.
        self._point, self._event, self._types = QPointF, QMouseEvent, QEvent.Type
        self._left, self._none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
        self._waiting = QEventLoop.ProcessEventsFlag.WaitForMoreEvents
        self._copy = Qt.DropAction.CopyAction
        self._no_key = Qt.KeyboardModifier.NoModifier
        self._sent_at = self._painted_at = 0.0
        self._app = QApplication.instance() or QApplication([])
        self._alarm = QTimer()  # so that no wait sleeps through its end
        self._alarm.start(_ALARM_MS)
        projection.prepare()  # the compiler works once for an installation, soon after its first start
        self._explorer: Explorer = Explorer()
        prepare_process()
        self._explorer.start([bundle])
        self.wait(lambda: self._explorer.presenter.decoded is not None)
        for compiling in (raster.warm_up(), inverse.warm_up()):
            compiling.join()
        self.wait(projection.is_compiled)
        self.settle(1.0)
        self.wait(lambda: not self._explorer.jobs.running)
        session = self._explorer.store.session
        assert session.pair is not None
        assert session.map is not None
        self._pair = session.pair
        height, width, _ = self._pair.image.picture_shape
        self._explorer.window.here.picture.setFixedSize(width, height)
        self.settle(0.2)
        view = self._explorer.window.map
        self._middle = view.view().to_screen(np.asarray([session.map.densest_place()]))[0]
        self._turn = 0
        assert self._pair.decoder_path is not None
        self._bare = session, port = bare_session(self._pair.decoder_path)
        self._runner = Runner(lambda latent: session.run(None, {port: latent}))
        self._explorer.presenter.pictured.connect(self._painted)

    def close(self) -> None:
        """End the app's threads and its window."""
        self._runner.close()
        self._explorer.close()
        self._explorer.window.close()
        self._explorer.window.deleteLater()
        self._app.processEvents()

    def wait(self, done: Callable[[], bool], timeout: float = _TIMEOUT) -> None:
        """Let the window live until ``done``."""
        until = time.perf_counter() + timeout
        while not done():
            if time.perf_counter() > until:
                raise TimeoutError("the window does not do what it was waited for")
            self._app.processEvents(self._waiting)  # sleeps, and leaves the interpreter to the decoder

    def settle(self, seconds: float) -> None:
        """Let the window live for a while."""
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            self._app.processEvents()
            time.sleep(0.001)

    def drag(self, steps: int) -> Drag:
        """A drag of ``steps`` events, one every 8 ms, each once the window is done with the one before.

        In turn a stretch of the drag and the same latents alone at the same rhythm: after a pause the caches
        are cold and the processor sleeps, for the bare run as for the window. Latent by latent would be
        unfair the other way: the bare run would leave the cache of the window's core full of weights.
        """
        result = Drag()
        for stretch in range(-1, steps // _STRETCH):
            latents, times = [], []
            self._press()
            for _ in range(_STRETCH):
                self._painted_at = 0.0
                self._move()
                self.wait(lambda: self._painted_at > 0.0)
                times.append(self._painted_at - self._sent_at)
                self._app.processEvents()  # the map follows the picture
                latents.append(self._latent())
                self._pause(self._sent_at)
            self._release()
            self.settle(_REST)
            if stretch >= 0:  # the first stretch is for warming up
                result.painted += times
                self._alone(latents, result)
        return result

    def stream(self, seconds: float) -> Drag:
        """A drag with an event every 8 ms, whether or not the window has come so far.

        A picture counts from the event that asked for it; those that were skipped have no picture.
        """
        from PySide6.QtCore import Qt, QTimer

        result = Drag()
        latents = []

        def painted(took: float) -> None:
            result.painted.append(took)
            latents.append(self._latent())

        hand = QTimer()
        hand.setTimerType(Qt.TimerType.PreciseTimer)
        hand.timeout.connect(self._move)
        self._press()
        self._explorer.presenter.pictured.connect(painted)
        hand.start(EVENT_MS)
        until = time.perf_counter() + seconds
        self.wait(lambda: time.perf_counter() > until)
        hand.stop()
        self._explorer.presenter.pictured.disconnect(painted)
        self._release()
        self.settle(2 * _REST + 2 * max(result.painted))
        self._alone(latents[:_STRETCH], result)
        return result

    def drop(self, files: list[Path]) -> float:
        """Drop files on the map; seconds to the first painted picture of the model that they are."""
        from PySide6.QtCore import QMimeData, QUrl
        from PySide6.QtGui import QDragEnterEvent, QDropEvent

        presenter, view, before = self._explorer.presenter, self._explorer.window.map, self._pair
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(path)) for path in files])
        at, action = self._point(view.rect().center()), self._copy
        enter = QDragEnterEvent(at.toPoint(), action, mime, self._left, self._no_key)
        self._app.sendEvent(view, enter)
        self.settle(_HESITATION)
        self._painted_at = 0.0
        began = time.perf_counter()
        self._app.sendEvent(view, QDropEvent(at, action, mime, self._left, self._no_key))
        self.wait(lambda: self._painted_at > 0.0 and presenter.decoded.pair is not before)
        took = self._painted_at - began
        self._pair = presenter.decoded.pair
        self.wait(lambda: not self._explorer.jobs.running)
        return took

    def _alone(self, latents: list[np.ndarray], result: Drag) -> None:
        """The bare run for each latent, one every 8 ms here and on another thread, and without a pause."""
        session, port = self._bare
        shaped = [latent.reshape(1, *self._pair.latent_shape) for latent in latents]
        for times, rhythm, run in (
            (result.bare, True, lambda latent: session.run(None, {port: latent})),
            (result.handed, True, self._runner.run),
            (result.tight, False, lambda latent: session.run(None, {port: latent})),
        ):
            for latent in shaped:
                began = time.perf_counter()
                run(latent)
                times.append(time.perf_counter() - began)
                self._app.processEvents()
                if rhythm:
                    self._pause(began)

    def _pause(self, began: float) -> None:
        """Until the next event of a hand that moves 125 times a second, the window living on."""
        self.settle(began + EVENT_MS / 1000 - time.perf_counter())

    def _latent(self) -> np.ndarray:
        cursor = self._explorer.store.session.cursor
        assert cursor is not None
        return cursor.latent

    def ticks(self, seconds: float) -> dict[str, list[float]]:
        """Intervals of a precise timer at rest, while dragging and while UMAP runs."""
        from PySide6.QtCore import Qt, QTimer

        gaps: dict[str, list[float]] = {"idle": [], "drag": [], "umap": []}
        listener = Ticks()
        hand = QTimer()
        hand.setTimerType(Qt.TimerType.PreciseTimer)
        hand.timeout.connect(self._move)
        for _ in range(2):  # both times of rest count, before and after the drag
            self._listen(listener, gaps["idle"], seconds / 4)
            self._press()
            hand.start(EVENT_MS)
            self._listen(listener, gaps["drag"], seconds / 2)
            hand.stop()
            self._release()
            self.settle(0.2)
        gaps["umap"] = self.map_ticks(1, seconds)
        return gaps

    def rest_ticks(self, seconds: float) -> list[float]:
        """Intervals of a precise timer at rest."""
        gaps: list[float] = []
        self._listen(Ticks(), gaps, seconds)
        return gaps

    def map_ticks(self, seed: int, seconds: float) -> list[float]:
        """The same while a map forms, to its end or for so long."""
        from explorer.core.map_settings import MapSettings

        gaps: list[float] = []
        listener, jobs = Ticks(), self._explorer.jobs
        self._explorer.mapping.make(MapSettings(seed=seed))  # none that is kept
        until = time.perf_counter() + seconds
        while jobs.running and time.perf_counter() < until:
            self._listen(listener, gaps, min(0.5, seconds))
        jobs.cancel()
        self.wait(lambda: not jobs.running)
        return gaps

    def _listen(self, listener: Ticks, gaps: list[float], seconds: float) -> None:
        listener.start()
        until = time.perf_counter() + seconds
        self.wait(lambda: time.perf_counter() > until)
        gaps += listener.stop()

    def _painted(self, seconds: float) -> None:
        now = time.perf_counter()
        if now - seconds >= self._sent_at:  # not the picture of an earlier event
            self._painted_at = now

    def _press(self) -> None:
        # Far enough from where the drag goes on that it counts as one, even where a point is pressed.
        self._send(self._types.MouseButtonPress, self._left, self._left, off=_AWAY)

    def _move(self) -> None:
        self._turn += 1
        self._send(self._types.MouseMove, self._none, self._left)

    def _release(self) -> None:
        self._send(self._types.MouseButtonRelease, self._left, self._none)

    def _send(self, kind: Any, button: Any, buttons: Any, off: float = 0.0) -> None:
        turn = self._turn / 25
        radius = off + 40.0 + 10.0 * math.sin(turn / 7)
        at = self._point(self._middle[0] + math.cos(turn) * radius, self._middle[1] + math.sin(turn) * radius)
        view = self._explorer.window.map
        event = self._event(kind, at, view.mapToGlobal(at), button, buttons, self._no_key)
        self._sent_at = time.perf_counter()
        self._app.sendEvent(view, event)


class Runner:
    """Runs something on a thread of its own: the least that decoding off the window's thread costs."""

    def __init__(self, work: Callable[[Any], object]) -> None:
        self._work = work
        self._asked: SimpleQueue[Any] = SimpleQueue()
        self._done: SimpleQueue[None] = SimpleQueue()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def run(self, what: Any) -> None:
        """Wait until the thread has done it."""
        self._asked.put(what)
        self._done.get()

    def close(self) -> None:
        """End the thread."""
        self._asked.put(None)
        self._thread.join()

    def _serve(self) -> None:
        while (what := self._asked.get()) is not None:
            self._work(what)
            self._done.put(None)


class Ticks:
    """A precise timer of the window's thread that notes when it rings."""

    def __init__(self) -> None:
        from PySide6.QtCore import Qt, QTimer

        self._times: list[float] = []
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(lambda: self._times.append(time.perf_counter()))

    def start(self) -> None:
        """Begin to listen."""
        self._times.clear()
        self._timer.start(_TICK_MS)

    def stop(self) -> list[float]:
        """The intervals since the start, in seconds."""
        self._timer.stop()
        return np.diff(self._times).tolist()
