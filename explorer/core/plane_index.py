"""Nearest points in the plane: a grid over sorted points, in numpy alone.

A k-d tree would do the same; importing one costs the start-up a quarter of a second.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from explorer.core.errors import ExplorerError

_MEAN_PER_CELL = 2.0
_MOST_CELLS_A_SIDE = 1024
_MOST_PAIRS = 1 << 21


class PlaneIndex:
    """Points of a map arranged for exact nearest-neighbour queries.

    ``positions`` is ``(N, 2)``, all finite, N ≥ 1. The grid spans the bulk of the points; what lies outside
    belongs to the border cells, so that a few outliers do not spoil the resolution. Cells are numbered
    row by row and points sorted by cell: a run of cells of one row is one slice of the sorted points.
    """

    def __init__(self, positions: NDArray[np.floating]) -> None:
        count = len(positions)
        if positions.shape != (count, 2) or count == 0 or not np.isfinite(positions).all():
            raise ExplorerError("The map holds no points with a finite place; compute the map again.")
        places = np.asarray(positions, np.float64)
        low, high = np.quantile(places, (0.002, 0.998), axis=0)
        span = high - low
        low, span = low - 0.05 * span, 1.1 * span
        # Square cells, so many that the bulk holds a few points in each.
        area = max(float(span[0] * span[1]), (float(span.max()) / _MOST_CELLS_A_SIDE) ** 2)
        self._cell = math.sqrt(area * _MEAN_PER_CELL / count)
        self._cell = max(self._cell, float(span.max()) / _MOST_CELLS_A_SIDE)
        if not self._cell > 0.0 or not math.isfinite(self._cell):
            self._cell = 1.0
        self._left, self._bottom = float(low[0]), float(low[1])
        self._columns = max(1, math.ceil(float(span[0]) / self._cell))
        self._rows = max(1, math.ceil(float(span[1]) / self._cell))

        cells = self._row_of(places[:, 1]) * self._columns + self._column_of(places[:, 0])
        self._order = np.argsort(cells, kind="stable")
        self._x = np.ascontiguousarray(places[self._order, 0])
        self._y = np.ascontiguousarray(places[self._order, 1])
        counts = np.bincount(cells, minlength=self._rows * self._columns)
        # _starts[r, c]: first sorted point of the cell; column `columns` closes the row.
        ends = np.cumsum(counts).reshape(self._rows, self._columns)
        self._starts = np.zeros((self._rows, self._columns + 1), np.int64)
        self._starts[:, 1:] = ends
        self._starts[1:, 0] = ends[:-1, -1]
        # _table[r, c]: points in the cells below row r and left of column c, for counting any block at once.
        table = np.zeros((self._rows + 1, self._columns + 1), np.int64)
        table[1:, 1:] = counts.reshape(self._rows, self._columns).cumsum(0).cumsum(1)
        self._table = table.ravel().data

    def __len__(self) -> int:
        return len(self._order)

    def nearest(self, x: float, y: float, count: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The ``count`` points nearest to a place (all of them if there are fewer), the nearest first.

        Of several on one position the lower row comes first. Returns their rows ``(k,)`` and their
        distances in map units ``(k,)``.
        """
        count = min(count, len(self._order))
        column = min(max(math.floor((x - self._left) / self._cell), 0), self._columns - 1)
        row = min(max(math.floor((y - self._bottom) / self._cell), 0), self._rows - 1)
        reach = self._reach(row, column, count)
        bottom, top = max(row - reach, 0), min(row + reach, self._rows - 1)
        first, last = max(column - reach, 0), min(column + reach, self._columns - 1)
        found, squares = self._block(bottom, top, first, last, x, y)
        farthest = np.partition(squares, count - 1)[count - 1]
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
            farthest = np.partition(squares, count - 1)[count - 1]
        kept = np.flatnonzero(squares <= farthest)
        found, squares = found[kept], squares[kept]
        ranked = np.argsort(squares, kind="stable")[:count]
        return self._order[found[ranked]], np.sqrt(squares[ranked])

    def distances(
        self, places: NDArray[np.floating], limit: float, enough: float = 0.0
    ) -> NDArray[np.float64]:
        """Distance from each place ``(n, 2)`` to its nearest point, cut off at ``limit``.

        A place with a point within ``enough`` may be given any distance up to ``enough``, which saves
        looking further. A place that is not finite is ``limit`` away.
        """
        queries = np.asarray(places, np.float64)
        best = np.full(len(queries), limit)
        usable = np.flatnonzero(np.isfinite(queries).all(axis=1))
        x, y = queries[usable, 0], queries[usable, 1]
        row = self._row_of(y)
        first, last = self._column_of(x - limit), self._column_of(x + limit)
        lowest, highest = self._row_of(y - limit), self._row_of(y + limit)
        nearest = np.full(len(usable), limit)
        reach = int(max((highest - row).max(initial=0), (row - lowest).max(initial=0)))
        # The place's own row of cells first; the further a row, the fewer places still need it.
        for offset in sorted(range(-reach, reach + 1), key=abs):
            gap = (abs(offset) - 1) * self._cell
            wanted = (nearest > max(enough, gap)) & (row + offset >= lowest) & (row + offset <= highest)
            left = np.flatnonzero(wanted)
            starts = self._starts[row[left] + offset, first[left]]
            ends = self._starts[row[left] + offset, last[left] + 1]
            filled = ends > starts
            self._nearer(x, y, nearest, left[filled], starts[filled], ends[filled])
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
            squares = (self._x[points] - np.repeat(x[part], lengths)) ** 2
            squares += (self._y[points] - np.repeat(y[part], lengths)) ** 2
            nearest[part] = np.minimum(nearest[part], np.sqrt(np.minimum.reduceat(squares, offsets)))
            begin = stop

    def _block(
        self, bottom: int, top: int, first: int, last: int, x: float, y: float
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Sorted points in a block of cells, and the squares of their distances from (x, y)."""
        points, _ = _ranges(self._starts[bottom : top + 1, first], self._starts[bottom : top + 1, last + 1])
        across, up = self._x[points] - x, self._y[points] - y
        return points, across * across + up * up

    def _reach(self, row: int, column: int, count: int) -> int:
        """How many cells to go out for a block of about twice ``count`` points."""
        wanted = min(2 * count, len(self._order))
        table, stride = self._table, self._columns + 1
        reach = 1
        while True:
            bottom, top = max(row - reach, 0) * stride, min(row + reach + 1, self._rows) * stride
            first, last = max(column - reach, 0), min(column + reach + 1, self._columns)
            held = table[top + last] - table[top + first] - table[bottom + last] + table[bottom + first]
            if held >= wanted:
                return reach
            reach += 1 + reach // 2

    def _row(self, y: float) -> int:
        return min(max(math.floor((y - self._bottom) / self._cell), 0), self._rows - 1)

    def _column(self, x: float) -> int:
        return min(max(math.floor((x - self._left) / self._cell), 0), self._columns - 1)

    def _row_of(self, y: NDArray[np.float64]) -> NDArray[np.int64]:
        return np.clip(np.floor((y - self._bottom) / self._cell), 0, self._rows - 1).astype(np.int64)

    def _column_of(self, x: NDArray[np.float64]) -> NDArray[np.int64]:
        return np.clip(np.floor((x - self._left) / self._cell), 0, self._columns - 1).astype(np.int64)


def _ranges(
    starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All integers of the ranges ``starts`` to ``ends`` one after another, and where each range begins."""
    lengths = ends - starts
    after = np.cumsum(lengths)
    begins = after - lengths
    return np.repeat(starts - begins, lengths) + np.arange(after[-1] if len(after) else 0), begins
