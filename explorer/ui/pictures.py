"""Arrays as pictures on the screen."""

from __future__ import annotations

import time

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

Pictures = npt.NDArray[np.uint8]

CRISP_BELOW = 24


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
    """

    painted = Signal(float)
    activated = Signal()

    def __init__(self, *, square: bool = False, frame: bool = True) -> None:
        super().__init__()
        self._image: QImage | None = None
        self._asked_at: float | None = None
        self._smooth: bool | None = None
        self._frame = frame
        self._placeholder = ""
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(square)
        self._square = square
        self.setSizePolicy(policy)

    def set_picture(self, picture: Pictures | None, asked_at: float | None = None) -> None:
        """Show ``uint8 (H, W, C)``, or nothing; ``asked_at`` is when the user asked for it."""
        self._image = None if picture is None else to_qimage(picture)
        self._asked_at = asked_at
        self.update()

    def set_placeholder(self, text: str) -> None:
        """What to say while there is no picture."""
        self._placeholder = text
        self.update()

    def set_smooth(self, smooth: bool | None) -> None:
        """Smooth or crisp enlargement; None decides by the picture's size."""
        self._smooth = smooth
        self.update()

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
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        if self._image is not None:
            width, height = self._image.width(), self._image.height()
            scale = min(area.width() / width, area.height() / height)
            smooth = self._smooth if self._smooth is not None else max(width, height) >= CRISP_BELOW
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
            drawn = QRectF(0, 0, width * scale, height * scale)
            drawn.moveCenter(area.center())
            if self._frame:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                path = QPainterPath()
                path.addRoundedRect(drawn, 7, 7)
                painter.setClipPath(path)
            painter.drawImage(drawn, self._image)
            painter.setClipping(False)
            area = drawn
        elif self._placeholder:
            painter.setPen(self.palette().placeholderText().color())
            centred = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(area.adjusted(12, 12, -12, -12), centred, self._placeholder)
        if self._frame:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(self.palette().mid().color()), 1))
            painter.drawRoundedRect(area, 7, 7)
        painter.end()
        if self._asked_at is not None:
            self.painted.emit(time.perf_counter() - self._asked_at)
            self._asked_at = None

    def mouseReleaseEvent(self, event: object) -> None:
        self.activated.emit()
