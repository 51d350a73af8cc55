"""What is fetched or built once and kept: public files by their hash, and folders of built models."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import urllib.request
from collections.abc import Callable
from pathlib import Path

CACHE = Path(os.environ["LATENT_EXPLORER_TEST_CACHE"])
_PATIENCE = 20


class OutOfReachError(Exception):
    """What is needed lies elsewhere, and there is no way to it now."""


def built(name: str, build: Callable[[Path], None]) -> Path:
    """The folder ``name`` in the cache; ``build(folder)`` fills it the first time."""
    place = CACHE / name
    if not place.is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(dir=CACHE, prefix=".unfinished-"))
        try:
            build(beside)
            place.parent.mkdir(parents=True, exist_ok=True)
            beside.rename(place)
        except OSError:
            if not place.is_dir():  # another run may have been first
                raise
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    return place


def fetch(url: str, sha256: str, target: Path) -> None:
    """Write the file at ``url`` to ``target``. Raises ``OutOfReachError``; a wrong hash is a ValueError."""
    try:
        with urllib.request.urlopen(url, timeout=_PATIENCE) as answer:
            data = answer.read()
    except OSError as error:
        raise OutOfReachError(f"{url}: {error}") from error
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise ValueError(f"{url} has the hash {found}, not {sha256}")
    target.write_bytes(data)
