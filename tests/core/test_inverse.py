"""A place becomes a latent: exact where points stand apart, smooth where they merge."""

from __future__ import annotations

import time

import numpy as np
import pytest

from explorer.core import inverse as module
from explorer.core.errors import ExplorerError
from explorer.core.inverse import Inverse
from explorer.core.plane_index import PlaneIndex

Floats = np.ndarray


def clustered(count: int, seed: int = 0, size: int = 16) -> tuple[Floats, Floats]:
    """A map like UMAP's (clumps, gaps, an outlier) and latents that follow it with noise of their own."""
    rng = np.random.default_rng(seed)
    centres = rng.uniform(-10, 10, (12, 2))
    positions = (centres[rng.integers(0, 12, count)] + rng.normal(size=(count, 2))).astype(np.float32)
    positions[0] = (40.0, 40.0)
    latents = np.sin(positions @ rng.normal(size=(2, size))) + 0.3 * rng.normal(size=(count, size))
    return positions, latents.astype(np.float32)


LAYOUTS = {
    "clusters": clustered(3000)[0],
    "duplicates": np.random.default_rng(1).integers(0, 12, (900, 2)).astype(np.float32),
    "a line": np.column_stack([np.random.default_rng(2).random(700), np.zeros(700)]).astype(np.float32),
    "one place": np.full((200, 2), 3.0, np.float32),
    "few": np.random.default_rng(3).random((7, 2)).astype(np.float32),
    "one": np.zeros((1, 2), np.float32),
    "a great scale": 1e8 * clustered(500)[0],
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_index_finds_what_brute_force_finds(layout: str) -> None:
    positions = LAYOUTS[layout].astype(np.float64)
    index = PlaneIndex(positions)
    rng = np.random.default_rng(4)
    extent = np.ptp(positions, axis=0) + 1.0
    places = np.concatenate(
        [
            rng.uniform(positions.min(axis=0) - extent, positions.max(axis=0) + extent, (60, 2)),
            positions[rng.integers(0, len(positions), 60)] + 0.01 * rng.normal(size=(60, 2)),
        ]
    )
    limit = float(np.hypot(*extent)) / 20
    cut = index.distances(places, limit)
    for place, nearest in zip(places, cut, strict=True):
        every = np.hypot(*(positions - place).T)
        rows, distances = index.nearest(float(place[0]), float(place[1]), 48)
        assert len(set(rows.tolist())) == min(48, len(positions))
        np.testing.assert_allclose(distances, np.sort(every)[:48], rtol=1e-9)
        np.testing.assert_allclose(every[rows], distances, rtol=1e-9)
        assert nearest == pytest.approx(min(every.min(), limit), rel=1e-9)


def test_a_visible_point_gives_exactly_its_own_latent() -> None:
    positions, latents = clustered(4000)
    inverse = Inverse(positions, latents)
    close_up = inverse.diameter / 1e6
    for row in range(0, 4000, 97):
        assert np.array_equal(inverse.latent_at(positions[row], close_up), latents[row])
        assert np.array_equal(inverse.latent_at(positions[row]), latents[row])


def test_far_out_a_place_stands_for_its_region() -> None:
    positions, latents = clustered(4000)
    inverse = Inverse(positions, latents)
    row = 10
    far_out = inverse.diameter / 50
    there = inverse.latent_at(positions[row], far_out)
    around = latents[inverse.nearest(positions[row], 48)]
    assert not np.array_equal(there, latents[row])
    assert np.linalg.norm(there - around.mean(axis=0)) < np.linalg.norm(latents[row] - around.mean(axis=0))


def test_the_latent_is_continuous_in_place_and_in_zoom() -> None:
    positions, latents = clustered(3000)
    inverse = Inverse(positions, latents)
    spread = float(np.linalg.norm(latents.std(axis=0)))
    here, there = positions[50].astype(np.float64), positions[900].astype(np.float64)
    for scale in (inverse.diameter / 1000, inverse.diameter / 20_000):
        ends = here, here + (there - here) * min(1.0, 40 * scale / float(np.hypot(*(there - here))))
        steps = np.linspace(0, 1, 4001)[:, None]
        path = [inverse.latent_at(place, scale) for place in ends[0] + (ends[1] - ends[0]) * steps]
        assert np.linalg.norm(np.diff(path, axis=0), axis=1).max() < 0.05 * spread
    scales = np.geomspace(inverse.diameter / 100, inverse.diameter / 1e6, 2000)
    zoomed = [inverse.latent_at(here + 0.001, scale) for scale in scales]
    assert np.linalg.norm(np.diff(zoomed, axis=0), axis=1).max() < 0.05 * spread


def test_the_kernel_predicts_held_out_latents_better_than_the_nearest_point() -> None:
    positions, latents = clustered(6000)
    inverse = Inverse(positions[:5000], latents[:5000])
    truth = latents[5000:]
    smooth = np.array([inverse.latent_at(place) for place in positions[5000:]])
    nearest = np.array([latents[inverse.nearest(place, 1)[0]] for place in positions[5000:]])
    assert np.square(smooth - truth).mean() < 0.7 * np.square(nearest - truth).mean()


def test_support_is_full_as_near_to_data_as_data_are_and_gone_away_from_them() -> None:
    axis = np.arange(40, dtype=np.float32)
    positions = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    inverse = Inverse(positions, np.zeros((1600, 3), np.float32))
    near = [[5, 5], [5.5, 5.5], [-1, 5], [-2, 5], [-3, 5]]
    places = np.array([*near, [-4, 5], [20, 60], [np.nan, 0], [1e30, 0]])
    support = inverse.support_at(places)
    assert support.dtype == np.float32
    assert support[:3].tolist() == [1, 1, 1]
    assert 1 > support[3] > support[4] > 0
    assert support[5:].tolist() == [0, 0, 0, 0]


def test_support_of_points_on_one_position_is_not_nowhere() -> None:
    positions = np.repeat(np.array([[0, 0], [30, 40]], np.float32), 500, axis=0)
    support = Inverse(positions, np.zeros((1000, 3), np.float32)).support_at(np.array([[0, 0], [15, 20]]))
    assert support.tolist() == [1, 0]


def test_support_of_a_picture_full_of_places_is_quick() -> None:
    positions, latents = clustered(10_000)
    inverse = Inverse(positions, latents)
    axes = [np.linspace(positions[:, i].min(), positions[:, i].max(), 192) for i in range(2)]
    places = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
    began = time.perf_counter()
    support = inverse.support_at(places)
    assert time.perf_counter() - began < 1.0
    assert 0.02 < support.mean() < 0.98


@pytest.mark.parametrize("count", [1, 2, 5, 47, 48, 49])
def test_a_small_map_has_latents_everywhere(count: int) -> None:
    rng = np.random.default_rng(count)
    positions = rng.random((count, 2)).astype(np.float32)
    latents = rng.normal(size=(count, 4)).astype(np.float32)
    inverse = Inverse(positions, latents)
    for place in [(0.5, 0.5), (-3.0, 9.0), (1e20, -1e20), tuple(positions[0])]:
        for scale in (0.0, 1e-3, 10.0):
            latent = inverse.latent_at(place, scale)
            assert latent.dtype == np.float32
            assert latent.shape == (4,)
            assert (latents.min(axis=0) - 1e-5 <= latent).all()
            assert (latent <= latents.max(axis=0) + 1e-5).all()
    assert (
        inverse.nearest((0.5, 0.5), 100).tolist()
        == np.argsort(np.hypot(*(positions.astype(np.float64) - 0.5).T)).tolist()
    )


def test_where_the_neighbours_are_of_two_minds_the_answer_is_like_one_of_them() -> None:
    rng = np.random.default_rng(8)
    positions = rng.random((3000, 2)).astype(np.float32)
    minds = np.where(rng.random(3000)[:, None] < 0.7, 1.0, -1.0)
    latents = (minds + 0.05 * rng.normal(size=(3000, 16))).astype(np.float32)
    inverse = Inverse(positions, latents)
    middle = rng.uniform(0.2, 0.8, (200, 2))
    answers = np.array([inverse.latent_at(place, 0.01) for place in middle])
    around = np.array([latents[inverse.nearest(place, 30)].mean() for place in middle])
    assert np.abs(answers.mean(axis=1)).mean() > 0.75  # the plain mean is 0.4
    assert np.abs(around).mean() < 0.5


def test_where_the_neighbours_agree_the_answer_is_their_mean() -> None:
    rng = np.random.default_rng(9)
    positions = rng.random((4000, 2)).astype(np.float32)
    latents = rng.normal(size=(4000, 16)).astype(np.float32)
    inverse = Inverse(positions, latents)
    answers = np.array([inverse.latent_at(place, 0.01) for place in rng.uniform(0.2, 0.8, (100, 2))])
    assert np.linalg.norm(answers, axis=1).mean() < 0.35 * np.linalg.norm(latents, axis=1).mean()


def test_a_pixel_moves_the_latent_little_however_many_points_it_holds() -> None:
    positions, latents = clustered(60_000)
    inverse = Inverse(positions, latents)
    spread = float(np.linalg.norm(latents.std(axis=0)))
    pixel = inverse.diameter / 200  # a small view of the whole map
    here = positions[7].astype(np.float64)
    steps = here + np.linspace(0.0, 10 * pixel, 101)[:, None] * (1.0, 0.0)
    largest = [
        np.linalg.norm(np.diff([inverse.latent_at(place, scale) for place in steps], axis=0), axis=1).max()
        for scale in (pixel, 1e-3 * pixel)
    ]
    assert largest[0] < 0.1 * spread
    assert largest[1] > 3 * largest[0]
    near, far = (inverse.latent_at(here, scale) for scale in (pixel, pixel / 1000))
    assert not np.allclose(near, far, atol=0.01 * spread)


def test_compiled_and_plain_answers_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    for layout in LAYOUTS.values():
        latents = np.random.default_rng(6).normal(size=(len(layout), 5)).astype(np.float32)
        places = np.concatenate([layout[:40], layout[:40] + 0.01 * np.ptp(layout, axis=0), [[1e9, -1e9]]])
        found = []
        for compiled in (False, True):
            monkeypatch.setattr(module, "_engine", module._answer_plainly)
            if compiled:
                module.compile_engine()
                assert module._engine is not module._answer_plainly
            inverse = Inverse(layout, latents)
            scales = (0.0, inverse.diameter / 1e6, inverse.diameter / 3000, inverse.diameter / 30)
            found.append([inverse._answer(*map(float, place), scale) for place in places for scale in scales])
        for plain, fast in zip(*found, strict=True):
            if plain.nearest < (1 - 1e-6) * plain.farthest:  # else it is chance who comes last
                np.testing.assert_allclose(fast.latent, plain.latent, atol=1e-5)
                assert fast.nearest == pytest.approx(plain.nearest, rel=1e-9)
                assert fast.spread == pytest.approx(plain.spread, rel=1e-4, abs=1e-5)


def test_the_error_is_what_half_of_the_held_out_points_stay_below() -> None:
    positions, latents = clustered(6000)
    inverse = Inverse(positions[:4000], latents[:4000])
    below, supports = [], []
    for place, truth in zip(positions[4000:], latents[4000:], strict=True):
        trust = inverse.trust_at(place)
        assert trust.error is not None
        apart = np.linalg.norm(truth - inverse.latent_at(place)) / inverse.typical_distance
        below.append(apart < trust.error)
        supports.append(trust.support)
    assert 0.44 < np.mean(below) < 0.56
    assert np.mean(np.array(supports) > 0.5) > 0.97


def test_the_error_grows_where_the_map_tells_less() -> None:
    positions, latents = clustered(5000)
    unsure = positions[:, 0] > 0
    latents[unsure] += np.random.default_rng(5).normal(size=(unsure.sum(), 16)).astype(np.float32)
    inverse = Inverse(positions, latents)
    errors = np.array([inverse.trust_at(place).error for place in positions[1:400]], float)
    assert errors[unsure[1:400]].mean() > 1.5 * errors[~unsure[1:400]].mean()


@pytest.mark.parametrize("count", [1, 3, 20, 200])
def test_latents_that_are_all_equal_leave_the_error_open(count: int) -> None:
    positions = np.random.default_rng(1).random((count, 2)).astype(np.float32)
    inverse = Inverse(positions, np.ones((count, 4), np.float32))
    assert inverse.trust_at((0.5, 0.5)).error is None
    np.testing.assert_allclose(inverse.latent_at((0.5, 0.5), 0.01), 1.0, rtol=1e-6)


@pytest.mark.parametrize("size", [1, 20_000])
def test_latents_of_one_and_of_very_many_dimensions(size: int) -> None:
    rng = np.random.default_rng(2)
    positions = rng.random((300, 2)).astype(np.float32)
    latents = np.repeat(positions[:, :1], size, axis=1)
    latents[:, size // 2 :] = 7.0 if size > 1 else latents  # and constant ones
    inverse = Inverse(positions, latents)
    there = inverse.latent_at((0.5, 0.5), 0.01)
    assert there.shape == (size,)
    assert there[0] == pytest.approx(0.5, abs=0.1)
    assert np.array_equal(inverse.latent_at(positions[5], 1e-9), latents[5])
    assert inverse.trust_at((0.5, 0.5)).error is not None


def test_thousands_of_points_on_one_position_among_others() -> None:
    positions, latents = clustered(4000)
    positions[:3000] = positions[3999]
    inverse = Inverse(positions, latents)
    for scale in (0.0, inverse.diameter / 1e6, inverse.diameter / 1000, inverse.diameter / 50):
        for place in (positions[0], positions[0] + np.float32(0.01), positions[3500]):
            assert np.isfinite(inverse.latent_at(place, scale)).all()
    assert inverse.trust_at(positions[0]).support == 1


def test_points_on_one_position_share_it_without_flicker() -> None:
    latents = np.arange(300, dtype=np.float32)[:, None]
    inverse = Inverse(np.full((300, 2), 2.0, np.float32), latents)
    assert inverse.diameter == 1
    there = inverse.latent_at((2.0, 2.0), 1e-6)
    assert 0 <= there[0] <= 299
    np.testing.assert_allclose(inverse.latent_at((2.1, 2.0), 1e-3), there, rtol=1e-5)
    positions, values = clustered(500)
    positions[77] = positions[33]
    twice = Inverse(positions, values)
    assert np.array_equal(twice.latent_at(positions[77], twice.diameter / 1e6), values[33])


def test_rows_that_are_not_finite_are_left_out() -> None:
    positions, latents = clustered(100)
    positions[3], latents[4] = np.nan, np.inf
    inverse = Inverse(positions, latents)
    rows = inverse.nearest((0.0, 0.0), 100)
    assert len(rows) == 98
    assert not {3, 4} & set(rows.tolist())
    assert np.array_equal(inverse.latent_at(positions[99]), latents[99])
    with pytest.raises(ExplorerError, match="map again"):
        Inverse(np.full((5, 2), np.nan, np.float32), np.zeros((5, 3), np.float32))
