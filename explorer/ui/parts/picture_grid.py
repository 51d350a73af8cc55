"""Many pictures of the data in rows and columns, of which only those in sight are read and painted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QHelpEvent, QImage, QMouseEvent, QPainter
from PySide6.QtWidgets import QSizePolicy, QToolTip

from explorer.ui.parts.cells import GAP, CellField

_SIDE, _LINES = 46, 3

Rows = npt.NDArray[np.int64]


class PictureGrid(CellField):
    """Pictures of rows ``(n,)`` in their order; whoever uses it brings the pictures that it lacks.

    A million rows cost as much as those in sight. Its height follows their number, up to three lines.

    Signals:
        chosen: a row, by a click or Return.
        opened: a row, by a double click.
        menu_asked: a row, and where a menu about it opens.
    """

    chosen = Signal(int)
    opened = Signal(int)
    menu_asked = Signal(int, QPoint)

    def __init__(self, picture_of: Callable[[int], QImage | None], name_of: Callable[[int], str]) -> None:
        super().__init__()
        self._picture_of, self._name_of = picture_of, name_of
        self._rows: Rows = np.empty(0, np.int64)
        self._at = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

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
        return max(1, (self.viewport().width() + GAP) // (_SIDE + GAP))

    @property
    def _pitch(self) -> float:
        """From one cell to the next, across and down; the cells fill the width."""
        return (self.viewport().width() + GAP) / self._columns

    def _cell(self, place: int) -> QRectF:
        line, column = divmod(place, self._columns)
        top = line * self._pitch - self.verticalScrollBar().value()
        return QRectF(column * self._pitch, top, self._pitch - GAP, self._pitch - GAP)

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
        self._fit_bar(lines)

    def _is_empty(self) -> bool:
        return not len(self._rows)

    def _step(self, across: int, down: int) -> None:
        self._move_to(self._at + across + down * self._columns)

    def _take(self) -> None:
        self.chosen.emit(int(self._rows[self._at]))

    def _move_to(self, place: int) -> None:
        self._at = max(0, min(place, len(self._rows) - 1))
        self._bring_into_sight(self._cell(self._at))
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

    def paintEvent(self, event: Any) -> None:
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        first, last = self._lines_in_sight()
        end = min(len(self._rows), (last + 1) * self._columns)
        for place in range(first * self._columns, end):
            self._paint_cell(painter, place)

    def _paint_cell(self, painter: QPainter, place: int) -> None:
        cell, palette = self._cell(place), self.palette()
        self._paint_picture(painter, cell, self._picture_of(int(self._rows[place])))
        if place == self._at:
            ring = palette.highlight() if self.hasFocus() else palette.text()
            self._paint_ring(painter, cell, ring.color())

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

    def viewportEvent(self, event: QEvent) -> bool:
        """Also: the name of the picture under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            place = self._place_at(event.pos())
            text = self._name_of(int(self._rows[place])) if place >= 0 else ""
            QToolTip.showText(event.globalPos(), text, self.viewport())
            return True
        return super().viewportEvent(event)
