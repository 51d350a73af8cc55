"""Sets of rows: add, subtract, invert, grow, step through. Rows are ``(n,) int64``, each at most once."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from explorer.core.latent_map import LatentMap
from explorer.core.progress import Progress

Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
How = Literal["replace", "add", "subtract"]

GROWN_BY = 8
"""How many nearest pictures of each selected one join it."""

NOTHING: Rows = np.empty(0, np.int64)


def combined(old: Rows | None, rows: Rows, how: How = "replace") -> Rows:
    """The selection ``old`` with ``rows`` added or subtracted, or ``rows`` instead of it.

    What was selected keeps its order; what is added follows.
    """
    before = NOTHING if old is None else old
    if how == "subtract":
        return before[~_are_in(before, rows)]
    if how == "add":
        return np.concatenate([before, rows[~_are_in(rows, before)]])
    return rows


def inverted(old: Rows | None, shown: Mask) -> Rows:
    """All rows that are shown and not selected."""
    others = shown.copy()
    if old is not None:
        others[old] = False
    return np.flatnonzero(others)


def most_alike(latent_map: LatentMap, row: int, count: int) -> Rows:
    """``row`` and the pictures whose latents are nearest to its own, the nearest first; ``count`` in all."""
    found, _ = latent_map.placement.nearest(np.asarray(latent_map.latents[row], np.float32), count)
    return np.concatenate([[row], found[found != row]])[:count].astype(np.int64)


def grown(latent_map: LatentMap, old: Rows, progress: Progress, neighbours: int = GROWN_BY) -> Rows:
    """``old`` and the ``neighbours`` of each in the latent space: those that are new follow.

    Raises ``Cancelled`` through ``progress``.
    """
    joins = np.zeros(len(latent_map.latents), np.bool_)
    for done, row in enumerate(old.tolist()):
        if done % 64 == 0:
            progress(done, len(old), "Looking for neighbours", "pictures")
        latent = np.asarray(latent_map.latents[row], np.float32)
        joins[latent_map.placement.nearest(latent, neighbours + 1)[0]] = True
    joins[old] = False
    return np.concatenate([old, np.flatnonzero(joins)])


def stepped(rows: Rows, at: int, step: int) -> int:
    """The place in ``rows``, at least one, that is ``step`` after that of row ``at``, going round.

    The first or the last where ``at`` is not among them.
    """
    place = np.flatnonzero(rows == at)
    if not len(place):
        return 0 if step > 0 else len(rows) - 1
    return int(place[0] + step) % len(rows)


def _are_in(rows: Rows, others: Rows) -> Mask:
    """Which of ``rows`` are among ``others``; by a table, which is linear in both."""
    if not len(rows) or not len(others):
        return np.zeros(len(rows), np.bool_)
    table = np.zeros(max(int(rows.max()), int(others.max())) + 1, np.bool_)
    table[others] = True
    found: Mask = table[rows]
    return found
