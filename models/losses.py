"""The losses, each with its formula and source. The halves of the evidence lower bound are in nats a picture.

The bound is −log p(x) ≤ E_q[−log p(x|z)] + KL(q(z|x) ‖ p(z)) (Kingma & Welling, "Auto-Encoding
Variational Bayes", 2014, equation 3). The likelihood is a Gaussian of variance σ², so the trade
between the halves is one visible number: dividing the squared error by 2σ² and leaving the KL term alone
is the same as a weight β = 2σ² on the KL term of a plain squared error (up to scale).

A GAN has no likelihood; what its two players minimise stands at the end.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def reconstruction_loss(image: Tensor, target: Tensor, variance: float) -> Tensor:
    """−log N(x; x̂, σ²I) without its constant: Σ (x − x̂)² / 2σ² over pixels, mean over pictures.

    Both (N, C, H, W); a scalar comes back. The constant left out is ½·C·H·W·log 2πσ².
    """
    return (image - target).square().flatten(1).sum(1).mean() / (2 * variance)


def calibrated_reconstruction_loss(image: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """−log N(x; x̂, σ²I) at the σ² that makes it least, without ½·n·log 2π: ½·n·(log σ² + 1), n = C·H·W.

    The best σ² of a batch is its mean squared error (Rybkin, Daniilidis & Levine, "Simple and Effective
    VAE Training with Calibrated Decoders", 2021, equation 6), kept above 1/255² as a pixel's own steps
    are no detail. Both (N, C, H, W); two scalars come back, the loss and σ².
    """
    variance = (image - target).square().mean().clamp_min(1 / 255**2)
    return 0.5 * image[0].numel() * (torch.log(variance) + 1), variance.detach()


def kl_per_dimension(mu: Tensor, logvar: Tensor) -> Tensor:
    """KL(N(μ, σ²) ‖ N(0, 1)) = ½ (μ² + σ² − 1 − log σ²) of each dimension, mean over pictures.

    Both (N, D); (D,) comes back (Kingma & Welling 2014, appendix B).
    """
    return 0.5 * (mu.square() + logvar.exp() - 1 - logvar).mean(0)


def kl_loss(mu: Tensor, logvar: Tensor, free_bits: float = 0.0) -> Tensor:
    """KL(q(z|x) ‖ p(z)) summed over dimensions, mean over pictures; a scalar.

    With free bits λ it is Σ max(λ, KL of the dimension): below λ nats a dimension costs nothing more, so
    that none is switched off early (Kingma et al., "Improving Variational Inference with Inverse
    Autoregressive Flow", 2016, appendix C.8).
    """
    kl = kl_per_dimension(mu, logvar)
    return (kl.clamp_min(free_bits) if free_bits else kl).sum()


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


def hinge_critic_loss(real: Tensor, drawn: Tensor) -> Tensor:
    """What the critic minimises: E[max(0, 1 − D(x))] + E[max(0, 1 + D(G(z)))].

    Scores (N,) of real and of drawn pictures; a scalar comes back (Lim & Ye, "Geometric GAN", 2017,
    equation 16; Miyato et al., "Spectral Normalization for GANs", 2018, equation 16).
    """
    return functional.relu(1 - real).mean() + functional.relu(1 + drawn).mean()


def hinge_generator_loss(drawn: Tensor) -> Tensor:
    """What the generator minimises against a hinge critic: −E[D(G(z))]. Scores (N,); a scalar."""
    return -drawn.mean()


def r1_penalty(pictures: Tensor, scores: Tensor) -> Tensor:
    """R1 = E‖∇D(x)‖² on real pictures, to be weighted by γ/2.

    ``pictures`` (N, C, H, W) with gradients wanted, ``scores`` (N,) of them. It keeps the game stable where
    the drawn pictures match the real ones (Mescheder, Geiger & Nowozin, "Which Training Methods for GANs do
    actually Converge?", 2018, equation 9). Adding it at every k-th step, k times as heavy, does the same
    for less (Karras et al., "Analyzing and Improving the Image Quality of StyleGAN", 2020, section 3.1).
    """
    (slope,) = torch.autograd.grad(scores.sum(), pictures, create_graph=True)
    return slope.square().flatten(1).sum(1).mean()


def dcgan_critic_loss(real: Tensor, drawn: Tensor) -> Tensor:
    """What the first GANs' critic minimises: −E[log σ(D(x))] − E[log(1 − σ(D(G(z))))], σ the logistic.

    Goodfellow et al., "Generative Adversarial Nets", 2014, equation 1, as Radford, Metz & Chintala,
    "Unsupervised Representation Learning with DCGANs", 2016, trained it. Scores (N,); a scalar.
    """
    return functional.softplus(-real).mean() + functional.softplus(drawn).mean()


def dcgan_generator_loss(drawn: Tensor) -> Tensor:
    """−E[log σ(D(G(z)))], the form that does not saturate (Goodfellow et al. 2014, section 3)."""
    return functional.softplus(-drawn).mean()


def inversion_loss(
    again: Tensor, image: Tensor, found: Tensor, z: Tensor, codes: Tensor, variance: float
) -> Tensor:
    """What the encoder E of a frozen generator G minimises, in nats a picture; a scalar.

    ‖G(E(x)) − x‖² / 2σ² on real pictures x, ½‖E(G(z)) − z‖² on drawn ones (Donahue, Krähenbühl & Darrell,
    "Adversarial Feature Learning", 2017, call the second the latent regressor), and ½ (m² + s − 1 − log s)
    of each dimension's mean m and variance s over the batch of ``codes`` E(x), which is 0 where codes are
    spread as the prior N(0, I) is. ``again``, ``image`` (N, C, H, W); ``found`` = E(G(z)), ``z`` and
    ``codes`` (N, D).
    """
    mean, spread = codes.mean(0), codes.var(0) + 1e-6
    away = 0.5 * (mean.square() + spread - 1 - torch.log(spread)).sum()
    latent = 0.5 * (found - z).square().sum(1).mean()
    return reconstruction_loss(again, image, variance) + latent + away
