"""Gestures that choose points: drawn around, in view, inverted, grown, stepped through."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from explorer.core.progress import Progress
from explorer.core.selection import NOTHING, How, combined, grown, inverted, stepped
from explorer.core.session import selected_rows, shown_rows
from explorer.ui.controller import Controller
from explorer.ui.edits import Edits
from explorer.ui.main_window import MainWindow
from explorer.ui.parts.jobs import Jobs


class SelectionGestures(QObject):
    """What is selected.

    Signals:
        stepped_to: the row of the selection that was gone to.
    """

    stepped_to = Signal(int)

    def __init__(self, window: MainWindow, edits: Edits, jobs: Jobs, controller: Controller) -> None:
        super().__init__(window)
        self._window, self._edits, self._jobs, self._controller = window, edits, jobs, controller
        self._at = -1

    def select(self, rows: npt.NDArray[np.int64], text: str = "Select") -> None:
        """Select those of ``rows`` that the filter leaves."""
        left = rows[shown_rows(self._edits.session)[rows]]
        self._edits.new_gesture()
        self._edits.edit(text, selection=left if len(left) else None)
        self._at = -1
        parts = [f"{len(left):,} point{'s' * (len(left) != 1)} selected" if len(left) else "Nothing selected"]
        if len(left) < len(rows):
            parts.append(f"{len(rows) - len(left):,} more filtered out")
        if len(left):
            parts.append("F3 steps through them, Shift+S draws new pictures like them")
        self._edits.said.emit(" · ".join(parts))

    def outlined(self, rows: npt.NDArray[np.int64], how: How) -> None:
        """Points were drawn around, to be selected, added to what is selected, or taken away from it."""
        before = selected_rows(self._edits.session)
        if len(rows) or how == "replace":
            self.select(combined(before, rows, how))

    def select_none(self) -> None:
        """Forget the selection."""
        self.select(NOTHING)

    def select_in_view(self) -> None:
        """Select all points that are shown and lie in the part of the map that is looked at."""
        latent_map = self._edits.session.map
        if latent_map is not None:
            left, bottom, right, top = self._window.map.view().bounds
            x, y = latent_map.positions.T
            inside = (x >= left) & (x <= right) & (y >= bottom) & (y <= top)
            self.select(np.flatnonzero(inside & shown_rows(self._edits.session)))

    def invert_selection(self) -> None:
        """Select what is shown and not selected instead."""
        session = self._edits.session
        if session.work is not None:
            self.select(inverted(selected_rows(session), shown_rows(session)), "Invert")

    def grow_selection(self) -> None:
        """Add the pictures that are most like the selected ones."""
        latent_map, rows = self._edits.session.map, selected_rows(self._edits.session)
        if latent_map is None or rows is None:
            self._edits.said.emit("There is no selection to grow")
            return

        def work(progress: Progress) -> npt.NDArray[np.int64]:
            return grown(latent_map, rows, progress)

        selection = self._edits.session.selection
        self._jobs.start(
            "Growing the selection",
            work,
            lambda found: self.select(found, "Grow"),
            wanted=lambda: (
                self._edits.session.map is latent_map and self._edits.session.selection is selection
            ),
        )

    def next_selected(self) -> None:
        """Go to the next picture of the selection."""
        self._step(1)

    def previous_selected(self) -> None:
        """Go to the picture of the selection before this one."""
        self._step(-1)

    def go_to_selected(self, row: int) -> None:
        """Go to a picture of the selection; the next step goes on from there."""
        work, rows = self._edits.session.work, selected_rows(self._edits.session)
        if work is None or rows is None:
            return
        self._at = row
        self._controller.go_to_row(row)
        self._window.map.reveal(row)
        place = np.flatnonzero(rows == row)
        if len(place):
            self._edits.said.emit(f"{place[0] + 1:,} of {len(rows):,} selected · {work.item_name(row)}")
        self.stepped_to.emit(row)

    def _step(self, step: int) -> None:
        rows = selected_rows(self._edits.session)
        if rows is None:
            self._edits.said.emit("There is no selection to step through")
        else:
            self.go_to_selected(int(rows[stepped(rows, self._at, step)]))
