"""Nearest neighbours: exact among few points, else within cells (an inverted file, Jégou et al. 2011).

Written here because the libraries at hand do not go with the map's process: one compiles for half a minute
in every new process, the other brings an OpenMP that does not bear scikit-learn's beside it on macOS.
"""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

EXACT = 10_000
"""Points among which neighbours are found exactly."""

_PROBES = 24
_ROUNDS = 6
_POINTS_OF_A_CELL = 40
_CHUNK = 4096


class Neighbours(NamedTuple):
    """For each of N points its k nearest, nearest first: rows ``(N, k) int32``, distances ``float32``."""

    rows: NDArray[np.int32]
    distances: Floats


def nearest(points: Floats, count: int, seed: int, threads: int | None = None) -> Neighbours:
    """The ``count`` nearest of ``points (N, D)`` to each of them, itself being the first of its own.

    Exact up to 10,000 points; else about 99 of 100 are right. The same seed gives the same neighbours.
    """
    if len(points) <= EXACT:
        from sklearn.neighbors import NearestNeighbors

        search = NearestNeighbors(n_neighbors=count, algorithm="brute").fit(points)
        distances, rows = search.kneighbors(points)
        return Neighbours(rows.astype(np.int32), distances.astype(np.float32))
    return Cells(points, seed).nearest(points, count, threads)


class Cells:
    """Points sorted into cells around centres, so that a search looks only at some cells."""

    def __init__(self, points: Floats, seed: int) -> None:
        rng = np.random.Generator(np.random.PCG64(seed))
        count = max(1, min(4096, round(2 * math.sqrt(len(points)))))
        self._centres = _centres(points, count, rng)
        own = np.concatenate([ids[:, 0] for _, ids in self._probes(points, 1)])
        self._order = np.argsort(own, kind="stable").astype(np.int32)
        self._starts = np.concatenate([[0], np.cumsum(np.bincount(own, minlength=count))])
        self._sorted = np.ascontiguousarray(points[self._order])
        # Thousands of equal points fall into one cell; some of them serve as well as all.
        self._longest = max(2048, 16 * len(points) // count)

    def nearest(self, queries: Floats, count: int, threads: int | None = None) -> Neighbours:
        """The ``count`` nearest points of each of ``queries (n, D)``, of at least that many points."""
        from explorer.core.projecting.cell_kernels import scan

        found = Neighbours(
            np.empty((len(queries), count), np.int32), np.empty((len(queries), count), np.float32)
        )
        probes = _PROBES
        least = np.sort(np.diff(self._starts))
        while probes < len(least) and min(self._longest, least[:probes].sum()) < count:
            probes *= 2

        def look(chunk: tuple[int, NDArray[np.int32]]) -> None:
            first, ids = chunk
            part = np.ascontiguousarray(queries[first : first + len(ids)], np.float32)
            # Neighbours in memory look at the same cells: the cache serves them.
            turn = np.argsort(ids[:, 0], kind="stable")
            rows = np.empty((len(ids), count), np.int32)
            squares = np.empty((len(ids), count), np.float32)
            scan(part[turn], ids[turn], self._sorted, self._starts, self._longest, rows, squares)
            found.rows[first + turn] = self._order[rows]
            found.distances[first + turn] = np.sqrt(squares)

        with ThreadPoolExecutor(threads or os.cpu_count()) as pool:
            for _ in pool.map(look, self._probes(queries, min(probes, len(self._centres)))):
                pass
        return found

    def _probes(self, rows: Floats, count: int) -> Any:
        """Where a chunk of rows starts, and the nearest cells ``(n, count) int32`` of each of its rows."""
        half = 0.5 * np.einsum("ij,ij->i", self._centres, self._centres)
        for first in range(0, len(rows), _CHUNK):
            far = half - np.asarray(rows[first : first + _CHUNK]) @ self._centres.T
            if count == 1:
                yield first, far.argmin(axis=1)[:, None].astype(np.int32)
                continue
            ids = np.argpartition(far, count - 1, axis=1)[:, :count]
            near = np.argsort(np.take_along_axis(far, ids, 1), axis=1, kind="stable")
            yield first, np.ascontiguousarray(np.take_along_axis(ids, near, 1), np.int32)


def _centres(points: Floats, count: int, rng: np.random.Generator) -> Floats:
    """Centres ``(count, D)`` of a sample's cells (Lloyd's k-means)."""
    taken = np.sort(rng.choice(len(points), min(len(points), _POINTS_OF_A_CELL * count), replace=False))
    sample = np.asarray(points[taken], np.float32)
    centres = sample[np.sort(rng.choice(len(sample), count, replace=False))]
    for _ in range(_ROUNDS):
        half = 0.5 * np.einsum("ij,ij->i", centres, centres)
        own = np.concatenate(
            [(half - sample[first : first + _CHUNK] @ centres.T).argmin(axis=1)
             for first in range(0, len(sample), _CHUNK)]
        )  # fmt: skip
        sizes = np.bincount(own, minlength=count)
        full = sizes > 0
        firsts = np.concatenate([[0], np.cumsum(sizes)[:-1]])[full]
        sums = np.add.reduceat(sample[np.argsort(own, kind="stable")], firsts, axis=0)
        centres[full] = sums / sizes[full, None]
    return centres
