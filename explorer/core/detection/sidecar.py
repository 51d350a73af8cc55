"""What a person settled about a model, kept as JSON beside it, or in the user's own folder."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from explorer.core.bundles import is_bundled
from explorer.core.detection import settings
from explorer.core.detection.places import beside, own
from explorer.core.errors import ExplorerError
from explorer.core.files import atomic_path

_FORMAT = 1
_MOST = 1 << 20


def read(path: Path, fingerprint: str) -> dict[str, str]:
    """What is kept for the model at ``path``: the user's own sidecar wins over the one beside it.

    Raises ``ExplorerError`` for a sidecar that is damaged, too new, or states what is unknown.
    """
    return read_file(beside(path)) | read_file(own(fingerprint))


def write(path: Path, fingerprint: str, stated: Mapping[str, str]) -> Path:
    """Keep ``stated`` in place of what was kept before, nothing of it if empty; returns the sidecar's place.

    Beside the model where that can be written, else among the user's settings. Raises ``ExplorerError``
    for unknown or unreadable settings, and where neither place can be written.
    """
    checked = settings.check(stated, "The model card")
    here, there = beside(path), own(fingerprint)
    place = here if os.access(path.parent, os.W_OK) and not is_bundled(path) else there
    for old in (here, there):
        if old != place or not checked:
            _remove(old)
    if checked:
        with atomic_path(place) as half:
            text = json.dumps({"format": _FORMAT, "settings": checked}, indent=1, ensure_ascii=False)
            half.write_text(text + "\n", encoding="utf-8")
    return place


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        pass  # what stands in a read-only folder loses against the user's own sidecar


def read_file(path: Path) -> dict[str, str]:
    """What one sidecar states, nothing where there is none; raises as ``read`` does."""
    mend = "mend or delete it."
    try:
        if path.stat().st_size > _MOST:
            raise ExplorerError(f"{path} is too large for a sidecar; {mend}")
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise ExplorerError(f"{path} cannot be read ({(error.strerror or '').lower()}); {mend}") from error
    except (ValueError, RecursionError) as error:
        raise ExplorerError(f"{path} is no JSON; {mend}") from error
    if not isinstance(kept, dict) or not isinstance(kept.get("settings"), dict):
        raise ExplorerError(f"{path} holds no settings of a model; {mend}")
    if kept.get("format") != _FORMAT:
        raise ExplorerError(
            f"{path} has the format {kept.get('format')} and this program reads {_FORMAT}; "
            "update the program, or delete the file."
        )
    return settings.check(kept["settings"], str(path))
