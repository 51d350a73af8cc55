"""Whether a decoded picture is new or like one of the data: by its latent, and by its pixels."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.core.dataset_sampled import is_sampled
from explorer.core.errors import ExplorerError
from explorer.core.latent_ops.blas import one_thread
from explorer.core.latent_ops.novelty import JUDGED, Novelty, PictureIndex, as_rows, judged
from explorer.core.model_pair import ModelPair
from explorer.core.placement import Placement
from explorer.core.progress import Progress
from explorer.core.workspace import Workspace

Floats = NDArray[np.float32]
Pictures = NDArray[np.uint8]
Rows = NDArray[np.int64]

_BYTES = 192 << 20
_BATCH = 8
_LEAST, _SECONDS = 60, 30.0  # reconstructions to learn from, where a decoder is slow
_SAME = 1e-6


@dataclass(frozen=True)
class Nearness:
    """The pictures of the data that are nearest, and what that says.

    Attributes:
        rows: of the data, the nearest first.
        distances: theirs; of pixels root mean square differences in [0, 1].
        percent: the share of the data's own pictures that have a nearer one, in percent.
        words: that in a sentence.
    """

    rows: list[int]
    distances: list[float]
    percent: float
    words: str


def pictures_of(work: Workspace, progress: Progress) -> tuple[Rows, PictureIndex]:
    """The data's pictures arranged to be found by their pixels, and their rows ``(n,)``.

    Of more than fit 192 MB a random sample, always the same. Raises ``ExplorerError`` where they cannot be
    read, and ``Cancelled``.
    """
    rows = np.flatnonzero(np.isfinite(work.latents).all(axis=1))
    shape = work.sample_shape
    most = _BYTES // as_rows(np.empty((1, *shape), np.uint8)).shape[1]
    if len(rows) > most:
        rows = np.sort(np.random.Generator(np.random.PCG64(0)).permutation(rows)[:most])
    return rows, PictureIndex.read(lambda part: work.samples(rows[part], shape), len(rows), progress)


class Likeness:
    """How near latents and decoded pictures are to the data, beside how near these are to each other.

    Attributes:
        compared: how many pictures of the data are compared with; of more than fit 192 MB a random sample.
        learnt_from: how many of their reconstructions say what is usual.
    """

    def __init__(
        self, placement: Placement, latents: Novelty, pictures: PictureIndex, usual: Novelty, rows: Rows
    ) -> None:
        self._placement, self._latents = placement, latents
        self._pictures, self._usual, self._rows = pictures, usual, rows
        self.compared, self.learnt_from = len(rows), len(usual.usual)

    @classmethod
    @one_thread()
    def learnt(
        cls,
        pair: ModelPair,
        work: Workspace,
        placement: Placement,
        extras: Mapping[str, float],
        progress: Progress,
    ) -> Likeness:
        """Read and arrange the pictures, and reconstruct some to learn what is usual. For a job.

        Raises ``ExplorerError`` where the data are samples, too few, or gone, and ``Cancelled``.
        """
        if is_sampled(work):
            raise ExplorerError(
                "These points are the model’s own samples, so that nothing real is there to compare with; "
                "open data."
            )
        rows, pictures = pictures_of(work, progress)
        order = judged(len(rows))
        drawn: dict[int, Pictures] = {}
        began = time.perf_counter()
        for start in range(0, len(order), _BATCH):
            late = time.perf_counter() - began > _SECONDS and start >= _LEAST
            if late:
                break
            progress(start, len(order), "Reconstructing", "pictures")
            part = order[start : start + _BATCH]
            decoded = as_rows(pair.decode(np.asarray(work.latents[rows[part]]), extras))
            drawn.update(zip(part.tolist(), decoded, strict=True))
        usual = Novelty.learnt(
            pictures, len(rows), drawn.__getitem__, progress=progress, most=min(JUDGED, len(drawn))
        )
        finite = np.flatnonzero(np.isfinite(work.latents).all(axis=1))
        latents = Novelty.learnt(
            _Known(placement, finite), len(finite), lambda i: np.asarray(work.latents[finite[i]])
        )
        return cls(placement, latents, pictures, usual, rows)

    def of_latent(self, latent: Floats, count: int) -> Nearness:
        """How near a latent ``(D,)`` lies to the data's; one of theirs is compared with the others."""
        rows, distances = self._placement.nearest(latent, count + 1)
        rows, distances = _others(rows, distances, self.row_of(latent))
        return _nearness(rows[:count], distances[:count], self._latents)

    def of_picture(self, picture: Pictures, latent: Floats, count: int) -> Nearness:
        """How near a decoded picture comes to the data's, other than its own."""
        found, distances = self._pictures.nearest(as_rows(picture[None])[0], count + 1)
        rows, distances = _others(self._rows[found], distances, self.row_of(latent))
        return _nearness(rows[:count], distances[:count], self._usual)

    def row_of(self, latent: Floats) -> int:
        """The row of the data whose very latent this is; -1 for none."""
        rows, distances = self._placement.nearest(latent, 1)
        return int(rows[0]) if float(distances[0]) < _SAME else -1


class _Known:
    """Finds the numbers, among rows with a finite latent, of the nearest."""

    def __init__(self, placement: Placement, rows: Rows) -> None:
        self._placement, self._rows = placement, rows

    def nearest(self, query: Floats, count: int) -> tuple[Rows, NDArray[np.float64]]:
        rows, distances = self._placement.nearest(query, count)
        return np.searchsorted(self._rows, rows), distances


def _others(rows: Rows, distances: NDArray[np.float64], own: int) -> tuple[Rows, NDArray[np.float64]]:
    kept = rows != own
    return rows[kept], distances[kept]


def _nearness(rows: Rows, distances: NDArray[np.float64], usual: Novelty) -> Nearness:
    nearest = float(distances[0])
    return Nearness(rows.tolist(), distances.tolist(), usual.percentile(nearest), usual.words(nearest))
