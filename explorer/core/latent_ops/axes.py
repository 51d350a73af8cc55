"""Axes to move a latent along: the dimensions themselves, or the codes' principal components."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.core.errors import ExplorerError
from explorer.core.latent_ops.information import DimensionInformation
from explorer.core.pca import components
from explorer.core.quantiles import bulk

Floats = NDArray[np.float32]

MOST_ROWS = 20_000
"""Codes that ranges are taken from."""

_ROOM, _LEAST_ROOM = 0.15, 1e-3


@dataclass(frozen=True, eq=False)
class Axis:
    """A direction with the range in which the data lie along it.

    Attributes:
        name: ``z07``, ``PC 1``, ``visible 1``.
        vector: ``(D,) float32``, of length 1.
        low, high: from the 0.2 % to the 99.8 % quantile of the codes' coordinates along it, and some room.
        weight: what it is ordered by, in ``unit``.
        unit: ``nats``, ``variance``, ``% of variance`` or ``levels per σ``.
        active: whether moving along it changes what is seen.
    """

    name: str
    vector: Floats
    low: float
    high: float
    weight: float
    unit: str
    active: bool = True

    def coordinate(self, latents: Floats) -> Floats:
        """Where latents ``(D,)`` or ``(n, D)`` lie along the axis."""
        return np.asarray(latents @ self.vector, np.float32)

    def moved(self, latent: Floats, coordinates: NDArray[np.floating[Any]] | float) -> Floats:
        """``latent (D,)`` moved along the axis to each of ``coordinates``: ``(n, D)``, or ``(D,)`` for one.

        What lies across the axis stays as it is.
        """
        away = np.asarray(coordinates, np.float32) - self.coordinate(latent)
        return np.asarray(latent + away[..., None] * self.vector, np.float32)


def dimension_axes(latents: Floats, information: DimensionInformation) -> tuple[Axis, ...]:
    """The dimensions of latents ``(N, D)``, the most informative first, collapsed ones last."""
    low, high = ranges(latents, None)
    unit = "nats" if information.measure == "KL" else "variance"
    digits = len(str(len(low) - 1))
    return tuple(
        Axis(
            f"z{one:0{max(2, digits)}}",
            np.eye(1, len(low), one, dtype=np.float32)[0],
            float(low[one]),
            float(high[one]),
            float(information.values[one]),
            unit,
            bool(information.active[one]),
        )
        for one in information.order.tolist()
    )


def principal_axes(latents: Floats, count: int = 16) -> tuple[Axis, ...]:
    """At most ``count`` principal components of latents ``(N, D)``, that of most variance first.

    Raises ``ExplorerError`` where the latents do not differ.
    """
    found = components(latents, count)
    if found is None or len(latents) < 2 or not found.axes.any():
        raise ExplorerError("The latents do not differ, so they have no principal components.")
    vectors = np.ascontiguousarray(found.axes.T, np.float32)
    low, high = ranges(latents, vectors)
    variances = (some(latents) @ vectors.T).var(axis=0)
    total = max(float(variances.sum()), 1e-30) / max(found.share, 1e-30)
    return tuple(
        Axis(f"PC {i + 1}", vector, float(low[i]), float(high[i]), 100 * float(v) / total, "% of variance")
        for i, (vector, v) in enumerate(zip(vectors, variances, strict=True))
    )


def traversal(latent: Floats, axes: Sequence[Axis], steps: int = 9) -> Floats:
    """``latent (D,)`` at ``steps`` places along each of k axes, from low to high: ``(k, steps, D) float32``.

    Raises ``ExplorerError`` for no axes or fewer than 2 steps.
    """
    if not axes or steps < 2:
        raise ExplorerError(
            f"A strip of {len(axes)} axes and {steps} steps shows nothing; one axis and two steps would work."
        )
    return np.stack([one.moved(latent, np.linspace(one.low, one.high, steps)) for one in axes])


def some(latents: Floats) -> Floats:
    """Finite rows of ``latents (N, D)``, evenly spread over at most 20,000."""
    rows = np.asarray(latents[:: -(-len(latents) // MOST_ROWS) or 1], np.float32)
    return rows[np.isfinite(rows).all(axis=1)]


def ranges(latents: Floats, vectors: Floats | None) -> tuple[Floats, Floats]:
    """Low and high ``(k,)`` of latents along ``vectors (k, D)``, or in each dimension; see ``Axis``.

    Raises ``ExplorerError`` where no latent is finite.
    """
    rows = some(latents)
    if len(rows) == 0:
        raise ExplorerError("There are no latents to take the ranges from; open data first.")
    low, high = bulk(rows if vectors is None else rows @ vectors.T)
    room = np.maximum(_ROOM * (high - low), _LEAST_ROOM)
    return low - room, high + room
