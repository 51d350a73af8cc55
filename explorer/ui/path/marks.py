"""A path on the map: a line where its latents fall, as thick as data speak for it, and numbered stations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPixmap, QPolygonF

from explorer.core.view import View
from explorer.ui.parts.theme import Theme

if TYPE_CHECKING:
    from explorer.core.path_route import Route

STATION = 9.0
"""Radius of a station's disc."""

_REACH = 13.0
_GOOD, _POOR = 0.5, 0.15
_TORN = -1

# Of each level of support: width of the line, and its dashes in widths.
_LINES: dict[int, tuple[float, list[float]]] = {
    2: (3.4, []),
    1: (2.2, []),
    0: (2.0, [2.2, 2.4]),
    _TORN: (1.6, [0.4, 3.2]),
}

Run = tuple[int, QPolygonF]


class PathMarks:
    """What is shown of a path; painted in two parts, for the cursor runs between them.

    Attributes:
        stations: where they are, ``(k, 2)`` in map units.
        here: the number of the station that is looked at; -1 for none.
        route: where the path goes; None while that is not known.
    """

    def __init__(self, stations: NDArray[np.float64], here: int, route: Route | None) -> None:
        self.stations, self.here, self.route = stations, here, route
        self._sheet: QPixmap | None = None
        self._seen: tuple[View, Theme, float] | None = None

    def station_at(self, view: View, x: float, y: float) -> int:
        """The number of the station in reach of a place of the window; -1 for none."""
        if not len(self.stations):
            return -1
        away = np.hypot(*(view.to_screen(self.stations) - (x, y)).T)
        nearest = int(len(away) - 1 - away[::-1].argmin())  # the one on top
        return nearest if away[nearest] <= _REACH else -1

    def paint_line(self, painter: QPainter, view: View, theme: Theme) -> None:
        """The way: thick where data speak for it, thin where less, dashed where none, dotted over tears."""
        if self.route is None:
            self._paint_plan(painter, view, theme)
            return
        # Dotted lines take long: while the view rests, as it does when the path plays, they are kept.
        seen = view, theme, painter.device().devicePixelRatioF()
        if seen != self._seen:
            self._seen, self._sheet = seen, None
            _paint_route(painter, self.route, view, theme)
            return
        if self._sheet is None:
            self._sheet = QPixmap(round(view.width * seen[2]), round(view.height * seen[2]))
            self._sheet.setDevicePixelRatio(seen[2])
            self._sheet.fill(Qt.GlobalColor.transparent)
            on_sheet = QPainter(self._sheet)
            on_sheet.setRenderHint(QPainter.RenderHint.Antialiasing)
            _paint_route(on_sheet, self.route, view, theme)
            on_sheet.end()
        painter.drawPixmap(0, 0, self._sheet)

    def paint_stations(self, painter: QPainter, view: View, font: QFont, theme: Theme) -> None:
        """Numbered discs; that of the station that is looked at is filled."""
        small = QFont(font)
        small.setPointSizeF(max(font.pointSizeF() - 2.0, 6.0))
        small.setWeight(QFont.Weight.DemiBold)
        painter.setFont(small)
        edge = QColor(theme.ground)
        edge.setAlphaF(0.8)
        for number, (x, y) in enumerate(view.to_screen(self.stations).tolist()):
            at, is_here = QPointF(x, y), number == self.here
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(edge, 5.0))
            painter.drawEllipse(at, STATION, STATION)
            painter.setBrush(QColor(theme.accent if is_here else theme.card))
            painter.setPen(QPen(QColor(theme.on_accent if is_here else theme.text), 1.8))
            painter.drawEllipse(at, STATION, STATION)
            painter.setPen(QColor(theme.on_accent if is_here else theme.text))
            box = QRectF(x - STATION, y - STATION, 2 * STATION, 2 * STATION)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(number + 1))

    def _paint_plan(self, painter: QPainter, view: View, theme: Theme) -> None:
        """While the way is not known: which station follows which, hardly to be seen."""
        if len(self.stations) > 1:
            color = QColor(theme.quiet)
            color.setAlphaF(0.6)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(_pen(color, 1.2, [0.6, 4.0]))
            painter.drawPolyline(_polygon(view.to_screen(self.stations)))


def level_of(support: float) -> int:
    """How support is drawn: 2 for good, 1 for some, 0 for none."""
    return 2 if support >= _GOOD else 1 if support >= _POOR else 0


def _paint_route(painter: QPainter, route: Route, view: View, theme: Theme) -> None:
    runs = list(_runs_of(route, view))
    edge = QColor(theme.ground)
    edge.setAlphaF(0.75)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for level, polygon in runs:
        painter.setPen(_pen(edge, _LINES[level][0] + 3.0, []))
        painter.drawPolyline(polygon)
    for level, polygon in runs:
        width, dashes = _LINES[level]
        painter.setPen(_pen(QColor(_color(level, theme)), width, dashes))
        painter.drawPolyline(polygon)


def _color(level: int, theme: Theme) -> str:
    return theme.warn if level == 0 else theme.text


def _runs_of(route: Route, view: View) -> Iterator[Run]:
    """Stretches of one level each, in window units, every one beginning where that before it ended."""
    places = view.to_screen(np.asarray(route.places, np.float64))
    between = np.minimum(route.support[:-1], route.support[1:]).tolist()
    levels = [
        _TORN if torn else level_of(one) for torn, one in zip(route.jumps.tolist(), between, strict=True)
    ]
    start = 0
    for at in range(1, len(levels) + 1):
        if at == len(levels) or levels[at] != levels[start]:
            yield levels[start], _polygon(places[start : at + 1])
            start = at


def _polygon(points: NDArray[np.float64]) -> QPolygonF:
    return QPolygonF([QPointF(x, y) for x, y in points.tolist()])


def _pen(color: QColor, width: float, dashes: Sequence[float]) -> QPen:
    pen = QPen(color, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
    if dashes:
        pen.setDashPattern(list(dashes))
    return pen
