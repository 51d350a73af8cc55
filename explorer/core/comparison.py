"""Two or three models beside each other, and what links them.

Models of the same pictures are linked by their rows: row i is the same picture in each. A place on the map
of one stands for a weighing of rows (``Inverse.weights_at``); the same weights of another model's latents are
that model's answer to the same gesture. Nothing is fitted between the latent spaces, so a row's own place
gives exactly that row's latent in each. Any models share a seed, and any that encode share a picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from explorer.core import bundles, work_maps
from explorer.core.compared import MOST
from explorer.core.dataset import open_dataset
from explorer.core.dataset_sampled import is_sampled
from explorer.core.errors import ExplorerError
from explorer.core.latent_map import LatentMap
from explorer.core.model_pair import ModelPair
from explorer.core.opening import Plan, classify, encoded, own_map, pair_of
from explorer.core.progress import Progress
from explorer.core.recipes.draw import Draw
from explorer.core.sampling import check_draws, mixture_of, prior_draw, prior_of
from explorer.core.workspace import Workspace

Floats = npt.NDArray[np.float32]
Place = tuple[float, float]

TOUR = ("fashion-ae", "fashion-vae", "fashion-gan")
"""The bundles of the comparison that comes with the program, in its order."""

SAMPLED_FROM = {
    "prior": "N(0, I)",
    "own": "as it was trained to be sampled",
    "mixture": "a mixture of normals",
}
"""What same-seed samples are drawn from."""


@dataclass(frozen=True, eq=False)
class Side:
    """One of the models that are compared.

    Attributes:
        pair: the model, which decodes.
        work: its latents of some data; None where it has none.
        map: its own map of them; None where none has been made.
        name: what it is called here, unlike the others.
    """

    pair: ModelPair
    work: Workspace | None = None
    map: LatentMap | None = None
    name: str = ""

    @property
    def kind(self) -> str:
        """What the model is, as a plan says it."""
        return self.pair.kind


@dataclass(frozen=True, eq=False)
class Comparison:
    """Sides in their order, 2 to ``MOST`` of them.

    Attributes:
        sides: with names unlike each other.
        apart: for each side why its rows are not those of the first, a sentence; empty where they are.
    """

    sides: tuple[Side, ...]
    apart: tuple[str, ...]

    @classmethod
    def of(cls, sides: Sequence[Side]) -> Comparison:
        """Compare ``sides``. Raises ``ExplorerError`` for too few, too many, or one that draws nothing."""
        if not 2 <= len(sides) <= MOST:
            raise ExplorerError(f"{len(sides)} models cannot be compared; two or three would work.")
        for side in sides:
            check_draws(side.pair)
        named = _told_apart(sides)
        return cls(named, tuple(_apart(named[0], side) for side in named))

    def is_linked(self, one: int, other: int) -> bool:
        """Whether the rows of two sides are the same pictures."""
        return one == other or not (self.apart[one] or self.apart[other])

    def map_of(self, number: int, *, on_first: bool = False) -> LatentMap | None:
        """The map that a side is shown on: its own, or the first's where it has none or ``on_first``.

        On the first's, places are the first side's and latents the side's own.
        """
        side, first = self.sides[number], self.sides[0]
        if side.work is None or (side.map is not None and not (on_first and self.is_linked(0, number))):
            return side.map
        if first.map is None or not self.is_linked(0, number):
            return side.map
        return side.map if number == 0 else LatentMap.of(first.map.positions, side.work.latents)

    def at(self, number: int, shown: LatentMap, place: Place, units_per_pixel: float) -> list[Floats | None]:
        """Each side's latent ``(D,)`` for a place on the map ``shown`` for side ``number``.

        None where nothing links the two.
        """
        rows, weights = shown.inverse.weights_at(place, units_per_pixel)
        return [
            None if latents is None else weights @ np.asarray(latents[rows], np.float32)
            for latents in self._latents_like(number)
        ]

    def of_row(self, number: int, row: int) -> list[Floats | None]:
        """The latents ``(D,)`` of the picture in a row of side ``number``, None where a side has it not."""
        return [
            None if latents is None else np.array(latents[row], np.float32)
            for latents in self._latents_like(number)
        ]

    def _latents_like(self, number: int) -> list[Floats | None]:
        """All latents of each side whose rows are those of side ``number``."""
        return [
            side.work.latents if side.work is not None and self.is_linked(number, i) else None
            for i, side in enumerate(self.sides)
        ]


def draw_from(side: Side, source: str, count: int, seed: int, progress: Progress | None = None) -> Draw:
    """``count`` draws by ``seed`` from ``source``, a key of ``SAMPLED_FROM``.

    Raises ``ExplorerError`` where a mixture is wanted of a side without enough latents, ``Cancelled`` after a
    cancel.
    """
    pair, work = side.pair, side.work
    if source == "mixture":
        if work is None or is_sampled(work):
            raise ExplorerError(
                f"{side.name} has no latents of data to fit a mixture to; open it as a workspace with data."
            )
        return Draw.mixture(mixture_of(work, progress), count, seed)
    if source == "own":
        return prior_draw(pair, work, count, seed)
    return prior_of(pair, count, seed)


def place_on(shown: LatentMap | None, latent: Floats) -> Place | None:
    """Where a latent falls on a map; None without one, or where it lies too far from all data to say."""
    if shown is None or not np.isfinite(latent).all():
        return None
    placed = shown.placement.placed(latent[None])
    x, y = placed.places[0].tolist()
    return None if placed.far[0] else (x, y)


def open_side(
    paths: Sequence[Path], like: Workspace | None, progress: Progress, device: str = "auto"
) -> Side:
    """Open a workspace, or a model whose files ``paths`` are, to be compared with one of the data ``like``.

    A model without a workspace encodes these data, where it has an encoder. Raises ``ExplorerError`` for what
    is no model, has no decoder or is gone, and ``Cancelled``.
    """
    plan = classify(paths)
    if plan.workspace is None and not plan.model:
        named = ", ".join(str(path) for path in paths) or "Nothing"
        raise ExplorerError(
            f"{named} is no model; choose a workspace, or a folder with a model’s ONNX files."
        )
    progress(0, 0, "Opening the model")
    if plan.workspace is not None and not plan.model:
        return _of_workspace(plan, progress, device)
    pair = ModelPair.open(plan.model, device, progress=progress)
    check_draws(pair)
    if like is None or is_sampled(like) or not pair.can_encode:
        return Side(pair)
    work = encoded(pair, like.data.path, progress)
    return Side(pair, work, own_map(work))


def sides_on(models: Sequence[Path], data: Path, progress: Progress, device: str = "auto") -> list[Side]:
    """Each model with its latents of ``data``: a workspace's own where they are of these data, else encoded.

    Names are unlike each other. Raises ``ExplorerError`` for what is no model, or cannot encode.
    """
    fingerprint = open_dataset(data).fingerprint()
    found = []
    for path in models:
        side = open_side([path], None, progress, device)
        if side.work is None or side.work.data.fingerprint != fingerprint:
            work = encoded(side.pair, data, progress)
            side = replace(side, work=work, map=None)
        found.append(side)
    return list(_told_apart(found))


def open_tour(progress: Progress, device: str = "auto") -> Comparison:
    """The bundled comparison of an autoencoder, a VAE and a GAN, or of those that are there.

    Raises ``ExplorerError`` where fewer than two of the bundles are.
    """
    folders = [bundles.bundle_folder(name) for name in TOUR]
    there = [folder for folder in folders if (folder / "workspace.json").exists()]
    if len(there) < 2:
        raise ExplorerError(
            f"{folders[0].parent} lacks the models to compare ({', '.join(TOUR)}); install the program again."
        )
    return Comparison.of([open_side([folder], None, progress, device) for folder in there])


def _of_workspace(plan: Plan, progress: Progress, device: str) -> Side:
    assert plan.workspace is not None
    work = Workspace.open(plan.workspace)
    pair = pair_of(work, device, progress)
    check_draws(pair)
    record = work_maps.record_of(work)
    return Side(pair, work, own_map(work) if record else None)


def _told_apart(sides: Sequence[Side]) -> tuple[Side, ...]:
    """The sides with a name each, no name twice."""
    names = [side.name or side.pair.name for side in sides]
    return tuple(
        replace(side, name=name if names.count(name) == 1 else f"{name} ({names[: i + 1].count(name)})")
        for i, (side, name) in enumerate(zip(sides, names, strict=True))
    )


def _apart(first: Side, side: Side) -> str:
    """Why the rows of two sides are not the same pictures; empty where they are."""
    if side is first and side.work is not None and not is_sampled(side.work):
        return ""
    if side.work is None or is_sampled(side.work):
        why = "has no latents of the data" if side.pair.can_encode else "is a decoder alone"
        return f"{side.name} {why}: it shares the seed, not the places on the map."
    if first.work is None or is_sampled(first.work):
        return f"{first.name} has no latents of data, so that {side.name} shares only seeds with it."
    if side.work.data.fingerprint != first.work.data.fingerprint:
        return (
            f"{side.name} was encoded from other data ({side.work.data.name}) than {first.name} "
            f"({first.work.data.name}): seeds and dropped images are shared, places are not."
        )
    if not np.array_equal(side.work.rows, first.work.rows):
        return (
            f"{side.name} holds other pictures of {side.work.data.name} than {first.name}; encode them again."
        )
    return ""
