"""Nearest points in the plane, exactly, from the grid that drawing uses too.

A k-d tree would do the same; importing one costs the start-up a quarter of a second.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from explorer.core.errors import ExplorerError
from explorer.core.grid_index import GridIndex, gathered

_MOST_PAIRS = 1 << 21


class PlaneIndex:
    """Points of a map arranged for exact nearest-neighbour queries.

    ``positions`` is ``(N, 2)``, all finite, N ≥ 1; else ``ExplorerError``. It is kept. ``grid`` is that of
    the same positions, where there is one already. ``arrays`` is what compiled code searches: rows and places
    of the points sorted by cell, the cells' first points, the grid, and how many points lie below and left of
    each corner of its cells.
    """

    def __init__(self, positions: NDArray[np.floating], grid: GridIndex | None = None) -> None:
        self._grid = grid = GridIndex(positions) if grid is None else grid
        if len(grid) == 0 or len(grid) < len(positions):
            raise ExplorerError("The map holds no points with a finite place; compute the map again.")
        self._order = grid.rows
        self.positions = positions
        starts = grid.starts.astype(np.int64)
        # One query reads a handful of numbers: as views they cost a tenth of whole array operations.
        self._starts = starts.data
        # _table[r, c]: points in the cells below row r and left of column c, for counting any block at once.
        counts = np.diff(grid.starts).reshape(grid.side, grid.side)
        table = np.zeros((grid.side + 1, grid.side + 1), np.int64)
        table[1:, 1:] = counts.cumsum(axis=0).cumsum(axis=1)
        self._table = table.ravel().data
        self.arrays = (
            grid.rows, grid.places, starts, grid.side,
            grid.left, grid.bottom, grid.cell_width, grid.cell_height, table.ravel(),
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self._order)

    def nearest(self, x: float, y: float, count: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The ``count`` points nearest to a place (all of them if there are fewer), the nearest first.

        Of several on one position the lower row comes first. Returns their rows ``(k,)`` and their
        distances in map units ``(k,)``.
        """
        count = min(count, len(self._order))
        column, row = self._column(x), self._row(y)
        border = self._grid.side - 1
        reach = self._reach(row, column, count)
        bottom, top = max(row - reach, 0), min(row + reach, border)
        first, last = max(column - reach, 0), min(column + reach, border)
        found, squares = self._block(bottom, top, first, last, x, y)
        farthest = float(np.partition(squares, count - 1)[count - 1])
        radius = math.sqrt(farthest)
        # A nearer point may lie outside the block unless the circle through the last one fits inside it.
        wider = (
            min(bottom, self._row(y - radius)),
            max(top, self._row(y + radius)),
            min(first, self._column(x - radius)),
            max(last, self._column(x + radius)),
        )
        if wider != (bottom, top, first, last):
            found, squares = self._block(*wider, x, y)
            farthest = float(np.partition(squares, count - 1)[count - 1])
        kept = (squares <= farthest).nonzero()[0]
        ranked = kept[np.lexsort((found[kept], squares[kept]))[:count]]
        return found[ranked].astype(np.int64), np.sqrt(squares[ranked])

    def distances(
        self, places: NDArray[np.floating], limit: float, enough: float = 0.0, *, others: bool = False
    ) -> NDArray[np.float64]:
        """Distance from each place ``(n, 2)`` to its nearest point, cut off at ``limit``.

        A place with a point within ``enough`` may be given any distance up to ``enough``, which saves
        looking further. A place that is not finite is ``limit`` away. ``others`` leaves out points that lie
        precisely on the place.
        """
        queries = np.asarray(places, np.float64)
        best = np.full(len(queries), limit)
        usable = np.flatnonzero(np.isfinite(queries).all(axis=1))
        x, y = queries[usable, 0], queries[usable, 1]
        grid = self._grid
        row = grid.row_of(y)
        first, last = grid.column_of(x - limit), grid.column_of(x + limit)
        lowest, highest = grid.row_of(y - limit), grid.row_of(y + limit)
        nearest = np.full(len(usable), limit)
        reach = int(max((highest - row).max(initial=0), (row - lowest).max(initial=0)))
        # The place's own row of cells first; the further a row, the fewer places still need it.
        for offset in sorted(range(-reach, reach + 1), key=abs):
            gap = (abs(offset) - 1) * grid.cell_height
            wanted = (nearest > max(enough, gap)) & (row + offset >= lowest) & (row + offset <= highest)
            left = np.flatnonzero(wanted)
            begins = (row[left] + offset) * grid.side
            starts, ends = grid.starts[begins + first[left]], grid.starts[begins + last[left] + 1]
            filled = ends > starts
            self._nearer(x, y, nearest, left[filled], starts[filled], ends[filled], others)
        best[usable] = nearest
        return best

    def _nearer(
        self,
        x: NDArray[np.float64],
        y: NDArray[np.float64],
        nearest: NDArray[np.float64],
        queries: NDArray[np.int64],
        starts: NDArray[np.int64],
        ends: NDArray[np.int64],
        others: bool,
    ) -> None:
        """Lower ``nearest[queries]`` to the distances of the sorted points ``starts`` to ``ends``."""
        total = np.cumsum(ends - starts)
        begin = 0
        while begin < len(queries):
            done = int(total[begin - 1]) if begin else 0
            stop = max(begin + 1, int(np.searchsorted(total, done + _MOST_PAIRS, side="right")))
            part = queries[begin:stop]
            points, offsets = _ranges(starts[begin:stop], ends[begin:stop])
            lengths = ends[begin:stop] - starts[begin:stop]
            places = gathered(self._grid.places, points)
            squares = (places[:, 0] - np.repeat(x[part], lengths)) ** 2
            squares += (places[:, 1] - np.repeat(y[part], lengths)) ** 2
            if others:
                squares[squares == 0.0] = np.inf
            nearest[part] = np.minimum(nearest[part], np.sqrt(np.minimum.reduceat(squares, offsets)))
            begin = stop

    def _block(
        self, bottom: int, top: int, first: int, last: int, x: float, y: float
    ) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Rows of the points in a block of cells, and the squares of their distances from (x, y)."""
        starts, side = self._starts, self._grid.side
        runs = [
            slice(starts[row * side + first], starts[row * side + last + 1]) for row in range(bottom, top + 1)
        ]
        squares = np.concatenate([self._grid.places[run] for run in runs]) - np.array((x, y))
        squares *= squares
        return np.concatenate([self._order[run] for run in runs]), squares[:, 0] + squares[:, 1]

    def _reach(self, row: int, column: int, count: int) -> int:
        """How many cells to go out for a block of about twice ``count`` points."""
        wanted = min(2 * count, len(self._order))
        table, side = self._table, self._grid.side
        stride = side + 1
        reach = 1
        while True:
            bottom, top = max(row - reach, 0) * stride, min(row + reach + 1, side) * stride
            first, last = max(column - reach, 0), min(column + reach + 1, side)
            held = table[top + last] - table[top + first] - table[bottom + last] + table[bottom + first]
            if held >= wanted:
                return reach
            reach += 1 + reach // 2

    def _row(self, y: float) -> int:
        """Like the grid's ``row_of`` for one number, a tenth of its cost."""
        return int(min(max((y - self._grid.bottom) / self._grid.cell_height, 0.0), self._grid.side - 1))

    def _column(self, x: float) -> int:
        return int(min(max((x - self._grid.left) / self._grid.cell_width, 0.0), self._grid.side - 1))


def _ranges(
    starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All integers of the ranges ``starts`` to ``ends`` one after another, and where each range begins."""
    lengths = ends - starts
    after = np.cumsum(lengths)
    begins = after - lengths
    return np.repeat(starts - begins, lengths) + np.arange(after[-1] if len(after) else 0), begins
