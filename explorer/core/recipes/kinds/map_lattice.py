"""The map decoded at the middles of squares; where data are silent, the square stays empty."""

from __future__ import annotations

import math

import numpy as np

from explorer.core.errors import ExplorerError
from explorer.core.lattice import Lattice
from explorer.core.progress import Progress
from explorer.core.recipes.document import MapLattice
from explorer.core.recipes.kinds.common import Chosen, drawn, listed
from explorer.core.recipes.source import Source

MOST = 250_000
"""Squares of a lattice."""


def map_lattice(what: MapLattice, source: Source, progress: Progress) -> Chosen:
    """The pictures of ``MapLattice``, the upper left one first. Raises ``ExplorerError`` without a map."""
    chart = source.chart
    finite = chart.positions[np.isfinite(chart.positions).all(axis=1)]
    (left, bottom), (right, top) = finite.min(axis=0).tolist(), finite.max(axis=0).tolist()
    left, bottom, right, top = Lattice.over((left, bottom, right, top)).bounds
    if what.columns < 1:
        raise ExplorerError("A lattice has one column or more.")
    side = (right - left) / what.columns
    rows = max(1, math.ceil((top - bottom) / side - 1e-9))
    if rows * what.columns > MOST:
        raise ExplorerError(
            f"A lattice of {what.columns:,} × {rows:,} squares is too large; ask for fewer columns."
        )
    middle = 0.5 * (bottom + top) + 0.5 * rows * side
    across, down = np.meshgrid(np.arange(what.columns), np.arange(rows))
    places = np.stack([left + (across.ravel() + 0.5) * side, middle - (down.ravel() + 0.5) * side], axis=1)
    support = chart.inverse.support_at(places)
    nothing = np.zeros(source.pair.latent_size, np.float32)
    items = []
    for index, (x, y) in enumerate(places.tolist()):
        progress(index, len(places), "Asking the map", "squares")
        spoken = float(support[index])
        if spoken < max(what.support, 1e-6):
            items.append(drawn(source, index, nothing, role="empty", draw=index, where=(x, y)))
            continue
        items.append(
            drawn(
                source,
                index,
                chart.inverse.latent_at((x, y), side),
                sampler="lattice of the map",
                draw=index,
                where=(x, y),
                facts={"support": spoken},
            )
        )
    if all(one.role == "empty" for one in items):
        raise ExplorerError("No square of the lattice has so much support; ask for less.")
    return listed(items, columns=what.columns)
