"""A small chart of a training's curves, drawn by ourselves."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QAccessible, QColor, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.core.dataset_base import number_text
from explorer.core.palette import categorical
from explorer.core.training_record import Chart, Curve, Line

_LEFT, _TOP, _RIGHT, _BOTTOM = 46.0, 26.0, 10.0, 18.0
_MARK = 14.0
_DOTTED_TO = 40
_FORGET = 0.04  # of the epochs: how a training begins says nothing of its end, and would flatten it
Points = list[tuple[float, float]]


class TrainingChart(QWidget):
    """Draws ``chart``: lines over epochs, each told by its colour, its dash and its name at the top.

    The height is that of what comes after the first steps; a line with a scale of its own fills the height
    from 0 to 1. Under the pointer, and for who hears the window, the values are told.
    """

    def __init__(self, chart: Chart) -> None:
        super().__init__()
        self.chart = chart
        self.accessible_role = QAccessible.Role.Chart
        self.setAccessibleName(chart.title)
        self.setToolTip(chart.note)
        self.setMinimumSize(170, 96)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        self._lines: list[tuple[Line, Points]] = [(line, []) for line in chart.lines]
        self._epochs, self._most = 1.0, 0.0
        self._pointer: float | None = None

    def sizeHint(self) -> QSize:
        return QSize(320, 150)

    def set_curves(self, curves: Mapping[str, Curve], epochs: int, most: float = 0.0) -> None:
        """Show what there is of the curves; the width stands for ``epochs``, the height for ``most``."""
        self._lines = [
            (line, list(curves[line.curve].points) if line.curve in curves else [])
            for line in self.chart.lines
        ]
        self._epochs, self._most = float(max(1, epochs)), most
        told = [f"{line.label} {number_text(points[-1][1])}" for line, points in self._lines if points]
        self.setAccessibleDescription(f"{', '.join(told)} {self.chart.unit}. {self.chart.note}".strip())
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointer = event.position().x()
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._pointer = None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(_LEFT, _TOP, -_RIGHT, -_BOTTOM)
        if area.width() < 20 or area.height() < 20:
            return
        low, high = self._ends()
        self._paint_frame(painter, area, low, high)
        at = self._epoch_at(area)
        painter.save()
        painter.setClipRect(area.adjusted(-3, -3, 3, 3))
        for (line, points), color in zip(self._lines, self._colors(), strict=True):
            ends = (0.0, 1.0) if line.apart else (low, high)
            places = _places(area, points, self._epochs, *ends)
            painter.setPen(_pen(line, color))
            painter.drawPolyline(places)
            if len(places) <= _DOTTED_TO and self._is_by_epoch(line):
                painter.setBrush(color)
                painter.setPen(Qt.PenStyle.NoPen)
                for place in places:
                    painter.drawEllipse(place, 2.0, 2.0)
        painter.restore()
        if at is not None:
            x = area.left() + area.width() * at / self._epochs
            painter.setPen(QPen(self._quiet(), 1.0, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        self._paint_title(painter, area, at)

    def _is_by_epoch(self, line: Line) -> bool:
        return line.label != "training" and not line.apart

    def _quiet(self) -> QColor:
        return self.palette().placeholderText().color()

    def _colors(self) -> list[QColor]:
        theme = "dark" if self.palette().window().color().lightness() < 128 else "light"
        return [QColor(*rgb) for rgb in categorical(max(3, len(self._lines)), theme).tolist()][
            : len(self._lines)
        ]

    def _ends(self) -> tuple[float, float]:
        """The values at the bottom and the top."""
        values: list[float] = []
        if self._most:
            return 0.0, self._most
        for line, points in self._lines:
            if line.apart:
                continue
            last = points[-1][0] if points else 0.0
            later = [y for x, y in points if x >= _FORGET * last]
            values += later or [y for _, y in points]
        if self.chart.wanted is not None:
            values.append(self.chart.wanted)
        if not values:
            return 0.0, 1.0
        low, high = min(values), max(values)
        room = 0.08 * (high - low) or 0.1 * abs(high) or 0.5
        return (0.0 if 0 <= low < 0.25 * high else low - room), high + room

    def _epoch_at(self, area: QRectF) -> float | None:
        if self._pointer is None or not area.left() - 4 <= self._pointer <= area.right() + 4:
            return None
        return min(max(0.0, (self._pointer - area.left()) / area.width()), 1.0) * self._epochs

    def _paint_frame(self, painter: QPainter, area: QRectF, low: float, high: float) -> None:
        line = self.palette().mid().color()
        font = painter.font()
        font.setPointSizeF(font.pointSizeF() - 1.5)
        painter.setFont(font)
        has_any = any(points for one, points in self._lines if not one.apart)
        for part in (0.0, 0.5, 1.0) if has_any else (0.0, 1.0):
            y = area.bottom() - part * area.height()
            painter.setPen(QPen(line, 1.0))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            if has_any:
                painter.setPen(self._quiet())
                text = number_text(low + part * (high - low))
                place = QRectF(0, y - 8, _LEFT - 6, 16)
                painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        if self.chart.wanted is not None and has_any:
            y = area.bottom() - area.height() * (self.chart.wanted - low) / (high - low)
            painter.setPen(QPen(self._quiet(), 1.0, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        painter.setPen(self._quiet())
        below = QRectF(area.left(), area.bottom() + 2, area.width(), _BOTTOM - 2)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, "0")
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, f"epoch {self._epochs:.0f}")
        if not has_any:
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, "later")

    def _paint_title(self, painter: QPainter, area: QRectF, at: float | None) -> None:
        """The title, and from the right each line's sample, name and value."""
        font = painter.font()
        metrics = QFontMetricsF(font)
        right = self.width() - _RIGHT
        heading = self.chart.title + (f" ({self.chart.unit})" if self.chart.unit else "")
        told = [f"{line.label} {number_text(points[-1][1])}" for line, points in self._lines if points]
        room = right - sum(metrics.horizontalAdvance(text) + _MARK + 10 for text in told)
        advance = QFontMetricsF(self.font()).horizontalAdvance
        if 4 + advance(heading) > room:
            heading = self.chart.title  # the unit is told by the note as well
        least = 4 + advance(heading) + 8
        for (line, points), color in reversed(list(zip(self._lines, self._colors(), strict=True))):
            if not points:
                continue
            near = points[-1] if at is None else min(points, key=lambda point: abs(point[0] - at))
            text = f"{line.label} {number_text(near[1])}"
            if right - metrics.horizontalAdvance(text) - _MARK < least:
                text = number_text(near[1])
            left = right - metrics.horizontalAdvance(text)
            if left - _MARK < least:
                break
            painter.setPen(self.palette().text().color())
            painter.drawText(QRectF(left, 2, right - left + 1, 18), Qt.AlignmentFlag.AlignVCenter, text)
            painter.setPen(_pen(line, color))
            painter.drawLine(QPointF(left - _MARK, 11), QPointF(left - 4, 11))
            right = left - _MARK - 10
        painter.setFont(self.font())
        painter.setPen(self.palette().text().color())
        place = QRectF(4, 2, max(20.0, right - 4), 18)
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, heading)


def _places(area: QRectF, points: Points, epochs: float, low: float, high: float) -> list[QPointF]:
    """Where points lie; what is far above the area stays near it, which painting needs."""
    left, bottom = area.left(), area.bottom()
    across, up = area.width() / epochs, area.height() / (high - low)
    right, top = area.right(), bottom - 3 * area.height()
    return [QPointF(min(right, left + across * x), max(top, bottom - up * (y - low))) for x, y in points]


def _pen(line: Line, color: QColor) -> QPen:
    if line.apart:
        return QPen(color, 1.5, Qt.PenStyle.DashLine)
    return QPen(color, 1.2 if line.label == "training" else 2.0)
