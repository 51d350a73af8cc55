"""What the ground of the map tells beside support: how much the latents of a place differ."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer.core.progress import Progress
from explorer.core.quantiles import quantile
from explorer.core.raster_support import Support, softened

_AT_ONCE = 512
_ENDS = 0.03, 0.97


class SpreadLayer(NamedTuple):
    """``support`` with a tint that runs from 0 where the latents spread by ``low`` to 1 from ``high`` on."""

    support: Support
    low: float
    high: float


def spread_layer(
    support: Support,
    spread_at: Callable[[NDArray[np.float64]], NDArray[np.floating]],
    progress: Progress | None = None,
    *,
    every: int = 1,
) -> SpreadLayer:
    """How much the latents around each place differ, where there is support.

    ``spread_at`` takes places ``(n, 2)`` to ``(n,)`` (``Inverse.spread_at``). ``every`` asks at only one in
    so many rows and columns of nodes. The ends of the scale leave out 3% of the places on either side.
    Raises ``Cancelled``.
    """
    rows, columns = support.values.shape
    left, bottom, right, top = support.bounds
    chosen_rows, chosen_columns = _nodes(rows, every), _nodes(columns, every)
    across, up = (
        np.linspace(left, right, columns)[chosen_columns],
        np.linspace(bottom, top, rows)[chosen_rows],
    )
    asked = support.values[np.ix_(chosen_rows, chosen_columns)] > 0.0
    places = np.stack(np.meshgrid(across, up), axis=-1)[asked]
    found = np.empty(len(places), np.float32)
    for begin in range(0, len(places), _AT_ONCE):
        if progress is not None:
            progress(begin, len(places), "Looking at the latents of the ground", "places")
        found[begin : begin + _AT_ONCE] = spread_at(places[begin : begin + _AT_ONCE])
    if not len(found):
        return SpreadLayer(support._replace(tint=np.zeros_like(support.values)), 0.0, 0.0)
    low, high = (float(quantile(found, share)) for share in _ENDS)
    levels = np.zeros(asked.shape, np.float32)
    levels[asked] = np.clip((found - low) / max(high - low, 1e-12), 0.0, 1.0)
    levels = _softened_where(levels, asked)
    levels = _stretched(_stretched(levels, chosen_rows, rows).T, chosen_columns, columns).T
    tint = np.ascontiguousarray(levels * support.values, np.float32)
    return SpreadLayer(support._replace(tint=tint), low, high)


def _nodes(count: int, every: int) -> NDArray[np.int64]:
    """Every so many of ``count`` nodes, the last one with them."""
    return np.append(np.arange(0, count - 1, every), count - 1)


def _softened_where(levels: NDArray[np.float32], known: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Levels softened among those that are known, whose neighbours take theirs on."""
    weights = softened(softened(known.astype(np.float32)).T).T
    sums = softened(softened(levels * known).T).T
    out: NDArray[np.float32] = sums / np.maximum(weights, 1e-6)
    return out


def _stretched(values: NDArray[np.float32], at: NDArray[np.int64], count: int) -> NDArray[np.float32]:
    """Rows known at some of ``count`` nodes, at all of them: evenly between."""
    every = np.arange(count)
    upper = np.clip(np.searchsorted(at, every, side="right"), 1, len(at) - 1)
    share = ((every - at[upper - 1]) / (at[upper] - at[upper - 1])).astype(np.float32)[:, None]
    out: NDArray[np.float32] = values[upper - 1] + share * (values[upper] - values[upper - 1])
    return out
