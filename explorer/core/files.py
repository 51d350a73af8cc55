"""Writing so that a reader never sees half a file: write beside, then rename."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from explorer.core.errors import ExplorerError


def write_error(path: Path, error: OSError) -> ExplorerError:
    """The sentence for a failed write to ``path``."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ExplorerError(
            f"{path} could not be written: the disk is full; free some space or choose another place."
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return ExplorerError(
            f"{path} could not be written: the place is read-only; choose a folder you may write to."
        )
    reason = (error.strerror or str(error)).lower()
    return ExplorerError(f"{path} could not be written ({reason}); choose another place.")


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary sibling of ``path`` to write to; it takes the name on success.

    On any failure the sibling is removed and what stood at ``path`` is left as it was. Raises
    ``ExplorerError`` where the place cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix)
        os.close(handle)
    except OSError as error:
        raise write_error(path, error) from error
    beside = Path(name)
    try:
        yield beside
        beside.chmod(0o644)
        os.replace(beside, path)
    except OSError as error:
        raise write_error(path, error) from error
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary folder to fill; its files take their places in ``path`` on success.

    They do so in the order of their names; files already in ``path`` under other names stay. On
    failure nothing of the new files is left, nor ``path`` itself if it was not there before.
    Raises ``ExplorerError`` where the place cannot be written.
    """
    existed = path.exists()
    try:
        path.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(dir=path, prefix=".unfinished-"))
    except OSError as error:
        raise write_error(path, error) from error
    try:
        yield beside
        for part in sorted(beside.rglob("*")):
            target = path / part.relative_to(beside)
            if part.is_dir():
                target.mkdir(exist_ok=True)
            else:
                os.replace(part, target)
    except OSError as error:
        raise write_error(path, error) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
        if not existed:
            with suppress(OSError):  # on success it is not empty
                path.rmdir()
