"""The compiled painter. Importing this module imports numba, so only the warm-up does.

The picture is painted in bands of rows small enough for the processor's cache, by several threads that take
one band after another. Within a band only blocks of pixels that a disc has touched are blended.
"""

from __future__ import annotations

import itertools
import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

from explorer.core.compiled import compiled
from explorer.core.priority import A_LITTLE, step_back
from explorer.core.raster_plan import HIDDEN, SELECTED, Plan, dither_pattern

_BAND = 32
_BLOCK = 16
_WORTH_THREADS = 1 << 17
_THREADS = min(8, os.cpu_count() or 1)


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_THREADS, "map-painter", step_back, (A_LITTLE,))


def paint(plan: Plan, out: NDArray[np.uint32], stop: NDArray[np.uint8]) -> None:
    """Paint ``plan`` into ``out`` (height, width) as 0xAARRGGBB; breaks off when ``stop`` (1,) is not 0."""
    bands = -(-len(out) // _BAND)
    # A pixel takes about as long as half a point.
    workers = min(_THREADS, bands) if out.size + 2 * plan.drawn > _WORTH_THREADS else 1
    order = itertools.count()
    arguments = _arguments(plan)

    def work() -> None:
        scratch = _scratch(plan)
        while (band := next(order)) < bands and not stop[0]:
            _paint_band(band * _BAND, *arguments, scratch, out)

    others = [_pool().submit(work) for _ in range(workers - 1)]
    work()
    for other in others:
        other.result()


def _arguments(plan: Plan) -> tuple[Any, ...]:
    """What the kernel reads of a plan."""
    index, view, style = plan.index, plan.view, plan.style
    return (
        (index.places, plan.inks, plan.takes),
        (index.starts, index.side, index.bottom, index.cell_height, *plan.block),
        (view.left, view.top, 1.0 / view.units_per_pixel, plan.plain),
        (plan.colors, plan.stamps, plan.halo, np.float32(plan.thin), np.float32(plan.faint_thin)),
        (
            np.array([(*style.background, 255), (*style.faint, 255), (*style.halo, 255)], np.float32),
            plan.ramp,
            np.float32(np.log2(1.0 + plan.ramp_top)),
        ),
        (
            plan.support,
            *plan.support_rows,
            *plan.support_columns,
            np.tile(dither_pattern(), view.width // 4 + 1),
            plan.tint,
            plan.rise,
            *_blank(plan),
        ),
    )


def _blank(plan: Plan) -> tuple[NDArray[np.float32], NDArray[np.uint32], int, int]:
    """Long rows of the ground where nothing is, as colours (3, n) and pixels (n,); its period and phase."""
    period = len(plan.hatch)
    colors = np.array(plan.style.background, np.float32)[:, None] + np.tile(
        plan.hatch.T, plan.view.width // period + 2
    )
    red, green, blue = colors.astype(np.uint32)
    pixels = np.uint32(0xFF000000) | red << np.uint32(16) | green << np.uint32(8) | blue
    return colors, np.zeros_like(pixels) if plan.bare else pixels, period, plan.hatch_phase % period


def _scratch(plan: Plan) -> tuple[NDArray[np.float32], ...]:
    """Where one thread adds up: colours and layers, faint points, edges; with room around for discs."""
    pad = plan.halo.shape[-1] + 1
    rows, columns = _BAND + 2 * pad, plan.view.width + 2 * pad
    layered = (1, 1) if plan.plain else (rows, columns)
    return (
        np.zeros((rows, columns, 4), np.float32),
        np.zeros(layered, np.float32),
        np.zeros(layered, np.float32),
        np.zeros((6 if plan.bare else 5, plan.view.width), np.float32),
        np.zeros((2, plan.support.shape[1]), np.float32),
    )


def _vector_addition(  # type: ignore[no-untyped-def]
    _context, array, _offset, _share, _red, _green, _blue, _weight
):
    """Add a share of a colour and its weight to the four numbers from an offset on, as one vector.

    Left to itself the compiler takes them one by one, which makes the whole picture half as fast.
    """

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        vector = ir.VectorType(ir.FloatType(), 4)

        def packed(numbers):  # type: ignore[no-untyped-def]
            value = ir.Constant(vector, ir.Undefined)
            for k, number in enumerate(numbers):
                value = builder.insert_element(value, number, ir.Constant(ir.IntType(32), k))
            return value

        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        place = builder.bitcast(builder.gep(data, [arguments[1]]), vector.as_pointer())
        before = builder.load(place)
        before.align = 4
        shares, numbers = packed([arguments[2]] * 4), packed(arguments[3:7])  # type: ignore[no-untyped-call]
        added = builder.fmul(numbers, shares)
        builder.store(builder.fadd(before, added), place).align = 4
        return context.get_dummy_value()

    return types.void(array, types.intp, *[types.float32] * 5), generate


_add_share: Any = intrinsic(_vector_addition)


@njit(inline="always")
def _corner(size, pad, x, y):  # type: ignore[no-untyped-def]
    """Top left pixel of a disc at (x, y) within the scratch, and which of the discs it is."""
    column, row = int(np.floor(x)), int(np.floor(y))
    half = size // 2
    return row - half + pad, column - half + pad, int((y - row) * 4.0), int((x - column) * 4.0)


@njit
def _add_layer(layer, disc, pad, x, y, weight):  # type: ignore[no-untyped-def]
    top, left, sub_y, sub_x = _corner(disc.shape[2], pad, x, y)
    for i in range(disc.shape[2]):
        for j in range(disc.shape[3]):
            layer[top + i, left + j] += disc[sub_y, sub_x, i, j] * weight


@njit
def _collect(top, points, grid, screen, ink, scratch):  # type: ignore[no-untyped-def]
    """Add up the discs that reach into a band of rows from ``top`` on; True if not all are plain ones."""
    places, inks, takes = points
    starts, side, bottom, cell_height, lowest, highest, first, last = grid
    left, upper, scale, plain = screen
    colors, disc, halo, _, _ = ink
    mixed, faint, edges = scratch[0], scratch[1], scratch[2]
    size, pad = disc.shape[2], halo.shape[2] + 1
    stride = mixed.shape[1]
    flat = mixed.reshape(-1)
    right = stride - 2 * pad
    reach = 0.5 * halo.shape[2]
    low = ((upper - (top + _BAND + reach) / scale) - bottom) / cell_height
    high = ((upper - (top - reach) / scale) - bottom) / cell_height
    low = max(lowest, int(min(max(low, 0.0), side - 1.0)))
    high = min(highest, int(min(max(high, 0.0), side - 1.0)))
    layered = False
    for cell in range(low * side + first, high * side + last + 1):
        take = takes[cell]
        if take == 0 or not first <= cell % side <= last:
            continue
        begin = starts[cell]
        weight = np.float32(starts[cell + 1] - begin) / np.float32(take)
        for point in range(begin, begin + take):
            x = (np.float64(places[point, 0]) - left) * scale
            y = (upper - np.float64(places[point, 1])) * scale - top
            if not (-reach < x < right + reach and -reach < y < _BAND + reach):
                continue
            code = np.int64(inks[point])
            if not plain:
                state = code >> 24
                code &= 0xFFFFFF
                if state == HIDDEN:
                    layered = True
                    _add_layer(faint, disc, pad, x, y, weight)
                    continue
                if state == SELECTED:
                    layered = True
                    _add_layer(edges, halo, pad, x, y, weight)
            else:
                code &= 0xFFFFFF
            red, green, blue = weight * colors[code, 0], weight * colors[code, 1], weight * colors[code, 2]
            row, column, sub_y, sub_x = _corner(size, pad, x, y)
            base = (row * stride + column) * 4
            for i in range(size):
                at = base
                for j in range(size):
                    _add_share(flat, at, disc[sub_y, sub_x, i, j], red, green, blue, weight)
                    at += 4
                base += stride * 4
    return layered


@njit(inline="always")
def _magnitude(layers):  # type: ignore[no-untyped-def]
    """log₂(1 + layers) within 2·10⁻⁴: without a branch or a call, so that loops are vectorised."""
    # The exponent's bits, and a polynomial for the rest.
    bits = np.float32(np.float32(1.0) + layers).view(np.int32)
    exponent = np.float32((bits >> np.int32(23)) - np.int32(127))
    t = np.int32((bits & np.int32(0x7FFFFF)) | np.int32(0x3F800000)).view(np.float32) - np.float32(1.0)
    curve = np.float32(1.4380732) + t * (
        np.float32(-0.6747667) + t * (np.float32(0.3170007) + t * np.float32(-0.0803073))
    )
    return exponent + t * curve


@njit(inline="always")
def _clear(thin, layers):  # type: ignore[no-untyped-def]
    """What so many layers let through, within 10⁻³."""
    scaled = max(thin * np.float32(1.442695) * _magnitude(layers), np.float32(-60.0))
    # The exponential: a polynomial for the part below 1, and whole powers of two as the exponent's bits.
    whole = np.floor(scaled)
    part = scaled - whole
    curve = np.float32(1.0) + part * (
        np.float32(0.6951786) + part * (np.float32(0.2276488) + part * np.float32(0.0771726))
    )
    return curve * np.int32((np.int32(whole) + np.int32(127)) << np.int32(23)).view(np.float32)


@njit
def _lay(ground, color, thin, layers):  # type: ignore[no-untyped-def]
    """Lay one colour over the ground: by an opacity that grows with the layers, or flatly where thin is 0."""
    for j in range(layers.shape[0]):
        if layers[j] > 0.0:
            if thin < 0.0:
                clear = _clear(thin, layers[j])
            else:
                clear = np.float32(1.0) - min(layers[j], np.float32(1.0))
            for c in range(ground.shape[0]):
                ground[c, j] = color[c] + clear * (ground[c, j] - color[c])


@njit
def _lay_colors(ground, thin, mixed):  # type: ignore[no-untyped-def]
    """Lay the mean colours of the points over the ground."""
    red, green, blue = ground[0], ground[1], ground[2]
    for j in range(mixed.shape[0]):
        layers = mixed[j, 3]
        clear = _clear(thin, layers)
        inverse = np.float32(65025.0) / max(layers, np.float32(1e-12))
        r = np.sqrt(mixed[j, 0] * inverse)
        g = np.sqrt(mixed[j, 1] * inverse)
        b = np.sqrt(mixed[j, 2] * inverse)
        red[j] = r + clear * (red[j] - r)
        green[j] = g + clear * (green[j] - g)
        blue[j] = b + clear * (blue[j] - b)
    if ground.shape[0] == 4:
        alpha, full = ground[3], np.float32(255.0)
        for j in range(mixed.shape[0]):
            alpha[j] = full + _clear(thin, mixed[j, 3]) * (alpha[j] - full)


@njit
def _lay_density(ground, ramp, top, mixed):  # type: ignore[no-untyped-def]
    """Lay the colour of the density over the ground, on a logarithmic scale."""
    for j in range(mixed.shape[0]):
        layers = mixed[j, 3]
        if layers > 0.0:
            level = min(_magnitude(layers) / top, np.float32(1.0)) * np.float32(ramp.shape[0] - 1)
            node = min(int(level), ramp.shape[0] - 2)
            share = level - np.float32(node)
            clear = np.float32(1.0) - min(layers, np.float32(1.0))
            for c in range(3):
                color = ramp[node, c] + share * (ramp[node + 1, c] - ramp[node, c])
                ground[c, j] = color + clear * (ground[c, j] - color)
            if ground.shape[0] == 4:
                ground[3, j] = np.float32(255.0) + clear * (ground[3, j] - np.float32(255.0))


@njit
def _light_up(ground, plain, blank, rise, levels, tints):  # type: ignore[no-untyped-def]
    """Fill the ground: what it is where nothing is, on the way to the background with the levels added."""
    for c in range(3):
        line, hatched, base = ground[c], blank[c], plain[c]
        lighter, tinted = rise[0, c], rise[1, c]
        for j in range(levels.shape[0]):
            whole = base + lighter
            line[j] = hatched[j] + levels[j] * (whole - hatched[j]) + tints[j] * tinted


@njit
def _to_pixels(ground, lifts, pixels):  # type: ignore[no-untyped-def]
    red, green, blue = ground[0], ground[1], ground[2]
    for j in range(pixels.shape[0]):
        # Whole numbers below 2²⁴ are exact in float32, and this way the loop is vectorised.
        color = np.floor(red[j] + lifts[j]) * np.float32(65536.0)
        color += np.floor(green[j] + lifts[j]) * np.float32(256.0) + np.floor(blue[j] + lifts[j])
        pixels[j] = np.uint32(np.int32(color)) | np.uint32(0xFF000000)
    if ground.shape[0] == 4:
        alpha = ground[3]
        for j in range(pixels.shape[0]):
            opacity = np.uint32(np.int32(alpha[j] + lifts[j])) << np.uint32(24)
            pixels[j] = (pixels[j] & np.uint32(0xFFFFFF)) | opacity


@njit
def _is_busy(block, lit, layered, levels, mixed, faint, edges):  # type: ignore[no-untyped-def]
    first = block * _BLOCK
    last = min(first + _BLOCK, levels.shape[0])
    total = np.float32(0.0)
    for j in range(first, last):
        total += mixed[j, 3]
    if lit:
        for j in range(first, last):
            total += levels[j]
    if layered:
        for j in range(first, last):
            total += faint[j] + edges[j]
    return total > 0.0


@njit
def _finish_row(  # type: ignore[no-untyped-def]
    lit, layered, ink, look, light, levels, tints, shift, lifts, mixed, faint, edges, ground, out
):
    """Turn what was added up in one row into pixels, run by run of empty or busy blocks."""
    fixed, ramp, top = look
    blank, empty = light[8], light[9][shift:]
    blocks, block = (out.shape[0] + _BLOCK - 1) // _BLOCK, 0
    busy = _is_busy(0, lit, layered, levels, mixed, faint, edges)
    while block < blocks:
        begin, now = block, busy
        while block < blocks and busy == now:
            block += 1
            if block < blocks:
                busy = _is_busy(block, lit, layered, levels, mixed, faint, edges)
        first, last = begin * _BLOCK, min(block * _BLOCK, out.shape[0])
        if not now:
            out[first:last] = empty[first:last]
            continue
        part = ground[:, first:last]
        nothing = blank[:, shift + first : shift + last]
        if lit:
            _light_up(part, fixed[0], nothing, light[7], levels[first:last], tints[first:last])
        elif ground.shape[0] == 3:
            part[:] = nothing
        else:
            part[:] = 0.0
        if layered:
            _lay(part, fixed[1], ink[4], faint[first:last])
            _lay(part, fixed[2], np.float32(0.0), edges[first:last])
        if ramp.shape[0] > 0:
            _lay_density(part, ramp, top, mixed[first:last])
        else:
            _lay_colors(part, ink[3], mixed[first:last])
        _to_pixels(part, lifts[first:last], out[first:last])


@njit
def _light_of_row(y, light, line, levels, tints):  # type: ignore[no-untyped-def]
    """Fill ``levels`` and ``tints`` with those along a row of pixels; False if it has no support."""
    support, node, share, nodes, shares, tint = (
        light[0],
        light[1][y],
        light[2][y],
        light[3],
        light[4],
        light[6],
    )
    lit = False
    if node >= 0:
        for k in range(line.shape[1]):
            line[0, k] = support[node, k] + share * (support[node + 1, k] - support[node, k])
            line[1, k] = tint[node, k] + share * (tint[node + 1, k] - tint[node, k])
            lit = lit or line[0, k] > 0.0
    if lit:
        for values, along in ((levels, line[0]), (tints, line[1])):
            for j in range(values.shape[0]):
                k = nodes[j]
                values[j] = along[k] + shares[j] * (along[k + 1] - along[k]) if k >= 0 else np.float32(0.0)
    return lit


@partial(compiled, in_threads=True)
def _paint_band(top, points, grid, screen, ink, look, light, scratch, out):  # type: ignore[no-untyped-def]
    """Paint the rows from ``top`` on, as many as a band has."""
    mixed, faint, edges, lines, line = scratch
    plain, pad, width = screen[3], ink[2].shape[2] + 1, out.shape[1]
    mixed[:] = 0.0
    if not plain:
        faint[:] = 0.0
        edges[:] = 0.0
    layered = _collect(top, points, grid, screen, ink, scratch)
    ground, levels, tints = lines[:-2], lines[-2], lines[-1]
    period, phase = light[10], light[11]
    for i in range(min(_BAND, out.shape[0] - top)):
        lit = _light_of_row(top + i, light, line, levels, tints)
        # What is not layered has rows of one pixel only, which nobody looks at.
        k = i + pad if layered else 0
        _finish_row(
            lit,
            layered,
            ink,
            look,
            light,
            levels,
            tints,
            (top + i + phase) % period,
            light[5][(top + i) % 4],
            mixed[i + pad, pad : pad + width],
            faint[k, pad : pad + width] if layered else faint[0],
            edges[k, pad : pad + width] if layered else edges[0],
            ground,
            out[top + i],
        )
