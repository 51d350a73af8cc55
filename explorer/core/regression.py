"""The latent of a place from the data points around it: the arithmetic, in plain numpy.

``regression_kernels`` holds the same compiled. What both do:

- *Weights.* The biweight kernel over k neighbours, zero at the last of them (Nadaraya 1964, Watson 1964), so
  that no neighbour ever appears or leaves with a jump. Where the screen shows points apart, each weight is
  also divided by the fourth power of the distance, softened less and less: in the limit that is Shepard's
  interpolation (1968), which passes through every point.
- *Tilt.* Neighbours that lie mostly to one side of the place are reweighted so that their centre falls on it:
  that is local-linear regression (Cleveland 1979), kept from extrapolating by letting no weight become
  negative.
- *Leaning.* Where the neighbours are of two minds their mean resembles neither, so it takes one step of mean
  shift in the latent space (Comaniciu and Meer 2002) towards the fuller side. The step's width is a fixed
  share of the neighbours' own standard deviation; where they agree it changes next to nothing.

Tilt and leaning fade where the place has no data near, and where single points are passed through.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FEWEST, MOST = 8, 128
"""Bounds of the number of neighbours."""

SPACING_PIXELS = (4.0, 10.0)
"""Mean distance between points on the screen: below the first none stands out, from the second each does."""

INSIDE = (0.4, 0.9)
"""Distance to the nearest neighbour over that to the last: tilt and leaning begin to fade, and are gone."""

LEANING = 5.5
"""How decidedly the fuller side is taken: the variance over the squared width of the step."""

RIDGE = 0.005
"""Steadies the tilt where neighbours lie on a line; in squares of the kernel's radius."""

_LEAST = 1e-12


class Answer(NamedTuple):
    """What a place's neighbours say.

    Attributes:
        latent: ``(D,) float32``.
        nearest, farthest: distances to the first and the last of the neighbours, in map units.
        spread: root of the neighbours' weighted mean squared distance from ``latent``, in the latent space.
    """

    latent: NDArray[np.float32]
    nearest: float
    farthest: float
    spread: float


class Near(NamedTuple):
    """How far the first and last of a place's neighbours lie, in map units; what they say is not asked."""

    nearest: float
    farthest: float


def neighbour_count(points: int) -> int:
    """How many neighbours to average over on a map of so many points.

    Found by leaving points out: the best number grows with the cube root (16 of 300, 96 of 60,000).
    """
    return min(max(round(2.45 * math.cbrt(points)), FEWEST), MOST)


def answer(
    distances: NDArray[np.float64],
    offsets: NDArray[np.float64],
    latents: NDArray[np.float32],
    cut: float,
    units_per_pixel: float,
) -> Answer:
    """The answer of neighbours ``latents (k, D)`` at ascending ``distances (k,)`` and ``offsets (k, 2)``.

    ``cut`` is the distance from which a weight is zero, ``units_per_pixel`` the screen's scale (0: none).
    """
    nearest, farthest = float(distances[0]), float(distances[-1])
    weights, tilted = weigh(distances, offsets, latents, cut, units_per_pixel)
    if tilted is None:
        own = np.array(latents[0], np.float32)
        return Answer(own, 0.0, farthest, math.sqrt(float(weights @ _squares(latents, own))))
    latent = tilted.astype(np.float32) @ latents
    return Answer(latent, nearest, farthest, math.sqrt(float(weights @ _squares(latents, latent))))


def weigh(
    distances: NDArray[np.float64],
    offsets: NDArray[np.float64],
    latents: NDArray[np.float32],
    cut: float,
    units_per_pixel: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    """The neighbours' weights ``(k,)``, and those after tilt and leaning, whose sum of latents is the answer.

    None in place of the latter where the place is a data point's, whose own latent is the answer. The
    arguments are those of ``answer``.
    """
    nearest, farthest = float(distances[0]), float(distances[-1])
    apart = apartness(farthest, len(distances), cut, units_per_pixel)
    weights = _kernel(distances, cut)
    if nearest == 0.0 and (apart == 1.0 or units_per_pixel <= 0.0):
        return weights, None
    if apart > 0.0:
        spacing = farthest * math.sqrt(math.pi / len(distances))
        softened = (apart * distances / spacing) ** 2 + (1.0 - apart) ** 2
        weights /= np.square(np.maximum(softened, 1e-30))
        weights /= weights.sum()
    inside = (1.0 - apart) * (1.0 - _between(*INSIDE, nearest / cut)) if cut > 0.0 else 0.0
    tilted = _tilted(weights, offsets / cut, inside) if inside > 0.0 else weights
    squares = _squares(latents, tilted.astype(np.float32) @ latents)
    variance = float(weights @ squares)
    if inside > 0.0 and variance > 0.0:
        leaning = weights * np.exp((squares.min() - squares) * (inside * LEANING / variance))
        tilted = _tilted(leaning / leaning.sum(), offsets / cut, inside)
    return weights, tilted


def apartness(farthest: float, count: int, cut: float, units_per_pixel: float) -> float:
    """How far the screen shows points apart, in [0, 1]: 1 where ``count`` of them within ``farthest`` do."""
    if units_per_pixel <= 0.0 or farthest <= 0.0:
        return 0.0
    if cut > farthest:
        return 1.0  # so few points that all of them are neighbours
    return _between(*SPACING_PIXELS, farthest * math.sqrt(math.pi / count) / units_per_pixel)


def _kernel(distances: NDArray[np.float64], cut: float) -> NDArray[np.float64]:
    if cut <= 0.0:
        return np.full(len(distances), 1.0 / len(distances))
    weights = np.square(1.0 - np.minimum(distances / cut, 1.0) ** 2)
    weights += _LEAST  # all at one distance share the answer
    return np.asarray(weights / weights.sum(), np.float64)


def _tilted(weights: NDArray[np.float64], offsets: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    """Weights ``(k,)``, summing to 1, that bring the centre of ``offsets (k, 2)`` to 0, as far as asked."""
    centre = weights @ offsets
    apart = offsets - centre
    (a, b), (_, c) = (weights[:, None] * apart).T @ apart
    a, c = a + RIDGE, c + RIDGE
    slope = np.array([c * centre[0] - b * centre[1], a * centre[1] - b * centre[0]]) / (a * c - b * b)
    tilted = weights * np.maximum(1.0 - share * (apart @ slope), 0.0)
    return np.asarray(tilted / tilted.sum(), np.float64)


def _squares(latents: NDArray[np.float32], latent: NDArray[np.float32]) -> NDArray[np.float64]:
    """Squared distances ``(k,)`` of ``latents (k, D)`` from one."""
    apart = latents - latent
    return np.asarray(np.einsum("kd,kd->k", apart, apart), np.float64)


def _between(low: float, high: float, value: float) -> float:
    """A smooth step from 0 at ``low`` to 1 at ``high``."""
    t = min(max((value - low) / (high - low), 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)
