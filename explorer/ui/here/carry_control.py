"""How far a carried picture keeps what is its own."""

from __future__ import annotations

import math

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from explorer.core.carry import REACH
from explorer.ui.parts.furniture import quiet
from explorer.ui.parts.value_slider import ValueSlider

REACHES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, REACH, 0.75, 1.0, math.inf)
"""What can be chosen, in diameters of the map."""

_TIP = (
    "Drag the ring of a picture of its own (a data point, a dropped or kept image, a slider's, a sample) and "
    "it goes along: what the map does not explain of it is added to what the map says.\n"
    "This is how far: at so much of the map's width nothing of it is left. C turns it off and on."
)


class CarryControl(QWidget):
    """A quiet slider with ten stops, from off to all over the map.

    Signals:
        taken: the hand takes it: what follows is one step of undo.
        changed: the reach in diameters of the map, by the hand.
    """

    taken = Signal()
    changed = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self._slider = _ReachSlider()
        self._slider.taken.connect(self.taken)
        self._slider.valueChanged.connect(lambda stop: self.changed.emit(REACHES[stop]))
        self._slider.setToolTip(_TIP)
        self.setToolTip(_TIP)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(quiet("Carry"))
        row.addWidget(self._slider, 1)

    def set_reach(self, reach: float) -> None:
        """Show the stop nearest to ``reach`` without telling anybody."""
        self._slider.set_amount(float(REACHES.index(nearest_stop(reach))))


class _ReachSlider(ValueSlider):
    def __init__(self) -> None:
        super().__init__("Carry: how far a picture keeps what is its own", 0.0, len(REACHES) - 1.0)
        self.setRange(0, len(REACHES) - 1)
        self.setSingleStep(1)
        self.setPageStep(2)

    def _text(self) -> str:
        return reach_words(REACHES[self.value()])


def nearest_stop(reach: float) -> float:
    """The one of ``REACHES`` that is nearest."""
    finite = [one for one in REACHES if one < math.inf]
    return math.inf if reach > 2.0 * finite[-1] else min(finite, key=lambda one: abs(one - reach))


def reach_words(reach: float) -> str:
    """A reach, short."""
    if reach <= 0.0:
        return "off"
    return "all over" if reach == math.inf else f"{reach:.0%}"
