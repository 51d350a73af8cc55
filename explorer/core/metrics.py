"""How good a model's pictures are, as numbers with intervals. Numpy alone: features come from elsewhere.

Shapes: N pictures, D latent dimensions, F features. *Features* are the penultimate activations of a
classifier trained on the data; a figure made of them means nothing without that classifier's name.

| question | function |
|---|---|
| how well are pictures reconstructed | `squared_errors` |
| which dimensions carry anything, how many nats | `active_units`; `latent_ops.information` |
| do samples look real, one by one | `are_valid` |
| do they look like the data as a whole | `frechet_distance` |
| do they reach all of the data; does the data reach them | `are_recalled`, `are_precise`, `are_covered` |
| are they of all kinds | `class_entropy` |
| are they as sharp | `sharpness_ratio` |
| how sure is the figure | `interval` |
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

VALID_QUANTILE = 0.95
NEIGHBOURS = 5
_BLOCK = 500


@dataclass(frozen=True)
class Figure:
    """A measured value, the bounds of its 95% bootstrap interval, and how many pictures it rests on."""

    value: float
    low: float
    high: float
    count: int


def squared_errors(pictures: Floats, again: Floats) -> Floats:
    """Mean squared error of each reconstruction over its pixels; both ``(N, …)`` in [0, 1]; ``(N,)``."""
    return np.asarray(np.square(pictures - again).reshape(len(pictures), -1).mean(1), np.float32)


def active_units(means: Floats, threshold: float = 0.01) -> Bools:
    """Which dimensions of posterior means ``(N, D)`` move: Var_x(E[z|x]) > threshold; ``(D,)``.

    Burda, Grosse & Salakhutdinov, "Importance Weighted Autoencoders", 2016, section 5.2.
    """
    return np.asarray(np.var(means, axis=0, ddof=1) > threshold)


def nearest_distances(points: Floats, reference: Floats, rank: int = 1) -> Floats:
    """Distance of each point ``(N, F)`` to its ``rank``-th nearest of ``reference`` ``(M, F)``; ``(N,)``."""
    found = np.empty(len(points), np.float32)
    for start in range(0, len(points), _BLOCK):
        squares = _squared_distances(points[start : start + _BLOCK], reference)
        # Choosing the least is much quicker than sorting apart.
        near = squares.min(1) if rank == 1 else np.partition(squares, rank - 1, axis=1)[:, rank - 1]
        found[start : start + _BLOCK] = near
    return np.sqrt(found)


def are_valid(samples: Floats, training: Floats, held_out: Floats) -> Bools:
    """Which samples lie as near to a training picture as 95% of real held-out pictures do; ``(N,)``.

    All are features. The bound is the 95th percentile of the held-out pictures' distances to their nearest
    training picture, so that held-out pictures themselves score 0.95.
    """
    return np.asarray(nearest_distances(samples, training) < validity_bound(training, held_out))


def validity_bound(training: Floats, held_out: Floats) -> float:
    """The distance from the nearest training picture within which 95% of held-out pictures lie; features."""
    return float(np.percentile(nearest_distances(held_out, training), 100 * VALID_QUANTILE))


def frechet_distance(samples: Floats, real: Floats) -> float:
    """‖μ₁ − μ₂‖² + tr(C₁ + C₂ − 2 (C₁C₂)^½) between normal distributions fitted to two sets of features.

    ``(N, F)`` and ``(M, F)``. Heusel et al., "GANs Trained by a Two Time-Scale Update Rule Converge to a
    Local Nash Equilibrium", 2017, equation 6, there in another network's features. Values compare only within
    one classifier and one pair of counts, since few pictures make it larger.
    """
    first, second = np.asarray(samples, np.float64), np.asarray(real, np.float64)
    between = first.mean(0) - second.mean(0)
    one, two = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    root = _root(one)
    cross = np.sqrt(np.clip(np.linalg.eigvalsh(root @ two @ root), 0, None)).sum()
    return float(max(between @ between + np.trace(one) + np.trace(two) - 2 * cross, 0.0))


def are_within(points: Floats, manifold: Floats, neighbours: int = NEIGHBOURS) -> Bools:
    """Which points ``(N, F)`` lie in the k-NN manifold of ``(M, F)``: within the k-th neighbour of one of it.

    Kynkäänniemi et al., "Improved Precision and Recall Metric for Assessing Generative Models", 2019,
    equation 1.
    """
    radii = np.square(_own_radii(manifold, neighbours))
    found = np.empty(len(points), np.bool_)
    for start in range(0, len(points), _BLOCK):
        squares = _squared_distances(points[start : start + _BLOCK], manifold)
        found[start : start + _BLOCK] = (squares <= radii).any(axis=1)
    return found


def are_recalled(samples: Floats, real: Floats, neighbours: int = NEIGHBOURS) -> Bools:
    """Which real pictures ``(M,)`` lie in the samples' manifold; their share is the *recall* (ibid.).

    The same count of both, please: the more samples, the larger their manifold.
    """
    return are_within(real, samples, neighbours)


def are_precise(samples: Floats, real: Floats, neighbours: int = NEIGHBOURS) -> Bools:
    """Which samples ``(N,)`` lie in the real pictures' manifold; their share is the *precision* (ibid.).

    Noise can score high, as outliers among the real pictures have wide surroundings; see ``are_valid``.
    """
    return are_within(samples, real, neighbours)


def are_covered(samples: Floats, real: Floats, neighbours: int = NEIGHBOURS) -> Bools:
    """Which real pictures ``(M,)`` have a sample within their k-th neighbour's distance; the *coverage*.

    Naeem et al., "Reliable Fidelity and Diversity Metrics for Generative Models", 2020, equation 4. Unlike
    recall it does not grow with stray samples.
    """
    return np.asarray(nearest_distances(real, samples) <= _own_radii(real, neighbours))


def class_entropy(classes: NDArray[np.int64], count: int) -> float:
    """Entropy of the shares of ``count`` classes among the classifier's answers ``(N,)``, over log ``count``.

    1 where all classes are as frequent, 0 where there is but one.
    """
    shares = np.bincount(classes, minlength=count) / len(classes)
    present = shares[shares > 0]
    return float(-(present * np.log(present)).sum() / np.log(count)) if count > 1 else 1.0


def log_sharpness(pictures: Floats) -> Floats:
    """The logarithm of each picture's mean squared Laplacian, ``(N,)``; pictures ``(N, C, H, W)`` in [0, 1].

    The five-point Laplacian inside the borders, on the mean of the channels. High is edges, or noise.
    """
    grey = pictures.mean(axis=1)
    around = grey[:, :-2, 1:-1] + grey[:, 2:, 1:-1] + grey[:, 1:-1, :-2] + grey[:, 1:-1, 2:]
    squares = np.square(around - 4 * grey[:, 1:-1, 1:-1]).reshape(len(grey), -1)
    return np.asarray(np.log(squares.mean(1) + 1e-8), np.float32)


def sharpness_ratio(samples: Floats, real: Floats) -> float:
    """Exp of the difference of mean ``log_sharpness`` of samples and real pictures: 1 is as sharp."""
    return float(np.exp(log_sharpness(samples).mean() - log_sharpness(real).mean()))


def interval(
    statistic: Callable[..., float], *sets: NDArray[np.generic], draws: int = 200, seed: int = 0
) -> Figure:
    """``statistic(*sets)`` with its 95% bootstrap interval, each set's rows drawn anew.

    The percentiles of Efron & Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13, moved so that
    their mean is the value: sets drawn with repeats are less varied, which alone makes some distances
    larger. What the sets were compared with is held fixed, so the interval is that of the sampling, not of
    another training.
    """
    from numpy.random import default_rng

    random = default_rng(seed)
    found = [statistic(*(one[random.integers(0, len(one), len(one))] for one in sets)) for _ in range(draws)]
    value = float(statistic(*sets))
    low, high = value + np.percentile(found, [2.5, 97.5]) - np.mean(found)
    return Figure(value, float(low), float(high), len(sets[0]))


def share(hits: Bools) -> Figure:
    """The share of hits ``(N,)`` with its interval."""
    return interval(lambda drawn: float(drawn.mean()), hits, draws=1000)


def _squared_distances(points: Floats, reference: Floats) -> Floats:
    squares = np.square(points).sum(1)[:, None] + np.square(reference).sum(1) - 2 * (points @ reference.T)
    return np.asarray(np.maximum(squares, 0, out=squares))


def _own_radii(points: Floats, neighbours: int) -> Floats:
    """Distance of each point to its k-th neighbour among the others."""
    return nearest_distances(points, points, min(neighbours, len(points) - 1) + 1)


def _root(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T)
