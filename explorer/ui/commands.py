"""Undoable edits of the session."""

from __future__ import annotations

from typing import Any

from PySide6.QtGui import QUndoCommand

from explorer.ui.store import SessionStore


class Edit(QUndoCommand):
    """Replaces some fields of the session and can put them back.

    Edits with the same ``gesture`` number belong to one movement of the hand and are one step: the first
    takes in the others (``extend``). Qt's own merging is not used: PySide never frees what was merged.
    """

    def __init__(
        self,
        store: SessionStore,
        text: str,
        gesture: int,
        after: dict[str, Any],
        before: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(text)
        self._store = store
        self.gesture = gesture
        self._before = before or self._present(after)
        self._after = after

    def redo(self) -> None:
        self._store.replace(**self._after)

    def undo(self) -> None:
        self._store.replace(**self._before)

    def extend(self, after: dict[str, Any], before: dict[str, Any] | None = None) -> None:
        """Do more, as a part of this step."""
        self._before = {**(before or self._present(after)), **self._before}
        self._after = {**self._after, **after}
        self._store.replace(**after)

    def _present(self, after: dict[str, Any]) -> dict[str, Any]:
        return {name: getattr(self._store.session, name) for name in after}
