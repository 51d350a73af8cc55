"""Arrays as pictures on the screen."""

from __future__ import annotations

import math
import time

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAccessible, QColor, QImage, QPainter, QPainterPath, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

Pictures = npt.NDArray[np.uint8]

CRISP_BELOW = 24
_ROUND = 7.0
_DOUBTS = 8  # steps from none to whole
_VEIL, _HATCHING = 0.62, 0.5  # opacity over a picture that is wholly in doubt
_HATCH_APART, _HATCH_WIDTH = 9, 1.5
_PILL, _DOT = QColor(12, 14, 18, 170), QColor(255, 255, 255, 220)


def to_qimage(picture: Pictures) -> QImage:
    """Wrap ``uint8 (H, W, C)`` without copying; the image keeps the array alive."""
    picture = np.ascontiguousarray(picture)
    height, width, channels = picture.shape
    kind = QImage.Format.Format_Grayscale8 if channels == 1 else QImage.Format.Format_RGB888
    image = QImage(picture.data, width, height, width * channels, kind)
    image._pixels = picture  # type: ignore[attr-defined]
    return image


class PictureView(QWidget):
    """One picture, as large as its place allows, with rounded corners.

    Signals:
        painted: when a new picture has really been painted: seconds since it was asked for.
        activated: it was clicked.
        pointed_at: the pointer comes to rest on it, or leaves it.
    """

    accessible_role = QAccessible.Role.Graphic
    painted = Signal(float)
    activated = Signal()
    pointed_at = Signal(bool)

    def __init__(self, *, square: bool = False, frame: bool = True) -> None:
        super().__init__()
        self._image: QImage | None = None
        self._asked_at: float | None = None
        self._smooth: bool | None = None
        self._waiting = False
        self._frame = frame
        self._doubt = 0
        self._over: dict[int, QPixmap] = {}
        self._over_for: tuple[object, ...] = ()
        # The panel behind need not be painted first; so the colour around the picture has to be its own.
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(square)
        self._square = square
        self.setSizePolicy(policy)

    def set_picture(self, picture: Pictures | None) -> None:
        """Show ``uint8 (H, W, C)``, or nothing."""
        self._image = None if picture is None else to_qimage(picture)
        self.update()

    def show_now(self, picture: Pictures, asked_at: float) -> None:
        """Paint ``uint8 (H, W, C)`` before returning; ``asked_at`` is when the user asked for it."""
        self._image = to_qimage(picture)
        self._asked_at = asked_at
        self.repaint()

    def set_smooth(self, smooth: bool | None) -> None:
        """Smooth or crisp enlargement; None decides by the picture's size."""
        self._smooth = smooth
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
        """What is shown at present."""
        return self._image

    def hasHeightForWidth(self) -> bool:
        return self._square

    def heightForWidth(self, width: int) -> int:
        return width

    def sizeHint(self) -> QSize:
        return QSize(290, 290) if self._square else QSize(54, 54)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().window())
        area = self.rect()
        if self._image is not None:
            width, height = self._image.width(), self._image.height()
            scale = min(area.width() / width, area.height() / height)
            smooth = self._smooth if self._smooth is not None else max(width, height) >= CRISP_BELOW
            drawn = QRect(0, 0, max(1, int(width * scale)), max(1, int(height * scale)))
            drawn.moveCenter(area.center())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
            painter.drawImage(drawn, self._image)
            area = drawn
        if self._frame:
            painter.drawPixmap(area.topLeft(), self._lies_over(area.size()))
        if self._waiting:
            _paint_dots(painter, QRectF(area))
        painter.end()
        if self._asked_at is not None:
            self.painted.emit(time.perf_counter() - self._asked_at)
            self._asked_at = None

    def _lies_over(self, size: QSize) -> QPixmap:
        """What lies over a picture of ``size``: corners, frame and doubt. Clipping to a path takes longer."""
        around, line = self.palette().window().color(), self.palette().mid().color()
        key = (size.width(), size.height(), self.devicePixelRatioF(), around.rgba(), line.rgba())
        if self._over_for != key:
            self._over_for, self._over = key, {}
        step = self._doubt if self._image is not None else 0
        if step not in self._over:
            colors = around, line, self.palette().placeholderText().color()
            self._over[step] = _passe_partout(size, self.devicePixelRatioF(), colors, step / _DOUBTS)
        return self._over[step]

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
