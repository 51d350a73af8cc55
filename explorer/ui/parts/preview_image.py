"""What will be written, shown in a dialog before it is."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLayout, QSizePolicy, QWidget

_SQUARE = 8


class PreviewImage(QWidget):
    """A picture as large as there is room.

    Attributes:
        image: the picture; None before there is one.

    Signals:
        resized: there is more or less room.
    """

    resized = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setMinimumSize(280, 210)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(name)
        self.image: QImage | None = None

    def room(self) -> QSize:
        """The pixels there are."""
        return self.size() * self.devicePixelRatioF()

    def show_image(self, image: QImage | None) -> None:
        """Show this one, of ``room`` or less; or none."""
        self.image = image
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.resized.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.image is None:
            return
        painter, ratio = QPainter(self), self.devicePixelRatioF()
        width, height = self.image.width() / ratio, self.image.height() / ratio
        area = QRectF(round((self.width() - width) / 2), round((self.height() - height) / 2), width, height)
        if self.image.hasAlphaChannel():
            painter.fillRect(area, QColor(255, 255, 255))
            for row in range(int(height // _SQUARE) + 1):
                for column in range(row % 2, int(width // _SQUARE) + 1, 2):
                    square = QRectF(
                        area.left() + column * _SQUARE, area.top() + row * _SQUARE, _SQUARE, _SQUARE
                    )
                    painter.fillRect(square & area, QColor(222, 222, 222))
        painter.drawImage(area, self.image)
        painter.setPen(self.palette().mid().color())
        painter.drawRect(area.adjusted(0, 0, -1, -1))


def put_beside(dialog: QDialog, preview: QWidget, controls: QLayout) -> None:
    """Lay a dialog out: what will be written, and right of it what decides about it."""
    whole = QHBoxLayout(dialog)
    whole.setContentsMargins(16, 16, 16, 16)
    whole.setSpacing(16)
    whole.addWidget(preview, 1)
    whole.addLayout(controls)
