"""Where a planned path goes: its latents in time, where they fall on the map, how far data speak for them."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from explorer.core.dataset_base import Field
from explorer.core.errors import ExplorerError
from explorer.core.latent_map import LatentMap
from explorer.core.latent_ops.data_graph import DataGraph
from explorer.core.latent_ops.paths import Decode, Path, evenly_visible, path_through
from explorer.core.model_pair import ModelPair
from explorer.core.path_plan import PathPlan
from explorer.core.progress import Progress
from explorer.core.workspace import Workspace

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

FINE, ROUGH = 48, 12
"""Latents of a leg that are looked up on the map: at rest, and while a station is under the hand."""

_MOST, _FEWEST = 480, 6
_JUMP, _TIMES_USUAL = 0.03, 6.0
_GRAPHS: WeakKeyDictionary[Workspace, DataGraph] = WeakKeyDictionary()
_JOINING = threading.Lock()


@dataclass(frozen=True, eq=False)
class Route:
    """A path that can be played, and what is known of it at some times.

    Attributes:
        path: from a time in [0, 1] to a latent.
        times: ``(m,) float64`` ascending from 0 to 1; at all stations and evenly between.
        places: ``(m, 2) float32``, where the latents of these times fall on the map, in map units.
        support: ``(m,) float32`` in [0, 1], how far the data speak for these latents.
        diameter: that of the map, in its units.
    """

    path: Path
    times: Doubles
    places: Floats
    support: Floats
    diameter: float

    @cached_property
    def jumps(self) -> npt.NDArray[np.bool_]:
        """``(m - 1,)``: between which places the map is torn, so that no line leads from one to the next."""
        steps = np.linalg.norm(np.diff(self.places, axis=0), axis=1)
        usual = float(np.median(steps)) if len(steps) else 0.0
        torn: npt.NDArray[np.bool_] = steps > max(_JUMP * self.diameter, _TIMES_USUAL * usual)
        return torn

    @property
    def stations(self) -> Doubles:
        """When each station is passed, ``(k,)``; a closed path has its first at both ends."""
        return self.path.times[self.path.stations]

    def place_at(self, time: float) -> tuple[float, float]:
        """Where the latent of a time is marked on the map; at a tear the nearer side."""
        after = int(np.clip(np.searchsorted(self.times, time, side="right"), 1, len(self.times) - 1))
        start, end = self.times[after - 1], self.times[after]
        share = float((time - start) / (end - start)) if end > start else 0.0
        if self.jumps[after - 1]:
            share = float(share > 0.5)
        x, y = ((1.0 - share) * self.places[after - 1] + share * self.places[after]).tolist()
        return x, y

    def support_at(self, time: float) -> float:
        """How far the data speak for the latent of a time, in [0, 1]."""
        return float(np.interp(time, self.times, self.support))

    def well_supported(self) -> float:
        """The share of its time that the path spends where data speak more for it than not."""
        fine = np.linspace(0.0, 1.0, 512)
        return float((np.interp(fine, self.times, self.support) >= 0.5).mean())


def lay(
    plan: PathPlan,
    pair: ModelPair,
    work: Workspace | None,
    progress: Progress | None = None,
    decode: Decode | None = None,
) -> Path:
    """The path of a plan; with ``decode`` also timed by its pictures, where the plan wants that.

    Raises ``ExplorerError`` where there is none, and ``Cancelled``.
    """
    progress = progress or Progress()
    graph = None
    if plan.kind == "data" and len(plan.stations) > 1:
        if work is None or not len(work):
            raise ExplorerError("A path along the data needs data; open some, or take the straight path.")
        progress(0, 0, "Joining up the data")
        graph = graph_of(work)
    closed = plan.ending == "loop" and len(plan.stations) > 2
    path = path_through(plan.latents, plan.kind, closed=closed, centre=centre_of(pair, work), graph=graph)
    return evenly_visible(path, decode, progress=progress) if plan.even and decode is not None else path


def route_on(latent_map: LatentMap, path: Path, plan: PathPlan, per_leg: int = FINE) -> Route:
    """Where ``path``, laid for ``plan``, goes on a map.

    ``per_leg`` of its latents are looked up between stations, fewer where there are many stations.
    """
    at = path.times[path.stations]
    each = max(_FEWEST, min(per_leg, _MOST // (len(at) - 1)))
    legs = [np.linspace(start, end, each, endpoint=False) for start, end in pairwise(at)]
    times = np.concatenate([*legs, at[-1:]])
    placement = latent_map.placement
    placed = placement.placed(path.at(times))
    support = np.array([placement.support_of(float(one)) for one in placed.distances], np.float32)
    places = placed.places
    for number, row in enumerate(range(0, len(times), each)):
        marked = plan.stations[number % len(plan.stations)].place
        if marked is not None:  # what a hand put there stays there
            places[row] = marked
    return Route(path, times, places, support, latent_map.inverse.diameter)


def frames(
    plan: PathPlan, count: int, pair: ModelPair, work: Workspace | None, progress: Progress | None = None
) -> Floats:
    """``count`` latents ``(count, D) float32`` along the path of ``plan``, at equal times.

    Both ends are among them, but of a loop the end, which is its beginning. Raises as ``lay``.
    """
    return lay(plan, pair, work, progress, pair.decode if plan.even else None).frames(count)


def typical_rows(latents: Floats, field: Field, codes: Sequence[int]) -> list[int]:
    """Of each label the row whose latent ``(D,)`` is nearest to the mean of all that have it.

    Raises ``ExplorerError`` for a label that no row has.
    """
    rows = []
    for code in codes:
        own = np.flatnonzero(field.codes == code)
        own = own[np.isfinite(latents[own]).all(axis=1)]
        if not len(own):
            raise ExplorerError(
                f"No point has the label {field.names[code]}; hide it in the legend, or choose another."
            )
        away = latents[own] - latents[own].mean(axis=0, dtype=np.float64)
        rows.append(int(own[np.square(away).sum(axis=1).argmin()]))
    return rows


def graph_of(work: Workspace) -> DataGraph:
    """The latents of ``work`` joined to their neighbours, kept as long as ``work`` is; a second of work.

    Raises ``ExplorerError`` for fewer than 3 latents.
    """
    with _JOINING:
        found = _GRAPHS.get(work)
        if found is None:
            found = _GRAPHS[work] = DataGraph(np.asarray(work.latents))
        return found


def centre_of(pair: ModelPair, work: Workspace | None) -> Floats | None:
    """What spherical paths turn around: 0 (None), or the mean code of an autoencoder without a prior."""
    if pair.prior != "data" or work is None or not len(work):
        return None
    rows = np.asarray(work.latents, np.float64)
    middle: Floats = rows[np.isfinite(rows).all(axis=1)].mean(axis=0).astype(np.float32)
    return middle
