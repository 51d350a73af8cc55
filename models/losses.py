"""The two halves of the negative evidence lower bound, in nats for each picture.

The bound is −log p(x) ≤ E_q[−log p(x|z)] + KL(q(z|x) ‖ p(z)) (Kingma & Welling, "Auto-Encoding
Variational Bayes", 2014, equation 3). The likelihood is a Gaussian of fixed variance σ², so the trade
between the halves is one visible number: dividing the squared error by 2σ² and leaving the KL term alone
is the same as a weight β = 2σ² on the KL term of a plain squared error (up to scale).
"""

from __future__ import annotations

import torch
from torch import Tensor


def reconstruction_loss(image: Tensor, target: Tensor, variance: float) -> Tensor:
    """−log N(x; x̂, σ²I) without its constant: Σ (x − x̂)² / 2σ² over pixels, mean over pictures.

    Both (N, C, H, W); a scalar comes back. The constant left out is ½·C·H·W·log 2πσ².
    """
    return (image - target).square().flatten(1).sum(1).mean() / (2 * variance)


def kl_per_dimension(mu: Tensor, logvar: Tensor) -> Tensor:
    """KL(N(μ, σ²) ‖ N(0, 1)) = ½ (μ² + σ² − 1 − log σ²) of each dimension, mean over pictures.

    Both (N, D); (D,) comes back (Kingma & Welling 2014, appendix B).
    """
    return 0.5 * (mu.square() + logvar.exp() - 1 - logvar).mean(0)


def kl_loss(mu: Tensor, logvar: Tensor) -> Tensor:
    """KL(q(z|x) ‖ p(z)) summed over dimensions, mean over pictures; a scalar."""
    return kl_per_dimension(mu, logvar).sum()


def kl_weight(epoch: float, warmup: float) -> float:
    """The KL term's weight at a (fractional) epoch: from 0 to 1 over ``warmup`` epochs, then 1.

    Early on the decoder ignores the code, and the full KL term would switch dimensions off for good
    (Bowman et al., "Generating Sentences from a Continuous Space", 2016; Sønderby et al., "Ladder
    Variational Autoencoders", 2016).
    """
    return 1.0 if warmup <= 0 else min(1.0, epoch / warmup)


def active_units(means: Tensor, threshold: float = 0.01) -> Tensor:
    """Which dimensions carry anything: Var_x(E[z|x]) > threshold.

    ``means`` (N, D) are posterior means over a data set; (D,) bool comes back (Burda, Grosse &
    Salakhutdinov, "Importance Weighted Autoencoders", 2016, section 5.2).
    """
    return torch.var(means, dim=0) > threshold
