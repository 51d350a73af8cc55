"""The figures of a map's quality, against definitions and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.manifold import trustworthiness

from explorer.core.errors import ExplorerError
from explorer.core.map_quality import distortion, map_quality


def data(count: int = 400) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, count)
    latents = (rng.normal(size=(3, 6))[labels] * 3 + rng.normal(size=(count, 6))).astype(np.float32)
    return latents, latents[:, :2].copy(), labels


def test_trustworthiness_and_continuity_are_those_of_the_definition() -> None:
    latents, places, _ = data()
    found = map_quality(latents, places)
    assert found.sampled == 400
    assert found.trustworthiness == pytest.approx(trustworthiness(latents, places, n_neighbors=15), abs=1e-6)
    assert found.continuity == pytest.approx(trustworthiness(places, latents, n_neighbors=15), abs=1e-6)
    sampled = map_quality(latents, places, sample=200)
    assert sampled.trustworthiness == pytest.approx(found.trustworthiness, abs=0.02)


def test_a_faithful_map_is_perfect_and_a_shuffled_one_is_not() -> None:
    latents, places, labels = data()
    same = map_quality(places, places * 3 + 1, labels)
    assert same.trustworthiness == same.continuity == 1
    assert same.label_map == same.label_latent
    shuffled = map_quality(latents, np.random.default_rng(1).permutation(places), labels)
    assert shuffled.trustworthiness < 0.6
    assert shuffled.label_map is not None
    assert shuffled.label_latent is not None
    assert shuffled.label_map < 0.5 < 0.95 < shuffled.label_latent


def test_points_without_a_label_are_not_asked() -> None:
    latents, places, labels = data()
    labels[:200] = -1
    found = map_quality(latents, places, labels)
    assert found.label_latent is not None
    assert found.label_latent > 0.95
    none = map_quality(latents, places, np.full(400, -1))
    assert none.label_latent is None
    assert none.label_map is None


def test_few_points() -> None:
    latents, places, _ = data(5)
    assert 0 <= map_quality(latents, places).trustworthiness <= 1
    with pytest.raises(ExplorerError, match="3 points"):
        map_quality(latents[:3], places[:3])


def test_the_distortion_finds_the_point_that_was_moved() -> None:
    _, places, _ = data()
    squares = ((places[:, None] - places) ** 2).sum(axis=2)
    neighbours = np.argsort(squares, axis=1)[:, :15].astype(np.int32)
    assert not distortion(places, neighbours).any()
    moved = places.copy()
    left = places[:, 0].argmin()
    moved[left] += 30
    found = distortion(moved, neighbours)
    assert found.shape == (400,)
    assert found[left] == 1
    assert found.mean() < 0.05
    shuffled = distortion(np.random.default_rng(1).permutation(places), neighbours)
    assert shuffled.mean() == pytest.approx(1 - 60 / 400, abs=0.05)
    assert not distortion(np.zeros((400, 2), np.float32), neighbours).any()
