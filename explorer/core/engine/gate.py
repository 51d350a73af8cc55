"""Lets a hand go first: encoding begins no batch while pictures are being dragged."""

from __future__ import annotations

import os
import threading
import time

from explorer.core.engine.session import THREADS

_PAUSE = 0.1
_LONGEST_WAIT = 0.3


class Gate:
    """Between the decoder and the encoder of a pair, where the two have more threads than there are cores.

    On two cores each has one, and waiting would gain nothing.
    """

    def __init__(self, *, crowded: bool = (os.cpu_count() or 2) < 2 * THREADS) -> None:
        self._crowded = crowded
        self._until = 0.0
        self._thread = 0

    def close(self) -> None:
        """One latent is about to be decoded; where it is a drag, more will follow soon."""
        self._thread = threading.get_ident()
        self._until = time.perf_counter() + _PAUSE

    def wait(self) -> None:
        """Return when no other thread's drag is under way, or after a while in any case."""
        if not self._crowded:
            return
        latest = time.perf_counter() + _LONGEST_WAIT
        while self._thread != threading.get_ident() and time.perf_counter() < min(self._until, latest):
            time.sleep(0.005)
