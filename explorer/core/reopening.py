"""A saved session → what it refers to, found again or asked for."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from explorer.core import work_maps
from explorer.core.bundles import is_bundled
from explorer.core.dataset import open_dataset
from explorer.core.dataset_base import Dataset
from explorer.core.dataset_sampled import is_sampled
from explorer.core.encoding import encode
from explorer.core.errors import ExplorerError, Gone
from explorer.core.latent_map import LatentMap
from explorer.core.model_pair import ModelPair
from explorer.core.opening import Opened, Plan, own_map
from explorer.core.progress import Progress
from explorer.core.references import ModelOf, WorkOf
from explorer.core.session_file import SavedSession
from explorer.core.workspace import DataReference, Workspace, default_folder, find_workspace
from explorer.core.workspace_file import DESCRIPTION, read_description, write_description


def reopened(plan: Plan, saved: SavedSession, progress: Progress, device: str = "auto") -> Opened:
    """Open what ``saved`` refers to; a model in ``plan`` stands for one that has moved.

    The workspace is looked for where it was, among the user's own, and in the file itself; data that are
    there without one are encoded again. Raises ``Gone`` for a model that is not there or is another, and
    ``ExplorerError`` for one that cannot be opened.
    """
    base = saved.path.absolute().parent
    progress(0, 0, "Opening the model")
    pair = _model(plan, saved, base, device, progress)
    work = _workspace(saved, pair, base, progress) if saved.work else None
    return Opened(pair, work, _map_of(work, saved) if work else None, saved, plan.images)


def data_gone(work: Workspace) -> Gone | None:
    """What to ask where the data of a workspace are not to be found; slow where they lie far away."""
    if is_sampled(work) or work.data.path.exists():
        return None
    return Gone(
        f"{work.data.name} is not at {work.data.path} any more; all but the full pictures works without.",
        "data",
    )


def with_data(work: Workspace, path: Path, *, takes_other: bool = False) -> Workspace:
    """``work`` with its data at ``path`` from now on.

    Raises ``Gone`` for data that are not those that were encoded: ``other data`` where they have the same
    items, so that they can be taken all the same, else ``new data``. Raises ``ExplorerError`` for data that
    cannot be read. A workspace that cannot be written is changed for this time only.
    """
    dataset = open_dataset(path)
    if dataset.fingerprint() != work.data.fingerprint and not takes_other:
        _compare(work, dataset, path)
    data = DataReference(work.data.name, path, dataset.fingerprint(), work.data.count)
    if not is_bundled(work.folder):
        facts = read_description(work.folder)
        facts["data"] |= {"path": str(path.resolve()), "fingerprint": data.fingerprint}
        with suppress(ExplorerError):
            write_description(work.folder / DESCRIPTION, facts)
    return replace(work, data=data, _lazy=type(work._lazy)())


def _compare(work: Workspace, dataset: Dataset, path: Path) -> None:
    """Raise what is to be asked about data that are not the same by their hash."""
    alike = work.names is not None and len(dataset) == work.data.count
    alike = alike and all(
        dataset.item_name(int(item)) == work.item_name(row) for row, item in enumerate(work.rows)
    )
    if alike:
        raise Gone(
            f"{path} holds pictures of the same names as {work.data.name}, but their sizes or times of "
            "change are not those that were encoded.",
            "other data",
        )
    raise Gone(f"{path} holds other pictures than {work.data.name}, which was encoded.", "new data")


def _model(plan: Plan, saved: SavedSession, base: Path, device: str, progress: Progress) -> ModelPair:
    model = saved.model
    if model is None:
        raise ExplorerError(f"{saved.path} was saved while no model was open; it holds nothing to open.")
    name = saved.path.name
    return model_at(
        model, name, f"the model of {name}", base, device, progress,
        files=plan.model, takes_other=plan.takes_other,
    )  # fmt: skip


def model_at(
    model: ModelOf,
    whole: str,
    role: str,
    base: Path | None,
    device: str,
    progress: Progress,
    *,
    files: tuple[Path, ...] = (),
    takes_other: bool = False,
) -> ModelPair:
    """Open the model that a file in ``base`` refers to, or the one in ``files`` for it.

    ``whole`` names what it is a part of, and ``role`` what part. Raises ``Gone`` where it is not there or is
    another, and ``ExplorerError`` where it cannot be opened.
    """
    if not files:
        places = [one.found(base) for one in model.files]
        missing = next((one for one, found in zip(model.files, places, strict=True) if not found), None)
        if missing is not None:
            raise Gone(
                f"{missing.at}, {role}, is not there any more, nor beside the session.",
                "model",
            )
        files = tuple(found[0] for found in places)
        if len({file.parent for file in files}) > 1:  # halves of one place belong together
            together = [file for found in places for file in found if file.parent == places[-1][0].parent]
            files = tuple(together) if len(together) == len(places) else files
    pair = ModelPair.open(files, device, _stated(model, files), progress)
    if model.fingerprint and pair.fingerprint != model.fingerprint and not takes_other:
        raise Gone(
            f"{pair.name} at {files[-1]} is not the model that {whole} was made with: its files have "
            "changed, or are others.",
            "other model",
        )
    return pair


def _stated(model: ModelOf, files: tuple[Path, ...]) -> dict[str, str] | None:
    """What the user said about the model, where that is not kept beside it already."""
    from explorer.core.detection import sidecar

    stated = dict(model.stated)
    if stated and files[-1].is_file():
        with suppress(ExplorerError):
            if sidecar.read(files[-1], model.fingerprint) == stated:
                return None
    return stated or None


def _workspace(saved: SavedSession, pair: ModelPair, base: Path, progress: Progress) -> Workspace | None:
    """The workspace of the session under ``pair``; None where neither it nor its data are there."""
    from explorer.core.session_work import unpacked

    assert saved.work is not None
    kept = workspace_at(saved.work, pair, base)
    if kept is not None:
        return kept
    same = saved.model is not None and pair.fingerprint == saved.model.fingerprint
    if saved.work.is_included and same:
        return unpacked(saved, pair.plan.files)
    for path in saved.work.data.found(base):
        if pair.can_encode:
            progress(0, 0, "Reading the data")
            dataset = open_dataset(path)
            return find_workspace(pair.fingerprint, dataset.fingerprint()) or encode(
                pair, dataset, default_folder(pair, dataset), progress
            )
    return None


def workspace_at(of: WorkOf, pair: ModelPair, base: Path | None) -> Workspace | None:
    """The workspace that a file in ``base`` refers to, if it is still of ``pair``; else the user’s own."""
    for folder in of.folder.found(base):
        with suppress(ExplorerError):
            work = Workspace.open(folder)
            theirs = not of.fingerprint or work.data.fingerprint == of.fingerprint
            if work.model.fingerprint == pair.fingerprint and theirs:
                return work
    return find_workspace(pair.fingerprint, of.fingerprint)


def _map_of(work: Workspace, saved: SavedSession) -> LatentMap | None:
    """The map that the session looked at, where it is still kept or in the file, else the workspace's own."""
    wanted = saved.map
    if wanted is not None and wanted != work_maps.record_of(work):
        with suppress(ExplorerError):
            return LatentMap.of(work_maps.positions_of(work, wanted), work.latents, wanted)
        if saved.positions is not None and len(saved.positions) == len(work):
            return LatentMap.of(saved.positions, work.latents, wanted)
    return own_map(work)
