"""New latents from a prior, from the codes' own spread, around a latent, or like some points."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from explorer.core.errors import ExplorerError

Floats = NDArray[np.float32]
Law = Literal["normal", "uniform", "sphere"]

LOCAL_NEIGHBOURS = 8
LOCAL_SPREAD = 0.5
"""A sample from a selection leaves its row by this share of the neighbourhood's standard deviation."""

_BLOCK_FLOATS = 1 << 22


def generator(seed: int, stream: int = 0) -> np.random.Generator:
    """PCG64 from ``seed``; streams of one seed are independent of each other.

    Raises ``ExplorerError`` for a negative seed.
    """
    if seed < 0:
        raise ExplorerError(f"The seed {seed} is negative; choose 0 or any larger whole number.")
    sequence = np.random.SeedSequence(seed, spawn_key=(stream,) if stream else ())
    return np.random.Generator(np.random.PCG64(sequence))


def checked(count: int) -> int:
    """``count``, or ``ExplorerError`` where so many samples cannot be drawn."""
    if count < 1:
        raise ExplorerError(f"{count} samples cannot be drawn; ask for one or more.")
    return count


def sample_prior(
    count: int,
    size: int,
    seed: int,
    law: Law = "normal",
    temperature: float = 1.0,
    truncation: float | None = None,
    radius: float = 1.0,
) -> Floats:
    """``(count, size) float32`` from N(0, I), from uniform [-1, 1], or evenly from the sphere of ``radius``.

    ``temperature`` multiplies the standard deviation (Kingma and Dhariwal 2018, section 6). ``truncation``
    keeps each coordinate within that many standard deviations of the prior, by drawing from the truncated
    normal (the truncation trick of Brock, Donahue and Simonyan 2019), and is applied before the temperature.
    Raises ``ExplorerError`` where either is not above 0, and for a sphere, on which all lengths are the same.
    """
    _check_narrowing(law, temperature, truncation)
    noise, samples = generator(seed), np.empty((checked(count), size), np.float32)
    scale = radius if law == "sphere" else temperature
    step = max(1, _BLOCK_FLOATS // max(size, 1))
    for start in range(0, count, step):
        samples[start : start + step] = scale * _standard(
            noise, (min(step, count - start), size), law, truncation
        )
    return samples


def sample_fitted(latents: Floats, count: int, seed: int) -> Floats:
    """``(count, D) float32`` from the normal distribution with mean and covariance of ``latents (n, D)``.

    Raises ``ExplorerError`` where there are no latents.
    """
    rows = np.asarray(latents, np.float64)
    if len(rows) == 0:
        raise ExplorerError("There are no latents whose spread could be sampled; open data first.")
    mean = rows.mean(axis=0)
    # A sum of all deviations with independent normal weights has their covariance, without a D×D matrix.
    weights = generator(seed).standard_normal((checked(count), len(rows)))
    return np.asarray(mean + weights @ (rows - mean) / len(rows) ** 0.5, np.float32)


def sample_around(
    latent: Floats, radius: float, count: int, seed: int, sigma: Floats | float | None = None
) -> Floats:
    """``(count, D) float32`` from a normal distribution around ``latent`` ``(D,)``.

    Its standard deviation is ``radius`` times ``sigma``, which may be one number or one per dimension
    ``(D,)`` (the posterior's or the data's standard deviation); 1 where it is not given.
    """
    noise = generator(seed).standard_normal((checked(count), len(latent)))
    scale = radius * np.asarray(1.0 if sigma is None else sigma, np.float64)
    return np.asarray(latent + scale * noise, np.float32)


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
    chosen = generator(seed, 1).integers(0, len(rows), checked(count))
    near = min(LOCAL_NEIGHBOURS, len(rows) - 1)
    samples = np.array(rows[chosen], np.float32)
    if near == 0:
        return samples
    # A sum of the neighbours' deviations with independent normal weights has exactly their covariance.
    weights = generator(seed).standard_normal((count, LOCAL_NEIGHBOURS + 1))[:, : near + 1]
    weights *= LOCAL_SPREAD / near**0.5
    halves = 0.5 * np.einsum("nd,nd->n", rows, rows)
    block = max(1, _BLOCK_FLOATS // len(rows))
    for start in range(0, count, block):
        part = slice(start, start + block)
        nearest = np.argpartition(halves - samples[part] @ rows.T, near, axis=1)[:, : near + 1]
        # In the order of the rows: how the nearest are arranged must not decide which noise each gets.
        nearest.sort(axis=1)
        hood = rows[nearest].astype(np.float64)
        noise = np.einsum("nk,nkd->nd", weights[part], hood - hood.mean(axis=1, keepdims=True))
        samples[part] = samples[part] + noise
    return samples


def _standard(
    noise: np.random.Generator, shape: tuple[int, int], law: Law, truncation: float | None
) -> NDArray[np.float64]:
    """Samples ``shape`` of a prior of scale 1."""
    if law == "uniform":
        return (noise.random(shape) * 2 - 1) * min(truncation or 1.0, 1.0)
    if truncation is not None:
        from scipy.special import ndtr, ndtri

        outside = float(ndtr(-truncation))
        return np.asarray(ndtri(outside + (1 - 2 * outside) * noise.random(shape)), np.float64)
    samples = noise.standard_normal(shape)
    if law == "sphere":
        samples /= np.linalg.norm(samples, axis=1, keepdims=True)
    return samples


def _check_narrowing(law: Law, temperature: float, truncation: float | None) -> None:
    if not temperature > 0.0 or (truncation is not None and not truncation > 0.0):
        found = f"temperature {temperature:g}" if not temperature > 0.0 else f"truncation {truncation:g}"
        raise ExplorerError(f"The prior cannot be sampled at {found}; any number above 0 would work.")
    if law == "sphere" and (temperature != 1.0 or truncation is not None):
        raise ExplorerError(
            "On the sphere all latents are equally long, so its prior has no temperature and no truncation; "
            "sample the prior as it is, or around a latent."
        )
