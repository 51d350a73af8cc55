"""A slider over a range of numbers."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAccessible, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QSlider

_STEPS = 1000
_ROW, _VALUE = 23, 52


class ValueSlider(QSlider):
    """A slider over a range of numbers that draws its value at its end.

    Signals:
        taken: the hand takes it, or a key steps it: what follows is one step of undo.
    """

    taken = Signal()

    def __init__(self, name: str, low: float, high: float, *, label: int = 0) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._low, self._high = low, high
        self._amount, self._is_new = low, True
        self._label = label
        self.setRange(0, _STEPS)
        self.setSingleStep(_STEPS // 80)
        self.setPageStep(_STEPS // 10)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)
        self.sliderPressed.connect(self.taken)
        self.actionTriggered.connect(lambda _: self.taken.emit())

    def set_amount(self, value: float) -> None:
        """Show ``value`` without telling anybody."""
        if value == self._amount and not self._is_new:
            return
        self._amount, self._is_new = value, False
        self.blockSignals(True)
        self.setValue(round((value - self._low) / (self._high - self._low) * self.maximum()))
        self.blockSignals(False)
        self._tell()
        self.update()

    def amount(self) -> float:
        """The value under the knob."""
        return self._low + self.value() / self.maximum() * (self._high - self._low)

    def sliderChange(self, change: QSlider.SliderChange) -> None:
        if change == QSlider.SliderChange.SliderValueChange and not self.signalsBlocked():
            self._amount = self.amount()
            self._tell()
        super().sliderChange(change)

    def _tell(self) -> None:
        """Say the value to who hears the window: its steps would mean nothing."""
        if QAccessible.isActive():
            self.setAccessibleDescription(f"{self._text()}. {self.toolTip()}")

    def sizeHint(self) -> QSize:
        return QSize(200, _ROW)

    def minimumSizeHint(self) -> QSize:
        return QSize(140, _ROW)

    def _track(self) -> QRectF:
        return QRectF(self._label + 6, self.height() / 2 - 2, self.width() - self._label - _VALUE - 12, 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette, track = self.palette(), self._track()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.mid())
        painter.drawRoundedRect(track, 2, 2)
        self._paint_behind(painter, track)
        x = track.left() + track.width() * self.value() / self.maximum()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.text())
        if self.hasFocus():
            painter.setPen(QPen(palette.highlight().color(), 3))
        painter.drawEllipse(QRectF(x - 5.5, self.height() / 2 - 5.5, 11, 11))
        painter.setPen(palette.text().color())
        painter.drawText(
            QRectF(self.width() - _VALUE, 0, _VALUE, self.height()),
            Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight,
            self._text(),
        )

    def _paint_behind(self, painter: QPainter, track: QRectF) -> None:
        """What lies under the knob."""

    def _text(self) -> str:
        return f"{self._amount:.2f}".replace("-", "−")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setSliderDown(True)
        self._follow(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._follow(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.setSliderDown(False)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """A wheel that passes over scrolls what the slider is in, and leaves the slider as it is."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def _follow(self, event: QMouseEvent) -> None:
        track = self._track()
        self.setValue(round((event.position().x() - track.left()) / track.width() * self.maximum()))
