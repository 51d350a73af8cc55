"""From paths to what they stand for: models, data, workspaces, saved sessions, images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from explorer.core.dataset import open_dataset
from explorer.core.encoding import encode
from explorer.core.errors import ExplorerError
from explorer.core.latent_map import LatentMap
from explorer.core.model_pair import ModelPair
from explorer.core.pixels import PICTURE_SUFFIXES
from explorer.core.progress import Progress
from explorer.core.session import Cursor, SavedSession, load_session
from explorer.core.workspace import Workspace, default_folder, find_workspace

SESSION_SUFFIX = ".latents"


@dataclass(frozen=True)
class Plan:
    """What a handful of paths stands for."""

    model: tuple[Path, ...] = ()
    workspace: Path | None = None
    data: Path | None = None
    session: Path | None = None
    images: tuple[Path, ...] = ()


@dataclass(frozen=True, eq=False)
class Opened:
    """What a job has opened, ready to become the session."""

    pair: ModelPair
    work: Workspace | None = None
    map: LatentMap | None = None
    saved: SavedSession | None = None
    images: tuple[Path, ...] = ()


def classify(paths: Sequence[Path]) -> Plan:
    """Tell model files, a workspace, data, a session and single images apart.

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
        elif path.is_file() and suffix in PICTURE_SUFFIXES:
            plan = replace(plan, images=(*plan.images, path))
        else:
            plan = replace(plan, data=path)
    return plan


def open_now(plan: Plan, pair: ModelPair | None, progress: Progress) -> Opened:
    """Open what ``plan`` names; ``pair`` is the model that data are encoded with if the plan brings none.

    Raises ``ExplorerError`` for whatever cannot be opened.
    """
    saved = load_session(plan.session) if plan.session else None
    folder = saved.workspace if saved else plan.workspace
    work = Workspace.open(folder) if folder else None
    progress(0, 0, "Opening the model")
    if plan.model:
        opened = ModelPair.open(plan.model)
        pair = opened if work is None else _checked(opened, work)
    elif work is not None:
        pair = pair_of(work)
    elif saved and saved.model:
        pair = ModelPair.open(saved.model)
    if pair is None:
        raise ExplorerError("No model is open; open an encoder and a decoder first, then the data.")
    if plan.data is not None:
        work = encoded(pair, plan.data, progress)
    positions = work.positions() if work else None
    latent_map = LatentMap.of(positions, work.latents) if work and positions is not None else None
    return Opened(pair, work, latent_map, saved, plan.images)


def encoded(pair: ModelPair, data: Path, progress: Progress) -> Workspace:
    """The workspace of ``data`` under ``pair``: the one made before, or a new one."""
    progress(0, 0, "Reading the data")
    dataset = open_dataset(data)
    return find_workspace(pair.fingerprint, dataset.fingerprint()) or encode(
        pair, dataset, default_folder(pair, dataset), progress
    )


def pair_of(work: Workspace) -> ModelPair:
    """The model that a workspace was made with. Raises ``ExplorerError`` where it is gone or another."""
    if work.model.encoder is None or work.model.decoder is None:
        raise ExplorerError(
            f"{work.folder} does not say where its model lies; open the model's two files first."
        )
    return _checked(ModelPair.open((work.model.encoder, work.model.decoder)), work)


def _checked(pair: ModelPair, work: Workspace) -> ModelPair:
    if work.model.fingerprint != pair.fingerprint:
        raise ExplorerError(
            f"{work.folder} was encoded by another model than {pair.name}; "
            "open the data themselves to encode them anew."
        )
    return pair


def first_cursor(opened: Opened) -> Cursor:
    """Something to look at before the first gesture: where most data lie, else the middle of the prior."""
    if opened.map is not None:
        place = opened.map.densest_place()
        return Cursor(opened.map.inverse.latent_at(place), place, "map")
    return Cursor(np.zeros(opened.pair.latent_size, np.float32), None, "prior")
