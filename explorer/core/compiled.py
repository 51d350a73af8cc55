"""How functions are compiled. numba is imported when the first one is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def compiled(function: Callable[..., Any], *, in_threads: bool) -> Callable[..., Any]:
    """Compile ``function``, and keep the result (with all it calls) beside the source or in the user's cache.

    ``in_threads`` lets other threads run meanwhile: for what takes long. To give the interpreter's lock away
    and wait for it again takes longer than what is done within microseconds.
    """
    from numba import njit

    try:
        return njit(function, nogil=in_threads, cache=True)  # type: ignore[no-any-return]
    except RuntimeError:  # no writable place for the cache
        return njit(function, nogil=in_threads)  # type: ignore[no-any-return]
