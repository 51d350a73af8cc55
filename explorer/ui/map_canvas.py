"""The map's picture: points, and what lies over them. Knows no pointer and no key.

Moving the view first moves the last picture, then shows the true one: at once where that is quick, else drawn
by a thread behind. Whatever lies over the points (cursor, trail, cards) is painted over the kept picture, so
that a drag of the probe draws no point anew.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPixmap, QRegion, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from explorer.core.raster import Raster, is_compiled
from explorer.core.raster_plan import Rgb, Style, Support
from explorer.core.view import Bounds, View
from explorer.ui import map_overlay as overlay
from explorer.ui.map_renderer import Frame, MapRenderer, Scene, render
from explorer.ui.theme import DARK, Theme

ZOOM_STEP = 1.25

_COVERED = 40
_FORMING = 0.3
_MARK, _CHIP = 16, 60
_QUICK = 0.008
_PAUSE = 0.25
_BAR_MARGIN = 12


class MapCanvas(QWidget):
    """A picture of the map that follows its setters.

    Signals:
        view_changed: the ``View`` now looked at, in window units.
    """

    view_changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumSize(120, 90)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._theme = DARK
        self._positions: NDArray[np.float32] = np.empty((0, 2), np.float32)
        self._scene = Scene(
            Raster(self._positions), None, np.empty((0, 3), np.uint8), None, None, None, Style()
        )
        self._view = View.fit_bounds(None, self.width(), self.height())
        self._moved_by_hand = False
        self._frame: Frame | None = None
        self._formed_at = -math.inf
        self._asked: tuple[Scene, View, float] | None = None
        self._seconds = 0.0
        self._paints: deque[float] = deque(maxlen=24)

        self._cursor: tuple[float, float] | None = None
        self._trail: NDArray[np.float64] = np.empty((0, 2))
        self._dropped: NDArray[np.float64] = np.empty((0, 2))
        self._lasso: list[QPointF] = []
        self._pointer: QPointF | None = None
        self._hovered = -1
        self._card: overlay.HoverCard | None = None
        self._drop_is_over = False
        self._status = ""
        self._message = ""

        self._renderer = MapRenderer()
        self._renderer.finished.connect(self._take_frame)
        self.destroyed.connect(self._renderer.stop)
        self._bar = QFrame(self)
        self._bar.setObjectName("card")
        self._bar.setAttribute(Qt.WidgetAttribute.WA_NoMousePropagation)
        self._bar.setCursor(Qt.CursorShape.ArrowCursor)
        self._buttons = QHBoxLayout(self._bar)
        self._buttons.setContentsMargins(4, 4, 4, 4)
        self._buttons.setSpacing(2)
        self._bar.hide()
        self.set_theme(DARK)

    # What is shown

    def set_points(
        self,
        positions: NDArray[np.floating],
        codes: NDArray[np.int32] | None,
        palette: NDArray[np.uint8],
        shown: NDArray[np.bool_] | None,
        raster: Raster | None = None,
    ) -> None:
        """Another map: positions ``(N, 2)``, codes (N,) into palette (K, 3) RGB, shown (N,) or None for all.

        ``raster`` is that of the positions, where it has been made already.

        Selection, card and support go; the view fits the new map.
        """
        self._positions = np.asarray(positions, np.float32)
        self._frame = None
        self._hover(-1)
        self._moved_by_hand = False
        self._show(
            replace(
                self._scene,
                raster=raster or Raster(self._positions),
                codes=codes,
                palette=palette,
                shown=shown,
                selected=None,
                support=None,
            )
        )
        self._follow()

    def set_positions(self, positions: NDArray[np.floating], raster: Raster | None = None) -> None:
        """The same points elsewhere (a layout that is forming); the view follows until a hand moved it."""
        self._positions = np.asarray(positions, np.float32)
        self._formed_at = time.perf_counter()
        self._scene = replace(self._scene, raster=raster or Raster(self._positions), support=None)
        if not self._moved_by_hand:
            self._view = self._whole()
            self.view_changed.emit(self._view)
        self._ask()  # what is on the screen stays until the new picture is there

    def set_colors(self, codes: NDArray[np.int32] | None, palette: NDArray[np.uint8]) -> None:
        """Colour the points anew."""
        self._show(replace(self._scene, codes=codes, palette=palette))

    def set_shown(self, shown: NDArray[np.bool_] | None) -> None:
        """Keep the points that are False as faint context only; they cannot be picked."""
        self._show(replace(self._scene, shown=shown))
        self._hover(-1)

    def set_selection(self, rows: NDArray[np.int64] | None) -> None:
        """Emphasise these rows."""
        self._show(replace(self._scene, selected=rows if rows is not None and len(rows) else None))

    def set_support(self, values: NDArray[np.float32] | None, bounds: Bounds | None) -> None:
        """Shade the ground by how near data is, as ``support_grid`` gives it; None for a flat ground."""
        self._show(
            replace(
                self._scene, support=None if values is None or bounds is None else Support(values, bounds)
            )
        )

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours; those of the classes come with ``set_colors``."""
        self._theme = theme
        style = Style(
            background=_rgb(theme.ground),
            glow=_mix(theme.ground, theme.quiet, 0.13),
            faint=_mix(theme.ground, theme.quiet, 0.5),
            halo=_rgb(theme.text),
            unlabelled=_rgb(theme.quiet),
        )
        self._show(replace(self._scene, style=style))

    def set_cursor(self, place: tuple[float, float] | None) -> None:
        """Where the decoded picture lies, in map units."""
        if place != self._cursor:
            before, self._cursor = self._marked(), place
            self.update(before | self._marked())

    def set_trail(self, places: NDArray[np.floating]) -> None:
        """The way of the present drag ``(n, 2)`` in map units."""
        places = np.asarray(places, np.float64).reshape(-1, 2)
        if len(places) or len(self._trail):
            before, self._trail = self._marked(), places
            self.update(before | self._marked())

    def set_dropped(self, places: NDArray[np.floating]) -> None:
        """Where dropped pictures fell ``(n, 2)`` in map units; rows that are not finite are not drawn."""
        places = np.asarray(places, np.float64).reshape(-1, 2)
        self._dropped = places[np.isfinite(places).all(axis=1)]
        self._refresh()

    def set_hover_card(self, image: QImage | QPixmap | None, title: str, lines: Sequence[str]) -> None:
        """What to show beside the hovered point; all empty for no card."""
        if isinstance(image, QPixmap):
            image = image.toImage()
        self._card = overlay.HoverCard(image, title, tuple(lines)) if image or title or lines else None
        self._refresh()

    def set_status(self, text: str) -> None:
        """The read-out at the bottom left; the frame rate is added."""
        self._status = text
        self.update(0, self.height() - _CHIP, self.width(), _CHIP)

    def set_message(self, text: str) -> None:
        """What to say in the middle while there is no map."""
        self._message = text
        self._refresh()

    # Where one looks

    def view(self) -> View:
        """What is looked at, in window units."""
        return self._view

    def set_view(self, view: View) -> None:
        """Look there, at the size of this widget."""
        self._look(view.resized(self.width(), self.height()), by_hand=True)

    def fit(self) -> None:
        """Show the whole map, and go on doing so as it changes."""
        self._moved_by_hand = False
        self._follow()

    def zoom_in(self) -> None:
        """One step closer to the cursor."""
        self._zoom_step(ZOOM_STEP)

    def zoom_out(self) -> None:
        """One step away from the cursor."""
        self._zoom_step(1.0 / ZOOM_STEP)

    def frame_rate(self) -> float:
        """Pictures a second while things last moved; 0 before anything did."""
        gaps = np.diff(self._paints)
        gaps = gaps[gaps < _PAUSE]
        return 1.0 / float(np.sort(gaps)[len(gaps) // 2]) if len(gaps) > 2 else 0.0

    def settle(self) -> None:
        """Draw the exact picture before returning (for pictures of the window without an event loop)."""
        self._take_frame(render(self._scene, self._view, self.devicePixelRatioF()))

    def shut_down(self) -> None:
        """Wait for the drawing thread; to be called before the application ends."""
        self._renderer.stop()

    def _look(self, view: View, *, by_hand: bool) -> None:
        self._moved_by_hand = self._moved_by_hand or by_hand
        if view == self._view:
            return
        self._view = view
        self._redraw()
        self.view_changed.emit(view)

    def _follow(self) -> None:
        if not self._moved_by_hand:
            self._look(self._whole(), by_hand=False)

    def _whole(self) -> View:
        """All points, clear of the tool bar above and the read-out below."""
        free = max(self.height() - 2 * _COVERED, self.height() // 2)
        return View.fit_bounds(self._scene.raster.bounds, self.width(), free).resized(
            self.width(), self.height()
        )

    def _zoom(self, x: float, y: float, factor: float) -> None:
        self._look(self._view.zoomed_at(x, y, factor, self._whole().zoom_limits()), by_hand=True)

    def _zoom_step(self, factor: float) -> None:
        x, y = 0.5 * self.width(), 0.5 * self.height()
        if self._cursor is not None:
            at = self._on_screen(self._cursor)
            if self.rect().contains(at.toPoint()):
                x, y = at.x(), at.y()
        self._zoom(x, y, factor)

    def _on_screen(self, place: Sequence[float] | NDArray[np.floating]) -> QPointF:
        x, y = self._view.to_screen(np.asarray(place, np.float64)[None])[0].tolist()
        return QPointF(x, y)

    # Drawing

    def _show(self, scene: Scene) -> None:
        self._scene = scene
        self._redraw()

    def _redraw(self) -> None:
        """Have the points drawn anew: while painting if that is quick, else behind."""
        if not self._is_quick():
            self._ask()
        self._refresh()

    def _is_quick(self) -> bool:
        """Whether drawing at once keeps the hand waiting less than a thread would.

        A layout that forms many times a second is always drawn behind.
        """
        forming = time.perf_counter() - self._formed_at < _FORMING
        return is_compiled() and self._seconds < _QUICK and not forming

    def _ask(self) -> None:
        wanted = (self._scene, self._view, self.devicePixelRatioF())
        if len(self._scene.raster) and self.isVisible() and wanted != self._asked:
            self._asked = wanted
            self._renderer.request(*wanted)

    def _take_frame(self, frame: Frame) -> None:
        # Half the old value: one slow picture on a busy machine does not change the way of drawing.
        self._seconds = frame.seconds if self._frame is None else 0.5 * (self._seconds + frame.seconds)
        self._frame = frame
        self._refresh()

    def _is_exact(self, frame: Frame) -> bool:
        return (
            frame.scene is self._scene
            and frame.view == self._view
            and frame.ratio == self.devicePixelRatioF()
        )

    def _marked(self) -> QRect:
        """What cursor and trail cover of the window."""
        places = self._trail if self._cursor is None else np.vstack([self._trail, self._cursor])
        if not len(places):
            return QRect()
        (left, top), (right, bottom) = (f(self._view.to_screen(places), axis=0) for f in (np.min, np.max))
        area = QRectF(left, top, right - left, bottom - top)
        return area.adjusted(-_MARK, -_MARK, _MARK, _MARK).toAlignedRect() & self.rect()

    def _refresh(self) -> None:
        """Repaint, but for the tool bar, which nothing here changes."""
        self.update(
            QRegion(self.rect()) - QRegion(self._bar.geometry())
            if self._bar.isVisible()
            else QRegion(self.rect())
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        self._paints.append(time.perf_counter())
        if self._frame is None or not self._is_exact(self._frame):
            if self._is_quick():
                frame = render(self._scene, self._view, self.devicePixelRatioF())
                self._seconds = 0.5 * (self._seconds + frame.seconds)
                self._frame = frame
            else:
                self._ask()
        painter = QPainter(self)
        self._paint_points(painter, event)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_overlay(painter)
        painter.end()

    def _paint_points(self, painter: QPainter, event: QPaintEvent) -> None:
        frame = self._frame
        if frame is not None and frame.view == self._view:
            painter.drawImage(0, 0, frame.image)
            return
        painter.fillRect(event.rect(), QColor(self._theme.ground))
        if frame is not None:
            old, new = frame.view, self._view
            scale = old.units_per_pixel / new.units_per_pixel
            left, top = (old.left - new.left) / new.units_per_pixel, (new.top - old.top) / new.units_per_pixel
            painter.drawImage(QRectF(left, top, old.width * scale, old.height * scale), frame.image)

    def _paint_overlay(self, painter: QPainter) -> None:
        theme, font, area = self._theme, self.font(), QRectF(self.rect())
        if len(self._trail) > 1:
            overlay.paint_trail(painter, self._view.to_screen(self._trail), theme)
        if len(self._dropped):
            overlay.paint_dropped(painter, self._view.to_screen(self._dropped), theme)
        if self._lasso:
            overlay.paint_lasso(painter, self._lasso, theme)
        if self._cursor is not None:
            overlay.paint_cursor(painter, self._on_screen(self._cursor), theme)
        if self._message:
            overlay.paint_message(painter, area, self._message, font, theme)
        if self._status:
            rate = self.frame_rate()
            text = f"{self._status}     {rate:.0f} fps" if rate else self._status
            overlay.paint_status(painter, area, text, font, theme)
        if self._hovered >= 0:
            point = self._on_screen(self._positions[self._hovered])
            overlay.paint_hovered(painter, point, theme)
            if self._card is not None:
                box = overlay.card_rect(self._card, point, self._pointer or point, area, font)
                overlay.paint_card(painter, self._card, box, font, theme)
        if self._drop_is_over:
            overlay.paint_drop_frame(painter, area, theme)

    def _hover(self, row: int) -> None:
        """Mark a point as hovered; its card comes by ``set_hover_card``."""
        if row != self._hovered:
            self._hovered = row
            self._card = None
            self._refresh()

    def event(self, event: QEvent) -> bool:
        """Also: a screen with other pixels wants another picture."""
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._redraw()
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._moved_by_hand:
            self._look(self._view.resized(self.width(), self.height()), by_hand=True)
        else:
            self._follow()
        self._place_bar()

    def _place_bar(self) -> None:
        size = self._bar.sizeHint()
        self._bar.setGeometry(
            _BAR_MARGIN, _BAR_MARGIN, min(size.width(), max(self.width() - 2 * _BAR_MARGIN, 1)), size.height()
        )


def _rgb(color: str) -> Rgb:
    parsed = QColor(color)
    return parsed.red(), parsed.green(), parsed.blue()


def _mix(first: str, second: str, share: float) -> Rgb:
    (r0, g0, b0), (r1, g1, b1) = _rgb(first), _rgb(second)
    return round(r0 + share * (r1 - r0)), round(g0 + share * (g1 - g0)), round(b0 + share * (b1 - b0))
