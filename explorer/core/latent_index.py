"""Nearest latents among many, nearly exactly, without looking at all of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

MOST_AXES = 32
"""Axes that candidates are sought in; latents of more dimensions are reduced by PCA for that."""

_ALL_AT_ONCE = 8192
_POINTS_PER_LIST = 256
_MOST_LISTS = 2048
_VISITED, _VISITED_SHARE = 4096, 64
_CANDIDATES = 8
_SAMPLE = 20_000
_BLOCK_FLOATS = 1 << 22


class LatentIndex:
    """Points in a latent space arranged for nearest-neighbour queries.

    ``latents`` is ``(N, D) float32``, finite, N ≥ 1. Up to 8,192 points are all compared. Of more, the points
    are sorted into lists by the nearest of some hundred of their own number, and a query looks through the
    nearest lists, about 4,000 points or one in 64 (an inverted file: Jégou, Douze and Schmid 2011). More than
    32 dimensions are reduced to the 32 principal ones for the search; the best candidates are then compared
    in all.
    Memory: a copy of the latents in at most 32 dimensions.
    """

    def __init__(self, latents: Floats) -> None:
        self._latents = latents
        count, size = latents.shape
        self._axes: Floats | None = None
        self._mean = np.zeros(size, np.float32)
        if size > MOST_AXES and count > 1:
            sample = np.asarray(latents[:: max(1, count // _SAMPLE)], np.float32)
            self._mean = sample.mean(axis=0)
            self._axes = _principal_axes(sample - self._mean)
        lists = min(count // _POINTS_PER_LIST, _MOST_LISTS) if count > _ALL_AT_ONCE else 1
        reduced = self._reduced(latents)
        if lists == 1:
            self._order, self._starts = np.arange(count), np.array([0, count])
            self._centres = np.zeros((1, reduced.shape[1]), np.float32)
        else:
            chosen = np.random.Generator(np.random.PCG64(0)).permutation(count)[:lists]
            centres = reduced[chosen]
            some = reduced[:: max(1, count // (32 * lists))]
            centres = _means(some, _nearest_centre(some, centres), centres)
            belongs = _nearest_centre(reduced, centres)
            self._order = np.argsort(belongs, kind="stable")
            self._starts = np.concatenate([[0], np.cumsum(np.bincount(belongs, minlength=lists))])
            self._centres = centres
        self._sorted = reduced[self._order] if lists > 1 else reduced
        visited = max(_VISITED, count // _VISITED_SHARE)
        self._visits = -(-visited * lists // count)

    def __len__(self) -> int:
        return len(self._latents)

    def nearest(self, query: Floats, count: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Rows ``(k,)`` of the ``count`` points nearest to ``query (D,)`` and their distances, ascending."""
        count = min(count, len(self._latents))
        point = self._reduced(query[None])[0]
        rows, squares = self._candidates(point, count)
        if len(rows) > count:
            wanted = min(len(rows), _CANDIDATES * count if self._axes is not None else count)
            kept = np.argpartition(squares, wanted - 1)[:wanted]
            rows = rows[kept]
        apart = self._latents[rows].astype(np.float64) - query
        distances = np.sqrt(np.einsum("kd,kd->k", apart, apart))
        ranked = np.lexsort((rows, distances))[:count]
        return rows[ranked], distances[ranked]

    def _candidates(self, point: Floats, count: int) -> tuple[NDArray[np.int64], Floats]:
        """Rows of the points in the lists nearest to a point, and their squared distances in few axes."""
        if len(self._centres) == 1:
            return self._order, _squares(self._sorted, point)
        ranked = np.argsort(_squares(self._centres, point), kind="stable")
        sizes = (self._starts[1:] - self._starts[:-1])[ranked]
        # Lists differ in length: at least the visits, and as many more as hold enough points.
        visits = max(self._visits, int(np.searchsorted(np.cumsum(sizes), 2 * count)) + 1)
        runs = [slice(self._starts[one], self._starts[one + 1]) for one in ranked[:visits]]
        near = np.concatenate([self._sorted[run] for run in runs])
        return np.concatenate([self._order[run] for run in runs]), _squares(near, point)

    def _reduced(self, latents: Floats) -> Floats:
        if self._axes is None:
            return np.ascontiguousarray(latents, np.float32)
        block = max(1, _BLOCK_FLOATS // latents.shape[1])
        parts = [
            (np.asarray(latents[start : start + block], np.float32) - self._mean) @ self._axes
            for start in range(0, len(latents), block)
        ]
        return np.concatenate(parts)


def _squares(points: Floats, point: Floats) -> Floats:
    # Not by a matrix product: for one query its threads cost more than they save.
    apart = points - point
    return np.asarray(np.einsum("nd,nd->n", apart, apart), np.float32)


def _principal_axes(centred: Floats) -> Floats:
    """``(D, 32) float32``: the directions of most variance of ``(n, D)``, by a randomised SVD.

    Halko, Martinsson and Tropp (2011), algorithm 4.4 with two power iterations.
    """
    generator = np.random.Generator(np.random.PCG64(0))
    sketch = centred @ generator.standard_normal((centred.shape[1], MOST_AXES + 8), np.float32)
    for _ in range(2):
        basis, _ = np.linalg.qr(sketch)
        sketch = centred @ (centred.T @ basis)
    basis, _ = np.linalg.qr(sketch)
    _, _, axes = np.linalg.svd(basis.T @ centred, full_matrices=False)
    return np.ascontiguousarray(axes[:MOST_AXES].T, np.float32)


def _nearest_centre(points: Floats, centres: Floats) -> NDArray[np.int64]:
    """The nearest of ``centres`` for each point ``(n,)``."""
    halves = 0.5 * np.einsum("cd,cd->c", centres, centres)
    block = max(1, _BLOCK_FLOATS // len(centres))
    parts = [
        np.argmax(points[start : start + block] @ centres.T - halves, axis=1)
        for start in range(0, len(points), block)
    ]
    return np.concatenate(parts)


def _means(points: Floats, belongs: NDArray[np.int64], centres: Floats) -> Floats:
    """The centres moved to the means of their points; those without any stay."""
    counts = np.bincount(belongs, minlength=len(centres))
    sums = np.stack(
        [np.bincount(belongs, weights=column, minlength=len(centres)) for column in points.T], axis=1
    )
    filled = counts > 0
    moved = centres.copy()
    moved[filled] = sums[filled] / counts[filled, None]
    return moved
