"""In which order samples stand: like beside like, by label, or as a path."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from explorer.core.errors import ExplorerError
from explorer.core.pca import components
from explorer.core.recipes.source import Source

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]

MOST_ASSIGNED = 1600
MOST_CHAINED = 10_000
_SHAPE = 4 / 3


def columns_for(count: int, height: int, width: int) -> int:
    """Columns of a sheet near 4:3 for pictures of this size."""
    return max(1, min(count, round(math.sqrt(count * _SHAPE * height / width))))


def by_similarity(latents: Floats, columns: int, places: Floats | None = None) -> Rows:
    """The order in which latents ``(n, D)``, laid in rows of ``columns``, have like ones beside each other.

    Each gets a cell of the grid so that the squared distances to their places, on the map where they are
    known ``(n, 2)``, else on the first two principal components, sum to the least (the linear assignment
    problem). Places are spread evenly first, axis by axis. More than 1,600 are sorted into rows, and each
    row by itself.
    """
    count = len(latents)
    if places is None:
        found = components(latents, 2) if count > 2 else None
        places = np.zeros((count, 2), np.float32)
        if found is not None:
            flat = (latents - latents.mean(axis=0)) @ found.axes
            places[:, : flat.shape[1]] = flat[:, :2]
    rows = math.ceil(count / columns)
    even = np.stack([_spread(places[:, 0]) * columns, _spread(-places[:, 1]) * rows], axis=1)
    cells = np.stack(np.divmod(np.arange(count), columns)[::-1], axis=1) + 0.5
    if count <= MOST_ASSIGNED:
        from scipy.optimize import linear_sum_assignment

        cost = ((cells[:, None] - even[None]) ** 2).sum(axis=2)
        return np.asarray(linear_sum_assignment(cost)[1], np.int64)
    down = np.argsort(even[:, 1], kind="stable")
    parts = [down[start : start + columns] for start in range(0, count, columns)]
    return np.concatenate([part[np.argsort(even[part, 0], kind="stable")] for part in parts])


def as_path(latents: Floats) -> Rows:
    """The order in which each of latents ``(n, D)`` is followed by the nearest that is left.

    It begins with the one farthest from their mean. Raises ``ExplorerError`` for more than 10,000.
    """
    count = len(latents)
    if count > MOST_CHAINED:
        raise ExplorerError(f"A path through {count:,} pictures takes too long; ask for {MOST_CHAINED:,}.")
    left = np.ones(count, np.bool_)
    apart = np.square(latents - latents.mean(axis=0)).sum(axis=1)
    order = np.empty(count, np.int64)
    at = int(apart.argmax())
    for step in range(count):
        order[step], left[at] = at, False
        if step + 1 < count:
            others = np.flatnonzero(left)
            way = latents[others] - latents[at]
            at = int(others[np.einsum("nd,nd->n", way, way).argmin()])
    return order


def by_label(latents: Floats, source: Source, name: str) -> tuple[Rows, list[str]]:
    """The order of latents ``(n, D)`` by the label of the nearest real picture, and each one's label in it.

    ``name`` is the column, by default the first. Raises ``ExplorerError`` where there is none.
    """
    work = source.data
    field = next((one for one in work.fields if one.name == name or not name), None)
    if field is None:
        raise ExplorerError(
            f"The data have no labels{f' “{name}”' if name else ''} to order by; choose another order."
        )
    codes = field.codes[source.chart.placement.nearest_of_each(latents, 1)[0][:, 0]]
    order = np.argsort(np.where(codes < 0, len(field.names), codes), kind="stable")
    return order, [field.names[codes[row]] if codes[row] >= 0 else "no label" for row in order.tolist()]


def _spread(values: Floats) -> NDArray[np.float64]:
    """The values' ranks, evenly in (0, 1)."""
    ranks = np.empty(len(values))
    ranks[np.argsort(values, kind="stable")] = np.arange(len(values))
    return np.asarray((ranks + 0.5) / len(values))
