"""A mixture of normal distributions fitted to the codes: what a plain autoencoder can be sampled from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer.core.errors import ExplorerError
from explorer.core.latent_ops.blas import one_thread
from explorer.core.latent_ops.draws import checked, generator
from explorer.core.pca import components
from explorer.core.progress import Progress

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

SIZES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
"""Numbers of parts that are tried."""

MOST_AXES = 32
"""Dimensions in which the parts differ; longer latents share one normal distribution beside these."""

_MOST_ROWS, _MOST_VALUES, _FEWEST_ROWS = 8192, 1 << 22, 40
_HELD_OUT = 5
_BESIDE = 512
_WORSE_IN_A_ROW = 2
_RIDGE = 1e-4
_MOST_ROUNDS, _GAIN = 100, 1e-3


@dataclass(frozen=True, eq=False)
class Mixture:
    """Parts k with weight π, mean μ and covariance LLᵀ in ``A`` axes, and one covariance beside these axes.

    Attributes:
        weights: ``(K,)``, their sum is 1.
        means: ``(K, A)``.
        roots: ``(K, A, A)``, the covariances' Cholesky factors L.
        origin: ``(D,)``; a latent is origin + axes·y + rest.
        axes: ``(D, A)``, orthonormal.
        beside: ``(r, D)``, what the axes leave out of some codes; empty where nothing is left.
        scores: the BIC of held-out codes of each size that was tried, by the number of parts.
    """

    weights: Doubles
    means: Doubles
    roots: Doubles
    origin: Doubles
    axes: Doubles
    beside: Doubles
    scores: dict[int, float]

    def sample(self, count: int, seed: int) -> Floats:
        """``(count, D) float32`` from the mixture."""
        edges = np.cumsum(self.weights)
        shares = generator(seed, 1).random(checked(count))
        parts = np.minimum(np.searchsorted(edges, shares, side="right"), len(edges) - 1)
        noise = generator(seed).standard_normal((count, self.axes.shape[1]))
        inside = self.means[parts] + np.einsum("nab,nb->na", self.roots[parts], noise)
        samples = self.origin + inside @ self.axes.T
        if len(self.beside):
            # A sum of these deviations with independent normal weights has their covariance.
            weights = generator(seed, 2).standard_normal((count, len(self.beside)))
            samples += weights @ self.beside / len(self.beside) ** 0.5
        return np.asarray(samples, np.float32)


@one_thread()
def fit_mixture(latents: Floats, seed: int = 0, progress: Progress | None = None) -> Mixture:
    """Fit a mixture to ``latents (N, D)`` by EM from k-means++ seeds (McLachlan and Peel 2000).

    Its size minimises Schwarz's (1978) BIC = p·ln m - 2·ln L, both m and L those of a fifth of the codes
    that were held out of the fit; sizes grow from 1 until two in a row are worse. Covariances are full within
    the 32 principal axes of the codes and common beside them. At most 8,192 codes are looked at. Rows that
    are not finite are left out. Raises ``ExplorerError`` for fewer than 40 codes, ``Cancelled`` after a
    cancel.
    """
    progress = progress or Progress()
    rows = _some(latents, seed)
    if len(rows) < _FEWEST_ROWS:
        raise ExplorerError(
            f"A mixture cannot be fitted to {len(rows)} latents; {_FEWEST_ROWS} or more would work."
        )
    found = components(rows, MOST_AXES, _MOST_VALUES)
    assert found is not None  # the rows are finite
    axes, centred = found.axes, rows.astype(np.float64) - found.mean
    inside = centred @ axes
    beside = np.empty((0, rows.shape[1]))
    if axes.shape[1] == MOST_AXES < rows.shape[1]:
        some = slice(None, None, -(-len(rows) // _BESIDE))
        beside = centred[some] - inside[some] @ axes.T
    scale = np.maximum(inside.std(axis=0), 1e-12)
    held, fitted = inside[::_HELD_OUT] / scale, np.delete(inside, np.s_[::_HELD_OUT], axis=0) / scale
    scores: dict[int, float] = {}
    best, worse = _Parts.one(axes.shape[1]), 0
    sizes = [size for size in SIZES if size * 10 <= len(fitted)]
    looks = _squares(fitted), _squares(held)
    for done, size in enumerate(sizes):
        progress(done, len(sizes), "Fitting mixtures of normals")
        parts = _fit(fitted, looks[0], size, seed, progress)
        free = size * looks[0].shape[1] - 1  # a weight, a mean and a covariance each; the weights add up to 1
        score = float(free * np.log(len(held)) - 2 * _log_sum(parts.log_joint(looks[1])).sum())
        scores[size] = score
        best, worse = (parts, 0) if score <= min(scores.values()) else (best, worse + 1)
        if worse == _WORSE_IN_A_ROW:
            break
    progress(len(sizes), len(sizes), "Fitting mixtures of normals")
    return Mixture(
        best.weights,
        best.means * scale,
        scale[:, None] * np.linalg.cholesky(best.covariances),
        found.mean,
        axes,
        beside,
        scores,
    )


class _Parts(NamedTuple):
    """Weights ``(K,)``, means ``(K, A)`` and covariances ``(K, A, A)``."""

    weights: Doubles
    means: Doubles
    covariances: Doubles

    @classmethod
    def one(cls, axes: int) -> _Parts:
        """A single standard normal."""
        return cls(np.ones(1), np.zeros((1, axes)), np.eye(axes)[None])

    @classmethod
    def of(cls, looks: Doubles, shares: Doubles) -> _Parts:
        """What maximises the likelihood where ``shares (n, K)`` of the rows belong to each part."""
        size = (looks.shape[1], shares.shape[1])
        axes = round((np.sqrt(8 * size[0] + 1) - 3) / 2)
        counts = shares.sum(axis=0) + 10 * np.finfo(np.float64).eps
        moments = (shares.T @ looks) / counts[:, None]
        means = moments[:, 1 : axes + 1]
        covariances = np.empty((size[1], axes, axes))
        upper = np.triu_indices(axes)
        covariances[:, upper[0], upper[1]] = covariances[:, upper[1], upper[0]] = moments[:, axes + 1 :]
        covariances -= means[:, :, None] * means[:, None, :]
        return cls(counts / counts.sum(), means, covariances + _RIDGE * np.eye(axes))

    def log_joint(self, looks: Doubles) -> Doubles:
        """``(n, K)``: the logarithm of each part's weight times its density.

        A normal's log-density is linear in the products of the coordinates, so one matrix product gives all.
        """
        axes = self.means.shape[1]
        inverses = np.linalg.inv(self.covariances)
        pulls = np.einsum("kab,kb->ka", inverses, self.means)
        logs = np.linalg.slogdet(self.covariances)[1]
        constants = np.log(self.weights) - 0.5 * (
            axes * np.log(2 * np.pi) + logs + np.einsum("ka,ka->k", pulls, self.means)
        )
        upper = np.triu_indices(axes)
        twice = np.where(upper[0] == upper[1], 0.5, 1.0)
        quadratic = -inverses[:, upper[0], upper[1]] * twice
        return np.asarray(looks @ np.concatenate([constants[:, None], pulls, quadratic], axis=1).T)


def _fit(rows: Doubles, looks: Doubles, size: int, seed: int, progress: Progress) -> _Parts:
    """EM for ``rows (n, A)``, until a round adds less than 0.001 to the mean log-likelihood."""
    centres = _spread_out(rows, size, seed)
    near = np.square(centres).sum(axis=1) - 2 * rows @ centres.T
    parts = _Parts.of(looks, (near == near.min(axis=1, keepdims=True)).astype(np.float64))
    before = -np.inf
    for _ in range(_MOST_ROUNDS):
        progress.check()
        joint = parts.log_joint(looks)
        total = _log_sum(joint)
        parts = _Parts.of(looks, np.exp(joint - total[:, None]))
        gained, before = float(total.mean()) - before, float(total.mean())
        if gained < _GAIN:
            break
    return parts


def _spread_out(rows: Doubles, count: int, seed: int) -> Doubles:
    """``count`` of the rows, each drawn by its squared distance to those before (k-means++, Arthur 2007)."""
    random = generator(seed, 2)
    chosen = [int(random.integers(len(rows)))]
    apart = np.full(len(rows), np.inf)
    for share in random.random(count - 1):
        apart = np.minimum(apart, np.square(rows - rows[chosen[-1]]).sum(axis=1))
        reach = np.cumsum(apart)
        chosen.append(min(int(np.searchsorted(reach, share * reach[-1], side="right")), len(rows) - 1))
    return rows[chosen]


def _squares(rows: Doubles) -> Doubles:
    """1, the coordinates, and their products ``(n, 1 + A + A(A+1)/2)``."""
    first, second = np.triu_indices(rows.shape[1])
    return np.concatenate([np.ones((len(rows), 1)), rows, rows[:, first] * rows[:, second]], axis=1)


def _log_sum(joint: Doubles) -> Doubles:
    top = joint.max(axis=1)
    return np.asarray(top + np.log(np.exp(joint - top[:, None]).sum(axis=1)), np.float64)


def _some(latents: Floats, seed: int) -> Floats:
    """Finite rows of ``latents``, of many a random sample in their order."""
    most = min(_MOST_ROWS, max(_MOST_VALUES // max(latents.shape[1], 1), 4 * _FEWEST_ROWS))
    if len(latents) > most:
        chosen = np.sort(generator(seed, 1).permutation(len(latents))[:most])
        latents = latents[chosen]
    rows = np.array(latents, np.float32)
    return rows[np.isfinite(rows).all(axis=1)]
