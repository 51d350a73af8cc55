"""Gestures that write tables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from explorer.core.progress import Progress
from explorer.core.session import selected_rows, shown_rows, worked_out
from explorer.ui.edits import Edits
from explorer.ui.main_window import MainWindow
from explorer.ui.parts.jobs import Jobs

if TYPE_CHECKING:
    from PySide6.QtWidgets import QFileDialog

Ask = Callable[[str, "QFileDialog.FileMode"], "QFileDialog"]


class TableGestures(QObject):
    """Writes names, labels, numbers, places and latents of points to a file.

    Signals:
        exported: the file that has been written.
    """

    exported = Signal(object)

    def __init__(self, window: MainWindow, edits: Edits, jobs: Jobs, file_dialog: Ask) -> None:
        super().__init__(window)
        self._window, self._edits, self._jobs, self._file_dialog = window, edits, jobs, file_dialog

    def ask_table(self) -> None:
        """Ask for which points a table is wanted, and where."""
        self._edits.settle()
        session = self._edits.session
        if session.work is None:
            self._edits.said.emit("There are no data for a table; open some first")
            return
        from explorer.core.table import columns_of
        from explorer.ui.selecting.table_dialog import TableDialog

        counts = {kind: len(self._rows(kind)) for kind in ("selection", "shown", "all")}
        offered = {kind: count for kind, count in counts.items() if count}
        if counts["shown"] == counts["all"]:
            offered.pop("shown", None)
        positions = session.map.positions if session.map is not None else None
        measures = worked_out(session)
        columns = ", ".join(column.name for column in columns_of(session.work, positions, measures))
        dialog = TableDialog(self._window, offered, columns, session.work.latents.shape[1])
        dialog.asked.connect(self._ask_where)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def export_table(self, path: Path, kind: str, *, latents: bool) -> None:
        """Write the table of the "selection", of what is "shown", or of "all"."""
        session = self._edits.session
        if session.work is None:
            return
        from explorer.core.table import columns_of, write_table

        rows = self._rows(kind)
        positions = session.map.positions if session.map is not None else None
        measures = worked_out(session)
        columns = columns_of(session.work, positions, measures, latents=latents)

        def work(progress: Progress) -> Path:
            write_table(path, columns, rows, progress)
            return path

        def done(path: Path) -> None:
            self._edits.said.emit(f"{len(rows):,} rows are in {path}")
            self.exported.emit(path)

        self._jobs.start("Writing the table", work, done)

    def _ask_where(self, kind: str, latents: bool) -> None:
        from PySide6.QtWidgets import QFileDialog

        dialog = self._file_dialog("Export table", QFileDialog.FileMode.AnyFile)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters(["Comma-separated values (*.csv)", "Parquet (*.parquet)"])
        dialog.setDefaultSuffix("csv")
        dialog.filterSelected.connect(
            lambda chosen: dialog.setDefaultSuffix("parquet" if "parquet" in chosen else "csv")
        )
        dialog.selectFile("table.csv")
        dialog.fileSelected.connect(lambda name: self.export_table(Path(name), kind, latents=latents))
        dialog.open()

    def _rows(self, kind: str) -> npt.NDArray[np.int64]:
        session = self._edits.session
        if kind == "selection":
            rows = selected_rows(session)
            return np.empty(0, np.int64) if rows is None else rows
        shown = shown_rows(session)
        return np.flatnonzero(shown) if kind == "shown" else np.arange(len(shown))
