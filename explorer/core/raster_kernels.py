"""The compiled painter. Importing this module imports numba, so only the warm-up does.

The picture is painted in bands of rows small enough for the processor's cache. Within a band only blocks of
pixels that a disc has touched are blended and cleared again.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numba import njit
from numpy.typing import NDArray

from explorer.core.raster_plan import HIDDEN, SELECTED, SHOWN, Plan, dither_pattern


def _compiled(function):  # type: ignore[no-untyped-def]
    """Compile, and keep the result (with all it calls) on disk: beside the source or in the user's cache."""
    try:
        return njit(nogil=True, cache=True)(function)
    except RuntimeError:  # no writable place for the cache
        return njit(nogil=True)(function)


_BAND = 48
_BLOCK = 16
_POINTS_WORTH_THREADS = 60_000
_THREADS = min(4, os.cpu_count() or 1)


def paint(plan: Plan, out: NDArray[np.uint32]) -> None:
    """Paint ``plan`` into ``out`` (height, width) as 0xffRRGGBB."""
    height = len(out)
    low, high, first, last = plan.bands
    starts = plan.index.starts
    side = plan.index.side
    visited = int(starts[high * side + last + 1] - starts[low * side + first])
    parts = _THREADS if visited > _POINTS_WORTH_THREADS else 1
    edges = [height * part // parts for part in range(parts + 1)]
    if parts == 1:
        _paint_part(plan, out, 0, height)
        return
    with ThreadPoolExecutor(parts) as pool:
        list(pool.map(lambda part: _paint_part(plan, out, edges[part], edges[part + 1]), range(parts)))


def _paint_part(plan: Plan, out: NDArray[np.uint32], begin: int, end: int) -> None:
    index, view, style = plan.index, plan.view, plan.style
    _paint_rows(
        begin,
        end,
        (index.x, index.y, plan.codes, plan.states),
        (index.starts, index.side, index.bottom, index.cell_height, *plan.bands),
        (view.left, view.top, 1.0 / view.units_per_pixel),
        (plan.colors, plan.stamps, plan.halo, np.float32(plan.thin), np.float32(plan.faint_thin)),
        np.array([style.background, style.glow, style.faint, style.halo], np.float32),
        (
            plan.support,
            *plan.support_rows,
            *plan.support_columns,
            np.tile(dither_pattern(), view.width // 4 + 1),
        ),
        out,
    )


@njit(inline="always")
def _pixel(red, green, blue):  # type: ignore[no-untyped-def]
    return np.uint32(0xFF000000 | np.int32(red) << 16 | np.int32(green) << 8 | np.int32(blue))


@njit
def _lay(ground, color, thin, layers):  # type: ignore[no-untyped-def]
    """Lay one colour over the ground: by an opacity that grows with the layers, or flatly where thin is 0."""
    for j in range(layers.shape[0]):
        if layers[j] > 0.0:
            clear = (
                np.exp(thin * layers[j]) if thin < 0.0 else np.float32(1.0) - min(layers[j], np.float32(1.0))
            )
            for c in range(3):
                ground[c, j] = color[c] + clear * (ground[c, j] - color[c])
            layers[j] = 0.0


@njit
def _lay_colors(ground, thin, mixed):  # type: ignore[no-untyped-def]
    """Lay the mean colours of the points over the ground."""
    for j in range(mixed.shape[0]):
        layers = mixed[j, 3]
        if layers > 0.0:
            clear = np.exp(thin * layers)
            inverse = np.float32(1.0) / layers
            for c in range(3):
                mean = np.float32(255.0) * np.sqrt(mixed[j, c] * inverse)
                ground[c, j] = mean + clear * (ground[c, j] - mean)
                mixed[j, c] = 0.0
            mixed[j, 3] = 0.0


@njit
def _light_up(ground, fixed, levels):  # type: ignore[no-untyped-def]
    """Fill the ground: the background, lightened by the levels of support."""
    for c in range(3):
        plain, rise = fixed[0, c], fixed[1, c] - fixed[0, c]
        line = ground[c]
        for j in range(levels.shape[0]):
            line[j] = plain + levels[j] * rise


@njit(inline="always")
def _has_light(levels, block):  # type: ignore[no-untyped-def]
    found = False
    for j in range(block * _BLOCK, min((block + 1) * _BLOCK, levels.shape[0])):
        if levels[j] > 0.0:
            found = True
            break
    return found


@njit
def _to_pixels(ground, lifts, pixels):  # type: ignore[no-untyped-def]
    red, green, blue = ground[0], ground[1], ground[2]
    for j in range(pixels.shape[0]):
        # Whole numbers below 2²⁴ are exact in float32, and this way the loop is vectorised.
        color = np.floor(red[j] + lifts[j]) * np.float32(65536.0)
        color += np.floor(green[j] + lifts[j]) * np.float32(256.0) + np.floor(blue[j] + lifts[j])
        pixels[j] = np.uint32(np.int32(color)) | np.uint32(0xFF000000)


@njit
def _finish_row(  # type: ignore[no-untyped-def]
    lit, layered, ink, fixed, levels, lifts, mixed, faint, edges, touched, ground, out
):
    """Turn what was added up in one row into pixels, run by run of empty or busy blocks, and clear it."""
    plain = _pixel(fixed[0, 0], fixed[0, 1], fixed[0, 2])
    blocks, block = touched.shape[0], 0
    while block < blocks:
        begin = block
        busy = touched[block] != 0 or (lit and _has_light(levels, block))
        block += 1
        while block < blocks and busy == (touched[block] != 0 or (lit and _has_light(levels, block))):
            block += 1
        first, last = begin * _BLOCK, min(block * _BLOCK, out.shape[0])
        if not busy:
            out[first:last] = plain
            continue
        part = ground[:, first:last]
        if lit:
            _light_up(part, fixed, levels[first:last])
        else:
            for c in range(3):
                part[c, :] = fixed[0, c]
        if touched[begin:block].max() > 0:
            touched[begin:block] = 0
            if layered:
                _lay(part, fixed[2], ink[4], faint[first:last])
                _lay(part, fixed[3], np.float32(0.0), edges[first:last])
            _lay_colors(part, ink[3], mixed[first:last])
        _to_pixels(part, lifts[first:last], out[first:last])


@njit
def _light_of_row(y, light, line, levels):  # type: ignore[no-untyped-def]
    """Fill ``levels`` with the support along a row of pixels; False if there is none anywhere."""
    support, node, share, nodes, shares = light[0], light[1][y], light[2][y], light[3], light[4]
    lit = False
    if node >= 0:
        for k in range(line.shape[0]):
            line[k] = support[node, k] + share * (support[node + 1, k] - support[node, k])
            lit = lit or line[k] > 0.0
    if lit:
        for j in range(levels.shape[0]):
            k = nodes[j]
            levels[j] = line[k] + shares[j] * (line[k + 1] - line[k]) if k >= 0 else np.float32(0.0)
    return lit


@njit
def _window(layer, disc, x, y):  # type: ignore[no-untyped-def]
    """The pixels of a layer under a disc at (x, y), and how much of each it covers."""
    column, row = int(np.floor(x)), int(np.floor(y))
    covered = disc[int((y - row) * 4.0), int((x - column) * 4.0)]
    size = covered.shape[0]
    left, top = column - size // 2, row - size // 2
    right, bottom = min(size, layer.shape[1] - left), min(size, layer.shape[0] - top)
    first, upper = max(0, -left), max(0, -top)
    right, bottom = max(right, first), max(bottom, upper)
    part = layer[top + upper : top + bottom, left + first : left + right]
    return part, covered[upper:bottom, first:right]


@njit
def _add_color(mixed, disc, x, y, red, green, blue):  # type: ignore[no-untyped-def]
    part, covered = _window(mixed, disc, x, y)
    for i in range(part.shape[0]):
        for j in range(part.shape[1]):
            share = covered[i, j]
            part[i, j, 0] += share * red
            part[i, j, 1] += share * green
            part[i, j, 2] += share * blue
            part[i, j, 3] += share


@njit
def _add_layer(layer, disc, x, y):  # type: ignore[no-untyped-def]
    part, covered = _window(layer, disc, x, y)
    for i in range(part.shape[0]):
        for j in range(part.shape[1]):
            part[i, j] += covered[i, j]


@njit(inline="always")
def _mark(touched, size, x, y):  # type: ignore[no-untyped-def]
    """Note the blocks that a disc of ``size`` pixels may change."""
    left, top = int(np.floor(x)) - size // 2, int(np.floor(y)) - size // 2
    first, last = max(0, left) // _BLOCK, min((left + size - 1) // _BLOCK, touched.shape[1] - 1)
    for i in range(max(0, top), min(top + size, touched.shape[0])):
        for block in range(first, last + 1):
            touched[i, block] = 1


@njit
def _collect(top, rows, points, grid, screen, ink, mixed, faint, edges, touched):  # type: ignore[no-untyped-def]
    """Add up the discs that reach into rows ``top`` to ``top + rows``; True if not all are plain ones."""
    xs, ys, codes, states = points
    starts, side, bottom, cell_height, lowest, highest, first, last = grid
    left, upper, scale = screen
    colors, disc, halo, _, _ = ink
    width, size, reach = mixed.shape[1], disc.shape[2], halo.shape[2]
    low = ((upper - (top + rows + reach) / scale) - bottom) / cell_height
    high = ((upper - (top - reach) / scale) - bottom) / cell_height
    low = max(lowest, int(min(max(low, 0.0), side - 1.0)))
    high = min(highest, int(min(max(high, 0.0), side - 1.0)))
    layered = False
    for cell_row in range(low, high + 1):
        for point in range(starts[cell_row * side + first], starts[cell_row * side + last + 1]):
            x = (np.float64(xs[point]) - left) * scale
            y = (upper - np.float64(ys[point])) * scale - top
            if not (-reach < x < width + reach and -reach < y < rows + reach):
                continue
            state = states[point]
            layered = layered or state != SHOWN
            if state == HIDDEN:
                _mark(touched, size, x, y)
                _add_layer(faint, disc, x, y)
                continue
            if state == SELECTED:
                _mark(touched, reach, x, y)
                _add_layer(edges, halo, x, y)
            else:
                _mark(touched, size, x, y)
            code = codes[point]
            _add_color(mixed, disc, x, y, colors[code, 0], colors[code, 1], colors[code, 2])
    return layered


@_compiled
def _paint_rows(begin, end, points, grid, screen, ink, fixed, light, out):  # type: ignore[no-untyped-def]
    width = out.shape[1]
    mixed = np.zeros((_BAND, width, 4), np.float32)
    faint = np.zeros((_BAND, width), np.float32)
    edges = np.zeros((_BAND, width), np.float32)
    touched = np.zeros((_BAND, (width + _BLOCK - 1) // _BLOCK), np.uint8)
    ground = np.zeros((3, width), np.float32)
    line = np.zeros(light[0].shape[1], np.float32)
    levels = np.zeros(width, np.float32)
    for top in range(begin, end, _BAND):
        rows = min(_BAND, end - top)
        layered = _collect(top, rows, points, grid, screen, ink, mixed, faint, edges, touched)
        for i in range(rows):
            lit = _light_of_row(top + i, light, line, levels)
            _finish_row(
                lit,
                layered,
                ink,
                fixed,
                levels,
                light[5][(top + i) % 4],
                mixed[i],
                faint[i],
                edges[i],
                touched[i],
                ground,
                out[top + i],
            )
        # Discs may have reached below a band that is shorter than the others.
        if rows < _BAND:
            mixed[rows:] = 0.0
            faint[rows:] = 0.0
            edges[rows:] = 0.0
            touched[rows:] = 0
