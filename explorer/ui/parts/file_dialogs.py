"""What dialogs about files share."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFileDialog, QPushButton

FileDialog = Callable[[str, QFileDialog.FileMode], QFileDialog]
"""Makes a dialog of a title that begins in the folder of the last one; to be set up and opened."""


def save_buttons(dialog: QDialog, text: str) -> tuple[QDialogButtonBox, QPushButton]:
    """The row of buttons that accepts or rejects ``dialog``, and the one of them that says ``text``."""
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
    save = buttons.button(QDialogButtonBox.StandardButton.Save)
    save.setText(text)
    buttons.accepted.connect(dialog.accept)
    buttons.rejected.connect(dialog.reject)
    return buttons, save
