"""How the latents of some pictures are chosen, in words and in numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explorer.core.errors import ExplorerError
from explorer.core.latent_ops import draws

if TYPE_CHECKING:
    from explorer.core.latent_ops.mixture import Mixture

Floats = NDArray[np.float32]

PRIORS: dict[draws.Law, str] = {
    "normal": "prior N(0, I)",
    "uniform": "uniform prior on [−1, 1]",
    "sphere": "uniform prior on the sphere",
}
"""What a prior is called."""


@dataclass(frozen=True, eq=False)
class Draw:
    """How latents are chosen; the same draw gives the same latents. Made by one of the class methods below.

    Attributes:
        text: the draw in words, without its seed.
        seed: what it is drawn with; None where nothing is random.
        make: gives the latents ``(n, D) float32``.
    """

    text: str
    seed: int | None
    make: Callable[[], Floats]

    def latents(self) -> Floats:
        """The latents ``(n, D) float32``. Raises ``ExplorerError`` for an empty or impossible draw."""
        return self.make()

    @classmethod
    def prior(
        cls,
        count: int,
        size: int,
        seed: int,
        law: draws.Law = "normal",
        temperature: float = 1.0,
        truncation: float | None = None,
        radius: float = 1.0,
    ) -> Draw:
        """``count`` samples of a prior in ``size`` dimensions; see ``draws.sample_prior``."""
        text = PRIORS[law]
        if truncation is not None:
            text += f" within ±{truncation:g}" + ("" if law == "uniform" else "σ")
        if temperature != 1.0:
            text += f" at temperature {temperature:g}"
        if law == "sphere" and radius != 1.0:
            text += f" of radius {radius:.4g}"
        make = partial(draws.sample_prior, count, size, seed, law, temperature, truncation, radius)
        return cls(text, seed, make)

    @classmethod
    def fitted(cls, latents: Floats, count: int, seed: int) -> Draw:
        """Samples of the normal distribution fitted to ``latents (n, D)``: ``draws.sample_fitted``."""
        text = "normal distribution fitted to the data"
        return cls(text, seed, partial(draws.sample_fitted, latents, count, seed))

    @classmethod
    def mixture(cls, mixture: Mixture, count: int, seed: int, of: str = "the data") -> Draw:
        """Samples of a mixture of normals: ``Mixture.sample``; ``of`` says what it is fitted to."""
        text = f"mixture of {len(mixture.weights)} normal distributions fitted to {of}"
        return cls(text, seed, partial(mixture.sample, count, seed))

    @classmethod
    def around(
        cls,
        latent: Floats,
        radius: float,
        count: int,
        seed: int,
        sigma: Floats | float | None = None,
        unit: str = "",
    ) -> Draw:
        """Samples around one latent ``(D,)``; see ``draws.sample_around``. ``unit`` says what sigma is."""
        text = f"around a latent, radius {radius:g}{f' {unit}' if unit else ''}"
        return cls(text, seed, partial(draws.sample_around, np.array(latent), radius, count, seed, sigma))

    @classmethod
    def selection(cls, latents: Floats, count: int, seed: int, name: str = "selection") -> Draw:
        """Samples like the rows ``(n, D)`` of a selection; see ``draws.sample_selection``."""
        text = f"{name} of {len(latents):,} points"
        return cls(text, seed, partial(draws.sample_selection, latents, count, seed))

    @classmethod
    def kept(cls, latents: Floats) -> Draw:
        """These latents ``(n, D)`` as they are."""
        return cls("kept", None, partial(_as_they_are, np.array(latents, np.float32)))


def _as_they_are(latents: Floats) -> Floats:
    if len(latents) == 0:
        raise ExplorerError("There is nothing to export yet; keep a picture or select some points first.")
    return latents
