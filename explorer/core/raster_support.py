"""The ground of the map: how near data is, on a grid that may be drawn enlarged."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer.core.view import Bounds, bounds_of

_SHORE = 0.15, 0.6

Nodes = tuple[NDArray[np.int32], NDArray[np.float32]]
"""For each pixel the lower of two neighbouring nodes (-1 outside) and the share of the upper."""


class Support(NamedTuple):
    """How near data is, over a box of the map.

    ``values`` is ``(rows from the bottom, columns) float32`` in [0, 1], the border nodes on the edges of
    ``bounds``. ``tint``, of the same shape, is what else is told of a place, in [0, 1] and already weighed by
    the support; None where nothing is.
    """

    values: NDArray[np.float32]
    bounds: Bounds
    tint: NDArray[np.float32] | None = None


def support_grid(
    support_at: Callable[[NDArray[np.float64]], NDArray[np.floating]],
    positions: NDArray[np.floating],
    resolution: int = 192,
) -> Support:
    """Support over the map of ``positions`` (N, 2), computed once for each map.

    ``support_at`` takes places ``(n, 2)`` to values ``(n,)`` in [0, 1]. ``resolution`` counts the nodes along
    the longer side. The values are softened, and zero at the border, so that they may be drawn enlarged; and
    their middle is steeper, so that one sees at a glance on which side of it a place lies.
    """
    left, bottom, right, top = bounds_of(np.asarray(positions)) or (0.0, 0.0, 1.0, 1.0)
    longer = max(right - left, top - bottom) or 1.0
    step = 1.12 * longer / (resolution - 1)
    pad = 0.06 * longer
    columns = max(math.ceil((right - left + 2 * pad) / step), 1) + 1
    rows = max(math.ceil((top - bottom + 2 * pad) / step), 1) + 1
    across = left - pad + step * np.arange(columns)
    up = bottom - pad + step * np.arange(rows)
    places = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    values = np.asarray(support_at(places), np.float32).reshape(rows, columns)
    for _ in range(2):
        values = softened(softened(values).T).T
    values = _with_a_shore(values)
    values[[0, -1]] = 0.0
    values[:, [0, -1]] = 0.0
    box: Bounds = (float(across[0]), float(up[0]), float(across[-1]), float(up[-1]))
    return Support(np.ascontiguousarray(values), box)


def _with_a_shore(values: NDArray[np.float32]) -> NDArray[np.float32]:
    t = np.clip((values - _SHORE[0]) / (_SHORE[1] - _SHORE[0]), 0.0, 1.0)
    steeper: NDArray[np.float32] = (t * t * (3.0 - 2.0 * t)).astype(np.float32)
    return steeper


def softened(values: NDArray[Any]) -> NDArray[Any]:
    """Each row of nodes averaged with its neighbours, weights 1 4 6 4 1 (a binomial filter)."""
    padded = np.pad(values, ((2, 2), (0, 0)), mode="edge")
    count = len(values)
    total = np.zeros_like(values)
    for k, weight in enumerate((1, 4, 6, 4, 1)):
        total += values.dtype.type(weight / 16) * padded[k : k + count]
    return total


def nodes_between(places: NDArray[np.floating], low: float, high: float, count: int) -> Nodes:
    """Between which two of ``count`` nodes, evenly from ``low`` to ``high``, each place lies."""
    if count < 2 or not high > low:
        return np.full(len(places), -1, np.int32), np.zeros(len(places), np.float32)
    scaled = (places - low) * ((count - 1) / (high - low))
    inside = (scaled >= 0.0) & (scaled < count - 1)
    lower = np.where(inside, np.floor(scaled), -1.0)
    return lower.astype(np.int32), np.where(inside, scaled - lower, 0.0).astype(np.float32)
