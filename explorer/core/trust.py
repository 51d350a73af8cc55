"""How far the inverse's answers are to be believed, learnt by leaving points out.

*Support* is about where data lie: it falls off with the distance to the nearest point, by the distances that
the points themselves have. *Error* is about how well the map determines the latent: for points left out, half
of the true latents lie nearer to the answer than a certain multiple of the neighbours' spread, and that
multiple hardly varies. It grows a little across gaps, which is learnt by leaving out whole neighbourhoods.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.core import regression
from explorer.core.plane_index import PlaneIndex
from explorer.core.quantiles import quantile
from explorer.core.regression import Answer

_SUPPORTED = 0.98
_FADE = 4.0
_BOUNDS = (1e-4, 0.03)
_SAMPLE = 400
_SAMPLE_FLOATS = 1 << 24
_GAPS = (0, 1, 4)
"""How many times the number of neighbours is left out around a point, beside itself."""


@dataclass(frozen=True)
class Trust:
    """How far the latent of a place is to be believed.

    Attributes:
        support: how far the data speak for the place, in [0, 1].
        error: half of the pictures that belong here have latents nearer to the answer than this; in units
            of the median distance between two latents of the data. None where there are too few points.
        distance: to the nearest data point, in diameters of the map.
    """

    support: float
    error: float | None
    distance: float


@dataclass(frozen=True, eq=False)
class Calibration:
    """What was learnt from points left out.

    Attributes:
        gaps: ``(g,)`` ascending, distance to the nearest neighbour over that to the last.
        ratios: ``(g,)``, median error over the neighbours' spread at such a gap.
        unit: median distance between two latents of the data.
    """

    gaps: NDArray[np.float64]
    ratios: NDArray[np.float64]
    unit: float

    def error_of(self, found: Answer) -> float | None:
        """``Trust.error`` of an answer."""
        if not len(self.gaps) or self.unit <= 0.0:
            return None
        gap = found.nearest / found.farthest if found.farthest > 0.0 else 0.0
        return float(np.interp(gap, self.gaps, self.ratios)) * found.spread / self.unit


def calibrate(
    index: PlaneIndex,
    places: NDArray[np.float64],
    latents: NDArray[np.float32],
    rows: NDArray[np.int64],
    count: int,
) -> Calibration:
    """Leave out 400 random points (fewer of many dimensions), each alone and with those around it.

    ``places (n, 2)`` are the index's points, ``rows`` their rows in ``latents``; ``count`` neighbours answer.
    """
    if len(places) < 4 * regression.FEWEST:
        return Calibration(np.empty(0), np.empty(0), 0.0)
    generator = np.random.Generator(np.random.PCG64(0))
    some = min(_SAMPLE, max(32, _SAMPLE_FLOATS // (count * latents.shape[1])))
    chosen = generator.permutation(len(places))[:some]
    gaps, ratios = [], []
    for left_out in _GAPS:
        skipped = 1 + left_out * count
        if skipped + count > len(places) // 2:
            break
        found = [_left_out(index, places, latents, rows, point, skipped, count) for point in chosen]
        gap, ratio = np.median(np.array([one for one in found if one]), axis=0) if any(found) else (0.0, 0.0)
        gaps.append(gap)
        ratios.append(ratio)
    sample = latents[rows[chosen]].astype(np.float64)
    unit = float(np.median(np.linalg.norm(sample - np.roll(sample, 1, axis=0), axis=1)))
    order = np.argsort(gaps, kind="stable")
    return Calibration(np.array(gaps)[order], np.array(ratios)[order], unit)


def _left_out(
    index: PlaneIndex,
    places: NDArray[np.float64],
    latents: NDArray[np.float32],
    rows: NDArray[np.int64],
    point: int,
    skipped: int,
    count: int,
) -> tuple[float, float] | None:
    """The gap, and error over spread, of the answer at a point without its ``skipped`` nearest."""
    found, distances = index.nearest(float(places[point, 0]), float(places[point, 1]), skipped + count)
    found, distances = found[found != point], distances[found != point]
    found, distances = found[skipped - 1 :], distances[skipped - 1 :]
    offsets = places[found] - places[point]
    answer = regression.answer(distances, offsets, latents[rows[found]], float(distances[-1]), 0.0)
    if answer.spread <= 0.0 or answer.farthest <= 0.0:
        return None
    error = float(np.linalg.norm(latents[rows[point]].astype(np.float64) - answer.latent))
    return answer.nearest / answer.farthest, error / answer.spread


def reach_of_support(index: PlaneIndex, places: NDArray[np.float64], diameter: float) -> tuple[float, float]:
    """Up to which distance from a data point support is 1, and from which it is 0, in map units.

    49 of 50 points have another one within the first. It stays between 0.0001 and 0.03 diameters.
    """
    low, high = _BOUNDS[0] * diameter, _BOUNDS[1] * diameter
    sample = places[:: max(1, len(places) // _SAMPLE)]
    apart = index.distances(sample, high, others=True)
    full = float(min(max(quantile(apart, _SUPPORTED), low), high))
    return full, _FADE * full


def support_of(distances: NDArray[np.float64], full: float, none: float) -> NDArray[np.float32]:
    """1 up to distance ``full``, 0 from ``none``, a smooth step between."""
    t = np.clip((distances - full) / (none - full), 0.0, 1.0)
    return (1.0 - t * t * (3.0 - 2.0 * t)).astype(np.float32)
