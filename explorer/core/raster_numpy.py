"""The painter in plain numpy, used until the compiled one is ready; the same picture within rounding."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from explorer.core.grid_index import gathered
from explorer.core.raster_plan import HIDDEN, SELECTED, Plan, Rgb, dither_pattern

_POINTS_AT_ONCE = 50_000

Floats = NDArray[np.float32]


def paint(plan: Plan, out: NDArray[np.uint32], stop: NDArray[np.uint8]) -> None:
    """Paint ``plan`` into ``out`` (height, width) as 0xAARRGGBB; breaks off when ``stop`` (1,) is not 0."""
    height, width = out.shape
    points, x, y, weights = _visible(plan, height, width)
    inks = plan.inks[points]
    states, codes = inks >> 24, inks & 0xFFFFFF
    ground = _ground(plan)
    reach = plan.halo.shape[-1]

    def layer(chosen: NDArray[np.bool_], disc: Floats, shares: Floats | None = None) -> Floats:
        each = weights[chosen] if shares is None else weights[chosen] * shares
        return _layer(x[chosen], y[chosen], disc, each, reach, height, width, stop)

    hidden = states == HIDDEN
    if hidden.any():
        clear = _clear(plan.faint_thin, layer(hidden, plan.stamps))
        _blend(ground, _solid(plan.style.faint), clear)
    selected = states == SELECTED
    if selected.any():
        clear = np.float32(1.0) - np.minimum(layer(selected, plan.halo), np.float32(1.0))
        _blend(ground, _solid(plan.style.halo), clear)
    shown = ~hidden
    if shown.any():
        layers = layer(shown, plan.stamps)
        if len(plan.ramp):
            level = np.minimum(np.log1p(layers) / np.log1p(plan.ramp_top), 1.0) * (len(plan.ramp) - 1)
            node = np.minimum(level.astype(np.int64), len(plan.ramp) - 2)
            share = (level - node)[..., None]
            color = plan.ramp[node] + share * (plan.ramp[node + 1] - plan.ramp[node])
            _blend(
                ground,
                np.concatenate([color, np.full_like(share, 255.0)], axis=-1).astype(np.float32),
                np.float32(1.0) - np.minimum(layers, np.float32(1.0)),
            )
        else:
            inverse = np.divide(1.0, layers, out=np.zeros_like(layers), where=layers > 0.0)
            clear = _clear(plan.thin, layers)
            colors = plan.colors[codes[shown]]
            for channel in range(3):
                total = layer(shown, plan.stamps, colors[:, channel])
                mean = np.float32(255.0) * np.sqrt(total * inverse)
                ground[..., channel] = mean + clear * (ground[..., channel] - mean)
            ground[..., 3] = np.float32(255.0) + clear * (ground[..., 3] - np.float32(255.0))

    rows, columns = np.arange(height) % 4, np.arange(width) % 4
    ground += dither_pattern()[rows[:, None], columns[None, :], None]
    bytes_ = ground.astype(np.uint32)
    out[:] = bytes_[..., 3] << 24 | bytes_[..., 0] << 16 | bytes_[..., 1] << 8 | bytes_[..., 2]


def _visible(
    plan: Plan, height: int, width: int
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64], Floats]:
    """Sorted points whose discs may be seen, where they are in pixels, and for how many each counts."""
    index, view = plan.index, plan.view
    reach = 0.5 * plan.halo.shape[-1]
    cells, points = index.taken(plan.block, plan.takes)
    places = gathered(index.places, points).astype(np.float64)
    scale = 1.0 / view.units_per_pixel
    x, y = (places[:, 0] - view.left) * scale, (view.top - places[:, 1]) * scale
    seen = (x > -reach) & (x < width + reach) & (y > -reach) & (y < height + reach)
    weights = (index.counts.ravel()[cells] / np.maximum(plan.takes[cells], 1)).astype(np.float32)
    return points[seen], x[seen], y[seen], weights[seen]


def _layer(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    disc: Floats,
    weights: Floats,
    reach: int,
    height: int,
    width: int,
    stop: NDArray[np.uint8],
) -> Floats:
    """Sum of all discs, each by its weight, ``(height, width) float32``; none is over ``reach`` outside."""
    size = disc.shape[-1]
    pad = size + reach
    across = width + 2 * pad
    total = np.zeros((height + 2 * pad) * across)
    spread = (np.arange(size)[:, None] * across + np.arange(size)[None, :]).ravel()
    for begin in range(0, len(x), _POINTS_AT_ONCE):
        if stop[0]:
            break
        part = slice(begin, begin + _POINTS_AT_ONCE)
        column, row = np.floor(x[part]), np.floor(y[part])
        sub_x, sub_y = ((x[part] - column) * 4).astype(np.int64), ((y[part] - row) * 4).astype(np.int64)
        covered = disc[sub_y, sub_x].reshape(-1, size * size) * weights[part, None]
        corner = (row.astype(np.int64) - size // 2 + pad) * across + column.astype(np.int64) - size // 2 + pad
        pixels = corner[:, None] + spread
        total += np.bincount(pixels.ravel(), covered.ravel(), len(total))
    return total.reshape(-1, across)[pad:-pad, pad:-pad].astype(np.float32)


def _ground(plan: Plan) -> Floats:
    """``(height, width, 4) float32``: the background, lighter by support, else hatched; opacity last."""
    (rows, row_shares), (columns, column_shares) = plan.support_rows, plan.support_columns
    if plan.bare:
        return np.zeros((len(rows), len(columns), 4), np.float32)
    base = np.array(plan.style.background, np.float32)
    ground = np.full((len(rows), len(columns), 4), 255.0, np.float32)
    diagonal = np.arange(len(rows))[:, None] + np.arange(len(columns)) + plan.hatch_phase
    hatched = plan.hatch[diagonal % len(plan.hatch)]
    ground[..., :3] = base + hatched
    inside_rows, inside_columns = np.flatnonzero(rows >= 0), np.flatnonzero(columns >= 0)
    if len(inside_rows) and len(inside_columns):
        row, column = rows[inside_rows], columns[inside_columns]
        level, tint = (
            _between(grid, row, row_shares[inside_rows], column, column_shares[inside_columns])[..., None]
            for grid in (plan.support, plan.tint)
        )
        box = np.ix_(inside_rows, inside_columns)
        colors = ground[..., :3]
        colors[box] += level * (plan.rise[0] - hatched[box]) + tint * plan.rise[1]
    return ground


def _between(
    grid: Floats, row: NDArray[np.int32], row_share: Floats, column: NDArray[np.int32], column_share: Floats
) -> Floats:
    """``grid`` between its nodes, for each pixel row and column."""
    lines = grid[row] + row_share[:, None] * (grid[row + 1] - grid[row])
    level: Floats = lines[:, column] + column_share * (lines[:, column + 1] - lines[:, column])
    return level


def _solid(color: Rgb) -> Floats:
    """A colour and full opacity."""
    return np.array([*color, 255], np.float32)


def _clear(thin: float, layers: Floats) -> Floats:
    """What so many layers let through."""
    clear: Floats = np.exp(np.float32(thin) * np.log2(np.float32(1.0) + layers))
    return clear


def _blend(ground: Floats, color: Floats, clear: Floats) -> None:
    """Lay ``color`` over the ground, which shows through by ``clear`` (height, width)."""
    ground -= color
    ground *= clear[..., None]
    ground += color
