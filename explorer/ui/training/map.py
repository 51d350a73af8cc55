"""A small map of latents, drawn anew while a model is trained."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QAccessible, QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.core.palette import TOLD_APART, categorical

_MARGIN, _POINT, _LABEL = 8.0, 4.0, 18.0
Places = npt.NDArray[np.float32]


def places_of(latents: npt.NDArray[np.float32], before: Places | None) -> Places:
    """The first two principal components ``(M, 2)`` of ``latents (M, D)``, turned to lie as ``before``.

    So that a map grows out of the one before instead of turning over: the orthogonal Procrustes problem
    (Schönemann 1966).
    """
    from explorer.core.pca import pca_preview

    places = pca_preview(latents)
    places = np.nan_to_num(places - np.nanmean(places, axis=0))
    places /= max(1e-9, float(np.abs(places).max()))
    if before is None or before.shape != places.shape:
        return places
    left, _, right = np.linalg.svd(places.T.astype(np.float64) @ before)
    return (places @ (left @ right)).astype(np.float32)


class TrainingMap(QWidget):
    """Draws points ``(M, 2)`` in the colours of their codes ``(M,)``, -1 for none."""

    def __init__(self) -> None:
        super().__init__()
        self.accessible_role = QAccessible.Role.Graphic
        self.setAccessibleName("Small map of the latents")
        self.setMinimumSize(140, 110)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.places: Places | None = None
        self._codes = np.zeros(0, np.int32)
        self._names, self._text = 1, ""
        self._waits = ""

    def sizeHint(self) -> QSize:
        return QSize(260, 220)

    def wait(self, text: str) -> None:
        """Show none yet; ``text`` says what there will be."""
        self.places, self._waits = None, text
        self.setAccessibleDescription(text)
        self.update()

    def set_places(self, places: Places, codes: npt.NDArray[np.int32], names: int, text: str) -> None:
        """Show another map; ``text`` says what it is."""
        self.places, self._codes, self._names, self._text = places, codes, max(1, names), text
        self.setAccessibleDescription(text)
        self.setToolTip(
            f"{text}. The two directions in which the latents of pictures set aside differ most; "
            "the finished model gets a full map."
        )
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(self.palette().mid().color(), 1.0))
        painter.setBrush(self.palette().base())
        painter.drawRoundedRect(area, 8, 8)
        quiet = self.palette().placeholderText().color()
        if self.places is None:
            painter.setPen(quiet)
            wrapped = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(area.adjusted(12, 0, -12, 0), wrapped, self._waits)
            return
        dark = self.palette().window().color().lightness() < 128
        colors = categorical(min(self._names, TOLD_APART), "dark" if dark else "light").tolist()
        room = area.adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN - _LABEL)
        spread = np.abs(self.places).max(axis=0).clip(1e-9)
        factor = min(room.width() / 2 / float(spread[0]), room.height() / 2 / float(spread[1]))
        middle = room.center()
        at = self.places * np.float32(factor) * np.array([1, -1], np.float32)
        at += np.array([middle.x(), middle.y()], np.float32)
        for code in np.unique(self._codes).tolist():
            color = QColor(*colors[code % len(colors)]) if code >= 0 else QColor(quiet)
            color.setAlpha(190)
            pen = QPen(color, _POINT)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.drawPoints([QPointF(x, y) for x, y in at[self._codes == code].tolist()])
        painter.setPen(quiet)
        below = area.adjusted(_MARGIN, 0, -_MARGIN, -4)
        bottom = Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignHCenter
        text = painter.fontMetrics().elidedText(self._text, Qt.TextElideMode.ElideRight, int(below.width()))
        painter.drawText(below, bottom, text)
