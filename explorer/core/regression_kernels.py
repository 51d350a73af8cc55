"""The compiled twin of ``regression`` with its search for neighbours. Importing this module imports numba."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from numba import njit
from numpy.typing import NDArray

from explorer.core.compiled import compiled
from explorer.core.plane_index import PlaneIndex
from explorer.core.regression import INSIDE, LEANING, RIDGE, SPACING_PIXELS, Answer, Near

# Handed in, not read: compiled code that is kept knows of no change in another file.
_FIGURES = (*SPACING_PIXELS, *INSIDE, LEANING, RIDGE)


def answer_at(
    index: PlaneIndex,
    rows: NDArray[np.int64],
    latents: NDArray[np.float32],
    x: float,
    y: float,
    count: int,
    units_per_pixel: float,
    least: float,
    reach: float,
) -> Answer | Near:
    """What the ``count`` points nearest to a place say; the index's points are ``rows`` of the latents.

    Only how far they lie where that is less than ``least`` or ``reach`` times the nearest one's distance.
    """
    out = np.empty(latents.shape[1], np.float32)
    nearest, farthest, spread = _answer(
        x, y, count, units_per_pixel, least, reach, _FIGURES, index.arrays, rows, latents, out
    )
    return Near(nearest, farthest) if spread < 0.0 else Answer(out, nearest, farthest, spread)


@njit
def _held(table, side, row, column, ring):  # type: ignore[no-untyped-def]
    """How many points the block of cells up to ``ring`` cells around one holds."""
    stride = side + 1
    bottom, top = max(row - ring, 0) * stride, min(row + ring + 1, side) * stride
    first, last = max(column - ring, 0), min(column + ring + 1, side)
    return table[top + last] - table[top + first] - table[bottom + last] + table[bottom + first]


@njit
def _ring(table, side, row, column, count):  # type: ignore[no-untyped-def]
    """The smallest ring whose block holds ``count`` points, which are there."""
    high = 1
    while _held(table, side, row, column, high) < count:
        high *= 2
    low = high // 2  # its block holds too few, but for one cell's alone
    while high - low > 1:
        middle = (low + high) // 2
        if _held(table, side, row, column, middle) < count:
            low = middle
        else:
            high = middle
    return high


@njit
def _select(squares, found, size, count):  # type: ignore[no-untyped-def]
    """Bring the ``count`` smallest of ``size`` squares to the front, the largest at its place (Hoare)."""
    low, high, wanted = 0, size - 1, count - 1
    while low < high:
        middle = squares[(low + high) // 2]
        left, right = low, high
        while left <= right:
            while squares[left] < middle:
                left += 1
            while squares[right] > middle:
                right -= 1
            if left <= right:
                squares[left], squares[right] = squares[right], squares[left]
                found[left], found[right] = found[right], found[left]
                left += 1
                right -= 1
        if wanted <= right:
            high = right
        elif wanted >= left:
            low = left
        else:
            break


@njit
def _visit(first, last, x, y, places, limit, squares, found, size):  # type: ignore[no-untyped-def]
    """Note the sorted points ``first`` to ``last`` that lie nearer than ``limit``; how many are noted."""
    for point in range(first, last):
        dx, dy = places[point, 0] - x, places[point, 1] - y
        square = dx * dx + dy * dy
        squares[size], found[size] = square, point
        size += square < limit
    return size


@njit
def _cell(value, origin, size, side):  # type: ignore[no-untyped-def]
    return int(min(max((value - origin) / size, 0.0), side - 1.0))


@njit
def _search(x, y, count, index):  # type: ignore[no-untyped-def]
    """The nearest points: squares of their distances and their numbers among the sorted ones.

    First those of a square block of cells that holds enough, then what else lies as near as the last of them.
    """
    places, starts, side, left, bottom, width, height, table = index[1:]
    column, row = _cell(x, left, width, side), _cell(y, bottom, height, side)
    ring = _ring(table, side, row, column, count)
    block = (
        max(row - ring, 0), min(row + ring, side - 1), max(column - ring, 0), min(column + ring, side - 1)
    )  # fmt: skip
    room = _held(table, side, row, column, ring) + 1
    squares, found = np.empty(room, np.float64), np.empty(room, np.int64)
    size = 0
    for line in range(block[0] * side, (block[1] + 1) * side, side):
        first, last = starts[line + block[2]], starts[line + block[3] + 1]
        size = _visit(first, last, x, y, places, np.inf, squares, found, size)
    _select(squares, found, size, count)
    radius = math.sqrt(squares[count - 1]) * (1.0 + 1e-9)
    if (
        _cell(y - radius, bottom, height, side) < block[0]
        or _cell(y + radius, bottom, height, side) > block[1]
        or _cell(x - radius, left, width, side) < block[2]
        or _cell(x + radius, left, width, side) > block[3]
    ):
        squares, found = _widened(x, y, count, radius, index, block, squares, found)
    return squares[:count], found[:count]


@njit
def _widened(x, y, count, radius, index, block, squares, found):  # type: ignore[no-untyped-def]
    """The nearest points where a circle around the place reaches beyond the block that they were taken of."""
    places, starts, side, left, bottom, width, height, _ = index[1:]
    limit, size = squares[count - 1], count
    for row in range(_cell(y - radius, bottom, height, side), _cell(y + radius, bottom, height, side) + 1):
        # From the place to this row of cells; the outermost rows hold what lies beyond them too.
        gap = max(bottom + row * height - y if row > 0 else -np.inf, 0.0)
        gap = max(y - (bottom + (row + 1) * height) if row < side - 1 else -np.inf, gap)
        half = math.sqrt(max(radius * radius - gap * gap, 0.0))
        begin, end = _cell(x - half, left, width, side), _cell(x + half, left, width, side)
        inside = block[0] <= row <= block[1]  # then only what lies left and right of the block is new
        for begins, ends in (
            (begin, min(end, block[2] - 1) if inside else end),
            (max(begin, block[3] + 1) if inside else end + 1, end),
        ):
            if begins > ends:
                continue
            first, last = starts[row * side + begins], starts[row * side + ends + 1]
            if size + last - first >= len(found):
                more = 2 * (size + last - first)
                squares, found = _longer(squares, size, more), _longer(found, size, more)
            size = _visit(first, last, x, y, places, limit, squares, found, size)
    _select(squares, found, size, count)
    return squares, found


@njit
def _longer(array, size, length):  # type: ignore[no-untyped-def]
    longer = np.empty(length, array.dtype)
    longer[:size] = array[:size]
    return longer


@njit
def _between(low, high, value):  # type: ignore[no-untyped-def]
    t = min(max((value - low) / (high - low), 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)


@njit
def _tilt(weights, found, places, x, y, cut, share, ridge, tilted):  # type: ignore[no-untyped-def]
    """Weights that bring the neighbours' centre to the place, as far as asked."""
    total, east, north = 0.0, 0.0, 0.0
    for i in range(len(weights)):
        total += weights[i]
        east += weights[i] * (places[found[i], 0] - x)
        north += weights[i] * (places[found[i], 1] - y)
    east, north = east / (total * cut), north / (total * cut)
    a, b, c = ridge, 0.0, ridge
    for i in range(len(weights)):
        dx, dy = (places[found[i], 0] - x) / cut - east, (places[found[i], 1] - y) / cut - north
        a += weights[i] / total * dx * dx
        b += weights[i] / total * dx * dy
        c += weights[i] / total * dy * dy
    down = a * c - b * b
    slope_x, slope_y = (c * east - b * north) / down, (a * north - b * east) / down
    for i in range(len(weights)):
        dx, dy = (places[found[i], 0] - x) / cut - east, (places[found[i], 1] - y) / cut - north
        tilted[i] = weights[i] * max(1.0 - share * (dx * slope_x + dy * slope_y), 0.0)


@njit
def _mean(weights, rows, latents, sums, out):  # type: ignore[no-untyped-def]
    """The weighted mean of some rows of the latents."""
    total = 0.0
    sums[:] = 0.0
    for i in range(len(weights)):
        if weights[i] > 0.0:
            total += weights[i]
            for d in range(len(sums)):
                sums[d] += weights[i] * latents[rows[i], d]
    for d in range(len(sums)):
        out[d] = sums[d] / total


@njit(fastmath=True)
def _square_between(latents, row, latent):  # type: ignore[no-untyped-def]
    square = np.float32(0.0)
    for d in range(len(latent)):
        apart = latents[row, d] - latent[d]
        square += apart * apart
    return np.float64(square)


@njit
def _spread(weights, chosen, latents, out, squares):  # type: ignore[no-untyped-def]
    """The weighted mean of the squares from ``out``, which are left in ``squares``."""
    variance, total = 0.0, 0.0
    for i in range(len(weights)):
        squares[i] = _square_between(latents, chosen[i], out)
        variance += weights[i] * squares[i]
        total += weights[i]
    return variance / total


@njit
def _first(distances, found, rows):  # type: ignore[no-untyped-def]
    """Which one is the nearest; of several as near the one of the lowest row."""
    first = 0
    for i in range(1, len(distances)):
        if distances[i] < distances[first] or (
            distances[i] == distances[first] and rows[found[i]] < rows[found[first]]
        ):
            first = i
    return first


@partial(compiled, in_threads=False)
def _answer(  # type: ignore[no-untyped-def]
    x, y, count, scale, least, reach, figures, index, rows, latents, out
):
    few_pixels, many_pixels, begins_to_fade, is_gone, decidedly, ridge = figures
    points = len(index[1])
    count = min(count, points)
    squares, found = _search(x, y, count, index)
    distances = np.sqrt(squares)
    first = _first(distances, found, index[0])
    nearest, farthest = distances[first], distances[-1]
    if farthest < max(least, reach * nearest):
        return nearest, farthest, -1.0
    cut = farthest if points > count else 1.5 * farthest
    chosen = np.empty(count, np.int64)
    for i in range(count):
        chosen[i] = rows[index[0][found[i]]]

    spacing = farthest * math.sqrt(math.pi / count)
    apart = 0.0
    if scale > 0.0 and farthest > 0.0:
        apart = 1.0 if cut > farthest else _between(few_pixels, many_pixels, spacing / scale)
    weights = np.ones(count)
    if cut > 0.0:
        for i in range(count):
            share = min(distances[i] / cut, 1.0)
            weights[i] = (1.0 - share * share) ** 2 + 1e-12
    if nearest == 0.0 and (apart == 1.0 or scale <= 0.0):
        out[:] = latents[chosen[first]]
        return nearest, farthest, math.sqrt(_spread(weights, chosen, latents, out, squares))
    if apart > 0.0:
        for i in range(count):
            softened = (apart * distances[i] / spacing) ** 2 + (1.0 - apart) ** 2
            weights[i] /= max(softened, 1e-30) ** 2
    inside = (1.0 - apart) * (1.0 - _between(begins_to_fade, is_gone, nearest / cut)) if cut > 0.0 else 0.0
    sums, tilted = np.empty(len(out), np.float64), weights.copy()
    if inside > 0.0:
        _tilt(weights, found, index[1], x, y, cut, inside, ridge, tilted)
    _mean(tilted, chosen, latents, sums, out)
    variance = _spread(weights, chosen, latents, out, squares)
    if inside > 0.0 and variance > 0.0:
        leaning = weights * np.exp((squares.min() - squares) * (inside * decidedly / variance))
        _tilt(leaning, found, index[1], x, y, cut, inside, ridge, tilted)
        _mean(tilted, chosen, latents, sums, out)
        variance = _spread(weights, chosen, latents, out, squares)
    return nearest, farthest, math.sqrt(variance)
