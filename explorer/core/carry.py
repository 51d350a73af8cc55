"""Dragging from a picture on: what is its own stays, while the map changes the rest."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from explorer.core.inverse import Inverse

REACH = 0.5
"""Distance in diameters of the map over which an individual's own deviation fades, unless told."""

_Key = tuple[Inverse, float]


@dataclass(frozen=True, eq=False)
class Individual:
    """A picture that is carried over the map.

    Its deviation, its latent minus the inverse's answer at its place, is added to the answer elsewhere: the
    arithmetic of attribute vectors (Larsen et al. 2016), with the individual itself as the attribute.

    Attributes:
        latent: ``(D,) float32``.
        place: where it was picked up, in map units.
        reach: the deviation is whole at ``place`` and gone this many diameters away; ``inf``: it stays whole.
        name: what it is, in words.
    """

    latent: NDArray[np.float32]
    place: tuple[float, float]
    reach: float = REACH
    name: str = ""
    _deviations: dict[_Key, NDArray[np.float32]] = field(default_factory=dict, repr=False)

    def share_at(self, place: tuple[float, float], diameter: float) -> float:
        """How much of its deviation is left at ``place``, in [0, 1], on a map of such a ``diameter``."""
        return faded(math.dist(place, self.place) / diameter, self.reach)

    def deviation(self, inverse: Inverse, units_per_pixel: float) -> NDArray[np.float32]:
        """What is its own, ``(D,) float32``; worked out once for a map and the scale of a view."""
        key = inverse, units_per_pixel
        known = self._deviations.get(key)
        if known is None:
            known = self.latent - inverse.latent_at(self.place, units_per_pixel)
            self._deviations.clear()
            self._deviations[key] = known
        return known


def carried(
    inverse: Inverse, one: Individual, place: tuple[float, float], units_per_pixel: float = 0.0
) -> NDArray[np.float32]:
    """The latent ``(D,) float32`` of the individual at ``place``.

    Exactly its own at its own place, at any scale; continuous in place and scale as the inverse is, and equal
    to the inverse's answer beyond its reach.
    """
    if place == one.place:
        return np.array(one.latent, np.float32)
    share = one.share_at(place, inverse.diameter)
    there = inverse.latent_at(place, units_per_pixel)
    if share == 0.0:
        return there
    return there + np.float32(share) * one.deviation(inverse, units_per_pixel)


def faded(distance: float, reach: float) -> float:
    """How much of a deviation is left at a distance, both in diameters: 1 at 0, falling to 0 at ``reach``."""
    if reach <= 0.0:
        return float(distance == 0.0)
    share = min(distance / reach, 1.0)
    return (1.0 - share * share) ** 2
