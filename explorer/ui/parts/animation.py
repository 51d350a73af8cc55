"""Whether what changes may move on its way, as the desktop wants it."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication


def is_wanted() -> bool:
    """Whether the desktop's style animates at all."""
    from PySide6.QtWidgets import QStyle  # its enums take half a frame to make, and the start needs none

    return QApplication.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration) > 0
