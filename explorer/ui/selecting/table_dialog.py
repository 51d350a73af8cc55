"""Export table…: which rows, and whether with their latents."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QDialog,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from explorer.ui.parts.file_dialogs import save_buttons
from explorer.ui.parts.furniture import quiet


class TableDialog(QDialog):
    """Asks for the rows of a table and how much to tell of each.

    Signals:
        asked: which rows ("selection", "shown" or "all"), and whether latents are wanted.
    """

    asked = Signal(str, bool)

    def __init__(self, parent: QWidget, counts: dict[str, int], columns: str, latent_size: int) -> None:
        """``counts``: how many rows there are of each kind, those that can be chosen; the first is."""
        super().__init__(parent)
        self.setWindowTitle("Export table")
        names = {"selection": "The selection", "shown": "All points shown", "all": "All points"}
        self._kinds = QButtonGroup(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(8)
        for kind, count in counts.items():
            choice = QRadioButton(f"{names[kind]} ({count:,} rows)")
            choice.setObjectName(kind)
            self._kinds.addButton(choice)
            choice.setChecked(len(self._kinds.buttons()) == 1)
            layout.addWidget(choice)
        self._latents = QCheckBox(f"With the latents, {latent_size:,} columns")
        self._latents.setToolTip("Each dimension as a column z00, z01, …")
        layout.addSpacing(4)
        layout.addWidget(self._latents)
        note = quiet(f"One row for each picture: {columns}.")
        note.setWordWrap(True)
        note.setMinimumWidth(340)
        layout.addWidget(note)
        layout.addSpacing(4)
        layout.addWidget(save_buttons(self, "Save as…")[0])
        self.accepted.connect(self._ask)

    def choose(self, kind: str, *, latents: bool) -> None:
        """Choose the rows of a kind, with or without their latents."""
        for choice in self._kinds.buttons():
            choice.setChecked(choice.objectName() == kind)
        self._latents.setChecked(latents)

    def _ask(self) -> None:
        kind = next(choice.objectName() for choice in self._kinds.buttons() if choice.isChecked())
        self.asked.emit(kind, self._latents.isChecked())
