"""Samples follow what they are said to follow, and the same seed gives the same numbers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from explorer.core.errors import Cancelled, ExplorerError
from explorer.core.latent_ops.draws import sample_around, sample_fitted, sample_prior, sample_selection
from explorer.core.latent_ops.information import dimension_information
from explorer.core.latent_ops.mixture import fit_mixture
from explorer.core.progress import Progress

ROWS = np.random.default_rng(0).normal(size=(500, 6)).astype(np.float32)
MIXTURE = fit_mixture(ROWS)

DRAWS: dict[str, Callable[[int, int], np.ndarray]] = {
    "prior": lambda count, seed: sample_prior(count, 6, seed),
    "narrowed": lambda count, seed: sample_prior(count, 6, seed, "normal", 0.7, 1.5),
    "fitted": lambda count, seed: sample_fitted(ROWS, count, seed),
    "mixture": lambda count, seed: MIXTURE.sample(count, seed),
    "around": lambda count, seed: sample_around(ROWS[0], 0.5, count, seed),
    "selection": lambda count, seed: sample_selection(ROWS, count, seed),
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_the_same_seed_gives_the_same_numbers(draw: Callable[[int, int], np.ndarray]) -> None:
    first, again, other = draw(20, 7), draw(20, 7), draw(20, 8)
    assert first.dtype == np.float32
    assert first.shape == (20, 6)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert len(np.unique(first, axis=0)) == 20
    assert np.array_equal(draw(7, 7), first[:7])


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
@pytest.mark.parametrize(
    ("count", "seed", "word"), [(0, 1, "one or more"), (-3, 1, "one or more"), (5, -1, "seed")]
)
def test_impossible_requests_are_refused(
    draw: Callable[[int, int], np.ndarray], count: int, seed: int, word: str
) -> None:
    with pytest.raises(ExplorerError, match=word):
        draw(count, seed)


def test_the_prior_is_standard_normal() -> None:
    samples = sample_prior(20_000, 3, 1)
    np.testing.assert_allclose(samples.mean(axis=0), 0, atol=0.03)
    np.testing.assert_allclose(np.cov(samples.T), np.eye(3), atol=0.03)


def test_samples_around_keep_their_scale_in_each_dimension() -> None:
    sigma = np.array([0, 1, 2, 0.5, 1, 1], np.float32)
    samples = sample_around(ROWS[3], 0.25, 20_000, 1, sigma)
    np.testing.assert_allclose(samples.mean(axis=0), ROWS[3], atol=0.02)
    np.testing.assert_allclose(samples.std(axis=0), 0.25 * sigma, atol=0.01)
    np.testing.assert_array_equal(sample_around(ROWS[3], 0, 2, 1), ROWS[[3, 3]])


def test_samples_of_a_selection_stay_on_its_parts() -> None:
    rng = np.random.default_rng(1)
    angle = rng.uniform(0, 2 * np.pi, 800)
    ring = np.column_stack([np.cos(angle), np.sin(angle), np.zeros(800)]) * 5
    rows = np.concatenate([ring, [50, 0, 0] + 0.1 * rng.normal(size=(200, 3))]).astype(np.float32)
    samples = sample_selection(rows, 2000, 3)
    far = samples[:, 0] > 25
    assert far.mean() == pytest.approx(0.2, abs=0.04)
    assert np.abs(np.hypot(samples[~far, 0], samples[~far, 1]) - 5).max() < 0.5
    assert not samples[~far, 2].any()
    assert np.abs(samples[far] - [50, 0, 0]).max() < 1
    distances = np.abs(samples[:, None] - rows[None, ::10]).max(axis=2).min(axis=1)
    assert (distances > 0).mean() > 0.99


def test_a_selection_of_one_repeats_it_and_of_none_is_refused() -> None:
    assert np.array_equal(sample_selection(ROWS[:1], 3, 1), ROWS[[0, 0, 0]])
    assert np.isfinite(sample_selection(ROWS[:2], 50, 1)).all()
    with pytest.raises(ExplorerError, match="select"):
        sample_selection(ROWS[:0], 3, 1)


def test_truncation_bounds_each_coordinate_and_temperature_scales_it() -> None:
    samples = sample_prior(20_000, 3, 1, "normal", 0.5, 1.0)
    assert np.abs(samples).max() <= 0.5
    # The variance of a normal within one deviation is 1 - 2φ(1)/(Φ(1) - Φ(-1)).
    np.testing.assert_allclose(samples.std(axis=0), 0.5 * (1 - 2 * 0.241971 / 0.682689) ** 0.5, atol=0.005)
    assert np.array_equal(sample_prior(9, 3, 1, "normal", 2.0), 2 * sample_prior(9, 3, 1))
    assert np.abs(sample_prior(2000, 3, 1, "uniform", 1.0, 0.25)).max() == pytest.approx(0.25, abs=0.001)


@pytest.mark.parametrize(
    ("law", "temperature", "truncation", "word"),
    [("normal", 0.0, None, "above 0"), ("normal", 1.0, -1.0, "above 0"), ("sphere", 0.5, None, "sphere")],
)
def test_a_prior_that_cannot_be_narrowed_says_why(law, temperature, truncation, word) -> None:
    with pytest.raises(ExplorerError, match=word):
        sample_prior(3, 4, 1, law, temperature, truncation)


def test_a_mixture_finds_how_many_groups_there_are_and_samples_them() -> None:
    rng = np.random.default_rng(3)
    centres = np.array([[0, 0, 0], [8, 0, 0], [0, 8, 8]])
    rows = np.concatenate(
        [c + rng.normal(size=(n, 3)) * [1, 0.2, 1] for c, n in zip(centres, (300, 150, 150), strict=True)]
    )
    rows = rows.astype(np.float32)
    rows[7] = np.nan
    mixture = fit_mixture(rows)
    assert min(mixture.scores, key=mixture.scores.__getitem__) == len(mixture.weights) == 3
    samples = mixture.sample(4000, 1)
    group = np.square(samples[:, None] - centres).sum(axis=2).argmin(axis=1)
    np.testing.assert_allclose(np.bincount(group) / 4000, [0.5, 0.25, 0.25], atol=0.03)
    for one, centre in enumerate(centres):
        np.testing.assert_allclose(samples[group == one].mean(axis=0), centre, atol=0.3)
        np.testing.assert_allclose(samples[group == one].std(axis=0), [1, 0.2, 1], rtol=0.15)


def test_a_mixture_of_long_latents_keeps_their_whole_spread() -> None:
    rng = np.random.default_rng(4)
    rows = (rng.normal(size=(900, 80)) * np.geomspace(3, 0.3, 80)).astype(np.float32)
    samples = fit_mixture(rows).sample(3000, 2)
    np.testing.assert_allclose(samples.std(axis=0), rows.std(axis=0), rtol=0.12)


def test_a_mixture_needs_latents_and_stops_when_told() -> None:
    with pytest.raises(ExplorerError, match="40 or more"):
        fit_mixture(ROWS[:30])
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        fit_mixture(ROWS, progress=progress)
    same = fit_mixture(np.ones((100, 4), np.float32)).sample(5, 1)
    np.testing.assert_allclose(same, 1, atol=1e-5)


def test_kl_per_dimension_matches_the_divergence_by_simulation() -> None:
    rng = np.random.default_rng(2)
    means = np.column_stack([rng.normal(size=4000), np.zeros(4000), 0.2 * rng.normal(size=4000)])
    logvars = np.tile([-2.0, 0.0, -0.02], (4000, 1))
    information = dimension_information(means.astype(np.float32), logvars.astype(np.float32))
    assert information.measure == "KL"
    assert information.order.tolist() == [0, 2, 1]
    assert information.active.tolist() == [True, False, True]
    draws = means + np.exp(logvars / 2) * rng.normal(size=means.shape)
    log_ratio = 0.5 * (draws**2 - (draws - means) ** 2 / np.exp(logvars) - logvars)
    np.testing.assert_allclose(information.values, log_ratio.mean(axis=0), atol=0.05)


def test_without_log_variances_it_is_the_variance() -> None:
    latents = ROWS * np.array([1, 3, 0, 2, 0.001, 1], np.float32) + 100
    information = dimension_information(latents, None)
    assert information.measure == "variance"
    np.testing.assert_allclose(
        information.values, latents.astype(np.float64).var(axis=0), rtol=1e-3, atol=1e-6
    )
    assert information.order[:2].tolist() == [1, 3]
    assert information.active.tolist() == [True, True, False, True, False, True]


def test_rows_that_are_not_finite_do_not_spoil_the_rest() -> None:
    latents = ROWS.copy()
    latents[5, 2] = np.nan
    logvars = np.full_like(latents, -1)
    logvars[6, 0] = np.inf
    kept = np.delete(np.arange(500), [5, 6])
    np.testing.assert_allclose(
        dimension_information(latents, logvars).values,
        dimension_information(latents[kept], logvars[kept]).values,
        rtol=1e-6,
    )
