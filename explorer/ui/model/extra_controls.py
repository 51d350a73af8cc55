"""Controls for what a decoder is fed beside its latent: amounts, labels, switches, noise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QWidget,
)

from explorer.core.plan import ExtraInput
from explorer.ui.parts.furniture import Choice, ElidedLabel, clear
from explorer.ui.parts.value_slider import ValueSlider

if TYPE_CHECKING:
    from explorer.ui.parts.check import Check

_MOST_IN_A_LIST = 30
_NAME_WIDTH = 96
_MOST_SEED = 2**31 - 1


class ExtraControls(QWidget):
    """A row for each input.

    Signals:
        pressed: a control is taken into the hand: what follows is one step of undo.
        changed: ``(name, value)`` of an input that has a new value.
    """

    pressed = Signal()
    changed = Signal(str, float)

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnMinimumWidth(0, _NAME_WIDTH)
        self._grid.setColumnStretch(1, 1)
        self._inputs: tuple[ExtraInput, ...] = ()
        self._setters: dict[str, Callable[[float], None]] = {}
        self.controls: dict[str, QWidget] = {}

    def set_inputs(self, inputs: tuple[ExtraInput, ...]) -> None:
        """Make a control for each input, at the value that it has of itself."""
        clear(self._grid)
        self._inputs, self._setters, self.controls = inputs, {}, {}
        for row, one in enumerate(inputs):
            name = ElidedLabel("quiet")
            name.setFixedWidth(_NAME_WIDTH)
            name.setText(one.name)
            control, set_value = self._make(one)
            control.setAccessibleName(one.name)
            control.setToolTip(f"{one.name}: {one.kind}, {one.low:g} to {one.high:g}")
            self._grid.addWidget(name, row, 0)
            self._grid.addWidget(self._with_dice(control) if one.kind == "noise" else control, row, 1)
            self._setters[one.name], self.controls[one.name] = set_value, control
        self.setVisible(bool(inputs))
        self.set_values({})

    def set_values(self, values: Mapping[str, float]) -> None:
        """Show ``values`` without telling anybody; an input that has none is shown as it is of itself."""
        for one in self._inputs:
            control = self.controls[one.name]
            control.blockSignals(True)
            self._setters[one.name](values.get(one.name, one.value))
            control.blockSignals(False)

    def _make(self, one: ExtraInput) -> tuple[QWidget, Callable[[float], None]]:
        """The control of an input, and what sets it."""
        if one.kind == "amount":
            slider = ValueSlider(one.name, one.low, one.high)
            slider.taken.connect(self.pressed)
            slider.valueChanged.connect(lambda _: self.changed.emit(one.name, slider.amount()))
            return slider, slider.set_amount
        if one.kind == "switch":
            from explorer.ui.parts.check import Check

            box = Check()
            box.toggled.connect(lambda on: self._set(one.name, float(on)))
            return box, lambda value: _switch(box, value >= 0.5)
        if one.kind == "label" and one.high < _MOST_IN_A_LIST:
            combo = Choice()
            combo.addItems([str(i) for i in range(int(one.high) + 1)])
            combo.currentIndexChanged.connect(lambda index: self._set(one.name, float(index)))
            return combo, lambda value: combo.setCurrentIndex(round(value))
        from PySide6.QtWidgets import QSpinBox

        spin = QSpinBox()
        spin.setRange(int(max(one.low, 0)), int(min(one.high, _MOST_SEED)))
        spin.setKeyboardTracking(False)
        spin.valueChanged.connect(lambda value: self._set(one.name, float(value)))
        return spin, lambda value: spin.setValue(round(value))

    def _with_dice(self, control: QWidget) -> QWidget:
        """A seed and a button that takes the next one."""
        from PySide6.QtWidgets import QSpinBox

        assert isinstance(control, QSpinBox)
        dice = QPushButton("Dice")
        dice.setStyleSheet("padding: 2px 10px;")
        dice.setToolTip("Draw other noise: the next seed")
        dice.setAccessibleName(f"Other noise for {control.accessibleName()}")
        dice.clicked.connect(
            lambda: control.setValue(
                control.minimum() if control.value() == control.maximum() else control.value() + 1
            )
        )
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(control, 1)
        layout.addWidget(dice)
        return row

    def _set(self, name: str, value: float) -> None:
        self.pressed.emit()
        self.changed.emit(name, value)


def _switch(box: Check, on: bool) -> None:
    box.setChecked(on)
    box.setText("on" if on else "off")
