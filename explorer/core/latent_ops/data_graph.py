"""The shortest way from one latent to another that stays where data are."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.core.errors import ExplorerError
from explorer.core.latent_ops.draws import generator

Floats = NDArray[np.float32]

NEIGHBOURS = 12
MOST_POINTS = 50_000
"""Of more codes a random sample is joined up."""

_POWER = 2
_SMOOTH = 0.05
_BRIDGE_SAMPLE = 256
_BLOCK = 1 << 22


class DataGraph:
    """Latents joined to their nearest neighbours.

    An edge costs the square of its length, so that many short steps through dense places beat one jump
    (Bijral, Ratliff and Srebro 2011); the shortest path (Dijkstra) is the discrete geodesic of Isomap
    (Tenenbaum, de Silva and Langford 2000) under that cost. Parts that no edge joins are bridged by the
    nearest points found, so that there is a way between any two. Immutable; safe from any thread.
    """

    def __init__(self, latents: Floats, seed: int = 0) -> None:
        """Join up ``latents (N, D)``; rows that are not finite are left out.

        Raises ``ExplorerError`` for fewer than 3 latents.
        """
        from explorer.core.projecting.neighbours import nearest

        rows = latents
        if len(latents) > MOST_POINTS:
            rows = latents[np.sort(generator(seed).permutation(len(latents))[:MOST_POINTS])]
        rows = np.array(rows, np.float32)
        self._rows = rows = rows[np.isfinite(rows).all(axis=1)]
        if len(rows) < 3:
            raise ExplorerError(
                f"There is no way along {len(rows)} latents; open more data, or take the straight path."
            )
        near = nearest(rows, min(NEIGHBOURS + 1, len(rows)), seed)
        self._unit = max(float(np.median(near.distances[:, -1])), 1e-12)
        starts = np.repeat(np.arange(len(rows)), near.rows.shape[1])
        self._graph = self._joined(starts, near.rows.ravel(), near.distances.ravel())
        self._graph = self._bridged(starts, near.rows.ravel(), near.distances.ravel())

    def between(self, start: Floats, end: Floats, steps: int) -> Floats:
        """``(steps, D) float32`` from ``start`` to ``end``, both ``(D,)`` and included, at equal distances.

        The corners of the shortest path are rounded by a Gaussian of 5 % of its length.
        """
        from scipy.sparse.csgraph import dijkstra

        first, last = self._nearest(start), self._nearest(end)
        if first == last:  # nothing lies between them
            return _spaced(np.stack([start, end]).astype(np.float64), steps).astype(np.float32)
        _, before = dijkstra(self._graph, directed=False, indices=first, return_predecessors=True)
        passed = [last]
        while passed[-1] != first:
            passed.append(int(before[passed[-1]]))
        corners = np.concatenate([start[None], self._rows[passed[::-1]], end[None]]).astype(np.float64)
        return np.asarray(_rounded(corners, steps), np.float32)

    def _joined(self, starts: NDArray[Any], ends: NDArray[Any], lengths: NDArray[Any]) -> Any:
        from scipy.sparse import coo_matrix

        # A cost of 0 would be no edge: equal latents lie a little apart.
        costs = np.maximum(np.asarray(lengths, np.float64) / self._unit, 1e-6) ** _POWER
        apart = starts != ends
        shape = (len(self._rows), len(self._rows))
        graph = coo_matrix((costs[apart], (starts[apart], ends[apart])), shape=shape).tocsr()
        return graph.maximum(graph.T)  # neighbours both ways, each edge once

    def _bridged(self, starts: NDArray[Any], ends: NDArray[Any], lengths: NDArray[Any]) -> Any:
        """The graph with an edge from every other part to the largest."""
        from scipy.sparse.csgraph import connected_components

        count, part = connected_components(self._graph, directed=False)
        if count == 1:
            return self._graph
        sizes = np.bincount(part)
        order = np.argsort(part, kind="stable")
        firsts = np.cumsum(sizes) - sizes
        main = int(sizes.argmax())
        target = np.flatnonzero(part == main)
        bridges = []
        for one in range(count):
            if one != main:
                own = order[firsts[one] : firsts[one] + sizes[one]]
                own = own[:: -(-len(own) // _BRIDGE_SAMPLE)]
                bridges.append(self._bridge(own, target))
        joined = np.array(bridges)
        return self._joined(
            np.concatenate([starts, joined[:, 0].astype(np.int64)]),
            np.concatenate([ends, joined[:, 1].astype(np.int64)]),
            np.concatenate([lengths, joined[:, 2]]),
        )

    def _bridge(self, own: NDArray[np.int64], target: NDArray[np.int64]) -> tuple[int, int, float]:
        """The nearest pair found between two parts, and its distance."""
        best = (int(own[0]), int(target[0]), np.inf)
        halves = 0.5 * np.einsum("nd,nd->n", self._rows[target], self._rows[target])
        block = max(1, _BLOCK // len(target))
        for start in range(0, len(own), block):
            mine = own[start : start + block]
            far = halves - self._rows[mine] @ self._rows[target].T
            for row, column in zip(mine, far.argmin(axis=1), strict=True):
                apart = float(np.linalg.norm(self._rows[row] - self._rows[target[column]]))
                if apart < best[2]:
                    best = (int(row), int(target[column]), apart)
        return best

    def _nearest(self, latent: Floats) -> int:
        return int(np.square(self._rows - latent).sum(axis=1).argmin())


def _rounded(corners: NDArray[np.float64], steps: int) -> NDArray[np.float64]:
    """A line of corners ``(c, D)`` at ``steps`` equal distances, smoothed, its ends where they were."""
    from scipy.ndimage import gaussian_filter1d

    fine = _spaced(corners, 8 * steps)
    # Mirrored through its ends, the line keeps them.
    long = np.concatenate([2 * fine[0] - fine[:0:-1], fine, 2 * fine[-1] - fine[-2::-1]])
    smooth = gaussian_filter1d(long, _SMOOTH * len(fine), axis=0, truncate=3)
    return _spaced(smooth[len(fine) - 1 : 2 * len(fine) - 1], steps)


def _spaced(corners: NDArray[np.float64], steps: int) -> NDArray[np.float64]:
    lengths = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(corners, axis=0), axis=1))])
    wanted = np.linspace(0.0, lengths[-1], steps)
    after = np.clip(np.searchsorted(lengths, wanted, side="right"), 1, len(corners) - 1)
    span = lengths[after] - lengths[after - 1]
    share = ((wanted - lengths[after - 1]) / np.where(span > 0.0, span, 1.0))[:, None]
    return np.asarray((1 - share) * corners[after - 1] + share * corners[after])
