"""Dragging from a picture on: what is its own stays, while the map changes the rest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.core.inverse import Inverse

REACH = 0.5
"""Distance in diameters of the map over which an individual's own deviation fades, unless told."""


@dataclass(frozen=True, eq=False)
class Individual:
    """A picture that is carried over the map.

    Its deviation, its latent minus the inverse's answer at its place, is added to the answer elsewhere: the
    arithmetic of attribute vectors (Larsen et al. 2016), with the individual itself as the attribute.

    Attributes:
        latent: ``(D,) float32``.
        place: where it was picked up, in map units.
        reach: the deviation is whole at ``place`` and gone this many diameters away; ``inf``: it stays whole.
    """

    latent: NDArray[np.float32]
    place: tuple[float, float]
    reach: float = REACH


def carried(
    inverse: Inverse, one: Individual, place: tuple[float, float], units_per_pixel: float = 0.0
) -> NDArray[np.float32]:
    """The latent ``(D,) float32`` of the individual at ``place``.

    Exactly its own at its own place, at any scale; continuous in place and scale as the inverse is, and equal
    to the inverse's answer beyond its reach.
    """
    dx, dy = place[0] - one.place[0], place[1] - one.place[1]
    share = faded(float(np.hypot(dx, dy)) / inverse.diameter, one.reach)
    if dx == dy == 0.0:
        return np.array(one.latent, np.float32)
    there = inverse.latent_at(place, units_per_pixel)
    if share == 0.0:
        return there
    return there + np.float32(share) * (one.latent - inverse.latent_at(one.place, units_per_pixel))


def faded(distance: float, reach: float) -> float:
    """How much of a deviation is left at a distance, both in diameters: 1 at 0, falling to 0 at ``reach``."""
    if reach <= 0.0:
        return float(distance == 0.0)
    share = min(distance / reach, 1.0)
    return (1.0 - share * share) ** 2
