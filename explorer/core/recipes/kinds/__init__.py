"""The pictures of each kind of gallery, a builder in a file for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from explorer.core.progress import Progress
from explorer.core.recipes import document
from explorer.core.recipes.kinds.common import Chosen
from explorer.core.recipes.kinds.comparison import comparison
from explorer.core.recipes.kinds.film import film
from explorer.core.recipes.kinds.kept import kept
from explorer.core.recipes.kinds.map_lattice import map_lattice
from explorer.core.recipes.kinds.moves import moves
from explorer.core.recipes.kinds.nearest_real import nearest_real
from explorer.core.recipes.kinds.reconstructions import reconstructions
from explorer.core.recipes.kinds.samples import samples
from explorer.core.recipes.kinds.traversals import traversals
from explorer.core.recipes.source import Source

BUILDERS: Mapping[type, Callable[[Any, Source, Progress], Chosen]] = {
    document.Samples: samples,
    document.Kept: kept,
    document.Traversals: traversals,
    document.Film: film,
    document.MapLattice: map_lattice,
    document.NearestReal: nearest_real,
    document.Reconstructions: reconstructions,
    document.Moves: moves,
    document.Comparison: comparison,
}


def choose(what: document.What, source: Source, progress: Progress) -> Chosen:
    """Which pictures ``what`` stands for. Raises ``ExplorerError`` where it cannot be, and ``Cancelled``."""
    return BUILDERS[type(what)](what, source, progress)
