"""The first start: what one can do here, over the map, until it is put away or something else is opened."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from explorer.ui.parts.furniture import small_button

_MARGIN = 12
_TEXT = "Drag over the map: whatever place the hand is at is decoded as it moves."


class Welcome(QFrame):
    """A sentence, and a button for each of the ``offers`` (text, action); at the lower left of ``parent``."""

    def __init__(self, parent: QWidget, offers: Sequence[tuple[str, QAction]]) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.setAccessibleName("Welcome")
        self.setAttribute(Qt.WidgetAttribute.WA_NoMousePropagation)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        close = small_button("✕", "Put this away")
        close.clicked.connect(self.close)
        title = QHBoxLayout()
        title.addWidget(QLabel(_TEXT), 1)
        title.addWidget(close)
        buttons = QHBoxLayout()
        for text, action in offers:
            button = QPushButton(text)
            button.setToolTip(action.toolTip())
            button.clicked.connect(self.close)
            button.clicked.connect(action.trigger)
            buttons.addWidget(button)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 10, 10, 12)
        layout.addLayout(title)
        layout.addLayout(buttons)
        parent.installEventFilter(self)
        self._place()
        self.show()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _place(self) -> None:
        """In a window too narrow or too low for it, it is not shown."""
        around = self.parentWidget()
        assert around is not None
        self.adjustSize()
        self.move(_MARGIN, around.height() - self.height() - _MARGIN)
        self.setVisible(self.width() <= around.width() - 2 * _MARGIN and 4 * self.height() < around.height())
