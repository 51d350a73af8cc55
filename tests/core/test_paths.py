"""Paths pass their stations, keep to their geometry, and say why there is none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from explorer.core.errors import Cancelled, ExplorerError
from explorer.core.latent_ops.data_graph import DataGraph
from explorer.core.latent_ops.paths import KINDS, evenly_visible, path_through
from explorer.core.model_pair import ModelPair
from explorer.core.progress import Progress
from explorer.core.workspace import Workspace

RNG = np.random.default_rng(0)
STOPS = RNG.normal(size=(4, 6)).astype(np.float32)


@pytest.fixture(scope="module")
def fashion(fashion_bundle: Path) -> tuple[ModelPair, np.ndarray]:
    return ModelPair.open(fashion_bundle), np.array(Workspace.open(fashion_bundle).latents[:3000])


@pytest.fixture(scope="module")
def graph() -> DataGraph:
    return DataGraph(RNG.normal(size=(400, 6)).astype(np.float32))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("closed", [False, True])
def test_a_path_passes_its_stations_in_turn_without_a_jump(kind, closed: bool, graph: DataGraph) -> None:
    path = path_through(STOPS, kind, closed=closed, graph=graph)
    passed = path.at(path.times[path.stations])
    assert np.array_equal(passed, np.concatenate([STOPS, STOPS[:1]]) if closed else STOPS)
    fine = path.at(np.linspace(0, 1, 2001))
    assert np.linalg.norm(np.diff(fine, axis=0), axis=1).max() < 0.05
    frames = path.frames(40)
    assert frames.dtype == np.float32
    assert np.array_equal(frames[0], STOPS[0])
    assert np.array_equal(frames[-1], STOPS[-1]) != closed
    assert path.at(0.3).shape == (6,)


def test_a_straight_path_is_a_line_at_a_steady_pace() -> None:
    line = path_through(STOPS[:2]).frames(9)
    np.testing.assert_allclose(np.diff(line, axis=0), np.tile((STOPS[1] - STOPS[0]) / 8, (8, 1)), atol=1e-6)


def test_a_spherical_path_turns_at_a_steady_angle_and_keeps_to_its_sphere() -> None:
    centre = np.full(6, 3, np.float32)
    start, end = (4 * one / np.linalg.norm(one) for one in STOPS[:2])
    path = path_through(np.stack([start, end]) + centre, "spherical", centre=centre)
    found = path.frames(31) - centre
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 4, rtol=1e-5)
    angles = np.arccos(np.einsum("nd,nd->n", found[1:], found[:-1]) / 16)
    np.testing.assert_allclose(angles, np.arccos(start @ end / 16) / 30, rtol=1e-2)
    lengths = np.linalg.norm(path_through([[1, 0], [0, 3]], "spherical").frames(5), axis=1)
    np.testing.assert_allclose(lengths, [1, 1.5, 2, 2.5, 3], rtol=1e-5)


def test_a_path_along_the_data_goes_round_where_there_are_none() -> None:
    angle = np.random.default_rng(1).uniform(0.3, 2 * np.pi - 0.3, 1500)
    ring = np.column_stack([np.cos(angle), np.sin(angle)]).astype(np.float32) * 10
    ends = np.array([[10 * np.cos(0.4), 10 * np.sin(0.4)], [10 * np.cos(0.4), -10 * np.sin(0.4)]], np.float32)
    found = path_through(ends, "data", graph=DataGraph(ring)).frames(200)
    assert found[:, 0].min() < -9.5
    assert np.abs(np.linalg.norm(found, axis=1) - 10).max() < 0.7


def test_data_that_fall_apart_are_bridged_and_equal_ones_do_no_harm() -> None:
    parts = np.concatenate([RNG.normal(size=(80, 3)), RNG.normal(size=(60, 3)) + 50, np.zeros((200, 3))])
    graph = DataGraph(parts.astype(np.float32))
    path = path_through(parts[[0, 100]], "data", graph=graph)
    assert np.isfinite(path.points).all()
    assert np.array_equal(path.at(1.0), parts[100].astype(np.float32))


def test_equal_visible_steps_are_more_equal(fashion: tuple[ModelPair, np.ndarray]) -> None:
    pair, latents = fashion

    def unevenness(path) -> float:
        pictures = pair.decode(path.frames(60)).reshape(60, -1).astype(float)
        steps = np.sqrt(np.square(np.diff(pictures, axis=0)).mean(axis=1))
        return float(steps.std() / steps.mean())

    path = path_through(latents[[3, 7, 100]], "spherical")
    even = evenly_visible(path, pair.decode)
    assert unevenness(even) < 0.4 * unevenness(path)
    assert np.array_equal(even.at(even.times[even.stations]), latents[[3, 7, 100]])
    assert (even.times[0], even.times[-1]) == (0, 1)
    blank = evenly_visible(path, lambda latents: np.zeros((len(latents), 4, 4, 1), np.uint8))
    assert np.array_equal(blank.times, path.times)
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        evenly_visible(path, pair.decode, progress=progress)


@pytest.mark.parametrize(
    ("stops", "kind", "word"),
    [
        (STOPS[:0], "straight", "no station"),
        (STOPS[:1], "straight", "one station"),
        (STOPS[[1, 1]], "data", "one station"),
        ([[0, 1], [np.nan, 1]], "straight", "not a number"),
        ([[0, 0], [1, 1]], "spherical", "Station 1 lies at the centre"),
        ([[1, 1], [2, 0], [0, 0]], "spherical", "Station 3 lies at the centre"),
        ([[1, 2], [-2, -4]], "spherical", "opposite"),
        (STOPS, "data", "needs data"),
        (STOPS, "crooked", "straight, spherical, data"),
    ],
)
def test_no_path_has_a_reason(stops, kind, word: str) -> None:
    with pytest.raises(ExplorerError, match=word):
        path_through(stops, kind)


def test_too_few_latents_and_frames_are_refused() -> None:
    with pytest.raises(ExplorerError, match="2 latents"):
        DataGraph(STOPS[:2])
    with pytest.raises(ExplorerError, match="two or more"):
        path_through(STOPS).frames(1)
