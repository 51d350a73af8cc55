"""Work that lets others go first."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress

_NICENESS = 10


def step_back() -> None:
    """Let the calling thread, and those that it starts, have what others leave; where the system can.

    Linux alone has priorities of threads.
    """
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
