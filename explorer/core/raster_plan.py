"""What a picture of the map is drawn from, prepared once for either painter.

Both painters (compiled and plain numpy) follow one recipe. Every point leaves an anti-aliased disc. Discs of
shown points add up, in linear light, to a mean colour and a count of layers for each pixel; the count becomes
an opacity, so mixing shows truly and no order of drawing matters. Below them lie the halo of the selected
points, the grey of the filtered-out ones, and the ground, which is lighter where the map has support.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer.core.grid_index import GridIndex
from explorer.core.palette import NO_LABEL
from explorer.core.view import Bounds, View, bounds_of

Rgb = tuple[int, int, int]

HIDDEN, SHOWN, SELECTED = 0, 1, 2
_SUBPIXELS = 4


@dataclass(frozen=True)
class Style:
    """Colours of everything but the classes, RGB.

    Attributes:
        background: the ground where there is no data.
        glow: the ground where support is full.
        faint: points that are filtered out, at an opacity of ``faint_opacity`` for one layer.
        halo: the edge around selected points.
        unlabelled: points whose code is negative or has no colour in the palette.
    """

    background: Rgb = (20, 22, 26)
    glow: Rgb = (35, 39, 48)
    faint: Rgb = (74, 80, 92)
    halo: Rgb = (255, 255, 255)
    unlabelled: Rgb = NO_LABEL
    faint_opacity: float = 0.35


DARK = Style()
LIGHT = Style((246, 247, 249), (229, 233, 240), (186, 192, 201), (20, 22, 26), NO_LABEL)


class Support(NamedTuple):
    """How near data is, over a box of the map.

    ``values`` is ``(rows from the bottom, columns) float32`` in [0, 1], the border nodes on the edges of
    ``bounds``.
    """

    values: NDArray[np.float32]
    bounds: Bounds


@dataclass(frozen=True, eq=False)
class Plan:
    """One picture to paint.

    Attributes:
        index: the points; ``codes`` and ``states`` (n,) int32 and uint8 are in its order. A code is a row of
            ``colors``; a state is HIDDEN, SHOWN or SELECTED.
        colors: ``(K + 1, 3) float32`` in linear light, the last for points without a label.
        stamps, halo: ``(4, 4, k, k) float32``, coverage of a disc by where in its pixel (y, x) it is centred.
        bands: first and last row and column of cells to be visited.
        thin, faint_thin: logarithm of what one layer lets through.
        support: ``(r, c) float32``; ``support_rows``, ``support_columns``: for each pixel row and column the
            lower of two neighbouring nodes (-1 outside) and the share of the upper.
    """

    view: View
    index: GridIndex
    codes: NDArray[np.int32]
    states: NDArray[np.uint8]
    colors: NDArray[np.float32]
    stamps: NDArray[np.float32]
    halo: NDArray[np.float32]
    bands: tuple[int, int, int, int]
    thin: float
    faint_thin: float
    style: Style
    support: NDArray[np.float32]
    support_rows: tuple[NDArray[np.int32], NDArray[np.float32]]
    support_columns: tuple[NDArray[np.int32], NDArray[np.float32]]


def plan(
    view: View,
    index: GridIndex,
    codes: NDArray[np.int32],
    states: NDArray[np.uint8],
    palette: NDArray[np.uint8],
    radius: float,
    opacity: float,
    style: Style,
    support: Support | None,
) -> Plan:
    """Everything that does not depend on the painter; radius in pixels, opacity of one layer in (0, 1]."""
    unlabelled = np.array([style.unlabelled], np.float32)
    colors = np.concatenate([np.asarray(palette, np.float32).reshape(-1, 3), unlabelled])
    stamps, halo = disc(round(radius, 2)), disc(round(radius + max(1.2, 0.45 * radius), 2))
    reach = 0.5 * halo.shape[-1] * view.units_per_pixel
    left, bottom, right, top = view.bounds
    bands = (
        int(index.row_of(bottom - reach)),
        int(index.row_of(top + reach)),
        int(index.column_of(left - reach)),
        int(index.column_of(right + reach)),
    )
    values = np.zeros((1, 1), np.float32) if support is None else support.values
    x0, y0, x1, y1 = (0.0, 0.0, 0.0, 0.0) if support is None else support.bounds
    across = view.left + (np.arange(view.width) + 0.5) * view.units_per_pixel
    down = view.top - (np.arange(view.height) + 0.5) * view.units_per_pixel
    return Plan(
        view=view,
        index=index,
        codes=codes,
        states=states,
        colors=np.square(colors / np.float32(255.0)),
        stamps=stamps,
        halo=halo,
        bands=bands,
        thin=math.log1p(-min(opacity, 0.999)),
        faint_thin=math.log1p(-style.faint_opacity),
        style=style,
        support=np.ascontiguousarray(values, np.float32),
        support_rows=_nodes(down, y0, y1, values.shape[0]),
        support_columns=_nodes(across, x0, x1, values.shape[1]),
    )


@lru_cache(maxsize=64)
def disc(radius: float) -> NDArray[np.float32]:
    """``(4, 4, k, k) float32`` coverage of pixels by a disc centred in each sixteenth of the middle pixel."""
    reach = math.ceil(radius)
    pixels = np.arange(-reach, reach + 1) + 0.5
    offsets = pixels - (np.arange(_SUBPIXELS)[:, None] + 0.5) / _SUBPIXELS
    squares = offsets[:, None, :, None] ** 2 + offsets[None, :, None, :] ** 2
    return np.clip(radius + 0.5 - np.sqrt(squares), 0.0, 1.0).astype(np.float32)


def dither_pattern() -> NDArray[np.float32]:
    """``(4, 4)`` in (0, 1), added before rounding down: keeps the soft ground free of contour lines."""
    order = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.float32)
    return (order + np.float32(0.5)) / np.float32(16.0)


def _nodes(
    places: NDArray[np.floating], low: float, high: float, count: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Between which two of ``count`` nodes, evenly from ``low`` to ``high``, each place lies."""
    if count < 2 or not high > low:
        return np.full(len(places), -1, np.int32), np.zeros(len(places), np.float32)
    scaled = (places - low) * ((count - 1) / (high - low))
    inside = (scaled >= 0.0) & (scaled < count - 1)
    lower = np.where(inside, np.floor(scaled), -1.0)
    return lower.astype(np.int32), np.where(inside, scaled - lower, 0.0).astype(np.float32)


def support_grid(
    support_at: Callable[[NDArray[np.float64]], NDArray[np.floating]],
    positions: NDArray[np.floating],
    resolution: int = 192,
) -> Support:
    """Support over the map of ``positions`` (N, 2), computed once for each map.

    ``support_at`` takes places ``(n, 2)`` to values ``(n,)`` in [0, 1]. ``resolution`` counts the nodes along
    the longer side. The values are softened, and zero at the border, so that they may be drawn enlarged.
    """
    left, bottom, right, top = bounds_of(np.asarray(positions)) or (0.0, 0.0, 1.0, 1.0)
    longer = max(right - left, top - bottom) or 1.0
    step = 1.12 * longer / (resolution - 1)
    pad = 0.06 * longer
    columns = max(math.ceil((right - left + 2 * pad) / step), 1) + 1
    rows = max(math.ceil((top - bottom + 2 * pad) / step), 1) + 1
    across = left - pad + step * np.arange(columns)
    up = bottom - pad + step * np.arange(rows)
    places = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    values = np.asarray(support_at(places), np.float32).reshape(rows, columns)
    for _ in range(2):
        values = _softened(_softened(values).T).T
    values[[0, -1]] = 0.0
    values[:, [0, -1]] = 0.0
    box: Bounds = (float(across[0]), float(up[0]), float(across[-1]), float(up[-1]))
    return Support(np.ascontiguousarray(values), box)


def _softened(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each row of nodes averaged with its neighbours, weights 1 4 6 4 1 (a binomial filter)."""
    padded = np.pad(values, ((2, 2), (0, 0)), mode="edge")
    count = len(values)
    total = np.zeros_like(values)
    for k, weight in enumerate((1, 4, 6, 4, 1)):
        total += np.float32(weight / 16) * padded[k : k + count]
    return total
