"""A slider along one axis of the latent: its name, how the data lie along it, and the present coordinate."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPen, QPolygonF

from explorer.core.latent_ops.axes import Axis
from explorer.ui.parts.value_slider import ValueSlider

Floats = npt.NDArray[np.float32]

_BACK_KEYS = (Qt.Key.Key_Backspace, Qt.Key.Key_Delete)
_HEIGHT = 8.0
_SAME = 1e-4


class AxisSlider(ValueSlider):
    """A slider from the axis' low to its high, and beyond where the present coordinate lies there.

    The bar behind the knob is as long as the axis matters: ``share`` of the one that matters most. Above it
    stands how densely the data lie. A small mark says where a picture was before sliders moved it.

    Signals:
        reset_asked: by a double click, Backspace or Delete.
    """

    reset_asked = Signal()

    def __init__(self, axis: Axis, share: float, label: int) -> None:
        super().__init__(axis.title, axis.low, axis.high, label=label)
        self.axis = axis
        self._share = share
        self._own: float | None = None
        self._density: Floats | None = None
        self.setToolTip(_tip(axis))

    def show_coordinate(self, value: float, own: float | None) -> None:
        """Show where the latent lies, and where it lay of its own; None where it does still."""
        if self.isSliderDown():
            return  # the hand knows better
        low, high = min(self.axis.low, value), max(self.axis.high, value)
        if (low, high) != (self._low, self._high):
            self._low, self._high, self._is_new = low, high, True
        own = None if own is None or abs(own - value) < _SAME * (high - low) else own
        if own != self._own:
            self._own = own
            self.update()
        self.set_amount(value)

    def set_density(self, heights: Floats) -> None:
        """How densely the data lie from the axis' low to its high, ``(bins,)`` in [0, 1]."""
        self._density = heights
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.reset_asked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _BACK_KEYS:
            self.taken.emit()
            self.reset_asked.emit()
        else:
            super().keyPressEvent(event)

    def _text(self) -> str:
        return self.axis.words(self._amount)

    def _x(self, track: QRectF, coordinate: float) -> float:
        return track.left() + track.width() * (coordinate - self._low) / (self._high - self._low)

    def _paint_behind(self, painter: QPainter, track: QRectF) -> None:
        palette, axis = self.palette(), self.axis
        if self._density is not None:
            painter.setBrush(palette.mid())
            painter.drawPolygon(self._hill(track, self._density))
        color = palette.highlight().color()
        color.setAlphaF(0.45)
        known = QRectF(track)
        known.setWidth(max(4.0, track.width() * self._share))
        painter.setBrush(color)
        painter.drawRoundedRect(known, 2, 2)
        if self._own is not None and self._low <= self._own <= self._high:
            x = self._x(track, self._own)
            painter.setPen(QPen(palette.text().color(), 1.6))
            painter.drawLine(QPointF(x, track.top() - 3.5), QPointF(x, track.bottom() + 3.5))
        painter.setPen(palette.placeholderText().color())
        painter.drawText(
            QRectF(0, 0, self._label + 4, self.height()), Qt.AlignmentFlag.AlignVCenter, axis.name
        )

    def _hill(self, track: QRectF, heights: Floats) -> QPolygonF:
        left, right = self._x(track, self.axis.low), self._x(track, self.axis.high)
        step, foot = (right - left) / len(heights), track.top() + 1
        tops = [
            QPointF(left + (i + 0.5) * step, foot - _HEIGHT * float(high)) for i, high in enumerate(heights)
        ]
        return QPolygonF([QPointF(left, foot), *tops, QPointF(right, foot)])


def _tip(axis: Axis) -> str:
    if not axis.unit:
        return f"{axis.title}\nDouble click or Backspace: back to 0"
    carries = f"{axis.title}: {axis.weight:.2f} {axis.unit}"
    if not axis.active:
        carries += ", unused: it changes nothing"
    low, middle, high = map(axis.words, (axis.low, axis.middle, axis.high))
    return (
        f"{carries}\n99% of the data lie from {low} to {high}\n"
        f"Double click or Backspace: back to the data's mean, {middle}"
    )
