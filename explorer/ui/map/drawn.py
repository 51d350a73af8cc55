"""What is drawn of the map, as a widget that follows its setters: points, ground, and the layers between.

The points are drawn by a ground: ``RasterGround``, whose pictures are painted here, or ``GlGround``, a child
that covers this widget. Layers may lie below and above the points; ``MapCanvas`` has the marks over them.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from explorer.core.raster import Raster
from explorer.core.raster_support import Support
from explorer.core.view import Bounds, View, bounds_of
from explorer.ui.map.camera import Camera
from explorer.ui.map.ground import RasterGround
from explorer.ui.map.layers import LayerStack, MapLayer, Still
from explorer.ui.map.renderer import Scene, style_of
from explorer.ui.parts.theme import DARK, Theme

if TYPE_CHECKING:
    from explorer.ui.map.gl import GlGround
    from explorer.ui.map.thumbnail_cache import Read
    from explorer.ui.map.thumbnail_layer import ThumbnailLayer

ZOOM_STEP = 1.25
REACH = 10.0
"""Window units around the pointer in which a point is under it."""

_FORMING = 0.8  # seconds; a busy machine brings two layouts a second
_PAUSE = 0.25
_NO_COLORS = np.empty((0, 3), np.uint8)


class DrawnMap(QWidget):
    """The points, seen from where one looks, with the layers below and above them.

    Attributes:
        has_thumbnails: whether pictures lie over the whole map, and not only where few points are in view.

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
        self._formed_at = 0.0
        self._paints: deque[float] = deque(maxlen=24)
        self._camera = Camera(self.width(), self.height())
        self._camera.moved.connect(self._moved)
        self.has_thumbnails = False
        self._thumbnails: ThumbnailLayer | None = None
        self._below, self._above = LayerStack(self), LayerStack(self)
        self._below.changed.connect(self._below_changed)
        self._above.changed.connect(self._refresh)
        self._ground: RasterGround | GlGround = RasterGround()
        self._ground.below = self._below
        self._ground.changed.connect(self._refresh)
        self._surface: QWidget = self

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

        Selection and support go; the view fits the new map.
        """
        self._take_positions(positions, raster)
        self._scene = replace(self._scene, codes=codes, palette=palette, shown=shown, selected=None)
        self._after(lambda: self._camera.set_bounds(self._scene.raster.bounds, fit=True))

    def set_positions(self, positions: NDArray[np.floating], raster: Raster | None = None) -> None:
        """The same points elsewhere (a layout that is forming); the view follows until a hand moved it."""
        self._formed_at = time.perf_counter()
        self._take_positions(positions, raster)
        self._after(lambda: self._camera.set_bounds(self._scene.raster.bounds, fit=False))

    def move_positions(
        self, positions: NDArray[np.floating], raster: Raster, bounds: Bounds | None, exactly: bool
    ) -> None:
        """As ``set_positions``, for one of many frames of a movement: the view follows smoothly.

        ``bounds`` are those that the movement leads to, ``exactly`` if they are not just passed through.
        """
        self._formed_at = time.perf_counter()
        self._take_positions(positions, raster)
        self._after(lambda: self._camera.accompany(bounds, exactly=exactly))

    def set_colors(self, codes: NDArray[np.int32] | None, palette: NDArray[np.uint8]) -> None:
        """Colour the points anew."""
        self._show(replace(self._scene, codes=codes, palette=palette))

    def set_shown(self, shown: NDArray[np.bool_] | None) -> None:
        """Keep the points that are False as faint context only; they cannot be picked."""
        self._show(replace(self._scene, shown=shown))

    def set_selection(self, rows: NDArray[np.int64] | None) -> None:
        """Emphasise these rows."""
        selected = rows if rows is not None and len(rows) else None
        if selected is not self._scene.selected:
            self._show(replace(self._scene, selected=selected))

    def set_support(
        self,
        values: NDArray[np.float32] | None,
        bounds: Bounds | None,
        tint: NDArray[np.float32] | None = None,
    ) -> None:
        """Shade the ground by how near data is, and tint it, as in ``Support``; None for a flat ground."""
        support = None if values is None or bounds is None else Support(values, bounds, tint)
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
        self._below.set_theme(theme)
        self._above.set_theme(theme)
        self._show(replace(self._scene, style=style_of(theme)))

    def add_layer(self, layer: MapLayer, *, below: bool = False) -> None:
        """Draw this, too: over the points and the layers that are there, or ``below`` the points."""
        layer.set_theme(self._theme)
        layer.show_scene(self._scene, self.view(), self.devicePixelRatioF())
        (self._below if below else self._above).add(layer)
        self._below_changed() if below else self._refresh()

    def set_pictures(self, read: Read | None) -> None:
        """Where the points' pictures come from: they take the points' place where few are to be seen."""
        if self._thumbnails is not None:
            self._thumbnails.set_source(read)
        elif read is not None:
            from explorer.ui.map.thumbnail_layer import ThumbnailLayer

            self._thumbnails = ThumbnailLayer(read, self)
            self._thumbnails.set_everywhere(self.has_thumbnails)
            self.add_layer(self._thumbnails)

    def set_thumbnails(self, everywhere: bool) -> None:
        """Show the pictures of representative points at any zoom, not only where few points are in view."""
        self.has_thumbnails = everywhere
        if self._thumbnails is not None:
            self._thumbnails.set_everywhere(everywhere)

    def row_at(self, x: float, y: float) -> int:
        """The row of the picture or point at a place of the window, or within a few pixels; -1 for none."""
        row = self._above.row_at(x, y)
        row = self._below.row_at(x, y) if row < 0 else row
        if row >= 0:
            return row
        view = self.view()
        return self._scene.raster.pick(*view.to_map(x, y), REACH * view.units_per_pixel, self._scene.shown)

    def use_renderer(self, name: str) -> None:
        """Have the points drawn by "opengl", or by the processor ("raster").

        Where OpenGL does not work the processor draws, and ``fell_back`` says so.
        """
        is_gl = self._surface is not self
        if (name == "opengl") == is_gl:
            return
        old, old_surface = self._ground, self._surface
        if name == "opengl":
            from explorer.ui.map.gl import GlGround, can_open

            if not can_open():
                sentence = "OpenGL 3.3 is not to be had here; the processor draws the map."
                QTimer.singleShot(0, self, lambda: self.fell_back.emit(sentence))
                return
            self._ground, self._surface = GlGround(self), _Overlay(self)
            # Not at once: the failure may be found in the middle of a paint.
            self._ground.failed.connect(self._fall_back, Qt.ConnectionType.QueuedConnection)
            for child in (self._surface, self._ground):  # below all else that lies on the map
                child.setGeometry(self.rect())
                child.lower()
                child.show()
        else:
            self._ground, self._surface = RasterGround(), self
        self._ground.below = self._below
        old.shut_down()
        for part in (old, old_surface):
            if isinstance(part, QWidget) and part is not self:
                part.hide()
                part.deleteLater()
        self._ground.changed.connect(self._refresh)
        self._show(self._scene)

    @property
    def scene(self) -> Scene:
        """What is drawn, whatever part is looked at."""
        return self._scene

    def stills(self) -> tuple[tuple[Still, ...], tuple[Still, ...]]:
        """What a figure of the map shows below and above the points."""
        return self._below.stills(), self._above.stills()

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

    def fit_smoothly(self) -> None:
        """As ``fit``, by a movement."""
        self._camera.fit_smoothly()

    def fit_selection(self) -> None:
        """Show the selected points; all where there are none."""
        rows = self._scene.selected
        bounds = None if rows is None else bounds_of(self._positions[rows])
        if bounds is None:
            self.fit()
        else:
            self._camera.fit_to(bounds)

    def zoom_in(self) -> None:
        """One step closer."""
        self._zoom_step(ZOOM_STEP)

    def zoom_out(self) -> None:
        """One step away."""
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
        self._below.settle()
        self._above.settle()
        self._ground.settle()

    def shut_down(self) -> None:
        """Wait for the drawing thread; to be called before the application ends."""
        self._camera.stop()
        self._below.stop()
        self._above.stop()
        self._ground.shut_down()

    def _zoom_step(self, factor: float) -> None:
        at = self._focus()
        self._camera.zoom(at.x(), at.y(), factor)

    def _focus(self) -> QPointF:
        """What keeps its place in the window where one zooms by keys."""
        return QPointF(0.5 * self.width(), 0.5 * self.height())

    def _moved(self, view: View) -> None:
        self._show(self._scene)
        self.view_changed.emit(view)

    # Drawing

    def _take_positions(self, positions: NDArray[np.floating], raster: Raster | None) -> None:
        self._positions = np.asarray(positions, np.float32)
        self._scene = replace(self._scene, raster=raster or Raster(self._positions), support=None)

    def _after(self, following: Callable[[], None]) -> None:
        """Show the scene where one looks after ``following``; a view that moves has shown it already."""
        before = self.view()
        following()
        if self.view() is before:
            self._show(self._scene)

    def _show(self, scene: Scene) -> None:
        self._scene = scene
        self._below.show_scene(scene, self.view(), self.devicePixelRatioF())
        self._above.show_scene(scene, self.view(), self.devicePixelRatioF())
        if scene.transparent != self._below.is_active:
            self._scene = scene = replace(scene, transparent=self._below.is_active)
        # A layout that forms many times a second is always drawn behind.
        forming = time.perf_counter() - self._formed_at < _FORMING
        self._ground.show_scene(
            scene, self.view(), self.devicePixelRatioF(), behind=forming, visible=self.isVisible()
        )

    def _below_changed(self) -> None:
        if self._scene.transparent != self._below.is_active:
            self._show(self._scene)
        else:
            self._ground.below_changed()

    def _refresh(self) -> None:
        """Repaint what is not drawn by the ground itself."""
        self._surface.update()

    def _repaint(self, area: QRect) -> None:
        """Repaint a part, unless a picture of the points comes in a moment, with which all is repainted."""
        if not self._ground.is_coming():
            self._surface.update(area & self.rect())

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
        self._above.paint(painter, self.view(), area)
        self._paint_marks(painter)
        painter.end()

    def _paint_marks(self, painter: QPainter) -> None:
        """What lies over all."""

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


class _Overlay(QWidget):
    """Carries the marks over a ground that covers the canvas: painting over OpenGL itself garbles text."""

    def __init__(self, drawn: DrawnMap) -> None:
        super().__init__(drawn)
        self._drawn = drawn
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._drawn._paint(self, event.rect())
