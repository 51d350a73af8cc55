"""The folder that holds what was computed about a data set with a model: latents, map, small pictures.

``workspace.json`` describes it; arrays lie beside as ``.npy`` and are mapped into memory. Nothing is
pickled. Paths inside the folder are kept relative, so that a folder with its model and its data (a
*bundle*) may be moved as a whole. Where the data have moved or changed since, latents, map, names and
thumbnails still open; only what needs the data themselves raises.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from explorer.core.arrays import save_array
from explorer.core.dataset import Dataset, Field, Measure, open_dataset
from explorer.core.errors import ExplorerError
from explorer.core.files import atomic_path
from explorer.core.samples import Samples, Shape, fitted, is_within
from explorer.core.workspace_file import (
    DESCRIPTION,
    DataReference,
    ModelReference,
    damaged,
    read_array,
    read_columns,
    read_description,
    write_description,
)

__all__ = ["DataReference", "ModelReference", "Workspace", "default_folder", "find_workspace"]

Floats = npt.NDArray[np.float32]


class _Model(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...


class _Data(Protocol):
    @property
    def name(self) -> str: ...
    def fingerprint(self) -> str: ...


@dataclass(eq=False)
class _Lazy:
    """The data set once it has been opened, or why it could not be."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    dataset: Dataset | None = None
    error: str = ""


@dataclass(frozen=True, eq=False)
class Workspace:
    """An open workspace. Row i of every array is about the same item.

    Attributes:
        folder: where it lies.
        model: the model it was made with.
        data: the data set it was made from.
        sample_shape: that of what the model draws, of a picture ``(H, W, C)``.
        latents: posterior means, ``(N, D) float32``, mapped.
        logvars: log-variances, ``(N, D) float32``, mapped; None for a plain autoencoder.
        rows: the item's index in the data set, ``(N,) int64``.
        fields: categorical columns aligned with the latents.
        measures: columns of numbers, likewise.
        unreadable: items that could not be read: name and reason (a sentence).
        reconstruction_mse: mean squared error on [0, 1] pixels over a sample of the data.
        thumbnails: small samples ``(N, *shape) uint8``, mapped, where the data are single files.
        names: names of the items in UTF-8, ``(N,) S``, mapped, where the data are single files.
    """

    folder: Path
    model: ModelReference
    data: DataReference
    sample_shape: Shape
    latents: Floats
    logvars: Floats | None
    rows: npt.NDArray[np.int64]
    fields: tuple[Field, ...]
    measures: tuple[Measure, ...]
    unreadable: tuple[tuple[str, str], ...]
    reconstruction_mse: float | None
    thumbnails: Samples | None
    names: npt.NDArray[np.bytes_] | None
    _lazy: _Lazy = field(default_factory=_Lazy, repr=False)

    @classmethod
    def open(cls, folder: Path) -> Workspace:
        """Open a workspace folder.

        Raises ``ExplorerError`` where it is none, was written by a newer version, or an array is
        missing, cut off or of another length than the description says.
        """
        facts = read_description(folder)
        try:
            model, data = facts["model"], facts["data"]
            count, size = int(facts["count"]), int(facts["latent_size"])
            thumbnail = [int(number) for number in facts["thumbnail"] or ()]
            fields, measures = read_columns(folder, facts, count)
            return cls(
                folder=folder,
                model=ModelReference(
                    str(model["name"]),
                    str(model["fingerprint"]),
                    _absolute(model["encoder"], folder),
                    _absolute(model["decoder"], folder),
                ),
                data=DataReference(
                    str(data["name"]), folder / data["path"], str(data["fingerprint"]), int(data["count"])
                ),
                sample_shape=tuple(int(number) for number in facts["picture"]),
                latents=read_array(folder, "latents.npy", np.float32, (count, size)),
                logvars=read_array(folder, "logvars.npy", np.float32, (count, size))
                if facts["logvars"]
                else None,
                rows=np.array(read_array(folder, "rows.npy", np.int64, (count,))),
                fields=fields,
                measures=measures,
                unreadable=tuple((str(name), str(reason)) for name, reason in facts["unreadable"]),
                reconstruction_mse=_number(facts["reconstruction_mse"]),
                thumbnails=read_array(folder, "thumbnails.npy", np.uint8, (count, *thumbnail))
                if thumbnail
                else None,
                names=read_array(folder, "names.npy", np.bytes_, (count,)) if facts["names"] else None,
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise damaged(folder / DESCRIPTION) from error

    def __len__(self) -> int:
        return len(self.latents)

    def positions(self) -> Floats | None:
        """The map, ``(N, 2) float32``, or None where none has been made yet.

        Raises ``ExplorerError`` where its file is missing or damaged.
        """
        if self.map_settings() is None:
            return None
        return np.array(read_array(self.folder, "map.npy", np.float32, (len(self), 2)))

    def map_settings(self) -> dict[str, Any] | None:
        """What the map was made with, or None where none has been made yet."""
        settings = read_description(self.folder).get("map")
        return dict(settings) if isinstance(settings, dict) else None

    def save_positions(self, positions: Floats, settings: Mapping[str, Any]) -> None:
        """Keep a map ``(N, 2)`` and what it was made with (values that JSON can hold).

        Raises ``ExplorerError`` where the folder cannot be written.
        """
        if positions.shape != (len(self), 2):
            raise ValueError(f"positions of shape {positions.shape} for {len(self)} rows")
        facts = read_description(self.folder)
        with atomic_path(self.folder / "map.npy") as beside:
            save_array(beside, positions.astype(np.float32))
        write_description(self.folder / DESCRIPTION, {**facts, "map": dict(settings)})

    def labels(self, field: str) -> npt.NDArray[np.int32] | None:
        """The codes ``(N,)`` of a field by its name (-1: no label), or None where there is no such field."""
        return next((one.codes for one in self.fields if one.name == field), None)

    def dataset(self) -> Dataset:
        """The data set, opened at the first call: slow where it is large, so not on the window's thread.

        Raises ``ExplorerError`` where it is gone or has changed since it was encoded.
        """
        with self._lazy.lock:
            if self._lazy.dataset is None and not self._lazy.error:
                try:
                    self._lazy.dataset = self._open_dataset()
                except ExplorerError as error:
                    self._lazy.error = str(error)
            if self._lazy.dataset is None:
                raise ExplorerError(self._lazy.error)
            return self._lazy.dataset

    def samples(self, rows: npt.ArrayLike | Sequence[int], shape: Shape | None = None) -> Samples:
        """The items as samples ``(n, *shape)``.

        Without a shape they come as they are at hand: as the thumbnails are, else as the model wants them.
        Beyond the thumbnails' size they are read from the data set where it is still there. Raises
        ``ExplorerError`` where there are neither thumbnails nor the data.
        """
        indices = np.asarray(rows, np.int64).reshape(-1)
        small = self.thumbnails
        shape = shape or (self.sample_shape if small is None else small.shape[1:])
        if small is not None and shape == small.shape[1:]:
            return np.array(small[indices])
        samples = np.empty((len(indices), *shape), np.uint8)
        for place, index in enumerate(indices):
            if small is None:
                samples[place] = self.dataset().read(int(self.rows[index]), shape)
                continue
            try:
                if is_within(shape, small.shape[1:]):
                    raise ExplorerError("the thumbnail is large enough")
                samples[place] = self.dataset().read(int(self.rows[index]), shape)
            except ExplorerError:
                samples[place] = fitted(small[index], shape)
        return samples

    def item_name(self, row: int) -> str:
        """What to call an item: its path in the data folder, else its number in the data file."""
        if self.names is not None:
            return bytes(self.names[row]).decode("utf-8", "replace")
        return f"#{self.rows[row]}"

    def item_file(self, row: int) -> Path | None:
        """The item's own file, which may be gone by now; None where the data are one file for all."""
        return None if self.names is None else self.data.path / self.item_name(row)

    def _open_dataset(self) -> Dataset:
        dataset = open_dataset(self.data.path)
        if dataset.fingerprint() != self.data.fingerprint:
            raise ExplorerError(
                f"{self.data.path} has changed since it was encoded; open it again to encode it anew."
            )
        return dataset


def workspaces_folder() -> Path:
    """The folder under the user's data where workspaces are kept."""
    from platformdirs import user_data_dir

    return Path(user_data_dir("latent-explorer", appauthor=False)) / "workspaces"


def default_folder(pair: _Model, dataset: _Data, root: Path | None = None) -> Path:
    """Where the workspace of this model and these data lies unless a place is named."""
    digest = hashlib.sha256(f"{pair.fingerprint} {dataset.fingerprint()}".encode()).hexdigest()
    words = re.sub(r"[^a-z0-9]+", "-", f"{pair.name} {dataset.name}".lower()).strip("-")[:60].strip("-")
    return (root or workspaces_folder()) / f"{words or 'workspace'}-{digest[:10]}"


def find_workspace(
    model_fingerprint: str, data_fingerprint: str, folders: Iterable[Path] | None = None
) -> Workspace | None:
    """The workspace of this model and these data among ``folders`` (default: the user's), if any.

    Folders that are damaged or no workspace are passed over.
    """
    if folders is None:
        root = workspaces_folder()
        folders = sorted(root.iterdir()) if root.is_dir() else []
    for folder in folders:
        try:
            facts = read_description(folder)
            found = facts["model"]["fingerprint"], facts["data"]["fingerprint"]
            if found == (model_fingerprint, data_fingerprint):
                return Workspace.open(folder)
        except (ExplorerError, KeyError, TypeError):
            continue
    return None


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _absolute(text: str | None, folder: Path) -> Path | None:
    return None if text is None else folder / text
