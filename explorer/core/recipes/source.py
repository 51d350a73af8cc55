"""What a recipe's pictures are made from: its models, its data and their map, found and opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from explorer.core import work_maps
from explorer.core.dataset import open_dataset
from explorer.core.encoding import encode
from explorer.core.errors import ExplorerError, Gone
from explorer.core.known_models import known_model, open_model
from explorer.core.latent_map import LatentMap
from explorer.core.map_settings import MapRecord
from explorer.core.map_shelf import digest
from explorer.core.model_pair import ModelPair
from explorer.core.progress import Progress
from explorer.core.recipes.document import DataUsed, GalleryRecipe, ModelUsed
from explorer.core.references import Reference
from explorer.core.session import Session
from explorer.core.workspace import Workspace, default_folder, find_workspace

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Source:
    """What is open for a recipe.

    Attributes:
        pairs: its models, the first the one that draws.
        work: its data; None without.
        map: theirs; None without.
        extras: what the decoders are fed beside the latent.
        remarks: what is not as it was when the recipe was written, a sentence each.
    """

    pairs: tuple[ModelPair, ...]
    work: Workspace | None = None
    map: LatentMap | None = None
    extras: Mapping[str, float] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    @classmethod
    def of(cls, session: Session) -> Source:
        """What a session has open. Raises ``ExplorerError`` for no model, or one that cannot draw."""
        from explorer.core.sampling import check_draws

        if session.pair is None:
            raise ExplorerError("No model is open; open one that has a decoder first.")
        check_draws(session.pair)
        return cls((session.pair,), session.work, session.map, session.extras)

    @property
    def pair(self) -> ModelPair:
        """The model that draws."""
        return self.pairs[0]

    @property
    def data(self) -> Workspace:
        """The data. Raises ``ExplorerError`` where there are none."""
        if self.work is None or not len(self.work):
            raise ExplorerError("These pictures need the data, which are not open; open data first.")
        return self.work

    @property
    def chart(self) -> LatentMap:
        """The map. Raises ``ExplorerError`` where there is none."""
        if self.map is None:
            raise ExplorerError("These pictures need a map of the data; open data and let it be made first.")
        return self.map


def references(
    source: Source, base: Path
) -> tuple[tuple[ModelUsed, ...], DataUsed | None, Mapping[str, object] | None]:
    """What a recipe in the folder ``base`` says of its models, its data and its map."""
    models = tuple(
        ModelUsed(pair.name, pair.fingerprint, tuple(Reference.of(path, base) for path in pair.plan.files))
        for pair in source.pairs
    )
    work, data, chart = source.work, None, None
    if work is not None and len(work):
        folder, path = Reference.of(work.folder, base), Reference.of(work.data.path, base)
        data = DataUsed(work.data.name, work.data.fingerprint, digest(work.latents), folder, path)
        if source.map is not None and source.map.record is not None:
            chart = source.map.record.facts()
    return models, data, chart


def open_source(
    recipe: GalleryRecipe,
    base: Path,
    progress: Progress,
    moved: Sequence[Sequence[Path]] = (),
    device: str = "auto",
    opened: Session | None = None,
) -> Source:
    """Open what ``recipe``, in the folder ``base``, was made from; what ``opened`` has open serves as it is.

    ``moved`` are models by their files, to be taken where they are those of the recipe. Raises ``Gone`` for
    a model that is not there, or where one that has ``moved`` is another, ``ExplorerError`` for one that
    cannot be opened, and ``Cancelled``. Data that are gone are a remark; what needs them says so.
    """
    opened = opened or Session()
    progress(0, 0, "Opening the model")
    at_hand = {opened.pair.fingerprint: opened.pair} if opened.pair is not None else {}
    wanted = {used.fingerprint for used in recipe.models}
    for paths in moved:
        pair = open_model(paths, device, progress)
        if pair.fingerprint not in wanted:
            raise _other(paths[-1], recipe.models[0].name)
        at_hand.setdefault(pair.fingerprint, pair)
    pairs = [at_hand.get(used.fingerprint) or _model(used, base, device, progress) for used in recipe.models]
    work, remarks = None, []
    if recipe.data is not None:
        mine = (pairs[0].fingerprint, recipe.data.fingerprint)
        work = opened.work
        if work is None or (work.model.fingerprint, work.data.fingerprint) != mine:
            work = _data(recipe.data, pairs[0], base, progress)
        if work is None:
            remarks.append(f"{recipe.data.name} is not at {recipe.data.path.at} any more.")
        elif digest(work.latents) != recipe.data.latents:
            remarks.append(
                f"The latents of {recipe.data.name} are not bit by bit those of the recipe: they were "
                "encoded on another device."
            )
    chart = None
    if work is not None and recipe.map is not None:
        record = MapRecord.of(recipe.map)
        same = work is opened.work and opened.map is not None and opened.map.record == record
        try:
            chart = (
                opened.map
                if same
                else LatentMap.of(work_maps.positions_of(work, record), work.latents, record)
            )
        except ExplorerError as error:
            remarks.append(str(error))
    return Source(tuple(pairs), work, chart, recipe.extras, tuple(remarks))


def _model(used: ModelUsed, base: Path, device: str, progress: Progress) -> ModelPair:
    """Where it was, or wherever one with its hash is known to lie."""
    places = [one.found(base) for one in used.files]
    files = [there[0] for there in places if there]
    is_there = bool(files) and len(files) == len(places)
    if is_there:
        pair = ModelPair.open(files, device, progress=progress)
        if pair.fingerprint == used.fingerprint:
            return pair
    known = known_model(used.fingerprint)
    if known is not None:
        return open_model((known.workspace,) if known.workspace else known.model, device, progress)
    if is_there:
        raise _other(files[-1], used.name)
    missing = next((one.at for one, there in zip(used.files, places, strict=True) if not there), "")
    raise Gone(
        f"The model {used.name} is not at {missing or 'any place the recipe knows'}; say where it lies.",
        "model",
    )


def _other(path: Path, name: str) -> Gone:
    return Gone(
        f"{path} is not the model {name} that the recipe was written with, so that its pictures would be "
        "others; say where that lies.",
        "model",
    )


def _data(used: DataUsed, pair: ModelPair, base: Path, progress: Progress) -> Workspace | None:
    for folder in used.workspace.found(base):
        with suppress(ExplorerError):
            work = Workspace.open(folder)
            if (work.model.fingerprint, work.data.fingerprint) == (pair.fingerprint, used.fingerprint):
                return work
    kept = find_workspace(pair.fingerprint, used.fingerprint)
    if kept is not None:
        return kept
    for path in used.path.found(base) if pair.can_encode else ():
        progress(0, 0, "Reading the data")
        dataset = open_dataset(path)
        if dataset.fingerprint() == used.fingerprint:
            return encode(pair, dataset, default_folder(pair, dataset), progress)
    return None
