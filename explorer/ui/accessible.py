"""For people who hear the window: what the things are that we paint ourselves, and what has happened."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPoint, QRect
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QAccessibleInterface, QAccessibleObject
from PySide6.QtWidgets import QWidget

ROLE = "accessible_role"
"""A widget with this attribute, a ``QAccessible.Role``, is told as that and not as a mere surface."""


def announce(widget: QWidget, text: str, *, urgent: bool = False) -> None:
    """Have ``text`` read aloud where somebody listens; an ``urgent`` one interrupts."""
    if text and QAccessible.isActive():
        event = QAccessibleAnnouncementEvent(widget, text)
        assertive = QAccessible.AnnouncementPoliteness.Assertive
        event.setPoliteness(assertive if urgent else QAccessible.AnnouncementPoliteness.Polite)
        QAccessible.updateAccessibility(event)


def install() -> None:
    """Give widgets that we paint ourselves their roles; before the first of them is asked for."""
    QAccessible.installFactory(_described)


def _described(_kind: str, thing: QObject | None) -> QAccessibleInterface | None:
    role = getattr(thing, ROLE, None)
    if role is None or not isinstance(thing, QWidget):
        return None
    made = _Described(thing, role)
    thing._accessible = made  # type: ignore[attr-defined]  # Qt keeps no reference of its own
    return made


class _Described(QAccessibleObject):
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

    def parent(self) -> QAccessibleInterface | None:
        parent = self._widget().parentWidget()
        return QAccessible.queryAccessibleInterface(parent) if parent is not None else None

    def _children(self) -> list[QWidget]:
        children = self._widget().children()
        return [one for one in children if isinstance(one, QWidget) and not one.isWindow()]

    def childCount(self) -> int:
        return len(self._children())

    def child(self, index: int) -> QAccessibleInterface | None:
        children = self._children()
        if not 0 <= index < len(children):
            return None
        return QAccessible.queryAccessibleInterface(children[index])

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        thing = child.object()
        children = self._children()
        return children.index(thing) if thing in children else -1

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:
        for one in reversed(self._children()):
            if one.isVisible() and one.rect().contains(one.mapFromGlobal(QPoint(x, y))):
                return QAccessible.queryAccessibleInterface(one)
        return None
