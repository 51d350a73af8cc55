"""What follows the hand is done in the pauses behind the pictures, so that it never stands in their way."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

_LONGEST_MS = 120


class Task(QObject):
    """Something to be done a little later, once, however often it is wanted until then."""

    def __init__(self, pauses: Pauses, work: Callable[[], None], after_ms: int) -> None:
        super().__init__(pauses)
        self._pauses, self._work, self._after = pauses, work, after_ms
        self.is_due = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._ring)

    @property
    def is_wanted(self) -> bool:
        """Whether it is still to be done."""
        return self.is_due or self._timer.isActive()

    def want(self) -> None:
        """Do it after its time, behind the picture that is under way then."""
        if not self.is_wanted:
            self._timer.start(self._after)

    def stop(self) -> None:
        """Do not do it."""
        self.is_due = False
        self._timer.stop()

    def run(self) -> None:
        """Do it now, if it is due."""
        if self.is_due:
            self.stop()
            self._work()

    def _ring(self) -> None:
        waits = not self.is_due and self._pauses.is_under_way()
        self.is_due = True
        if waits:
            self._timer.start(_LONGEST_MS)  # a slow decoder must not hold it up for ever
        else:
            self.run()


class Pauses(QObject):
    """Knows when a picture is under way, and makes tasks that wait for it."""

    def __init__(self, parent: QObject, is_under_way: Callable[[], bool]) -> None:
        super().__init__(parent)
        self.is_under_way = is_under_way
        self._tasks: list[Task] = []

    def task(self, work: Callable[[], None], after_ms: int) -> Task:
        """Something that is to be done ``after_ms`` after it is first wanted."""
        made = Task(self, work, after_ms)
        self._tasks.append(made)
        return made

    def begin(self) -> None:
        """A picture has been painted: do the first thing that waited for it, once all is done with it."""
        due = next((task for task in self._tasks if task.is_due), None)
        if due is not None:
            QTimer.singleShot(0, due.run)

    def stop(self) -> None:
        """Do nothing of all that is wanted."""
        for task in self._tasks:
            task.stop()
