"""One slider for each latent dimension, the most informative first, collapsed ones folded away."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QPushButton, QSizePolicy, QSlider, QVBoxLayout, QWidget

from explorer.ui.furniture import clear

Floats = npt.NDArray[np.float32]

_STEPS = 1000
_ROW = 23
_LABEL, _VALUE = 34, 52


class LatentSlider(QSlider):
    """A slider that draws its dimension's name, information and value in one row.

    The bar behind the knob is as long as the dimension is informative.
    """

    def __init__(self, dimension: int) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.dimension = dimension
        self._share = 0.0
        self._value = 0.0
        self._low, self._high = -4.0, 4.0
        self.setRange(0, _STEPS)
        self.setSingleStep(_STEPS // 80)
        self.setPageStep(_STEPS // 10)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"Latent dimension {dimension}")

    def set_range_and_share(self, low: float, high: float, share: float, tip: str) -> None:
        """The values that the data span, and the information relative to the best dimension."""
        self._low, self._high, self._share = low, high, share
        self.setToolTip(tip)
        self.update()

    def set_latent(self, value: float) -> None:
        """Show ``value`` without telling anybody."""
        self._value = value
        self.blockSignals(True)
        self.setValue(round((value - self._low) / (self._high - self._low) * _STEPS))
        self.blockSignals(False)
        self.update()

    def latent(self) -> float:
        """The value under the knob."""
        return self._low + self.value() / _STEPS * (self._high - self._low)

    def sizeHint(self) -> QSize:
        return QSize(200, _ROW)

    def minimumSizeHint(self) -> QSize:
        return QSize(140, _ROW)

    def _track(self) -> QRectF:
        return QRectF(_LABEL, self.height() / 2 - 2, self.width() - _LABEL - _VALUE - 6, 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette, track = self.palette(), self._track()
        painter.setPen(palette.placeholderText().color())
        painter.drawText(
            QRectF(0, 0, _LABEL, self.height()), Qt.AlignmentFlag.AlignVCenter, f"z{self.dimension:02d}"
        )
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.mid())
        painter.drawRoundedRect(track, 2, 2)
        known = QRectF(track)
        known.setWidth(max(4.0, track.width() * self._share))
        color = palette.highlight().color()
        color.setAlphaF(0.45)
        painter.setBrush(color)
        painter.drawRoundedRect(known, 2, 2)
        x = track.left() + track.width() * self.value() / _STEPS
        painter.setBrush(palette.text())
        if self.hasFocus():
            painter.setPen(QPen(palette.highlight().color(), 3))
        painter.drawEllipse(QRectF(x - 5.5, self.height() / 2 - 5.5, 11, 11))
        painter.setPen(palette.text().color())
        painter.drawText(
            QRectF(self.width() - _VALUE, 0, _VALUE, self.height()),
            Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight,
            f"{self._value:+.2f}".replace("-", "−"),
        )

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
        self.setValue(round((event.position().x() - track.left()) / track.width() * _STEPS))


class LatentSliders(QWidget):
    """All dimensions of the latent.

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
        self._more.hide()

    def set_dimensions(
        self, information: Floats, active: npt.NDArray[np.bool_], low: Floats, high: Floats, unit: str
    ) -> None:
        """Make a row for each dimension, ordered by ``information (D,)``; inactive ones are folded."""
        clear(self._layout, self._more)
        order = np.argsort(-information, kind="stable")
        best = max(float(information.max(initial=0.0)), 1e-12)
        self._sliders, self._folded = [], []
        for dimension in order:
            i = int(dimension)
            slider = LatentSlider(i)
            tip = f"Dimension {i}: {information[i]:.2f} {unit}" + (
                "" if active[i] else ", collapsed: changes nothing"
            )
            slider.set_range_and_share(float(low[i]), float(high[i]), float(information[i]) / best, tip)
            slider.valueChanged.connect(lambda _, s=slider: self.moved.emit(s.dimension, s.latent()))
            slider.sliderPressed.connect(self.pressed)
            self._sliders.append(slider)
            self._layout.addWidget(slider)
            if not active[i]:
                self._folded.append(slider)
                slider.hide()
        self._more.setChecked(False)
        self._more.setVisible(bool(self._folded))
        self._more.setText(f"{len(self._folded)} collapsed")
        self._layout.addWidget(self._more)
        self._layout.addStretch(1)

    def set_latent(self, latent: Floats) -> None:
        """Show ``latent (D,)``."""
        for slider in self._sliders:
            slider.set_latent(float(latent[slider.dimension]))

    def _unfold(self, shown: bool) -> None:
        for slider in self._folded:
            slider.setVisible(shown)
