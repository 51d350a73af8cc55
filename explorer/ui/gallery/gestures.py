"""Export gallery…: from the dialog to the files."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QFileDialog

from explorer.core.session import Session
from explorer.ui.gallery.dialog import GalleryDialog
from explorer.ui.main_window import MainWindow
from explorer.ui.parts.file_dialogs import FileDialog
from explorer.ui.parts.jobs import Jobs
from explorer.ui.tray.gestures import TrayGestures


def ask_gallery(
    window: MainWindow,
    session: Session,
    jobs: Jobs,
    settings: QSettings,
    tray: TrayGestures,
    file_dialog: FileDialog,
    kind: str,
) -> GalleryDialog:
    """Ask which gallery of ``session`` is wanted and where, beginning with one ``kind``, and write it.

    Raises ``ExplorerError`` where nothing can be drawn.
    """
    dialog = GalleryDialog(window, session, jobs, settings, kind)

    def ask_where(what: object, style: object) -> None:
        where = file_dialog("Export the gallery into", QFileDialog.FileMode.Directory)
        where.fileSelected.connect(lambda name: tray.export_gallery(what, style, Path(name)))  # type: ignore[arg-type]
        where.open()

    dialog.asked.connect(ask_where)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
    return dialog
