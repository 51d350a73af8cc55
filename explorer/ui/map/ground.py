"""The points of the map as pictures painted by the processor: always there, and what tests and export use."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, QRect, QRectF, Signal
from PySide6.QtGui import QColor, QImage, QPainter

from explorer.core.raster import is_compiled
from explorer.core.view import View
from explorer.ui.map.layers import LayerStack
from explorer.ui.map.renderer import Frame, MapRenderer, Scene, render

_QUICK, _MOMENT = 0.008, 0.04


class RasterGround(QObject):
    """One of the two renderers; ``GlGround`` is the other, with the same methods.

    Moving the view first moves the last picture, then shows the true one: at once where that is quick, else
    drawn by a thread behind.

    Attributes:
        below: what lies below the points where the scene is transparent.

    Signals:
        changed: there is another picture to be painted.
        failed: a sentence; this one never does.
    """

    changed = Signal()
    failed = Signal(str)
    name = "CPU"

    def __init__(self) -> None:
        super().__init__()
        self.below = LayerStack(self)
        self._shown: tuple[Scene, View, float] | None = None
        self._asked: tuple[Scene, View, float] | None = None
        self._frame: Frame | None = None
        self._seconds = 0.0
        self._behind = False
        self._renderer = MapRenderer()
        self._renderer.finished.connect(self._take)
        self.destroyed.connect(self._renderer.stop)

    @property
    def frame(self) -> Frame | None:
        """The last picture."""
        return self._frame

    def show_scene(
        self, scene: Scene, view: View, ratio: float, *, behind: bool = False, visible: bool = True
    ) -> None:
        """Have this drawn: while painting where that is quick, else (or if asked to) ``behind``."""
        if self._frame is not None and self._frame.scene.raster is not scene.raster and not behind:
            self._frame = None  # another map: the old one is no stand-in for it
        self._shown, self._behind = (scene, view, ratio), behind
        if visible and len(scene.raster) and (behind or not self._is_quick()):
            self._ask()
        if not behind or self._frame is None:
            self.changed.emit()

    def below_changed(self) -> None:
        """What lies below the points wants painting anew."""
        self.changed.emit()

    def is_exact(self) -> bool:
        """Whether the picture is that of what is to be shown, with every point."""
        return self._is_current() and self._frame is not None and self._frame.exact

    def is_coming(self) -> bool:
        """Whether another picture will be there in a moment."""
        return (
            self._behind and self._seconds < _MOMENT and self._asked == self._shown and not self._is_current()
        )

    def settle(self) -> None:
        """Draw the exact picture before returning."""
        if self._shown is not None:
            self._take(render(*self._shown))

    def paint(self, painter: QPainter, area: QRect, background: QColor) -> None:
        """Paint the picture, or the last one moved and scaled to where its points now are."""
        if self._shown is None:
            painter.fillRect(area, background)
            return
        if not self._is_current():
            self._catch_up()
        frame, (scene, view, _) = self._frame, self._shown
        if frame is not None and self._behind:
            view = frame.view  # whole pictures only: scaling each a little in between would flicker
        if frame is None or frame.view != view:
            painter.fillRect(area, background)
        if frame is not None and frame.ground is not None:
            draw_moved(painter, frame.ground, frame.view, view)
        if scene.transparent:
            self.below.paint(painter, view, area)
        if frame is not None:
            draw_moved(painter, frame.image, frame.view, view)

    def shut_down(self) -> None:
        """Wait for the drawing thread."""
        self._renderer.stop()

    def _catch_up(self) -> None:
        assert self._shown is not None
        if self._asked == self._shown:
            return
        if not self._is_quick():
            self._ask()
            return
        self._asked = None
        frame = render(*self._shown, effort=self._renderer.pace.effort)
        self._learn(frame)
        self._frame = frame
        if not frame.exact:
            self._ask()

    def _ask(self) -> None:
        assert self._shown is not None
        if self._asked != self._shown:
            self._asked = self._shown
            self._renderer.request(*self._shown)

    def _is_quick(self) -> bool:
        """Whether drawing at once keeps the hand waiting less than a thread would."""
        return is_compiled() and self._seconds < _QUICK

    def _is_current(self) -> bool:
        frame, shown = self._frame, self._shown
        return (
            frame is not None
            and shown is not None
            and frame.scene is shown[0]
            and frame.view == shown[1]
            and frame.ratio == shown[2]
        )

    def _take(self, frame: Frame) -> None:
        self._learn(frame)
        self._frame = frame
        self.changed.emit()

    def _learn(self, frame: Frame) -> None:
        # Half the old value: one slow picture on a busy machine does not change the way of drawing.
        self._seconds = frame.seconds if self._frame is None else 0.5 * (self._seconds + frame.seconds)


def draw_moved(painter: QPainter, image: QImage, old: View, view: View, *, crisp: bool = False) -> None:
    """Draw the image of a view, moved and scaled to where its places are in another.

    A ``crisp`` one that is only moved falls on whole pixels.
    """
    if old == view:
        painter.drawImage(0, 0, image)
        return
    scale = old.units_per_pixel / view.units_per_pixel
    left, top = (old.left - view.left) / view.units_per_pixel, (view.top - old.top) / view.units_per_pixel
    if crisp and scale == 1.0:
        ratio = image.devicePixelRatio()
        painter.drawImage(QPointF(round(left * ratio) / ratio, round(top * ratio) / ratio), image)
    else:
        painter.drawImage(QRectF(left, top, old.width * scale, old.height * scale), image)
