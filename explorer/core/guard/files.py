"""Which files an inspection of some paths looks at, and whether one of them has changed since."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from explorer.core.pixels import PICTURE_SUFFIXES


def model_files(paths: Sequence[Path]) -> list[Path]:
    """The ONNX files that ``paths`` stand for, with one that may be the partner of a single file.

    Raises ``ExplorerError`` where there are none or it cannot be told which.
    """
    from explorer.core.detection.files import find

    found = find(paths)
    return [*found.files, *([found.perhaps] if found.perhaps is not None else [])]


def stamp(files: Iterable[Path]) -> str:
    """A hash over names, sizes and times of change; a file that is not there stands for its absence."""
    digest = hashlib.sha256()
    for file in files:
        try:
            status = file.stat()
            seen = f"{file}\0{status.st_size}\0{status.st_mtime_ns}\n"
        except OSError:
            seen = f"{file}\0\n"
        digest.update(seen.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def around(models: Iterable[Path]) -> list[Path]:
    """All files in the folders of ``models``: their weights, sidecars and configurations are among them.

    Pictures are left out, for a model may lie among its data.
    """
    found: set[Path] = set()
    for folder in {model.parent for model in models}:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if not entry.is_dir()]
        found |= {folder / name for name in names if Path(name).suffix.lower() not in PICTURE_SUFFIXES}
    return sorted(found)
