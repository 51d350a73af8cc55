"""The point nearest to a place, found in the grid that drawing uses too."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from explorer.core.grid_index import Block, GridIndex


def nearest(index: GridIndex, x: float, y: float, radius: float, shown: NDArray[np.bool_] | None) -> int:
    """The row nearest to a place in map units of those ``shown`` (N,), at most ``radius`` away; else -1."""
    if not len(index):
        return -1
    # Most often a point lies near: cells are looked at only as far as one may be nearer, first as far as
    # the points of the place's own cell lie apart.
    held = index.counts[int(index.row_of(y)), int(index.column_of(x))]
    found, reach = -1, min(index.cell_width, index.cell_height) / (2.0 + math.sqrt(float(held)))
    while True:
        reach = min(reach, radius)
        block = index.block(x - reach, y - reach, x + reach, y + reach)
        found, distance = _nearest_in(index, x, y, block, shown)
        if reach >= radius or distance <= reach:
            return found if distance <= radius else -1
        reach = min(distance, max(3.0 * reach, radius / 8))


def _nearest_in(
    index: GridIndex, x: float, y: float, block: Block, shown: NDArray[np.bool_] | None
) -> tuple[int, float]:
    """The row nearest to a place among a block of cells, and its distance; infinite if there is none."""
    best, found = math.inf, -1
    for row in range(block.low * index.side, (block.high + 1) * index.side, index.side):
        begin, end = int(index.starts[row + block.first]), int(index.starts[row + block.last + 1])
        if begin == end:
            continue
        away = index.places[begin:end] - np.array((x, y))
        squares = np.einsum("ij,ij->i", away, away)
        if shown is not None:
            squares[~shown[index.rows[begin:end]]] = math.inf
        least = int(squares.argmin())
        if squares[least] < best:
            best, found = float(squares[least]), int(index.rows[begin + least])
    return found, math.sqrt(best)
