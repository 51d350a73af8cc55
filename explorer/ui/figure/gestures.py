"""Export map figure…: from the dialog to the file."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QFileDialog

from explorer.core.dataset_base import Field
from explorer.ui.figure.dialog import FigureDialog
from explorer.ui.figure.figure import Figure, FigureSize
from explorer.ui.figure.files import write_figure
from explorer.ui.figure.source import FigureChoice, Mapped, figure_of
from explorer.ui.main_window import MainWindow
from explorer.ui.parts.file_dialogs import FileDialog
from explorer.ui.parts.jobs import Jobs

_FILTERS = {"png": "Pictures (*.png)", "svg": "Drawings (*.svg)", "pdf": "Documents (*.pdf)"}


def ask_figure(
    window: MainWindow, mapped: Mapped, title: str, jobs: Jobs, settings: QSettings, file_dialog: FileDialog
) -> FigureDialog:
    """Ask what the figure shows, then where it is written, and write it."""
    can = {"ground"} if mapped.scene.support is not None else set()
    can |= {"names"} if isinstance(mapped.column, Field) else set()
    can |= {still.key for still in (*mapped.below, *mapped.above)}
    can |= {"selection"} if mapped.scene.selected is not None else set()
    dialog = FigureDialog(
        window, lambda choice: figure_of(mapped, choice), jobs, settings, title, frozenset(can)
    )

    def write(path: Path, figure: Figure, size: FigureSize) -> None:
        jobs.start(
            "Drawing the figure",
            lambda progress: write_figure(path, figure, size, progress),
            lambda _: window.status.say(f"The figure is in {path}"),
        )

    def ask_where(choice: FigureChoice, size: FigureSize, suffix: str) -> None:
        where = file_dialog("Export map figure", QFileDialog.FileMode.AnyFile)
        where.setNameFilter(_FILTERS[suffix])
        where.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        where.setDefaultSuffix(suffix)
        where.selectFile(f"map.{suffix}")
        where.fileSelected.connect(lambda name: write(Path(name), figure_of(mapped, choice), size))
        where.open()

    dialog.asked.connect(ask_where)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
    return dialog
