"""The map drawn and searched: points in the plane as a picture, and pictures' pixels as points."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from explorer.core import raster_numpy
from explorer.core.grid_index import GridIndex
from explorer.core.lasso import inside_polygon
from explorer.core.raster_plan import DARK, HIDDEN, SELECTED, SHOWN, Plan, Style, Support, plan
from explorer.core.view import View, bounds_of

_log = logging.getLogger(__name__)

Painter = Callable[[Plan, NDArray[np.uint32]], None]
_painter: Painter = raster_numpy.paint


class Raster:
    """The points of a map, ready to be drawn, picked and lassoed.

    ``positions`` is ``(N, 2)``, y up; rows that are not finite are left out everywhere. ``bounds`` is their
    bounding box, None without points. All methods may be called from any thread.
    """

    def __init__(self, positions: NDArray[np.floating]) -> None:
        self.count = len(positions)
        self.bounds = bounds_of(np.asarray(positions))
        self._index = GridIndex(positions)
        self._arranged: tuple[tuple[object, ...], NDArray[np.int32], NDArray[np.uint8]] | None = None

    def __len__(self) -> int:
        return self.count

    def point_size(self, view: View, pixel_ratio: float = 1.0) -> tuple[float, float]:
        """Radius in pixels and opacity of one layer that suit the view: by how far apart neighbours are seen.

        ``pixel_ratio`` is the number of pixels for one of the units that people read sizes in.
        """
        apart = math.sqrt(self._index.area / max(len(self._index), 1)) / (view.units_per_pixel * pixel_ratio)
        radius = min(max(1.7 * (apart / 4.0) ** 0.4, 0.6), 5.5)
        opacity = min(max(0.75 * (apart / 4.0) ** 0.3, 0.2), 0.85)
        return radius * pixel_ratio, opacity

    def draw(
        self,
        view: View,
        codes: NDArray[np.int32] | None,
        palette: NDArray[np.uint8],
        shown: NDArray[np.bool_] | None = None,
        *,
        radius: float | None = None,
        opacity: float | None = None,
        style: Style = DARK,
        selected: NDArray[np.integer] | None = None,
        support: Support | None = None,
    ) -> NDArray[np.uint8]:
        """The view as ``(height, width, 4) uint8``, laid out in memory as QImage.Format_RGB32 has it.

        ``codes`` (N,) number the rows of ``palette`` (K, 3) RGB; a negative code is a point without label.
        ``shown`` (N,) is False for points to be kept as faint context only, ``selected`` are rows to be
        emphasised. ``radius`` (pixels) and ``opacity`` default to ``point_size``. The arrays are
        recognised by identity: give new ones rather than altered ones.
        """
        if radius is None or opacity is None:
            own_radius, own_opacity = self.point_size(view)
            radius = own_radius if radius is None else radius
            opacity = own_opacity if opacity is None else opacity
        sorted_codes, states = self._arrange(codes, len(palette), shown, selected)
        picture = np.empty((view.height, view.width), np.uint32)
        if picture.size:
            _painter(
                plan(view, self._index, sorted_codes, states, palette, radius, opacity, style, support),
                picture,
            )
        return picture.view(np.uint8).reshape(view.height, view.width, 4)

    def pick(self, x: float, y: float, radius: float, shown: NDArray[np.bool_] | None = None) -> int:
        """The row nearest to a place in map units, at most ``radius`` away; -1 if there is none."""
        if not len(self._index):
            return -1
        index = self._index
        points = index.within(x - radius, y - radius, x + radius, y + radius)
        if shown is not None:
            points = points[shown[index.rows[points]]]
        squares = (index.x[points].astype(np.float64) - x) ** 2 + (
            index.y[points].astype(np.float64) - y
        ) ** 2
        if not len(points) or squares.min() > radius * radius:
            return -1
        return int(index.rows[points[int(np.argmin(squares))]])

    def lasso(
        self, polygon: NDArray[np.floating], shown: NDArray[np.bool_] | None = None
    ) -> NDArray[np.int64]:
        """Rows, ascending, of the points inside a polygon ``(m, 2)`` in map units, by the even-odd rule."""
        corners = np.asarray(polygon, np.float64)
        if len(corners) < 3 or not len(self._index):
            return np.zeros(0, np.int64)
        index = self._index
        left, bottom = corners.min(axis=0)
        right, top = corners.max(axis=0)
        points = index.within(left, bottom, right, top)
        if shown is not None:
            points = points[shown[index.rows[points]]]
        inside = inside_polygon(
            index.x[points].astype(np.float64), index.y[points].astype(np.float64), corners
        )
        return np.sort(index.rows[points[inside]])

    def _arrange(
        self,
        codes: NDArray[np.int32] | None,
        colors: int,
        shown: NDArray[np.bool_] | None,
        selected: NDArray[np.integer] | None,
    ) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
        """Codes and states in the order of the index; kept for the next picture."""
        key = (codes, colors, shown, selected)
        kept = self._arranged
        if kept is not None and all(a is b for a, b in zip(kept[0], key, strict=True)):
            return kept[1], kept[2]
        rows = self._index.rows
        states = np.full(self.count, SHOWN, np.uint8)
        if selected is not None:
            states[selected] = SELECTED
        if shown is not None:
            states[~shown] = HIDDEN
        if codes is None:
            sorted_codes = np.full(len(rows), colors, np.int32)
        else:
            sorted_codes = np.asarray(codes, np.int32)[rows]
            sorted_codes[(sorted_codes < 0) | (sorted_codes >= colors)] = colors
        self._arranged = (key, sorted_codes, states[rows])
        return self._arranged[1], self._arranged[2]


def is_compiled() -> bool:
    """Whether pictures are painted by the compiled painter yet."""
    return _painter is not raster_numpy.paint


@cache
def warm_up() -> threading.Thread:
    """Compile the fast painter in the background (0.3 s from the disk's cache, else some seconds).

    Until it is done, and where numba does not work, numpy paints the same picture. Join the thread to wait.
    """
    thread = threading.Thread(target=_compile, name="raster-warm-up", daemon=True)
    thread.start()
    return thread


def _compile() -> None:
    global _painter  # noqa: PLW0603
    try:
        from explorer.core import raster_kernels

        raster = Raster(np.zeros((1, 2), np.float32))
        view = View(0.0, 0.0, 1.0, 8, 8)
        codes, states = raster._arrange(None, 0, None, None)
        first = plan(view, raster._index, codes, states, np.zeros((0, 3), np.uint8), 1.0, 0.5, DARK, None)
        raster_kernels.paint(first, np.empty((8, 8), np.uint32))
        _painter = raster_kernels.paint
    except Exception:  # noqa: BLE001  # numba fails in many ways, and the map works without it
        _log.warning("The compiled painter is not available; the map is drawn more slowly.", exc_info=True)
