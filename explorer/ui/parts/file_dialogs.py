"""What dialogs about files share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFileDialog, QPushButton

from explorer.core.pixels import PICTURE_SUFFIXES

FileDialog = Callable[[str, QFileDialog.FileMode], QFileDialog]
"""Makes a dialog of a title that begins in the folder of the last one; to be set up and opened."""


def ask_model(file_dialog: FileDialog, then: Callable[[tuple[Path, ...]], object]) -> None:
    """Ask for the files of a model that is not where it was."""
    dialog = file_dialog("Where is the model?", QFileDialog.FileMode.ExistingFiles)
    dialog.setNameFilter("Encoder and decoder (*.onnx);;All files (*)")
    dialog.filesSelected.connect(lambda names: then(tuple(map(Path, names))))
    dialog.open()


def image_patterns() -> str:
    """Patterns of all picture files that can be read, for a name filter."""
    return " ".join(f"*{suffix}" for suffix in sorted(PICTURE_SUFFIXES))


def save_buttons(dialog: QDialog, text: str) -> tuple[QDialogButtonBox, QPushButton]:
    """The row of buttons that accepts or rejects ``dialog``, and the one of them that says ``text``."""
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
    save = buttons.button(QDialogButtonBox.StandardButton.Save)
    save.setText(text)
    buttons.accepted.connect(dialog.accept)
    buttons.rejected.connect(dialog.reject)
    return buttons, save
