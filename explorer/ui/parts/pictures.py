"""Arrays as pictures on the screen."""

from __future__ import annotations

import math
import time

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAccessible, QColor, QImage, QPainter, QPainterPath, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.ui.parts.hook import Hook

Pictures = npt.NDArray[np.uint8]

CRISP_BELOW = 24
# Looked up once: an enumeration of Qt's costs its share of a picture's time.
_GREY, _RGB = QImage.Format.Format_Grayscale8, QImage.Format.Format_RGB888
_SMOOTH = QPainter.RenderHint.SmoothPixmapTransform
_ROUND = 7.0
_DOUBTS = 8  # steps from none to whole
_VEIL, _HATCHING = 0.62, 0.5  # opacity over a picture that is wholly in doubt
_HATCH_APART, _HATCH_WIDTH = 9, 1.5
_PILL, _DOT = QColor(12, 14, 18, 170), QColor(255, 255, 255, 220)


def to_qimage(picture: Pictures) -> QImage:
    """Wrap ``uint8 (H, W, C)`` without copying; the image keeps the array alive."""
    if not picture.flags.c_contiguous:
        picture = np.ascontiguousarray(picture)
    height, width, channels = picture.shape
    image = QImage(picture.data, width, height, width * channels, _GREY if channels == 1 else _RGB)
    image._pixels = picture  # type: ignore[attr-defined]
    return image


class PictureView(QWidget):
    """One picture, as large as its place allows, with rounded corners.

    Hooks:
        painted: a new picture has really been painted: seconds since it was asked for.

    Signals:
        activated: it was clicked.
        pointed_at: the pointer comes to rest on it, or leaves it.
    """

    accessible_role = QAccessible.Role.Graphic
    activated = Signal()
    pointed_at = Signal(bool)

    def __init__(self, *, square: bool = False, frame: bool = True) -> None:
        super().__init__()
        self.painted = Hook()
        self._image: QImage | None = None
        self._asked_at: float | None = None
        self._smooth: bool | None = None
        self._waiting = False
        self._frame = frame
        self._doubt = 0
        self._over: dict[int, QPixmap] = {}
        self._area: QRect | None = None
        self._shape: tuple[int, ...] | None = None
        self._pixels = np.empty((0, 0, 1), np.uint8)
        self._is_smooth = self._covers = False
        self._ratio = 0.0
        # The panel behind need not be painted first; so the colour around the picture has to be its own.
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(square)
        self._square = square
        self.setSizePolicy(policy)

    def set_picture(self, picture: Pictures | None) -> None:
        """Show ``uint8 (H, W, C)``, or nothing."""
        self._take(picture)
        self.update()

    def show_now(self, picture: Pictures, asked_at: float) -> None:
        """Paint ``uint8 (H, W, C)`` before returning; ``asked_at`` is when the user asked for it."""
        self._take(picture)
        self._asked_at = asked_at
        self.repaint()

    def set_smooth(self, smooth: bool | None) -> None:
        """Smooth or crisp enlargement; None decides by the picture's size."""
        self._smooth, self._area = smooth, None
        self.update()

    def set_waiting(self, waiting: bool) -> None:
        """Mark quietly that the next picture is on its way; the present one stays as it is."""
        if waiting != self._waiting:
            self._waiting = waiting
            self.setAccessibleDescription("The next picture is being decoded" if waiting else "")
            self.update()

    def set_doubt(self, doubt: float) -> None:
        """Fade and hatch the picture, from 0 (not at all) to 1 (it is a guess)."""
        # A step is only left for good reason, so that a value on its edge does not flicker.
        if abs(doubt * _DOUBTS - self._doubt) > 0.6 or doubt in (0.0, 1.0):
            step = round(doubt * _DOUBTS)
            if step != self._doubt:
                self._doubt = step
                self.update()

    @property
    def doubt(self) -> float:
        """How much the picture is faded and hatched at present, in [0, 1]."""
        return self._doubt / _DOUBTS

    def is_waiting(self) -> bool:
        """Whether the next picture is marked as being on its way."""
        return self._waiting

    def image(self) -> QImage | None:
        """A copy of what is shown at present."""
        return None if self._image is None else to_qimage(self._pixels.copy())

    def hasHeightForWidth(self) -> bool:
        return self._square

    def heightForWidth(self, width: int) -> int:
        return width

    def sizeHint(self) -> QSize:
        return QSize(290, 290) if self._square else QSize(54, 54)

    def paintEvent(self, event: QPaintEvent) -> None:
        area = self._area
        if area is None or self._ratio != self.devicePixelRatioF():
            area = self._lay_out()
        painter = QPainter(self)
        if not self._covers:
            painter.fillRect(self.rect(), self.palette().window())
        if self._image is not None:
            if self._is_smooth:
                painter.setRenderHint(_SMOOTH)
            painter.drawImage(area, self._image)
        if self._frame:
            painter.drawPixmap(area.topLeft(), self._lies_over(area.size()))
        if self._waiting:
            _paint_dots(painter, QRectF(area))
        painter.end()
        asked_at, self._asked_at = self._asked_at, None
        if asked_at is not None:
            self.painted.emit(time.perf_counter() - asked_at)

    def _take(self, picture: Pictures | None) -> None:
        shape = None if picture is None else picture.shape
        if shape != self._shape:
            self._shape, self._area = shape, None
            self._pixels = np.empty(shape or (0, 0, 1), np.uint8)
            self._image = None if shape is None else to_qimage(self._pixels)
        if picture is not None:
            self._pixels[...] = picture  # to copy even a large picture takes less than to make an image

    def _lay_out(self) -> QRect:
        """Find the picture's place, which stays for all pictures of one size."""
        area, image = self.rect(), self._image
        self._ratio = self.devicePixelRatioF()
        self._over.clear()
        self._covers = self._is_smooth = False
        if image is not None:
            width, height = image.width(), image.height()
            scale = min(area.width() / width, area.height() / height)
            drawn = QRect(0, 0, max(1, int(width * scale)), max(1, int(height * scale)))
            drawn.moveCenter(area.center())
            smooth = self._smooth if self._smooth is not None else max(width, height) >= CRISP_BELOW
            self._is_smooth = smooth and drawn.size() * self._ratio != image.size()
            self._covers, area = drawn == area, drawn
        self._area = area
        return area

    def _lies_over(self, size: QSize) -> QPixmap:
        """What lies over a picture of ``size``: corners, frame and doubt. Clipping to a path takes longer."""
        step = self._doubt if self._image is not None else 0
        over = self._over.get(step)
        if over is None:
            palette = self.palette()
            colors = palette.window().color(), palette.mid().color(), palette.placeholderText().color()
            over = self._over[step] = _passe_partout(size, self._ratio, colors, step / _DOUBTS)
        return over

    def resizeEvent(self, event: object) -> None:
        self._area = None

    def changeEvent(self, event: QEvent) -> None:
        self._area = None  # the palette, perhaps
        super().changeEvent(event)

    def mouseReleaseEvent(self, event: object) -> None:
        self.activated.emit()

    def enterEvent(self, event: object) -> None:
        self.pointed_at.emit(True)

    def leaveEvent(self, event: object) -> None:
        self.pointed_at.emit(False)


def _passe_partout(size: QSize, ratio: float, colors: tuple[QColor, QColor, QColor], doubt: float) -> QPixmap:
    """A frame with round corners over a window that ``doubt`` in [0, 1] veils and hatches.

    ``colors`` are those around the frame, of the frame and of the hatching.
    """
    around, line, ink = colors
    over = QPixmap(QSize(math.ceil(size.width() * ratio), math.ceil(size.height() * ratio)))
    over.setDevicePixelRatio(ratio)
    over.fill(Qt.GlobalColor.transparent)  # filled with a solid colour it would have no alpha
    area = QRectF(0, 0, size.width(), size.height())
    painter = QPainter(over)
    painter.fillRect(area, around)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
    painter.setPen(line)
    painter.setBrush(_pale(around, _VEIL * doubt))
    painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), _ROUND, _ROUND)
    if doubt:
        # Over what is there already, so that neither the corners nor what lies around are hatched.
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        path = QPainterPath()
        path.addRoundedRect(area.adjusted(1, 1, -1, -1), _ROUND - 1, _ROUND - 1)
        painter.setClipPath(path)
        painter.setPen(QPen(_pale(ink, _HATCHING * doubt), _HATCH_WIDTH))
        for x in range(-size.height(), size.width(), _HATCH_APART):
            painter.drawLine(QPointF(x, size.height()), QPointF(x + size.height(), 0))
    painter.end()
    return over


def _pale(color: QColor, opacity: float) -> QColor:
    pale = QColor(color)
    pale.setAlphaF(opacity)
    return pale


def _paint_dots(painter: QPainter, area: QRectF) -> None:
    """Three dots in the lower right corner, on a ground of their own so that they show on any picture."""
    pill = QRectF(area.right() - 44, area.bottom() - 28, 34, 18)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_PILL)
    painter.drawRoundedRect(pill, 9, 9)
    painter.setBrush(_DOT)
    for i in (-1, 0, 1):
        painter.drawEllipse(pill.center() + QPointF(8.0 * i, 0.0), 2.2, 2.2)
