"""Which points lie inside a polygon drawn by hand."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

_SIDE = 1024
_OUTSIDE, _INSIDE, _EDGE = 0, 1, 2
_PAIRS_AT_ONCE = 2_000_000


def inside_polygon(x: Floats, y: Floats, corners: Floats) -> Mask:
    """``(n,)`` True where the point (x, y) is inside ``corners`` (m, 2), m ≥ 3, closed, by the even-odd rule.

    The polygon is painted into a mask in which the points are looked up; only those near an edge are
    compared with every side, so the answer is exact.
    """
    from PIL import ImageDraw

    low = corners.min(axis=0)
    span = corners.max(axis=0) - low
    if not (span > 0.0).all():
        return np.zeros(len(x), bool)
    scale = (_SIDE - 9) / span
    painted = ((corners - low) * scale + 4.0).tolist()
    mask = Image.new("L", (_SIDE, _SIDE), _OUTSIDE)
    canvas = ImageDraw.Draw(mask)
    outline = [tuple(corner) for corner in painted]
    canvas.polygon(outline, fill=_INSIDE)
    canvas.line([*outline, outline[0], outline[1]], fill=_EDGE, width=5, joint="curve")
    column = np.clip((x - low[0]) * scale[0] + 4.5, 0, _SIDE - 1).astype(np.int64)
    row = np.clip((y - low[1]) * scale[1] + 4.5, 0, _SIDE - 1).astype(np.int64)
    found = np.asarray(mask)[row, column]
    inside: Mask = np.equal(found, _INSIDE)
    near = np.flatnonzero(found == _EDGE)
    at_once = max(1, _PAIRS_AT_ONCE // len(corners))
    for begin in range(0, len(near), at_once):
        part = near[begin : begin + at_once]
        inside[part] = _crossings(x[part], y[part], corners) % 2 == 1
    return inside


def _crossings(x: Floats, y: Floats, corners: Floats) -> NDArray[np.int64]:
    """How many sides a ray from each point towards positive x crosses."""
    start, end = corners, np.roll(corners, -1, axis=0)
    spans = (start[:, 1] <= y[:, None]) != (end[:, 1] <= y[:, None])
    rise = end[:, 1] - start[:, 1]
    share = (y[:, None] - start[:, 1]) / np.where(rise == 0.0, 1.0, rise)
    at = start[:, 0] + share * (end[:, 0] - start[:, 0])
    crossed: NDArray[np.int64] = np.count_nonzero(spans & (at > x[:, None]), axis=1)
    return crossed
