"""For people who hear the window: what the things are that we paint ourselves, and what has happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from PySide6.QtGui import QAccessibleInterface

ROLE = "accessible_role"
"""A widget with this attribute, a ``QAccessible.Role``, is told as that and not as a mere surface."""


def announce(widget: QWidget, text: str, *, urgent: bool = False) -> None:
    """Have ``text`` read aloud where somebody listens; an ``urgent`` one interrupts."""
    if text and QAccessible.isActive():
        from PySide6.QtGui import QAccessibleAnnouncementEvent

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
    from explorer.ui.parts.accessible_widget import AccessibleWidget

    made = AccessibleWidget(thing, role)
    thing._accessible = made  # type: ignore[attr-defined]  # Qt keeps no reference of its own
    return made
