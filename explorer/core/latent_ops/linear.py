"""Linear algebra that directions and probes share."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer.core.pca import components

Doubles = NDArray[np.float64]

MOST_AXES = 256
"""Latents of more dimensions are looked at along their principal axes."""

_FLAT = 1e-9


class Space(NamedTuple):
    """Standardised coordinates: ``(latent - mean) @ turn``, of mean 0 and variance 1 in each of A axes."""

    mean: Doubles
    turn: Doubles

    @classmethod
    def of(cls, latents: NDArray[np.floating]) -> Space:
        """The coordinates of ``latents (n, D)``: the dimensions that vary, or the 256 principal axes."""
        size = latents.shape[1]
        if size > MOST_AXES:
            found = components(np.asarray(latents, np.float32), MOST_AXES)
            assert found is not None  # the rows are finite
            spread = ((latents - found.mean) @ found.axes).std(axis=0)
            return cls(found.mean, found.axes / np.where(spread > 0, spread, 1.0))
        spread = latents.std(axis=0)
        kept = spread > _FLAT * max(float(spread.max(initial=0.0)), 1e-30)
        return cls(latents.mean(axis=0), np.eye(size)[:, kept] / spread[kept])

    def into(self, latents: NDArray[np.floating]) -> Doubles:
        """Coordinates ``(n, A)`` of latents ``(n, D)``."""
        return np.asarray((latents - self.mean) @ self.turn, np.float64)

    def back(self, normal: Doubles) -> Doubles:
        """The vector ``(D,)`` whose product with a latent varies as that of ``normal (A,)`` in here does."""
        return self.turn @ normal


def between_means(first: Doubles, second: Doubles) -> Doubles:
    """Fisher's discriminant ``(A,)`` from ``first (m, A)`` to ``second (n, A)``: Σ⁻¹(μ₂ - μ₁).

    Σ is the covariance within the two, each weighing the same, shrunk towards a multiple of the identity by
    Ledoit and Wolf's (2004) share, so that a few rows of many dimensions do.
    """
    covariances, means = [], []
    for rows in (first, second):
        means.append(rows.mean(axis=0))
        covariances.append(shrunk(rows - means[-1]))
    return np.asarray(np.linalg.solve((covariances[0] + covariances[1]) / 2, means[1] - means[0]))


def shrunk(centred: Doubles) -> Doubles:
    """The covariance ``(A, A)`` of ``centred (n, A)``, shrunk by Ledoit and Wolf (2004)."""
    count, axes = centred.shape
    covariance = centred.T @ centred / count
    level = float(np.trace(covariance)) / axes
    away = float(np.square(covariance).sum()) - axes * level**2
    squares = np.square(centred)
    noise = (float(np.square(squares.sum(axis=1)).sum()) / count - float(np.square(covariance).sum())) / count
    share = 1.0 if away <= 0 else min(1.0, max(0.0, noise / away))
    return np.asarray((1 - share) * covariance + (share * level + 1e-9) * np.eye(axes))
