"""Other ways from a place to a latent, for many places at once, to measure the program's own against."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

COUNTS = (16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)
"""Neighbours that the sweep tries."""

_BLOCK = 1000


class Baselines:
    """``positions (N, 2)``, ``latents (N, D)``; each method takes places ``(n, 2)`` to latents ``(n, D)``."""

    def __init__(self, positions: NDArray[np.floating], latents: NDArray[np.float32]) -> None:
        self._positions, self._latents = np.asarray(positions, np.float64), latents
        self._tree = cKDTree(self._positions)

    def nearest(self, places: NDArray[np.floating]) -> NDArray[np.float32]:
        """The nearest point's own latent."""
        return self._latents[self._tree.query(places)[1]]

    def average(self, places: NDArray[np.floating], count: int) -> NDArray[np.float32]:
        """The plain mean of the nearest points."""
        return self._latents[self._tree.query(places, count)[1]].mean(axis=1)

    def kernel(self, places: NDArray[np.floating], count: int) -> NDArray[np.float32]:
        """The biweight kernel over the nearest points, zero at the next one."""
        return self._in_blocks(places, count, linear=False)

    def linear(self, places: NDArray[np.floating], count: int) -> NDArray[np.float32]:
        """Local-linear regression with the same weights (Cleveland 1979), lightly ridged."""
        return self._in_blocks(places, count, linear=True)

    def sweep(self, places: NDArray[np.floating]) -> dict[str, NDArray[np.float32]]:
        """Both kinds at every number of neighbours there are points for."""
        counts = [count for count in COUNTS if count < len(self._positions)]
        kernels = {f"kernel {count}": self.kernel(places, count) for count in counts}
        return kernels | {f"linear {count}": self.linear(places, count) for count in counts}

    def _in_blocks(self, places: NDArray[np.floating], count: int, *, linear: bool) -> NDArray[np.float32]:
        parts = [
            self._fit(places[start : start + _BLOCK], count, linear)
            for start in range(0, len(places), _BLOCK)
        ]
        return np.concatenate(parts).astype(np.float32)

    def _fit(self, places: NDArray[np.floating], count: int, linear: bool) -> NDArray[np.float64]:
        distances, rows = self._tree.query(places, count + 1)
        cut = distances[:, -1:]
        weights = (1.0 - (distances[:, :-1] / cut) ** 2) ** 2
        weights /= weights.sum(axis=1, keepdims=True)
        latents = self._latents[rows[:, :-1]]
        mean = np.einsum("nk,nkd->nd", weights, latents)
        if not linear:
            return mean
        offsets = (self._positions[rows[:, :-1]] - places[:, None]) / cut[:, :, None]
        centre = np.einsum("nk,nka->na", weights, offsets)
        offsets -= centre[:, None]
        moments = np.einsum("nk,nka,nkb->nab", weights, offsets, offsets) + 0.005 * np.eye(2)
        slopes = np.linalg.solve(moments, np.einsum("nk,nka,nkd->nad", weights, offsets, latents))
        return mean - np.einsum("na,nad->nd", centre, slopes)
