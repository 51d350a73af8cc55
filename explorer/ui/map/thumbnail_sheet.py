"""All pictures of a part of the map painted into one image, which is then moved with the map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from explorer.core.thumbnail_layout import Layout
from explorer.core.view import View
from explorer.ui.map.renderer import Scene
from explorer.ui.map.thumbnail_cache import ThumbnailCache, scaled
from explorer.ui.parts.pictures import CRISP_BELOW

_PREMULTIPLIED = QImage.Format.Format_ARGB32_Premultiplied
_ROUND, _FRAME, _EDGE = 4.0, 2.0, 3.5
_DOT, _LEADER = 2.1, 1.2
_Mode = QPainter.CompositionMode


@dataclass(frozen=True, eq=False)
class Wanted:
    """What a sheet is to show.

    Attributes:
        view: what it covers, in window units; more than is to be seen.
        ratio: pixels a unit.
        level: of the cells, as in ``thumbnail_layout``; ``roomy`` too.
    """

    scene: Scene
    view: View
    ratio: float
    level: int
    roomy: bool

    def is_like(self, other: Wanted) -> bool:
        """Whether the other differs only in the part of the map and how large that is seen."""
        mine, its = self.scene, other.scene
        return (
            mine.raster is its.raster
            and mine.codes is its.codes
            and mine.palette is its.palette
            and mine.shown is its.shown
            and mine.selected is its.selected
            and mine.style == its.style
            and (self.level, self.roomy, self.ratio) == (other.level, other.roomy, other.ratio)
        )


@dataclass(frozen=True, eq=False)
class Sheet:
    """A finished image of ``wanted``.

    Attributes:
        layout: what it was painted from, but only the pictures that had been read.
    """

    wanted: Wanted
    image: QImage
    layout: Layout

    def row_at(self, x: float, y: float, reach: float) -> int:
        """The row whose dot over a picture (within ``reach``), or whose picture, is at a place of the map."""
        shown = self.layout
        if len(shown.others):
            away = np.abs(shown.other_places - (x, y)).max(axis=1)
            if away.min() <= reach:
                return int(shown.others[away.argmin()])
        found = np.flatnonzero((np.abs(shown.centers - (x, y)) <= 0.5 * shown.side).all(axis=1))
        return int(shown.rows[found[0]]) if len(found) else -1

    def area_of(self, row: int, view: View) -> QRectF | None:
        """Where in a window the picture of a row lies."""
        found = np.flatnonzero(self.layout.rows == row)
        if not len(found):
            return None
        (x, y), side = view.to_screen(self.layout.centers[found])[0], self.layout.side / view.units_per_pixel
        return QRectF(x - 0.5 * side, y - 0.5 * side, side, side)

    def shows_same(self, other: Sheet, view: View) -> bool:
        """Whether the other has the same pictures in the same cells of what is looked at, at any scale."""
        mine, its = self.wanted, other.wanted
        return mine.is_like(its) and np.array_equal(self._rows_in(view), other._rows_in(view))

    def count_in(self, view: View) -> int:
        """How many of its pictures are to be seen."""
        return len(self._rows_in(view))

    def _rows_in(self, view: View) -> np.ndarray:
        left, bottom, right, top = view.bounds
        half = 0.5 * self.layout.side
        centers = self.layout.centers
        inside = (centers > (left - half, bottom - half)) & (centers < (right + half, top + half))
        return np.sort(self.layout.rows[inside.all(axis=1)])


def paint_sheet(wanted: Wanted, layout: Layout, cache: ThumbnailCache) -> Sheet:
    """Paint the pictures that have been read."""
    view = wanted.view.magnified(wanted.ratio)
    image, there = paint_pictures(wanted.scene, view, wanted.ratio, layout, cache)
    image.setDevicePixelRatio(wanted.ratio)
    return Sheet(wanted, image, layout.only(there))


def paint_pictures(
    scene: Scene, view: View, ratio: float, layout: Layout, cache: ThumbnailCache
) -> tuple[QImage, np.ndarray]:
    """The pictures that have been read, framed in their points' colours, in a view in pixels.

    ``ratio`` pixels make a unit of lengths. The other value says of each picture whether it is there.
    """
    image = QImage(view.width, view.height, _PREMULTIPLIED)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    stamps = _Stamps(ratio)
    side = max(1, round(layout.side / view.units_per_pixel))
    centers = view.to_screen(layout.centers)
    colors, chosen = _colors(scene, layout.rows), _are_selected(scene, layout.rows)
    there = np.zeros(len(layout), bool)
    corners = np.floor(centers - 0.5 * side + 0.5).astype(int)
    seen = ((corners > -side) & (corners < (view.width, view.height))).all(axis=1)
    for i in np.flatnonzero(seen).tolist():
        picture = cache.get(int(layout.rows[i]))
        if picture is None:
            continue
        there[i] = True
        size = picture.size().scaled(QSize(side, side), Qt.AspectRatioMode.KeepAspectRatio)
        x, y = corners[i].tolist()
        area = QRect(
            x + (side - size.width()) // 2, y + (side - size.height()) // 2, size.width(), size.height()
        )
        _paint_picture(painter, picture, area)
        painter.setCompositionMode(_Mode.CompositionMode_DestinationIn)
        painter.drawImage(area.topLeft(), stamps.mask(size))
        painter.setCompositionMode(_Mode.CompositionMode_SourceOver)
        edge = scene.style.halo if chosen[i] else None
        painter.drawImage(area.topLeft(), stamps.frame(size, colors[i], edge))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    under = QColor(*scene.style.background)
    _paint_leaders(painter, view, ratio, layout, there & layout.moved, colors, under)
    places, colors = view.to_screen(layout.other_places), _colors(scene, layout.others)
    for place, color in zip(places.tolist(), colors, strict=True):  # points that lie under others' pictures
        _paint_dot(painter, QPointF(*place), QColor(*color), under, ratio)
    painter.end()
    return image, there


Rgb = tuple[int, int, int]


class _Stamps:
    """Rounded corners and frames, made once for each size and colour: painting paths takes long."""

    def __init__(self, ratio: float) -> None:
        self._ratio = ratio
        self._made: dict[tuple[object, ...], QImage] = {}

    def mask(self, size: QSize) -> QImage:
        """Opaque but for the corners."""
        key = (size.width(), size.height())
        if key not in self._made:
            image, painter = self._blank(size)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(Qt.GlobalColor.white)
            radius = _ROUND * self._ratio
            painter.drawRoundedRect(QRectF(image.rect()), radius, radius)
            painter.end()
            self._made[key] = image
        return self._made[key]

    def frame(self, size: QSize, color: Rgb, edge: Rgb | None) -> QImage:
        """A line in a colour along the border; outside it another one, if there is an ``edge``."""
        key = (size.width(), size.height(), color, edge)
        if key not in self._made:
            image, painter = self._blank(size)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            if edge is None:
                self._line(painter, size, color, _FRAME, 0.0)
            else:
                self._line(painter, size, color, _FRAME, _EDGE - 1.0)
                self._line(painter, size, edge, _EDGE, 0.0)
            painter.end()
            self._made[key] = image
        return self._made[key]

    def _line(self, painter: QPainter, size: QSize, color: Rgb, width: float, inset: float) -> None:
        half = (0.5 * width + inset) * self._ratio
        radius = max(_ROUND * self._ratio - half, 0.0)
        painter.setPen(QPen(QColor(*color), width * self._ratio))
        area = QRectF(0, 0, size.width(), size.height()).adjusted(half, half, -half, -half)
        painter.drawRoundedRect(area, radius, radius)

    @staticmethod
    def _blank(size: QSize) -> tuple[QImage, QPainter]:
        image = QImage(size, _PREMULTIPLIED)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        return image, painter


def _paint_picture(painter: QPainter, picture: QImage, area: QRect) -> None:
    longest = max(picture.width(), picture.height())
    if 2 * max(area.width(), area.height()) < longest:
        picture = scaled(picture, area.size())
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, longest >= CRISP_BELOW)
    painter.drawImage(area, picture)


def _paint_leaders(
    painter: QPainter,
    view: View,
    ratio: float,
    layout: Layout,
    which: np.ndarray,
    colors: list[Rgb],
    under: QColor,
) -> None:
    """A thin line from each point to its picture, where that stands in a neighbouring cell."""
    half = 0.5 * layout.side / view.units_per_pixel
    points, centers = view.to_screen(layout.places), view.to_screen(layout.centers)
    for i in np.flatnonzero(which).tolist():
        start = points[i]
        end = np.clip(start, centers[i] - half, centers[i] + half)
        line = QPointF(*start.tolist()), QPointF(*end.tolist())
        for color, width in ((under, _LEADER + 1.6), (QColor(*colors[i]), _LEADER)):
            painter.setPen(QPen(color, width * ratio, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.drawLine(*line)
        _paint_dot(painter, line[0], QColor(*colors[i]), under, ratio)


def _paint_dot(painter: QPainter, at: QPointF, color: QColor, edge: QColor, ratio: float) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    for part, radius in ((edge, _DOT + 1.0), (color, _DOT)):
        painter.setBrush(part)
        painter.drawEllipse(at, radius * ratio, radius * ratio)


def _colors(scene: Scene, rows: np.ndarray) -> list[Rgb]:
    """The colour of each row's point."""
    if scene.codes is None or not len(scene.palette):
        return [scene.style.unlabelled] * len(rows)
    codes = scene.codes[rows].tolist()
    known = {
        code: tuple(scene.palette[code].tolist()) for code in set(codes) if 0 <= code < len(scene.palette)
    }
    return [known.get(code, scene.style.unlabelled) for code in codes]


def _are_selected(scene: Scene, rows: np.ndarray) -> np.ndarray:
    if scene.selected is None:
        return np.zeros(len(rows), bool)
    return np.isin(rows, scene.selected)
