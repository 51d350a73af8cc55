"""The one owner of the session: everything that changes it goes through here."""

from __future__ import annotations

import dataclasses
from typing import Any

from PySide6.QtCore import QObject, Signal

from explorer.core.session import Session


class SessionStore(QObject):
    """Holds the frozen session and tells what it was and what it became.

    Signals:
        changed: ``(old, new)``, both ``Session``; views touch only what differs.
    """

    changed = Signal(object, object)

    def __init__(self) -> None:
        super().__init__()
        self._session = Session()

    @property
    def session(self) -> Session:
        """The session as it is now."""
        return self._session

    def replace(self, **fields: Any) -> None:
        """Change fields of the session; nothing is said if all of them are what they were."""
        old = self._session
        if all(getattr(old, name) is value for name, value in fields.items()):
            return
        self._session = dataclasses.replace(old, **fields)
        self.changed.emit(old, self._session)
