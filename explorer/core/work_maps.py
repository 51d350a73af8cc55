"""The maps of one workspace: the one it shows, and those that are kept beside it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from explorer.core.bundles import is_bundled
from explorer.core.errors import ExplorerError
from explorer.core.files import write_error
from explorer.core.map_settings import MapRecord, MapSettings
from explorer.core.map_shelf import MapShelf, digest, kept_maps, maps_folder
from explorer.core.workspace import Workspace

Floats = NDArray[np.float32]

_digests: WeakKeyDictionary[Workspace, Callable[[str], str]] = WeakKeyDictionary()


@dataclass(frozen=True)
class WorkMap:
    """A map of a workspace. ``made`` is when (seconds since 1970; 0 where that is not known).

    ``folder`` is where it is kept; None for the one in the workspace's own ``map.npy``.
    """

    record: MapRecord
    made: float
    folder: Path | None


def record_of(work: Workspace) -> MapRecord | None:
    """How the map in the workspace's own file was made, or None without one."""
    facts = work.map_settings()
    if facts is None:
        return None
    try:
        return MapRecord.of({**facts, "shipped": is_bundled(work.folder)})
    except (ExplorerError, TypeError):
        return MapRecord(MapSettings(), shipped=is_bundled(work.folder))


def maps_of(work: Workspace) -> list[WorkMap]:
    """All maps of the workspace's latents: its own first where it is not kept, then the newest first.

    Reads all latents once, so not on the window's thread where they are many.
    """
    found = []
    for one in kept_maps(maps_folder(work.folder)):
        record = MapRecord(one.settings, one.stopped)
        if one.folder == _shelf(work, record).map_folder(stopped=one.stopped):
            found.append(WorkMap(record, one.made, one.folder))
    own = record_of(work)
    if own is not None and all(one.record != own for one in found):
        found.insert(0, WorkMap(own, 0.0, None))
    return found


def positions_of(work: Workspace, record: MapRecord) -> Floats:
    """The places ``(N, 2)`` of a map. Raises ``ExplorerError`` where it is gone or its file is damaged."""
    if record == record_of(work):
        own = work.positions()
        assert own is not None
        return own
    shelf = _shelf(work, record)
    places = shelf.layout(stopped=record.stopped)
    if places is None:
        said = shelf.remarks[0].partition(";")[0] if shelf.remarks else f"The map “{record.title}” is gone"
        raise ExplorerError(f"{said}; compute it again.")
    return places


def keep(work: Workspace, record: MapRecord, places: Floats) -> None:
    """Keep a map ``(N, 2)`` beside the workspace; quietly nothing where that is not possible."""
    _shelf(work, record).keep_layout(places, {}, stopped=record.stopped)


def delete(work: Workspace, record: MapRecord) -> None:
    """Delete a map that is kept beside the workspace. Raises ``ExplorerError`` where that is not possible."""
    folder = _shelf(work, record).map_folder(stopped=record.stopped)
    assert folder is not None
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return  # another window was faster
    except OSError as error:
        raise write_error(folder, error) from error


def make_own(work: Workspace, record: MapRecord, places: Floats) -> None:
    """Let a map ``(N, 2)`` be the one that opens with the workspace.

    What the workspace had is kept beside it first, if it can be read. Nothing happens to the program's own
    data. Raises ``ExplorerError`` where the folder cannot be written.
    """
    if is_bundled(work.folder):
        return
    before, own = record_of(work), _own_places(work)
    if before == record and own is not None:
        return
    if (
        before is not None
        and own is not None
        and all(one.record != before or one.folder is None for one in maps_of(work))
    ):
        keep(work, before, own)
    work.save_positions(places, record.facts())


def _own_places(work: Workspace) -> Floats | None:
    """The map in the workspace's own file; None where there is none or it is damaged."""
    try:
        return work.positions()
    except ExplorerError:
        return None


def _shelf(work: Workspace, record: MapRecord) -> MapShelf:
    find = _digests.get(work)
    if find is None:
        find = _digests[work] = _finder(work)
    labels = record.settings.labels
    return MapShelf(
        maps_folder(work.folder), len(work), record.settings, find(""), find(labels) if labels else ""
    )


def _finder(work: Workspace) -> Callable[[str], str]:
    """The digests of the latents ("") and of a field's labels, each worked out once."""
    known: dict[str, str] = {}
    latents, fields = work.latents, {one.name: one.codes for one in work.fields}

    def find(name: str) -> str:
        if name not in known:
            array = fields.get(name) if name else latents
            known[name] = "" if array is None else digest(array)
        return known[name]

    return find
