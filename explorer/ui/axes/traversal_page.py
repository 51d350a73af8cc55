"""The page of the tool strip that shows pictures along axes, and its controls in the strip's header."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from explorer.ui.axes.traversal_grid import TraversalGrid


class FittingLabel(QLabel):
    """A quiet line of three parts: all of them, or the two at its ends, or one, as there is room."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("quiet")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._parts: tuple[str, ...] = ("",)
        self._last = 0

    def set_parts(self, *parts: str, last: int = 0) -> None:
        """Say these; number ``last`` is what remains where there is little room."""
        self._parts, self._last = parts, last
        self.setToolTip("\n".join(parts))
        self._fit()

    def resizeEvent(self, event: object) -> None:
        self._fit()

    def _fit(self) -> None:
        parts, metrics = self._parts, self.fontMetrics()
        texts = (" · ".join(parts), " · ".join((parts[0], parts[-1])), parts[self._last])
        fitting = (one for one in texts if metrics.horizontalAdvance(one) <= self.width())
        self.setText(next(fitting, metrics.elidedText(texts[-1], Qt.TextElideMode.ElideRight, self.width())))


class TraversalPage(QWidget):
    """A grid of pictures.

    Attributes:
        grid: the pictures.
        controls: what stands in the header: a line of words and the buttons.
        update_button, copy, export: the buttons.

    Signals:
        seen: whether the page is in sight.
    """

    seen = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.grid = TraversalGrid()
        self.words = FittingLabel()
        self.update_button, self.copy, self.export = (
            QPushButton(text) for text in ("Update", "Copy", "Export…")
        )
        self.copy.setToolTip("Copy the strip as one picture, its captions below each")
        self.export.setToolTip("Write the strip as one PNG, its captions below each")
        self.controls = QWidget()
        row = QHBoxLayout(self.controls)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.words, 1)
        for button in (self.update_button, self.copy, self.export):
            button.setStyleSheet("padding: 2px 10px;")
            row.addWidget(button)
        self.update_button.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.grid)

    def offer(self, text: str, tip: str = "") -> None:
        """What the first button does; none for an empty text."""
        self.update_button.setText(text)
        self.update_button.setToolTip(tip)
        self.update_button.setVisible(bool(text))

    def showEvent(self, event: object) -> None:
        self.seen.emit(True)

    def hideEvent(self, event: object) -> None:
        self.seen.emit(False)
