"""Where on the map the names of labels belong: at the modes of the places where a label prevails."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer.core.grid_index import GridIndex
from explorer.core.raster_support import softened
from explorer.core.view import bounds_of

LEVELS = (48, 96, 192, 384)
"""Cells along the longer side of the map, from coarse to fine: what lies closer together is one place."""

MOST_LABELS = 256

_PREVAILS = 0.5
_SHARE_OF_MODE = 0.12
_SHARE_OF_LABEL = 0.07
_FEWEST = 5


class PlaceName(NamedTuple):
    """A place where one label prevails.

    Attributes:
        code: the label's.
        x, y: its mode, in map units.
        weight: how many points of the label are there.
        width, height: how far it reaches, in map units.
    """

    code: int
    x: float
    y: float
    weight: float
    width: float
    height: float


def place_names(
    index: GridIndex, codes: NDArray[np.int32], count: int, cells: int, shown: NDArray[np.bool_] | None = None
) -> list[PlaceName]:
    """The places of ``count`` labels, the one with most points first.

    ``codes`` (N,) are the labels of the rows of ``index``'s positions, negative for none; ``shown`` (N,) is
    False for points that do not count. ``cells`` is one of ``LEVELS``. A place is a patch of cells where at
    least half of the (softened) points have the label, with at least 7% of the label's points; so a label
    that lies everywhere has none, and one in several clusters several. Its mode is that of the density,
    weighed by the distance from the patch's middle. None are found for more than ``MOST_LABELS``.
    """
    bounds = bounds_of(index.places)
    if bounds is None or count > MOST_LABELS:
        return []
    left, bottom, right, top = bounds
    step = (max(right - left, top - bottom) or 1.0) / cells
    # Two empty cells around, so that nothing is cut off by the softening.
    columns, rows = (math.ceil(extent / step) + 6 for extent in (right - left, top - bottom))
    if not (columns < 4 * cells and rows < 4 * cells):
        return []
    places, labels = index.places, np.asarray(codes, np.int32)[index.rows]
    if shown is not None:
        kept = shown[index.rows]
        places, labels = places[kept], labels[kept]
    column = ((places[:, 0] - np.float32(left)) / np.float32(step)).astype(np.int64) + 3
    row = ((places[:, 1] - np.float32(bottom)) / np.float32(step)).astype(np.int64) + 3
    cell = row * columns + column
    everything = _density(cell, rows, columns)
    order = np.argsort(labels, kind="stable")
    starts = np.searchsorted(labels[order], np.arange(count + 1))
    found = []
    for code in range(count):
        own = cell[order[starts[code] : starts[code + 1]]]
        if len(own) >= _FEWEST:
            found += [
                PlaceName(
                    code, left + (x - 2.5) * step, bottom + (y - 2.5) * step, weight, wide * step, high * step
                )
                for x, y, weight, wide, high in _places_of(own, everything)
            ]
    return sorted(found, key=lambda name: -name.weight)


def _density(cell: NDArray[np.int64], rows: int, columns: int) -> NDArray[np.float32]:
    counts = np.bincount(cell, minlength=rows * columns).astype(np.float32).reshape(rows, columns)
    for _ in range(2):
        counts = softened(softened(counts).T).T
    return counts


def _places_of(
    own: NDArray[np.int64], everything: NDArray[np.float32]
) -> list[tuple[float, float, float, float, float]]:
    """x, y, weight, width and height of each patch of one label's cells ``own`` (n,), in cells."""
    from scipy import ndimage

    rows, columns = everything.shape
    # Only the box around the label is looked at: there may be hundreds of labels.
    own_rows, own_columns = own // columns, own % columns
    low, high = max(int(own_rows.min()) - 3, 0), min(int(own_rows.max()) + 4, rows)
    first, last = max(int(own_columns.min()) - 3, 0), min(int(own_columns.max()) + 4, columns)
    inside = (own_rows - low) * (last - first) + own_columns - first
    density = _density(inside, high - low, last - first)
    prevails = density >= _PREVAILS * everything[low:high, first:last]
    patches, count = ndimage.label(
        prevails & (density >= _SHARE_OF_MODE * density.max()), structure=np.ones((3, 3), int)
    )
    held = np.bincount(patches.ravel()[inside], minlength=count + 1)
    found = []
    for patch in range(1, count + 1):
        if held[patch] < max(_SHARE_OF_LABEL * len(own), _FEWEST):
            continue
        y, x = np.nonzero(patches == patch)
        weights = density[y, x].astype(np.float64)
        total = weights.sum()
        middle_x, middle_y = (x * weights).sum() / total, (y * weights).sum() / total
        wide, tall = (
            math.sqrt((weights * (at - middle) ** 2).sum() / total) + 0.5
            for at, middle in ((x, middle_x), (y, middle_y))
        )
        nearness = np.exp(-0.5 * (((x - middle_x) / wide) ** 2 + ((y - middle_y) / tall) ** 2))
        mode = int((weights * nearness).argmax())
        found.append(
            (float(x[mode] + first), float(y[mode] + low), float(held[patch]), 4.0 * wide, 4.0 * tall)
        )
    return found
