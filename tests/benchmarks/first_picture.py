"""The command itself, with a hand that drags from the moment the window is there.

Prints a JSON line when the first picture that a drag asked for has been painted: which heavy packages have
been imported by then. With ``--live SECONDS`` it goes on dragging, hovering and keeping, prints a second line
with the peak of its memory, and ends.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from explorer.ui.app import Explorer

HEAVY = ("umap", "torch", "sklearn", "pynndescent")
_EVERY_MS = 8


def main() -> None:
    """Start the command with the hand put into its window."""
    live = float(sys.argv[2]) if "--live" in sys.argv else 0.0
    sys.argv[1:] = []
    sys.meta_path.insert(0, AfterImport("explorer.ui.app", lambda: put_hand_in(live)))
    from explorer.__main__ import main as command

    command()


class AfterImport(MetaPathFinder):
    """Does something once a module has been imported, and changes nothing about when and in which order."""

    def __init__(self, name: str, then: Callable[[], None]) -> None:
        self._name, self._then = name, then

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: object = None
    ) -> ModuleSpec | None:
        """The module's own spec, with something to do at the end of its execution."""
        if fullname != self._name:
            return None
        spec = PathFinder.find_spec(fullname, path)
        assert spec is not None
        assert spec.loader is not None
        execute = spec.loader.exec_module

        def execute_and_then(module: ModuleType) -> None:
            execute(module)
            self._then()

        spec.loader.exec_module = execute_and_then  # type: ignore[method-assign]
        return spec


def put_hand_in(live: float) -> None:
    """Let the app's start be followed by the hand."""
    from explorer.ui.app import Explorer

    start = Explorer.start

    def start_and_drag(self: Explorer, paths: Sequence[Path] = ()) -> None:
        start(self, paths)
        self.hand = Hand(self, live)  # type: ignore[attr-defined]

    Explorer.start = start_and_drag  # type: ignore[method-assign]


class Hand:
    """Drags in a circle around the middle of the map, every few milliseconds."""

    def __init__(self, explorer: Explorer, live: float) -> None:
        from PySide6.QtCore import QEvent, Qt, QTimer

        self._explorer, self._live = explorer, live
        self._steps = 0
        self._opened = None
        self._first_at: float | None = None
        self._types = QEvent.Type
        self._left, self._none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
        explorer.store.changed.connect(self._changed)
        explorer.presenter.pictured.connect(self._painted)
        self._send(self._types.MouseButtonPress, self._left, self._left)
        self._timer = QTimer(explorer.window)
        self._timer.timeout.connect(self._step)
        self._timer.start(_EVERY_MS)

    def _send(self, kind, button, buttons) -> None:
        from PySide6.QtCore import QPointF, Qt
        from PySide6.QtGui import QMouseEvent
        from PySide6.QtWidgets import QApplication

        view, turn = self._explorer.window.map, self._steps / 40
        radius = 0.06 * view.height() * (1 + turn / 4 % 4)
        at = QPointF(view.rect().center()) + QPointF(math.cos(turn), math.sin(turn)) * radius
        event = QMouseEvent(kind, at, view.mapToGlobal(at), button, buttons, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(view, event)

    def _step(self) -> None:
        self._steps += 1
        hovering = self._steps // 100 % 2 == 1 and self._first_at is not None
        if hovering and self._steps % 100 == 0:
            self._send(self._types.MouseButtonRelease, self._left, self._none)
            self._explorer.tray.keep()
        elif self._first_at is not None and self._steps % 100 == 0:
            self._send(self._types.MouseButtonPress, self._left, self._left)
        held = self._none if hovering else self._left
        self._send(self._types.MouseMove, self._none, held)
        if self._first_at is not None and time.perf_counter() - self._first_at > self._live:
            self._end()

    def _changed(self, old, new) -> None:
        if old.map is None and new.map is not None:
            self._opened = new.cursor

    def _painted(self, _: float) -> None:
        shown = self._explorer.presenter.decoded
        if self._first_at is not None or self._opened is None or shown.latent is self._opened.latent:
            return
        self._first_at = time.perf_counter()
        print(json.dumps({"heavy": [name for name in HEAVY if name in sys.modules]}), flush=True)
        if not self._live:
            self._end()

    def _end(self) -> None:
        from PySide6.QtCore import QTimer

        self._timer.stop()
        if self._live:
            kept = len(self._explorer.store.session.tray)
            print(json.dumps({"peak_mib": round(peak_mib(), 1), "kept": kept}), flush=True)
        QTimer.singleShot(0, self._explorer.window.close)


def peak_mib() -> float:
    """The largest resident memory that this process has had, in MiB."""
    if sys.platform == "linux":  # getrusage counts the parent's memory before the exec
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    import psutil

    if sys.platform == "win32":
        return psutil.Process().memory_info().peak_wset / 2**20
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    main()
