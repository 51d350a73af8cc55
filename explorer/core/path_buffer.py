"""Pictures of a path, decoded beforehand for playing, where the decoder is too slow: coarse at first."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from explorer.core.latent_ops.paths import Decode, Path
from explorer.core.progress import Progress
from explorer.core.samples import Shape

RATE = 75
"""Pictures a second that are prepared: more than the 60 that are to be seen, for some are passed over."""

LIMIT = 256 << 20
"""Bytes that the pictures of one path may take."""

_BATCH_SECONDS, _MOST_IN_BATCH = 0.2, 16


class PathBuffer:
    """``count`` pictures at equal times of a path, both ends included, in at most ``LIMIT`` bytes.

    One thread fills it while another looks.

    Attributes:
        latents: ``(count, D) float32``.
        seconds: how long the decoding of one picture takes; 0 before the first.
    """

    def __init__(self, path: Path, seconds: float, shape: Shape) -> None:
        """Make room for ``seconds`` of ``path`` in samples of ``shape``."""
        fit = LIMIT // math.prod(shape)
        count = max(2, min(math.ceil(seconds * RATE) + 1, fit))
        self.latents = path.at(np.linspace(0.0, 1.0, count))
        self.seconds = 0.0
        self._pictures = np.zeros((count, *shape), np.uint8)
        self._is_there = np.zeros(count, np.bool_)

    def __len__(self) -> int:
        return len(self.latents)

    @property
    def ready(self) -> int:
        """How many pictures are there."""
        return int(self._is_there.sum())

    def nearest(self, share: float) -> int:
        """The number of the picture nearest to a time in [0, 1] of those that are there; -1 for none."""
        at = round(share * (len(self) - 1))
        if self._is_there[at]:
            return at
        found = np.flatnonzero(self._is_there)
        return int(found[np.abs(found - at).argmin()]) if len(found) else -1

    def picture(self, number: int) -> npt.NDArray[np.uint8]:
        """The picture of that number, ``(*shape) uint8``."""
        picture: npt.NDArray[np.uint8] = self._pictures[number]
        return picture

    def time(self, number: int) -> float:
        """When it is passed, in [0, 1]."""
        return number / (len(self) - 1)

    def fill(self, decode: Decode, progress: Progress, wait: Callable[[], None] = lambda: None) -> None:
        """Decode what is not there yet; ``wait`` is called before each batch.

        Raises ``Cancelled`` after a cancel and what ``decode`` does; what is there then stays.
        """
        order = [one for one in coarse_to_fine(len(self)) if not self._is_there[one]]
        while order:
            progress(len(self) - len(order), len(self), "Preparing the path", "pictures")
            wait()
            many = int(_BATCH_SECONDS / self.seconds) if self.seconds else 1
            some = order[: max(1, min(many, _MOST_IN_BATCH))]
            began = time.perf_counter()
            self._pictures[some] = decode(self.latents[some])
            self._is_there[some] = True
            self.seconds = (time.perf_counter() - began) / len(some)
            del order[: len(some)]
        progress(len(self), len(self), "Preparing the path", "pictures")


def coarse_to_fine(count: int) -> list[int]:
    """0 to ``count`` - 1 such that the first of them are always spread over all: ends, middle, quarters."""
    step = 1 << max(count - 1, 1).bit_length()
    order = [0, count - 1] if count > 1 else [0]
    seen = set(order)
    while step:
        new = [one for one in range(0, count, step) if one not in seen]
        order += new
        seen.update(new)
        step //= 2
    return order
