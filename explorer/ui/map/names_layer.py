"""The names of labels on the map, where each of them prevails."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, QPointF, QRect, QRectF, QSizeF, Qt, QTimer
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen, QPixmap

from explorer.core.place_names import LEVELS, PlaceName
from explorer.core.raster import Raster
from explorer.core.view import View
from explorer.ui.map.layers import MapLayer
from explorer.ui.map.renderer import Scene
from explorer.ui.parts.theme import Theme

_CELL = 15.0
"""Pixels of a cell of the level that suits a view."""

_APART = 6.0
_MOST = 60
_LONGEST = 26
_FADE = 0.15
_TICK_MS = 16
_STRONGEST = 0.95
_PALEST = 0.4
_HALO = 4.0


@dataclass(frozen=True, eq=False)
class Names:
    """The texts of labels by code, and their places at each of ``LEVELS``, on the map of a raster."""

    raster: Raster
    longer: float
    texts: Sequence[str]
    places: Sequence[Sequence[PlaceName]]


class NamesLayer(MapLayer):
    """Lies over the points.

    Which names are there depends on the scale of the view alone, so that they stay while the map is panned:
    those of more points first, and none over another. A name that would be larger than its place is not
    shown, one whose place fills the window is pale. Names come and go in a moment's fading.
    ``furniture`` tells what covers the map; what would touch it is left out.
    """

    def __init__(self, font: QFont, furniture: Callable[[], Sequence[QRect]], parent: QObject | None = None):
        super().__init__(parent)
        self._font = QFont(font)
        self._font.setWeight(QFont.Weight.DemiBold)
        self._metrics = QFontMetricsF(self._font)
        self._furniture = furniture
        self._names: Names | None = None
        self._scene: Scene | None = None
        self._view: View | None = None
        self._ratio = 1.0
        self._laid_out: tuple[Names, float] | None = None
        self._placed: list[tuple[PlaceName, QSizeF, float]] = []
        self._shown: dict[PlaceName, tuple[float, float]] = {}
        self._pixmaps: dict[str, QPixmap] = {}
        self._ticks = QTimer(self)
        self._ticks.setInterval(_TICK_MS)
        self._ticks.timeout.connect(self._tick)
        self._at = 0.0

    @property
    def is_active(self) -> bool:
        """Whether there are names to show on this map."""
        return (
            self._names is not None and self._scene is not None and self._names.raster is self._scene.raster
        )

    def set_names(self, names: Names | None) -> None:
        """Show these, or none."""
        if names is None or self._names is None or names.texts is not self._names.texts:
            self._shown.clear()
        self._names = names
        self._follow()
        self.changed.emit()

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        super().set_theme(theme)
        self._pixmaps.clear()

    def show_scene(self, scene: Scene, view: View, ratio: float) -> None:
        """Follow the view."""
        if ratio != self._ratio:
            self._pixmaps.clear()
        self._scene, self._view, self._ratio = scene, view, ratio
        self._follow()

    def paint(self, painter: QPainter, view: View, area: QRect) -> None:
        """Paint the names, pale ones while they come or go."""
        assert self._names is not None
        for name, (opacity, _) in self._shown.items():
            box = self._box(name, view)
            if opacity > 0.0 and box.intersects(QRectF(area)):
                painter.setOpacity(opacity)
                painter.drawPixmap(box.topLeft(), self._pixmap(self._text(name)))

    def settle(self) -> None:
        """Let names have come or gone."""
        self._follow()
        self._shown = {name: (goal, goal) for name, (_, goal) in self._shown.items() if goal > 0.0}
        self._ticks.stop()

    def stop(self) -> None:
        """Fade nothing any more."""
        self._ticks.stop()

    def visible(self) -> list[tuple[str, QRectF]]:
        """The names that are to be seen, and where in the window."""
        if not self.is_active or self._view is None:
            return []
        view = self._view
        return [(self._text(name), self._box(name, view)) for name, (_, goal) in self._shown.items() if goal]

    def _follow(self) -> None:
        """Work out which names are to be there, and let the others go."""
        wanted = self._wanted() if self.is_active else {}
        now = self._shown
        self._shown = {name: (now.get(name, (0.0, 0.0))[0], goal) for name, goal in wanted.items()}
        self._shown |= {name: (at, 0.0) for name, (at, _) in now.items() if name not in wanted and at > 0.0}
        if any(at != goal for at, goal in self._shown.values()) and not self._ticks.isActive():
            self._at = time.perf_counter()
            self._ticks.start()

    def _wanted(self) -> dict[PlaceName, float]:
        """How visible each name is to be that lies in the view."""
        names, view = self._names, self._view
        assert names is not None
        assert view is not None
        if self._laid_out != (names, view.units_per_pixel):
            self._laid_out = (names, view.units_per_pixel)
            self._placed = self._lay_out(names, view)
        window, covered = QRectF(0, 0, view.width, view.height), list(map(QRectF, self._furniture()))
        wanted = {}
        for name, _, opacity in self._placed:
            box = self._box(name, view)
            if window.intersects(box) and not any(box.intersects(part) for part in covered):
                wanted[name] = opacity
        return wanted if len(wanted) <= _MOST else {}

    def _lay_out(self, names: Names, view: View) -> list[tuple[PlaceName, QSizeF, float]]:
        """The names that have room at the scale of a view, wherever they are, and how visible they are."""
        places = names.places[level_of(names.longer, view)]
        return laid_out(places, view, lambda name: self._size(names.texts[name.code]))

    def _box(self, name: PlaceName, view: View) -> QRectF:
        x = (name.x - view.center_x) / view.units_per_pixel + 0.5 * view.width
        y = 0.5 * view.height - (name.y - view.center_y) / view.units_per_pixel
        size = self._size(self._text(name))
        left, top = x - 0.5 * size.width(), y - 0.5 * size.height()
        # On whole pixels, where text is sharp.
        return QRectF(
            QPointF(round(left * self._ratio) / self._ratio, round(top * self._ratio) / self._ratio), size
        )

    def _text(self, name: PlaceName) -> str:
        assert self._names is not None
        text = self._names.texts[name.code]
        return text if len(text) <= _LONGEST else text[: _LONGEST - 1].rstrip() + "…"

    def _size(self, text: str) -> QSizeF:
        return QSizeF(
            math.ceil(self._metrics.horizontalAdvance(text[:_LONGEST]) + 2 * _HALO),
            math.ceil(self._metrics.height() + _HALO),
        )

    def _pixmap(self, text: str) -> QPixmap:
        pixmap = self._pixmaps.get(text)
        if pixmap is None:
            size = self._size(text)
            pixmap = QPixmap(math.ceil(size.width() * self._ratio), math.ceil(size.height() * self._ratio))
            pixmap.setDevicePixelRatio(self._ratio)
            pixmap.fill(Qt.GlobalColor.transparent)
            path = QPainterPath()
            path.addText(QPointF(_HALO, 0.5 * _HALO + self._metrics.ascent()), self._font, text)
            painter = QPainter(pixmap)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            halo = QColor(self.theme.ground)
            halo.setAlphaF(0.85)
            pen = QPen(halo, _HALO, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
            painter.strokePath(path, pen)
            painter.fillPath(path, QColor(self.theme.text))
            painter.end()
            self._pixmaps[text] = pixmap
        return pixmap

    def _tick(self) -> None:
        now = time.perf_counter()
        step, self._at = (now - self._at) / _FADE, now
        self._shown = {
            name: (at + min(max(goal - at, -step), step), goal)
            for name, (at, goal) in self._shown.items()
            if at > 0.0 or goal > 0.0
        }
        if all(at == goal for at, goal in self._shown.values()):
            self._ticks.stop()
        self.changed.emit()


def level_of(longer: float, view: View) -> int:
    """Which of ``LEVELS`` suits the scale of a view, on a map that is ``longer`` units long."""
    wanted = math.log2(max(longer / (view.units_per_pixel * _CELL), 1.0) / LEVELS[0])
    return min(max(round(wanted), 0), len(LEVELS) - 1)


def laid_out(
    places: Sequence[PlaceName], view: View, size_of: Callable[[PlaceName], QSizeF]
) -> list[tuple[PlaceName, QSizeF, float]]:
    """The names that have room at the scale of a view, their sizes in pixels, and how visible they are."""
    scale = view.units_per_pixel
    placed: list[tuple[PlaceName, QSizeF, float]] = []
    taken: list[QRectF] = []
    for name in places:
        size = size_of(name)
        wide, high = name.width / scale, name.height / scale
        room = min(1.3 * wide / size.width(), 1.6 * high / size.height())
        opacity = _STRONGEST * _rise(0.75, 1.0, room)
        opacity *= 1.0 - (1.0 - _PALEST) * _rise(0.9, 2.2, max(wide / view.width, high / view.height))
        box = QRectF(QPointF(), size)
        box.moveCenter(QPointF(name.x / scale, -name.y / scale))
        apart = box.adjusted(-_APART, -_APART, _APART, _APART)
        if opacity > 0.0 and not any(apart.intersects(other) for other in taken):
            taken.append(box)
            placed.append((name, size, opacity))
    return placed


def _rise(low: float, high: float, value: float) -> float:
    """0 up to ``low``, 1 from ``high``, a smooth step between."""
    t = min(max((value - low) / (high - low), 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)
