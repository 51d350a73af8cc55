"""Where files lie that something else refers to, told in ways that outlast a move of either."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.core.bundles import assets, is_bundled
from explorer.core.errors import ExplorerError

if TYPE_CHECKING:
    from explorer.core.model_pair import ModelPair
    from explorer.core.workspace import Workspace


@dataclass(frozen=True)
class Reference:
    """A file or folder.

    Attributes:
        near: its way from the folder of the file that refers to it, with forward slashes; "" for none.
        at: where it was, absolute.
        bundled: its way from the program's own demos; "" where it is none of them.
    """

    near: str
    at: str
    bundled: str = ""

    @classmethod
    def of(cls, path: Path, base: Path) -> Reference:
        """The reference to ``path`` from a file in the folder ``base``."""
        whole = path.resolve()
        try:
            near = Path(os.path.relpath(whole, base.resolve())).as_posix()
        except ValueError:  # another drive
            near = ""
        bundled = whole.relative_to(assets().resolve()).as_posix() if is_bundled(whole) else ""
        return cls(near, str(whole), bundled)

    @property
    def name(self) -> str:
        """The name of the file or folder itself, whatever system it was written on."""
        return self.at.replace("\\", "/").rstrip("/").rpartition("/")[2]

    def found(self, base: Path | None) -> list[Path]:
        """The places where there is something now: as seen from ``base``, where it was, a demo's."""
        places = [base / self.near] if self.near and base is not None else []
        places += [Path(self.at)] if self.at else []
        places += [assets() / self.bundled] if self.bundled and ".." not in self.bundled else []
        there: list[Path] = []
        for place in places:
            try:
                whole = place.resolve()
                if whole.exists() and whole not in there:
                    there.append(whole)
            except (OSError, ValueError):  # no name that this system could have
                continue
        return there


@dataclass(frozen=True)
class ModelOf:
    """The model of a session; ``stated`` is what the user says about it, by the keys of the model card."""

    name: str
    fingerprint: str
    latent_size: int
    files: tuple[Reference, ...]
    stated: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class WorkOf:
    """The workspace of a session and the data that it was made from.

    Attributes:
        folder: the workspace.
        name, fingerprint: of the data.
        data: the data themselves.
        is_included: whether the session's file holds the workspace too.
    """

    folder: Reference
    name: str
    fingerprint: str
    data: Reference
    is_included: bool = False


def model_of(pair: ModelPair, base: Path) -> ModelOf:
    """What a file in the folder ``base`` says of a model."""
    from explorer.core.detection import sidecar

    files, stated = pair.plan.files, dict[str, str]()
    with suppress(ExplorerError):
        stated = sidecar.read(files[-1], pair.fingerprint)
    references = tuple(Reference.of(one, base) for one in files)
    return ModelOf(pair.name, pair.fingerprint, pair.latent_size, references, stated)


def work_of(work: Workspace, base: Path, *, is_included: bool = False) -> WorkOf:
    """What a file in the folder ``base`` says of a workspace."""
    data = work.data
    folder, place = Reference.of(work.folder, base), Reference.of(data.path, base)
    return WorkOf(folder, data.name, data.fingerprint, place, is_included)
