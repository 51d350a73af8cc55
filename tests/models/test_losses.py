from __future__ import annotations

import math

import pytest
import torch
from torch.distributions import Normal, kl_divergence
from torch.nn import functional

from models.losses import active_units, kl_loss, kl_per_dimension, kl_weight, reconstruction_loss


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
