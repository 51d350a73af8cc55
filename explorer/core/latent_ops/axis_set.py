"""Axes that were chosen in place of the dimensions, as a session keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from explorer.core.latent_ops.axes import Axis

KINDS = {
    "dimensions": "Dimensions",
    "principal": "Principal components",
    "visible": "Largest visible change",
}
"""The sets of axes by name, and what they are called."""


@dataclass(frozen=True, eq=False)
class AxisSet:
    """Axes of one kind.

    Attributes:
        kind: which; the dimensions need no set.
        axes: the first that matter, in their order.
        base: the latent ``(D,) float32`` around which they were measured; None where they hold everywhere.
    """

    kind: Literal["principal", "visible"]
    axes: tuple[Axis, ...]
    base: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        """Raises ``ValueError`` for axes that do not go together."""
        arrays = [part for one in self.axes for part in (one.vector, one.reader)]
        arrays += [] if self.base is None else [self.base]
        if not arrays or any(one.ndim != 1 or one.shape != arrays[0].shape for one in arrays):
            raise ValueError("axes of different sizes")

    @property
    def size(self) -> int:
        """Of how many dimensions its latents are."""
        return len(self.axes[0].vector)

    def is_of(self, latent: NDArray[np.float32]) -> bool:
        """Whether the axes are those that would be measured at ``latent (D,)``."""
        return self.base is None or np.array_equal(self.base, latent)
