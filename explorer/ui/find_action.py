"""Ctrl+K: find any action by name and do it."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QDialog, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget


class FindAction(QDialog):
    """A list of all actions that narrows as one types; Return does the chosen one."""

    def __init__(self, parent: QWidget, actions: Iterable[QAction]) -> None:
        super().__init__(parent)
        self.setWindowTitle("Find an action")
        self.resize(460, 340)
        self._actions = [action for action in actions if action.text()]
        self._line, self._list = QLineEdit(), QListWidget()
        self._line.setPlaceholderText("What do you want to do?")
        self._line.textChanged.connect(self._narrow)
        self._list.itemActivated.connect(lambda _: self._do())
        self._list.itemClicked.connect(lambda _: self._do())
        layout = QVBoxLayout(self)
        layout.addWidget(self._line)
        layout.addWidget(self._list)
        self._narrow("")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            step = 1 if event.key() == Qt.Key.Key_Down else -1
            self._list.setCurrentRow(max(0, min(self._list.count() - 1, self._list.currentRow() + step)))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._do()
        else:
            super().keyPressEvent(event)

    def _narrow(self, text: str) -> None:
        words = text.lower().split()
        self._list.clear()
        for action in self._actions:
            name = action.text().replace("&", "")
            if all(word in f"{name} {action.toolTip()}".lower() for word in words):
                keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
                item = QListWidgetItem(f"{name}    {keys}" if keys else name)
                item.setData(Qt.ItemDataRole.UserRole, action)
                item.setToolTip(action.toolTip())
                if not action.isEnabled():
                    item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEnabled)
                self._list.addItem(item)
        self._list.setCurrentRow(0)

    def _do(self) -> None:
        item = self._list.currentItem()
        if item is None or not item.flags() & Qt.ItemFlag.ItemIsEnabled:
            return
        action = item.data(Qt.ItemDataRole.UserRole)
        self.accept()
        action.trigger()
