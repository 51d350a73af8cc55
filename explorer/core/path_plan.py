"""A path as a person lays it: stations in their order, how they are joined, and how it is played."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Place = tuple[float, float]
Kind = Literal["straight", "spherical", "data"]
Ending = Literal["back", "loop", "once"]

SHORTEST, LONGEST = 0.5, 120.0
"""Seconds that a path may take from its first station to its last."""


@dataclass(frozen=True, eq=False)
class Station:
    """A latent that a path goes through.

    Attributes:
        latent: ``(D,) float32``.
        place: where it is marked on the map; None where that is to be found from its latent.
        source: how it was come by, as a cursor's.
        name: what it is, in words; may be empty.
    """

    latent: Floats
    place: Place | None = None
    source: str = "map"
    name: str = ""


@dataclass(frozen=True, eq=False)
class PathPlan:
    """What a person asks of a path; ``path_route`` works out where it goes.

    Raises ``ValueError`` for stations of different sizes, or a duration out of bounds.

    Attributes:
        kind: how stations are joined; a key of ``latent_ops.paths.KINDS``.
        even: whether equal times are to change the picture equally, instead of the latent.
        seconds: how long it plays from the first station to the last.
        ending: there and ``back``, on to the first station in a ``loop``, or ``once``.
    """

    stations: tuple[Station, ...] = ()
    kind: Kind = "straight"
    even: bool = False
    seconds: float = 4.0
    ending: Ending = "back"

    def __post_init__(self) -> None:
        if len({one.latent.shape for one in self.stations}) > 1:
            raise ValueError("the stations of a path differ in size")
        if not SHORTEST <= self.seconds <= LONGEST:
            raise ValueError(f"a path that takes {self.seconds} seconds")

    @property
    def latents(self) -> Floats:
        """Those of the stations, ``(k, D)``; ``(0, 0)`` for none."""
        if not self.stations:
            return np.empty((0, 0), np.float32)
        return np.stack([one.latent for one in self.stations])

    def with_station(self, station: Station, at: int | None = None) -> PathPlan:
        """One more at the end, or another in place of number ``at``."""
        if at is None:
            return replace(self, stations=(*self.stations, station))
        return replace(self, stations=(*self.stations[:at], station, *self.stations[at + 1 :]))

    def without_station(self, at: int) -> PathPlan:
        """All but number ``at``."""
        return replace(self, stations=(*self.stations[:at], *self.stations[at + 1 :]))

    def marked_at(self, places: Sequence[Place]) -> PathPlan:
        """The same with its stations marked elsewhere on the map."""
        if not self.stations:
            return self
        stations = zip(self.stations, places, strict=True)
        return replace(self, stations=tuple(replace(one, place=place) for one, place in stations))
