"""What the map says to people who do not see it: its points, and where probe and pointer rest."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QAccessible

from explorer.core.session import Session, colored, filtered, is_own, name_of
from explorer.ui.here.belief import support_words
from explorer.ui.main_window import MainWindow
from explorer.ui.parts.accessible import announce
from explorer.ui.store import SessionStore

_REST_MS = 700


class MapVoice(QObject):
    """Says what the map shows, and where probe and pointer have come to rest; nothing while they move.

    ``label_of`` gives the label of a row, or "".
    """

    def __init__(self, window: MainWindow, store: SessionStore, label_of: Callable[[int], str]) -> None:
        super().__init__(window)
        self._window, self._store, self._label_of = window, store, label_of
        self._hint = window.map.accessibleDescription()
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self._tell)
        self._pointed = QTimer(self)
        self._pointed.setSingleShot(True)
        self._pointed.setInterval(_REST_MS)
        self._pointed.timeout.connect(self._tell_point)
        self._row = -1
        store.changed.connect(self._changed)
        window.map.hovered.connect(self._hovered)

    def close(self) -> None:
        """Say nothing more."""
        self._rest.stop()
        self._pointed.stop()

    def _changed(self, old: Session, new: Session) -> None:
        if new.map is not old.map or new.work is not old.work or new.color_by != old.color_by:
            self._name(new)
        if new.cursor is not old.cursor and QAccessible.isActive():
            self._rest.start()

    def _hovered(self, row: int) -> None:
        self._row = row
        if row >= 0 and QAccessible.isActive():
            self._pointed.start()
        else:
            self._pointed.stop()

    def _tell_point(self) -> None:
        """Say which point the pointer rests on."""
        work = self._store.session.work
        if work is not None and 0 <= self._row < len(work):
            parts = (self._label_of(self._row), work.item_name(self._row))
            announce(self._window.map, f"Pointer on {', '.join(filter(None, parts))}")

    def _name(self, session: Session) -> None:
        count = len(session.map.positions) if session.map is not None else 0
        column = colored(session)
        by = f", coloured by {column.name}" if column is not None else ""
        self._window.map.setAccessibleName(f"Map of {count:,} points{by}" if count else "Map, empty")

    def _tell(self) -> None:
        """Describe the place of the probe, and say it aloud."""
        said = self.description()
        self._window.map.setAccessibleDescription(f"{said} {self._hint}".strip())
        announce(self._window.map, said)

    def description(self) -> str:
        """Where the probe is, in words; empty where it is nowhere."""
        session = self._store.session
        cursor, latent_map, work = session.cursor, session.map, session.work
        if cursor is None or cursor.place is None or latent_map is None or work is None:
            return ""
        x, y = cursor.place
        parts = [name_of(cursor)] if is_own(cursor) else []
        parts.append(f"x {x:.2f}, y {y:.2f}".replace("-", "−"))
        nearest = latent_map.inverse.nearest(cursor.place, 1)
        if len(nearest):
            row, shown = int(nearest[0]), filtered(session)
            hidden = shown is not None and not shown[row]
            parts.append(f"nearest {self._label_of(row) or work.item_name(row)}{', filtered out' * hidden}")
        support = float(latent_map.inverse.support_at(np.asarray([cursor.place]))[0])
        parts.append(f"support {support:.2f}, {support_words(support)}")
        return "; ".join(parts) + "."
