"""Sample…: from where, how many, with which seed."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QSpinBox,
    QWidget,
)

from explorer.core.sampling import EACH_LABEL, SAMPLERS, SampleRequest, available
from explorer.core.session import Session

_MOST = 1000
_USUAL = 12


class SampleDialog(QDialog):
    """Asks for a ``SampleRequest``.

    Signals:
        asked: the request, when the user agrees.
    """

    asked = Signal(object)

    def __init__(self, parent: QWidget, session: Session, chosen: str) -> None:
        super().__init__(parent)
        self.setWindowTitle("Sample pictures")
        self._fields = session.work.fields if session.work else ()
        self._source = QComboBox()
        for sampler in available(session):
            self._source.addItem(sampler.title, sampler.name)
        self._source.setCurrentIndex(max(0, self._source.findData(chosen)))
        self._note = QLabel()
        self._note.setObjectName("quiet")
        self._note.setWordWrap(True)
        self._note.setMinimumWidth(340)
        self._count, self._seed = QSpinBox(), QSpinBox()
        self._count.setRange(1, _MOST)
        self._count.setValue(_USUAL)
        self._seed.setRange(0, 2**31 - 1)
        self._seed.setValue(session.seed)
        self._seed.setToolTip("The same seed gives the same pictures")
        self._radius = _number(SampleRequest.radius, 10.0, 0.5, " σ")
        self._temperature = _number(SampleRequest.temperature, 3.0, 0.1, "", least=0.05)
        self._truncation = _number(1.0, 5.0, 0.1, " σ", least=0.1)
        self._truncated = QCheckBox("Within")
        self._truncated.setToolTip("Draw no coordinate farther out than this")
        self._truncated.toggled.connect(self._truncation.setEnabled)
        self._truncation.setEnabled(False)
        self._truncation_row = QWidget()
        row = QHBoxLayout(self._truncation_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._truncated)
        row.addWidget(self._truncation, 1)
        self._field, self._label = QComboBox(), QComboBox()
        self._field.addItems([one.name for one in self._fields])
        self._field.currentIndexChanged.connect(self._list_labels)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.button(QDialogButtonBox.StandardButton.Ok).setText("Sample")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        form = QFormLayout(self)
        form.addRow("From", self._source)
        form.addRow("", self._note)
        self._rows: dict[str, QWidget] = {}
        for setting, title, widget in (
            ("radius", "Radius", self._radius),
            ("temperature", "Temperature", self._temperature),
            ("truncation", "Truncation", self._truncation_row),
            ("field", "Column", self._field),
            ("code", "Label", self._label),
        ):
            form.addRow(title, widget)
            self._rows[setting] = widget
        for name, control in (
            ("Radius", self._radius), ("Temperature", self._temperature), ("Truncation", self._truncation),
            ("Truncate", self._truncated), ("Sampler", self._source), ("Pictures", self._count),
            ("Seed", self._seed), ("Column", self._field), ("Label", self._label),
        ):  # fmt: skip
            control.setAccessibleName(name)
        self._counts = QLabel("Pictures")
        form.addRow(self._counts, self._count)
        form.addRow("Seed", self._seed)
        form.addRow(buttons)
        self._form = form
        self._source.currentIndexChanged.connect(self._explain)
        self._label.currentIndexChanged.connect(self._explain)
        self.accepted.connect(lambda: self.asked.emit(self.request()))
        self._list_labels()
        self._explain()

    def request(self) -> SampleRequest:
        """What the dialog says at present."""
        code = self._label.currentData()
        return SampleRequest(
            str(self._source.currentData()),
            self._count.value(),
            self._seed.value(),
            self._radius.value(),
            self._temperature.value(),
            self._truncation.value() if self._truncated.isChecked() else None,
            self._field.currentText(),
            -1 if code is None else int(code),
        )

    def _list_labels(self) -> None:
        self._label.clear()
        if self._fields:
            self._label.addItem("each of them", EACH_LABEL)
            self._label.insertSeparator(1)
            for code, name in enumerate(self._fields[max(0, self._field.currentIndex())].names):
                self._label.addItem(name, code)
            self._label.setCurrentIndex(2)

    def _explain(self) -> None:
        sampler = SAMPLERS[str(self._source.currentData())]
        self._note.setText(sampler.note)
        for setting, widget in self._rows.items():
            self._form.setRowVisible(widget, setting in sampler.settings)
        of_each = "code" in sampler.settings and self._label.currentData() == EACH_LABEL
        self._counts.setText("Pictures of each" if of_each else "Pictures")
        self._count.setAccessibleName(self._counts.text())
        self.adjustSize()


def _number(value: float, most: float, step: float, suffix: str, least: float = 0.0) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setRange(least, most)
    box.setSingleStep(step)
    box.setValue(value)
    box.setSuffix(suffix)
    return box
