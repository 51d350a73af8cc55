"""Small pieces that the panels are made of: headings, cards, chips."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QLabel,
    QLayout,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)


def heading(text: str) -> QLabel:
    """A quiet heading in capitals."""
    label = QLabel(text.upper())
    label.setObjectName("heading")
    font = label.font()
    font.setPointSizeF(font.pointSizeF() - 1.5)
    label.setFont(font)
    return label


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


class Card(QFrame):
    """A titled box of name/value lines."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("card")
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

    def show_lines(self, title: str, lines: list[tuple[str, str, str]]) -> None:
        """Show ``(name, value, tooltip)`` lines under a title."""
        self._title.setText(title)
        clear(self._lines)
        for row, (name, value, tip) in enumerate(lines):
            label, text = quiet(name), QLabel(value)
            text.setAlignment(Qt.AlignmentFlag.AlignRight)
            text.setWordWrap(False)
            for part in (label, text):
                part.setToolTip(tip)
            self._lines.addWidget(label, row, 0)
            self._lines.addWidget(text, row, 1)


def scrolling(widget: QWidget) -> QScrollArea:
    """``widget`` in a frame that scrolls up and down where there is no room for all of it."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(widget)
    return area


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
