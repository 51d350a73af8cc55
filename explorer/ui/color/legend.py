"""The legend: a colour, a name and a count for each label; click isolates, Ctrl-click toggles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt
from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from explorer.core.palette import TOLD_APART
from explorer.ui.parts.furniture import quiet

_ROW = 25
_FEWEST_SEARCHED = 13
_CTRL = Qt.KeyboardModifier.ControlModifier
_Index = QModelIndex | QPersistentModelIndex

CODE, COLOR, COUNT, SHOWN = (Qt.ItemDataRole.UserRole + i for i in range(4))


class LabelModel(QAbstractListModel):
    """The labels that occur, those of them that a search finds."""

    def __init__(self) -> None:
        super().__init__()
        self._names: Sequence[str] = ()
        self._counts: Sequence[int] = ()
        self._colors: Sequence[QColor] = ()
        self._hidden: frozenset[int] = frozenset()
        self._found: list[int] = []
        self._words = ""

    def set_labels(self, names: Sequence[str], counts: Sequence[int], colors: Sequence[QColor]) -> None:
        """All labels, and last what has none: its code is -1."""
        self._names, self._counts, self._colors = names, counts, colors
        self.search(self._words)

    def search(self, words: str) -> None:
        """Keep the labels whose names contain all ``words``."""
        self._words = words
        wanted = words.casefold().split()
        self.beginResetModel()
        self._found = [
            row for row, name in enumerate(self._names)
            if self._counts[row] and all(word in name.casefold() for word in wanted)
        ]  # fmt: skip
        self.endResetModel()

    def set_hidden(self, hidden: frozenset[int]) -> None:
        """Mark the codes that are filtered out."""
        self._hidden = hidden
        if self._found:
            self.dataChanged.emit(self.index(0), self.index(len(self._found) - 1))

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self._found)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        label = self._found[index.row()]
        code = label if label + 1 < len(self._names) else -1
        if role == Qt.ItemDataRole.DisplayRole:
            return self._names[label]
        if role == COLOR:
            return self._colors[label]
        if role == COUNT:
            return self._counts[label]
        if role == CODE:
            return code
        if role == SHOWN:
            return code not in self._hidden
        if role == Qt.ItemDataRole.AccessibleTextRole:
            state = "" if code not in self._hidden else ", filtered out"
            return f"{self._names[label]}, {self._counts[label]:,} points{state}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{self._names[label]}: click shows only this, Ctrl-click turns it on or off"
        return None


class LabelDelegate(QStyledItemDelegate):
    """Draws a label. A ring instead of a disc, beside the paler text, says that it is filtered out."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(120, _ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area, palette = QRect(option.rect), option.palette
        focused = bool(option.state & QStyle.StateFlag.State_HasFocus)
        if focused or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(QPen(palette.highlight().color(), 1) if focused else Qt.PenStyle.NoPen)
            painter.setBrush(palette.alternateBase())
            painter.drawRoundedRect(QRectF(area).adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        shown, color = index.data(SHOWN), index.data(COLOR)
        painter.setPen(QPen(color, 1.5))
        painter.setBrush(color if shown else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(QRectF(area.left() + 5, area.center().y() - 4, 9, 9))
        quiet = palette.placeholderText().color()
        middle, right = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignRight
        count = f"{index.data(COUNT):,}"
        width = painter.fontMetrics().horizontalAdvance(count) + 2
        painter.setPen(quiet)
        painter.drawText(area.adjusted(0, 0, -6, 0), middle | right, count)
        space = area.adjusted(24, 0, -width - 12, 0)
        name = painter.fontMetrics().elidedText(index.data(), Qt.TextElideMode.ElideMiddle, space.width())
        painter.setPen(palette.text().color() if shown else quiet)
        painter.drawText(space, middle, name)
        painter.restore()


class LabelList(QListView):
    """The rows, pressed by mouse or keys.

    Signals:
        chosen: a code, and whether it is to be turned on or off instead of being shown alone.
    """

    chosen = Signal(int, bool)

    def __init__(self) -> None:
        super().__init__()
        self._pressed = QPersistentModelIndex()
        self.setObjectName("legend")
        self.setAccessibleName("Legend")
        self.setAccessibleDescription("Return shows only this label, Ctrl+Return turns it on or off")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setSelectionMode(QListView.SelectionMode.NoSelection)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.viewport().setAutoFillBackground(False)
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)
        self.setMinimumHeight(4 * _ROW)

    def sizeHint(self) -> QSize:
        return QSize(180, 4 * _ROW)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        self._pressed = QPersistentModelIndex(self.indexAt(event.position().toPoint()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and index == self._pressed and event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(index.data(CODE), bool(event.modifiers() & _CTRL))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter) and index.isValid():
            self.chosen.emit(index.data(CODE), bool(event.modifiers() & _CTRL))
        else:
            super().keyPressEvent(event)


class Legend(QWidget):
    """All labels of a field; a search field above where there are more than a dozen.

    Signals:
        isolated: show only this code, or all again if it is already alone; -1 for points without a label.
        toggled: turn this code on or off.
    """

    isolated = Signal(int)
    toggled = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._model = LabelModel()
        self._search: QLineEdit | None = None
        self._warning: QLabel | None = None
        self._names: Sequence[str] = ()
        self.rows = LabelList()
        self.rows.setModel(self._model)
        self.rows.setItemDelegate(LabelDelegate(self.rows))
        self.rows.chosen.connect(lambda code, toggle: (self.toggled if toggle else self.isolated).emit(code))
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(6)
        self._layout.addWidget(self.rows, 1)

    def set_labels(
        self,
        names: Sequence[str],
        counts: npt.NDArray[Any],
        colors: npt.NDArray[Any],
        unlabelled: int,
        none: QColor,
    ) -> None:
        """Show one row for each name that occurs, in the given order; ``colors (K, 3)``.

        ``unlabelled`` points have none of the names, and the colour ``none``.
        """
        inks = [QColor(red, green, blue) for red, green, blue in colors.tolist()]
        many = len(names) >= _FEWEST_SEARCHED
        self._warn(len(names))
        if many and self._search is None:
            self._search = self._search_field()
        if self._search is not None:
            if names is not self._names:
                self._search.clear()
            self._search.setVisible(many)
            self._search.setPlaceholderText(f"Search {len(names):,} labels")
        self._names = names
        self._model.set_labels((*names, "no label"), [*counts.tolist(), unlabelled], (*inks, none))

    def set_hidden(self, hidden: frozenset[int]) -> None:
        """Mark the codes that are filtered out."""
        self._model.set_hidden(hidden)

    def _warn(self, labels: int) -> None:
        """Say it where colours are more than eyes tell apart."""
        if labels > TOLD_APART and self._warning is None:
            self._warning = quiet(f"Only the first {TOLD_APART} colours are told apart by all eyes.")
            self._warning.setWordWrap(True)
            self._layout.addWidget(self._warning)
        if self._warning is not None:
            self._warning.setVisible(labels > TOLD_APART)

    def _search_field(self) -> QLineEdit:
        field = QLineEdit()
        field.setClearButtonEnabled(True)
        field.setAccessibleName("Search the legend")
        field.textChanged.connect(self._model.search)
        field.returnPressed.connect(self._choose_found)
        self._layout.insertWidget(0, field)
        return field

    def _choose_found(self) -> None:
        """Return in the search field shows only the first label that is found."""
        if self._model.rowCount():
            self.isolated.emit(self._model.index(0).data(CODE))
