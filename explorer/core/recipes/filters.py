"""Which samples count: those that data speak for, that are no copies, and that differ from each other."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from explorer.core.errors import ExplorerError
from explorer.core.latent_index import LatentIndex
from explorer.core.progress import Progress
from explorer.core.recipes.document import Filters
from explorer.core.recipes.real import RealPictures
from explorer.core.recipes.source import Source

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]

MOST = 10_000
"""Samples that can be wanted where anything is left out."""

_BATCH = 64
_SAMPLE = 300


def select(
    draw: Callable[[int], Floats], wanted: int, filters: Filters, source: Source, progress: Progress
) -> tuple[Floats, Rows]:
    """Latents ``(wanted, D)`` that pass, and which draws they are, ``(wanted,)`` ascending.

    ``draw(n)`` gives n latents, the first of which are those of fewer. Raises ``ExplorerError`` where too few
    pass, saying how many were tried, and ``Cancelled``.
    """
    if not filters.are_any:
        return draw(wanted), np.arange(wanted)
    if wanted > MOST:
        raise ExplorerError(
            f"Filters choose at most {MOST:,} pictures, not {wanted:,}; ask for fewer or take them off."
        )
    pool, most = wanted * max(1, filters.pool), wanted * max(filters.tries, filters.pool, 1)
    passes = _tests(filters, source, progress)
    kept = np.empty(0, np.int64)
    latents, done = draw(min(pool, most)), 0
    apart: _Apart | None = None
    while True:
        for start in range(done, len(latents), _BATCH):
            progress(min(len(kept), pool), pool, "Choosing samples", "pictures")
            rows = np.arange(start, min(start + _BATCH, len(latents)))
            for test in passes:
                rows = rows[test(latents[rows])] if len(rows) else rows
            if filters.apart > 0:
                apart = apart or _Apart(filters.apart * _usual(source, latents), latents.shape[1], pool)
                rows = rows[[apart.takes(latents[row]) for row in rows.tolist()]]
            kept = np.concatenate([kept, rows])
            if len(kept) >= pool:
                break
        done = len(latents)
        if len(kept) >= pool or done >= most:
            break
        latents = draw(min(2 * done, most))
    if len(kept) < wanted:
        raise ExplorerError(
            f"Of {done:,} samples {len(kept):,} passed the filters, not the {wanted:,} that are wanted; ask "
            "for less support, smaller distances, or fewer pictures."
        )
    kept = kept[:pool]
    if len(kept) > wanted:
        kept = np.sort(kept[farthest(latents[kept], wanted, progress)])
    return latents[kept], kept


def farthest(latents: Floats, count: int, progress: Progress | None = None) -> Rows:
    """``count`` of latents ``(n, D)``, each as far as possible from all before it, the first being row 0.

    Farthest-point sampling (Gonzalez 1985).
    """
    progress = progress or Progress()
    chosen = np.zeros(count, np.int64)
    apart = np.full(len(latents), np.inf)
    for place in range(1, count):
        progress(place, count, "Choosing the most different", "pictures")
        step = latents - latents[chosen[place - 1]]
        np.minimum(apart, np.einsum("nd,nd->n", step, step), out=apart)
        chosen[place] = int(apart.argmax())
    return chosen


class _Apart:
    """Takes latents that are not within ``distance`` of one it took."""

    def __init__(self, distance: float, size: int, most: int) -> None:
        self._square = distance * distance
        self._taken, self._count = np.empty((most + _BATCH, size), np.float32), 0

    def takes(self, latent: Floats) -> bool:
        step = self._taken[: self._count] - latent
        if self._count and float(np.einsum("nd,nd->n", step, step).min()) < self._square:
            return False
        if self._count < len(self._taken):
            self._taken[self._count] = latent
            self._count += 1
        return True


def _usual(source: Source, samples: Floats) -> float:
    """The median distance to the nearest other among the data, else among samples."""
    rows = source.work.latents if source.work is not None and len(source.work) > 1 else samples
    rows = np.asarray(rows)[np.isfinite(rows).all(axis=1)]
    some = np.random.Generator(np.random.PCG64(0)).permutation(len(rows))[:_SAMPLE]
    index = LatentIndex(rows)
    return float(np.median(index.nearest_of_each(rows[some], 2)[1][:, -1]))


def _tests(
    filters: Filters, source: Source, progress: Progress
) -> list[Callable[[Floats], NDArray[np.bool_]]]:
    tests: list[Callable[[Floats], NDArray[np.bool_]]] = []
    if filters.support > 0:
        placement, least = source.chart.placement, filters.support

        def supported(latents: Floats) -> NDArray[np.bool_]:
            nearest = placement.placed(latents).distances.tolist()
            return np.array([placement.support_of(one) >= least for one in nearest])

        tests.append(supported)
    if filters.distance > 0:
        real = RealPictures(source, progress)

        def novel(latents: Floats) -> NDArray[np.bool_]:
            nearest = real.nearest(source.pair.decode(latents, source.extras), 1)[1][:, 0].tolist()
            return np.array([real.percentile(one) >= filters.distance for one in nearest])

        tests.append(novel)
    return tests
