"""Tells the picture on display that the next one is late."""

from __future__ import annotations

import math
import time

from PySide6.QtCore import QObject, QTimer

from explorer.ui.parts.pictures import PictureView

LATE_MS = 100


class Waiting(QObject):
    """Marks a picture while one is asked for and none has come for a tenth of a second."""

    def __init__(self, view: PictureView) -> None:
        super().__init__(view)
        self._view = view
        self._newest: float | None = None
        self._since = 0.0
        self._late = QTimer(self)
        self._late.setSingleShot(True)
        self._late.timeout.connect(self._mark)

    def asked(self, at: float) -> None:
        """A picture was asked for ``at`` this ``time.perf_counter()``; it replaces those asked for before."""
        if self._newest is None:
            self._since = at
        self._newest = at
        if not self._late.isActive():
            self._late.start(LATE_MS)

    def came(self, asked_at: float) -> None:
        """The picture that was asked for at that time has come."""
        self._since = time.perf_counter()
        if asked_at == self._newest:
            self.stop()

    def is_under_way(self) -> bool:
        """Whether a picture that was asked for has not come."""
        return self._newest is not None

    def stop(self) -> None:
        """Nothing is waited for any more."""
        self._newest = None
        self._view.set_waiting(False)

    def _mark(self) -> None:
        if self._newest is None:
            return
        # The timer was started for an earlier picture, for starting it anew takes time in each event.
        left = LATE_MS - 1000.0 * (time.perf_counter() - self._since)
        if left >= 1.0:
            self._late.start(math.ceil(left))
        else:
            self._view.set_waiting(True)
