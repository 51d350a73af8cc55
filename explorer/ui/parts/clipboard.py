"""Pictures to and from the clipboard and other programs."""

from __future__ import annotations

from PySide6.QtCore import QBuffer, QIODevice, QMimeData
from PySide6.QtGui import QImage


def image_bytes(mime: QMimeData) -> bytes | None:
    """The image in ``mime`` as PNG bytes, or None where there is none.

    A PNG is taken as it is, so that what it carries in its text survives.
    """
    if mime.hasFormat("image/png"):
        return bytes(mime.data("image/png").data())
    if not mime.hasImage():
        return None
    image = mime.imageData()
    if not isinstance(image, QImage) or image.isNull():
        return None
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(buffer.data().data())


def picture_mime(png: bytes, image: QImage) -> QMimeData:
    """A picture for the clipboard: pixels for other programs, and our PNG with its latent for ourselves."""
    mime = QMimeData()
    mime.setImageData(image.copy())
    mime.setData("image/png", png)
    return mime
