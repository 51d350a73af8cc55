"""Pictures in a row, with or without names: to click, to drag away, and to put in another order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QMimeData, QSize, Qt, Signal
from PySide6.QtGui import (
    QDrag,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QIcon,
    QImage,
    QKeyEvent,
    QPixmap,
    QWheelEvent,
)  # fmt: skip
from PySide6.QtWidgets import QAbstractItemView, QListWidget, QListWidgetItem

from explorer.ui.parts.pictures import CRISP_BELOW

_DELETES = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)


@dataclass(frozen=True, eq=False)
class Shown:
    """A picture of the row; ``key`` tells whether it is the same as before."""

    key: object
    image: QImage
    text: str = ""
    tip: str = ""


class PictureStrip(QListWidget):
    """A row of pictures.

    ``mime_of`` gives what a picture becomes when it is dragged away, by its number.

    Signals:
        chosen: a click or Return on a picture: its number.
        removed: Delete: the numbers of those that are selected.
        moved: dragged to another place in the row, or Alt and an arrow key: from and to.
    """

    chosen = Signal(int)
    removed = Signal(list)
    moved = Signal(int, int)

    def __init__(
        self, name: str, cell: int, mime_of: Callable[[int], QMimeData | None] | None = None
    ) -> None:
        super().__init__()
        self._cell, self._mime_of = cell, mime_of
        self._shown: list[Shown] = []
        self._ratio = 0.0
        self.setAccessibleName(name)
        self.setViewMode(QListWidget.ViewMode.IconMode)
        self.setFlow(QListWidget.Flow.LeftToRight)
        self.setWrapping(False)
        self.setMovement(QListWidget.Movement.Static)
        self.setUniformItemSizes(True)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setIconSize(QSize(cell, cell))
        self.setSpacing(3)
        self.setStyleSheet(
            "QListWidget { background: transparent; border: 1px solid transparent; }"
            "QListWidget:focus { border-color: palette(highlight); }"
        )
        self.itemClicked.connect(lambda item: self.chosen.emit(self.row(item)))
        self.itemActivated.connect(lambda item: self.chosen.emit(self.row(item)))
        if mime_of is not None:
            self.setDragEnabled(True)
            self.setAcceptDrops(True)

    def set_pictures(self, pictures: Sequence[Shown]) -> None:
        """Show these; those that stay where they are are not made again."""
        same = self._ratio == self.devicePixelRatioF()
        self._ratio = self.devicePixelRatioF()
        high = self._cell + 8 + (self.fontMetrics().height() + 4 if any(one.text for one in pictures) else 0)
        while self.count() > len(pictures):
            self.takeItem(self.count() - 1)
        for i, one in enumerate(pictures):
            if i == self.count():
                self.addItem(QListWidgetItem())
            elif same and self._shown[i].key is one.key:
                continue
            item = self.item(i)
            item.setIcon(self._icon(one.image))
            item.setText(one.text)
            item.setToolTip(one.tip)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, one.text or one.tip)
            item.setSizeHint(QSize(self._cell + 8, high))
        self._shown = list(pictures)

    def set_current(self, number: int) -> None:
        """Mark a picture, -1 for none, and bring it into sight."""
        self.setCurrentRow(number)
        if number < 0:
            self.clearSelection()
        else:
            self.scrollToItem(self.item(number))

    def event(self, event: QEvent) -> bool:
        """The keys that order the row are its own while it has the focus, not the window's."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and self._step(event)
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _DELETES:
            self.removed.emit(sorted(self.row(item) for item in self.selectedItems()))
        elif step := self._step(event):
            at = self.currentRow()
            if 0 <= at + step < self.count():
                self.moved.emit(at, at + step)
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """A row goes sideways, whichever way the wheel turns."""
        step = event.angleDelta().y() or event.angleDelta().x()
        bar = self.horizontalScrollBar()
        bar.setValue(bar.value() - step)
        event.accept()

    def startDrag(self, actions: Qt.DropAction) -> None:
        mime = self._mime_of(self.currentRow()) if self._mime_of is not None else None
        if mime is not None:
            drag = QDrag(self)
            drag.setMimeData(mime)
            drag.setPixmap(self.currentItem().icon().pixmap(self._cell // 2))
            drag.exec(Qt.DropAction.CopyAction | Qt.DropAction.MoveAction)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self._accept(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        self._accept(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """Let go within the row: the picture takes its place there."""
        if event.source() is not self:
            event.ignore()
            return
        event.setDropAction(Qt.DropAction.IgnoreAction)  # the row is told its new order; nothing is taken out
        event.accept()
        x = event.position().x()
        middles = [self.visualItemRect(self.item(i)).center().x() for i in range(self.count())]
        at = self.currentRow()
        to = sum(middle < x for i, middle in enumerate(middles) if i != at)
        if to != at:
            self.moved.emit(at, to)

    def _step(self, event: QKeyEvent) -> int:
        """By how much Alt and an arrow key move a picture, where they can be ordered."""
        if self._mime_of is None or event.modifiers() != Qt.KeyboardModifier.AltModifier:
            return 0
        return {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)

    def _accept(self, event: QDragMoveEvent) -> None:
        if event.source() is self:
            event.acceptProposedAction()
        else:
            event.ignore()

    def _icon(self, image: QImage) -> QIcon:
        smooth = max(image.width(), image.height()) >= CRISP_BELOW
        mode = (
            Qt.TransformationMode.SmoothTransformation if smooth else Qt.TransformationMode.FastTransformation
        )
        side = round(self._cell * self._ratio)
        pixmap = QPixmap.fromImage(image.scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio, mode))
        pixmap.setDevicePixelRatio(self._ratio)
        icon = QIcon(pixmap)
        icon.addPixmap(pixmap, QIcon.Mode.Selected)
        return icon
