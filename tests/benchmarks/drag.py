"""From the event of a drag to the painted picture, over the bare run of the decoder; and the window's rhythm.

``python -m tests.benchmarks.drag [--quick] [--json]``. A real window without a display, real mouse events.
Stretches of a drag alternate with the same latents through the same runtime session alone, so that both meet
the same machine. The picture is painted at its native size, the map at its usual size. Then a precise
timer of the window is listened to: at rest, during a drag of 125 events a second, and while UMAP makes a map.
"""

from __future__ import annotations

import math
import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.benchmarks import made_pair
from tests.benchmarks.common import (
    BUNDLES,
    Result,
    arguments,
    assets,
    bare_session,
    environment,
    ratio,
    scratch,
)

if TYPE_CHECKING:
    from explorer.ui.app import Explorer

_STEPS, _QUICK_STEPS = 600, 40
MADE = {"made-96": 96, "made-128": 128}
_TICK_SECONDS, _QUICK_TICK_SECONDS = 10.0, 0.5
_TICK_MS, _EVENT_MS, _ALARM_MS = 8, 8, 100
_STRETCH, _REST = 20, 0.05
_TIMEOUT = 120.0


def main() -> None:
    """Measure and print."""
    options = arguments(__doc__)
    with scratch() as home:
        os.environ.update(environment(home))
        measure(home, quick=options.quick).show(options.json)


def measure(home: Path, *, quick: bool) -> Result:
    """Drag in every bundled demo; listen to the timer in the first."""
    result = Result()
    figures: dict[str, dict[str, float]] = {}
    for name in (*BUNDLES, *(() if quick else MADE)):
        if name in MADE:
            bundle = made_pair.make(home / name, MADE[name])
        else:
            bundle = home / name  # a copy, because a new map is saved into it
            shutil.copytree(assets() / name, bundle)
        hand = Hand(bundle)
        painted, bare, handed = hand.drag(_QUICK_STEPS if quick else _STEPS)
        result.time(f"{name}: event to painted picture", painted)
        result.time(f"{name}: bare run of the decoder", bare)
        result.time(f"{name}: bare run, handed to a thread and back", handed)
        figures[name] = {
            "paint_over_decode_median": ratio(painted, bare),
            "handed_over_decode_median": ratio(handed, bare),
            "paint_minus_decode_ms": round(1000 * float(np.median(painted) - np.median(bare)), 3),
        }
        if name == BUNDLES[0]:
            seconds = _QUICK_TICK_SECONDS if quick else _TICK_SECONDS
            ticks = hand.ticks(seconds)
            for state, gaps in ticks.items():
                result.time(f"{name}: tick, {state}", gaps)
            idle = float(np.percentile(ticks["idle"], 99))
            figures[name] |= {
                f"tick_p99_over_idle_{state}": round(float(np.percentile(gaps, 99)) / idle, 3)
                for state, gaps in ticks.items()
                if state != "idle"
            }
        hand.close()
    result.facts = {**figures[BUNDLES[0]], "per_bundle": figures}
    return result


class Hand:
    """The app's window on a bundle, and a hand that drags on its map."""

    def __init__(self, bundle: Path) -> None:
        from PySide6.QtCore import QEvent, QEventLoop, QPointF, Qt, QTimer
        from PySide6.QtGui import QMouseEvent
        from PySide6.QtWidgets import QApplication

        from explorer.core.raster import warm_up
        from explorer.ui.app import Explorer, prepare_process

        # Looked up here: an import statement takes longer than an event.
        self._point, self._event, self._types = QPointF, QMouseEvent, QEvent.Type
        self._left, self._none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
        self._waiting = QEventLoop.ProcessEventsFlag.WaitForMoreEvents
        self._no_key = Qt.KeyboardModifier.NoModifier
        self._sent_at = self._painted_at = 0.0
        self._app = QApplication.instance() or QApplication([])
        self._alarm = QTimer()  # so that no wait sleeps through its end
        self._alarm.start(_ALARM_MS)
        self._explorer: Explorer = Explorer()
        prepare_process()
        self._explorer.start([bundle])
        self.wait(lambda: self._explorer.presenter.decoded is not None)
        warm_up().join()
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
        self._explorer.presenter.pictured.connect(self._painted)

    def close(self) -> None:
        """End the app's threads and its window."""
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

    def drag(self, steps: int) -> tuple[list[float], list[float], list[float]]:
        """Seconds from each event to its painted picture, and of the bare run here and on another thread.

        In turn a stretch of the drag and the same latents alone, each event as soon as the window has done
        all that the one before left to do. Latent by latent would be unfair: the bare run would leave the
        cache of the window's processor core full of weights.
        """
        session, port = bare_session(self._pair)
        painted: list[float] = []
        bare: list[float] = []
        handed: list[float] = []
        runner = Runner(lambda latent: session.run(None, {port: latent}))
        for stretch in range(-1, steps // _STRETCH):
            latents, times, runs, trips = [], [], [], []
            self._press()
            for _ in range(_STRETCH):
                self._painted_at = 0.0
                self._move()
                self.wait(lambda: self._painted_at > 0.0)
                times.append(self._painted_at - self._sent_at)
                self._app.processEvents()  # the map follows the picture
                cursor = self._explorer.store.session.cursor
                assert cursor is not None
                latents.append(cursor.latent[None])
            self._release()
            self.settle(_REST)
            for latent in latents:
                began = time.perf_counter()
                session.run(None, {port: latent})
                runs.append(time.perf_counter() - began)
                self._app.processEvents()
            for latent in latents:
                trips.append(runner.run(latent))
                self._app.processEvents()
            if stretch >= 0:  # the first stretch is for warming up
                painted += times
                bare += runs
                handed += trips
        runner.close()
        return painted, bare, handed

    def ticks(self, seconds: float) -> dict[str, list[float]]:
        """Intervals of a precise timer at rest, while dragging and while UMAP runs."""
        from PySide6.QtCore import Qt, QTimer

        gaps: dict[str, list[float]] = {"idle": [], "drag": [], "umap": []}
        listener = Ticks()
        hand = QTimer()
        hand.setTimerType(Qt.TimerType.PreciseTimer)
        hand.timeout.connect(self._move)
        for _ in range(2):  # both times of rest count, before and after the drag
            self._listen(listener, gaps["idle"], seconds / 2)
            self._press()
            hand.start(_EVENT_MS)
            self._listen(listener, gaps["drag"], seconds / 2)
            hand.stop()
            self._release()
            self.settle(0.2)
        jobs = self._explorer.jobs
        self._explorer.controller.remap()
        until = time.perf_counter() + 6 * seconds
        while jobs.running and time.perf_counter() < until:
            self._listen(listener, gaps["umap"], min(0.5, seconds))
        jobs.cancel()
        self.wait(lambda: not jobs.running)
        return gaps

    def _listen(self, listener: Ticks, gaps: list[float], seconds: float) -> None:
        listener.start()
        until = time.perf_counter() + seconds
        self.wait(lambda: time.perf_counter() > until)
        gaps += listener.stop()

    def _painted(self, _: float) -> None:
        self._painted_at = time.perf_counter()

    def _press(self) -> None:
        self._send(self._types.MouseButtonPress, self._left, self._left)

    def _move(self) -> None:
        self._turn += 1
        self._send(self._types.MouseMove, self._none, self._left)

    def _release(self) -> None:
        self._send(self._types.MouseButtonRelease, self._left, self._none)

    def _send(self, kind: Any, button: Any, buttons: Any) -> None:
        turn = self._turn / 25
        radius = 40.0 + 10.0 * math.sin(turn / 7)
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
        self._done: SimpleQueue[float] = SimpleQueue()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def run(self, what: Any) -> float:
        """Seconds until the thread has done it and this one knows."""
        began = time.perf_counter()
        self._asked.put(what)
        self._done.get()
        return time.perf_counter() - began

    def close(self) -> None:
        """End the thread."""
        self._asked.put(None)
        self._thread.join()

    def _serve(self) -> None:
        while (what := self._asked.get()) is not None:
            self._work(what)
            self._done.put(0.0)


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


if __name__ == "__main__":
    main()
