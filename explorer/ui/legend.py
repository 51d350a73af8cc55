"""The legend: a colour, a name and a count for each label; click isolates, Ctrl-click toggles."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from explorer.ui.furniture import clear

_ROW = 25


class LegendRow(QWidget):
    """One label. A ring instead of a disc, beside the paler text, says that it is filtered out."""

    chosen = Signal(bool)

    def __init__(self, name: str, count: int, color: QColor) -> None:
        super().__init__()
        self._name, self._count, self._color = name, count, color
        self._shown = True
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(f"{name}, {count:,} points")
        self.setToolTip(f"{name}: click shows only this, Ctrl-click turns it on or off")

    def set_shown(self, shown: bool) -> None:
        self._shown = shown
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(180, _ROW)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = self.palette()
        if self.hasFocus() or self.underMouse():
            painter.setPen(QPen(palette.highlight().color(), 1) if self.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(palette.alternateBase())
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        dot = QRectF(5, self.height() / 2 - 4.5, 9, 9)
        painter.setPen(QPen(self._color, 1.5))
        painter.setBrush(self._color if self._shown else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(dot)
        painter.setPen(palette.text().color() if self._shown else palette.placeholderText().color())
        count = f"{self._count:,}"
        width = painter.fontMetrics().horizontalAdvance(count)
        space = self.width() - 26 - width - 12
        name = painter.fontMetrics().elidedText(self._name, Qt.TextElideMode.ElideRight, space)
        painter.drawText(QRectF(24, 0, space, self.height()), Qt.AlignmentFlag.AlignVCenter, name)
        painter.setPen(palette.placeholderText().color())
        painter.drawText(
            QRectF(self.width() - width - 6, 0, width, self.height()), Qt.AlignmentFlag.AlignVCenter, count
        )

    def enterEvent(self, event: object) -> None:
        self.update()

    def leaveEvent(self, event: object) -> None:
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.chosen.emit(bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return):
            self.chosen.emit(bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))
        else:
            super().keyPressEvent(event)


class Legend(QWidget):
    """All labels of a field.

    Signals:
        isolated: show only this code, or all again if it is already alone.
        toggled: turn this code on or off.
    """

    isolated = Signal(int)
    toggled = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[LegendRow] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)

    def set_labels(
        self, names: tuple[str, ...], counts: npt.NDArray[np.int64], colors: npt.NDArray[np.uint8]
    ) -> None:
        """Show one row for each name that occurs, in the given order; ``colors (K, 3)``."""
        clear(self._layout)
        self._rows = []
        for code, (name, count, color) in enumerate(zip(names, counts, colors, strict=True)):
            row = LegendRow(name, int(count), QColor(*map(int, color)))
            row.chosen.connect(lambda toggle, c=code: (self.toggled if toggle else self.isolated).emit(c))
            self._rows.append(row)
            self._layout.addWidget(row)
            row.setVisible(bool(count))  # not before it has a parent: it would open a window of its own
        self._layout.addStretch(1)

    def set_hidden(self, hidden: frozenset[int]) -> None:
        """Mark the codes that are filtered out."""
        for code, row in enumerate(self._rows):
            row.set_shown(code not in hidden)
