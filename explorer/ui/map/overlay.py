"""What lies over the points of the map: cursor, trail, markers, lasso, card, read-out. Painting only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPainterPath, QPen, QPolygonF

from explorer.core.view import View
from explorer.ui.parts.theme import Theme

_MARGIN = 12.0
_CARD_PICTURE = 84.0
_MOST_TRAIL_CORNERS = 256
_CRISP_UP_TO = 64
Color = tuple[int, int, int]

RING = 13.5
"""Radius of the dashed ring around a cursor whose picture can be carried."""

_LIGHT, _SHADE = QColor(255, 255, 255), QColor(12, 14, 18, 150)


@dataclass(frozen=True, eq=False)
class HoverCard:
    """What is said about the point under the pointer."""

    image: QImage | None
    title: str
    lines: tuple[str, ...]


def polygon_of(points: NDArray[np.float64]) -> QPolygonF:
    """Screen points ``(n, 2)`` as a Qt polygon, thinned out where there are very many."""
    step = max(1, -(-len(points) // _MOST_TRAIL_CORNERS))
    kept = points[::-1][::step][::-1]
    return QPolygonF([QPointF(x, y) for x, y in kept.tolist()])


def paint_contours(
    painter: QPainter, lines: Sequence[NDArray[np.float64]], view: View, ink: Color, ground: Color
) -> None:
    """Lines of equal density, edged so that they show on any colour; those out of sight cost nothing."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    seen = []
    for line in lines:
        screen = view.to_screen(line)
        low, high = screen.min(axis=0), screen.max(axis=0)
        if (high > 0.0).all() and low[0] < view.width and low[1] < view.height:
            seen.append(QPolygonF([QPointF(x, y) for x, y in screen.tolist()]))
    for color, opacity, width in ((ground, 0.35, 2.6), (ink, 0.5, 1.0)):
        pale = QColor(*color)
        pale.setAlphaF(opacity)
        painter.setPen(QPen(pale, width))
        for polygon in seen:
            painter.drawPolyline(polygon)


def paint_trail(painter: QPainter, points: NDArray[np.float64], theme: Theme) -> None:
    """The way of the present drag: a faint line."""
    color = QColor(theme.text)
    color.setAlphaF(0.55)
    painter.setPen(
        QPen(color, 1.2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
    )
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline(polygon_of(points))


def paint_cursor(painter: QPainter, at: QPointF, theme: Theme, *, own: bool = False) -> None:
    """The place that is decoded: a ring and a dot, edged so that they show on any colour.

    A dashed ring around it says that its picture has something of its own, which can be carried.
    """
    edge = QColor(theme.ground)
    edge.setAlphaF(0.7)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(edge, 4.5))
    painter.drawEllipse(at, 9.0, 9.0)
    painter.setPen(QPen(QColor(theme.text), 2.0))
    painter.drawEllipse(at, 9.0, 9.0)
    painter.setPen(QPen(edge, 1.2))
    painter.setBrush(QColor(theme.text))
    painter.drawEllipse(at, 2.6, 2.6)
    if own:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(edge, 3.4))
        painter.drawEllipse(at, RING, RING)
        pen = QPen(QColor(theme.text), 1.6)
        pen.setDashPattern([2.6, 2.7])  # in widths: ten dashes fill the ring
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.drawEllipse(at, RING, RING)


def paint_dropped(
    painter: QPainter, points: NDArray[np.float64], far: NDArray[np.bool_], theme: Theme
) -> None:
    """Dropped pictures: diamonds in the accent colour, hollow where they are ``far`` from all data."""
    for (x, y), hollow in zip(points.tolist(), far.tolist(), strict=True):
        diamond = QPolygonF([QPointF(x, y - 7), QPointF(x + 7, y), QPointF(x, y + 7), QPointF(x - 7, y)])
        painter.setBrush(Qt.BrushStyle.NoBrush if hollow else QColor(theme.accent))
        painter.setPen(
            QPen(_SHADE, 4.0, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
        )
        painter.drawPolygon(diamond)
        painter.setPen(QPen(QColor(theme.accent) if hollow else _LIGHT, 2.2 if hollow else 1.6))
        painter.drawPolygon(diamond)


def paint_hovered(painter: QPainter, at: QPointF, picture: QRectF | None, theme: Theme) -> None:
    """A thin ring around the point under the pointer, or a line around its picture on the map."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(theme.text), 1.5 if picture is None else 2.0))
    if picture is None:
        painter.drawEllipse(at, 6.0, 6.0)
    else:
        painter.drawRoundedRect(picture.adjusted(-2, -2, 2, 2), 6.0, 6.0)


def paint_lasso(painter: QPainter, path: Sequence[QPointF], theme: Theme) -> None:
    """The polygon being drawn."""
    fill = QColor(theme.accent)
    fill.setAlphaF(0.16)
    painter.setBrush(fill)
    painter.setPen(QPen(QColor(theme.text), 1.2, Qt.PenStyle.DashLine))
    painter.drawPolygon(QPolygonF(list(path)))


def paint_drop_frame(painter: QPainter, area: QRectF, theme: Theme) -> None:
    """A frame that says: let go here."""
    fill = QColor(theme.accent)
    fill.setAlphaF(0.10)
    painter.setBrush(fill)
    painter.setPen(QPen(QColor(theme.accent), 2.0, Qt.PenStyle.DashLine))
    painter.drawRoundedRect(area.adjusted(8, 8, -8, -8), 9, 9)


def paint_focus_frame(painter: QPainter, area: QRectF, theme: Theme) -> None:
    """A frame that says: the keys go here."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(theme.accent), 2.0))
    painter.drawRect(area.adjusted(1, 1, -1, -1))


def paint_message(painter: QPainter, area: QRectF, text: str, font: QFont, theme: Theme) -> None:
    """What to do while there is no map, in the middle."""
    larger = QFont(font)
    larger.setPointSizeF(font.pointSizeF() + 2.0)
    painter.setFont(larger)
    painter.setPen(QColor(theme.quiet))
    middle = area.adjusted(0.12 * area.width(), 8, -0.12 * area.width(), -8)
    painter.drawText(middle, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text)


def paint_status(painter: QPainter, area: QRectF, text: str, font: QFont, theme: Theme) -> None:
    """The read-out at the bottom left."""
    metrics = QFontMetricsF(font)
    room = area.width() - 2 * _MARGIN - 24
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
    height = metrics.height() + 14
    box = QRectF(_MARGIN, area.height() - _MARGIN - height, metrics.horizontalAdvance(shown) + 25, height)
    paint_box(painter, box, theme)
    painter.setFont(font)
    painter.setPen(QColor(theme.text))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, shown)


def card_rect(card: HoverCard, point: QPointF, pointer: QPointF, area: QRectF, font: QFont) -> QRectF:
    """Where a card stands: beside the point, inside ``area``, clear of the pointer if there is room."""
    metrics, bold = QFontMetricsF(font), QFontMetricsF(_bold(font))
    texts = [bold.horizontalAdvance(card.title), *(metrics.horizontalAdvance(line) for line in card.lines)]
    picture = _CARD_PICTURE if card.image is not None else 0.0
    most = max(min(220.0, area.width() - picture - 34), 1.0)
    text_width = min(max(texts, default=0.0) + 1, most)
    text_height = bold.height() * bool(card.title) + metrics.height() * len(card.lines)
    gap = 10.0 if card.image is not None and text_width > 1 else 0.0
    width, height = picture + gap + text_width + 16, max(picture, text_height) + 16
    off = 18.0
    left = max(point.x(), pointer.x()) + off
    if left + width > area.right() - 4:
        left = min(point.x(), pointer.x()) - off - width
    top = point.y() - height / 2
    if left < area.left() + 4:
        # Neither side has room: below the point, or above.
        left = point.x() - width / 2
        top = max(point.y(), pointer.y()) + off
        if top + height > area.bottom() - 4:
            top = min(point.y(), pointer.y()) - off - height
    left = max(area.left() + 4, min(left, area.right() - width - 4))
    top = max(area.top() + 4, min(top, area.bottom() - height - 4))
    return QRectF(left, top, width, height)


def paint_card(painter: QPainter, card: HoverCard, box: QRectF, font: QFont, theme: Theme) -> None:
    """The card of the point under the pointer, filling ``box``."""
    paint_box(painter, box, theme)
    x = box.left() + 8
    if card.image is not None:
        _paint_picture(painter, card.image, QRectF(x, box.top() + 8, _CARD_PICTURE, _CARD_PICTURE))
        x += _CARD_PICTURE + 10
    metrics, bold = QFontMetricsF(font), QFontMetricsF(_bold(font))
    room = box.right() - 8 - x
    y = box.center().y() - (bold.height() * bool(card.title) + metrics.height() * len(card.lines)) / 2
    if card.title:
        painter.setFont(_bold(font))
        painter.setPen(QColor(theme.text))
        shown = bold.elidedText(card.title, Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(QPointF(x, y + bold.ascent()), shown)
        y += bold.height()
    painter.setFont(font)
    painter.setPen(QColor(theme.quiet))
    for line in card.lines:
        shown = metrics.elidedText(line, Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(QPointF(x, y + metrics.ascent()), shown)
        y += metrics.height()


def _paint_picture(painter: QPainter, image: QImage, area: QRectF) -> None:
    """An image as large as fits, small ones crisp, with rounded corners."""
    size = image.size()
    scale = min(area.width() / max(size.width(), 1), area.height() / max(size.height(), 1))
    target = QRectF(0, 0, size.width() * scale, size.height() * scale)
    target.moveCenter(area.center())
    clip = QPainterPath()
    clip.addRoundedRect(target, 5, 5)
    smooth = max(image.width(), image.height()) > _CRISP_UP_TO
    painter.save()
    painter.setClipPath(clip)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
    painter.drawImage(target, image)
    painter.restore()


def paint_box(painter: QPainter, box: QRectF, theme: Theme) -> None:
    """What the map's own cards lie on."""
    painter.setBrush(QColor(theme.card))
    painter.setPen(QPen(QColor(theme.line), 1.0))
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)


def _bold(font: QFont) -> QFont:
    bold = QFont(font)
    bold.setWeight(QFont.Weight.DemiBold)
    return bold
