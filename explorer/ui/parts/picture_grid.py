"""Many pictures of the data in rows and columns, of which only those in sight are read and painted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QContextMenuEvent, QHelpEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QSizePolicy, QToolTip

from explorer.ui.parts.pictures import CRISP_BELOW

_SIDE, _GAP, _LINES = 46, 4, 3
_ROUND = 4.0

Rows = npt.NDArray[np.int64]


class PictureGrid(QAbstractScrollArea):
    """Pictures of rows ``(n,)`` in their order; whoever uses it brings the pictures that it lacks.

    A million rows cost as much as those in sight. Its height follows their number, up to three lines.

    Signals:
        chosen: a row, by a click or Return.
        opened: a row, by a double click.
        menu_asked: a row, and where a menu about it opens.
        uncovered: other rows have come into sight.
    """

    chosen = Signal(int)
    opened = Signal(int)
    menu_asked = Signal(int, QPoint)
    uncovered = Signal()

    def __init__(self, picture_of: Callable[[int], QImage | None], name_of: Callable[[int], str]) -> None:
        super().__init__()
        self._picture_of, self._name_of = picture_of, name_of
        self._rows: Rows = np.empty(0, np.int64)
        self._at = 0
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self.uncovered)
        self.verticalScrollBar().valueChanged.connect(lambda _: self._later.start())

    def set_rows(self, rows: Rows) -> None:
        """Show these."""
        self._rows, self._at = rows, 0
        self.verticalScrollBar().setValue(0)
        self._measure()
        self._tell()
        self._later.start()
        self.viewport().update()

    def set_current(self, row: int) -> None:
        """Mark a row and bring it into sight."""
        place = np.flatnonzero(self._rows == row)
        if len(place):
            self._move_to(int(place[0]))

    def in_sight(self) -> Rows:
        """The rows that are to be seen, and a line beyond at either end."""
        first, last = self._lines_in_sight()
        return self._rows[max(first - 1, 0) * self._columns : (last + 2) * self._columns]

    def came(self) -> None:
        """Pictures that were lacking are there."""
        self.viewport().update()

    # Where the cells are

    @property
    def _columns(self) -> int:
        return max(1, (self.viewport().width() + _GAP) // (_SIDE + _GAP))

    @property
    def _pitch(self) -> float:
        """From one cell to the next; the cells fill the width."""
        return (self.viewport().width() + _GAP) / self._columns

    def _cell(self, place: int) -> QRectF:
        line, column = divmod(place, self._columns)
        top = line * self._pitch - self.verticalScrollBar().value()
        return QRectF(column * self._pitch, top, self._pitch - _GAP, self._pitch - _GAP)

    def _lines_in_sight(self) -> tuple[int, int]:
        top = self.verticalScrollBar().value()
        return int(top / self._pitch), int((top + self.viewport().height()) / self._pitch)

    def _place_at(self, at: QPoint) -> int:
        """The place of the cell under a point; -1 for none."""
        column = int(at.x() / self._pitch)
        line = int((at.y() + self.verticalScrollBar().value()) / self._pitch)
        place = line * self._columns + column
        fits = at.x() >= 0 and at.y() >= 0 and column < self._columns and place < len(self._rows)
        return place if fits and self._cell(place).contains(at) else -1

    def _measure(self) -> None:
        """Fit height and scroll bar to what there is."""
        lines = -(-len(self._rows) // self._columns)
        height = round(min(max(lines, 1), _LINES + 0.4) * self._pitch)  # a cut line says that there are more
        if height != self.height():
            self.setFixedHeight(height)
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, round(lines * self._pitch - _GAP) - self.viewport().height()))
        bar.setSingleStep(round(self._pitch / 2))
        bar.setPageStep(self.viewport().height())

    def _move_to(self, place: int) -> None:
        self._at = max(0, min(place, len(self._rows) - 1))
        bar, line = self.verticalScrollBar(), self._at // self._columns
        top, bottom = round(line * self._pitch), round((line + 1) * self._pitch - _GAP)
        if top < bar.value():
            bar.setValue(top)
        elif bottom > bar.value() + self.viewport().height():
            bar.setValue(bottom - self.viewport().height())
        self._tell()
        self.viewport().update()

    def _tell(self) -> None:
        """Say to who cannot see it where the mark is."""
        count = len(self._rows)
        self.setAccessibleName(f"Pictures of the selection, {count:,}")
        self.setAccessibleDescription(
            f"{self._at + 1:,} of {count:,}: {self._name_of(int(self._rows[self._at]))}" if count else ""
        )

    # Events

    def sizeHint(self) -> QSize:
        return QSize(200, self.height())

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        self._measure()
        self._later.start()

    def paintEvent(self, event: Any) -> None:
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        first, last = self._lines_in_sight()
        end = min(len(self._rows), (last + 1) * self._columns)
        for place in range(first * self._columns, end):
            self._paint_cell(painter, place)

    def _paint_cell(self, painter: QPainter, place: int) -> None:
        cell, image = self._cell(place), self._picture_of(int(self._rows[place]))
        palette = self.palette()
        if image is None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(palette.alternateBase())
            painter.drawRoundedRect(cell, _ROUND, _ROUND)
        else:
            size = image.size().scaled(cell.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
            target = QRect(0, 0, size.width(), size.height())
            target.moveCenter(cell.center().toPoint())
            smooth = max(image.width(), image.height()) >= CRISP_BELOW
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
            painter.drawImage(target, image)
        if place == self._at:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(palette.highlight() if self.hasFocus() else palette.text(), 2.0))
            painter.drawRoundedRect(cell.adjusted(1, 1, -1, -1), _ROUND, _ROUND)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self._place_at(event.position().toPoint())
        if place >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self._move_to(place)
            self.chosen.emit(int(self._rows[place]))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        place = self._place_at(event.position().toPoint())
        if place >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.opened.emit(int(self._rows[place]))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        is_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        place = self._at if is_key else self._place_at(self.viewport().mapFromGlobal(event.globalPos()))
        if 0 <= place < len(self._rows):
            self._move_to(place)
            at = self.viewport().mapToGlobal(self._cell(place).center().toPoint())
            self.menu_asked.emit(int(self._rows[place]), at if is_key else event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, page = event.key(), self._columns * max(1, int(self.viewport().height() / self._pitch))
        steps: dict[int, int] = {
            Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -self._columns,
            Qt.Key.Key_Down: self._columns, Qt.Key.Key_PageUp: -page, Qt.Key.Key_PageDown: page,
            Qt.Key.Key_Home: -len(self._rows), Qt.Key.Key_End: len(self._rows),
        }  # fmt: skip
        if key in steps and len(self._rows):
            self._move_to(self._at + steps[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and len(self._rows):
            self.chosen.emit(int(self._rows[self._at]))
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: Any) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: Any) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def viewportEvent(self, event: QEvent) -> bool:
        """Also: the name of the picture under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            place = self._place_at(event.pos())
            text = self._name_of(int(self._rows[place])) if place >= 0 else ""
            QToolTip.showText(event.globalPos(), text, self.viewport())
            return True
        return super().viewportEvent(event)
