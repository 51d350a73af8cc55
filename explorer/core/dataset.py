"""Data sets the user opens: a folder of pictures, an IDX file, an NPZ or NPY file."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from explorer.core.arrays import read_error
from explorer.core.dataset_arrays import ArrayDataset, open_idx, open_npy, open_npz
from explorer.core.dataset_base import Dataset, Field, Measure
from explorer.core.dataset_folder import FolderDataset
from explorer.core.errors import ExplorerError
from explorer.core.pixels import PICTURE_SUFFIXES

__all__ = ["ArrayDataset", "Dataset", "Field", "FolderDataset", "Measure", "open_dataset"]

_WANTED = "a folder of pictures, an IDX file (such as train-images-idx3-ubyte.gz) or an NPZ file"


def open_dataset(path: Path) -> Dataset:
    """Open a folder of pictures (sub-folders are labels), an IDX file (also gzipped), NPZ or NPY.

    Files are known by their content, not by their name. Raises ``ExplorerError`` for anything else,
    saying what was found.
    """
    try:
        if path.is_dir():
            return FolderDataset(path)
        with path.open("rb") as stream:
            start = stream.read(8)
    except OSError as error:
        raise read_error(path, error) from error
    if not start:
        raise ExplorerError(f"{path} is empty (0 bytes); copy or download it again.")
    if start.startswith(b"PK"):
        return open_npz(path)
    if start.startswith(b"\x93NUMPY"):
        return open_npy(path)
    if _is_idx(start) or (start.startswith(b"\x1f\x8b") and _is_idx(_unpacked_start(path))):
        return open_idx(path)
    if path.suffix.lower() in PICTURE_SUFFIXES:
        raise ExplorerError(f"{path} is a single picture; open the folder it is in, or drop it on a map.")
    raise ExplorerError(f"{path} is no data set that can be read; {_WANTED} would work.")


def _is_idx(start: bytes) -> bool:
    return len(start) >= 4 and start[:2] == b"\0\0" and 0x08 <= start[2] <= 0x0E and 1 <= start[3] <= 4


def _unpacked_start(path: Path) -> bytes:
    try:
        with gzip.open(path) as stream:
            return stream.read(4)
    except (EOFError, zlib.error, OSError) as error:
        raise ExplorerError(f"{path} is cut off or damaged; copy or download it again.") from error
