"""How a kept picture is painted in the tray: small, with its stars and tags."""

from __future__ import annotations

from collections import OrderedDict

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPalette, QPen, QPixmap
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from explorer.core.session import Kept
from explorer.ui.parts.pictures import CRISP_BELOW, to_qimage

CELL = 84

_AROUND = 4
_REMEMBERED = 256
_PILL, _ON_PILL = QColor(12, 14, 18, 200), QColor(255, 255, 255)
_Index = QModelIndex | QPersistentModelIndex


class TrayPainter(QStyledItemDelegate):
    """Paints a picture with its stars and tags."""

    def __init__(self, view: QListView) -> None:
        super().__init__(view)
        self._view = view
        self._made: OrderedDict[int, tuple[object, float, QPixmap]] = OrderedDict()

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(CELL + 2 * _AROUND, CELL + 2 * _AROUND)

    def pixmap(self, kept: Kept) -> QPixmap:
        """The picture in its size here; those painted last are kept."""
        ratio, key = self._view.devicePixelRatioF(), id(kept.picture)
        found = self._made.pop(key, None)
        if found is None or found[0] is not kept.picture or found[1] != ratio:
            image = to_qimage(kept.picture)
            smooth = max(image.width(), image.height()) >= CRISP_BELOW
            way = (
                Qt.TransformationMode.SmoothTransformation
                if smooth
                else Qt.TransformationMode.FastTransformation
            )
            side = round(CELL * ratio)
            made = QPixmap.fromImage(image.scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio, way))
            made.setDevicePixelRatio(ratio)
            found = kept.picture, ratio, made
        self._made[key] = found
        if len(self._made) > _REMEMBERED:
            self._made.popitem(last=False)
        return found[2]

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        kept: Kept = index.data(Qt.ItemDataRole.UserRole)
        made = self.pixmap(kept)
        size = made.deviceIndependentSize().toSize()
        place = QRect(QPoint(), size)
        place.moveCenter(option.rect.center())
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawPixmap(place.topLeft(), made)
        state, palette = option.state, option.palette
        if state & QStyle.StateFlag.State_Selected:
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Highlight), 3))
            painter.drawRoundedRect(QRectF(place).adjusted(-2, -2, 2, 2), 4, 4)
        if state & QStyle.StateFlag.State_HasFocus and self._view.hasFocus():
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Text), 1, Qt.PenStyle.DotLine))
            painter.drawRoundedRect(QRectF(place).adjusted(-4, -4, 4, 4), 5, 5)
        font = option.font
        font.setPointSizeF(font.pointSizeF() - 2.0)
        painter.setFont(font)
        if kept.rating:
            _pill(painter, "★" * kept.rating, place, Qt.AlignmentFlag.AlignBottom)
        if kept.tags:
            more = f" +{len(kept.tags) - 1}" if len(kept.tags) > 1 else ""
            room = place.width() - 20 - painter.fontMetrics().horizontalAdvance(more)
            first = painter.fontMetrics().elidedText(kept.tags[0], Qt.TextElideMode.ElideRight, room)
            _pill(painter, first + more, place, Qt.AlignmentFlag.AlignTop)
        painter.restore()


def _pill(painter: QPainter, text: str, place: QRect, where: Qt.AlignmentFlag) -> None:
    """A line of text on a ground of its own, at the top or the bottom of a picture."""
    metrics = painter.fontMetrics()
    pill = QRectF(0, 0, metrics.horizontalAdvance(text) + 10, metrics.height() + 1)
    pill.moveLeft(place.left() + 3)
    if where == Qt.AlignmentFlag.AlignTop:
        pill.moveTop(place.top() + 3)
    else:
        pill.moveBottom(place.bottom() - 2)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_PILL)
    painter.drawRoundedRect(pill, 6, 6)
    painter.setPen(_ON_PILL)
    painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, text)
