"""The bottom tray: pictures kept so far."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QKeyEvent, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from explorer.core.session import Kept
from explorer.ui.furniture import quiet
from explorer.ui.pictures import CRISP_BELOW, to_qimage

_CELL = 84


class TrayList(QListWidget):
    """The strip of pictures; Delete asks to remove the chosen ones."""

    delete_pressed = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.delete_pressed.emit()
        else:
            super().keyPressEvent(event)


class Tray(QWidget):
    """Kept pictures and what can be done with them.

    Signals:
        chosen: index of a picture to go back to.
        removed: indices of pictures to take out.
        sample_asked, selection_asked, export_asked: the buttons.
    """

    chosen = Signal(int)
    removed = Signal(list)
    sample_asked = Signal()
    selection_asked = Signal()
    export_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("tray")
        self._kept: tuple[Kept, ...] = ()
        self._list = TrayList()
        self._list.setViewMode(QListWidget.ViewMode.IconMode)
        self._list.setFlow(QListWidget.Flow.LeftToRight)
        self._list.setWrapping(False)
        self._list.setMovement(QListWidget.Movement.Static)
        self._list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self._list.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._list.setIconSize(QSize(_CELL, _CELL))
        self._list.setSpacing(3)
        self._list.setStyleSheet(
            "QListWidget { background: transparent; border: 1px solid transparent; }"
            "QListWidget:focus { border-color: palette(highlight); }"
        )
        self._list.setAccessibleName("Kept pictures")
        self._list.itemActivated.connect(lambda item: self.chosen.emit(self._list.row(item)))
        self._list.itemClicked.connect(lambda item: self.chosen.emit(self._list.row(item)))
        self._list.delete_pressed.connect(self._remove)
        self._empty = quiet("Keep a picture with K: it stays here, with its exact latent.")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        buttons = QVBoxLayout()
        buttons.setSpacing(6)
        self.sample, self.from_selection = QPushButton("Sample…"), QPushButton("From selection…")
        self.export = QPushButton("Export gallery…")
        self.export.setObjectName("primary")
        for button, signal, tip in (
            (
                self.sample,
                self.sample_asked,
                "Draw new pictures from the prior, around the cursor or from points",
            ),
            (self.from_selection, self.selection_asked, "Draw new pictures like the selected or shown"),
            (
                self.export,
                self.export_asked,
                "Write the kept pictures as a sheet and as single PNGs (Ctrl+E)",
            ),
        ):
            button.clicked.connect(signal)
            button.setToolTip(tip)
            buttons.addWidget(button)
        self._tips = {button: button.toolTip() for button in (self.sample, self.from_selection)}
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 10, 14, 10)
        layout.setSpacing(12)
        layout.addLayout(buttons)
        layout.addWidget(self._empty, 1)
        layout.addWidget(self._list, 1)
        self.setFixedHeight(128)
        self.set_kept(())

    def set_kept(self, kept: tuple[Kept, ...]) -> None:
        """Show these pictures; those already shown are not made again."""
        same = 0
        while same < min(len(kept), len(self._kept)) and kept[same] is self._kept[same]:
            same += 1
        while self._list.count() > same:
            self._list.takeItem(self._list.count() - 1)
        for one in kept[same:]:
            item = QListWidgetItem(_icon(one), "")
            item.setSizeHint(QSize(_CELL + 4, _CELL + 4))
            item.setToolTip(f"{one.provenance.sampler or 'kept'}: click to go back to exactly this latent")
            self._list.addItem(item)
        if len(kept) > len(self._kept):
            self._list.scrollToItem(self._list.item(len(kept) - 1))
        self._kept = kept
        self._list.setVisible(bool(kept))
        self._empty.setVisible(not kept)
        self.export.setEnabled(bool(kept))

    def allow_drawing(self, reason: str, *, has_points: bool) -> None:
        """Turn sampling off where ``reason`` says why it cannot be; there may be no points to sample from."""
        self.sample.setEnabled(not reason)
        self.from_selection.setEnabled(not reason and has_points)
        for button, tip in self._tips.items():
            button.setToolTip(f"{tip}\n{reason}".strip())

    def _remove(self) -> None:
        rows = sorted(self._list.row(item) for item in self._list.selectedItems())
        if rows:
            self.removed.emit(rows)


def _icon(kept: Kept) -> QIcon:
    image = to_qimage(kept.picture)
    smooth = max(image.width(), image.height()) >= CRISP_BELOW
    mode = Qt.TransformationMode.SmoothTransformation if smooth else Qt.TransformationMode.FastTransformation
    pixmap = QPixmap.fromImage(image.scaled(_CELL, _CELL, Qt.AspectRatioMode.KeepAspectRatio, mode))
    icon = QIcon(pixmap)
    icon.addPixmap(pixmap, QIcon.Mode.Selected)
    return icon
