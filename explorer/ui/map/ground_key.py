"""What the colours of the ground stand for, at the lower right of the map."""

from __future__ import annotations

from PySide6.QtCore import QObject, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QLinearGradient, QPainter

from explorer.core.view import View
from explorer.ui.map.layers import MapLayer
from explorer.ui.map.overlay import paint_box
from explorer.ui.map.renderer import style_of

_MARGIN, _BAR, _GAP = 12.0, 72.0, 8.0
_ROOMY, _SHARE = 420, 0.15
_WIDE = 820  # in a narrower window the read-out needs the room
_TITLE, _UNIT = "Latents differ by", "of a random pair"


class GroundKey(MapLayer):
    """A scale from ground where the latents are alike to ground where they differ."""

    def __init__(self, font: QFont, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._font = QFont(font)
        self._ends: tuple[float, float] | None = None

    @property
    def is_active(self) -> bool:
        """Whether there is a scale."""
        return self._ends is not None

    def set_ends(self, ends: tuple[float, float] | None) -> None:
        """The spread at both ends, in median distances between two latents; None for no key."""
        if ends != self._ends:
            self._ends = ends
            self.changed.emit()

    def paint(self, painter: QPainter, view: View, area: QRect) -> None:
        """Paint it; in a narrow window over the read-out, in a small one not at all."""
        assert self._ends is not None
        metrics = QFontMetricsF(self._font)
        low, high = (f"{end:.2f}" for end in self._ends)
        parts = [_TITLE, low, "", high, _UNIT] if view.width >= _ROOMY else [low, "", high]
        widths = [metrics.horizontalAdvance(part) if part else _BAR for part in parts]
        height, width = metrics.height() + 14, sum(widths) + _GAP * (len(parts) - 1) + 24
        box = QRectF(view.width - _MARGIN - width, view.height - _MARGIN - height, width, height)
        if view.width < _WIDE:
            box.translate(0.0, -height - _GAP)
        if width > view.width - 2 * _MARGIN or height > _SHARE * view.height:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_box(painter, box, self.theme)
        painter.setFont(self._font)
        x = box.left() + 12
        for part, wide in zip(parts, widths, strict=True):
            if part:
                painter.setPen(QColor(self.theme.quiet if part in (_TITLE, _UNIT) else self.theme.text))
                painter.drawText(QRectF(x, box.top(), wide + 1, height), Qt.AlignmentFlag.AlignVCenter, part)
            else:
                self._paint_scale(painter, QRectF(x, box.center().y() - 5, _BAR, 10))
            x += wide + _GAP

    def _paint_scale(self, painter: QPainter, bar: QRectF) -> None:
        style = style_of(self.theme)
        colors = QLinearGradient(bar.topLeft(), bar.topRight())
        colors.setColorAt(0.0, QColor(*style.even))
        colors.setColorAt(1.0, QColor(*style.uneven))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colors)
        painter.drawRoundedRect(bar, 4, 4)
