"""Small pictures of rows, read behind the window's back and kept in bounded memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from explorer.core.errors import ExplorerError
from explorer.ui.parts.pictures import Pictures, to_qimage

Read = Callable[[Sequence[int]], Pictures]
"""Rows → their pictures ``(n, H, W, C) uint8``; raises ``ExplorerError`` where any cannot be had."""

KEPT_BYTES = 96 << 20
LARGEST = 128
"""Pixels of the longer side at most: then ``KEPT_BYTES`` hold more pictures than are ever shown at once."""

_PAPER, _INK = QColor(128, 134, 144, 70), QColor(128, 134, 144, 200)


class ThumbnailCache:
    """Pictures by row, those used last; the others go when they take more than ``most_bytes`` in all.

    All methods belong to one thread, but for ``read``.

    Attributes:
        missing: an image that stands for a picture that cannot be read.
    """

    def __init__(self, read: Read, most_bytes: int = KEPT_BYTES) -> None:
        self._read, self._most_bytes = read, most_bytes
        self._kept: OrderedDict[int, QImage] = OrderedDict()
        self._bytes = 0
        self.missing = _placeholder()

    @property
    def bytes(self) -> int:
        """How much memory the pictures take."""
        return self._bytes

    def get(self, row: int) -> QImage | None:
        """The picture of a row, where it has been read."""
        image = self._kept.get(row)
        if image is not None:
            self._kept.move_to_end(row)
        return image

    def lacking(self, rows: npt.NDArray[np.int64]) -> list[int]:
        """Those that have not been read."""
        return [row for row in rows.tolist() if row not in self._kept]

    def load(self, rows: Sequence[int]) -> None:
        """Read some pictures, a few at a time; ``missing`` stands for those that cannot be read."""
        self.keep(rows, self.read(rows))

    def read(self, rows: Sequence[int]) -> list[QImage]:
        """The pictures of some rows, to be kept, or ``missing``; safe from any thread."""
        try:
            return [small(picture) for picture in self._read(rows)]
        except ExplorerError:
            return [self._read_one(row) for row in rows] if len(rows) > 1 else [self.missing]

    def keep(self, rows: Sequence[int], images: Sequence[QImage]) -> None:
        """Keep what was read."""
        for row, image in zip(rows, images, strict=True):
            self._kept[row] = image
            self._bytes += 0 if image is self.missing else image.sizeInBytes()
        while self._bytes > self._most_bytes and len(self._kept) > len(rows):
            _, image = self._kept.popitem(last=False)
            self._bytes -= 0 if image is self.missing else image.sizeInBytes()

    def _read_one(self, row: int) -> QImage:
        try:
            return small(self._read([row])[0])
        except ExplorerError:
            return self.missing


def scaled(image: QImage, size: QSize) -> QImage:
    """Another size, every pixel taken into account."""
    keep, smooth = Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
    return image.scaled(size.expandedTo(QSize(1, 1)), keep, smooth)


def small(picture: Pictures) -> QImage:
    """At most ``LARGEST`` pixels long, in the format that is painted fastest."""
    image = to_qimage(picture)
    if max(image.width(), image.height()) > LARGEST:
        fitted = image.size().scaled(QSize(LARGEST, LARGEST), Qt.AspectRatioMode.KeepAspectRatio)
        image = scaled(image, fitted)
    return image.convertToFormat(QImage.Format.Format_RGB32)  # a copy, in any case


def _placeholder() -> QImage:
    """A picture frame with nothing in it but a stroke across."""
    image = QImage(LARGEST, LARGEST, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(_PAPER)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(_INK, 6.0))
    frame = QRectF(0, 0, 72, 56)
    frame.moveCenter(QPointF(LARGEST / 2, LARGEST / 2))
    painter.drawRoundedRect(frame, 8, 8)
    painter.drawLine(frame.bottomLeft() + QPointF(-12, 12), frame.topRight() + QPointF(12, -12))
    painter.end()
    return image
