"""The map as a widget that follows its setters. Knows no pointer and no key.

The points are drawn by a ground: ``RasterGround``, whose pictures are painted here, or ``GlGround``, a child
that covers this widget. Marks lie over either, so that a drag of the probe draws no point anew.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPixmap, QRegion, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from explorer.core.raster import Raster
from explorer.core.raster_support import Support
from explorer.core.view import Bounds, View, bounds_of
from explorer.ui import map_overlay as overlay
from explorer.ui.map_camera import Camera
from explorer.ui.map_ground import RasterGround
from explorer.ui.map_marks import Marks, on_screen
from explorer.ui.map_renderer import Scene, style_of
from explorer.ui.theme import DARK, Theme

if TYPE_CHECKING:
    from explorer.ui.map_gl import GlGround

ZOOM_STEP = 1.25

_FORMING = 0.3
_CHIP = 60
_PAUSE = 0.25
_BAR_MARGIN = 12
_NO_COLORS = np.empty((0, 3), np.uint8)


class MapCanvas(QWidget):
    """A picture of the map that follows its setters.

    Signals:
        view_changed: the ``View`` now looked at, in window units.
        fell_back: a sentence: the graphics card failed, and the processor draws instead.
    """

    view_changed = Signal(object)
    fell_back = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumSize(120, 90)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._theme = DARK
        self._positions: NDArray[np.float32] = np.empty((0, 2), np.float32)
        self._scene = Scene(Raster(self._positions), None, _NO_COLORS, None, None, None, style_of(DARK))
        self._hovered = -1
        self._formed_at = 0.0
        self._paints: deque[float] = deque(maxlen=24)
        self._marks = Marks()
        self._camera = Camera(self.width(), self.height())
        self._camera.moved.connect(self._moved)
        self._ground: RasterGround | GlGround = RasterGround()
        self._ground.changed.connect(self._refresh)
        self._surface: QWidget = self
        self._bar = QFrame(self)
        self._bar.setObjectName("card")
        self._bar.setAttribute(Qt.WidgetAttribute.WA_NoMousePropagation)
        self._bar.setCursor(Qt.CursorShape.ArrowCursor)
        self._buttons = QHBoxLayout(self._bar)
        self._buttons.setContentsMargins(4, 4, 4, 4)
        self._buttons.setSpacing(2)
        self._bar.hide()

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
        self._hover(-1)
        self._take_positions(positions, raster)
        self._scene = replace(self._scene, codes=codes, palette=palette, shown=shown, selected=None)
        self._camera.set_bounds(self._scene.raster.bounds, fit=True)
        self._show(self._scene)

    def set_positions(self, positions: NDArray[np.floating], raster: Raster | None = None) -> None:
        """The same points elsewhere (a layout that is forming); the view follows until a hand moved it."""
        self._formed_at = time.perf_counter()
        self._take_positions(positions, raster)
        self._camera.set_bounds(self._scene.raster.bounds, fit=False)
        self._show(self._scene)  # what is on the screen stays until the new picture is there

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
        support = None if values is None or bounds is None else Support(values, bounds)
        self._show(replace(self._scene, support=support))

    def set_density(self, density: bool) -> None:
        """Colour by how many points lie at a place, on a logarithmic scale, instead of by their codes."""
        self._show(replace(self._scene, density=density))

    def set_contours(self, contoured: bool) -> None:
        """Draw lines of equal density over the points."""
        self._show(replace(self._scene, contoured=contoured))

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours; those of the classes come with ``set_colors``."""
        self._theme = theme
        self._show(replace(self._scene, style=style_of(theme)))

    def set_cursor(self, place: tuple[float, float] | None) -> None:
        """Where the decoded picture lies, in map units."""
        if place != self._marks.cursor:
            before = self._marks.moving_area(self.view())
            self._marks.cursor = place
            self._surface.update((before | self._marks.moving_area(self.view())) & self.rect())

    def set_trail(self, places: NDArray[np.floating]) -> None:
        """The way of the present drag ``(n, 2)`` in map units."""
        places = np.asarray(places, np.float64).reshape(-1, 2)
        if len(places) or len(self._marks.trail):
            before = self._marks.moving_area(self.view())
            self._marks.trail = places
            self._surface.update((before | self._marks.moving_area(self.view())) & self.rect())

    def set_dropped(self, places: NDArray[np.floating]) -> None:
        """Where dropped pictures fell ``(n, 2)`` in map units; rows that are not finite are not drawn."""
        places = np.asarray(places, np.float64).reshape(-1, 2)
        self._marks.dropped = places[np.isfinite(places).all(axis=1)]
        self._refresh()

    def set_hover_card(self, image: QImage | QPixmap | None, title: str, lines: Sequence[str]) -> None:
        """What to show beside the hovered point; all empty for no card."""
        if isinstance(image, QPixmap):
            image = image.toImage()
        wanted = bool(image or title or lines)
        self._marks.card = overlay.HoverCard(image, title, tuple(lines)) if wanted else None
        self._refresh()

    def set_status(self, text: str) -> None:
        """The read-out at the bottom left; the frame rate is added."""
        self._marks.status = text
        self._surface.update(0, self.height() - _CHIP, self.width(), _CHIP)

    def set_message(self, text: str) -> None:
        """What to say in the middle while there is no map."""
        self._marks.message = text
        self._refresh()

    def use_renderer(self, name: str) -> None:
        """Have the points drawn by "opengl", or by the processor ("raster").

        Where OpenGL does not work the processor draws, and ``fell_back`` says so.
        """
        is_gl = self._surface is not self
        if (name == "opengl") == is_gl:
            return
        old, old_surface = self._ground, self._surface
        if name == "opengl":
            from explorer.ui.map_gl import GlGround, can_open

            if not can_open():
                sentence = "OpenGL 3.3 is not to be had here; the processor draws the map."
                QTimer.singleShot(0, self, lambda: self.fell_back.emit(sentence))
                return
            self._ground, self._surface = GlGround(self), _Overlay(self)
            # Not at once: the failure may be found in the middle of a paint.
            self._ground.failed.connect(self._fall_back, Qt.ConnectionType.QueuedConnection)
            for child in (self._ground, self._surface):
                child.setGeometry(self.rect())
                child.show()
            self._bar.raise_()
        else:
            self._ground, self._surface = RasterGround(), self
        old.shut_down()
        for part in (old, old_surface):
            if isinstance(part, QWidget) and part is not self:
                part.hide()
                part.deleteLater()
        self._ground.changed.connect(self._refresh)
        self._show(self._scene)

    @property
    def renderer(self) -> str:
        """What draws the points: "CPU", or the name of the graphics card."""
        return self._ground.name

    # Where one looks

    def view(self) -> View:
        """What is looked at, in window units."""
        return self._camera.view

    def set_view(self, view: View) -> None:
        """Look there, at the size of this widget."""
        self._camera.look(view.resized(self.width(), self.height()))

    def fit(self) -> None:
        """Show the whole map, and go on doing so as it changes."""
        self._camera.fit()

    def fit_selection(self) -> None:
        """Show the selected points; all where there are none."""
        rows = self._scene.selected
        bounds = None if rows is None else bounds_of(self._positions[rows])
        if bounds is None:
            self.fit()
        else:
            self._camera.fit_to(bounds)

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

    def is_exact(self) -> bool:
        """Whether what is on the screen shows every point where it is."""
        return self._ground.is_exact()

    def settle(self) -> None:
        """Draw the exact picture before returning (for pictures of the window without an event loop)."""
        self._ground.settle()

    def shut_down(self) -> None:
        """Wait for the drawing thread; to be called before the application ends."""
        self._camera.stop()
        self._ground.shut_down()

    def _zoom_step(self, factor: float) -> None:
        at = QPointF(0.5 * self.width(), 0.5 * self.height())
        if self._marks.cursor is not None:
            cursor = on_screen(self.view(), self._marks.cursor)
            at = cursor if self.rect().contains(cursor.toPoint()) else at
        self._camera.zoom(at.x(), at.y(), factor)

    def _moved(self, view: View) -> None:
        self._show(self._scene)
        self.view_changed.emit(view)

    # Drawing

    def _take_positions(self, positions: NDArray[np.floating], raster: Raster | None) -> None:
        self._positions = np.asarray(positions, np.float32)
        self._scene = replace(self._scene, raster=raster or Raster(self._positions), support=None)
        lost = self._scene.raster.left_out
        self._marks.note = f"{lost:,} point{'s' * (lost > 1)} without a place left out" if lost else ""

    def _show(self, scene: Scene) -> None:
        self._scene = scene
        # A layout that forms many times a second is always drawn behind.
        forming = time.perf_counter() - self._formed_at < _FORMING
        self._ground.show_scene(
            scene, self.view(), self.devicePixelRatioF(), behind=forming, visible=self.isVisible()
        )

    def _refresh(self) -> None:
        """Repaint, but for the tool bar, which nothing here changes."""
        whole = QRegion(self.rect())
        self._surface.update(whole - QRegion(self._bar.geometry()) if self._bar.isVisible() else whole)

    def _fall_back(self, sentence: str) -> None:
        if self._surface is not self:
            self.use_renderer("raster")
            self.fell_back.emit(sentence)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._surface is not self:
            return  # covered by the ground and the overlay
        self._paint(self, event.rect())

    def _paint(self, surface: QWidget, area: QRect) -> None:
        self._paints.append(time.perf_counter())
        painter = QPainter(surface)
        self._ground.paint(painter, area, QColor(self._theme.ground))
        self._marks.paint(painter, self.view(), self.frame_rate, self.font(), self._theme)
        painter.end()

    def _hover(self, row: int) -> None:
        """Mark a point as hovered; its card comes by ``set_hover_card``."""
        if row != self._hovered:
            self._hovered = row
            x, y = self._positions[row].tolist() if row >= 0 else (0.0, 0.0)
            self._marks.hovered = (x, y) if row >= 0 else None
            self._marks.card = None
            self._refresh()

    def event(self, event: QEvent) -> bool:
        """Also: a screen with other pixels wants another picture."""
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._show(self._scene)
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._surface is not self:
            assert isinstance(self._ground, QWidget)
            self._ground.setGeometry(self.rect())
            self._surface.setGeometry(self.rect())
        self._camera.resize(self.width(), self.height())
        self._place_bar()

    def _place_bar(self) -> None:
        size = self._bar.sizeHint()
        self._bar.setGeometry(
            _BAR_MARGIN, _BAR_MARGIN, min(size.width(), max(self.width() - 2 * _BAR_MARGIN, 1)), size.height()
        )


class _Overlay(QWidget):
    """Carries the marks over a ground that covers the canvas: painting over OpenGL itself garbles text."""

    def __init__(self, canvas: MapCanvas) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._canvas._paint(self, event.rect())
