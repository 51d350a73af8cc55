"""A slider that adds a direction to a picture, in standard deviations of the data along it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPen

from explorer.ui.parts.value_slider import ValueSlider


class DirectionSlider(ValueSlider):
    """Nothing is added in the middle; ticks stand at the distance of the two ends' means."""

    def __init__(self, name: str, reach: float, gap: float) -> None:
        super().__init__(f"Along {name}, in standard deviations", -reach, reach)
        self._ticks = [one for one in (-gap, gap) if 0.15 < abs(one) < reach]
        self.set_amount(0.0)

    def _paint_behind(self, painter: QPainter, track: QRectF) -> None:
        palette = self.palette()
        middle = track.left() + track.width() / 2
        knob = track.left() + track.width() * self.value() / self.maximum()
        color = palette.highlight().color()
        color.setAlphaF(0.55)
        painter.setBrush(color)
        painter.drawRoundedRect(
            QRectF(min(middle, knob), track.top(), abs(knob - middle), track.height()), 2, 2
        )
        painter.setPen(QPen(palette.placeholderText().color(), 1.0))
        low, high = self.height() / 2 - 6, self.height() / 2 + 6
        painter.drawLine(QPointF(middle, low), QPointF(middle, high))
        for tick in self._ticks:
            x = middle + tick / (2 * self._high) * track.width()
            painter.drawLine(QPointF(x, low + 2), QPointF(x, high - 2))

    def _text(self) -> str:
        return f"{self._amount:+.2f} σ".replace("-", "−") if abs(self._amount) >= 0.005 else "0 σ"

    def zero(self) -> None:
        """Add nothing, as one step of undo."""
        self.taken.emit()
        if self.value() == self.maximum() // 2:
            self.valueChanged.emit(self.value())
        self.setValue(self.maximum() // 2)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.zero()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_0:
            self.zero()
        else:
            super().keyPressEvent(event)
