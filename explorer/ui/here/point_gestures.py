"""Gestures about one point: the one under the pointer, else the one nearest to the probe."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QPoint, Qt, QUrl
from PySide6.QtGui import QAction, QGuiApplication

from explorer.core.selection import Rows, most_alike
from explorer.core.session import colored_field
from explorer.ui.controller import Controller
from explorer.ui.edits import Edits
from explorer.ui.main_window import MainWindow
from explorer.ui.parts.jobs import Jobs
from explorer.ui.selecting.selection_gestures import SelectionGestures

if TYPE_CHECKING:
    from PySide6.QtWidgets import QMenu

NEIGHBOURS = 50
"""How many pictures are selected as neighbours of one, with itself."""


class PointGestures(QObject):
    """What can be done with a picture of the data: go to it, open its file, select what is like it."""

    def __init__(
        self,
        window: MainWindow,
        edits: Edits,
        jobs: Jobs,
        controller: Controller,
        selecting: SelectionGestures,
    ) -> None:
        super().__init__(window)
        self._window, self._edits, self._jobs = window, edits, jobs
        self._controller, self._selecting = controller, selecting

    def meant(self) -> int:
        """The row under the pointer, else the one nearest to the probe; -1 and a remark for none."""
        self._edits.settle()
        session = self._edits.session
        if self._controller.hovered >= 0:
            return self._controller.hovered
        if session.map is not None and session.cursor is not None and session.cursor.place is not None:
            return int(session.map.inverse.nearest(session.cursor.place, 1)[0])
        self._edits.said.emit("There is no picture under the pointer or the probe")
        return -1

    def go_to_point(self) -> None:
        """Look at exactly the latent of the picture that is meant."""
        self._with_meant(self._controller.go_to_row)

    def open_file(self) -> None:
        """Open the file of the picture that is meant with the system's program for it."""
        self._with_meant(self.open_file_of)

    def show_in_folder(self) -> None:
        """Show the file of the picture that is meant in the file manager."""
        self._with_meant(self.show_in_folder_of)

    def copy_name(self) -> None:
        """Copy the name of the picture that is meant."""
        self._with_meant(self.copy_name_of)

    def select_label(self) -> None:
        """Select all points with the label of the picture that is meant."""
        self._with_meant(self.select_label_of)

    def select_neighbours(self) -> None:
        """Select the points around the one that is meant on the map."""
        self._with_meant(self.select_neighbours_of)

    def find_like(self) -> None:
        """Select the pictures most like the one that is meant."""
        self._with_meant(self.find_like_row)

    def open_file_of(self, row: int) -> None:
        """Open the file of a row with the system's program for it."""
        path = self._file_of(row)
        from PySide6.QtGui import QDesktopServices

        if path is not None and not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
            self._edits.refused.emit(f"{path} could not be opened: the system knows no program for it.")

    def show_in_folder_of(self, row: int) -> None:
        """Show the file of a row in the file manager."""
        path = self._file_of(row)
        if path is None:
            return
        from PySide6.QtCore import QProcess
        from PySide6.QtGui import QDesktopServices

        if sys.platform == "win32":
            shown = QProcess.startDetached("explorer", ["/select,", str(path)])
        elif sys.platform == "darwin":
            shown = QProcess.startDetached("open", ["-R", str(path)])
        else:
            shown = QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))
        if not shown:
            self._edits.refused.emit(f"{path.parent} could not be shown: the system knows no file manager.")

    def copy_name_of(self, row: int) -> None:
        """Copy the path of a row's file, or else its name."""
        work = self._edits.session.work
        if work is not None:
            name = str(work.item_file(row) or work.item_name(row))
            QGuiApplication.clipboard().setText(name)
            self._edits.said.emit(f"Copied: {work.item_name(row)}")

    def select_label_of(self, row: int) -> None:
        """Select all points with the label of a row, in the field that colours the map."""
        field = colored_field(self._edits.session)
        if field is None:
            self._edits.said.emit("The map is coloured by no label")
        else:
            self._selecting.select(np.flatnonzero(field.codes == field.codes[row]))

    def select_neighbours_of(self, row: int) -> None:
        """Select the points around one on the map, the nearest first."""
        latent_map = self._edits.session.map
        if latent_map is not None:
            x, y = latent_map.positions[row].tolist()
            self._selecting.select(latent_map.inverse.nearest((x, y), NEIGHBOURS))

    def find_like_row(self, row: int) -> None:
        """Select the pictures whose latents are nearest to that of a row, the nearest first."""
        latent_map = self._edits.session.map
        if latent_map is None:
            return

        def done(rows: Rows) -> None:
            self._selecting.select(rows, "Find like this")

        self._jobs.start(
            "Looking for the like",
            lambda _: most_alike(latent_map, row, NEIGHBOURS),
            done,
            wanted=lambda: self._edits.session.map is latent_map,
        )

    def show_menu(self, row: int, at: QPoint) -> None:
        """Offer at a place of the screen what can be done with a point, -1 for none."""
        work = self._edits.session.work
        if work is None:
            return
        from PySide6.QtWidgets import QMenu

        menu = QMenu(self._window)
        if row >= 0:
            name = " ".join(work.item_name(row).split()).replace("&", "&&")
            title = QAction(menu.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, 280), menu)
            title.setEnabled(False)
            menu.addAction(title)
            menu.addSeparator()
            self._add(menu, "Go to it", lambda: self._controller.go_to_row(row))
            if work.names is not None:
                self._add(menu, "Open its file", lambda: self.open_file_of(row))
                self._add(menu, "Show in folder", lambda: self.show_in_folder_of(row))
            what = "name" if work.names is None else "path"
            self._add(menu, f"Copy its {what}", lambda: self.copy_name_of(row))
            menu.addSeparator()
            field = colored_field(self._edits.session)
            if field is not None:
                label = field.value_of(row) or "no label"
                self._add(menu, f"Select all of “{label}”", lambda: self.select_label_of(row))
            self._add(menu, "Select its neighbours on the map", lambda: self.select_neighbours_of(row))
            self._add(menu, "Find pictures like this", lambda: self.find_like_row(row))
            menu.addSeparator()
        for text, method in (
            ("Select all in view", self._selecting.select_in_view),
            ("Invert the selection", self._selecting.invert_selection),
            ("Select nothing", self._selecting.select_none),
        ):
            self._add(menu, text, method)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(at)

    def _add(self, menu: QMenu, text: str, method: Callable[[], None]) -> None:
        action = QAction(text.replace("&", "&&"), menu)
        action.triggered.connect(lambda _=False: method())
        menu.addAction(action)

    def _with_meant(self, method: Callable[[int], None]) -> None:
        row = self.meant()
        if row >= 0:
            method(row)

    def _file_of(self, row: int) -> Path | None:
        """The file of a row; where there is none that is said."""
        work = self._edits.session.work
        if work is None:
            return None
        path = work.item_file(row)
        if path is None:
            self._edits.said.emit(f"The pictures are all in one file, {work.data.path.name}")
        elif not path.is_file():
            self._edits.refused.emit(
                f"{path} is not there any more; it may have been moved or renamed since it was encoded."
            )
        else:
            return path
        return None
