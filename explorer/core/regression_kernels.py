"""The compiled twin of ``regression`` with its search for neighbours. Importing this module imports numba."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from explorer.core.plane_index import PlaneIndex
from explorer.core.regression import INSIDE, LEANING, RIDGE, SPACING_PIXELS, Answer

_LOW_PIXELS, _HIGH_PIXELS = SPACING_PIXELS
_INSIDE, _OUTSIDE = INSIDE


def _compiled(function):  # type: ignore[no-untyped-def]
    """Compile, and keep the result on disk: beside the source or in the user's cache.

    An answer takes microseconds: to give the interpreter's lock away and wait for it again takes longer.
    """
    try:
        return njit(cache=True)(function)
    except RuntimeError:  # no writable place for the cache
        return njit(function)


def answer_at(
    index: PlaneIndex,
    rows: NDArray[np.int64],
    latents: NDArray[np.float32],
    x: float,
    y: float,
    count: int,
    units_per_pixel: float,
) -> Answer:
    """What the ``count`` points nearest to a place say; the index's points are ``rows`` of the latents."""
    out = np.empty(latents.shape[1], np.float32)
    nearest, farthest, spread = _answer(x, y, count, units_per_pixel, index.arrays, rows, latents, out)
    return Answer(out, nearest, farthest, spread)


@njit
def _sift_down(squares, found, size):  # type: ignore[no-untyped-def]
    """Restore the heap (largest first) after its root was replaced."""
    parent = 0
    while True:
        child = 2 * parent + 1
        if child >= size:
            break
        if child + 1 < size and squares[child + 1] > squares[child]:
            child += 1
        if squares[child] <= squares[parent]:
            break
        squares[child], squares[parent] = squares[parent], squares[child]
        found[child], found[parent] = found[parent], found[child]
        parent = child


@njit
def _sift_up(squares, found, child):  # type: ignore[no-untyped-def]
    while child > 0:
        parent = (child - 1) // 2
        if squares[child] <= squares[parent]:
            break
        squares[child], squares[parent] = squares[parent], squares[child]
        found[child], found[parent] = found[parent], found[child]
        child = parent


@njit
def _visit(first, last, x, y, places, squares, found, size, count):  # type: ignore[no-untyped-def]
    """Take the sorted points ``first`` to ``last`` into the heap; returns its new size."""
    for point in range(first, last):
        dx, dy = places[point, 0] - x, places[point, 1] - y
        square = dx * dx + dy * dy
        if size < count:
            squares[size], found[size] = square, point
            _sift_up(squares, found, size)
            size += 1
        elif square < squares[0]:
            squares[0], found[0] = square, point
            _sift_down(squares, found, size)
    return size


@njit
def _search(x, y, count, index, squares, found):  # type: ignore[no-untyped-def]
    """Fill the heap with the nearest points, ring by ring of cells around the place."""
    places, starts, side, left, bottom, width, height = index[1:]
    column = int(min(max((x - left) / width, 0.0), side - 1.0))
    row = int(min(max((y - bottom) / height, 0.0), side - 1.0))
    size, ring = 0, 0
    while True:
        low, high = max(column - ring, 0), min(column + ring, side - 1)
        for cell_row in range(max(row - ring, 0), min(row + ring, side - 1) + 1):
            line = cell_row * side
            if abs(cell_row - row) == ring:
                size = _visit(
                    starts[line + low], starts[line + high + 1], x, y, places, squares, found, size, count
                )
                continue
            if column - ring >= 0:
                cell = line + column - ring
                size = _visit(starts[cell], starts[cell + 1], x, y, places, squares, found, size, count)
            if column + ring < side:
                cell = line + column + ring
                size = _visit(starts[cell], starts[cell + 1], x, y, places, squares, found, size, count)
        # What has not been seen lies beyond one of the block's four sides.
        beyond = np.inf
        if column - ring > 0:
            beyond = min(beyond, x - (left + (column - ring) * width))
        if column + ring < side - 1:
            beyond = min(beyond, left + (column + ring + 1) * width - x)
        if row - ring > 0:
            beyond = min(beyond, y - (bottom + (row - ring) * height))
        if row + ring < side - 1:
            beyond = min(beyond, bottom + (row + ring + 1) * height - y)
        if beyond == np.inf or (size == count and beyond > 0.0 and beyond * beyond > squares[0]):
            return
        ring += 1


@njit
def _between(low, high, value):  # type: ignore[no-untyped-def]
    t = min(max((value - low) / (high - low), 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)


@njit
def _tilt(weights, found, places, x, y, cut, share, tilted):  # type: ignore[no-untyped-def]
    """Weights that bring the neighbours' centre to the place, as far as asked."""
    total, east, north = 0.0, 0.0, 0.0
    for i in range(len(weights)):
        total += weights[i]
        east += weights[i] * (places[found[i], 0] - x)
        north += weights[i] * (places[found[i], 1] - y)
    east, north = east / (total * cut), north / (total * cut)
    a, b, c = RIDGE, 0.0, RIDGE
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


@_compiled
def _answer(x, y, count, scale, index, rows, latents, out):  # type: ignore[no-untyped-def]
    points = len(index[1])
    count = min(count, points)
    squares, found = np.empty(count, np.float64), np.empty(count, np.int64)
    _search(x, y, count, index, squares, found)
    distances = np.sqrt(squares)
    first = 0
    for i in range(1, count):
        if distances[i] < distances[first] or (
            distances[i] == distances[first] and index[0][found[i]] < index[0][found[first]]
        ):
            first = i
    nearest, farthest = distances[first], distances[0]
    cut = farthest if points > count else 1.5 * farthest
    chosen = np.empty(count, np.int64)
    for i in range(count):
        chosen[i] = rows[index[0][found[i]]]

    spacing = farthest * math.sqrt(math.pi / count)
    apart = 0.0
    if scale > 0.0 and farthest > 0.0:
        apart = 1.0 if cut > farthest else _between(_LOW_PIXELS, _HIGH_PIXELS, spacing / scale)
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
    inside = (1.0 - apart) * (1.0 - _between(_INSIDE, _OUTSIDE, nearest / cut)) if cut > 0.0 else 0.0
    sums, tilted = np.empty(len(out), np.float64), weights.copy()
    if inside > 0.0:
        _tilt(weights, found, index[1], x, y, cut, inside, tilted)
    _mean(tilted, chosen, latents, sums, out)
    variance = _spread(weights, chosen, latents, out, squares)
    if inside > 0.0 and variance > 0.0:
        least = squares.min()
        leaning = weights * np.exp((least - squares) * (inside * LEANING / variance))
        _tilt(leaning, found, index[1], x, y, cut, inside, tilted)
        _mean(tilted, chosen, latents, sums, out)
        variance = _spread(weights, chosen, latents, out, squares)
    return nearest, farthest, math.sqrt(variance)
