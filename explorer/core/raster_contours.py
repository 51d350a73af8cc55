"""Lines of equal density over a map: each encloses the smallest area that holds a share of the points.

Such regions are the highest density regions of Hyndman, "Computing and Graphing Highest Density Regions"
(1996); the lines come by marching squares (Lorensen and Cline, 1987, in the plane).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from explorer.core.grid_index import GridIndex
from explorer.core.raster_support import softened

SHARES = (0.95, 0.8, 0.6, 0.4, 0.2)
_BANDWIDTHS = 90
_FEWEST = 8

Line = NDArray[np.float64]

# For each square, by which of its corners are inside (1 left bottom, 2 right bottom, 4 right top, 8 left
# top): pairs of sides that a line connects, numbered 0 bottom, 1 right, 2 top, 3 left.
_SIDES: tuple[tuple[tuple[int, int], ...], ...] = (
    (), ((3, 0),), ((0, 1),), ((3, 1),), ((1, 2),), ((3, 0), (1, 2)), ((0, 2),), ((3, 2),),
    ((2, 3),), ((2, 0),), ((0, 1), (2, 3)), ((2, 1),), ((1, 3),), ((1, 0),), ((0, 3),), (),
)  # fmt: skip


def contours(index: GridIndex, shown: NDArray[np.bool_] | None = None) -> list[Line]:
    """Lines ``(n, 2)`` in map units around 95, 80, 60, 40 and 20% of the points that are ``shown`` (N,)."""
    density = _density(index, shown)
    if density.max() <= 0.0 or len(index) < _FEWEST:
        return []
    ranked = np.sort(density.ravel())[::-1]
    held = np.cumsum(ranked) / ranked.sum()
    levels = [float(ranked[np.searchsorted(held, share)]) for share in SHARES]
    origin = np.array((index.left - 0.5 * index.cell_width, index.bottom - 0.5 * index.cell_height))
    cell = np.array((index.cell_width, index.cell_height))
    return [origin + line * cell for level in levels for line in lines_at(density, level)]


def lines_at(values: NDArray[np.floating], level: float) -> list[Line]:
    """Where ``values`` (rows, columns) cross a level: lines ``(n, 2)`` of column and row, closed if whole."""
    inside = values > level
    square = inside[:-1, :-1] + 2 * inside[:-1, 1:] + 4 * inside[1:, 1:] + 8 * inside[1:, :-1]
    columns = values.shape[1]
    links: dict[int, list[int]] = {}
    for row, column in zip(*np.nonzero((square > 0) & (square < 15)), strict=True):
        at = int(row) * columns + int(column)
        # A side is known by its left or lower node; the upright ones are odd.
        sides = (2 * at, 2 * (at + 1) + 1, 2 * (at + columns), 2 * at + 1)
        for a, b in _SIDES[square[row, column]]:
            links.setdefault(sides[a], []).append(sides[b])
            links.setdefault(sides[b], []).append(sides[a])
    return [_crossings(values, level, np.array(chain)) for chain in _chains(links)]


def _chains(links: dict[int, list[int]]) -> list[list[int]]:
    """Sides one after another, by who is linked to whom; open chains from one of their ends."""
    found, left = [], dict.fromkeys(sorted(links, key=lambda side: len(links[side]) > 1))
    while left:
        chain = [next(iter(left))]
        del left[chain[0]]
        while (following := next((side for side in links[chain[-1]] if side in left), None)) is not None:
            chain.append(following)
            del left[following]
        if len(chain) > 2 and chain[0] in links[chain[-1]]:
            chain.append(chain[0])
        found.append(chain)
    return found


def _crossings(values: NDArray[np.floating], level: float, sides: NDArray[np.int64]) -> Line:
    """The points ``(n, 2)``, column and row, at which the sides of squares cross the level."""
    row, column = np.divmod(sides // 2, values.shape[1])
    upright = sides % 2
    low = values[row, column]
    high = values[row + upright, column + 1 - upright]
    share = (level - low) / (high - low)
    return np.stack([column + (1 - upright) * share, row + upright * share], axis=1)


def _density(index: GridIndex, shown: NDArray[np.bool_] | None) -> NDArray[np.float64]:
    """``(side + 2, side + 2)`` points a cell, smoothed, with a border of cells without any."""
    side = index.side
    counts = index.counts.astype(np.float64)
    if shown is not None:
        cells = np.repeat(np.arange(side * side), index.counts.ravel())
        kept = np.bincount(cells, shown[index.rows].astype(np.float64), side * side)
        counts = np.asarray(kept, np.float64).reshape(side, side)
    for _ in range(max(1, round((side / _BANDWIDTHS) ** 2))):
        counts = softened(softened(counts).T).T
    return np.pad(counts, 1)
