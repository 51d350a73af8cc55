"""How gestures change the session: undoable edits, numbered by the movement of the hand they belong to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from explorer.core.session import Session
from explorer.ui.commands import Edit
from explorer.ui.store import SessionStore


class Edits(QObject):
    """The one way in which gestures change the session, and what they have to say about it.

    Attributes:
        undo_stack: what can be undone.

    Signals:
        began: a new gesture begins; what belongs to the last one can no longer join it.
        said: a passing remark for the status line.
        refused: a sentence about something that did not work.
    """

    began = Signal()
    said = Signal(str)
    refused = Signal(str)

    def __init__(self, parent: QObject, store: SessionStore) -> None:
        super().__init__(parent)
        self._store = store
        self.undo_stack = QUndoStack(self)
        self._gesture = 0
        self._is_own = False
        self._pending: list[Callable[[], None]] = []
        store.changed.connect(self._forget_what_cannot_be_undone)

    @property
    def session(self) -> Session:
        """The session as it is now, but for what is pending."""
        return self._store.session

    def add_pending(self, settle: Callable[[], None]) -> None:
        """Have ``settle`` called before anything needs the session to be up to date."""
        self._pending.append(settle)

    def settle(self) -> None:
        """Put what hands have reached, and is still to be told, into the session."""
        for settle in self._pending:
            settle()

    def new_gesture(self) -> None:
        """What follows is one step of undo."""
        self.settle()
        self._begin()

    def edit(self, text: str, before: dict[str, Any] | None = None, **after: Any) -> None:
        """Change fields of the session, as a part of the present gesture.

        ``before`` is what its undo puts back, where that is not what they are now.
        """
        stack = self.undo_stack
        last = stack.command(stack.count() - 1) if stack.index() == stack.count() else None
        with self._own_change():
            if isinstance(last, Edit) and last.gesture == self._gesture:
                last.extend(after, before)
            else:
                stack.push(Edit(self._store, text, self._gesture, after, before))

    def undo(self) -> None:
        """Take the last step back."""
        self.settle()
        with self._own_change():
            self.undo_stack.undo()

    def redo(self) -> None:
        """Take the step again."""
        self.settle()
        with self._own_change():
            self.undo_stack.redo()

    def _begin(self) -> None:
        self._gesture += 1
        self.began.emit()

    @contextmanager
    def _own_change(self) -> Iterator[None]:
        self._is_own = True
        try:
            yield
        finally:
            self._is_own = False

    def _forget_what_cannot_be_undone(self, old: Session, new: Session) -> None:
        if self._is_own:
            return
        if new.pair is not old.pair or new.work is not old.work or new.map is not old.map:
            self.undo_stack.clear()
            self._begin()
