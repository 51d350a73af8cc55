"""How a map is made: the method and its settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from explorer.core.errors import ExplorerError

METHODS = ("umap", "densmap", "pca", "latent")
METRICS = ("euclidean", "cosine", "correlation")


@dataclass(frozen=True)
class MapSettings:
    """The settings of a map; the first three and the metric are UMAP's (McInnes, Healy and Melville 2018).

    Attributes:
        neighbours: how many neighbours make a point's neighbourhood; more show the larger structure.
        min_distance: how close points may come on the map; in [0, 1).
        seed: the same seed gives the same map on the same machine.
        metric: what near means between latents: ``euclidean``, ``cosine`` (the angle) or ``correlation``.
        method: ``umap``; ``densmap``, which also keeps how dense the data are (Narayan, Berger and Cho
            2021); ``pca``, two principal components; or ``latent``, a latent of two numbers as it is.
        labels: the field whose labels pull points of a kind together, or "" for none.
    """

    neighbours: int = 15
    min_distance: float = 0.1
    seed: int = 42
    metric: str = "euclidean"
    method: str = "umap"
    labels: str = ""

    def __post_init__(self) -> None:
        if not 2 <= self.neighbours <= 1000:
            raise ExplorerError(
                f"A map cannot be made with {self.neighbours} neighbours; choose from 2 to 1000."
            )
        if not 0.0 <= self.min_distance < 1.0:
            raise ExplorerError(
                f"A least distance of {self.min_distance} is not possible; choose from 0 to 0.99."
            )
        if not 0 <= self.seed < 1 << 32:
            raise ExplorerError(f"The seed {self.seed} is not possible; choose from 0 to {(1 << 32) - 1}.")
        if self.metric not in METRICS:
            raise ExplorerError(f"There is no metric “{self.metric}”; choose {_either(METRICS)}.")
        if self.method not in METHODS:
            raise ExplorerError(f"There is no map by “{self.method}”; choose {_either(METHODS)}.")

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> MapSettings:
        """The settings that a workspace kept; what is missing or not theirs is as by default."""
        return cls(**{one.name: kept[one.name] for one in fields(cls) if one.name in kept})


def _either(words: tuple[str, ...]) -> str:
    return ", ".join(words[:-1]) + " or " + words[-1]
