"""A box to be ticked."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCheckBox, QStyle, QStyleOptionButton


class Check(QCheckBox):
    """A box to be ticked; the style sheet's own shows by its colour alone that it is."""

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.isChecked():
            option = QStyleOptionButton()
            self.initStyleOption(option)
            box = self.style().subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, self)
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(self.palette().highlightedText().color(), 1.8))
            middle = QRectF(box).center()
            corners = ((-3.5, 0.3), (-1.0, 2.8), (3.6, -2.6))
            painter.drawPolyline([middle + QPointF(x, y) for x, y in corners])
