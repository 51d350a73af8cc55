"""A lattice that lies on the map: squares halved level by level, the same ones wherever one looks.

The squares of a level are the halves of those of the level before; which of them is looked at depends on the
scale of the view alone, and where they lie on nothing but the map. What was worked out for one stays true.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer.core.view import Bounds

MOST_LEVELS = 40
_ROOM = 0.04


class Cell(NamedTuple):
    """One square: its level, and its column and row from the lattice's lower left corner."""

    level: int
    column: int
    row: int

    @property
    def children(self) -> tuple[Cell, Cell, Cell, Cell]:
        """The four squares of the next level that it consists of."""
        level, column, row = self.level + 1, 2 * self.column, 2 * self.row
        return tuple(Cell(level, column + i, row + j) for j in (0, 1) for i in (0, 1))  # type: ignore[return-value]


@dataclass(frozen=True)
class Lattice:
    """Squares over ``bounds`` (map units); at level 0 a single one of side ``size`` covers them all."""

    bounds: Bounds
    size: float

    @classmethod
    def over(cls, bounds: Bounds) -> Lattice:
        """The lattice of a map with points in ``bounds``, with some room around them."""
        left, bottom, right, top = bounds
        longer = max(right - left, top - bottom) or 1.0
        room = _ROOM * longer
        return cls((left - room, bottom - room, right + room, top + room), longer + 2.0 * room)

    def side(self, level: int) -> float:
        """The side of a square in map units."""
        return self.size / 2.0**level

    def level_of(self, units_per_pixel: float, pixels: float) -> int:
        """The finest level whose squares are at least so many pixels wide."""
        return min(max(math.floor(math.log2(self.size / (pixels * units_per_pixel))), 0), MOST_LEVELS)

    def centres(self, cells: Sequence[Cell]) -> NDArray[np.float64]:
        """The middles of squares, ``(n, 2)`` map units."""
        levels, columns, rows = np.array(cells, np.float64).reshape(-1, 3).T
        side = self.size / 2.0**levels
        return np.stack(
            [self.bounds[0] + (columns + 0.5) * side, self.bounds[1] + (rows + 0.5) * side], axis=1
        )

    def box(self, cell: Cell) -> Bounds:
        """left, bottom, right and top of a square in map units."""
        side = self.side(cell.level)
        left, bottom = self.bounds[0] + cell.column * side, self.bounds[1] + cell.row * side
        return left, bottom, left + side, bottom + side

    def within(self, level: int, box: Bounds) -> Iterator[Cell]:
        """The squares of a level that meet a box and the map, those nearest to the box's middle first."""
        side, last = self.side(level), 2**level - 1
        left, bottom, right, top = ((edge - self.bounds[axis % 2]) / side for axis, edge in enumerate(box))
        columns = range(max(math.floor(left), 0), min(math.floor(right), last) + 1)
        rows = range(max(math.floor(bottom), 0), min(math.floor(top), last) + 1)
        x, y = 0.5 * (left + right) - 0.5, 0.5 * (bottom + top) - 0.5
        found = [Cell(level, column, row) for row in rows for column in columns]
        found.sort(key=lambda cell: (cell.column - x) ** 2 + (cell.row - y) ** 2)
        return iter(found)
