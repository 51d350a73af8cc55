"""The points of the map drawn by a graphics card. Imported only where one has been chosen."""

from __future__ import annotations

import math

from PySide6.QtCore import QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QImage, QOpenGLContext, QPainter
from PySide6.QtOpenGLWidgets import QOpenGLWidget
from PySide6.QtWidgets import QWidget

from explorer.core.view import View
from explorer.ui.map.gl_painter import GlError, GlPainter, surface_format
from explorer.ui.map.layers import LayerStack
from explorer.ui.map.overlay import paint_contours
from explorer.ui.map.renderer import Scene, plan_of

# Disc pixels while the hand moves: about 1.2 million small points, a few milliseconds for any card.
_EFFORT = 25e6
_REST_MS = 60
_SHOWN_WITHIN_MS = 3000


def can_open() -> bool:
    """Whether a context can be opened here and now; takes milliseconds, or a driver's loading time."""
    context = QOpenGLContext()
    context.setFormat(surface_format())
    return context.create() and context.format().version() >= (3, 3)


class GlGround(QOpenGLWidget):
    """One of the two renderers; ``RasterGround`` is the other, with the same methods.

    Covers its parent, which paints the marks on a transparent child above. While the hand moves, the card too
    leaves out points of full cells; each drawn one then counts for several.

    Attributes:
        below: what lies below the points where the scene is transparent.

    Signals:
        changed: the marks want painting anew.
        failed: a sentence: why the card cannot go on.
    """

    changed = Signal()
    failed = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFormat(surface_format())
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.below = LayerStack(self)
        self._shown: tuple[Scene, View, float] | None = None
        self._painter: GlPainter | None = None
        self._is_moving, self._exact = False, False
        self._resting = QTimer(self)
        self._resting.setSingleShot(True)
        self._resting.setInterval(_REST_MS)
        self._resting.timeout.connect(self._come_to_rest)
        self._waiting = QTimer(self)
        self._waiting.setSingleShot(True)
        self._waiting.setInterval(_SHOWN_WITHIN_MS)
        self._waiting.timeout.connect(self._look_whether_it_works)

    @property
    def name(self) -> str:
        """The graphics card, as its driver calls it."""
        return self._painter.name if self._painter else "OpenGL"

    def show_scene(
        self, scene: Scene, view: View, ratio: float, *, behind: bool = False, visible: bool = True
    ) -> None:
        """Have this drawn with the next frame of the screen."""
        self._is_moving = self._shown is not None and self._shown[1] != view
        self._shown, self._exact = (scene, view, ratio), False
        if self._is_moving:
            self._resting.start()
        if self._painter is None and visible and not self._waiting.isActive():
            self._waiting.start()
        self.update()
        self.changed.emit()

    def below_changed(self) -> None:
        """What lies below the points wants painting anew."""
        self.update()

    def is_coming(self) -> bool:
        """Whether another picture will be there in a moment; all is repainted with each anyway."""
        return False

    def is_exact(self) -> bool:
        """Whether what was painted last is what is to be shown, with every point."""
        return self._exact

    def settle(self) -> None:
        """Draw the exact picture before returning."""
        self._resting.stop()
        self._is_moving = False
        self.repaint()

    def paint(self, painter: QPainter, area: QRect, background: QColor) -> None:
        """Paint what lies directly on the points; they themselves are below, on this widget."""
        if self._shown is not None and self._shown[0].contoured:
            scene, view, _ = self._shown
            lines, style = scene.raster.contours(scene.shown), scene.style
            paint_contours(painter, lines, view, style.halo, style.background)

    def shut_down(self) -> None:
        """Give back what the card holds."""
        self._resting.stop()
        self._waiting.stop()
        if self._painter is not None and self.isValid():
            self.makeCurrent()
            self._drop()
            self.doneCurrent()

    def initializeGL(self) -> None:
        self.context().aboutToBeDestroyed.connect(self.shut_down)
        try:
            self._painter = GlPainter(self.context())
        except GlError as error:
            self._fail(error)

    def paintGL(self) -> None:
        if self._painter is None or self._shown is None:
            return
        scene, view, ratio = self._shown
        plan = plan_of(scene, view, ratio, _EFFORT if self._is_moving else math.inf)
        ratio_here = self.devicePixelRatioF()
        size = QSize(round(self.width() * ratio_here), round(self.height() * ratio_here))
        try:
            below = self._picture_below(plan.view, view, ratio) if scene.transparent else None
            self._painter.paint(plan, scene.support, self.defaultFramebufferObject(), size, below)
        except GlError as error:
            self._fail(error)
        self._exact = plan.exact

    def _picture_below(self, pixels: View, view: View, ratio: float) -> QImage:
        """What lies below the points, as many pixels as the points' own picture has."""
        image = QImage(pixels.width, pixels.height, QImage.Format.Format_ARGB32_Premultiplied)
        image.setDevicePixelRatio(ratio)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        self.below.paint(painter, view, QRect(0, 0, view.width, view.height))
        painter.end()
        return image

    def _come_to_rest(self) -> None:
        self._is_moving = False
        if not self._exact:
            self.update()

    def _look_whether_it_works(self) -> None:
        if self._painter is None and self.isVisible():
            self._fail(GlError("it opened no window"))

    def _drop(self) -> None:
        if self._painter is not None:
            self._painter.destroy()
            self._painter = None

    def _fail(self, error: GlError) -> None:
        name = self.name
        self._drop()
        self.failed.emit(
            f"The graphics card ({name}) cannot draw the map: {error}. The processor draws it instead."
        )
