"""The compiled twins of ``pick`` and ``lasso``. Importing it imports numba, so only the warm-up does."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from numba import njit
from numpy.typing import NDArray

from explorer.core.compiled import compiled
from explorer.core.grid_index import GridIndex
from explorer.core.lasso import EDGE, INSIDE, LAST, mask_of

_ALL = np.empty(0, np.bool_)


def nearest(index: GridIndex, x: float, y: float, radius: float, shown: NDArray[np.bool_] | None) -> int:
    """See ``pick.nearest``."""
    if not len(index):
        return -1
    grid = index.side, index.left, index.bottom, index.cell_width, index.cell_height
    mask = _ALL if shown is None else shown
    return int(_nearest(x, y, radius, index.places, index.rows, index.starts, grid, mask))


def enclosed(
    index: GridIndex, corners: NDArray[np.float64], count: int, shown: NDArray[np.bool_] | None
) -> NDArray[np.int64]:
    """See ``lasso.enclosed``."""
    found = np.zeros(count, np.bool_)
    painted = mask_of(corners)
    if painted is not None:
        left, bottom = corners.min(axis=0)
        right, top = corners.max(axis=0)
        block = index.block(left, bottom, right, top)
        points = index.places, index.rows, index.starts, index.side
        _enclosed(points, tuple(block), corners, *painted, _ALL if shown is None else shown, found)
    return np.flatnonzero(found)


@njit
def _cell(value, origin, size, side):  # type: ignore[no-untyped-def]
    return int(min(max((value - origin) / size, 0.0), side - 1.0))


@partial(compiled, in_threads=False)
def _nearest(x, y, radius, places, rows, starts, grid, shown):  # type: ignore[no-untyped-def]
    side, left, bottom, width, height = grid
    cell = _cell(y, bottom, height, side) * side + _cell(x, left, width, side)
    held = starts[cell + 1] - starts[cell]
    reach = min(width, height) / (2.0 + math.sqrt(held))
    while True:
        reach = min(reach, radius)
        low, high = _cell(y - reach, bottom, height, side), _cell(y + reach, bottom, height, side)
        first, last = _cell(x - reach, left, width, side), _cell(x + reach, left, width, side)
        best, found = math.inf, -1
        for row in range(low * side, (high + 1) * side, side):
            for point in range(starts[row + first], starts[row + last + 1]):
                across, up = places[point, 0] - x, places[point, 1] - y
                square = across * across + up * up
                if square < best and (not len(shown) or shown[rows[point]]):
                    best, found = square, point
        distance = math.sqrt(best)
        if reach >= radius or distance <= reach:
            return rows[found] if found >= 0 and distance <= radius else -1
        reach = min(distance, max(3.0 * reach, radius / 8))


@njit
def _is_odd(x, y, corners):  # type: ignore[no-untyped-def]
    """Whether a ray from a place towards positive x crosses an odd number of sides."""
    odd, last = False, len(corners) - 1
    for side in range(len(corners)):
        x0, y0 = corners[last]
        x1, y1 = corners[side]
        last = side
        if (y0 <= y) != (y1 <= y) and x0 + (y - y0) / (y1 - y0) * (x1 - x0) > x:
            odd = not odd
    return odd


@partial(compiled, in_threads=True)
def _enclosed(points, block, corners, mask, low, scale, shown, found):  # type: ignore[no-untyped-def]
    places, rows, starts, side = points
    bottom, top, first, last = block
    for cells in range(bottom * side, (top + 1) * side, side):
        for point in range(starts[cells + first], starts[cells + last + 1]):
            row = rows[point]
            if len(shown) and not shown[row]:
                continue
            x, y = np.float64(places[point, 0]), np.float64(places[point, 1])
            column = min(max((x - low[0]) * scale[0] + 4.5, 0.0), LAST)
            line = min(max((y - low[1]) * scale[1] + 4.5, 0.0), LAST)
            part = mask[int(line), int(column)]
            found[row] = part == INSIDE or (part == EDGE and _is_odd(x, y, corners))
