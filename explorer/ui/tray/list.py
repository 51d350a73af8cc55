"""The strip of kept pictures: a list of which only what is seen is painted, however many there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import (
    QEvent,
    QMimeData,
    QPoint,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QDrag,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import QAbstractItemView, QListView

from explorer.core.session import Kept
from explorer.ui.tray.model import KeptModel
from explorer.ui.tray.painter import CELL, TrayPainter

STARS = 5

_EDGE = 36
_COPY = QKeySequence.StandardKey.Copy
_CARRY = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


class TrayList(QListView):
    """The strip.

    Signals:
        chosen: the row of a picture to go back to.
        removed, copied, tag_asked: rows.
        rated: rows, and how many stars.
        moved: rows, and the row before which they go.
        menu_asked: rows, and where on the screen.
    """

    chosen = Signal(int)
    removed = Signal(list)
    copied = Signal(list)
    tag_asked = Signal(list)
    rated = Signal(list, int)
    moved = Signal(list, int)
    menu_asked = Signal(list, QPoint)

    def __init__(self) -> None:
        super().__init__()
        self.pictures = KeptModel()
        self.hand_over: Callable[[list[int]], QMimeData | None] = lambda _: None
        self._mark: int | None = None
        self.setModel(self.pictures)
        self.setItemDelegate(TrayPainter(self))
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setDragEnabled(True)
        self.setAcceptDrops(True)
        self.setSpacing(1)
        self.setStyleSheet(
            "QListView { background: transparent; border: 1px solid transparent; outline: 0; }"
            "QListView:focus { border-color: palette(highlight); border-radius: 6px; }"
        )
        self.setAccessibleName("Kept pictures")
        self.setAccessibleDescription(
            "Return goes back to a picture, 0 to 5 rates it, Ctrl+Shift and arrows move it, Delete removes it"
        )
        self.activated.connect(lambda index: self.chosen.emit(index.row()))

    def set_kept(self, kept: tuple[Kept, ...]) -> None:
        """Show these pictures; what is chosen stays chosen, wherever it goes."""
        old, rows = self.pictures.kept, self.rows()
        current = self.currentIndex().row()
        self.pictures.set_kept(kept)
        if rows and len(old) == len(kept):
            places = {id(one): row for row, one in enumerate(kept)}
            self.select(
                [places.get(id(old[row]), row) for row in rows], places.get(id(old[current]), current)
            )
        if len(kept) > len(old):
            self.scrollTo(self.pictures.index(len(kept) - 1))

    def rows(self) -> list[int]:
        """The chosen rows, in order."""
        return sorted(index.row() for index in self.selectedIndexes())

    def select(self, rows: list[int], current: int) -> None:
        """Choose these rows; ``current`` is where the keys go on from."""
        chooser = self.selectionModel()
        chooser.clearSelection()
        for row in rows:
            chooser.select(self.pictures.index(row), chooser.SelectionFlag.Select)
        chooser.setCurrentIndex(self.pictures.index(current), chooser.SelectionFlag.NoUpdate)

    # --- keys and the mouse --------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Also: the keys that are the list's own while it has the focus, though the window has shortcuts."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
            digit = _digit(event)
            if (plain and digit is not None and digit <= STARS) or event.matches(_COPY):
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        rows, digit = self.rows(), _digit(event)
        carries = event.modifiers() & _CARRY == _CARRY
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._tell(self.removed, rows)
        elif event.matches(_COPY):
            self._tell(self.copied, rows)
        elif digit is not None and digit <= STARS:
            self._tell(self.rated, rows, digit)
        elif carries and event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right) and rows:
            to = max(0, rows[0] - 1) if event.key() == Qt.Key.Key_Left else rows[-1] + 2
            self.moved.emit(rows, min(to, len(self.pictures.kept)))
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if event.button() == Qt.MouseButton.LeftButton and plain and index.isValid():
            self.chosen.emit(index.row())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() == QContextMenuEvent.Reason.Mouse:
            index = self.indexAt(event.pos())
            if index.isValid() and index.row() not in self.rows():
                self.select([index.row()], index.row())
            place = event.globalPos()
        else:
            place = self.viewport().mapToGlobal(self.visualRect(self.currentIndex()).center())
        self._tell(self.menu_asked, self.rows(), place)

    @staticmethod
    def _tell(signal: Any, rows: list[int], *more: Any) -> None:
        if rows:
            signal.emit(rows, *more)

    # --- drags ---------------------------------------------------------------------------------------

    def startDrag(self, supported: Qt.DropAction) -> None:
        rows = self.rows()
        mime = self.hand_over(rows) if rows else None
        if mime is None:
            return
        drag = QDrag(self)
        drag.setMimeData(mime)
        delegate = self.itemDelegate()
        assert isinstance(delegate, TrayPainter)
        picture = delegate.pixmap(self.pictures.kept[rows[0]])
        drag.setPixmap(picture)
        drag.setHotSpot(QPoint(CELL // 2, CELL // 2))
        drag.exec(Qt.DropAction.CopyAction)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        event.setAccepted(event.source() is self)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        at = event.position().toPoint()
        event.setAccepted(event.source() is self)
        if event.source() is self:
            self._set_mark(self.gap_at(at))
            over = min(0, at.x() - _EDGE) + max(0, at.x() - self.viewport().width() + _EDGE)
            bar = self.horizontalScrollBar()
            bar.setValue(bar.value() + over // 2)

    def dragLeaveEvent(self, event: QEvent) -> None:
        self._set_mark(None)

    def dropEvent(self, event: QDropEvent) -> None:
        self._set_mark(None)
        if event.source() is self and self.rows():
            event.acceptProposedAction()
            self.moved.emit(self.rows(), self.gap_at(event.position().toPoint()))

    def gap_at(self, at: QPoint) -> int:
        """The row before which something dropped at ``at`` goes."""
        if not self.pictures.kept:
            return 0
        first = self.visualRect(self.pictures.index(0))
        step = first.width() + 2 * self.spacing()
        return max(0, min(len(self.pictures.kept), round((at.x() - first.left()) / step)))

    def _set_mark(self, gap: int | None) -> None:
        if gap != self._mark:
            self._mark = gap
            self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._mark is None or not self.pictures.kept:
            return
        first = self.visualRect(self.pictures.index(0))
        x = first.left() + self._mark * (first.width() + 2 * self.spacing()) - self.spacing()
        painter = QPainter(self.viewport())
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), 3))
        painter.drawLine(x, first.top() + 2, x, first.bottom() - 2)
        painter.end()


def _digit(event: QKeyEvent) -> int | None:
    digit = int(event.key()) - Qt.Key.Key_0.value
    return digit if 0 <= digit <= 9 else None
