"""Reference cycles are collected by the window's thread alone, and while no hand drags.

Python collects them wherever it happens to allocate. In a worker's thread that would destroy windows and
dialogs there, which Qt does not survive; in the middle of a drag it would hold pictures back.
"""

from __future__ import annotations

import gc
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

_EVERY_MS = 500
_URGENT = 100  # times the usual number of new objects, after which even a hand that drags waits for a moment


class Garbage(QObject):
    """Takes over from Python's own collector as soon as it is made, for as long as the process lives."""

    def __init__(self, is_idle: Callable[[], bool], parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        self._is_idle = is_idle
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.collect)
        self._timer.start(_EVERY_MS)

    def collect(self) -> None:
        """Collect the oldest generation that is due; in a drag nothing, or if need be the youngest."""
        counts, limits = gc.get_count(), gc.get_threshold()
        if self._is_idle():
            due = [generation for generation in (2, 1, 0) if counts[generation] > limits[generation]]
            if due:
                gc.collect(due[0])
        elif counts[0] > _URGENT * limits[0]:
            gc.collect(0)
