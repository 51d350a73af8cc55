"""The compiled inner loop of an epoch; the interpreter is free while it runs."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

FIRST_OCTAVE, LAST_OCTAVE, STEPS = -24, 40, 128
"""Squared distances from 2^-24 to 2^40, each octave in 128 steps: what the tables of forces cover."""

_SHIFT = 16  # a float's bits without the last 16 count those steps
_FIRST = (127 + FIRST_OCTAVE) * STEPS
_TURN, _TIME = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD1B54A32D192ED03)


@numba.njit(inline="always")
def _mixed(x: Any) -> Any:
    """64 bits that tell nothing of those before (the mixer of SplitMix64, Steele et al. 2014)."""
    x ^= x >> np.uint64(30)
    x *= np.uint64(0xBF58476D1CE4E5B9)
    x ^= x >> np.uint64(27)
    x *= np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@numba.njit(inline="always")
def _force(table: Any, square: Any) -> Any:
    step = (np.float32(square).view(np.int32) >> np.int32(_SHIFT)) - np.int32(_FIRST)
    return table[min(max(step, np.int32(0)), np.int32(len(table) - 1))]


@numba.njit(nogil=True, fastmath=True, cache=True)
def move(
    layout: NDArray[np.float32],
    moved: NDArray[np.float32],
    points: tuple[int, int, int],
    starts: NDArray[np.int32],
    ends: NDArray[np.int32],
    every: NDArray[np.float32],
    due: NDArray[np.float32],
    due_far: NDArray[np.float32],
    pull: NDArray[np.float32],
    push: NDArray[np.float32],
    negatives: int,
    rate: np.float32,
    epoch: int,
    seed: int,
) -> Any:
    """Where the points ``range(*points)`` go in this epoch, into ``moved``, row by row as the range counts.

    ``layout (N, 2)`` is only read. The edges of point i are ``starts[i]`` to ``starts[i + 1]``; edge e goes
    to ``ends[e]`` and pulls once in ``every[e]`` epochs, next at ``due[e]``, with ``negatives`` random points
    pushing for each pull, counted by ``due_far[e]``. ``pull`` and ``push`` are forces by squared distance,
    which ``rate`` multiplies.
    """
    count, furthest = np.uint64(len(layout)), np.float32(4.0) * rate
    first, last, stride = points
    for row in range((last - first + stride - 1) // stride):
        point = first + row * stride
        x, y = layout[point, 0], layout[point, 1]
        state = _mixed(np.uint64(seed) + np.uint64(point) * _TURN + np.uint64(epoch) * _TIME)
        for edge in range(starts[point], starts[point + 1]):
            if due[edge] > epoch:
                continue
            away_x, away_y = x - layout[ends[edge], 0], y - layout[ends[edge], 1]
            force = rate * _force(pull, away_x * away_x + away_y * away_y)
            x += min(max(force * away_x, -furthest), furthest)
            y += min(max(force * away_y, -furthest), furthest)
            due[edge] += every[edge]
            pause = every[edge] / np.float32(negatives)
            pushes = int((epoch - due_far[edge]) / pause)
            for _ in range(pushes):
                state += _TURN
                other = np.int64(((_mixed(state) >> np.uint64(32)) * count) >> np.uint64(32))
                away_x, away_y = x - layout[other, 0], y - layout[other, 1]
                force = rate * _force(push, away_x * away_x + away_y * away_y)
                x += min(max(force * away_x, -furthest), furthest)
                y += min(max(force * away_y, -furthest), furthest)
            due_far[edge] += pushes * pause
        moved[row, 0], moved[row, 1] = x, y
