"""Sample…: from where, how many, with which seed."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QSpinBox,
    QWidget,
)

from explorer.core.sampling import SampleRequest

SOURCES = {
    "prior": (
        "The prior N(0, I)",
        "What the model was trained to be sampled from; for a plain autoencoder it is not.",
    ),
    "around": (
        "Around the cursor",
        "The cursor's latent plus noise of the data's own spread times the radius.",
    ),
    "selection": ("The lassoed points", "New pictures between the points inside the lasso."),
    "shown": ("The points shown", "New pictures between the points that the legend's filter leaves."),
}


class SampleDialog(QDialog):
    """Asks for a ``SampleRequest``.

    Signals:
        asked: the request, when the user agrees.
    """

    asked = Signal(object)

    def __init__(self, parent: QWidget, kinds: list[str], chosen: str, seed: int) -> None:
        super().__init__(parent)
        self.setWindowTitle("Sample pictures")
        self._source = QComboBox()
        for kind in kinds:
            self._source.addItem(SOURCES[kind][0], kind)
        self._source.setCurrentIndex(max(0, self._source.findData(chosen)))
        self._note = QLabel()
        self._note.setObjectName("quiet")
        self._note.setWordWrap(True)
        self._note.setMinimumWidth(320)
        self._count, self._seed, self._radius = QSpinBox(), QSpinBox(), QDoubleSpinBox()
        self._count.setRange(1, 1000)
        self._count.setValue(12)
        self._seed.setRange(0, 2**31 - 1)
        self._seed.setValue(seed)
        self._radius.setRange(0.0, 3.0)
        self._radius.setSingleStep(0.1)
        self._radius.setValue(0.5)
        self._seed.setToolTip("The same seed gives the same pictures")
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.button(QDialogButtonBox.StandardButton.Ok).setText("Sample")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        form = QFormLayout(self)
        form.addRow("From", self._source)
        form.addRow("", self._note)
        form.addRow("Pictures", self._count)
        form.addRow("Radius", self._radius)
        form.addRow("Seed", self._seed)
        form.addRow(buttons)
        self._form = form
        self._source.currentIndexChanged.connect(self._explain)
        self.accepted.connect(lambda: self.asked.emit(self.request()))
        self._explain()

    def request(self) -> SampleRequest:
        """What the dialog says at present."""
        return SampleRequest(
            str(self._source.currentData()), self._count.value(), self._seed.value(), self._radius.value()
        )

    def _explain(self) -> None:
        kind = str(self._source.currentData())
        self._note.setText(SOURCES[kind][1])
        self._form.setRowVisible(self._radius, kind == "around")
