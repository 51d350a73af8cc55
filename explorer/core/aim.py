"""A place that is pointed at, on its way to a latent."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from explorer.core.carry import Individual, carried
from explorer.core.inverse import Inverse

Floats = npt.NDArray[np.float32]


class Aim:
    """A place on the map, the scale of the view it was pointed at, and what is carried there, if anything.

    Its latent is worked out when first asked for, on whatever thread asks: the one that decodes, so that the
    hand never waits for it and places that were skipped cost nothing. All who ask get the same array.
    """

    def __init__(
        self,
        inverse: Inverse,
        place: tuple[float, float],
        units_per_pixel: float,
        individual: Individual | None = None,
    ) -> None:
        self._inverse, self.place, self._units_per_pixel = inverse, place, units_per_pixel
        self.individual = individual
        self._latents: dict[str, Floats] = {}

    @property
    def latent(self) -> Floats:
        """The latent ``(D,) float32`` of the place."""
        if not self._latents:  # setdefault is one step for the interpreter: the first answer stays
            self._latents.setdefault("", self._worked_out())
        return self._latents[""]

    def _worked_out(self) -> Floats:
        if self.individual is not None:
            return carried(self._inverse, self.individual, self.place, self._units_per_pixel)
        return self._inverse.latent_at(self.place, self._units_per_pixel)
