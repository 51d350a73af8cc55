"""The bar of tools that floats over the map: names where there is room for them, else signs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QAction, QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QWidget

from explorer.ui.parts.theme import DARK, Theme

MARGIN = 12

_SIDE = 18


class ToolBar(QFrame):
    """Buttons for actions, at the upper left of its parent."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.setAttribute(Qt.WidgetAttribute.WA_NoMousePropagation)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self._theme = DARK
        self._tools: list[QToolButton] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(4, 4, 4, 4)
        self._row.setSpacing(2)
        self.hide()

    def add(self, actions: Sequence[QAction]) -> None:
        """Put actions on the bar, and show it."""
        for action in actions:
            button = QToolButton()
            button.setDefaultAction(action)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            self._row.addWidget(button)
            self._tools.append(button)
        self.show()
        parent = self.parentWidget()
        if parent is not None:
            self.fit_into(parent.width())

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self._theme = theme
        self._put_signs()

    def fit_into(self, width: int) -> None:
        """Be no wider than a window of this width allows; not there at all where not even the signs fit."""
        self._use(Qt.ToolButtonStyle.ToolButtonTextOnly)
        room = max(width - 2 * MARGIN, 1)
        if self.sizeHint().width() > room:
            self._use(Qt.ToolButtonStyle.ToolButtonIconOnly)
            self._put_signs()
        size = self.sizeHint()
        self.setVisible(bool(self._tools) and size.width() <= room)
        self.setGeometry(MARGIN, MARGIN, min(size.width(), room), size.height())

    def _use(self, style: Qt.ToolButtonStyle) -> None:
        for button in self._tools:
            button.setToolButtonStyle(style)
        self._row.invalidate()

    def _put_signs(self) -> None:
        for button in self._tools:
            if button.toolButtonStyle() == Qt.ToolButtonStyle.ToolButtonIconOnly:
                draw = _SIGNS.get(button.defaultAction().text(), _draw_dot)
                button.setIcon(_icon(draw, self._theme, self.devicePixelRatioF()))


def _icon(draw: Callable[[QPainter], None], theme: Theme, ratio: float) -> QIcon:
    icon = QIcon()
    for color, state in ((theme.text, QIcon.State.Off), (theme.on_accent, QIcon.State.On)):
        pixmap = QPixmap(round(_SIDE * ratio), round(_SIDE * ratio))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(color), 1.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        draw(painter)
        painter.end()
        icon.addPixmap(pixmap, QIcon.Mode.Normal, state)
    return icon


def _draw_dot(painter: QPainter) -> None:
    painter.drawPoint(QPointF(9, 9))


def _draw_probe(painter: QPainter) -> None:
    painter.drawEllipse(QPointF(9, 9), 6, 6)
    painter.setBrush(painter.pen().color())
    painter.drawEllipse(QPointF(9, 9), 1.2, 1.2)


def _draw_pan(painter: QPainter) -> None:
    for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        tip, side = QPointF(9 + 7 * x, 9 + 7 * y), QPointF(2.4 * y, 2.4 * x)
        back = QPointF(9 + 4.6 * x, 9 + 4.6 * y)
        painter.drawLine(QPointF(9, 9), tip)
        painter.drawPolyline([back + side, tip, back - side])


def _draw_lasso(painter: QPainter) -> None:
    path = QPainterPath(QPointF(6, 12))
    path.cubicTo(QPointF(-1, 8), QPointF(4, 1), QPointF(11, 2.5))
    path.cubicTo(QPointF(19, 4.5), QPointF(16, 13), QPointF(8, 12.2))
    path.cubicTo(QPointF(4, 11.6), QPointF(4.5, 15), QPointF(7, 16))
    painter.drawPath(path)


def _draw_rectangle(painter: QPainter) -> None:
    pen = painter.pen()
    pen.setDashPattern([2.2, 2.0])
    painter.setPen(pen)
    painter.drawRect(QRectF(2.5, 4, 13, 10))


def _draw_path(painter: QPainter) -> None:
    path = QPainterPath(QPointF(4, 13.5))
    path.cubicTo(QPointF(8, 3), QPointF(10, 15), QPointF(14, 4.5))
    painter.drawPath(path)
    painter.setBrush(painter.pen().color())
    for x, y in ((3.6, 14), (14.4, 4)):
        painter.drawEllipse(QPointF(x, y), 1.9, 1.9)


def _draw_thumbnails(painter: QPainter) -> None:
    for x in (2.5, 10):
        for y in (2.5, 10):
            painter.drawRect(QRectF(x, y, 5.5, 5.5))


def _draw_fit(painter: QPainter) -> None:
    for x, y in ((1, 1), (-1, 1), (1, -1), (-1, -1)):
        corner = QPointF(9 + 6.5 * x, 9 + 6.5 * y)
        painter.drawPolyline([corner - QPointF(4 * x, 0), corner, corner - QPointF(0, 4 * y)])


_SIGNS: dict[str, Callable[[QPainter], None]] = {
    "Probe": _draw_probe,
    "Pan": _draw_pan,
    "Lasso": _draw_lasso,
    "Rectangle": _draw_rectangle,
    "Path": _draw_path,
    "Thumbnails over the whole map": _draw_thumbnails,
    "Fit": _draw_fit,
}
