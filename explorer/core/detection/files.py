"""Which ONNX files some paths stand for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from explorer.core.errors import ExplorerError
from explorer.core.model_file import check_file

_OPPOSITES = (("encoder", "decoder"), ("enc", "dec"))
_MOST = 2000


@dataclass(frozen=True)
class Found:
    """The files to open: one or two. ``perhaps`` is a neighbour of a single file that may be its partner."""

    files: tuple[Path, ...]
    perhaps: Path | None = None


def find(paths: Path | Sequence[Path]) -> Found:
    """The ONNX files that ``paths`` stand for: a folder, two files in any order, or one.

    Raises ``ExplorerError`` where there are none, too many or it cannot be told which, and as ``check_file``.
    """
    given = [paths] if isinstance(paths, Path) else list(paths)
    found = _in_folder(given[0]) if len(given) == 1 and given[0].is_dir() else _among(given)
    for path in found.files:
        check_file(path)  # before it is hashed, which of a file of gigabytes takes seconds
    return found


def _among(given: Sequence[Path]) -> Found:
    if len(given) == 2:
        return Found((given[0], given[1]))
    if len(given) == 1:
        partner = _named_partner(given[0])
        if partner:
            return Found((given[0], partner))
        others = [file for file in _onnx_files(given[0].parent) if file != given[0]]
        return Found((given[0],), others[0] if len(others) == 1 else None)
    raise ExplorerError(f"{len(given)} files were given; one encoder and one decoder would work.")


def fingerprint(paths: Iterable[Path]) -> str:
    """SHA-256 over the files one after the other, hexadecimal."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
    return digest.hexdigest()


def model_name(path: Path) -> str:
    """What to call a model whose files do not say: its folder, past folders that only tell the half."""
    folder = path.resolve().parent
    while _tells_half(folder.name) and folder.parent != folder:
        folder = folder.parent
    generic = path.stem.lower() == "model" or _tells_half(path.stem)
    return folder.name if generic and folder.name else path.stem


def _in_folder(folder: Path) -> Found:
    found = _onnx_files(folder)
    if not found:
        found = _onnx_files(folder, deep=True)
        pairs = _pairs(found)
        if not pairs and len(found) == 1:
            return Found((found[0],))
    elif len(found) <= 2:
        return _alone_or_sibling(found) if len(found) == 1 else Found((found[0], found[1]))
    else:
        pairs = _pairs(found)
    if len(pairs) > 1:  # pipelines hold more encoders than the picture's
        pairs = [pair for pair in pairs if "vae" in str(pair[0].relative_to(folder)).lower()] or pairs
    if pairs:
        # A quantised or half-precision copy has the longer name.
        return Found(min(pairs, key=lambda pair: (len(str(pair[0])), str(pair[0]))))
    raise ExplorerError(
        f"{folder} holds {len(found) or 'no'} ONNX file{'' if len(found) == 1 else 's'}"
        f"{' and none is called an encoder or decoder' if len(found) > 2 else ''}; "
        "a folder with one encoder and one decoder would work."
    )


def _alone_or_sibling(found: list[Path]) -> Found:
    partner = _named_partner(found[0])
    return Found((found[0], partner) if partner else (found[0],))


def _onnx_files(folder: Path, *, deep: bool = False) -> list[Path]:
    """The ONNX files in a folder, or one and two folders below it; hidden ones are left out."""
    found: list[Path] = []
    for pattern in ("*/*", "*/*/*") if deep else ("*",):
        try:
            for path in folder.glob(pattern):
                if path.suffix.lower() == ".onnx" and not path.name.startswith(".") and path.is_file():
                    found.append(path)
                if len(found) > _MOST:
                    return []
        except OSError:
            continue
    return sorted(found)


def _pairs(files: list[Path]) -> list[tuple[Path, Path]]:
    """Encoders with the decoder that is called alike."""
    known = set(files)
    found = []
    for path in files:
        partner = _named_partner(path)
        if partner in known and path < partner:
            found.append((path, partner))
    return found


def _named_partner(path: Path) -> Path | None:
    """The file that is called the other half: in the same folder, or in one beside it."""
    other = _swapped(path.name)
    if other and (path.parent / other).is_file():
        return path.parent / other
    folder = path.absolute().parent
    other = _swapped(folder.name)
    if other and (folder.parent / other / path.name).is_file():
        return (
            path.parent.parent / other / path.name if path.parent.name else folder.parent / other / path.name
        )
    return None


def _tells_half(name: str) -> bool:
    return any(word in name.lower() for word in _OPPOSITES[0])


def _swapped(name: str) -> str | None:
    """``name`` with "encoder" in place of "decoder", or the other way round; None where it has neither."""
    lower = name.lower()
    for pair in _OPPOSITES:
        for one, other in (pair, pair[::-1]):
            start = lower.find(one)
            if start >= 0:
                old = name[start : start + len(one)]
                new = other.upper() if old.isupper() else other.capitalize() if old[0].isupper() else other
                return name[:start] + new + name[start + len(one) :]
    return None
