"""Curves of trainings, each over its epochs on its own scale."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QAccessible, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.core.report_table import short
from explorer.core.tour_trainings import Curve

_HIGH, _LABEL, _GAP = 34, 15, 8


class TourCurves(QWidget):
    """A small line for each curve, with its name, first and last value."""

    accessible_role = QAccessible.Role.Chart

    def __init__(self) -> None:
        super().__init__()
        self._curves: tuple[Curve, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.hide()

    def set_curves(self, curves: Sequence[Curve]) -> None:
        """Show these; none hides it."""
        self._curves = tuple(curves)
        self.setFixedHeight(max(1, len(self._curves) * (_HIGH + _LABEL + _GAP)))
        self.setVisible(bool(self._curves))
        self.setAccessibleName("Training curves: " + "; ".join(map(_told, self._curves)))
        self.setToolTip("\n".join(map(_told, self._curves)))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = self.palette()
        font = self.font()
        font.setPointSizeF(font.pointSizeF() - 1.0)
        painter.setFont(font)
        for i, curve in enumerate(self._curves):
            top = i * (_HIGH + _LABEL + _GAP)
            painter.setPen(palette.placeholderText().color())
            line = QRectF(0, top, self.width(), _LABEL)
            ends = f"{short(curve.values[0])} → {short(curve.values[-1])}"
            room = self.width() - painter.fontMetrics().horizontalAdvance(ends) - _GAP
            name = painter.fontMetrics().elidedText(
                f"{curve.of} · {curve.name}", Qt.TextElideMode.ElideMiddle, room
            )
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft, name)
            painter.drawText(line, Qt.AlignmentFlag.AlignRight, ends)
            values = np.asarray(curve.values)
            low, high = float(values.min()), float(values.max())
            x = np.linspace(2, self.width() - 2, len(values))
            y = top + _LABEL + 3 + (_HIGH - 6) * (high - values) / ((high - low) or 1.0)
            painter.setPen(QPen(palette.mid().color(), 1))
            painter.drawLine(QPointF(0, top + _LABEL + _HIGH), QPointF(self.width(), top + _LABEL + _HIGH))
            painter.setPen(QPen(palette.highlight().color(), 1.6))
            painter.drawPolyline([QPointF(*point) for point in zip(x.tolist(), y.tolist(), strict=True)])
        painter.end()


def _told(curve: Curve) -> str:
    return (
        f"{curve.of}, {curve.name}, from {short(curve.values[0])} to {short(curve.values[-1])} "
        f"in {len(curve.values)} epochs"
    )
