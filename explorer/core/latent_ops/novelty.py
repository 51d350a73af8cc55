"""The nearest real pictures, and whether a picture is new or a memory of one of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from explorer.core.errors import ExplorerError
from explorer.core.latent_index import LatentIndex
from explorer.core.latent_ops.blas import one_thread
from explorer.core.latent_ops.draws import generator
from explorer.core.progress import Progress
from explorer.core.samples import rough_rows

Pictures = NDArray[np.uint8]
Read = Callable[[NDArray[np.int64]], Pictures]

SIDE = 32
"""Longest side in pixels at which pictures are compared."""

_AMONG = 6
_BATCH = 256
JUDGED = 500
"""Real pictures by which it is learnt what is usual."""


class Index(Protocol):
    """What finds the nearest of some things to one of their kind."""

    def nearest(
        self, query: NDArray[np.float32], count: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Rows ``(k,)`` and distances, ascending."""


class PictureIndex:
    """Real pictures, reduced to at most 32 px, for nearest-neighbour queries by the error of their pixels.

    Candidates are found along the 32 principal axes of the pictures, several times as many as asked for, and
    compared pixel by pixel. Memory: the reduced pictures and 128 bytes for each.
    """

    def __init__(self, small: Pictures) -> None:
        """Arrange pictures ``(N, P)`` of ``as_rows``, N at least 1."""
        self._index = LatentIndex(small)  # type: ignore[arg-type]  # it takes bytes as well

    @classmethod
    @one_thread()
    def read(cls, read: Read, count: int, progress: Progress | None = None) -> PictureIndex:
        """Read ``count`` pictures by their numbers, some at a time.

        Raises ``ExplorerError`` for none, what ``read`` raises, and ``Cancelled``.
        """
        if count < 1:
            raise ExplorerError("There are no real pictures to compare with; open data first.")
        progress = progress or Progress()
        small: Pictures | None = None
        for start in range(0, count, _BATCH):
            progress(start, count, "Reading pictures to compare", "pictures")
            rows = np.arange(start, min(start + _BATCH, count))
            part = as_rows(read(rows))
            small = np.empty((count, part.shape[1]), np.uint8) if small is None else small
            small[rows] = part
        progress(count, count, "Reading pictures to compare", "pictures")
        assert small is not None
        return cls(small)

    def nearest(
        self, query: NDArray[np.floating] | Pictures, count: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Rows of the ``count`` pictures nearest to one of ``as_rows (P,)``, ascending.

        The distances are root mean square differences of pixels, in [0, 1].
        """
        rows, distances = self.nearest_of_each(query[None], count)
        return rows[0], distances[0]

    def nearest_of_each(
        self, queries: NDArray[np.floating] | Pictures, count: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The same of many of ``as_rows (n, P)``: rows and distances ``(n, k)``."""
        rows, lengths = self._index.nearest_of_each(np.asarray(queries, np.float32), _AMONG * count)
        return rows[:, :count], lengths[:, :count] / (255.0 * queries.shape[1] ** 0.5)


def judged(count: int, seed: int = 0) -> NDArray[np.int64]:
    """Which of ``count`` pictures are left out to learn what is usual, the first of them first."""
    return generator(seed).permutation(count)[:JUDGED]


def as_rows(pictures: Pictures) -> Pictures:
    """Pictures ``(n, *shape)`` averaged down to at most 32 px, as ``(n, P) uint8``."""
    return np.round(rough_rows(pictures, SIDE)).astype(np.uint8)


@dataclass(frozen=True, eq=False)
class Novelty:
    """How near to a real picture it is usual to be.

    Attributes:
        usual: ``(n,)`` ascending: distances of held-out pictures to the nearest real picture but themselves.
    """

    usual: NDArray[np.float64]

    @classmethod
    def learnt(
        cls,
        index: Index,
        count: int,
        query: Callable[[int], NDArray[np.float32] | Pictures],
        seed: int = 0,
        progress: Progress | None = None,
        most: int = JUDGED,
    ) -> Novelty:
        """Leave out each of at most ``most`` of the index's ``count`` rows, and find its nearest other.

        ``query(row)`` is what is looked for in its place: the row's own latent or picture. For decoded
        pictures give the model's *reconstruction* of the row instead: a decoder smooths, and what is smooth
        is near to more pictures, so that beside sharp ones much that is decoded would look memorised.

        Raises ``ExplorerError`` for fewer than 8 rows, ``Cancelled``.
        """
        if count < 8:
            raise ExplorerError(f"{count} real pictures are too few to say what is new; open more data.")
        progress = progress or Progress()
        rows = np.sort(judged(count, seed)[:most])
        usual = []
        for done, row in enumerate(rows.tolist()):
            progress(done, len(rows), "Learning what is usual", "pictures")
            found, distances = index.nearest(np.asarray(query(row), np.float32), 2)
            usual.append(float(distances[found != row][0]))
        progress(len(rows), len(rows), "Learning what is usual", "pictures")
        return cls(np.sort(usual))

    def percentile(self, distance: float) -> float:
        """The share of held-out pictures that are nearer to their nearest other, in percent; ties count half.

        Near 0: nearer to a real picture than real pictures are to each other, as a memory of it is. Near 100:
        farther from all than they are.
        """
        below = np.searchsorted(self.usual, distance, "left")
        upto = np.searchsorted(self.usual, distance, "right")
        return float(below + upto) / 2 / len(self.usual) * 100

    def words(self, distance: float) -> str:
        """What the percentile says, in a sentence without its full stop."""
        percent = self.percentile(distance)
        if percent < 1:
            return "As good as a copy: nearer to a picture of the data than 99% of these are to each other"
        if percent < 10:
            return f"Close to a picture of the data: only {percent:.0f}% of these have a nearer one"
        if percent <= 90:
            return f"New, as the data’s own pictures are to each other: {percent:.0f}% have a nearer one"
        if percent <= 99:
            return f"Far from the data: {percent:.0f}% of its own pictures have a nearer one"
        return "Unlike all data: farther from it than 99% of its own pictures are from each other"
