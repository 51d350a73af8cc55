"""A workspace inside the file of a session, so that the session opens where the workspace is not."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

from explorer.core.arrays import write_array
from explorer.core.bundles import is_bundled
from explorer.core.errors import ExplorerError
from explorer.core.files import atomic_folder
from explorer.core.session import Session
from explorer.core.session_file import DAMAGE, SavedSession, opened
from explorer.core.workspace import Workspace, default_folder
from explorer.core.workspace_file import ARRAYS, DESCRIPTION, read_description

MOST = 50_000_000
"""Bytes of a workspace that a session takes along."""

_PLACE = "workspace/"


def included(session: Session) -> dict[str, bytes]:
    """The parts of the session's workspace by their names in the file, with the map that is shown.

    None of a demo, which is everywhere, and none where they are too large; the small pictures stay behind
    where they alone are. Raises ``ExplorerError`` where they cannot be read.
    """
    work = session.work
    assert work is not None
    if is_bundled(work.folder):
        return {}
    facts = read_description(work.folder)
    files = [work.folder / name for name in ARRAYS if (work.folder / name).exists()]
    if sum(file.stat().st_size for file in files) > MOST:
        files = [file for file in files if file.name != "thumbnails.npy"]
        facts["thumbnail"] = None
    if sum(file.stat().st_size for file in files) > MOST:
        return {}
    try:
        parts = {file.name: file.read_bytes() for file in files}
    except OSError as error:
        raise ExplorerError(f"{work.folder} could not be read; open the data again.") from error
    if session.map is not None and session.map.record is not None:
        buffer = io.BytesIO()
        write_array(buffer, session.map.positions)
        parts["map.npy"], facts["map"] = buffer.getvalue(), session.map.record.facts()
    parts[DESCRIPTION] = json.dumps(facts).encode("ascii")
    return {_PLACE + name: content for name, content in parts.items()}


def unpacked(saved: SavedSession, model_files: tuple[Path, ...], root: Path | None = None) -> Workspace:
    """The workspace that the file of a session holds, put among the user's own.

    Only the names that a workspace has are looked for. Raises ``ExplorerError`` where it is damaged or cannot
    be written; then nothing is left of it, nor of what stood in its place and did not open.
    """
    assert saved.work is not None
    assert saved.model is not None
    base = saved.path.absolute().parent
    data = [*saved.work.data.found(base), Path(saved.work.data.at)][0]
    folder = default_folder(saved.model, _Named(saved.work.name, saved.work.fingerprint), root)
    with opened(saved.path) as file:
        there = {name for name in (*ARRAYS, DESCRIPTION) if _PLACE + name in file.namelist()}
        try:
            with atomic_folder(folder) as beside:
                for name in there:
                    (beside / name).write_bytes(file.read(_PLACE + name))
                facts = read_description(beside)
                if facts["data"]["path"] not in ARRAYS:  # as that of a decoder's own samples
                    facts["data"]["path"] = str(data)
                encoder = model_files[0] if facts["model"]["encoder"] else None
                decoder = model_files[-1] if facts["model"]["decoder"] else None
                for name, path in (("encoder", encoder), ("decoder", decoder)):
                    facts["model"][name] = None if path is None else str(path)
                (beside / DESCRIPTION).write_text(json.dumps(facts, indent=1) + "\n", "ascii")
            return Workspace.open(folder)
        except DAMAGE as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise ExplorerError(f"{saved.path} holds a damaged workspace; choose another.") from error
        except ExplorerError:
            shutil.rmtree(folder, ignore_errors=True)
            raise


class _Named:
    """What ``default_folder`` asks of data."""

    def __init__(self, name: str, fingerprint: str) -> None:
        self.name, self._fingerprint = name, fingerprint

    def fingerprint(self) -> str:
        """As the data's own."""
        return self._fingerprint
