"""What was done is kept while the program runs, so that a crash takes next to nothing of it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QLockFile, QObject, QTimer

from explorer.core.session import Session
from explorer.core.view import View
from explorer.ui.parts.jobs import Jobs
from explorer.ui.store import SessionStore

QUIET, LONGEST = 2.0, 30.0
"""Seconds without a change after which all is kept, and those after which it is in any case."""

_SUFFIX, _LOCK = ".latents", ".lock"
_LEFT = "crashed-"
_MOST_LEFT = 3
_TICK_MS = 500


class Autosave(QObject):
    """Writes the session to a file of this process's own, on a thread; ``close`` removes it.

    A lock beside the file tells other windows that its process lives: a file whose lock nobody holds is what
    a crash has left.
    """

    def __init__(
        self, parent: QObject, store: SessionStore, jobs: Jobs, view: Callable[[], View], folder: Path
    ) -> None:
        super().__init__(parent)
        self._store, self._jobs, self._view, self._folder = store, jobs, view, folder
        self._file = folder / f"{os.getpid()}-{time.time_ns():x}{_SUFFIX}"
        self._lock: QLockFile | None = None
        self._changed = self._since = 0.0
        self._is_writing = self._is_closed = self._has_failed = False
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)
        store.changed.connect(self._follow)

    @property
    def file(self) -> Path:
        """Where the session is kept."""
        return self._file

    def close(self, *, all_is_kept: bool) -> None:
        """Stop; if ``all_is_kept`` elsewhere nothing need be restored. No job may be writing any more."""
        self._is_closed = True
        self._timer.stop()
        if all_is_kept:
            with suppress(OSError):
                self._file.unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.unlock()

    def _follow(self, old: Session, new: Session) -> None:
        self._changed = time.monotonic()
        if not self._timer.isActive() and new.pair is not None and not self._is_closed:
            self._since = self._changed
            self._timer.start()

    def _tick(self) -> None:
        now = time.monotonic()
        if (now - self._changed >= QUIET or now - self._since >= LONGEST) and not self._is_writing:
            self._timer.stop()
            self._write()

    def _write(self) -> None:
        session, view = self._store.session, self._view()
        self._is_writing = True
        if self._lock is None:
            with suppress(OSError):
                self._folder.mkdir(parents=True, exist_ok=True)
            self._lock = _lock_of(self._file)
            self._lock.tryLock(0)

        def write(_: object) -> None:
            from explorer.core.session_file import save_session

            try:
                save_session(self._file, session, view, small=False)
            finally:
                self._is_writing = False

        def failed(sentence: str) -> None:
            if not self._has_failed:  # once is enough
                self._has_failed = True
                self._jobs.failed.emit(f"What you do is not kept against a crash: {sentence}")

        self._jobs.start("Keeping what was done", write, lambda _: None, failed=failed, quiet=True)


def take_over(folder: Path) -> list[Path]:
    """What crashes have left in ``folder`` and nobody has been told of, the newest first; it is put aside.

    The newest three that were put aside stay; older ones are removed.
    """
    found = []
    for file in sorted(folder.glob(f"[0-9]*{_SUFFIX}"), key=_changed_at, reverse=True):
        lock = _lock_of(file)
        if not lock.tryLock(0):
            continue  # another window's
        with suppress(OSError):
            found.append(file.rename(file.with_name(_LEFT + file.name)))
        lock.unlock()
    for old in left_behind(folder)[_MOST_LEFT:]:
        with suppress(OSError):
            old.unlink()
    return [file for file in found if file.exists()]


def left_behind(folder: Path) -> list[Path]:
    """All that crashes have left and that is still there, the newest first."""
    return sorted(folder.glob(f"{_LEFT}*{_SUFFIX}"), key=_changed_at, reverse=True)


def _lock_of(file: Path) -> QLockFile:
    lock = QLockFile(str(file.with_suffix(_LOCK)))
    lock.setStaleLockTime(0)  # however old: it is stale only when its process has ended
    return lock


def _changed_at(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0
