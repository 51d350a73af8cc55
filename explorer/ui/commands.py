"""Undoable edits of the session."""

from __future__ import annotations

from typing import Any

from PySide6.QtGui import QUndoCommand

from explorer.ui.store import SessionStore


class Edit(QUndoCommand):
    """Replaces some fields of the session and can put them back.

    Edits with the same ``gesture`` number belong to one movement of the hand and undo as one step.
    """

    def __init__(
        self,
        store: SessionStore,
        text: str,
        gesture: int | None,
        after: dict[str, Any],
        before: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(text)
        self._store = store
        self._gesture = gesture
        self._before = before or {name: getattr(store.session, name) for name in after}
        self._after = after

    def redo(self) -> None:
        self._store.replace(**self._after)

    def undo(self) -> None:
        self._store.replace(**self._before)

    def id(self) -> int:
        return -1 if self._gesture is None else 1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, Edit) or other._gesture != self._gesture:
            return False
        self._after = {**self._after, **other._after}
        self._before = {**other._before, **self._before}
        return True
