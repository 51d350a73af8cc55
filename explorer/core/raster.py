"""The map drawn and searched: points in the plane as a picture, and pictures' pixels as points."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer.core import lasso, pick, raster_numpy
from explorer.core.grid_index import GridIndex
from explorer.core.raster_plan import (
    DARK,
    HIDDEN,
    MOST_COLORS,
    SELECTED,
    SHOWN,
    Plan,
    Style,
    linear_colors,
    plan,
)
from explorer.core.raster_support import Support
from explorer.core.view import View, bounds_of

if TYPE_CHECKING:
    from explorer.core.raster_contours import Line

_log = logging.getLogger(__name__)

Painter = Callable[[Plan, NDArray[np.uint32], NDArray[np.uint8]], None]
_painter: Painter = raster_numpy.paint
Finder = Callable[[GridIndex, float, float, float, NDArray[np.bool_] | None], int]
Encloser = Callable[[GridIndex, NDArray[np.float64], int, NDArray[np.bool_] | None], NDArray[np.int64]]
_finder: Finder = pick.nearest
_encloser: Encloser = lasso.enclosed

_SMALLEST, _LARGEST = 0.6, 5.5
_FAINTEST, _STRONGEST = 0.2, 0.85
# A density view is smoother: its discs are larger than those that stand for single points.
_DENSITY_RADIUS = 1.6
_QUIET = 0.6, 0.6
_LEAST_TOP = 4.0


class Inks(NamedTuple):
    """Colour and state of each point, in the order of the index.

    ``of_points`` is ``(n,) uint32``: a row of the palette (its length for no label), and from bit 24 on
    HIDDEN, SHOWN or SELECTED. ``plain`` if all are SHOWN; ``whole`` (side, side) are the cells with selected
    points.
    """

    of_points: NDArray[np.uint32]
    plain: bool
    whole: NDArray[np.bool_] | None


class Raster:
    """The points of a map, ready to be drawn, picked and lassoed.

    ``positions`` is ``(N, 2)``, y up; rows that are not finite are left out everywhere. ``bounds`` is the
    bounding box of the others, None without points, ``left_out`` how many were not. ``index`` has the points
    as they are drawn. All methods may be called from any thread.
    """

    def __init__(self, positions: NDArray[np.floating]) -> None:
        self.count = len(positions)
        self.index = GridIndex(positions)
        self.bounds = bounds_of(self.index.places)
        self.left_out = self.count - len(self.index)
        self._inked: tuple[tuple[object, ...], Inks] | None = None
        self._linear: tuple[tuple[object, ...], NDArray[np.float32]] | None = None
        self._contoured: tuple[NDArray[np.bool_] | None, list[Line]] | None = None

    def __len__(self) -> int:
        return self.count

    def point_size(self, view: View, pixel_ratio: float = 1.0) -> tuple[float, float]:
        """Radius in pixels and opacity of one layer that suit the view: by how far apart neighbours are seen.

        ``pixel_ratio`` is the number of pixels for one of the units that people read sizes in.
        """
        apart = math.sqrt(self.index.area / max(len(self.index), 1)) / (view.units_per_pixel * pixel_ratio)
        radius = min(max(1.7 * (apart / 4.0) ** 0.4, _SMALLEST), _LARGEST)
        opacity = min(max(0.75 * (apart / 4.0) ** 0.3, _FAINTEST), _STRONGEST)
        return radius * pixel_ratio, opacity

    def density_top(self, view: View, radius: float) -> float:
        """Layers of discs of ``radius`` pixels where the points lie densest, on average over a cell."""
        cell = self.index.cell_width * self.index.cell_height / view.units_per_pixel**2
        fullest = float(self.index.counts.max(initial=0))
        return max(fullest / max(cell, 1.0) * math.pi * radius**2, _LEAST_TOP)

    def plan(
        self,
        view: View,
        codes: NDArray[np.int32] | None,
        palette: NDArray[np.uint8],
        shown: NDArray[np.bool_] | None = None,
        *,
        radius: float | None = None,
        opacity: float | None = None,
        pixel_ratio: float = 1.0,
        style: Style = DARK,
        selected: NDArray[np.integer] | None = None,
        support: Support | None = None,
        density: bool = False,
        effort: float = math.inf,
        bare: bool = False,
        quiet: bool = False,
    ) -> Plan:
        """What is to be painted.

        ``codes`` (N,) number the rows of ``palette`` (K, 3) RGB; a negative code is a point without label.
        ``shown`` (N,) is False for points to be kept as faint context only, ``selected`` are rows to be
        emphasised. ``radius`` (pixels) and ``opacity`` default to ``point_size``. ``density`` colours by the
        number of points instead of by their codes. ``effort`` bounds the work, as in ``raster_plan.plan``.
        ``bare`` leaves out the ground; ``quiet`` makes points smaller and fainter, for what lies below them.
        The arrays are recognised by identity: give new ones rather than altered ones.
        """
        own_radius, own_opacity = self.point_size(view, pixel_ratio)
        if quiet:
            own_radius, own_opacity = max(_QUIET[0] * own_radius, _SMALLEST), _QUIET[1] * own_opacity
        radius = own_radius if radius is None else radius
        radius = max(radius, _DENSITY_RADIUS * pixel_ratio) if density else radius
        inks = self.inks(codes, len(palette), shown, selected)
        return plan(
            view,
            self.index,
            inks.of_points,
            self._colors(palette, style),
            radius,
            own_opacity if opacity is None else opacity,
            style,
            support,
            plain=inks.plain,
            ramp_top=self.density_top(view, radius) if density else 0.0,
            effort=effort,
            whole=inks.whole,
            pixel_ratio=pixel_ratio,
            bare=bare,
        )

    def draw(
        self,
        view: View,
        codes: NDArray[np.int32] | None,
        palette: NDArray[np.uint8],
        shown: NDArray[np.bool_] | None = None,
        **options: object,
    ) -> NDArray[np.uint8]:
        """The view as ``(height, width, 4) uint8``: arguments as for ``plan``, layout as of ``paint``."""
        return paint(self.plan(view, codes, palette, shown, **options))  # type: ignore[arg-type]

    def pick(self, x: float, y: float, radius: float, shown: NDArray[np.bool_] | None = None) -> int:
        """The row nearest to a place in map units, at most ``radius`` away; -1 if there is none."""
        return _finder(self.index, x, y, radius, shown)

    def lasso(
        self, polygon: NDArray[np.floating], shown: NDArray[np.bool_] | None = None
    ) -> NDArray[np.int64]:
        """Rows, ascending, of the points inside a polygon ``(m, 2)`` in map units, by the even-odd rule."""
        corners = np.asarray(polygon, np.float64)
        if len(corners) < 3 or not len(self.index):
            return np.zeros(0, np.int64)
        return _encloser(self.index, corners, self.count, shown)

    def contours(self, shown: NDArray[np.bool_] | None = None) -> list[Line]:
        """Lines of equal density of the points ``shown`` (N,), in map units; kept for the next picture."""
        from explorer.core.raster_contours import contours

        kept = self._contoured
        if kept is None or kept[0] is not shown:
            kept = self._contoured = (shown, contours(self.index, shown))
        return kept[1]

    def inks(
        self,
        codes: NDArray[np.int32] | None,
        colors: int,
        shown: NDArray[np.bool_] | None,
        selected: NDArray[np.integer] | None,
    ) -> Inks:
        """Colour and state of each point, for ``colors`` colours; kept for the next picture."""
        key = (codes, colors, shown, selected)
        kept = self._inked
        if kept is not None and all(a is b for a, b in zip(kept[0], key, strict=True)):
            return kept[1]
        rows, unlabelled = self.index.rows, np.uint32(min(colors, MOST_COLORS - 1))
        if codes is None:
            inks = np.full(len(rows), unlabelled, np.uint32)
        else:
            # As unsigned numbers, negative codes are beyond every palette.
            inks = np.minimum(np.asarray(codes, np.int32)[rows].view(np.uint32), unlabelled)
        plain, whole = shown is None and selected is None, None
        if not plain:
            states = np.full(self.count, SHOWN, np.uint8)
            if selected is not None:
                states[selected] = SELECTED
            if shown is not None:
                states[~shown] = HIDDEN
            states = states[rows]
            inks |= states.astype(np.uint32) << 24
            whole = self._cells_with(states == SELECTED)
        else:
            inks |= np.uint32(SHOWN << 24)
        made = Inks(inks, plain, whole)
        self._inked = (key, made)
        return made

    def _colors(self, palette: NDArray[np.uint8], style: Style) -> NDArray[np.float32]:
        """Linear colours, kept for the next picture: there may be as many as points."""
        kept = self._linear
        if kept is None or kept[0][0] is not palette or kept[0][1] is not style:
            kept = self._linear = ((palette, style), linear_colors(palette, style))
        return kept[1]

    def _cells_with(self, chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """``(side, side)`` cells that hold any of the chosen sorted points (n,)."""
        cells = np.searchsorted(self.index.starts, np.flatnonzero(chosen), side="right") - 1
        whole = np.zeros(self.index.counts.size, bool)
        whole[cells] = True
        return whole.reshape(self.index.counts.shape)


def paint(what: Plan, stop: NDArray[np.uint8] | None = None) -> NDArray[np.uint8]:
    """The picture ``(height, width, 4) uint8``, laid out in memory as QImage.Format_RGB32 has it.

    Of a plan that is ``bare``, as QImage.Format_ARGB32_Premultiplied has it.

    Another thread may set ``stop`` (1,) to 1: the picture then comes back at once, unfinished.
    """
    view = what.view
    picture = np.empty((view.height, view.width), np.uint32)
    if picture.size:
        _painter(what, picture, np.zeros(1, np.uint8) if stop is None else stop)
    return picture.view(np.uint8).reshape(view.height, view.width, 4)


def is_compiled() -> bool:
    """Whether pictures are painted by the compiled painter yet."""
    return _painter is not raster_numpy.paint


@cache
def warm_up() -> threading.Thread:
    """Compile painting and searching in the background (0.3 s from the disk's cache, else some seconds).

    Until it is done, and where numba does not work, numpy paints the same picture. Join the thread to wait.
    """
    thread = threading.Thread(target=_compile, name="raster-warm-up", daemon=True)
    thread.start()
    return thread


def _compile() -> None:
    global _painter, _finder, _encloser  # noqa: PLW0603
    try:
        from explorer.core import grid_kernels, raster_kernels

        raster = Raster(np.zeros((1, 2), np.float32))
        first = raster.plan(View(0.0, 0.0, 1.0, 8, 8), None, np.zeros((0, 3), np.uint8))
        raster_kernels.paint(first, np.empty((8, 8), np.uint32), np.zeros(1, np.uint8))
        _painter = raster_kernels.paint
        grid_kernels.nearest(raster.index, 0.0, 0.0, 1.0, None)
        grid_kernels.enclosed(raster.index, np.array([(-1.0, -1.0), (1.0, -1.0), (0.0, 1.0)]), 1, None)
        _finder, _encloser = grid_kernels.nearest, grid_kernels.enclosed
    except Exception:  # noqa: BLE001  # numba fails in many ways, and the map works without it
        _log.warning("The compiled painter is not available; the map is drawn more slowly.", exc_info=True)
