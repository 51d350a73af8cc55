"""Points of a map sorted into a grid, so that drawing and picking look only where they must."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from explorer.core.quantiles import bulk

# Cell numbers of 256 × 256 cells fit 16 bits, for which numpy's stable sort is a radix sort.
_MOST_CELLS_A_SIDE = 256
_POINTS_PER_CELL = 4
_QUANTILE_SAMPLE = 10_000


class GridIndex:
    """The finite rows of ``positions`` (N, 2) sorted by cell, cells numbered row by row from the bottom left.

    The grid spans the bulk of the points; outliers belong to the border cells, so that a few of them do not
    spoil its resolution. A run of cells of one row is one slice of the sorted points.

    Attributes:
        x, y: ``(n,) float32``, coordinates of the sorted points.
        rows: ``(n,) int64``, the row in ``positions`` of each sorted point.
        starts: ``(side² + 1,) int64``, first sorted point of each cell.
        side: cells along each side.
        left, bottom, cell_width, cell_height: the grid in map units.
        area: map units² covered by cells that hold points.
    """

    def __init__(self, positions: NDArray[np.floating]) -> None:
        places = np.asarray(positions, np.float32)
        if places.ndim != 2 or places.shape[1] != 2:
            raise ValueError(f"positions must be (N, 2), not {places.shape}")
        finite = np.isfinite(places).all(axis=1)
        rows = np.flatnonzero(finite)
        if len(rows) < len(places):
            places = places[rows]
        side = int(np.sqrt(len(places) / _POINTS_PER_CELL))
        self.side = min(max(side, 1), _MOST_CELLS_A_SIDE)
        self.left, self.bottom, self.cell_width, self.cell_height = _grid_of(places, self.side)

        cells = self.row_of(places[:, 1]).astype(np.uint16) * np.uint16(self.side)
        cells += self.column_of(places[:, 0]).astype(np.uint16)
        order = np.argsort(cells, kind="stable")
        self.x = places[order, 0]
        self.y = places[order, 1]
        self.rows: NDArray[np.int64] = rows[order]
        counts = np.bincount(cells, minlength=self.side * self.side)
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

    def within(self, left: float, bottom: float, right: float, top: float) -> NDArray[np.int64]:
        """Sorted points of all cells that meet a box: all points of the box and some near it."""
        first, last = int(self.column_of(left)), int(self.column_of(right))
        low, high = int(self.row_of(bottom)), int(self.row_of(top))
        cell_rows = np.arange(low, high + 1) * self.side
        begins, ends = self.starts[cell_rows + first], self.starts[cell_rows + last + 1]
        lengths = ends - begins
        after = np.cumsum(lengths)
        return np.repeat(begins - (after - lengths), lengths) + np.arange(after[-1])


def _grid_of(places: NDArray[np.float32], side: int) -> tuple[float, float, float, float]:
    """left, bottom, cell width and cell height of a grid over the bulk of finite places (n, 2)."""
    if not len(places):
        return -1.0, -1.0, 2.0 / side, 2.0 / side
    sample = places[:: max(1, len(places) // _QUANTILE_SAMPLE)].astype(np.float64)
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
