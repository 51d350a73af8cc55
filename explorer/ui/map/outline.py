"""Drawing around points by hand: a lasso or a rectangle, and what it does with what is selected already."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QCursor, QPainter, QPen, QPixmap

from explorer.core.selection import How
from explorer.core.view import View

CLICK = 4.0
"""Window units that the hand may move in a click."""

_SIZE, _ARM, _GAP, _BADGE = 32, 8.0, 2.0, QPointF(23.0, 23.0)


def how_of(modifiers: Qt.KeyboardModifier) -> How:
    """Shift adds; Alt subtracts, and so does Ctrl, for where Alt moves windows."""
    if modifiers & (Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ControlModifier):
        return "subtract"
    return "add" if modifiers & Qt.KeyboardModifier.ShiftModifier else "replace"


def is_click(start: QPointF, to: QPointF) -> bool:
    """Whether a hand that went from ``start`` to ``to`` has only trembled."""
    moved = to - start
    return max(abs(moved.x()), abs(moved.y())) < CLICK


class Outline:
    """A lasso or rectangle being drawn, in window units.

    Attributes:
        how: what becomes of the points inside.
        path: its corners; to be closed.
    """

    def __init__(self, start: QPointF, how: How, *, is_box: bool) -> None:
        self.how: How = how
        self._is_box, self._start = is_box, start
        self.path = [start]
        self.is_click = True

    def extend(self, to: QPointF) -> None:
        """The hand has moved."""
        self.is_click = self.is_click and is_click(self._start, to)
        if self._is_box:
            self.path = [self._start, QPointF(to.x(), self._start.y()), to, QPointF(self._start.x(), to.y())]
        else:
            self.path.append(to)

    def polygon(self, view: View) -> NDArray[np.float64]:
        """The corners ``(m, 2)`` in map units."""
        return np.array([view.to_map(point.x(), point.y()) for point in self.path])


@cache
def pointer(how: How, ratio: float) -> QCursor:
    """A cross that says by a + or − at its side what drawing around points will do."""
    pixmap = QPixmap(round(_SIZE * ratio), round(_SIZE * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    middle = QPointF(12.0, 12.0)
    arms = (QPointF(1.0, 0.0), QPointF(-1.0, 0.0), QPointF(0.0, 1.0), QPointF(0.0, -1.0))
    lines = [(middle + arm * _GAP, middle + arm * _ARM) for arm in arms]
    if how != "replace":
        lines.append((_BADGE - QPointF(4.5, 0.0), _BADGE + QPointF(4.5, 0.0)))
    if how == "add":
        lines.append((_BADGE - QPointF(0.0, 4.5), _BADGE + QPointF(0.0, 4.5)))
    # Edged, so that it is seen on points of any colour and on both grounds.
    for color, width in ((QColor(12, 14, 18), 4.0), (QColor(255, 255, 255), 1.8)):
        painter.setPen(QPen(color, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        for start, end in lines:
            painter.drawLine(start, end)
    painter.end()
    return QCursor(pixmap, 12, 12)
