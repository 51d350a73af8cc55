"""A widget as it is told to who hears the window; loaded when somebody listens."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QAccessible, QAccessibleInterface, QAccessibleObject
from PySide6.QtWidgets import QWidget


class AccessibleWidget(QAccessibleObject):
    """A widget as Qt would tell it, but for its role."""

    def __init__(self, widget: QWidget, role: QAccessible.Role) -> None:
        super().__init__(widget)
        self._role = role

    def _widget(self) -> QWidget:
        widget = self.object()
        assert isinstance(widget, QWidget)
        return widget

    def role(self) -> QAccessible.Role:
        return self._role

    def state(self) -> QAccessible.State:
        widget, state = self._widget(), QAccessible.State()
        state.invisible = int(not widget.isVisible())
        state.disabled = int(not widget.isEnabled())
        state.focusable = int(widget.focusPolicy().value != 0)
        state.focused = int(widget.hasFocus())
        return state

    def text(self, kind: QAccessible.Text) -> str:
        widget = self._widget()
        if kind == QAccessible.Text.Name:
            return widget.accessibleName()
        if kind == QAccessible.Text.Description:
            return widget.accessibleDescription() or widget.toolTip()
        return ""

    def rect(self) -> QRect:
        widget = self._widget()
        return QRect(widget.mapToGlobal(QPoint(0, 0)), widget.size())

    def parent(self) -> QAccessibleInterface | None:  # type: ignore[override]
        parent = self._widget().parentWidget()
        return QAccessible.queryAccessibleInterface(parent) if parent is not None else None

    def _children(self) -> list[QWidget]:
        children = self._widget().children()
        return [one for one in children if isinstance(one, QWidget) and not one.isWindow()]

    def childCount(self) -> int:
        return len(self._children())

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]
        children = self._children()
        if not 0 <= index < len(children):
            return None
        return QAccessible.queryAccessibleInterface(children[index])

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        thing = child.object()
        children = self._children()
        return children.index(thing) if thing in children else -1

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:  # type: ignore[override]
        for one in reversed(self._children()):
            if one.isVisible() and one.rect().contains(one.mapFromGlobal(QPoint(x, y))):
                return QAccessible.queryAccessibleInterface(one)
        return None
