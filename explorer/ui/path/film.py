"""A path in time: pictures along it, how far data speak for them, and a knob that can be moved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAccessible,
    QColor,
    QFont,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.ui.parts.pictures import CRISP_BELOW, to_qimage
from explorer.ui.path.curve import paint_support

if TYPE_CHECKING:
    from explorer.core.path_route import Route

_CURVE, _TICKS, _GAP = 26.0, 20.0, 6.0
_LARGEST, _LEAST = 96.0, 24.0
_KNOB, _DISC, _ROUND = 6.0, 7.0, 4.0
_STEP = 0.01
_SETTLE_MS = 200

Pictures = npt.NDArray[np.uint8]


class PathFilm(QWidget):
    """Pictures in a row; below them support as a curve, and the numbers of the stations; over all the knob.

    Signals:
        sought: a time in [0, 1] that a hand or a key moved the knob to, and whether that begins a movement.
        capacity_changed: another number of pictures fits into the row.
    """

    accessible_role = QAccessible.Role.Slider
    sought = Signal(float, bool)
    capacity_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._route: Route | None = None
        self._film: Sequence[Pictures | None] = ()
        self._text = ""
        self._time = 0.0
        self._base: QPixmap | None = None
        self._capacity = 0
        self.warn = QColor("#e8b15c")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Place on the path")
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_SETTLE_MS)
        self._later.timeout.connect(self.capacity_changed)

    def set_route(self, route: Route | None, text: str = "") -> None:
        """Show this; where there is none, ``text`` says why or what to do."""
        if (route is None) != (self._route is None):
            self._film = ()
        self._route, self._text = route, text
        self.setEnabled(route is not None)
        self._renew()

    def set_film(self, film: Sequence[Pictures | None]) -> None:
        """Pictures ``uint8 (H, W, C)`` at equal times, as far as they are there."""
        self._film = film
        self._renew()

    def set_time(self, at: float) -> None:
        """Put the knob at a time in [0, 1]."""
        before, self._time = self._knob_area(), at
        self.update(before.united(self._knob_area()))
        if QAccessible.isActive():
            self._tell()

    def set_warn(self, color: QColor) -> None:
        """What is painted where no data speak for the path."""
        self.warn = color
        self._renew()

    @property
    def capacity(self) -> int:
        """How many pictures fit into the row."""
        return max(2, int((self._right - self._left) / (self._side + 3.0)) + 1)

    # Where things are

    @property
    def _side(self) -> float:
        return float(max(_LEAST, min(_LARGEST, self.height() - _CURVE - _TICKS - 2 * _GAP)))

    @property
    def _left(self) -> float:
        return self._side / 2 + 2

    @property
    def _right(self) -> float:
        return max(self.width() - self._side / 2 - 2, self._left + 1)

    def _x(self, at: float) -> float:
        return self._left + at * (self._right - self._left)

    def _curve_top(self) -> float:
        return self._side + _GAP + 2

    def _track(self) -> float:
        return self._curve_top() + _CURVE + _TICKS / 2 + 3

    def _knob_area(self) -> QRect:
        x = self._x(self._time)
        return QRectF(x - _KNOB - 3, 0, 2 * _KNOB + 6, self.height()).toAlignedRect()

    # Painting

    def _renew(self) -> None:
        self._base = None
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(400, round(72 + _CURVE + _TICKS + 2 * _GAP))

    def minimumSizeHint(self) -> QSize:
        return QSize(160, round(_LEAST + _CURVE + _TICKS + 2 * _GAP))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._renew()
        if self.capacity != self._capacity:
            self._capacity = self.capacity
            self._later.start()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._route is None:
            painter.setPen(self.palette().placeholderText().color())
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(QRectF(self.rect()).adjusted(24, 0, -24, 0), flags, self._text)
            return
        ratio = self.devicePixelRatioF()
        if self._base is None or self._base.devicePixelRatio() != ratio:
            self._base = QPixmap(round(self.width() * ratio), round(self.height() * ratio))
            self._base.setDevicePixelRatio(ratio)
            self._base.fill(Qt.GlobalColor.transparent)
            base = QPainter(self._base)
            base.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_film(base)
            self._paint_support(base, self._route)
            self._paint_track(base, self._route)
            base.end()
        painter.drawPixmap(0, 0, self._base)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_knob(painter)

    def _paint_film(self, painter: QPainter) -> None:
        side, count = self._side, len(self._film)
        for number, picture in enumerate(self._film):
            x = self._x(number / (count - 1)) if count > 1 else self._left
            cell = QRectF(x - side / 2, 1, side, side)
            if picture is None:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(self.palette().alternateBase())
                painter.drawRoundedRect(cell, _ROUND, _ROUND)
                continue
            image = to_qimage(picture)
            size = image.size().scaled(cell.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
            target = QRectF(0, 0, size.width(), size.height())
            target.moveCenter(cell.center())
            clip = QPainterPath()
            clip.addRoundedRect(target, _ROUND, _ROUND)
            painter.save()
            painter.setClipPath(clip)
            smooth = max(image.width(), image.height()) >= CRISP_BELOW
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
            painter.drawImage(target, image)
            painter.restore()
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self.palette().mid().color(), 1.0))
            painter.drawRoundedRect(target, _ROUND, _ROUND)

    def _paint_support(self, painter: QPainter, route: Route) -> None:
        """The curve, and what it is."""
        top = self._curve_top()
        area = QRectF(self._left, top, self._right - self._left, _CURVE)
        paint_support(painter, route, area, self.palette().highlight().color(), self.warn)
        painter.setPen(self.palette().placeholderText().color())
        painter.setFont(self._small())
        if self._left > 44:
            painter.drawText(QRectF(0, top, self._left - 6, _CURVE), Qt.AlignmentFlag.AlignVCenter, "support")

    def _paint_track(self, painter: QPainter, route: Route) -> None:
        """The line that the knob runs on, with the stations where they are passed."""
        y, palette = self._track(), self.palette()
        painter.setPen(QPen(palette.mid().color(), 3.0, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawLine(QPointF(self._left, y), QPointF(self._right, y))
        painter.setFont(self._small())
        times = route.stations.tolist()
        for number, at in enumerate(times):
            told = 1 if route.path.closed and number == len(times) - 1 else number + 1
            middle = QPointF(self._x(at), y)
            painter.setBrush(palette.window())
            painter.setPen(QPen(palette.placeholderText().color(), 1.2))
            painter.drawEllipse(middle, _DISC, _DISC)
            painter.setPen(palette.text().color())
            box = QRectF(middle.x() - _DISC, middle.y() - _DISC, 2 * _DISC, 2 * _DISC)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(told))

    def _paint_knob(self, painter: QPainter) -> None:
        x, y, palette = self._x(self._time), self._track(), self.palette()
        edge = QColor(palette.window().color())
        edge.setAlphaF(0.8)
        for color, width in ((edge, 4.0), (palette.text().color(), 1.6)):  # as areas: strokes take long
            painter.fillRect(QRectF(x - width / 2, 0, width, y - _KNOB), color)
        painter.setBrush(palette.text())
        ring = palette.highlight().color() if self.hasFocus() else edge
        painter.setPen(QPen(ring, 3.0 if self.hasFocus() else 2.0))
        painter.drawEllipse(QPointF(x, y), _KNOB, _KNOB)

    def _small(self) -> QFont:
        font = QFont(self.font())
        font.setPointSizeF(max(font.pointSizeF() - 2.0, 6.0))
        return font

    # The hand and the keys

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._route is not None:
            self._seek(event.position().x(), begins=True)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton and self._route is not None:
            self._seek(event.position().x(), begins=False)

    def _seek(self, x: float, *, begins: bool) -> None:
        at = (x - self._left) / (self._right - self._left)
        self.sought.emit(min(max(at, 0.0), 1.0), begins)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        to = None if self._route is None else self._after_key(event.key(), self._route)
        if to is None:
            super().keyPressEvent(event)
        else:
            self.sought.emit(min(max(to, 0.0), 1.0), True)

    def _after_key(self, key: int, route: Route) -> float | None:
        stations = route.stations
        if key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            ahead = key == Qt.Key.Key_PageDown
            left = stations[stations > self._time + 1e-6] if ahead else stations[stations < self._time - 1e-6]
            return float(left[0] if ahead else left[-1]) if len(left) else self._time
        steps = {
            Qt.Key.Key_Left: self._time - _STEP, Qt.Key.Key_Right: self._time + _STEP,
            Qt.Key.Key_Down: self._time - _STEP, Qt.Key.Key_Up: self._time + _STEP,
            Qt.Key.Key_Home: 0.0, Qt.Key.Key_End: 1.0,
        }  # fmt: skip
        return steps.get(Qt.Key(key))

    def focusInEvent(self, event: object) -> None:
        self._tell()
        self.update()

    def focusOutEvent(self, event: object) -> None:
        self.update()

    def _tell(self) -> None:
        """Say where the knob is to who cannot see it."""
        if self._route is not None:
            passed = int((self._route.stations <= self._time + 1e-6).sum())
            self.setAccessibleDescription(
                f"{self._time:.0%} of the way, after station {passed}; "
                f"support {self._route.support_at(self._time):.2f}"
            )
