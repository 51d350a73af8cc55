"""Where everything stands in a figure, and its painting but for the points.

All lengths are in units: text is 13 of them high whatever the figure's size, so that a preview, a picture of
pixels and a page of a document differ in nothing but scale.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontMetricsF,
    QLinearGradient,
    QPainter,
    QPainterPath,
    QPen,
)

from explorer.core.dataset_base import Field
from explorer.core.place_names import LEVELS, PlaceName, place_names
from explorer.core.view import View
from explorer.ui.figure.figure import TEXT_UNITS, Entry, Figure, FigureSize, Key
from explorer.ui.map.names_layer import laid_out, level_of
from explorer.ui.map.renderer import Scene

_SMALL, _TITLE = 11, 17
_MARGIN, _GAP = 20.0, 14.0
_ROW, _TIGHT_ROW, _DOT = 20.0, 15.5, 9.0
_AXIS, _AXIS_ROOM, _HEAD = 46.0, 20.0, 3.5
_BAR = 14.0
_PLOT_SHARE = 0.5
_COLUMN_SHARE = 0.36
_Row = tuple[str, str, QColor | None]


class Layout:
    """Where everything stands in a figure of so many units, whose pixels are ``1 / ratio`` wide.

    Attributes:
        plot: where the points are; on whole pixels.
        view: what is to be seen there, in pixels.
    """

    def __init__(self, figure: Figure, size: FigureSize) -> None:
        self._figure = figure
        self.width, self.height = size.width / size.ratio, size.height / size.ratio
        self._ratio = size.ratio
        self._text, self._small = _font(TEXT_UNITS), _font(_SMALL)
        self._title, self._bold = _font(_TITLE, bold=True), _font(TEXT_UNITS, bold=True)
        margin = min(_MARGIN, 0.05 * min(self.width, self.height))
        free = QRectF(margin, margin, self.width - 2 * margin, self.height - 2 * margin)
        self._title_area, self._caption_area, self._key_area = QRectF(), QRectF(), QRectF()
        self._caption: list[str] = []
        self._columns: list[list[_Row]] = []
        self._row = _ROW
        if figure.title and free.height() > 6 * _ROW:
            high = QFontMetricsF(self._title).height()
            self._title_area = QRectF(free.left(), free.top(), free.width(), high)
            free.setTop(free.top() + high + 0.5 * _GAP)
        if figure.caption and free.height() > 6 * _ROW:
            metrics = QFontMetricsF(self._small)
            self._caption = _lines(figure.caption, metrics, free.width(), 3)
            high = metrics.lineSpacing() * len(self._caption)
            self._caption_area = QRectF(free.left(), free.bottom() - high, free.width(), high)
            free.setBottom(free.bottom() - high - 0.7 * _GAP)
        if figure.key is not None:
            self._place_key(figure.key, free)
        self._axes = figure.axes if min(free.width(), free.height()) > 3 * _AXIS else None
        if self._axes is not None:
            free.adjust(_AXIS_ROOM, 0.0, 0.0, -_AXIS_ROOM)
        self.plot = self._on_pixels(free, size)
        self.view = _view(figure, self.plot, size.ratio)

    def _on_pixels(self, area: QRectF, size: FigureSize) -> QRectF:
        ratio = size.ratio
        left, top = round(area.left() * ratio), round(area.top() * ratio)
        right, bottom = (
            max(round(at * ratio), low + 8) for at, low in ((area.right(), left), (area.bottom(), top))
        )
        return QRectF(left / ratio, top / ratio, (right - left) / ratio, (bottom - top) / ratio)

    def _place_key(self, key: Key, free: QRectF) -> None:
        """Beside the points, in as many columns as leave them half; below them where it is narrow."""
        bold = QFontMetricsF(self._bold)
        heading = _ROW + 4.0 if key.heading else 0.0
        beside = free.width() >= 0.8 * free.height()
        if key.ramp is not None:
            wide = max(
                [QFontMetricsF(self._text).horizontalAdvance(text) for _, text in key.ticks], default=0.0
            )
            wide = max([_BAR + 10.0 + wide, *(self._row_width(row) for row in _rows(key.entries))])
            wide = max(wide, min(bold.horizontalAdvance(key.heading), _COLUMN_SHARE * free.width()))
            if not beside or free.height() < 5 * _ROW or wide > _PLOT_SHARE * free.width():
                return
            self._key_area = QRectF(free.right() - wide, free.top(), wide, free.height())
            free.setRight(free.right() - wide - _GAP)
            return
        rows = _rows(key.entries)
        if not rows:
            return
        widest = max(self._row_width(row) for row in rows)
        wide = min(widest, _COLUMN_SHARE * free.width() if beside else free.width())
        if beside:
            self._row = min(max((free.height() - heading) / len(rows), _TIGHT_ROW), _ROW)
            deep = int((free.height() - heading) / self._row + 1e-6)
            most = int(_PLOT_SHARE * free.width() // (wide + _GAP))
        else:
            most = max(int((free.width() + _GAP) // (wide + _GAP)), 1)
            deep = min(math.ceil(len(rows) / most), int((0.35 * free.height() - heading) // _ROW))
        if deep < 1 or most < 1:
            return
        rows = _shortened(rows, deep * most)
        self._columns = [rows[first : first + deep] for first in range(0, len(rows), deep)]
        across = len(self._columns) * (wide + _GAP) - _GAP
        high = heading + self._row * len(self._columns[0])
        if beside:
            self._key_area = QRectF(free.right() - across, free.top(), across, high)
            free.setRight(free.right() - across - _GAP)
        else:
            self._key_area = QRectF(free.left(), free.bottom() - high, across, high)
            free.setBottom(free.bottom() - high - _GAP)

    def _row_width(self, row: _Row) -> float:
        metrics = QFontMetricsF(self._text)
        return _DOT + 9.0 + metrics.horizontalAdvance(row[0]) + 16.0 + metrics.horizontalAdvance(row[1])

    # Painting, in units

    def paint(self, painter: QPainter) -> None:
        """Everything but the ground and the points."""
        theme, figure = self._figure.theme, self._figure
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self._title_area.isEmpty():
            _write(painter, self._title_area, figure.title, self._title, theme.text)
        metrics = QFontMetricsF(self._small)
        for number, line in enumerate(self._caption):
            top = self._caption_area.top() + number * metrics.lineSpacing()
            area = QRectF(self._caption_area.left(), top, self._caption_area.width(), metrics.lineSpacing())
            _write(painter, area, line, self._small, theme.quiet)
        if self._axes is not None:
            self._paint_axes(painter, *self._axes)
        if figure.names is not None:
            self._paint_names(painter, figure.names, figure.scene)
        if figure.key is not None and not self._key_area.isEmpty():
            self._paint_key(painter, figure.key)

    def _paint_axes(self, painter: QPainter, across: str, up: str) -> None:
        """Two short arrows in the corner: there are directions, but no scale that means anything."""
        theme = self._figure.theme
        x, y = self.plot.left() - 6.0, self.plot.bottom() + 6.0
        painter.setPen(QPen(QColor(theme.quiet), 1.2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        for dx, dy in ((1.0, 0.0), (0.0, -1.0)):
            tip = QPointF(x + _AXIS * dx, y + _AXIS * dy)
            painter.drawLine(QLineF(QPointF(x, y), tip))
            for side in (1.0, -1.0):
                barb = QPointF(
                    tip.x() - _HEAD * dx + side * _HEAD * dy, tip.y() - _HEAD * dy + side * _HEAD * dx
                )
                painter.drawLine(QLineF(tip, barb))
        high = QFontMetricsF(self._small).height()
        _write(
            painter,
            QRectF(x + _AXIS + 6.0, y - 0.5 * high, 0.6 * self.plot.width(), high),
            across,
            self._small,
            theme.quiet,
        )
        painter.save()
        painter.translate(x, y - _AXIS - 6.0)
        painter.rotate(-90.0)
        _write(
            painter, QRectF(0.0, -0.5 * high, 0.6 * self.plot.height(), high), up, self._small, theme.quiet
        )
        painter.restore()

    def _paint_names(self, painter: QPainter, field: Field, scene: Scene) -> None:
        """The labels where they prevail, as the window names them, edged in the ground's colour."""
        view, metrics = self.view.magnified(1.0 / self._ratio), QFontMetricsF(self._bold)
        left, bottom, right, top = scene.raster.bounds or (0.0, 0.0, 1.0, 1.0)
        cells = LEVELS[level_of(max(right - left, top - bottom), view)]
        places = place_names(scene.raster.index, field.codes, len(field.names), cells, scene.shown)

        def size_of(name: PlaceName) -> QSizeF:
            return QSizeF(metrics.horizontalAdvance(field.names[name.code]) + 8.0, metrics.height() + 4.0)

        ground = QColor(self._figure.theme.ground)
        ground.setAlphaF(0.85)
        edge = QPen(ground, 4.0, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
        for name, size, _ in laid_out(places, view, size_of):
            (x, y), text = view.to_screen(np.array([[name.x, name.y]]))[0].tolist(), field.names[name.code]
            box = QRectF(QPointF(), size)
            box.moveCenter(self.plot.topLeft() + QPointF(x, y))
            if self.plot.contains(box):
                at = QPointF(box.left() + 4.0, box.top() + 2.0 + metrics.ascent())
                outline = QPainterPath()
                outline.addText(at, self._bold, text)
                painter.strokePath(outline, edge)
                painter.setFont(self._bold)
                painter.setPen(QColor(self._figure.theme.text))
                painter.drawText(at, text)

    def _paint_key(self, painter: QPainter, key: Key) -> None:
        theme, area = self._figure.theme, QRectF(self._key_area)
        if key.heading:
            line = QRectF(area.left(), area.top(), area.width(), _ROW)
            _write(painter, line, key.heading, self._bold, theme.text)
            area.setTop(area.top() + _ROW + 4.0)
        if key.ramp is not None:
            self._paint_ramp(painter, key, area)
            return
        wide = (area.width() + _GAP) / len(self._columns) - _GAP
        for number, rows in enumerate(self._columns):
            for row, (name, count, color) in enumerate(rows):
                line = QRectF(
                    area.left() + number * (wide + _GAP), area.top() + row * self._row, wide, self._row
                )
                self._paint_row(painter, line, name, count, color)

    def _paint_row(
        self, painter: QPainter, line: QRectF, name: str, count: str, color: QColor | None
    ) -> None:
        theme = self._figure.theme
        if color is None:
            _write(painter, line, name, self._text, theme.quiet)
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawEllipse(QPointF(line.left() + 0.5 * _DOT, line.center().y()), 0.5 * _DOT, 0.5 * _DOT)
        number = QFontMetricsF(self._text).horizontalAdvance(count)
        room = line.adjusted(_DOT + 9.0, 0.0, -number - 8.0, 0.0)
        _write(painter, room, name, self._text, theme.text)
        place = QRectF(line.right() - number - 1.0, line.top(), number + 1.0, line.height())
        _write(painter, place, count, self._text, theme.quiet)

    def _paint_ramp(self, painter: QPainter, key: Key, area: QRectF) -> None:
        assert key.ramp is not None
        half = 0.5 * QFontMetricsF(self._text).height()
        rows = _rows(key.entries)
        high = min(area.height() - 2 * half - len(rows) * _ROW, 11 * _ROW)
        bar = QRectF(area.left(), area.top() + half, _BAR, max(high, _ROW))
        gradient = QLinearGradient(bar.bottomLeft(), bar.topLeft())
        for share, color in zip(np.linspace(0.0, 1.0, len(key.ramp)), key.ramp.tolist(), strict=True):
            gradient.setColorAt(float(share), QColor(*color))
        painter.setPen(QPen(QColor(self._figure.theme.line), 0.8))
        painter.setBrush(QBrush(gradient))
        painter.drawRect(bar)
        for share, text in key.ticks:
            y = bar.bottom() - share * bar.height()
            painter.setPen(QPen(QColor(self._figure.theme.quiet), 1.0))
            painter.drawLine(QLineF(bar.right(), y, bar.right() + 4.0, y))
            place = QRectF(bar.right() + 9.0, y - half, area.right() - bar.right() - 9.0, 2 * half)
            _write(painter, place, text, self._text, self._figure.theme.text)
        for number, row in enumerate(rows):
            top = bar.bottom() + half + 4.0 + number * _ROW
            self._paint_row(painter, QRectF(area.left(), top, area.width(), _ROW), *row)


def _rows(entries: Sequence[Entry]) -> list[_Row]:
    return [(one.name, f"{one.count:,}", QColor(*one.color)) for one in entries if one.count]


def _shortened(rows: list[_Row], most: int) -> list[_Row]:
    """As many as there is room for; the last line then says how many more there are."""
    if len(rows) <= most:
        return rows
    return [*rows[: most - 1], (f"and {len(rows) - most + 1:,} more", "", None)]


def _view(figure: Figure, plot: QRectF, ratio: float) -> View:
    """What is to be seen: the whole map, or all that ``figure.view`` shows."""
    width, height = round(plot.width() * ratio), round(plot.height() * ratio)
    if figure.view is None:
        return View.fit_bounds(figure.scene.raster.bounds, width, height, 0.03)
    return View.fit_bounds(figure.view.bounds, width, height, 0.0)


def _font(size: int, bold: bool = False) -> QFont:
    font = QFont()
    font.setPixelSize(size)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    return font


def _write(painter: QPainter, area: QRectF, text: str, font: QFont, color: str) -> None:
    """One line from the left, in the middle of ``area``; shortened where it is too long."""
    metrics = QFontMetricsF(font)
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, area.width() + 0.5)
    painter.setFont(font)
    painter.setPen(QColor(color))
    painter.drawText(
        QPointF(area.left(), area.center().y() + 0.5 * (metrics.ascent() - metrics.descent())), shown
    )


def _lines(text: str, metrics: QFontMetricsF, width: float, most: int) -> list[str]:
    """``text`` broken at its spaces, but not at those that hold together; the last line may be too long."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and metrics.horizontalAdvance(longer) > width and len(lines) < most:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
