"""What other threads have to say, handed over on the window's thread."""

from __future__ import annotations

from collections.abc import Callable
from queue import SimpleQueue
from typing import Generic, TypeVar

from PySide6.QtCore import QCoreApplication, QEvent, QObject

Letter = TypeVar("Letter")

_SENT = QEvent.Type(QEvent.registerEventType())


class Mailbox(QObject, Generic[Letter]):
    """Hands each letter, in order, to ``read``, on the thread that made the box.

    By an event of our own, which is there sooner than a queued signal: that one's sender holds a lock of Qt's
    while it waits for the interpreter, and the window may have to wait for both.
    """

    def __init__(self, read: Callable[[Letter], object]) -> None:
        super().__init__()
        self._read = read
        # Written in C: a lock of Python's is dearer than a small decoder's hundredth.
        self._letters: SimpleQueue[Letter] = SimpleQueue()

    def send(self, letter: Letter) -> None:
        """Hand it over soon; from any thread."""
        self._letters.put(letter)
        QCoreApplication.postEvent(self, QEvent(_SENT))

    def customEvent(self, event: QEvent) -> None:
        """A letter has come."""
        self._read(self._letters.get())
