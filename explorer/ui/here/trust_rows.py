"""How far the decoded picture is to be believed, as a bar and in words."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from explorer.ui.here.belief import Belief
from explorer.ui.parts.furniture import ElidedLabel, quiet
from explorer.ui.parts.theme import DARK

_NUMBER = 34


class TrustRows(QWidget):
    """Support as a bar with its number, and a line on what error to expect or why there is none."""

    def __init__(self) -> None:
        super().__init__()
        self._bar, self._number = SupportBar(), QLabel("–")
        self._number.setMinimumWidth(_NUMBER)
        self._number.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._name, self._value = quiet(), ElidedLabel("quiet")
        self._value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        grid.addWidget(quiet("Support"), 0, 0)
        grid.addWidget(self._bar, 0, 1)
        grid.addWidget(self._number, 0, 2)
        below = QGridLayout()
        below.addWidget(self._name, 0, 0)
        below.addWidget(self._value, 0, 1)
        below.setColumnStretch(1, 1)
        grid.addLayout(below, 1, 0, 1, 3)
        grid.setColumnStretch(1, 1)

    def set_belief(self, belief: Belief) -> None:
        """Show what is said of the present picture."""
        support = belief.support
        self._bar.set_support(support)
        self._number.setText("–" if support is None else f"{support:.2f}")
        for widget in (self._bar, self._number):
            widget.setToolTip(belief.words)
        self._bar.setAccessibleName(f"Support: {belief.words}")
        self._name.setText(belief.name or "–")
        self._value.setText(belief.value)
        for label in (self._name, self._value):
            label.setToolTip(belief.tip)


class SupportBar(QWidget):
    """How near data is, from 0 (the map is silent here) to 1."""

    def __init__(self) -> None:
        super().__init__()
        self._support: float | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_support(self, support: float | None) -> None:
        if support != self._support:
            self._support = support
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(120, 16)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        track = QRectF(0, self.height() / 2 - 2.5, self.width(), 5)
        painter.setBrush(self.palette().mid())
        painter.drawRoundedRect(track, 2.5, 2.5)
        if self._support:
            gradient = QLinearGradient(track.topLeft(), track.topRight())
            gradient.setColorAt(0, self.palette().highlight().color())
            gradient.setColorAt(1, DARK.good)
            painter.setBrush(gradient)
            track.setWidth(max(5.0, track.width() * self._support))
            painter.drawRoundedRect(track, 2.5, 2.5)
