"""Gestures that choose points: drawn around, by label, filtered by the legend."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject

from explorer.core.session import colored_field, shown_rows
from explorer.ui.edits import Edits
from explorer.ui.main_window import MainWindow


class SelectionGestures(QObject):
    """What is selected, what is shown, and by what it is coloured."""

    def __init__(self, window: MainWindow, edits: Edits) -> None:
        super().__init__(window)
        self._window, self._edits = window, edits

    def lasso(self, rows: npt.NDArray[np.int64]) -> None:
        """Points were drawn around."""
        self._edits.new_gesture()
        self._edits.edit("Select", selection=rows if len(rows) else None)
        self._edits.said.emit(
            f"{len(rows):,} points selected · Shift+S draws new pictures like them"
            if len(rows)
            else "Nothing selected"
        )

    def select_none(self) -> None:
        """Forget the selection."""
        self.lasso(np.empty(0, np.int64))

    def select_in_view(self) -> None:
        """Select all points that are shown and lie in the part of the map that is looked at."""
        latent_map = self._edits.session.map
        if latent_map is not None:
            left, bottom, right, top = self._window.map.view().bounds
            x, y = latent_map.positions.T
            inside = (x >= left) & (x <= right) & (y >= bottom) & (y <= top)
            self.lasso(np.flatnonzero(inside & shown_rows(self._edits.session)))

    def select_label(self) -> None:
        """Select all points with the label of the point that is nearest to the probe."""
        self._edits.settle()
        session = self._edits.session
        field, latent_map, cursor = colored_field(session), session.map, session.cursor
        if latent_map is None or cursor is None or cursor.place is None or field is None:
            self._edits.said.emit("There is no label under the probe")
            return
        nearest = latent_map.inverse.nearest(cursor.place, 1)[0]
        self.lasso(np.flatnonzero(field.codes == field.codes[nearest]))

    def isolate(self, code: int) -> None:
        """Show only one label, or all again if it is already alone."""
        everything = frozenset(range(self._label_count()))
        alone = everything - {code}
        self._filter(frozenset() if self._edits.session.hidden == alone else alone)

    def toggle(self, code: int) -> None:
        """Turn one label on or off."""
        self._filter(self._edits.session.hidden ^ {code})

    def show_all(self) -> None:
        """Take the filter away."""
        self._filter(frozenset())

    def color_by(self, name: str) -> None:
        """Colour the map by a field; its filter starts empty."""
        self._edits.new_gesture()
        self._edits.edit("Colour by", color_by=name, hidden=frozenset())

    def _filter(self, hidden: frozenset[int]) -> None:
        self._edits.new_gesture()
        self._edits.edit("Filter", hidden=hidden)

    def _label_count(self) -> int:
        field = colored_field(self._edits.session)
        return len(field.names) if field else 0
