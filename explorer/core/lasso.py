"""Which points lie inside a polygon drawn by hand."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from explorer.core.grid_index import GridIndex, gathered

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

_SIDE = 1024
LAST = _SIDE - 1
"""The mask's last row and column."""
INSIDE, EDGE = 1, 2
_PAIRS_AT_ONCE = 2_000_000


def enclosed(index: GridIndex, corners: Floats, count: int, shown: Mask | None) -> NDArray[np.int64]:
    """Rows, ascending, of those ``shown`` (N,) inside a polygon ``(m, 2)`` in map units; ``count`` is N."""
    left, bottom = corners.min(axis=0)
    right, top = corners.max(axis=0)
    points = index.within(left, bottom, right, top)
    if shown is not None:
        points = points[shown[index.rows[points]]]
    found = np.zeros(count, np.bool_)
    x, y = gathered(index.places, points).astype(np.float64).T
    found[index.rows[points[inside_polygon(x, y, corners)]]] = True
    return np.flatnonzero(found)


def inside_polygon(x: Floats, y: Floats, corners: Floats) -> Mask:
    """``(n,)`` True where (x, y) is inside ``corners`` (m, 2), m ≥ 3, closed, by the even-odd rule."""
    painted = mask_of(corners)
    if painted is None:
        return np.zeros(len(x), bool)
    mask, low, scale = painted
    column = np.clip((x - low[0]) * scale[0] + 4.5, 0, LAST).astype(np.int64)
    row = np.clip((y - low[1]) * scale[1] + 4.5, 0, LAST).astype(np.int64)
    found = mask[row, column]
    inside: Mask = np.equal(found, INSIDE)
    near = np.flatnonzero(found == EDGE)
    at_once = max(1, _PAIRS_AT_ONCE // len(corners))
    for begin in range(0, len(near), at_once):
        part = near[begin : begin + at_once]
        inside[part] = _crossings(x[part], y[part], corners) % 2 == 1
    return inside


def mask_of(corners: Floats) -> tuple[NDArray[np.uint8], Floats, Floats] | None:
    """The polygon painted into a mask in which points are looked up; None where nothing is inside.

    INSIDE is inside; EDGE is so near to a side that a point there has to be compared with every side, which
    makes the answer exact. A place is at (place - low) * scale + 4.5 of it, x first; low and scale follow it.
    """
    from PIL import Image, ImageDraw

    low = corners.min(axis=0)
    span = corners.max(axis=0) - low
    if not (span > 0.0).all():
        return None
    scale = (_SIDE - 9) / span
    painted = (corners - low) * scale + 4.0
    mask = Image.fromarray(_filled(painted))
    canvas = ImageDraw.Draw(mask)
    outline = painted.tolist()
    for (x0, y0), (x1, y1) in zip(outline, [*outline[1:], outline[0]], strict=True):
        canvas.line([x0, y0, x1, y1], fill=EDGE, width=5)
        canvas.ellipse([x0 - 3, y0 - 3, x0 + 3, y0 + 3], fill=EDGE)
    return np.array(mask), low, scale


def _filled(corners: Floats) -> NDArray[np.uint8]:
    """The mask ``(_SIDE, _SIDE)``: 1 where a pixel's centre is inside ``corners`` (m, 2), in pixels.

    Each side changes what lies left of it in the rows that it spans. Pillow's own polygon is not quite
    even-odd where many sides cross.
    """
    start, end = corners, np.roll(corners, -1, axis=0)
    rows = np.arange(_SIDE)[:, None]
    row, side = np.nonzero((start[:, 1] <= rows) != (end[:, 1] <= rows))
    (x0, y0), (x1, y1) = start[side].T, end[side].T
    crossed = np.ceil(x0 + (row - y0) / (y1 - y0) * (x1 - x0)).astype(np.int64)
    turns = np.bincount(row * (_SIDE + 1) + crossed, minlength=_SIDE * (_SIDE + 1)).astype(np.uint8) & 1
    from_right = turns.reshape(_SIDE, _SIDE + 1)[:, :0:-1]
    return np.ascontiguousarray(np.bitwise_xor.accumulate(from_right, axis=1)[:, ::-1])


def _crossings(x: Floats, y: Floats, corners: Floats) -> NDArray[np.int64]:
    """How many sides a ray from each point towards positive x crosses."""
    start, end = corners, np.roll(corners, -1, axis=0)
    spans = (start[:, 1] <= y[:, None]) != (end[:, 1] <= y[:, None])
    rise = end[:, 1] - start[:, 1]
    share = (y[:, None] - start[:, 1]) / np.where(rise == 0.0, 1.0, rise)
    at = start[:, 0] + share * (end[:, 0] - start[:, 0])
    crossed: NDArray[np.int64] = np.count_nonzero(spans & (at > x[:, None]), axis=1)
    return crossed
