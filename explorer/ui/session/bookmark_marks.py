"""Bookmarks on the map: small flags, and the name of the one under the pointer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF

from explorer.core.view import View
from explorer.ui.map.overlay import paint_box
from explorer.ui.parts.theme import Theme

_POLE, _LONG, _HIGH = 19.0, 13.0, 9.0
_MOST_NAME = 260.0


class BookmarkMarks:
    """Flags at ``places (n, 2)`` in map units; their ``names``, and the ``numbers`` of their bookmarks."""

    def __init__(self, places: NDArray[np.float64], names: Sequence[str], numbers: Sequence[int]) -> None:
        self.places, self.names, self.numbers = places, names, numbers
        self.hovered = -1

    def flag_at(self, view: View, x: float, y: float) -> int:
        """Which flag lies there in the window, the uppermost; -1 for none. The pole's foot is the map's."""
        points = view.to_screen(self.places)
        dx, dy = x - points[:, 0], points[:, 1] - y
        hit = (dx >= -3.0) & (dx <= _LONG + 2.0) & (dy >= _POLE - _HIGH - 3.0) & (dy <= _POLE + 3.0)
        found = np.flatnonzero(hit)
        return int(found[-1]) if len(found) else -1

    def paint(self, painter: QPainter, view: View, theme: Theme) -> None:
        """Paint the flags that are in sight."""
        edge = QColor(theme.ground)
        edge.setAlphaF(0.8)
        for i, (x, y) in enumerate(view.to_screen(self.places).tolist()):
            if not (-_LONG < x < view.width + _LONG and 0.0 < y < view.height + _POLE):
                continue
            x, y = round(x) + 0.5, round(y) + 0.5
            top = y - _POLE
            cloth = QPolygonF(
                [QPointF(x, top), QPointF(x + _LONG, top + 0.5 * _HIGH), QPointF(x, top + _HIGH)]
            )
            for pen in (QPen(edge, 4.0), QPen(QColor(theme.text), 1.6)):
                pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
                pen.setCapStyle(Qt.PenCapStyle.RoundCap)
                painter.setPen(pen)
                painter.setBrush(QColor(theme.accent if i != self.hovered else theme.text))
                painter.drawLine(QPointF(x, y), QPointF(x, top))
                painter.drawPolygon(cloth)

    def paint_name(self, painter: QPainter, view: View, font: QFont, theme: Theme) -> None:
        """Paint the name of the flag under the pointer, inside the window."""
        if self.hovered < 0:
            return
        x, y = view.to_screen(self.places[self.hovered][None])[0].tolist()
        metrics = QFontMetricsF(font)
        text = metrics.elidedText(self.names[self.hovered], Qt.TextElideMode.ElideRight, _MOST_NAME)
        box = QRectF(0, 0, metrics.horizontalAdvance(text) + 18, metrics.height() + 10)
        box.moveBottomLeft(QPointF(x + _LONG + 6, y - _POLE + _HIGH + 4))
        box.moveLeft(max(4.0, min(box.left(), view.width - box.width() - 4)))
        box.moveTop(max(4.0, box.top()))
        paint_box(painter, box, theme)
        painter.setFont(font)
        painter.setPen(QColor(theme.text))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
