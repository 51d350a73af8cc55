from __future__ import annotations

import math

import pytest
import torch
from torch.distributions import Normal, kl_divergence
from torch.nn import functional

from models.losses import (
    active_units,
    calibrated_reconstruction_loss,
    dcgan_critic_loss,
    dcgan_generator_loss,
    hinge_critic_loss,
    inversion_loss,
    kl_loss,
    kl_per_dimension,
    kl_weight,
    r1_penalty,
    reconstruction_loss,
)


def test_kl_is_that_of_torch_distributions() -> None:
    mu, logvar = torch.randn(64, 6, dtype=torch.float64), torch.randn(64, 6, dtype=torch.float64)
    expected = kl_divergence(Normal(mu, torch.exp(logvar / 2)), Normal(0.0, 1.0))
    torch.testing.assert_close(kl_per_dimension(mu, logvar), expected.mean(0))
    torch.testing.assert_close(kl_loss(mu, logvar), expected.sum(1).mean())
    assert kl_loss(torch.zeros(3, 2), torch.zeros(3, 2)) == 0


@pytest.mark.parametrize("variance", [0.05, 1.0])
def test_reconstruction_is_the_gaussian_likelihood_without_its_constant(variance: float) -> None:
    image, target = (torch.rand(8, 3, 4, 5, dtype=torch.float64) for _ in range(2))
    constant = 0.5 * 60 * math.log(2 * math.pi * variance)
    spread = torch.full_like(image, variance)
    whole = functional.gaussian_nll_loss(target, image, spread, full=True, reduction="sum") / len(image)
    expected = whole - constant
    torch.testing.assert_close(reconstruction_loss(image, target, variance), expected)


def test_kl_weight_rises_and_stays() -> None:
    assert [kl_weight(epoch, 2) for epoch in (0, 0.5, 2, 9)] == [0, 0.25, 1, 1]
    assert kl_weight(0, 0) == 1


def test_active_units_are_those_whose_mean_moves() -> None:
    means = torch.randn(500, 3, generator=torch.Generator().manual_seed(0)) * torch.tensor([1.0, 0.05, 0.5])
    assert active_units(means).tolist() == [True, False, True]


def test_the_best_variance_makes_the_likelihood_least() -> None:
    image, target = (torch.rand(8, 1, 4, 5, dtype=torch.float64) for _ in range(2))
    best, variance = calibrated_reconstruction_loss(image, target)
    for factor in (0.8, 1.0, 1.2):
        other = variance.item() * factor
        nats = reconstruction_loss(image, target, other) + 0.5 * 20 * math.log(other)
        assert nats >= best - 1e-9
    torch.testing.assert_close(nats, best, rtol=0.1, atol=0.5)


def test_free_bits_cost_the_same_below_their_number() -> None:
    mu, logvar = torch.tensor([[0.1, 2.0]]), torch.zeros(1, 2)
    torch.testing.assert_close(kl_loss(mu, logvar, 0.5), torch.tensor(0.5 + 2.0))


def test_the_dcgan_losses_are_the_cross_entropies_of_the_paper() -> None:
    real, drawn = torch.randn(9), torch.randn(9)
    ones, cross = torch.ones(9), functional.binary_cross_entropy_with_logits
    torch.testing.assert_close(dcgan_critic_loss(real, drawn), cross(real, ones) + cross(drawn, 0 * ones))
    torch.testing.assert_close(dcgan_generator_loss(drawn), cross(drawn, ones))


def test_the_hinge_asks_no_more_of_what_is_beyond_the_margin() -> None:
    assert hinge_critic_loss(torch.tensor([1.0, 5.0]), torch.tensor([-1.0, -9.0])) == 0
    assert hinge_critic_loss(torch.tensor([0.0]), torch.tensor([0.0])) == 2


def test_r1_is_the_squared_slope() -> None:
    pictures = torch.rand(4, 1, 3, 3, requires_grad=True)
    torch.testing.assert_close(r1_penalty(pictures, 2 * pictures.flatten(1).sum(1)), torch.tensor(4.0 * 9))


def test_a_perfect_inversion_costs_nothing_but_the_codes_spread() -> None:
    image, z = torch.rand(4000, 1, 2, 2), torch.randn(4000, 3, generator=torch.Generator().manual_seed(0))
    assert inversion_loss(image, image, z, z, z, 0.1) < 0.01
    assert inversion_loss(image, image, z, z, 3 * z, 0.1) > 1
