"""The legend of numbers: their histogram over the ramp of colours, and two handles that filter."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QLineF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractSlider, QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from explorer.core.coloring import Scale
from explorer.core.dataset_base import Measure, number_text
from explorer.ui.parts.furniture import quiet

Limits = tuple[float, float]

_STEPS = 1000
_BARS, _RAMP, _GAP, _TICKS = 44, 9, 2, 20
_HANDLE = 13


class Handle(QAbstractSlider):
    """One end of the range that is shown; it moves along its parent.

    Signals:
        taken: a hand or a key takes it.
        reset: it was double-clicked.
    """

    taken = Signal()
    reset = Signal()

    def __init__(self, bar: RangeBar, name: str) -> None:
        super().__init__(bar)
        self._bar = bar
        self.setRange(0, _STEPS)
        self.setSingleStep(_STEPS // 100)
        self.setPageStep(_STEPS // 10)
        self.setAccessibleName(name)
        self.setToolTip(f"{name}: drag, or the arrow keys; double-click shows all")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.SizeHorCursor)
        self._grip = 0.0
        self.actionTriggered.connect(lambda _: self.taken.emit())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette, middle = self.palette(), 0.5 * self.width()
        painter.setPen(QPen(palette.text().color(), 1.2))
        painter.drawLine(QLineF(middle, 0, middle, self.height() - _HANDLE))
        knob = QRectF(middle - 4, self.height() - _HANDLE - 2, 8, _HANDLE)
        painter.setPen(QPen(palette.highlight().color() if self.hasFocus() else palette.window().color(), 2))
        painter.setBrush(palette.text())
        painter.drawRoundedRect(knob, 3, 3)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._grip = event.position().x() - 0.5 * self.width()
            self.setSliderDown(True)
            self.taken.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            at = self.x() + event.position().x() - self._grip
            self.setValue(_step_at(self._bar, at))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.setSliderDown(False)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.reset.emit()


_LEFT = 0.5 * _HANDLE
"""Where a bar's scale begins."""


def _length(bar: QWidget) -> float:
    """How long a bar's scale is."""
    return max(bar.width() - _HANDLE, 1.0)


def _step_at(bar: RangeBar, x: float) -> int:
    """The value of a handle whose middle is there."""
    return round((x - _LEFT) / _length(bar) * _STEPS)


class RangeBar(QWidget):
    """Histogram, ramp, ticks and the two handles.

    Signals:
        taken: what follows is one step of undo.
        moved: the ``Limits`` that the handles now say; infinite where one is at its end.
        reset: all is to be shown.
    """

    taken = Signal()
    moved = Signal(object)
    reset = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._scale: Scale | None = None
        self._colors = QImage()
        self._inks: list[QColor] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.low, self.high = Handle(self, "Lowest value shown"), Handle(self, "Highest value shown")
        self.high.setValue(_STEPS)
        for handle in (self.low, self.high):
            handle.taken.connect(self.taken)
            handle.reset.connect(self.reset)
            handle.valueChanged.connect(self._handle_moved)

    def sizeHint(self) -> QSize:
        return QSize(180, _BARS + _GAP + _RAMP + _TICKS)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, _BARS + _GAP + _RAMP + _TICKS)

    def set_scale(self, scale: Scale, ramp: npt.NDArray[np.uint8]) -> None:
        """Show a scale in the colours ``ramp (256, 3)``."""
        self._scale = scale
        row = np.full((1, len(ramp), 4), 255, np.uint8)
        row[0, :, :3] = ramp
        self._colors = QImage(row.tobytes(), len(ramp), 1, QImage.Format.Format_RGBA8888).copy()
        middles = (np.arange(len(scale.counts)) + 0.5) * len(ramp) / len(scale.counts)
        self._inks = [QColor(*color) for color in ramp[middles.astype(np.int64)].tolist()]
        self.update()

    def set_limits(self, limits: Limits | None) -> None:
        """Show the handles at these values; one in a hand stays where the hand has it."""
        if self._scale is None:
            return
        low, high = limits or (-math.inf, math.inf)
        for handle, value in ((self.low, low), (self.high, high)):
            if not handle.isSliderDown():
                handle.blockSignals(True)
                handle.setValue(round(self._share(value) * _STEPS))
                handle.blockSignals(False)
        self._place()

    def _share(self, value: float) -> float:
        assert self._scale is not None
        low, high = self._scale.low, self._scale.high
        if high <= low:
            return 0.0 if value < low else 1.0
        return min(max((value - low) / (high - low), 0.0), 1.0)

    def _handle_moved(self) -> None:
        handle = self.sender()
        if self.low.value() > self.high.value():  # neither pushes the other
            assert isinstance(handle, Handle)
            handle.blockSignals(True)
            handle.setValue(self.high.value() if handle is self.low else self.low.value())
            handle.blockSignals(False)
        self._place()
        if self._scale is not None:
            self.moved.emit(self._limits(self._scale))

    def _limits(self, scale: Scale) -> Limits:
        low, high = self.low.value(), self.high.value()
        width = (scale.high - scale.low) / _STEPS
        return (
            scale.low + low * width if low > 0 else -math.inf,
            scale.low + high * width if high < _STEPS else math.inf,
        )

    def _place(self) -> None:
        """Bring the handles to where their values are; the one that could not be reached goes on top."""
        for handle in (self.low, self.high):
            x = handle.value() / _STEPS * _length(self)
            handle.setGeometry(round(x), 0, _HANDLE, _BARS + _GAP + _RAMP + 4)
        (self.low if self.low.value() > _STEPS // 2 else self.high).raise_()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.reset.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A press beside the handles brings the nearer one there."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        value = _step_at(self, event.position().x())
        nearer = min((self.low, self.high), key=lambda handle: abs(handle.value() - value))
        self.taken.emit()
        nearer.setFocus()
        nearer.setValue(value)

    def paintEvent(self, event: QPaintEvent) -> None:
        scale = self._scale
        if scale is None:
            return
        painter = QPainter(self)
        left, width, palette = _LEFT, _length(self), self.palette()
        low, high = self.low.value() / _STEPS, self.high.value() / _STEPS
        top, bars = max(int(scale.counts.max(initial=0)), 1), len(scale.counts)
        for bar, (count, ink) in enumerate(zip(scale.counts.tolist(), self._inks, strict=True)):
            inside = low <= (bar + 0.5) / bars <= high
            tall = max(count / top * _BARS, 1.5) if count else 0.0
            x0, x1 = round(left + bar / bars * width), round(left + (bar + 1) / bars * width)
            area = QRectF(x0, _BARS - tall, x1 - x0, tall)
            painter.fillRect(area, ink if inside else palette.mid().color())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRectF(left, _BARS + _GAP, width, _RAMP), self._colors)
        shade = QColor(palette.window().color())
        shade.setAlpha(190)
        painter.fillRect(QRectF(left, _BARS + _GAP, low * width, _RAMP), shade)
        painter.fillRect(QRectF(left + high * width, _BARS + _GAP, (1 - high) * width, _RAMP), shade)
        self._paint_ticks(painter, scale)

    def _paint_ticks(self, painter: QPainter, scale: Scale) -> None:
        """The ends of the ramp, and where a quarter, half and three quarters of the values lie."""
        left, width, palette = _LEFT, _length(self), self.palette()
        font = painter.font()
        font.setPointSizeF(font.pointSizeF() - 1.5)
        painter.setFont(font)
        painter.setPen(QPen(palette.placeholderText().color(), 1))
        under = _BARS + _GAP + _RAMP
        for number, value in enumerate(scale.quartiles):
            x = left + self._share(value) * width
            painter.drawLine(QLineF(x, under + 1, x, under + (6 if number == 1 else 4)))
        words = (
            ("≤ " if scale.least < scale.low else "") + number_text(scale.low),
            number_text(scale.quartiles[1]),
            ("≥ " if scale.most > scale.high else "") + number_text(scale.high),
        )
        measure = painter.fontMetrics().horizontalAdvance
        first, middle, last = map(measure, words)
        area = QRectF(0, under + 5, self.width(), _TICKS - 5)
        painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, words[0])
        painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom, words[2])
        x = left + self._share(scale.quartiles[1]) * width - 0.5 * middle
        if first + 6 < x and x + middle + 6 < self.width() - last:
            area.moveLeft(x)
            painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, words[1])


class NumberLegend(QWidget):
    """What the numbers are, their colours, and which of them are shown.

    Signals:
        taken: what follows is one step of undo.
        limited: the ``Limits`` to be shown, infinite at an open end; None for all.
    """

    taken = Signal()
    limited = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.bar = RangeBar()
        self._limits: Limits | None = None
        self._note = quiet()
        self._note.setWordWrap(True)
        self.lowest, self.highest = self._field("Lowest value shown"), self._field("Highest value shown")
        self.bar.taken.connect(self.taken)
        self.bar.moved.connect(self._bar_moved)
        self.bar.reset.connect(self._reset)
        between = QHBoxLayout()
        between.setSpacing(6)
        between.addWidget(self.lowest)
        between.addWidget(quiet("to"))
        between.addWidget(self.highest)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.bar)
        layout.addLayout(between)
        layout.addWidget(self._note)
        layout.addStretch(1)

    def set_measure(self, measure: Measure, scale: Scale, ramp: npt.NDArray[np.uint8]) -> None:
        """Show a measure, its scale and the ramp's colours ``(256, 3)``."""
        self.bar.set_scale(scale, ramp)
        unit = f" ({measure.unit})" if measure.unit else ""
        lines = [f"{measure.note}{unit}." if measure.note else f"{measure.name}{unit}"]
        if scale.missing:
            lines.append(f"{scale.missing:,} without a value, in grey.")
        self._note.setText(" ".join(lines))
        first, middle, last = map(number_text, scale.quartiles)
        self.bar.setToolTip(
            f"{measure.name}{unit}: {number_text(scale.least)} to {number_text(scale.most)}, "
            f"median {middle}, the middle half {first} to {last}"
        )
        self.bar.setAccessibleName(f"Scale of {measure.name}")
        self.bar.setAccessibleDescription(self.bar.toolTip())
        self.lowest.setPlaceholderText(number_text(scale.least))
        self.highest.setPlaceholderText(number_text(scale.most))

    def set_limits(self, limits: Limits | None) -> None:
        """Show what is left by the filter."""
        self._limits = limits
        self.bar.set_limits(limits)
        self._write(limits)

    def _write(self, limits: Limits | None) -> None:
        for field, value in zip((self.lowest, self.highest), limits or (-math.inf, math.inf), strict=True):
            field.setText(number_text(value) if math.isfinite(value) else "")
            field.setCursorPosition(0)

    def _field(self, name: str) -> QLineEdit:
        field = QLineEdit()
        field.setAccessibleName(name)
        field.setToolTip(f"{name}: type a number, or nothing for no limit")
        field.setMinimumWidth(40)
        field.editingFinished.connect(self._typed)
        return field

    def _bar_moved(self, limits: Limits) -> None:
        self._write(limits)
        self.limited.emit(None if not any(map(math.isfinite, limits)) else limits)

    def _reset(self) -> None:
        self.taken.emit()
        self.limited.emit(None)

    def _typed(self) -> None:
        """Take the numbers in the fields; what is none, or crossed, goes back to what it was."""
        if not (self.lowest.isModified() or self.highest.isModified()):
            return
        before = self._limits or (-math.inf, math.inf)
        low, high = (
            _number(field, old) if field.isModified() else old
            for field, old in zip((self.lowest, self.highest), before, strict=True)
        )
        limits: Any = (low, high) if low <= high else before
        limits = limits if any(map(math.isfinite, limits)) else None
        self._write(limits)
        if limits != self._limits:
            self.taken.emit()
            self.limited.emit(limits)


def _number(field: QLineEdit, otherwise: float) -> float:
    """What was typed; an empty field is no limit."""
    text = field.text().strip().replace("−", "-").replace(" ", "")
    if not text:
        return -math.inf if "Lowest" in field.accessibleName() else math.inf
    try:
        value = float(text if "." in text else text.replace(",", "."))
    except ValueError:
        return otherwise
    return value if math.isfinite(value) else otherwise
