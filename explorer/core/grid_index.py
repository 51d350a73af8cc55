"""Points of a map sorted into a grid, so that drawing and picking look only where they must."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer.core.quantiles import bulk

# Cell numbers of 256 × 256 cells fit 16 bits, for which numpy's stable sort is a radix sort.
_MOST_CELLS_A_SIDE = 256
_POINTS_PER_CELL = 4
_QUANTILE_SAMPLE = 10_000


class Block(NamedTuple):
    """First and last row and column of cells, all of them inside."""

    low: int
    high: int
    first: int
    last: int


class GridIndex:
    """The finite rows of ``positions`` (N, 2) sorted by cell, cells numbered row by row from the bottom left.

    The grid spans the bulk of the points; outliers belong to the border cells, so that a few of them do not
    spoil its resolution. A run of cells of one row is one slice of the sorted points. Within a cell the
    order has nothing to do with that of the rows, so that the first few points of a cell stand for all of it.

    Attributes:
        places: ``(n, 2) float32``, coordinates of the sorted points.
        rows: ``(n,) int32``, the row in ``positions`` of each sorted point.
        starts: ``(side² + 1,) int64``, first sorted point of each cell.
        counts: ``(side, side) int32``, points in each cell, rows from the bottom.
        side: cells along each side.
        left, bottom, cell_width, cell_height: the grid in map units.
        area: map units² covered by cells that hold points.
    """

    def __init__(self, positions: NDArray[np.floating]) -> None:
        places = np.ascontiguousarray(positions, np.float32)
        if places.ndim != 2 or places.shape[1] != 2:
            raise ValueError(f"positions must be (N, 2), not {places.shape}")
        shuffled = _shuffled(len(places))
        if not np.isfinite(places).all():
            finite = np.asarray(np.isfinite(places).all(axis=1))
            shuffled = shuffled[finite[shuffled]]
        side = int(np.sqrt(len(shuffled) / _POINTS_PER_CELL))
        self.side = min(max(side, 1), _MOST_CELLS_A_SIDE)
        self.left, self.bottom, self.cell_width, self.cell_height = _grid_of(places, shuffled, self.side)

        with np.errstate(invalid="ignore"):  # rows that are not finite have no cell, and are left out below
            cells = self.row_of(places[:, 1]).astype(np.uint16) * np.uint16(self.side)
            cells += self.column_of(places[:, 0]).astype(np.uint16)
        cells = cells[shuffled]
        self.rows: NDArray[np.int32] = shuffled[np.argsort(cells, kind="stable")]
        self.places = gathered(places, self.rows)
        counts = np.bincount(cells, minlength=self.side * self.side)
        self.counts = counts.astype(np.int32).reshape(self.side, self.side)
        self.starts = np.zeros(self.side * self.side + 1, np.int64)
        np.cumsum(counts, out=self.starts[1:])
        self.area = float(np.count_nonzero(counts)) * self.cell_width * self.cell_height

    def __len__(self) -> int:
        return len(self.rows)

    def column_of(self, x: NDArray[np.floating] | float) -> NDArray[np.int64]:
        """Column of cells in which each x lies; what is outside belongs to the border."""
        return _cell_of(x, self.left, self.cell_width, self.side)

    def row_of(self, y: NDArray[np.floating] | float) -> NDArray[np.int64]:
        """Row of cells in which each y lies; what is outside belongs to the border."""
        return _cell_of(y, self.bottom, self.cell_height, self.side)

    def block(self, left: float, bottom: float, right: float, top: float) -> Block:
        """The cells that meet a box in map units."""
        low, high = self.row_of(np.array([bottom, top])).tolist()
        first, last = self.column_of(np.array([left, right])).tolist()
        return Block(low, high, first, last)

    def within(self, left: float, bottom: float, right: float, top: float) -> NDArray[np.int64]:
        """Sorted points of all cells that meet a box: all points of the box and some near it."""
        low, high, first, last = self.block(left, bottom, right, top)
        cell_rows = np.arange(low, high + 1) * self.side
        begins = self.starts[cell_rows + first]
        return _ranges(begins, self.starts[cell_rows + last + 1] - begins)

    def count_about(self, left: float, bottom: float, right: float, top: float) -> int:
        """How many points there are in all cells that meet a box."""
        low, high, first, last = self.block(left, bottom, right, top)
        return int(self.counts[low : high + 1, first : last + 1].sum(dtype=np.int64))

    def taken(self, block: Block, takes: NDArray[np.integer]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The first ``takes`` (side²,) sorted points of each cell of a block: their cells, and themselves."""
        rows, columns = np.arange(block.low, block.high + 1), np.arange(block.first, block.last + 1)
        cells = (rows[:, None] * self.side + columns).ravel()
        lengths = takes[cells].astype(np.int64)
        return np.repeat(cells, lengths), _ranges(self.starts[cells], lengths)


def _ranges(begins: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """All numbers of ranges one after another."""
    after = np.cumsum(lengths)
    return np.repeat(begins - (after - lengths), lengths) + np.arange(after[-1] if len(after) else 0)


def gathered(places: NDArray[np.float32], rows: NDArray[np.integer]) -> NDArray[np.float32]:
    """``places[rows]`` of contiguous places (n, 2): as single numbers, which numpy gathers much faster."""
    found: NDArray[np.float32] = places.view(np.complex64).ravel()[rows].view(np.float32)
    return found.reshape(-1, 2)


def _grid_of(
    places: NDArray[np.float32], rows: NDArray[np.int32], side: int
) -> tuple[float, float, float, float]:
    """left, bottom, cell width and cell height of a grid over the bulk of the finite ``rows`` of places."""
    if not len(rows):
        return -1.0, -1.0, 2.0 / side, 2.0 / side
    sample = places[rows[: 2 * _QUANTILE_SAMPLE]].astype(np.float64)
    low, high = bulk(sample)
    span = high - low
    low, span = low - 0.02 * span, 1.04 * span
    # All at one place: any size above the resolution of the coordinates does.
    least = max(float(np.abs(low).max()) * 1e-6, 1e-12)
    width, height = max(float(span[0]), least) / side, max(float(span[1]), least) / side
    return float(low[0]), float(low[1]), width, height


def _cell_of(
    values: NDArray[np.floating] | float, origin: float, size: float, count: int
) -> NDArray[np.int64]:
    scaled = (np.asarray(values, np.float64) - origin) / size
    return np.clip(scaled, 0, count - 1).astype(np.int64)


def _shuffled(count: int) -> NDArray[np.int32]:
    """The numbers below ``count``, mixed by steps of the golden section: any few in a row lie all over.

    Multiplicative hashing (Knuth 1973); to import NumPy's generators for it would take as long as the first
    picture does.
    """
    step = max(1, round(count * 0.6180339887498949))
    while math.gcd(step, count) > 1:
        step += 1
    return (np.arange(count, dtype=np.int64) * step % max(count, 1)).astype(np.int32)
