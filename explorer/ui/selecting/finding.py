"""The gestures of a search: what is typed is looked for behind, Return selects it and steps through it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject

from explorer.core.session import Session, colored, shown_rows, worked_out
from explorer.core.workspace import Workspace
from explorer.ui.main_window import MainWindow
from explorer.ui.parts.jobs import Job, Jobs
from explorer.ui.selecting.selection_gestures import SelectionGestures
from explorer.ui.store import SessionStore

if TYPE_CHECKING:
    from explorer.ui.selecting.find_bar import FindBar


class Finding(QObject):
    """Looks for pictures by words in names, labels and numbers."""

    def __init__(
        self, window: MainWindow, store: SessionStore, jobs: Jobs, selecting: SelectionGestures
    ) -> None:
        super().__init__(window)
        self._window, self._store, self._jobs, self._selecting = window, store, jobs, selecting
        self._bar: FindBar | None = None
        self._job: Job | None = None
        self._rows: npt.NDArray[np.int64] | None = None
        self._is_selected = self._steps_when_found = False
        store.changed.connect(self._look_again)

    def find_pictures(self) -> None:
        """Open the field over the map."""
        if self._bar is None:
            from explorer.ui.selecting.find_bar import FindBar

            self._bar = FindBar(self._window.map)
            self._bar.typed.connect(self._look_for)
            self._bar.entered.connect(self._enter)
            self._bar.closed.connect(self._window.map.setFocus)
        self._bar.open_bar()

    def _look_for(self, text: str) -> None:
        """Look behind for what was typed; only the last text is answered."""
        assert self._bar is not None
        bar, session = self._bar, self._store.session
        self._rows, self._is_selected = None, False
        if self._job is not None:
            self._job.progress.cancel()
        if session.work is None or not text.strip():
            self._job = None
            bar.set_found("", "" if session.work is not None else "There is no data to search.")
            return
        work, measures = session.work, worked_out(session)
        positions = session.map.positions if session.map is not None else None

        def done(rows: npt.NDArray[np.int64]) -> None:
            self._found(work, rows)

        from explorer.core.search import Columns, search

        self._job = job = self._jobs.start(
            "Searching",
            lambda progress: search(text, Columns.of(work, positions, measures), progress),
            done,
            wanted=lambda: self._job is job and self._store.session.work is work,
            failed=lambda sentence: bar.set_found("", sentence),
            quiet=True,
        )

    def _found(self, work: Workspace, rows: npt.NDArray[np.int64]) -> None:
        assert self._bar is not None
        left = rows[shown_rows(self._store.session)[rows]]
        self._rows = left
        notes = []
        if len(left) < len(rows):
            notes.append(f"{len(rows) - len(left):,} more filtered out by the legend")
        elif not len(rows):
            notes.append("Nothing is called that, or labelled so")
        else:
            notes.append("Return selects them")
        self._bar.set_found(f"{len(left):,} of {len(work):,}", " · ".join(notes), any_found=bool(len(left)))
        if self._steps_when_found:
            self._steps_when_found = False
            self._enter(1)

    def _enter(self, step: int) -> None:
        """Select what was found; again: go to the next of it."""
        assert self._bar is not None
        self._bar.tell_if_late()
        if self._rows is None:  # still being looked for
            self._steps_when_found = bool(self._job)
        elif not len(self._rows):
            return
        elif not self._is_selected:
            self._selecting.select(self._rows, "Find")
            self._is_selected = True
            count = f"{len(self._rows):,} of {len(self._store.session.work or ()):,}"
            self._bar.set_found(count, "Return goes to the next, Shift+Return back", any_found=True)
        elif step > 0:
            self._selecting.next_selected()
        else:
            self._selecting.previous_selected()

    def _look_again(self, old: Session, new: Session) -> None:
        """Other data or another filter: what was found holds no more."""
        if self._bar is None or self._bar.isHidden():
            return
        is_same = new.work is old.work and new.hidden is old.hidden and new.range is old.range
        if not is_same or colored(new) is not colored(old):
            self._look_for(self._bar.field.text())
