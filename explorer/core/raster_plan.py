"""What a picture of the map is drawn from, prepared once for any painter.

All painters (compiled, plain numpy, OpenGL) follow one recipe. Every point leaves an anti-aliased disc. Discs
of shown points add up, in linear light, to a mean colour and a count of layers for each pixel; the count
becomes an opacity, so mixing shows truly and no order of drawing matters. The opacity grows with the
logarithm of the count: a crowd still shows more than a few, and a single point is not lost. Below them lie
the halo of the selected points, the grey of the filtered-out ones, and the ground: lighter where the map has
support, hatched where it has none. A picture may also be without a ground, for what is to lie below the
points.

Where there are more points than a picture's time allows, only the first few of a full cell are drawn, each
counting for several: the sum of layers stays true, and a cell with few points keeps them all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from explorer.core.grid_index import Block, GridIndex
from explorer.core.palette import NO_LABEL
from explorer.core.raster_support import Nodes, Support, nodes_between
from explorer.core.view import View

Rgb = tuple[int, int, int]

HIDDEN, SHOWN, SELECTED = 0, 1, 2
MOST_COLORS = 1 << 24
"""An ink is a colour's number and, from this bit on, a state."""

NO_CAP = 2**31 - 1
MOST_HATCH = 40
_HATCH, _HATCH_WIDTH = 10.0, 0.9
_SUBPIXELS = 4
_RAMP = 64


@dataclass(frozen=True)
class Style:
    """Colours of everything but the classes, RGB.

    Attributes:
        background: the ground where there is no data.
        glow: the ground where support is full.
        even, uneven: the same in a ground that also tells how much the latents of a place differ.
        hatch: lines over the ground where there is no support.
        faint: points that are filtered out, at an opacity of ``faint_opacity`` for one layer.
        halo: the edge around selected points.
        unlabelled: points whose code is negative or has no colour in the palette.
        ramp: colours of the density view from few points to many.
    """

    background: Rgb = (20, 22, 26)
    glow: Rgb = (37, 43, 56)
    faint: Rgb = (74, 80, 92)
    halo: Rgb = (255, 255, 255)
    unlabelled: Rgb = NO_LABEL
    faint_opacity: float = 0.35
    ramp: tuple[Rgb, ...] = ((38, 52, 92), (46, 92, 168), (58, 150, 190), (130, 205, 160), (248, 240, 160))
    even: Rgb = (30, 50, 84)
    uneven: Rgb = (128, 84, 40)
    hatch: Rgb = (38, 42, 49)


DARK = Style()
LIGHT = Style(
    (246, 247, 249), (226, 234, 247), (186, 192, 201), (20, 22, 26), NO_LABEL,
    ramp=((206, 222, 240), (128, 182, 214), (62, 126, 190), (52, 66, 150), (36, 16, 84)),
    even=(204, 222, 246), uneven=(250, 205, 140), hatch=(220, 224, 230),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Plan:
    """One picture to paint.

    Attributes:
        index: the points; ``inks`` (n,) uint32 is in its order: a row of ``colors``, and from bit 24 on
            HIDDEN, SHOWN or SELECTED.
        colors: ``(K + 1, 3) float32`` in linear light, the last for points without a label.
        plain: whether all points are SHOWN.
        radius: of a disc, in pixels.
        stamps, halo: ``(4, 4, k, k) float32``, coverage of a disc by where in its pixel (y, x) it is centred.
        block: cells to be visited.
        takes: ``(side²,) int32``, how many points of each cell to draw, the first ones: at most ``cap``, but
            of cells that are ``whole`` (side, side) all.
        drawn: how many points that makes in all; ``exact`` if these are all points of the block.
        thin, faint_thin: logarithm of what one layer lets through; n layers let through e to its
            log₂(1 + n)-fold.
        ramp: ``(64, 3) float32`` RGB of the density view, evenly over the logarithm of the layers, up to
            ``ramp_top`` of them; no rows for the view of colours.
        support, tint: ``(r, c) float32``, with the nodes beside each pixel row and column; ``rise`` (2, 3) is
            what full support and full tint add to the background.
        hatch: ``(p, 3) float32``, what the hatching adds without support; pixel (x, y) has the row
            ``x + y + hatch_phase`` modulo p. One row of zeros for none.
        bare: without a ground; the picture is then transparent, its colours premultiplied.
    """

    view: View
    index: GridIndex
    inks: NDArray[np.uint32]
    colors: NDArray[np.float32]
    plain: bool
    radius: float
    stamps: NDArray[np.float32]
    halo: NDArray[np.float32]
    block: Block
    takes: NDArray[np.int32]
    cap: int
    whole: NDArray[np.bool_] | None
    drawn: int
    exact: bool
    thin: float
    faint_thin: float
    style: Style
    ramp: NDArray[np.float32]
    ramp_top: float
    support: NDArray[np.float32]
    support_rows: Nodes
    support_columns: Nodes
    tint: NDArray[np.float32]
    rise: NDArray[np.float32]
    hatch: NDArray[np.float32]
    hatch_phase: int
    bare: bool


def linear_colors(palette: NDArray[np.uint8], style: Style) -> NDArray[np.float32]:
    """``(K + 1, 3) float32`` in linear light (taken as the square): ``palette`` (K, 3), then no label."""
    unlabelled = np.array([style.unlabelled], np.float32)
    colors = np.concatenate([np.asarray(palette, np.float32).reshape(-1, 3)[: MOST_COLORS - 1], unlabelled])
    return np.square(colors / np.float32(255.0))


def plan(
    view: View,
    index: GridIndex,
    inks: NDArray[np.uint32],
    colors: NDArray[np.float32],
    radius: float,
    opacity: float,
    style: Style,
    support: Support | None,
    *,
    plain: bool,
    ramp_top: float = 0.0,
    effort: float = math.inf,
    whole: NDArray[np.bool_] | None = None,
    pixel_ratio: float = 1.0,
    bare: bool = False,
) -> Plan:
    """Everything that does not depend on the painter; radius in pixels, opacity of one layer in (0, 1].

    ``ramp_top`` above 0 makes it a density view. ``effort`` bounds how many pixels the discs may cover in
    all: full cells then give only some of their points, but those that are ``whole`` (side, side) all.
    """
    if bare:
        support = None
    stamps, halo = disc(round(radius, 2)), disc(round(halo_radius(radius), 2))
    values = np.zeros((1, 1), np.float32) if support is None else support.values
    tint = np.zeros_like(values) if support is None or support.tint is None else support.tint
    x0, y0, x1, y1 = (0.0, 0.0, 0.0, 0.0) if support is None else support.bounds
    across = view.left + (np.arange(view.width) + 0.5) * view.units_per_pixel
    down = view.top - (np.arange(view.height) + 0.5) * view.units_per_pixel
    block = _visited(view, index, radius)
    most = effort / effort_of_point(radius)
    cap, whole = cap_within(index.counts, block, most, whole)
    takes = np.minimum(index.counts, np.int32(cap))
    if whole is not None:
        takes = np.where(whole, index.counts, takes)
    window = slice(block.low, block.high + 1), slice(block.first, block.last + 1)
    drawn = int(takes[window].sum(dtype=np.int64))
    return Plan(
        view=view,
        index=index,
        inks=inks,
        colors=colors,
        plain=plain,
        radius=radius,
        stamps=stamps,
        halo=halo,
        block=block,
        takes=takes.ravel(),
        cap=cap,
        whole=whole,
        drawn=drawn,
        exact=cap == NO_CAP,
        thin=math.log1p(-min(opacity, 0.999)),
        faint_thin=math.log1p(-style.faint_opacity),
        style=style,
        ramp=ramp(style) if ramp_top > 0.0 else np.zeros((0, 3), np.float32),
        ramp_top=ramp_top,
        support=np.ascontiguousarray(values, np.float32),
        support_rows=nodes_between(down, y0, y1, values.shape[0]),
        support_columns=nodes_between(across, x0, x1, values.shape[1]),
        tint=np.ascontiguousarray(tint, np.float32),
        rise=_rise(style, tinted=support is not None and support.tint is not None),
        hatch=hatching(style, pixel_ratio) if support is not None else np.zeros((1, 3), np.float32),
        hatch_phase=round((view.left - view.top) / view.units_per_pixel),
        bare=bare,
    )


def _rise(style: Style, *, tinted: bool) -> NDArray[np.float32]:
    """``(2, 3) float32``: what is added to the background where support is full, and where tint is."""
    land = style.even if tinted else style.glow
    colors = np.array([style.background, land, style.uneven], np.float32)
    return np.diff(colors, axis=0)


@lru_cache(maxsize=8)
def hatching(style: Style, pixel_ratio: float) -> NDArray[np.float32]:
    """``(p, 3) float32``: whole numbers added to the background along a row of pixels, over one period."""
    period = min(max(round(_HATCH * pixel_ratio), 2), MOST_HATCH)
    away = np.abs(np.arange(period) - period // 2)
    covered = np.clip(0.2 + _HATCH_WIDTH * pixel_ratio - away, 0.0, 1.0)[:, None]
    lines: NDArray[np.float64] = np.rint(covered * (np.array(style.hatch) - np.array(style.background)))
    return lines.astype(np.float32)


def effort_of_point(radius: float) -> float:
    """What a disc costs: the pixels of its square, and finding the point, which is worth another dozen."""
    return float((2 * math.ceil(radius) + 1) ** 2 + 12)


def halo_radius(radius: float) -> float:
    """How far the edge of a selected point reaches, pixels."""
    return radius + max(1.2, 0.45 * radius)


def _visited(view: View, index: GridIndex, radius: float) -> Block:
    """The cells whose points may be seen, with the halo of points that lie just outside."""
    reach = (halo_radius(radius) + 1.5) * view.units_per_pixel
    left, bottom, right, top = view.bounds
    return index.block(left - reach, bottom - reach, right + reach, top + reach)


def cap_within(
    counts: NDArray[np.int32], block: Block, most: float, whole: NDArray[np.bool_] | None = None
) -> tuple[int, NDArray[np.bool_] | None]:
    """The most points that each cell may give so that a block of cells gives about ``most`` of them.

    ``counts`` (side, side) is how many there are. Cells that are ``whole`` (side, side) give all of theirs,
    unless they alone are too many. Returns the cap, ``NO_CAP`` where all are few enough, and the cells
    that are whole.
    """
    window = slice(block.low, block.high + 1), slice(block.first, block.last + 1)
    seen = counts[window]
    if int(seen.sum(dtype=np.int64)) <= most:
        return NO_CAP, None
    if whole is not None:
        spent = int(seen[whole[window]].sum(dtype=np.int64))
        if 2 * spent > most:
            whole = None
        else:
            seen, most = seen[~whole[window]], most - spent
    low, high = 1, int(seen.max(initial=1))
    while high - low > max(1, low // 16):
        cap = (low + high) // 2
        fits = int(np.minimum(seen, cap).sum(dtype=np.int64)) <= most
        low, high = (cap, high) if fits else (low, cap)
    return low, whole


@lru_cache(maxsize=64)
def disc(radius: float) -> NDArray[np.float32]:
    """``(4, 4, k, k) float32`` coverage of pixels by a disc centred in each sixteenth of the middle pixel."""
    reach = math.ceil(radius)
    pixels = np.arange(-reach, reach + 1) + 0.5
    offsets = pixels - (np.arange(_SUBPIXELS)[:, None] + 0.5) / _SUBPIXELS
    squares = offsets[:, None, :, None] ** 2 + offsets[None, :, None, :] ** 2
    return np.clip(radius + 0.5 - np.sqrt(squares), 0.0, 1.0).astype(np.float32)


@lru_cache(maxsize=4)
def ramp(style: Style) -> NDArray[np.float32]:
    """``(64, 3) float32`` RGB: the style's ramp, evenly filled in."""
    stops = np.array(style.ramp, np.float32)
    at, nodes = np.linspace(0.0, 1.0, _RAMP), np.linspace(0.0, 1.0, len(stops))
    return np.stack([np.interp(at, nodes, stops[:, c]) for c in range(3)], axis=1).astype(np.float32)


def dither_pattern() -> NDArray[np.float32]:
    """``(4, 4)`` in (0, 1), added before rounding down: keeps the soft ground free of contour lines."""
    order = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.float32)
    return (order + np.float32(0.5)) / np.float32(16.0)
