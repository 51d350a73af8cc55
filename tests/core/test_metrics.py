from __future__ import annotations

import numpy as np
import pytest

from explorer.core import metrics


@pytest.fixture(scope="module")
def cloud() -> np.ndarray:
    """1,200 points of a normal distribution in four dimensions."""
    return np.random.default_rng(0).standard_normal((1200, 4)).astype(np.float32)


def test_nearest_distances_are_those_of_all_pairs(cloud: np.ndarray) -> None:
    points, reference = cloud[:30], cloud[30:90]
    pairs = np.sort(np.linalg.norm(points[:, None] - reference, axis=2), axis=1)
    np.testing.assert_allclose(metrics.nearest_distances(points, reference), pairs[:, 0], atol=1e-3)
    np.testing.assert_allclose(metrics.nearest_distances(points, reference, 4), pairs[:, 3], atol=1e-3)


def test_held_out_pictures_are_valid_by_definition_and_far_ones_are_not(cloud: np.ndarray) -> None:
    training, held_out = cloud[:800], cloud[800:]
    assert metrics.are_valid(held_out, training, held_out).mean() == pytest.approx(0.95, abs=0.01)
    assert metrics.are_valid(training, training, held_out).all()
    assert not metrics.are_valid(held_out + 9, training, held_out).any()


def test_frechet_distance_is_that_of_the_two_normals(cloud: np.ndarray) -> None:
    assert metrics.frechet_distance(cloud, cloud) == pytest.approx(0, abs=1e-4)
    # A shift adds its squared length; twice the spread adds (2 - 1)² of each variance.
    spread = np.trace(np.cov(cloud, rowvar=False))
    assert metrics.frechet_distance(cloud + np.array([3, 0, 4, 0]), cloud) == pytest.approx(25, rel=1e-3)
    mean = cloud.mean(0)
    assert metrics.frechet_distance(2 * (cloud - mean) + mean, cloud) == pytest.approx(spread, rel=1e-3)


def test_repeating_ten_pictures_is_precise_but_recalls_little(cloud: np.ndarray) -> None:
    real, samples = cloud[:600], cloud[600:]
    repeated = samples[np.arange(600) % 10]
    assert metrics.are_recalled(samples, real).mean() > 0.8
    assert metrics.are_covered(samples, real).mean() > 0.8
    assert metrics.are_precise(repeated, real).mean() > 0.7
    assert metrics.are_recalled(repeated, real).mean() < 0.1
    assert metrics.are_covered(repeated, real).mean() < 0.1


def test_entropy_of_classes_is_one_for_equal_shares_and_zero_for_one() -> None:
    assert metrics.class_entropy(np.arange(100) % 10, 10) == pytest.approx(1)
    assert metrics.class_entropy(np.full(100, 3), 10) == 0
    assert metrics.class_entropy(np.arange(100) % 2, 10) == pytest.approx(np.log(2) / np.log(10))


def test_blurred_pictures_are_less_sharp_and_noise_sharper(fashion_pictures: np.ndarray) -> None:
    real = fashion_pictures.transpose(0, 3, 1, 2).astype(np.float32) / 255
    blurred = (real + np.roll(real, 1, 2) + np.roll(real, 1, 3) + np.roll(real, (1, 1), (2, 3))) / 4
    noisy = real + np.random.default_rng(0).normal(0, 0.3, real.shape).astype(np.float32)
    assert metrics.sharpness_ratio(real, real) == pytest.approx(1)
    assert metrics.sharpness_ratio(blurred, real) < 0.5
    assert metrics.sharpness_ratio(noisy, real) > 2


def test_active_units_and_squared_errors(cloud: np.ndarray) -> None:
    assert metrics.active_units(cloud * [1, 0.05, 0.5, 0]).tolist() == [True, False, True, False]
    np.testing.assert_allclose(metrics.squared_errors(cloud, cloud + np.float32(0.5)), 0.25, rtol=1e-3)


def test_an_interval_holds_the_truth_as_often_as_it_says() -> None:
    random = np.random.default_rng(1)
    held = 0
    for trial in range(60):
        figure = metrics.interval(lambda drawn: float(drawn.mean()), random.normal(5, 2, 200), seed=trial)
        held += figure.low <= 5 <= figure.high
    assert 51 <= held <= 60
    assert metrics.share(np.arange(100) < 30).value == pytest.approx(0.3)
