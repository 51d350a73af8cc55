"""Pictures in cells that scroll, and a mark that the keys move: what every such field shares."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPoint, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import QAbstractScrollArea, QFrame

from explorer.ui.parts.pictures import CRISP_BELOW

GAP = 4
"""Pixels between two cells."""
_ROUND = 4.0
_FAR = 1 << 40
_KEY = Qt.Key
_TAKING = (_KEY.Key_Return, _KEY.Key_Enter, _KEY.Key_Space)


class CellField(QAbstractScrollArea):
    """Who inherits says where the cells lie, what stands in them and where the mark is.

    Signals:
        uncovered: other cells have come into sight.
    """

    uncovered = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self.uncovered)
        self.verticalScrollBar().valueChanged.connect(lambda _: self._later.start())

    # What a field is made of

    def _is_empty(self) -> bool:
        raise NotImplementedError

    @property
    def _pitch(self) -> float:
        """From one line of cells to the next."""
        raise NotImplementedError

    def _measure(self) -> None:
        """Fit the scroll bar to what there is, by ``_fit_bar``."""
        raise NotImplementedError

    def _step(self, across: int, down: int) -> None:
        """Move the mark by cells and lines, as far as there are any."""
        raise NotImplementedError

    def _take(self) -> None:
        """Return or Space: what a click on the marked cell does."""
        raise NotImplementedError

    # What every field does

    def _fit_bar(self, lines: int) -> None:
        bar, height = self.verticalScrollBar(), self.viewport().height()
        bar.setRange(0, max(0, round(lines * self._pitch - GAP) - height))
        bar.setSingleStep(round(self._pitch / 2))
        bar.setPageStep(height)

    def _bring_into_sight(self, box: QRectF) -> None:
        bar, height = self.verticalScrollBar(), self.viewport().height()
        if box.top() < 0:
            bar.setValue(bar.value() + round(box.top()))
        elif box.bottom() > height:
            bar.setValue(bar.value() + round(box.bottom() - height))

    def _paint_picture(self, painter: QPainter, box: QRectF, image: QImage | None) -> None:
        """The picture as large as it fits, or where it has yet to come a pale cell."""
        if image is None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.palette().alternateBase())
            painter.drawRoundedRect(box, _ROUND, _ROUND)
            return
        size = image.size().scaled(box.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRect(QPoint(0, 0), size)
        target.moveCenter(box.center().toPoint())
        smooth = max(image.width(), image.height()) >= CRISP_BELOW
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawImage(target, image)

    def _paint_ring(self, painter: QPainter, box: QRectF, color: QColor) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(color, 2.0))
        painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), _ROUND, _ROUND)

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        self._measure()
        self._later.start()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, page = event.key(), max(1, int(self.viewport().height() / self._pitch))
        steps: dict[int, tuple[int, int]] = {
            _KEY.Key_Left: (-1, 0), _KEY.Key_Right: (1, 0), _KEY.Key_Up: (0, -1), _KEY.Key_Down: (0, 1),
            _KEY.Key_PageUp: (0, -page), _KEY.Key_PageDown: (0, page),
            _KEY.Key_Home: (-_FAR, 0), _KEY.Key_End: (_FAR, 0),
        }  # fmt: skip
        if self._is_empty():
            super().keyPressEvent(event)
        elif key in steps:
            self._step(*steps[key])
        elif key in _TAKING:
            self._take()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: Any) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: Any) -> None:
        super().focusOutEvent(event)
        self.viewport().update()
