"""A path goes where its latents fall, is timed as asked, and prepared from coarse to fine in bounded room."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest

from explorer.core import path_buffer
from explorer.core.errors import Cancelled, ExplorerError
from explorer.core.latent_map import LatentMap
from explorer.core.latent_ops.paths import path_through
from explorer.core.model_pair import ModelPair
from explorer.core.path_buffer import PathBuffer, coarse_to_fine
from explorer.core.path_plan import PathPlan, Station
from explorer.core.path_route import centre_of, frames, lay, route_on, typical_rows
from explorer.core.progress import Progress
from explorer.core.workspace import Workspace

Open = tuple[ModelPair, Workspace, LatentMap]


@pytest.fixture(scope="module")
def fashion(fashion_bundle: Path) -> Open:
    pair, work = ModelPair.open(fashion_bundle), Workspace.open(fashion_bundle)
    return pair, work, LatentMap.of(work.positions(), work.latents)


def plan_through(fashion: Open, *rows: int, **asked) -> PathPlan:
    _, work, latent_map = fashion
    places = latent_map.positions[list(rows)].tolist()
    return PathPlan(
        tuple(Station(np.array(work.latents[r]), (x, y)) for r, (x, y) in zip(rows, places, strict=True)),
        **asked,
    )


@pytest.mark.parametrize("kind", ["straight", "spherical", "data"])
def test_the_line_is_where_the_decoded_latents_fall(fashion: Open, kind) -> None:
    pair, work, latent_map = fashion
    plan = plan_through(fashion, 3, 700, 1500, kind=kind)
    path = lay(plan, pair, work)
    route = route_on(latent_map, path, plan)
    np.testing.assert_array_equal(route.places, latent_map.placement.place(path.at(route.times)))
    np.testing.assert_array_equal(route.places[[0, 48, 96]], latent_map.positions[[3, 700, 1500]])
    assert route.times[[0, 48, 96]].tolist() == route.stations.tolist()
    assert (route.support >= 0).all()
    assert route.well_supported() == pytest.approx(1.0)
    torn = np.flatnonzero(route.jumps)
    for step in (*torn[:1], int(np.flatnonzero(~route.jumps)[0])):
        middle = 0.25 * route.times[step] + 0.75 * route.times[step + 1]
        share = 1.0 if route.jumps[step] else 0.75  # a tear is leapt over
        wanted = (1 - share) * route.places[step] + share * route.places[step + 1]
        np.testing.assert_allclose(route.place_at(middle), wanted, rtol=1e-4)
    assert route.place_at(1.0) == pytest.approx(latent_map.positions[1500].tolist())


def test_latents_far_from_all_data_are_found_so_and_marks_stay_where_a_hand_put_them(fashion: Open) -> None:
    pair, work, latent_map = fashion
    near = plan_through(fashion, 3).stations[0]
    plan = PathPlan((near, Station(near.latent * 9, (1.5, -2.5))))
    route = route_on(latent_map, lay(plan, pair, work), plan)
    assert route.support[0] == 1.0
    assert route.support_at(1.0) == 0.0
    assert route.place_at(1.0) == (1.5, -2.5)
    assert 0.0 < route.well_supported() < 0.9


def test_a_loop_comes_back_and_equal_steps_change_the_times_alone(fashion: Open) -> None:
    pair, work, latent_map = fashion
    plan = plan_through(fashion, 3, 700, 1500, ending="loop", even=True)
    route = route_on(latent_map, lay(plan, pair, work, decode=pair.decode), plan)
    assert len(route.stations) == 4
    np.testing.assert_array_equal(route.path.at(1.0), plan.stations[0].latent)
    plain = lay(plan, pair, work)
    assert not np.allclose(route.stations, plain.times[plain.stations], atol=1e-3)
    np.testing.assert_array_equal(route.path.at(route.stations), plain.at(plain.times[plain.stations]))
    film = frames(plan, 12, pair, work)
    assert film.shape == (12, pair.latent_size)
    np.testing.assert_array_equal(film[0], plan.stations[0].latent)


def test_an_arc_of_codes_without_a_prior_turns_around_their_middle(fashion: Open) -> None:
    pair, work, _ = fashion
    assert centre_of(pair, work) is None
    plain = copy.copy(pair)
    plain.prior = "data"
    np.testing.assert_allclose(centre_of(plain, work), np.asarray(work.latents).mean(axis=0), atol=1e-5)


def test_a_label_is_stood_for_by_its_most_typical_row(fashion: Open) -> None:
    _, work, _ = fashion
    field, latents = work.fields[0], np.asarray(work.latents)
    rows = typical_rows(latents, field, [0, 3])
    assert field.codes[rows].tolist() == [0, 3]
    own = latents[field.codes == 3]
    away = np.linalg.norm(own - own.mean(axis=0), axis=1)
    assert np.linalg.norm(latents[rows[1]] - own.mean(axis=0)) == pytest.approx(away.min())
    none = type(field)(field.name, np.full(len(latents), 1, np.int32), field.names)
    with pytest.raises(ExplorerError, match="No point has the label"):
        typical_rows(latents, none, [0])


def test_plans_that_make_no_sense_are_refused(fashion: Open) -> None:
    pair, work, _ = fashion
    one = plan_through(fashion, 3)
    with pytest.raises(ExplorerError, match="one station"):
        lay(one, pair, work)
    with pytest.raises(ExplorerError, match="needs data"):
        lay(plan_through(fashion, 3, 7, kind="data"), pair, None)
    with pytest.raises(ValueError, match="differ in size"):
        PathPlan((one.stations[0], Station(np.zeros(3, np.float32))))
    with pytest.raises(ValueError, match="seconds"):
        PathPlan(seconds=float("nan"))


def test_pictures_are_prepared_from_coarse_to_fine_and_what_is_there_stays(monkeypatch) -> None:
    for count in (1, 2, 3, 17, 100):
        order = coarse_to_fine(count)
        assert sorted(order) == list(range(count))
    spread = np.sort(coarse_to_fine(100)[:9])
    assert np.diff(spread).max() <= 20

    path = path_through(np.array([[0.0], [1.0]], np.float32))
    buffer, progress = PathBuffer(path, 1.0, (2, 2, 1)), Progress()
    assert len(buffer) == path_buffer.RATE + 1 > 61
    assert buffer.nearest(0.5) == -1

    def decode(latents: np.ndarray) -> np.ndarray:
        if buffer.ready > 8:
            progress.cancel()
        return np.broadcast_to(np.uint8(200 * latents)[:, :, None, None], (len(latents), 2, 2, 1))

    with pytest.raises(Cancelled):
        buffer.fill(decode, progress)
    ready = buffer.ready
    assert 8 < ready < len(buffer)
    nearest = buffer.nearest(0.52)
    assert abs(buffer.time(nearest) - 0.52) < 0.2
    assert buffer.picture(nearest).max() == np.uint8(200 * buffer.latents[nearest, 0])
    progress = Progress()
    buffer.fill(lambda latents: np.full((len(latents), 2, 2, 1), 255, np.uint8), progress)
    assert buffer.ready == len(buffer)
    assert buffer.picture(nearest).max() < 255  # not decoded again
    monkeypatch.setattr(path_buffer, "LIMIT", 100 * 4)
    assert len(PathBuffer(path, 60.0, (2, 2, 1))) == 100
