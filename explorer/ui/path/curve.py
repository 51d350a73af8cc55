"""How far data speak for a path, as a curve over its time."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from explorer.core.path_route import Route

_HALF = 0.5
_HATCH_APART = 6


def paint_support(painter: QPainter, route: Route, area: QRectF, good: QColor, poor: QColor) -> None:
    """The curve in ``area``, filled; where data speak less for the path than not in ``poor``, and hatched."""

    def x(at: float) -> float:
        return area.left() + at * area.width()

    bottom, high = area.bottom(), area.height()
    points = [
        QPointF(x(at), bottom - high * value)
        for at, value in zip(route.times.tolist(), route.support.tolist(), strict=True)
    ]
    under = QPolygonF([QPointF(x(0.0), bottom), *points, QPointF(x(1.0), bottom)])
    for begins, ends, is_good in _stretches(route):
        color = good if is_good else poor
        fill = QColor(color)
        fill.setAlphaF(0.28)
        painter.save()
        painter.setClipRect(QRectF(x(begins), area.top() - 2, x(ends) - x(begins), high + 4))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        painter.drawPolygon(under)
        if not is_good:
            painter.setPen(QPen(color, 1.0))
            for left in range(int(x(begins) - high), int(x(ends)), _HATCH_APART):
                painter.drawLine(QPointF(left, bottom), QPointF(left + high, area.top()))
        painter.setPen(QPen(color, 1.6))
        painter.drawPolyline(QPolygonF(points))
        painter.restore()


def _stretches(route: Route) -> list[tuple[float, float, bool]]:
    """Where the path is well supported and where not: ``(begins, ends, is_good)`` in its times."""
    fine = np.linspace(0.0, 1.0, 401)
    good = np.interp(fine, route.times, route.support) >= _HALF
    cuts = [0, *(np.flatnonzero(np.diff(good)) + 1).tolist(), len(fine) - 1]
    spans = [(start, end) for start, end in pairwise(cuts) if end > start]
    return [(float(fine[start]), float(fine[end]), bool(good[start])) for start, end in spans]
