"""A folder of picture files as a data set; its sub-folders are the labels, a table beside them tells more."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from itertools import takewhile
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from explorer.core.arrays import read_error
from explorer.core.dataset_base import Dataset, Field, Measure, field_of, file_fingerprint
from explorer.core.errors import ExplorerError
from explorer.core.pixels import PICTURE_SUFFIXES
from explorer.core.samples import Samples, Shape, read_sample

_PACKED = (".npz", ".npy", "-ubyte", "-ubyte.gz")


class _File(NamedTuple):
    name: str
    """Relative to the data set's folder, with forward slashes."""
    size: int
    changed: int
    """Nanoseconds since the epoch."""


class FolderDataset(Dataset):
    """All pictures in a folder and its sub-folders, in the order of their relative names.

    Hidden files and folders are passed over; other files are counted in ``skipped``. Links are
    followed, each real folder is visited once. A table in it or beside it (``dataset_columns.TABLES``) adds
    columns; a folder's label is called ``folder`` where the table has a label too.
    """

    stored_as_files = True

    def __init__(self, path: Path) -> None:
        from explorer.core.dataset_columns import find_table, read_table

        self.path = path
        self.name = path.resolve().name or str(path)
        self._files, others = _walk(path)
        self.skipped = len(others)
        if not self._files:
            raise ExplorerError(_no_picture(path, others))
        names = [self.item_name(i) for i in range(len(self))]
        self._table = find_table(path)
        columns = read_table(self._table, names) if self._table else ()
        if not columns:
            self._table = None
        elif self._table is not None and self._table.parent == path:
            self.skipped -= 1  # it is of use
        fields = tuple(one for one in columns if isinstance(one, Field))
        named = {one.name for one in columns}
        own = [replace(one, name="folder") if one.name in named else one for one in _labels(names)]
        self.fields = (*own, *fields)
        self.measures = tuple(one for one in columns if isinstance(one, Measure))

    def __len__(self) -> int:
        return len(self._files)

    def fingerprint(self) -> str:
        """SHA-256 over names, sizes and times of change, hexadecimal; the files are not opened.

        A table that tells of them counts with its content.
        """
        digest = hashlib.sha256()
        if self._table is not None:
            digest.update(file_fingerprint(self._table).encode())
        for file in self._files:
            digest.update(os.fsencode(file.name) + f"\0{file.size}\0{file.changed}\n".encode())
        return digest.hexdigest()

    def item_name(self, index: int) -> str:
        """The file's name relative to the folder, with forward slashes."""
        # A name that is no UTF-8 can be opened but not printed.
        return os.fsencode(self._files[index].name).decode("utf-8", "replace")

    def read(self, index: int, shape: Shape) -> Samples:
        """One file as a picture of ``shape``; see ``picture_files.read_picture``."""
        return read_sample(self.path / self._files[index].name, shape, self.item_name(index))


def _walk(root: Path) -> tuple[list[_File], list[str]]:
    """The pictures under ``root``, sorted, and the names of the other files."""
    pictures: list[_File] = []
    others: list[str] = []
    visited: set[tuple[int, int]] = set()
    waiting = [(root, "")]
    while waiting:
        folder, prefix = waiting.pop()
        try:
            state = folder.stat()
            if (state.st_dev, state.st_ino) in visited:
                continue
            visited.add((state.st_dev, state.st_ino))
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name, reverse=True)
        except OSError as error:
            if not prefix:
                raise read_error(root, error) from error
            others.append(prefix)
            continue
        for entry in entries:
            name = prefix + entry.name
            if entry.name.startswith("."):
                continue
            try:
                if entry.is_dir():
                    waiting.append((folder / entry.name, name + "/"))
                elif entry.is_file() and os.path.splitext(entry.name)[1].lower() in PICTURE_SUFFIXES:  # noqa: PTH122
                    state = entry.stat()
                    pictures.append(_File(name, state.st_size, state.st_mtime_ns))
                else:
                    others.append(name)
            except OSError:  # a link that leads nowhere or round in a circle
                others.append(name)
    return sorted(pictures), others


def _labels(names: list[str]) -> tuple[Field, ...]:
    """The label of each file is its folder, below the folders that all files share."""
    parents = [PurePosixPath(name).parent.parts for name in names]
    if len(set(parents)) < 2:
        return ()
    first, last = min(parents), max(parents)
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False)))
    field = field_of("label", ["/".join(parts[shared:]) for parts in parents])
    if field.names[0] == "":  # sorted first: files beside the folders have no label
        field = Field("label", field.codes - 1, field.names[1:])
    return (field,)


def _no_picture(path: Path, others: list[str]) -> str:
    packed = next((name for name in sorted(others) if name.lower().endswith(_PACKED)), None)
    if packed:
        return f"{path} holds no pictures; the data file {packed} inside it could be opened instead."
    if others:
        files = "1 file that is none" if len(others) == 1 else f"{len(others):,} files that are none"
        return (
            f"{path} holds no pictures ({files}); a folder with PNG, JPEG or other picture files would work."
        )
    return f"{path} is an empty folder; a folder with PNG, JPEG or other picture files would work."
