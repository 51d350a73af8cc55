"""One slider for each latent dimension, the most informative first, collapsed ones folded away."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAccessible, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QPushButton, QSizePolicy, QSlider, QVBoxLayout, QWidget

from explorer.ui.furniture import clear, quiet

Floats = npt.NDArray[np.float32]

MOST = 256
"""How many dimensions get a slider; a spatial latent may have a hundred times as many."""

_STEPS = 1000
_ROW = 23
_LABEL, _VALUE = 34, 52


class ValueSlider(QSlider):
    """A slider over a range of numbers that draws its value at its end.

    Signals:
        taken: the hand takes it, or a key steps it: what follows is one step of undo.
    """

    taken = Signal()

    def __init__(self, name: str, low: float, high: float, *, label: int = 0) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._low, self._high = low, high
        self._amount = low
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
        self._amount = value
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

    def _follow(self, event: QMouseEvent) -> None:
        track = self._track()
        self.setValue(round((event.position().x() - track.left()) / track.width() * self.maximum()))


class LatentSlider(ValueSlider):
    """A slider that draws its dimension's name, information and value in one row.

    The bar behind the knob is as long as the dimension is informative: ``share`` of the best one.
    """

    def __init__(self, dimension: int, low: float, high: float, share: float) -> None:
        super().__init__(f"Latent dimension {dimension}", low, high, label=_LABEL)
        self.dimension = dimension
        self._share = share

    def _paint_behind(self, painter: QPainter, track: QRectF) -> None:
        palette = self.palette()
        known = QRectF(track)
        known.setWidth(max(4.0, track.width() * self._share))
        color = palette.highlight().color()
        color.setAlphaF(0.45)
        painter.setBrush(color)
        painter.drawRoundedRect(known, 2, 2)
        painter.setPen(palette.placeholderText().color())
        name = QRectF(0, 0, _LABEL + 4, self.height())
        painter.drawText(name, Qt.AlignmentFlag.AlignVCenter, f"z{self.dimension:02d}")

    def _text(self) -> str:
        return f"{self._amount:+.2f}".replace("-", "−")


class LatentSliders(QWidget):
    """The dimensions of the latent, the 256 most informative of them.

    Signals:
        moved: ``(dimension, value)`` while a slider is dragged or stepped.
        pressed: a slider was taken into the hand.
    """

    moved = Signal(int, float)
    pressed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._sliders: list[LatentSlider] = []
        self._folded: list[LatentSlider] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self._more = QPushButton()
        self._more.setFlat(True)
        self._more.setCheckable(True)
        self._more.toggled.connect(self._unfold)
        self._more.setToolTip("Dimensions that the model does not use: they change nothing")
        self._more.hide()

    def set_dimensions(
        self, information: Floats, active: npt.NDArray[np.bool_], low: Floats, high: Floats, unit: str
    ) -> None:
        """Make a row for each dimension, ordered by ``information (D,)``; inactive ones are folded."""
        clear(self._layout, self._more)
        order = np.argsort(-information, kind="stable")[:MOST]
        best = max(float(information.max(initial=0.0)), 1e-12)
        self._sliders, self._folded = [], []
        for dimension in order:
            i = int(dimension)
            slider = LatentSlider(i, float(low[i]), float(high[i]), float(information[i]) / best)
            tip = f"Dimension {i}: {information[i]:.2f} {unit}" + (
                "" if active[i] else ", collapsed: changes nothing"
            )
            slider.setToolTip(tip)
            slider.valueChanged.connect(lambda _, s=slider: self.moved.emit(s.dimension, s.amount()))
            slider.taken.connect(self.pressed)
            self._sliders.append(slider)
            self._layout.addWidget(slider)
            if not active[i]:
                self._folded.append(slider)
                slider.hide()
        self._more.setChecked(False)
        self._more.setVisible(bool(self._folded))
        self._more.setText(f"{len(self._folded)} collapsed")
        self._layout.addWidget(self._more)
        if len(information) > MOST:
            self._layout.addWidget(quiet(f"and {len(information) - MOST:,} dimensions that carry less"))
        self._layout.addStretch(1)

    def set_latent(self, latent: Floats) -> None:
        """Show ``latent (D,)``."""
        for slider in self._sliders:
            slider.set_amount(float(latent[slider.dimension]))

    def _unfold(self, shown: bool) -> None:
        for slider in self._folded:
            slider.setVisible(shown)
