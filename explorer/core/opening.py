"""From paths to what they stand for: models, data, workspaces, saved sessions, recipes, images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from explorer.core import work_maps
from explorer.core.dataset import open_dataset
from explorer.core.dataset_sampled import is_sampled
from explorer.core.encoding import encode
from explorer.core.errors import ExplorerError
from explorer.core.latent_map import LatentMap
from explorer.core.model_pair import ModelPair
from explorer.core.pixels import PICTURE_SUFFIXES
from explorer.core.progress import Progress
from explorer.core.sampling import prior_draw
from explorer.core.session import Cursor, Session
from explorer.core.workspace import Workspace, default_folder, find_workspace

if TYPE_CHECKING:
    from explorer.core.session_file import SavedSession

SESSION_SUFFIX = ".latents"
RECIPE_SUFFIX = ".json"
FIRST_SEED = 0
NO_MODEL = "No model is open; open an encoder and a decoder first, then the data."


@dataclass(frozen=True)
class Plan:
    """What a handful of paths stands for.

    ``stated`` is what the user says about the model, by its keys; ``takes_other`` that another model than
    that of ``session`` will do.
    """

    model: tuple[Path, ...] = ()
    stated: Mapping[str, str] = field(default_factory=dict)
    workspace: Path | None = None
    data: Path | None = None
    session: Path | None = None
    recipe: Path | None = None
    images: tuple[Path, ...] = ()
    takes_other: bool = False


@dataclass(frozen=True, eq=False)
class Opened:
    """What a job has opened, ready to become the session."""

    pair: ModelPair
    work: Workspace | None = None
    map: LatentMap | None = None
    saved: SavedSession | None = None
    images: tuple[Path, ...] = ()


def classify(paths: Sequence[Path]) -> Plan:
    """Tell model files, a workspace, data, a session, a recipe and single images apart.

    Raises ``ExplorerError`` for a path that does not exist.
    """
    plan = Plan()
    for path in paths:
        if not path.exists():
            raise ExplorerError(f"{path} does not exist; choose a model, a folder of images, or an image.")
        suffix = path.suffix.lower()
        if path.is_dir() and (path / "workspace.json").exists():
            plan = replace(plan, workspace=path)
        elif suffix == ".onnx" or (path.is_dir() and any(path.glob("*.onnx"))):
            plan = replace(plan, model=(*plan.model, path))
        elif suffix == SESSION_SUFFIX:
            plan = replace(plan, session=path)
        elif path.is_file() and suffix == RECIPE_SUFFIX:
            plan = replace(plan, recipe=path)
        elif path.is_file() and suffix in PICTURE_SUFFIXES:
            plan = replace(plan, images=(*plan.images, path))
        else:
            plan = replace(plan, data=path)
    return plan


def open_now(plan: Plan, pair: ModelPair | None, progress: Progress, device: str = "auto") -> Opened:
    """Open what ``plan`` names; ``pair`` is the model that data are encoded with if the plan brings none.

    Raises ``ExplorerError`` for whatever cannot be opened.
    """
    if plan.session is not None:
        from explorer.core.reopening import reopened
        from explorer.core.session_file import load_session

        return reopened(plan, load_session(plan.session), progress, device)
    work = Workspace.open(plan.workspace) if plan.workspace else None
    progress(0, 0, "Opening the model")
    if plan.model:
        opened = ModelPair.open(plan.model, device, plan.stated, progress)
        if plan.stated:
            _keep_stated(opened, plan.stated)
        pair = opened if work is None else _checked(opened, work)
    elif work is not None:
        pair = pair_of(work, device, progress)
    if pair is None:
        raise ExplorerError(NO_MODEL)
    if plan.data is not None:
        work = encoded(pair, plan.data, progress)
    return Opened(pair, work, own_map(work) if work else None, images=plan.images)


def own_map(work: Workspace) -> LatentMap | None:
    """The map that opens with a workspace, if it has one."""
    record = work_maps.record_of(work)
    return LatentMap.of(work_maps.positions_of(work, record), work.latents, record) if record else None


def open_again(session: Session, device: str, stated: Mapping[str, str] | None, progress: Progress) -> Opened:
    """Open the model of ``session`` once more, on ``device`` and with what the user says about it.

    ``stated`` joins what is kept in the model's sidecar; an empty one empties it, None leaves it. The
    session's data and map come along where the latents stay the same; data are encoded anew where they
    do not. Raises ``ExplorerError`` as ``open_now`` does, and then the sidecar is as it was.
    """
    pair, work = session.pair, session.work
    if pair is None:
        raise ExplorerError("No model is open; open an encoder and a decoder first.")
    progress(0, 0, "Opening the model")
    if stated is None:
        again = ModelPair.open(pair.plan.files, device, progress=progress)
    else:
        again = _open_stated(pair, device, stated, progress)
    if again.latent_shape == pair.latent_shape and again.plan.encoder == pair.plan.encoder:
        return Opened(again, work, session.map)
    if work is None or is_sampled(work):
        return Opened(again)
    check_encodes(again, work.data.path)
    dataset = open_dataset(work.data.path)
    return Opened(again, encode(again, dataset, default_folder(again, dataset), progress))


def _open_stated(pair: ModelPair, device: str, stated: Mapping[str, str], progress: Progress) -> ModelPair:
    """Open ``pair`` again with another sidecar, which stays only if that works."""
    from explorer.core.detection import sidecar

    files = pair.plan.files
    kept = sidecar.read(files[-1], pair.fingerprint)
    sidecar.write(files[-1], pair.fingerprint, {**kept, **stated} if stated else {})
    try:
        again = ModelPair.open(files, device, progress=progress)
        _check_heard(again, stated)
        return again
    except BaseException:
        sidecar.write(files[-1], pair.fingerprint, kept)
        raise


def _keep_stated(pair: ModelPair, stated: Mapping[str, str]) -> None:
    from explorer.core.detection import sidecar

    files = pair.plan.files
    sidecar.write(files[-1], pair.fingerprint, {**sidecar.read(files[-1], pair.fingerprint), **stated})


def _check_heard(pair: ModelPair, stated: Mapping[str, str]) -> None:
    """Raise ``ExplorerError`` where the files themselves say otherwise than what was ``stated``."""
    for fact in pair.facts:
        if fact.key in stated and fact.source not in ("override", "sidecar"):
            raise ExplorerError(
                f"{pair.name} cannot have “{stated[fact.key]}” as its {fact.name.lower()}, "
                f"which the {fact.source} settles; it stays {fact.value}."
            )


def encoded(pair: ModelPair, data: Path, progress: Progress) -> Workspace:
    """The workspace of ``data`` under ``pair``: the one made before, or a new one."""
    check_encodes(pair, data)
    progress(0, 0, "Reading the data")
    dataset = open_dataset(data)
    return find_workspace(pair.fingerprint, dataset.fingerprint()) or encode(
        pair, dataset, default_folder(pair, dataset), progress
    )


def check_encodes(pair: ModelPair | None, data: Path) -> None:
    """Raise ``ExplorerError`` where there is no model, or none with an encoder for ``data`` to go through."""
    if pair is None:
        raise ExplorerError(NO_MODEL)
    if not pair.can_encode:
        raise ExplorerError(
            f"{data} cannot be encoded, because {pair.name} is a decoder alone; "
            "open its encoder together with it, then the data."
        )


def pair_of(work: Workspace, device: str = "auto", progress: Progress | None = None) -> ModelPair:
    """The model that a workspace was made with. Raises ``ExplorerError`` where it is gone or another."""
    files = [path for path in (work.model.encoder, work.model.decoder) if path is not None]
    if not files:
        raise ExplorerError(f"{work.folder} does not say where its model lies; open the model's files first.")
    return _checked(ModelPair.open(files, device, progress=progress), work)


def _checked(pair: ModelPair, work: Workspace) -> ModelPair:
    if work.model.fingerprint != pair.fingerprint:
        raise ExplorerError(
            f"{work.folder} was encoded by another model than {pair.name}; "
            "open the data themselves to encode them anew."
        )
    return pair


def first_cursor(opened: Opened) -> Cursor:
    """Something to look at before the first gesture: where most data lie, else a sample of the prior.

    A pair of encoder and decoder without data starts in the middle of its prior, which it draws well.
    """
    if opened.map is not None:
        place = opened.map.densest_place()
        return Cursor(opened.map.inverse.latent_at(place), place, "map")
    pair = opened.pair
    if pair.can_encode and pair.prior != "sphere":
        return Cursor(np.zeros(pair.latent_size, np.float32), None, "prior")
    return Cursor(prior_draw(pair, None, 1, FIRST_SEED).latents()[0], None, "prior", FIRST_SEED)
