"""Small pieces that the panels are made of: headings, cards, chips."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAccessible,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)


def heading(text: str = "") -> QLabel:
    """A quiet heading in capitals."""
    label = QLabel()
    set_heading(label, text)
    label.setObjectName("heading")
    font = label.font()
    font.setPointSizeF(font.pointSizeF() - 1.5)
    label.setFont(font)
    return label


def set_heading(label: QLabel, text: str) -> None:
    """Give a heading another text; who cannot see it hears it as it is written."""
    label.setText(text.upper())
    label.setAccessibleName(text)


def quiet(text: str = "") -> QLabel:
    """A label in the quiet colour."""
    label = QLabel(text)
    label.setObjectName("quiet")
    return label


def chip(text: str = "") -> QLabel:
    """A rounded little label."""
    label = QLabel(text)
    label.setObjectName("chip")
    return label


def chip_button() -> QPushButton:
    """A rounded little label that can be pressed."""
    button = QPushButton()
    button.setObjectName("chip")
    button.setCursor(Qt.CursorShape.PointingHandCursor)
    return button


class ElidedLabel(QLabel):
    """A label that shortens its text in the middle instead of widening the window."""

    def __init__(self, name: str = "") -> None:
        super().__init__()
        self.setObjectName(name)
        self._full = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def setText(self, text: str) -> None:
        self._full = text
        self._shorten()

    def resizeEvent(self, event: object) -> None:
        self._shorten()

    def _shorten(self) -> None:
        shown = self.fontMetrics().elidedText(self._full, Qt.TextElideMode.ElideMiddle, self.width())
        super().setText(shown)
        self.setToolTip(self._full if shown != self._full else "")


_SIGN_WIDTH = 27

_FLAGS = Qt.ItemDataRole.UserRole - 1
"""The role under which the list of a ``QComboBox`` keeps what can be done with an entry."""


class Choice(QComboBox):
    """A list that folds down; the style sheet's own has no arrow."""

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.palette().placeholderText().color(), 1.5))
        x, y = self.width() - 15.0, self.height() / 2.0
        painter.drawPolyline([QPointF(x - 4, y - 2), QPointF(x, y + 2), QPointF(x + 4, y - 2)])


class GroupedChoice(Choice):
    """A list that folds down, with headings between its entries.

    Signals:
        chosen: the key of the entry that a person chose.
    """

    chosen = Signal(str)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.setMaxVisibleItems(24)
        self.activated.connect(lambda at: self.chosen.emit(self.itemData(at)))

    def set_entries(self, entries: Sequence[tuple[str, str, str, str, str]]) -> None:
        """Offer ``(key, text, heading, tooltip, reason)``; one with a reason to say cannot be chosen."""
        self.clear()
        group = ""
        for key, text, above, tip, reason in entries:
            if above and above != group:
                group = above
                self._add("", above.upper(), "", enabled=False)
            self._add(key, text, reason or tip, enabled=not reason)

    def set_current(self, key: str) -> None:
        """Show the entry of ``key``, without telling anybody."""
        enabled = Qt.ItemFlag.ItemIsEnabled
        model = self.model()
        self.setCurrentIndex(
            next(
                (
                    at for at in range(self.count())
                    if self.itemData(at) == key and model.flags(model.index(at, 0)) & enabled
                ),
                -1,
            )
        )  # fmt: skip

    def _add(self, key: str, text: str, tip: str, *, enabled: bool) -> None:
        self.addItem(text, key)
        at = self.count() - 1
        self.setItemData(at, tip, Qt.ItemDataRole.ToolTipRole)
        if not enabled:
            self.setItemData(at, 0, _FLAGS)
            if not key:
                font = self.font()
                font.setPointSizeF(font.pointSizeF() - 1.5)
                font.setBold(True)
                self.setItemData(at, font, Qt.ItemDataRole.FontRole)


class Card(QFrame):
    """A titled box of name/value lines.

    Signals:
        pressed: it was clicked, or Return or Space was pressed on it; only after ``set_button``.
    """

    pressed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("card")
        self._is_button = self._is_folded = False
        self._shown: list[tuple[QLabel, QLabel]] = []
        self._title = ElidedLabel("cardtitle")
        self._lines = QGridLayout()
        self._lines.setHorizontalSpacing(8)
        self._lines.setVerticalSpacing(3)
        self._lines.setColumnStretch(1, 1)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(12, 10, 12, 10)
        self.body.setSpacing(6)
        self.body.addWidget(self._title)
        self.body.addLayout(self._lines)

    def show_lines(self, title: str, lines: list[tuple[str, str, str]], bad: str = "") -> None:
        """Show ``(name, value, tooltip)`` lines under a title; the one named ``bad`` stands out."""
        self._title.setText(title)
        clear(self._lines)
        self._shown = []
        for row, (name, value, tip) in enumerate(lines):
            label, text = quiet(name), QLabel(value)
            text.setObjectName("bad" if name == bad else "")
            text.setAlignment(Qt.AlignmentFlag.AlignRight)
            text.setWordWrap(False)
            for part in (label, text):
                part.setToolTip(tip)
            self._lines.addWidget(label, row, 0)
            self._lines.addWidget(text, row, 1)
            self._shown.append((label, text))
        if self._is_folded:
            self.fold(True)

    def fold(self, folded: bool) -> None:
        """Show the title alone and what stands out, or all."""
        self._is_folded = folded
        for label, text in self._shown:
            for part in (label, text):
                part.setVisible(not folded or text.objectName() == "bad")

    def set_button(self, name: str) -> None:
        """Let the card be pressed; ``name`` says what that does."""
        self._is_button = True
        self.setProperty("button", True)
        self.accessible_role = QAccessible.Role.Button
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(name)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._is_button and event.button() == Qt.MouseButton.LeftButton:
            self.pressed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._is_button and event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return):
            self.pressed.emit()
        else:
            super().keyPressEvent(event)


def small_button(text: str, name: str, *, toggles: bool = False) -> QToolButton:
    """A button of a sign or a few letters in a section's heading; ``name`` says what it does."""
    button = QToolButton()
    button.setText(text)
    button.setToolTip(name)
    button.setAccessibleName(name)
    button.setCheckable(toggles)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setStyleSheet("padding: 1px 5px;")
    if len(text) == 1:
        button.setFixedWidth(_SIGN_WIDTH)
    return button


def scrolling(widget: QWidget) -> QScrollArea:
    """``widget`` in a frame that scrolls up and down where there is no room for all of it."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what is in it takes the focus and is scrolled to
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(widget)
    return area


def section_title(text: str, *buttons: QWidget) -> QHBoxLayout:
    """The heading of a section, with its buttons at the right."""
    row = QHBoxLayout()
    row.setSpacing(4)
    row.addWidget(heading(text))
    row.addStretch(1)
    for button in buttons:
        row.addWidget(button)
    return row


def reveal(widget: QWidget) -> None:
    """Show a hidden part of a panel and, once it has its place, scroll to it."""
    if widget.isHidden():
        widget.show()
        QTimer.singleShot(0, widget, lambda: _come_into_sight(widget))


def _come_into_sight(widget: QWidget) -> None:
    """Scroll the panel that ``widget`` is a part of so far that it is to be seen."""
    parent = widget.parentWidget()
    while parent is not None and not isinstance(parent, QScrollArea):
        parent = parent.parentWidget()
    inner = parent.widget() if parent is not None else None
    if parent is not None and inner is not None:
        top, bar = widget.mapTo(inner, QPoint(0, 0)).y(), parent.verticalScrollBar()
        least = min(top, top + widget.height() - parent.viewport().height())
        bar.setValue(max(least, min(bar.value(), top)))


def clear(layout: QLayout, keep: QWidget | None = None) -> None:
    """Take everything out of ``layout`` and delete the widgets, but for ``keep``."""
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None and widget is not keep:
            widget.hide()
            widget.deleteLater()


def column(parent: QWidget, spacing: int = 8) -> QVBoxLayout:
    """A vertical layout with the panels' margins."""
    layout = QVBoxLayout(parent)
    layout.setContentsMargins(14, 14, 14, 10)
    layout.setSpacing(spacing)
    return layout
