"""Layouts that arrive now and then, as movement: nobody sees a point jump."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_WAY = 0.7
_DRAG, _CHASE = 0.2, 0.9
_REST = 0.2


class Motion:
    """Positions between the layouts of a map, by the time of the one who draws.

    A layout that comes at rest is the way to another map: it starts and ends slowly. Those that come while
    points move are chased: the distance to the newest one falls to 1/e in a fifth of a second. So what each
    epoch shakes, which says nothing, is evened out, and what lasts is followed.

    Attributes:
        eased: whether the newest layout came at rest.
    """

    def __init__(self, places: Floats, now: float) -> None:
        self._from = self._to = places
        self._began, self._lasts, self.eased = now - 2 * _REST, 0.0, False

    def push(self, places: Floats, now: float) -> None:
        """A layout ``(N, 2)`` has come at ``now`` (seconds of any steady clock)."""
        self._from, self._to = self.at(now), places
        self.eased = now > self._began + self._lasts + _REST
        self._began, self._lasts = now, _WAY if self.eased else _CHASE

    def at(self, now: float) -> Floats:
        """What to show at ``now``, ``(N, 2) float32``: the layout itself once it is reached."""
        share = self.share(now)
        return self._to if share >= 1 else self._from + np.float32(share) * (self._to - self._from)

    def share(self, now: float) -> float:
        """How much of the way is done at ``now``, in [0, 1]."""
        if self.settled(now):
            return 1.0
        passed = now - self._began
        if self.eased:
            return (passed / _WAY) ** 2 * (3 - 2 * passed / _WAY)
        return math.expm1(-passed / _DRAG) / math.expm1(-_CHASE / _DRAG)

    def settled(self, now: float) -> bool:
        """Whether the newest layout is reached."""
        return now >= self._began + self._lasts
