"""Layouts that arrive now and then, as movement: nobody sees a point jump."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_SHORTEST, _LONGEST = 0.05, 0.5


class Motion:
    """Positions between the layouts of a map, by the time of the one who draws.

    Each layout is reached, from what is shown when it comes, in as long as it took to come; within bounds, so
    that nothing drags on behind and nothing leaps.
    """

    def __init__(self, places: Floats, now: float) -> None:
        self._from = self._to = places
        self._began, self._lasts, self._heard = now, 0.0, now

    def push(self, places: Floats, now: float) -> None:
        """A layout ``(N, 2)`` has come at ``now`` (seconds of any steady clock)."""
        self._from = self.at(now)
        self._to = places
        self._began, self._lasts = now, min(max(now - self._heard, _SHORTEST), _LONGEST)
        self._heard = now

    def at(self, now: float) -> Floats:
        """What to show at ``now``, ``(N, 2) float32``: the layout itself once it is reached."""
        if self.settled(now):
            return self._to
        share = np.float32((now - self._began) / self._lasts)
        return self._from + share * (self._to - self._from)

    def settled(self, now: float) -> bool:
        """Whether the newest layout is reached."""
        return now >= self._began + self._lasts
