"""How a map is made: the method and its settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from explorer.core.errors import ExplorerError

METHODS = ("umap", "densmap", "pca", "latent")
METRICS = ("euclidean", "cosine", "correlation")
DETAILS = ("auto", "landmarks", "all")

_TITLES = {"umap": "UMAP", "densmap": "densMAP", "pca": "PCA", "latent": "The latent itself"}


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
        detail: beyond 10,000 points, ``auto`` arranges that many landmarks first and then all for fewer of
            UMAP's epochs; ``landmarks`` stops there, the others lying among them; ``all`` takes UMAP's way
            from the start.
    """

    neighbours: int = 15
    min_distance: float = 0.1
    seed: int = 42
    metric: str = "euclidean"
    method: str = "umap"
    labels: str = ""
    detail: str = "auto"

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
        if self.detail not in DETAILS:
            raise ExplorerError(f"There is no detail “{self.detail}”; choose {_either(DETAILS)}.")

    @property
    def has_neighbours(self) -> bool:
        """Whether the map is arranged by neighbourhoods, so that all the settings count."""
        return self.method in ("umap", "densmap")

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> MapSettings:
        """The settings that a workspace kept; what is missing or not theirs is as by default."""
        return cls(**{one.name: kept[one.name] for one in fields(cls) if one.name in kept})


@dataclass(frozen=True)
class MapRecord:
    """How a map came about, which tells it from another of the same data.

    Attributes:
        settings: what it was made with.
        stopped: whether it was kept before its end.
        shipped: whether it came with the program's own data.
    """

    settings: MapSettings
    stopped: bool = False
    shipped: bool = False

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> MapRecord:
        """The record of ``facts``; what is missing is as by default. Raises as ``MapSettings`` does."""
        return cls(MapSettings.of(kept), bool(kept.get("stopped")), bool(kept.get("shipped")))

    def facts(self) -> dict[str, Any]:
        """All of it, as values that JSON can hold."""
        return {**asdict(self.settings), "stopped": self.stopped, "shipped": self.shipped}

    @property
    def title(self) -> str:
        """What to call it in a few words."""
        title = _TITLES[self.settings.method]
        if self.settings.has_neighbours:
            title += f" · {self.settings.neighbours} neighbours"
        return title

    @property
    def details(self) -> str:
        """What else there is to say, in short: only what is not as by default."""
        one, usual, parts = self.settings, MapSettings(), list[str]()
        if one.has_neighbours:
            if one.min_distance != usual.min_distance:
                parts.append(f"distance {one.min_distance:g}")
            if one.metric != usual.metric:
                parts.append(one.metric)
            if one.labels:
                parts.append(f"by {one.labels}")
            if one.detail != usual.detail:
                parts.append({"landmarks": "landmarks only", "all": "all points"}[one.detail])
            if one.seed != usual.seed:
                parts.append(f"seed {one.seed}")
        if self.stopped:
            parts.append("stopped early")
        if self.shipped:
            parts.append("as shipped")
        return " · ".join(parts)


def _either(words: tuple[str, ...]) -> str:
    return ", ".join(words[:-1]) + " or " + words[-1]
