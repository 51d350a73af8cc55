"""Ctrl+F: a field over the map that says while one types how many pictures it finds."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QToolButton, QVBoxLayout, QWidget

from explorer.ui.tool_bar import ToolBar

_TYPED_MS = 120
_WIDTH, _NARROW, _MARGIN = 400, 280, 12
_HINT = "words · label:coat · error>0.02 · #17 · -not"
_TIP = """Pictures of which all terms hold:
coat – in the name or in any label
label:coat, label:"ankle boot" – in that column; label=coat – exactly
error>0.02 – a number of that column; z03<-1 – of the latent
#17 – the number in the data
-coat – not that"""


class FindBar(QFrame):
    """The field, a count, and the way through what was found. It keeps to the upper right of its parent.

    Signals:
        typed: another text to look for, once the hand pauses.
        entered: Return: +1 forward, -1 (with Shift) backward.
        closed: it has been put away.
    """

    typed = Signal(str)
    entered = Signal(int)
    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.setAttribute(Qt.WidgetAttribute.WA_NoMousePropagation)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.field = QLineEdit()
        self.field.setPlaceholderText("Find pictures")
        self.field.setToolTip(_TIP)
        self.field.setAccessibleName("Find pictures by name, label or number")
        self.field.setAccessibleDescription(_TIP)
        self._count, self._note = QLabel(), QLabel()
        self._note.setObjectName("quiet")
        self._note.setWordWrap(True)
        self._back = self._button("‹", "The one before (Shift+Return)", lambda: self.entered.emit(-1))
        self._on = self._button("›", "Select them, then the next one (Return)", lambda: self.entered.emit(1))
        close = self._button("×", "Put the search away (Esc)", self.close_bar)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.field, 1)
        row.addWidget(self._count)
        for button in (self._back, self._on, close):
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.setSpacing(4)
        layout.addLayout(row)
        layout.addWidget(self._note)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_TYPED_MS)
        self._later.timeout.connect(self.tell)
        self.field.textChanged.connect(lambda _: self._later.start())
        self.set_found("", "")
        parent.installEventFilter(self)

    def open_bar(self) -> None:
        """Show it, ready to be typed into."""
        self.show()
        self.raise_()
        self._place()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()

    def close_bar(self) -> None:
        """Put it away."""
        if not self.isHidden():
            self.hide()
            self.closed.emit()

    def tell(self) -> None:
        """Say at once what there is to look for."""
        self._later.stop()
        self.typed.emit(self.field.text())

    def tell_if_late(self) -> None:
        """Say at once what has been typed and not been said yet."""
        if self._later.isActive():
            self.tell()

    def set_found(self, count: str, note: str, *, any_found: bool = False) -> None:
        """Show how many were found, and what there is to say beside it."""
        self._count.setText(count)
        self._note.setText(note or _HINT)
        self._note.setObjectName("bad" if note and not any_found else "quiet")
        self._note.style().polish(self._note)
        for button in (self._back, self._on):
            button.setEnabled(any_found)
        self.field.setAccessibleDescription(f"{count}. {note or _TIP}" if count else note or _TIP)
        self._place()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.entered.emit(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
        elif event.key() == Qt.Key.Key_Escape:
            self.close_bar()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Also: Escape belongs to the bar while the keyboard does."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Escape
        ):
            event.accept()
            return True
        return super().event(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        parent, layout = self.parentWidget(), self.layout()
        if parent is None or layout is None:
            return
        tools, top = parent.findChild(ToolBar), _MARGIN
        room = parent.width() - 2 * _MARGIN
        if tools is not None and tools.isVisible():
            beside = room - tools.geometry().right()
            room, top = (beside, top) if beside >= _NARROW else (room, tools.geometry().bottom() + 8)
        width = min(_WIDTH, room)
        height = layout.heightForWidth(width) if layout.hasHeightForWidth() else 0
        self.setGeometry(
            QRect(parent.width() - width - _MARGIN, top, width, max(height, self.sizeHint().height()))
        )

    def _button(self, text: str, tip: str, method) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setStyleSheet("padding: 3px 5px")
        button.clicked.connect(lambda _=False: method())
        return button
