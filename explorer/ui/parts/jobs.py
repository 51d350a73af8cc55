"""Long work off the window's thread: progress, cancel, and answers that came too late are dropped."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal

from explorer.core.errors import Cancelled, ExplorerError
from explorer.core.priority import A_LITTLE, step_back
from explorer.core.progress import Progress, Report
from explorer.ui.parts.hook import Hook
from explorer.ui.parts.mailbox import Mailbox

_SOON = 0.02
log = logging.getLogger(__name__)


class Job:
    """One piece of work on a thread of its own. Made and listened to on the window's thread.

    Hooks:
        ended: its result, and the exception that ended it or None.
    """

    def __init__(
        self, title: str, work: Callable[[Progress], Any], quiet: bool, letters: Mailbox[_Letter]
    ) -> None:
        self.title, self.quiet = title, quiet
        self.started = time.perf_counter()
        self.report: Report | None = None
        self.progress = Progress(lambda report: letters.send((self, report)))
        self.ended = Hook()
        self._work, self._letters = work, letters
        self.thread = threading.Thread(target=self._run, name=title, daemon=True)

    def _run(self) -> None:
        step_back(A_LITTLE)
        try:
            result = self._work(self.progress)
        except BaseException as error:  # noqa: BLE001 - carried to the window's thread and handled there
            self._letters.send((self, (None, error)))
        else:
            self._letters.send((self, (result, None)))


_Letter = tuple[Job, Report | tuple[Any, BaseException | None]]
"""How far a job is, or how it ended."""


class Jobs(QObject):
    """Starts jobs and settles how they end.

    Signals:
        changed: the set of running jobs, or how far one of them is, has changed.
        failed: a sentence for the user.
        broke: an exception that nobody foresaw: a bug.
    """

    changed = Signal()
    failed = Signal(str)
    broke = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.running: list[Job] = []
        self._closed = False
        self._letters: Mailbox[_Letter] = Mailbox(self._read)

    def start(
        self,
        title: str,
        work: Callable[[Progress], Any],
        done: Callable[[Any], None],
        *,
        wanted: Callable[[], bool] = lambda: True,
        failed: Callable[[str], None] | None = None,
        after: Callable[[], None] = lambda: None,
        quiet: bool = False,
    ) -> Job:
        """Run ``work(progress)`` on a thread and hand its result to ``done`` on the window's thread.

        The result is dropped if ``wanted()`` is false by then: what the work started from has left the
        session. An ``ExplorerError`` goes to ``failed`` (by default shown to the user), a ``Cancelled``
        is silent, and anything else is reported as a bug. ``after`` follows in any case. A ``quiet`` one
        is housekeeping that nobody asked for: it is not what one cancels. Once closed, nothing starts.
        """
        job = Job(title, work, quiet, self._letters)
        if self._closed:  # a window that closes still asks for pictures of what it lays out
            job.progress.cancel()
            return job

        def end(result: Any, error: BaseException | None) -> None:
            job.thread.join()
            self.running.remove(job)
            self.changed.emit()
            if isinstance(error, ExplorerError):
                (failed or self.failed.emit)(str(error))
            elif error is not None and not isinstance(error, Cancelled):
                log.error("%s failed", title, exc_info=error)
                self.broke.emit(error)
            elif error is None and not job.progress.cancelled and wanted():
                done(result)
            after()

        job.ended.connect(end)
        self.running.append(job)
        job.thread.start()
        self.changed.emit()
        return job

    @property
    def busy(self) -> bool:
        """Whether something runs that the user could want to stop."""
        return any(not job.quiet for job in self.running)

    def cancel(self) -> None:
        """Ask every running job to stop."""
        for job in self.running:
            job.progress.cancel()

    def close(self, interrupt: Callable[[], None] = lambda: None) -> None:
        """Cancel and join every job, and start none any more; what they end with is not delivered.

        ``interrupt`` is called until none runs, for what lasts long between two looks at the progress.
        """
        self._closed = True
        self.cancel()
        for job in self.running:
            job.thread.join(_SOON)
            while job.thread.is_alive():
                interrupt()
                job.thread.join(_SOON)
        self.running.clear()

    def _read(self, letter: _Letter) -> None:
        job, said = letter
        if job not in self.running:
            return  # closed in the meantime
        if isinstance(said, Report):
            job.report = said
            self.changed.emit()
        else:
            job.ended.emit(*said)
