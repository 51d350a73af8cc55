"""Many small matrix products in a row, on one thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

_LOCK = threading.Lock()
_LIMIT = ExitStack()
_INSIDE = 0


@contextmanager
def one_thread() -> Iterator[None]:
    """NumPy's matrix products take one thread in here, in the whole process.

    Its threads wait for each other by spinning: where another program or a map being made has a core, each of
    thousands of small products then costs a time slice, and a second becomes half a minute.
    """
    global _INSIDE  # noqa: PLW0603 - a limit of the process, as BLAS has it
    with _LOCK:
        _INSIDE += 1
        if _INSIDE == 1:
            from threadpoolctl import threadpool_limits

            _LIMIT.enter_context(threadpool_limits(1, user_api="blas"))
    try:
        yield
    finally:
        with _LOCK:
            _INSIDE -= 1
            if _INSIDE == 0:
                _LIMIT.close()
