"""Sampling, interpolating and weighing latents: pure functions on arrays.

Everything random takes a seed and draws from numpy's PCG64: the same seed gives the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from explorer.core.errors import ExplorerError

Floats = NDArray[np.float32]

ACTIVE_KL = 0.01
"""Nats a dimension must carry to count as active."""

ACTIVE_VARIANCE = 1e-3
"""Share of the largest variance a plain autoencoder's dimension must have to count as active."""

LOCAL_NEIGHBOURS = 8
LOCAL_SPREAD = 0.5
"""A sample from a selection leaves its row by this share of the neighbourhood's standard deviation."""

_BLOCK = 1 << 16
_BLOCK_FLOATS = 1 << 22


Law = Literal["normal", "uniform", "sphere"]


def sample_prior(count: int, size: int, seed: int, law: Law = "normal") -> Floats:
    """``(count, size) float32`` from N(0, I), from uniform [-1, 1], or evenly from the unit sphere.

    Of one seed fewer samples are the first of more.
    """
    generator, shape = _generator(seed), (_checked(count), size)
    if law == "uniform":
        return generator.random(shape, np.float32) * 2 - 1
    samples = generator.standard_normal(shape, np.float32)
    if law == "sphere":
        samples /= np.linalg.norm(samples, axis=1, keepdims=True)
    return samples


def sample_fitted(latents: Floats, count: int, seed: int) -> Floats:
    """``(count, D) float32`` from the normal distribution with mean and covariance of ``latents (n, D)``.

    Raises ``ExplorerError`` where there are no latents.
    """
    rows = np.asarray(latents, np.float32)
    if len(rows) == 0:
        raise ExplorerError("There are no latents whose spread could be sampled; open data first.")
    mean = rows.mean(axis=0)
    # A sum of all deviations with independent normal weights has their covariance, without a D×D matrix.
    weights = _generator(seed).standard_normal((_checked(count), len(rows)), np.float32)
    return np.asarray(mean + weights @ (rows - mean) / np.float32(len(rows) ** 0.5), np.float32)


def sample_around(
    latent: Floats, radius: float, count: int, seed: int, sigma: Floats | float | None = None
) -> Floats:
    """``(count, D) float32`` from a normal distribution around ``latent`` ``(D,)``.

    Its standard deviation is ``radius`` times ``sigma``, which may be one number or one per dimension
    ``(D,)`` (the latent's posterior or the data's standard deviation); 1 where it is not given.
    """
    noise = _generator(seed).standard_normal((_checked(count), len(latent)), np.float32)
    scale = np.float32(radius) * np.asarray(1.0 if sigma is None else sigma, np.float32)
    return np.asarray(latent, np.float32) + scale * noise


def sample_selection(latents: Floats, count: int, seed: int) -> Floats:
    """``(count, D) float32`` like the rows of ``latents`` ``(n, D)``, but new: a smoothed bootstrap.

    Each sample is a row drawn at random plus normal noise whose covariance is a quarter (``LOCAL_SPREAD``
    squared) of the covariance of that row's 8 nearest neighbours within the selection: so the samples
    follow the selection where it bends or falls apart (Efron and Tibshirani 1993, section 16.5; the local
    covariance is that of Vincent and Bengio's manifold Parzen windows, 2002). Of a single row there is no
    spread to learn from: every sample is that row. Raises ``ExplorerError`` for an empty selection.
    """
    rows = np.asarray(latents).view(np.ndarray)
    if len(rows) == 0:
        raise ExplorerError(
            "The selection holds no points to sample from; select some points on the map first."
        )
    generator = _generator(seed)
    chosen = generator.integers(0, len(rows), _checked(count))
    near = min(LOCAL_NEIGHBOURS, len(rows) - 1)
    samples = np.array(rows[chosen], np.float32)
    if near == 0:
        return samples
    # A sum of the neighbours' deviations with independent normal weights has exactly their covariance.
    weights = generator.standard_normal((count, near + 1), np.float32) * np.float32(LOCAL_SPREAD / near**0.5)
    halves = 0.5 * np.einsum("nd,nd->n", rows, rows)
    block = max(1, _BLOCK_FLOATS // len(rows))
    for start in range(0, count, block):
        part = slice(start, start + block)
        nearest = np.argpartition(halves - samples[part] @ rows.T, near, axis=1)[:, : near + 1]
        hood = rows[nearest]
        samples[part] += np.einsum("nk,nkd->nd", weights[part], hood - hood.mean(axis=1, keepdims=True))
    return samples


def interpolate(start: Floats, end: Floats, steps: int) -> Floats:
    """``(steps, D) float32`` on the line between two latents ``(D,)``, both ends included exactly."""
    share = np.linspace(0.0, 1.0, _checked(steps), dtype=np.float32)[:, None]
    return np.asarray((1 - share) * start + share * end, np.float32)


@dataclass(frozen=True, eq=False)
class DimensionInformation:
    """How much each latent dimension carries.

    Attributes:
        measure: ``"KL"``, in nats, for a VAE; ``"variance"`` of the latents otherwise.
        values: ``(D,) float32`` in that measure.
        order: ``(D,)`` dimensions, the most informative first.
        active: ``(D,) bool``; a dimension that is not active is collapsed: moving along it changes little.
    """

    measure: Literal["KL", "variance"]
    values: Floats
    order: NDArray[np.int64]
    active: NDArray[np.bool_]


def dimension_information(latents: Floats, logvars: Floats | None) -> DimensionInformation:
    """Information of each dimension over ``latents`` ``(N, D)``, and ``logvars`` ``(N, D)`` for a VAE.

    For a VAE it is the mean KL divergence of the posterior from the prior in each dimension, by the closed
    form ½(μ² + σ² - 1 - log σ²) of Kingma and Welling (2014, appendix B). Rows that are not finite are left
    out.
    """
    count, size = latents.shape
    total, squares, used = np.zeros(size), np.zeros(size), 0
    for start in range(0, count, _BLOCK):
        part = np.asarray(latents[start : start + _BLOCK], np.float64)
        spread = None if logvars is None else np.asarray(logvars[start : start + _BLOCK], np.float64)
        if spread is not None:
            part = 0.5 * (part**2 + np.exp(np.minimum(spread, 80.0)) - 1.0 - spread)
        part = part[np.isfinite(part).all(axis=1)]
        total += part.sum(axis=0)
        squares += np.square(part).sum(axis=0)
        used += len(part)
    mean = total / max(used, 1)
    if logvars is not None:
        values, threshold = mean, ACTIVE_KL
    else:
        values = np.maximum(squares / max(used, 1) - mean**2, 0.0)
        threshold = ACTIVE_VARIANCE * float(values.max(initial=0.0))
    order = np.argsort(-values, kind="stable")
    measure: Literal["KL", "variance"] = "variance" if logvars is None else "KL"
    return DimensionInformation(measure, values.astype(np.float32), order, values > threshold)


def _generator(seed: int) -> np.random.Generator:
    if seed < 0:
        raise ExplorerError(f"The seed {seed} is negative; choose 0 or any larger whole number.")
    return np.random.Generator(np.random.PCG64(seed))


def _checked(count: int) -> int:
    if count < 1:
        raise ExplorerError(f"{count} samples cannot be drawn; ask for one or more.")
    return count
