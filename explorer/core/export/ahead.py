"""A gallery's pictures in order, decoded while those before are being written."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explorer.core.priority import step_back
from explorer.core.progress import Progress

if TYPE_CHECKING:
    from explorer.core.export.item import Gallery

Pictures = NDArray[np.uint8]

_BATCH = 64
_HELD = 1 << 25
_AHEAD = 4
_AT_ONCE = 2  # small batches leave cores free, more so while what they gave is being written


def batch_size(shape: tuple[int, ...]) -> int:
    """How many pictures of ``shape`` are decoded at a time, so that a batch stays within some megabytes."""
    return max(1, min(_BATCH, _HELD // int(np.prod(shape))))


def batches(
    gallery: Gallery, progress: Progress, text: str, start: int = 0
) -> Iterator[tuple[int, Pictures]]:
    """The index of the first picture of a batch, and its pictures ``uint8 (n, H, W, C)``.

    Decoding begins at once and stays up to four batches ahead, fewer of large pictures. Raises ``Cancelled``
    through ``progress``, to which each batch is told.
    """
    size, total = batch_size(gallery.shape), len(gallery)
    starts = iter(range(start, total, size))
    pool = ThreadPoolExecutor(_AT_ONCE, "decode", step_back)
    coming: deque[tuple[int, Future[Pictures]]] = deque()

    def ask() -> None:
        for first in islice(starts, 1):
            coming.append((first, pool.submit(gallery.pictures, first, min(first + size, total))))

    for _ in range(max(1, min(_AHEAD, _HELD // (size * int(np.prod(gallery.shape)))))):
        ask()

    def found() -> Iterator[tuple[int, Pictures]]:
        try:
            while coming:
                progress(coming[0][0], total, text, "pictures")
                first, pictures = coming.popleft()
                decoded = pictures.result()
                ask()
                yield first, decoded
            progress(total, total, text, "pictures")
        finally:
            pool.shutdown(cancel_futures=True)

    return found()


class Rows:
    """The same pictures, a row at a time."""

    def __init__(self, found: Iterator[tuple[int, Pictures]]) -> None:
        self._found = found
        self._parts: list[Pictures] = []

    def take(self, count: int) -> list[Pictures]:
        """The next ``count`` pictures."""
        while sum(map(len, self._parts)) < count:
            self._parts.append(next(self._found)[1])
        taken: list[Pictures] = []
        while len(taken) < count:
            part = self._parts[0]
            wanted = count - len(taken)
            taken += list(part[:wanted])
            if wanted < len(part):
                self._parts[0] = part[wanted:]
            else:
                self._parts.pop(0)
        return taken
