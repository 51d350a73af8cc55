"""How well a number tells two sets apart, with what is uncertain about it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

HELD_OUT = 0.3
"""Share of the rows that a score is taken from, and that nothing was fitted to."""

FEWEST = 8
"""Rows in each set from which some are held out."""

_Z = 1.959964


@dataclass(frozen=True)
class Score:
    """A figure with its 95 % interval, and from how many held-out rows it comes."""

    value: float
    low: float
    high: float
    rows: int


def split(count: int, random: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which of ``count`` rows to fit to, and which to hold out; none where there are fewer than 8."""
    order = random.permutation(count)
    held = round(HELD_OUT * count) if count >= FEWEST else 0
    return np.sort(order[held:]), np.sort(order[:held])


def auc(low: Doubles, high: Doubles) -> Score:
    """The probability that a value of ``high (n,)`` exceeds one of ``low (m,)``; equal ones count half.

    It is the area under the ROC curve (Mann and Whitney's statistic); the interval inverts Hanley and
    McNeil's (1982) variance as a score test does (Newcombe 2006, method 5), so that it keeps a width at 1.
    """
    m, n = len(low), len(high)
    values = np.concatenate([low, high])
    ranked = np.sort(values)
    # The mean rank of equal values, from 1.
    ranks = (np.searchsorted(ranked, values, "left") + np.searchsorted(ranked, values, "right") + 1) / 2
    area = float((ranks[m:].sum() - n * (n + 1) / 2) / (m * n))
    fellows = (m + n) / 2 - 1

    def deviation(truth: float) -> float:
        spread = 1 + fellows * ((1 - truth) / (2 - truth) + truth / (1 + truth))
        return float((truth * (1 - truth) * spread / (m * n)) ** 0.5)

    def end(outer: float) -> float:
        inner = area
        for _ in range(60):
            middle = (inner + outer) / 2
            inside = abs(middle - area) <= _Z * deviation(middle)
            inner, outer = (middle, outer) if inside else (inner, middle)
        return inner

    return Score(area, end(0.0), end(1.0), m + n)


def share(hits: int, count: int) -> Score:
    """``hits`` of ``count`` as a share, with Wilson's (1927) interval."""
    value = hits / count
    middle = (hits + _Z**2 / 2) / (count + _Z**2)
    half = _Z / (count + _Z**2) * (hits * (count - hits) / count + _Z**2 / 4) ** 0.5
    return Score(value, max(0.0, middle - half), min(1.0, middle + half), count)


def explained(truth: Doubles, told: Doubles, mean: float, random: np.random.Generator) -> Score:
    """R² = 1 - Σ(truth - told)² / Σ(truth - mean)², with a percentile bootstrap of 400 samples of the rows.

    ``mean`` is that of the rows the prediction was fitted to, so that a constant guess has 0.
    """
    lost, spread = np.square(truth - told), np.square(truth - mean)
    drawn = random.integers(0, len(truth), (400, len(truth)))
    tries = np.sort(1 - lost[drawn].sum(axis=1) / np.maximum(spread[drawn].sum(axis=1), 1e-300))
    value = float(1 - lost.sum() / max(float(spread.sum()), 1e-300))
    return Score(value, float(tries[9]), float(tries[-10]), len(truth))
