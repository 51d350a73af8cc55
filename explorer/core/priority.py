"""Work that lets others go first."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress

FAR, A_LITTLE = 10, 5
"""For what may take its time, and for what is looked at."""


def step_back(steps: int = FAR) -> None:
    """Let the calling thread, and those that it starts, have what others leave; where the system can.

    Linux alone has priorities of threads; of an eighth share each is ``FAR``, of a third ``A_LITTLE``.
    """
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), steps)
