"""The tools on latents: how long each takes, in bare decodes and in frames.

``python -m tests.benchmarks.tools [--quick] [--json]``, on the bundled pairs (``--quick``: one). A bare
decode is ``session.run`` of one latent. Two kinds are told apart:

- *at once*: what follows a click or a slider, held to a frame (16.7 ms) plus one decode;
- *behind*: what is fitted or prepared in a job of its own, in seconds; then its answers are at once.

``path_fps`` is how many pictures of a playing path are painted in a second, of 60 that are aimed at; on the
bundled pairs and one that is too slow to be played as it goes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from explorer.core.compared import MOST
from explorer.core.comparison import Comparison, Side, draw_from
from explorer.core.latent_index import LatentIndex
from explorer.core.latent_ops import axes, directions, draws, novelty, paths, probes, visible
from explorer.core.latent_ops.data_graph import DataGraph
from explorer.core.latent_ops.information import dimension_information
from explorer.core.latent_ops.steering import Steered
from explorer.core.likeness import Likeness
from explorer.core.model_pair import ModelPair
from explorer.core.opening import own_map
from explorer.core.path_plan import PathPlan, Station
from explorer.core.path_route import lay, route_on
from explorer.core.placement import Placement
from explorer.core.progress import Progress
from explorer.core.recomparing import compared_again, kept_of
from explorer.core.sampling import EACH_LABEL, SAMPLERS, SampleRequest, draw_of, mixture_of
from explorer.core.session import Bookmark, Cursor, Kept, Session, provenance_of
from explorer.core.session_file import load_session, save_session
from explorer.core.workspace import Workspace
from tests.benchmarks.common import (
    BUNDLES,
    Result,
    assets,
    bare_session,
    milliseconds,
    ratio,
    run_at_home,
)

FRAME = 1 / 60

_ROUNDS, _QUICK_ROUNDS = 60, 5
_BEHIND, _QUICK_BEHIND = 5, 1
_WARM_UP = 2
_PICTURES = 12

Calls = dict[str, Callable[[], object]]


def main() -> None:
    """Measure and print."""
    run_at_home(__doc__, measure)


def measure(home: Path, *, quick: bool) -> Result:
    """All tools on each pair."""
    result = Result()
    found = []
    for name in BUNDLES[:1] if quick else BUNDLES:
        pair, work = ModelPair.open(assets() / name), Workspace.open(assets() / name)
        assert pair.decoder_path is not None
        session, port = bare_session(pair.decoder_path)
        latent = np.array(work.latents[:1])
        at_once, behind = tools(pair, work, home)
        bare, *taken = in_turn(
            [lambda: session.run(None, {port: latent}), *at_once.values()],  # noqa: B023
            _QUICK_ROUNDS if quick else _ROUNDS,
        )
        result.time(f"{name}: bare decode", bare)
        figures: dict[str, object] = {"name": name, "bare_ms_median": milliseconds(bare)}
        room = FRAME + float(np.median(bare))
        quickest: dict[str, object] = {}
        for tool, seconds in zip(at_once, taken, strict=True):
            median = result.time(f"{name}: {tool}", seconds)
            quickest[tool] = {
                "ms_median": milliseconds(seconds),
                "over_bare_median": ratio(seconds, bare),
                "over_frame_and_decode": round(median / room, 3),
            }
        jobs: dict[str, object] = {}
        for tool, call in behind.items():
            (seconds,) = in_turn([call], _QUICK_BEHIND if quick else _BEHIND, warm_up=not quick)
            result.time(f"{name}: {tool}", seconds)
            jobs[tool] = {"ms_median": milliseconds(seconds), "over_bare_median": ratio(seconds, bare)}
        found.append(figures | {"at_once": quickest, "behind": jobs})
    result.facts = {
        "at_once_over_frame_and_decode": max(
            tool["over_frame_and_decode"] for one in found for tool in one["at_once"].values()
        ),
        "behind_ms": max(tool["ms_median"] for one in found for tool in one["behind"].values()),
        "pairs": found,
    }
    from tests.benchmarks.playing import path_fps, slow_pair
    from tests.benchmarks.sliding import slid

    bundles = [assets() / name for name in (BUNDLES[:1] if quick else BUNDLES)]
    bundles += [] if quick else [slow_pair(home)]
    seconds = 0.5 if quick else 3.0
    result.facts["path_fps"] = {bundle.name: path_fps(bundle, seconds) for bundle in bundles}
    steps = 20 if quick else 300
    result.facts["sliders"] = {bundle.name: slid(bundle, steps) for bundle in bundles}
    return result


def tools(pair: ModelPair, work: Workspace, home: Path) -> tuple[Calls, Calls]:
    """What is timed, by name: what answers at once, and what is made ready in a job."""
    latents = np.asarray(work.latents)
    field = work.fields[0]
    session = Session(pair, work, cursor=Cursor(latents[3], None, "map"), selection=np.arange(500))
    mixture_of(work)
    stops = latents[[3, 7, 100]]
    graph = DataGraph(latents)
    played = paths.path_through(stops, "spherical")
    direction = directions.direction_of_label(latents, field.codes, 0)
    probe = probes.probe_labels(latents, field.codes)
    dimensions = axes.dimension_axes(latents, dimension_information(latents, work.logvars))
    near = LatentIndex(latents)
    pictures = novelty.PictureIndex.read(work.pictures, len(work))
    like = likeness_of(pair, work)
    drawn = pair.decode(latents[:1])[0]
    seen = novelty.as_rows(drawn[None])[0]
    five = [replace(direction, name=str(number)) for number in range(5)]
    steered = Steered(latents[3], {one.name: 0.5 for one in five})

    def sampled(kind: str, code: int = 0) -> Callable[[], object]:
        request = SampleRequest(kind, _PICTURES, 1, truncation=1.0, field=field.name, code=code)
        return lambda: draw_of(request, session).latents()

    shown = own_map(work)
    assert shown is not None
    beside = Comparison.of([Side(pair, work, shown) for _ in range(MOST)])
    place = shown.densest_place()
    marked = Bookmark(Kept(drawn, provenance_of(pair, session.cursor, {})), "a name")
    full = replace(session, map=shown, tray=(marked.kept,) * 50, bookmarks=(marked,) * 10)
    file = home / "benchmark.latents"
    save_session(file, full, None)
    plan = PathPlan(tuple(map(Station, stops)))

    at_once: Calls = {f"sampler: {kind}": sampled(kind) for kind in SAMPLERS}
    at_once |= {
        "sampler: each label": sampled("label", EACH_LABEL),
        "comparison: one place, in three": lambda: beside.at(0, shown, place, 0.01),
        "comparison: one place, decoded by three": lambda: [
            side.pair.decode(latent[None])
            for side, latent in zip(beside.sides, beside.at(0, shown, place, 0.01), strict=True)
            if latent is not None
        ],
        "comparison: one row, in three": lambda: beside.of_row(0, 3),
        "comparison: one seed, in three": lambda: [
            draw_from(side, "prior", _PICTURES, 1).latents() for side in beside.sides
        ],
        "slider": lambda: dimensions[0].moved(latents[3], 0.5),
        "strip, 8 × 9 latents": lambda: axes.traversal(latents[3], dimensions[:8]),
        "path: straight": lambda: paths.path_through(stops),
        "path: spherical": lambda: paths.path_through(stops, "spherical"),
        "path: one frame": lambda: played.at(0.4),
        "directions applied, five": lambda: steered.latent(five),
        "directions applied, five, and decoded": lambda: pair.decode(steered.latent(five)[None]),
        "direction of two pictures": lambda: directions.direction_of_pair(latents, latents[3], latents[7]),
        "analogy": lambda: directions.analogy(latents[1], latents[2], latents[3]),
        "probe told": lambda: probe.probabilities(latents[3]),
        "nearest, latents": lambda: near.nearest(latents[3], 8),
        "nearest, pictures": lambda: pictures.nearest(seen, 8),
        "new or memorised, by latent": lambda: like.of_latent(latents[3] + 0.1, 5),
        "new or memorised, by picture": lambda: like.of_picture(drawn, latents[3] + 0.1, 5),
    }
    behind: Calls = {
        "mixture fitted": lambda: _mixture(latents),
        "mixture fitted to a selection": lambda: _mixture(latents[:500]),
        "comparison opened": lambda: compared_again(kept_of(beside), Progress(), first=beside.sides[0]),
        "session saved": lambda: save_session(file, full, None),
        "session read": lambda: load_session(file),
        "path laid, with its support": lambda: route_on(shown, lay(plan, pair, work), plan),
        "axes: principal": lambda: axes.principal_axes(latents),
        "axes: visible, here": lambda: visible.visible_axes(pair.decode, latents[3:4], latents),
        "axes: visible, 8 places": lambda: visible.visible_axes(pair.decode, latents[:8], latents),
        "graph of the data": lambda: DataGraph(latents),
        "path: along the data": lambda: paths.path_through(stops, "data", graph=graph),
        "path: equal visible steps": lambda: paths.evenly_visible(played, pair.decode),
        "direction: means": lambda: directions.direction_of_label(latents, field.codes, 0),
        "direction: linear": lambda: directions.direction_of_label(latents, field.codes, 0, "linear"),
        "probe of labels": lambda: probes.probe_labels(latents, field.codes),
        "probe of a number": lambda: probes.probe_values(latents, np.linalg.norm(latents, axis=1)),
        "pictures to compare": lambda: novelty.PictureIndex.read(work.pictures, len(work)),
        "what is usual, by latent and picture": lambda: likeness_of(pair, work),
        "prior, 1,000 × 512": lambda: draws.sample_prior(1000, 512, 1),
    }
    return at_once, behind


def likeness_of(pair: ModelPair, work: Workspace) -> Likeness:
    """What compares decoded pictures with the data."""
    return Likeness.learnt(pair, work, Placement(work.latents, work.positions()), {}, Progress())


def in_turn(calls: list[Callable[[], object]], rounds: int, *, warm_up: bool = True) -> list[list[float]]:
    """Seconds of each call, all in turn, so that a busy machine slows them alike."""
    taken: list[list[float]] = [[] for _ in calls]
    for number in range(rounds + _WARM_UP * warm_up):
        for call, seconds in zip(calls, taken, strict=True):
            began = time.perf_counter()
            call()
            if number >= _WARM_UP * warm_up:
                seconds.append(time.perf_counter() - began)
    return taken


def _mixture(latents: np.ndarray) -> object:
    from explorer.core.latent_ops.mixture import fit_mixture

    return fit_mixture(latents)


if __name__ == "__main__":
    main()
