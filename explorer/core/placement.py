"""From a latent to its place on a map that is already made."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from explorer.core.errors import ExplorerError

NEIGHBOURS = 15
"""Neighbours in the latent space that a place is derived from, as many as UMAP takes by default."""

BANDWIDTH = 0.02
"""Width of the kernel whose mode is sought on the map, in diameters of the map."""

_STEPS = 24
_BLOCK_FLOATS = 1 << 22
_SPARE = 8


class Placement:
    """Places latents among the neighbours they have in the latent space.

    ``latents`` is ``(N, D) float32``, ``positions`` ``(N, 2)``, aligned. Rows that are not finite in either
    are left out; raises ``ExplorerError`` where none remains.

    The neighbours vote with UMAP's membership strengths (McInnes, Healy and Melville 2018, section 3.1);
    the place is the mode of their votes on the map, climbed to from the nearest neighbour by mean shift
    (Comaniciu and Meer 2002). A mean would fall between two clusters where no data is. A latent that is a
    data point's lands on that point.
    """

    def __init__(self, latents: NDArray[np.float32], positions: NDArray[np.floating]) -> None:
        usable = np.isfinite(positions).all(axis=1) & np.isfinite(latents).all(axis=1)
        if not usable.any():
            raise ExplorerError(
                "The map holds no point with a finite place and latent; compute the map again."
            )
        whole = bool(usable.all())
        self._latents = np.asarray(latents).view(np.ndarray) if whole else np.asarray(latents)[usable]
        self._positions = np.asarray(positions, np.float64)[usable]
        self._halves = 0.5 * np.einsum("nd,nd->n", self._latents, self._latents)
        extent = self._positions.max(axis=0) - self._positions.min(axis=0)
        self._bandwidth = BANDWIDTH * (float(np.hypot(extent[0], extent[1])) or 1.0)

    def place(self, latents: NDArray[np.floating]) -> NDArray[np.float32]:
        """Places ``(n, 2) float32`` in map units of latents ``(n, D)``.

        Raises ``ExplorerError`` for latents of another size or with values that are not finite.
        """
        queries = np.atleast_2d(np.asarray(latents, np.float32))
        size = self._latents.shape[1]
        if queries.shape[1] != size:
            raise ExplorerError(
                f"A latent of {queries.shape[1]} numbers has no place on this map, whose latents have {size}."
            )
        if not np.isfinite(queries).all():
            raise ExplorerError("A latent holds numbers that are not finite and has no place on the map.")
        places = np.empty((len(queries), 2), np.float32)
        block = max(1, _BLOCK_FLOATS // len(self._latents))
        for start in range(0, len(queries), block):
            part = slice(start, start + block)
            rows, distances = self._neighbours(queries[part])
            places[part] = self._modes(rows, distances)
        return places

    def _neighbours(self, queries: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The nearest rows ``(n, k)`` and their distances ``(n, k)``, the nearest first."""
        count = min(NEIGHBOURS, len(self._latents))
        # |x - q|² up to a constant of each query; rounding may swap near ties, so spare ones are measured.
        scores = self._halves - queries @ self._latents.T
        taken = min(count + _SPARE, len(self._latents))
        if taken < len(self._latents):
            rows = np.argpartition(scores, taken - 1, axis=1)[:, :taken]
        else:
            rows = np.broadcast_to(np.arange(taken), scores.shape)
        apart = self._latents[rows].astype(np.float64) - queries[:, None, :]
        distances = np.sqrt(np.einsum("nkd,nkd->nk", apart, apart))
        ranked = np.argsort(distances, axis=1, kind="stable")[:, :count]
        return np.take_along_axis(rows, ranked, axis=1), np.take_along_axis(distances, ranked, axis=1)

    def _modes(self, rows: NDArray[np.int64], distances: NDArray[np.float64]) -> NDArray[np.float64]:
        """The mode of the neighbours' votes next to the nearest one's position ``(n, 2)``."""
        votes = memberships(distances)
        anchors = self._positions[rows]
        places = anchors[:, 0].copy()
        for _ in range(_STEPS):
            squares = ((anchors - places[:, None, :]) ** 2).sum(axis=2)
            pull = votes * np.exp(squares / (-2.0 * self._bandwidth**2))
            places = (pull[:, :, None] * anchors).sum(axis=1) / pull.sum(axis=1)[:, None]
        # The nearer a latent is to a data point, by the measure of that neighbourhood, the nearer its place.
        typical = np.median(distances, axis=1)
        apart = np.clip(distances[:, 0] / np.where(typical > 0.0, 0.5 * typical, 1.0), 0.0, 1.0)
        apart = (apart * apart * (3.0 - 2.0 * apart))[:, None]
        return np.asarray(apart * places + (1.0 - apart) * anchors[:, 0], np.float64)


def memberships(distances: NDArray[np.float64]) -> NDArray[np.float64]:
    """UMAP's strengths ``(n, k)`` of neighbours at ascending ``distances`` ``(n, k)``: the nearest has 1.

    The scale of each row is found by bisection so that the strengths sum to log2(k).
    """
    beyond = distances - distances[:, :1]
    target = np.log2(distances.shape[1])
    low = np.zeros(len(distances))
    high = np.maximum(beyond[:, -1], 1e-12) * 64.0
    for _ in range(40):
        middle = 0.5 * (low + high)
        too_wide = np.exp(-beyond / middle[:, None]).sum(axis=1) > target
        high = np.where(too_wide, middle, high)
        low = np.where(too_wide, low, middle)
    return np.asarray(np.exp(-beyond / high[:, None]), np.float64)
