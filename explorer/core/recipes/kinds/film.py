"""Pictures at equal times along a path."""

from __future__ import annotations

from explorer.core.errors import ExplorerError
from explorer.core.export.item import Item
from explorer.core.export.look import Playing
from explorer.core.path_plan import LONGEST, SHORTEST, Ending, PathPlan, Station
from explorer.core.path_route import frames
from explorer.core.progress import Progress
from explorer.core.recipes.document import Film
from explorer.core.recipes.kinds.common import Chosen, Located, drawn
from explorer.core.recipes.source import Source

PLAYED: dict[Ending, Playing] = {"back": "there and back", "loop": "loop", "once": "once"}


def film(what: Film, source: Source, progress: Progress) -> Chosen:
    """The pictures of ``Film``. Raises ``ExplorerError`` where there is no such path."""
    size = source.pair.latent_size
    if what.stations.ndim != 2 or what.stations.shape[1] != size:
        raise ExplorerError(f"The stations of a film by {source.pair.name} are latents of {size} numbers.")
    if not SHORTEST <= what.seconds <= LONGEST:
        raise ExplorerError(f"A film lasts {SHORTEST:g} to {LONGEST:g} seconds, not {what.seconds:g}.")
    stations = tuple(Station(latent) for latent in what.stations)
    plan = PathPlan(stations, what.join, what.even, what.seconds, what.ending)
    latents = frames(plan, what.frames, source.pair, source.work, progress)
    located = Located(source, latents)
    step = what.seconds / max(1, what.frames - (what.ending != "loop"))
    text = f"path through {len(stations)} stations"

    def item(index: int) -> Item:
        return drawn(
            source, index, latents[index], sampler=text, draw=index, where=located.where(index),
            facts={"time": index * step, **located.facts(index)},
        )  # fmt: skip

    return Chosen(len(latents), item, play=PLAYED[what.ending], rate=what.frames / what.seconds)
