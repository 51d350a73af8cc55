"""Nearest latents among many, nearly exactly, without looking at all of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

MOST_AXES = 32
"""Axes that candidates are sought in; latents of more dimensions are reduced by PCA for that."""

_ALL_AT_ONCE = 8192
_POINTS_PER_LIST = 256
_MOST_LISTS = 2048
_VISITED, _VISITED_SHARE = 8192, 64
_CANDIDATES = 8
_SAMPLE = 20_000
_BLOCK_FLOATS = 1 << 22
_TOGETHER = 256
_EPS = float(np.finfo(np.float32).eps)


class LatentIndex:
    """Points in a latent space arranged for nearest-neighbour queries.

    ``latents`` is ``(N, D) float32``, finite, N ≥ 1. Up to 8,192 points are all compared. Of more, the points
    are sorted into lists by the nearest of some hundred of their own number, and a query looks through the
    nearest lists, about 8,000 points or one in 64 (an inverted file: Jégou, Douze and Schmid 2011). More than
    32 dimensions are reduced to the 32 principal ones for the search; the best candidates are then compared
    in all.
    Memory: a copy of the latents in at most 32 dimensions.
    """

    def __init__(self, latents: Floats) -> None:
        self._latents = latents
        count, size = latents.shape
        self._axes: Floats | None = None
        sample = np.asarray(latents[:: max(1, count // _SAMPLE)], np.float32)
        self._mean = sample.mean(axis=0)
        if size > MOST_AXES and count > 1:
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
        self._squares = np.einsum("nd,nd->n", self._sorted, self._sorted)
        self._error = 2.0 * (reduced.shape[1] + 4) * _EPS
        visited = max(_VISITED, count // _VISITED_SHARE)
        self._visits = -(-visited * lists // count)

    def __len__(self) -> int:
        return len(self._latents)

    def nearest(self, query: Floats, count: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Rows ``(k,)`` of the ``count`` points nearest to ``query (D,)`` and their distances, ascending.

        Of several at one distance the lower row comes first.
        """
        rows, distances = self._nearest(query[None], count)
        return rows[0], distances[0]

    def nearest_of_each(self, queries: Floats, count: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The same of many ``(n, D)``: rows and distances ``(n, k)``, to the last bit, in far less time."""
        if len(queries) <= 1:
            return self._nearest(queries, count)
        from explorer.core.latent_ops.blas import one_thread

        with one_thread():
            parts = [
                self._nearest(queries[start : start + _TOGETHER], count)
                for start in range(0, len(queries), _TOGETHER)
            ]
        return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])

    def _nearest(self, queries: Floats, count: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        count = min(count, len(self._latents))
        if not len(queries):
            return np.empty((0, count), np.int64), np.empty((0, count))
        wanted = count if self._axes is None else min(_CANDIDATES * count, len(self._latents))
        points = self._points(queries)
        with np.errstate(over="ignore", invalid="ignore"):
            owners, places = self._candidates(points, wanted)
        if self._axes is not None:
            lengths = _lengths(self._sorted[places].astype(np.float64) - points[owners])
            best = _best(owners, lengths, self._order[places], len(queries), wanted)
            owners, places = owners[best].ravel(), places[best].ravel()
        rows = self._order[places]
        distances = _lengths(self._latents[rows].astype(np.float64) - queries[owners])
        best = _best(owners, distances, rows, len(queries), count)
        return rows[best], distances[best]

    def _candidates(self, points: Floats, wanted: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Numbers of points and places in ``_sorted``, pair by pair: each one's ``wanted`` nearest and more.

        They are found by matrix products, whose rounding depends on how many there are; whatever may be among
        the nearest in spite of it is a candidate.
        """
        if len(self._centres) == 1:
            squares, limits = _compared(points, self._sorted, self._squares, self._error, wanted)
            return np.divmod(np.flatnonzero(~(squares > limits[:, None])), squares.shape[1])
        ranked, lengths, visited = self._ranked_lists(points, wanted)
        if len(points) == 1:
            runs = [self._run(one) for one in ranked[visited].tolist()]
            near, own = (np.concatenate([of[run] for run in runs]) for of in (self._sorted, self._squares))
            squares, limits = _compared(points, near, own, self._error, wanted)
            found = np.flatnonzero(~(squares[0] > limits))
            ends = np.cumsum(lengths[visited])
            number = np.searchsorted(ends, found, "right")
            starts = np.array([run.stop for run in runs]) - ends
            return np.zeros_like(found), found + starts[number]
        # How far to look is learnt from the first list that is long enough.
        limits = np.full(len(points), np.inf, np.float32)
        long = visited & (lengths >= wanted)
        first = np.flatnonzero(long.any(axis=1))
        for one, members in _by_list(ranked[first, long[first].argmax(axis=1)], first):
            limits[members] = self._apart(points[members], self._run(one), wanted)[1]
        owners, places = [], []
        query, rank = np.nonzero(visited)
        for one, members in _by_list(ranked[query, rank], query):
            run = self._run(one)
            squares, _ = self._apart(points[members], run)
            found = np.flatnonzero(~(squares > limits[members, None]))
            number, place = np.divmod(found, squares.shape[1])
            owners.append(members[number])
            places.append(place + run.start)
        return np.concatenate(owners), np.concatenate(places)

    def _apart(self, points: Floats, run: slice, wanted: int = 0) -> tuple[Floats, Floats]:
        return _compared(points, self._sorted[run], self._squares[run], self._error, wanted)

    def _ranked_lists(
        self, points: Floats, wanted: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        """The lists of each point ``(n, l)``, the nearest first, how long they are, and which to look at."""
        block = max(1, _BLOCK_FLOATS // self._centres.size)
        ranked = np.concatenate(
            [
                np.argsort(_squares(self._centres, points[start : start + block, None]), 1, kind="stable")
                for start in range(0, len(points), block)
            ]
        )
        lengths = np.diff(self._starts)[ranked]
        # Lists differ in length: at least the visits, and as many more as hold enough points.
        enough = (lengths.cumsum(axis=1) < 2 * wanted).sum(axis=1) + 1
        visited = np.arange(ranked.shape[1]) < np.maximum(self._visits, enough)[:, None]
        return ranked, lengths, visited & (lengths > 0)

    def _run(self, one: int) -> slice:
        return slice(int(self._starts[one]), int(self._starts[one + 1]))

    def _points(self, queries: Floats) -> Floats:
        """Queries in the axes of the search; each by itself, whatever it stands beside."""
        if self._axes is None:
            return self._reduced(queries)
        return np.concatenate([self._reduced(query[None]) for query in queries])

    def _reduced(self, latents: Floats) -> Floats:
        if self._axes is None:
            centred: Floats = np.asarray(latents, np.float32) - self._mean
            return centred
        block = max(1, _BLOCK_FLOATS // latents.shape[1])
        parts = [
            (np.asarray(latents[start : start + block], np.float32) - self._mean) @ self._axes
            for start in range(0, len(latents), block)
        ]
        return np.concatenate(parts)


def _compared(
    points: Floats, others: Floats, squares: Floats, error: float, wanted: int
) -> tuple[Floats, Floats]:
    """How far points ``(n, D)`` are from others at least, as squares less the points' own; limits.

    ``squares`` are the others' own, and products err by ``error`` of both. A limit ``(n,)`` is as far as
    ``wanted`` of the others are at most.
    """
    # One by itself not by a product, whose threads cost more than they save.
    least = points @ others.T if len(points) > 1 else np.einsum("nd,d->n", others, points[0])[None]
    least *= -2.0
    least += squares * np.float32(1.0 - error)
    if not wanted:
        return least, least[:, 0]
    # Of that many parts each has one that is as near as its nearest.
    width = max(1, least.shape[1] // (4 * wanted))
    parts = least[:, : least.shape[1] // width * width].reshape(len(points), -1, width)
    nearest = parts.argmin(axis=2) + width * np.arange(parts.shape[1])
    values = np.take_along_axis(least, nearest, 1)
    chosen = np.argpartition(values, wanted - 1, axis=1)[:, :wanted]
    most = np.take_along_axis(values, chosen, 1)
    most += 2.0 * error * squares[np.take_along_axis(nearest, chosen, 1)]
    own = np.einsum("nd,nd->n", points, points)
    return least, (most.max(axis=1) + 2.0 * error * own).astype(np.float32)


def _squares(points: Floats, others: Floats) -> Floats:
    # Not by a matrix product, whose last bits depend on how many there are.
    apart = points - others
    return np.asarray(np.einsum("...d,...d->...", apart, apart), np.float32)


def _lengths(apart: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.sqrt(np.einsum("kd,kd->k", apart, apart)), np.float64)


def _best(
    owners: NDArray[np.int64],
    distances: NDArray[np.float64],
    rows: NDArray[np.int64],
    queries: int,
    count: int,
) -> NDArray[np.int64]:
    """Which of the candidates are the ``count`` nearest ``(queries, count)`` of their owners, ascending."""
    ranked = np.argsort(distances, kind="stable")
    ranked = ranked[np.argsort(owners[ranked].astype(np.uint16), kind="stable")]
    own, far = owners[ranked], distances[ranked]
    if ((far[1:] == far[:-1]) & (own[1:] == own[:-1])).any():
        ranked = np.lexsort((rows, distances, owners))  # three times as long
    firsts = np.searchsorted(owners[ranked], np.arange(queries))
    return np.asarray(ranked[firsts[:, None] + np.arange(count)], np.int64)


def _by_list(lists: NDArray[np.int64], members: NDArray[np.int64]) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Each list that occurs, and those ``members`` that belong to it."""
    order = np.argsort(lists, kind="stable")
    lists, members = lists[order], members[order]
    ends = np.flatnonzero(np.diff(lists, append=-1)) + 1
    for start, end in zip((0, *ends[:-1].tolist()), ends.tolist(), strict=False):
        yield int(lists[start]), members[start:end]


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
