"""One sentence to the user, in the window, until it is dismissed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton

from explorer.ui.parts.accessible import announce


class MessageBar(QFrame):
    """Shows an error above the map, with what can be done about it; the newest replaces the one before."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("message")
        self.setAccessibleName("Message")
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.offer = QPushButton()
        self.offer.clicked.connect(self._take)
        self._taken: Callable[[], None] = self.hide
        close = QToolButton()
        close.setText("✕")
        close.setToolTip("Dismiss this message (Esc)")
        close.setAccessibleName("Dismiss")
        close.clicked.connect(self.hide)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 8, 8, 8)
        layout.addWidget(QLabel("!"))
        layout.addWidget(self._text, 1)
        layout.addWidget(self.offer)
        layout.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        self.hide()

    def say(self, sentence: str, offer: str = "", taken: Callable[[], None] | None = None) -> None:
        """Show ``sentence`` as plain text, and a button ``offer`` that calls ``taken``."""
        self._text.setText(sentence)
        self._taken = taken or self.hide
        self.offer.setText(offer)
        self.offer.setVisible(bool(offer))
        self.setAccessibleDescription(sentence)
        self.show()
        announce(self, sentence, urgent=True)

    def _take(self) -> None:
        self.hide()
        self._taken()

    def text(self) -> str:
        """The sentence shown last."""
        return self._text.text()
