"""UMAP's optimisation on all cores, with the same seed giving the same map on any number of them.

UMAP's own epoch moves both ends of one edge after the other; on several threads at once, whoever comes
first wins, and no two maps are alike. Here an epoch has eight turns, in each of which every eighth point
moves, looking only at where the points were when the turn began; so the threads cannot disturb each other.
Forces, schedule and negative samples are UMAP's (McInnes et al. 2018, algorithm 5), random numbers those of
each point and epoch. Forces are looked up by squared distance, 128 values for each doubling.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
OnEpoch = Callable[[Floats, int], None]

_TURNS = 8
_NEGATIVES = 5
_PARTS = 4
"""Parts of a turn for each thread, so that none waits long for another."""


def arrange(
    graph: Any,
    places: Floats,
    curve: tuple[float, float],
    seed: int,
    epochs: int,
    on_epoch: OnEpoch,
    threads: int | None = None,
) -> Floats:
    """Places ``(N, 2)`` on a fuzzy ``graph``, a sparse ``(N, N)`` matrix, after ``epochs`` epochs.

    ``curve`` are UMAP's a and b; ``on_epoch(layout, done)`` is called after each epoch, and what it raises
    ends them. ``threads`` are as many as there are cores; the result is the same with any number.
    """
    from explorer.core.projecting.epoch_kernel import move

    rows = graph.tocsr(copy=True)
    rows.sum_duplicates()
    rows.data[rows.data < rows.data.max() / epochs] = 0.0  # they would not come to their turn
    rows.eliminate_zeros()
    every = (rows.data.max() / rows.data).astype(np.float32)
    due, due_far = every.copy(), every / np.float32(_NEGATIVES)
    pull, push = _forces(*curve)
    layout = np.array(places, np.float32, order="C")
    moved = np.empty((-(-len(layout) // _TURNS), 2), np.float32)
    threads = threads or os.cpu_count() or 1

    with ThreadPoolExecutor(threads) as pool:
        for epoch in range(epochs):
            rate = np.float32(1.0 - epoch / epochs)

            for turn in range(_TURNS):
                size = len(layout[turn::_TURNS])
                cuts = np.linspace(0, size, _PARTS * threads + 1).astype(int).tolist()
                parts = [
                    pool.submit(
                        move, layout, moved[low:high], (turn + low * _TURNS, turn + high * _TURNS, _TURNS),
                        rows.indptr, rows.indices, every, due, due_far, pull, push, _NEGATIVES, rate, epoch,
                        seed,
                    )
                    for low, high in itertools.pairwise(cuts)
                ]  # fmt: skip
                for part in parts:
                    part.result()
                layout[turn::_TURNS] = moved[:size]
            on_epoch(layout, epoch + 1)
    return layout


def _forces(a: float, b: float) -> tuple[Floats, Floats]:
    """UMAP's gradients of pull and push over the distance, by steps of the squared distance."""
    from explorer.core.projecting.epoch_kernel import FIRST_OCTAVE, LAST_OCTAVE, STEPS

    octaves = np.repeat(np.arange(FIRST_OCTAVE, LAST_OCTAVE), STEPS)
    within = np.tile((np.arange(STEPS) + 0.5) / STEPS, LAST_OCTAVE - FIRST_OCTAVE)
    squares = np.exp2(octaves.astype(np.float64)) * (1.0 + within)
    curved = 1.0 + a * squares**b
    pull = -2.0 * a * b * squares ** (b - 1.0) / curved
    push = 2.0 * b / ((0.001 + squares) * curved)
    return pull.astype(np.float32), push.astype(np.float32)
