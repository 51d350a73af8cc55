"""A column of the data told from the latent alone, by a linear model with a held-out score."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.core.errors import ExplorerError
from explorer.core.latent_ops.blas import one_thread
from explorer.core.latent_ops.draws import generator
from explorer.core.latent_ops.linear import Space
from explorer.core.latent_ops.separation import FEWEST, Score, explained, share, split
from explorer.core.progress import Progress

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

MOST_ROWS = 30_000
MOST_NAMES = 100
"""Labels that are told apart; of more, the most frequent."""

_PENALTIES = np.geomspace(1e-6, 1e3, 19)
_ROUNDS = 200


@dataclass(frozen=True, eq=False)
class LabelProbe:
    """A multinomial logistic regression from latents to labels.

    Attributes:
        codes: ``(K,)``, the label of each column of what it tells.
        weights, bias: ``(D, K)`` and ``(K,)``.
        accuracy: on held-out rows.
        majority: the accuracy of always telling the most frequent label, on the same rows.
        fitted: how many rows it was fitted to.
        left_out: labels that are too rare to be told.
    """

    codes: NDArray[np.int64]
    weights: Floats
    bias: Floats
    accuracy: Score
    majority: float
    fitted: int
    left_out: int

    def probabilities(self, latents: Floats) -> Floats:
        """``(n, K)`` for latents ``(n, D)``, or ``(K,)`` for one."""
        return np.asarray(np.exp(_log_softmax(latents @ self.weights + self.bias)), np.float32)

    def told(self, latents: Floats) -> NDArray[np.int64]:
        """The likeliest label of each latent."""
        return np.asarray(self.codes[(latents @ self.weights + self.bias).argmax(axis=-1)])


@dataclass(frozen=True, eq=False)
class ValueProbe:
    """A ridge regression from latents to a number.

    Attributes:
        weights: ``(D,)``.
        bias: what it tells at latent 0.
        r2: R² on held-out rows; 0 is as good as the mean.
        error: root mean square error on the same rows, in the column's own unit.
        usual: that of always telling the mean.
        within: 95 % of values lie so near to what is told, by the held-out rows; infinite for fewer than 19.
        low, high: the range of the values it was fitted to.
        fitted: how many rows it was fitted to.
    """

    weights: Doubles
    bias: float
    r2: Score
    error: float
    usual: float
    within: float
    low: float
    high: float
    fitted: int

    def told(self, latents: Floats) -> Doubles:
        """The number told for each latent ``(n, D)``, or for one."""
        return np.asarray(latents @ self.weights + self.bias)


@one_thread()
def probe_labels(
    latents: Floats, codes: NDArray[np.int32], seed: int = 0, progress: Progress | None = None
) -> LabelProbe:
    """Fit a probe of ``codes (N,)``, -1 for none, to latents ``(N, D)``.

    It minimises the mean cross-entropy plus |w|²/2n in standardised coordinates (scikit-learn's C = 1) by
    L-BFGS. 3 of 10 rows are held out; at most 30,000 are looked at, and the 100 most frequent labels that
    have 4 rows. Raises ``ExplorerError`` where fewer than two labels or 8 rows are left, ``Cancelled``.
    """
    from scipy.optimize import minimize

    progress = progress or Progress()
    rows = _rows(latents, codes >= 0, seed)
    counts = np.bincount(codes[rows]) if len(rows) else np.zeros(0, np.int64)
    frequent = np.argsort(-counts, kind="stable")[:MOST_NAMES]
    kept = np.sort(frequent[counts[frequent] >= 4])
    place = np.full(len(counts) + 1, -1)
    place[kept] = np.arange(len(kept))
    rows = rows[place[codes[rows]] >= 0]
    if len(kept) < 2 or len(rows) < FEWEST:
        raise ExplorerError(
            f"This column has {len(kept)} label{'s' * (len(kept) != 1)} with four or more pictures; "
            "two or more could be told apart."
        )
    truth = place[codes[rows]]
    known = np.asarray(latents[rows], np.float64)
    fit, held = split(len(rows), generator(seed, 2))
    space = Space.of(known[fit])
    inside = space.into(known[fit])
    axes, names, count = inside.shape[1], len(kept), len(fit)
    wanted = np.zeros((count, names))
    wanted[np.arange(count), truth[fit]] = 1.0
    pull = np.concatenate([inside.T @ wanted, wanted.sum(axis=0, keepdims=True)]) / count

    def loss(flat: Doubles) -> tuple[float, Doubles]:
        progress.check()
        both = flat.reshape(axes + 1, names)
        weights = both[:-1]
        logs = _log_softmax(inside @ weights + both[-1])
        shares = np.exp(logs)
        slope = np.concatenate([inside.T @ shares, shares.sum(axis=0, keepdims=True)]) / count - pull
        slope[:-1] += weights / count
        value = (
            -float(logs[np.arange(count), truth[fit]].mean()) + float(np.square(weights).sum()) / 2 / count
        )
        return value, slope.ravel()

    start = np.zeros((axes + 1) * names)
    both = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": _ROUNDS}).x
    both = both.reshape(axes + 1, names)
    weights = space.turn @ both[:-1]
    bias = both[-1] - space.mean @ weights
    hits = int(((known[held] @ weights + bias).argmax(axis=1) == truth[held]).sum())
    usual = np.bincount(truth[fit], minlength=names).argmax()
    return LabelProbe(
        codes=kept,
        weights=weights.astype(np.float32),
        bias=bias.astype(np.float32),
        accuracy=share(hits, len(held)),
        majority=float((truth[held] == usual).mean()),
        fitted=len(fit),
        left_out=int((counts > 0).sum()) - len(kept),
    )


@one_thread()
def probe_values(latents: Floats, values: NDArray[np.floating[Any]], seed: int = 0) -> ValueProbe:
    """Fit a probe of ``values (N,)``, NaN for none, to latents ``(N, D)``.

    Ridge regression (Hoerl and Kennard 1970) in standardised coordinates, its penalty chosen by generalised
    cross-validation (Golub, Heath and Wahba 1979). 3 of 10 rows are held out; at most 30,000 are looked at.
    Raises ``ExplorerError`` where there are fewer than 8 values or all are equal.
    """
    rows = _rows(latents, np.isfinite(values), seed)
    truth = np.asarray(values[rows], np.float64)
    if len(rows) < FEWEST or truth.min() == truth.max():
        found = f"{len(rows)} values" if len(rows) < FEWEST else "only one value"
        raise ExplorerError(f"This column has {found}; {FEWEST} or more that differ could be told.")
    random = generator(seed, 2)
    fit, held = split(len(rows), random)
    known = np.asarray(latents[rows], np.float64)
    space = Space.of(known[fit])
    inside, mean = space.into(known[fit]), float(truth[fit].mean())
    centre = inside.mean(axis=0)
    left, stretch, right = np.linalg.svd(inside - centre, full_matrices=False)
    along, spare = left.T @ (truth[fit] - mean), float(np.square(truth[fit] - mean).sum())
    best, least = np.zeros(len(stretch)), np.inf
    for penalty in _PENALTIES * len(fit):
        kept = stretch**2 / (stretch**2 + penalty)
        lost = spare - float((along**2 * (2 * kept - kept**2)).sum())
        score = lost / (len(fit) - 1 - float(kept.sum())) ** 2 if len(fit) - 1 > kept.sum() else np.inf
        if score < least:
            least, best = score, stretch / (stretch**2 + penalty)
    normal = right.T @ (best * along)
    weights = space.turn @ normal
    bias = mean - float(centre @ normal) - float(space.mean @ weights)
    told = known[held] @ weights + bias
    apart = np.sort(np.abs(truth[held] - told))
    # The rank that holds for a new value as well (split conformal prediction, Vovk et al. 2005).
    rank = math.ceil(0.95 * (len(held) + 1))
    return ValueProbe(
        weights=weights,
        bias=bias,
        r2=explained(truth[held], told, mean, random),
        error=float(np.sqrt(np.square(apart).mean())),
        usual=float(np.sqrt(np.square(truth[held] - mean).mean())),
        within=float(apart[rank - 1]) if rank <= len(held) else math.inf,
        low=float(truth[fit].min()),
        high=float(truth[fit].max()),
        fitted=len(fit),
    )


def _rows(latents: Floats, known: NDArray[np.bool_], seed: int) -> NDArray[np.int64]:
    """Rows with a finite latent and a value, of many a random sample."""
    rows = np.flatnonzero(known)
    if len(rows) > MOST_ROWS:
        rows = np.sort(generator(seed, 1).permutation(rows)[:MOST_ROWS])
    return rows[np.isfinite(latents[rows]).all(axis=1)]


def _log_softmax(logits: NDArray[Any]) -> NDArray[Any]:
    logits = logits - logits.max(axis=-1, keepdims=True)
    return np.asarray(logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True)))
