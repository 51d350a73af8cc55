"""One slider for each axis of the latent, the one that matters most first, unused ones folded away."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from explorer.core.latent_ops.axes import Axis
from explorer.ui.axes.axis_slider import AxisSlider
from explorer.ui.parts.furniture import clear, heading, quiet

Floats = npt.NDArray[np.float32]

AT_ONCE = 64
"""How many sliders there are before more are asked for."""


class LatentSliders(QWidget):
    """A section of the right panel, with its heading: which axes, and a slider for each.

    Attributes:
        choices: what its menu offers: the actions that choose axes.

    Signals:
        moved: ``(number of the axis, coordinate)`` while a slider is dragged or stepped.
        pressed: a slider is taken into the hand: what follows is one step of undo.
        released: it is let go, or a step is done.
        strip_asked: a strip of pictures along the axes is wanted.
        measure_asked: the axes are to be measured at the present picture.
    """

    moved = Signal(int, float)
    pressed = Signal()
    released = Signal()
    strip_asked = Signal()
    measure_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.choices: Sequence[QAction] = ()
        self._axes: tuple[Axis, ...] = ()
        self._densities: Floats | None = None
        self._latent: Floats | None = None
        self._base: Floats | None = None
        self._sliders: dict[int, AxisSlider] = {}
        self._stale: QPushButton | None = None
        self._kind, self.strip = _KindButton(), _link("Strip")
        self._kind.setToolTip("Choose what the sliders move along")
        self._kind.clicked.connect(self._show_choices)
        self.strip.clicked.connect(self.strip_asked)
        header = QHBoxLayout()
        header.setSpacing(8)
        header.addWidget(heading("Latent"))
        header.addWidget(self._kind, 1)
        header.addWidget(self.strip)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(0)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(2)
        self._layout.addLayout(header)
        self._layout.addLayout(self._rows)

    def set_axes(self, axes: tuple[Axis, ...], title: str, size: int) -> None:
        """Make a slider for each of ``axes``; ``title`` says what they are, ``size`` how many there could be.

        The first 64 are made at once, those that change nothing when they are unfolded.
        """
        clear(self._rows)
        self._axes, self._densities, self._sliders = axes, None, {}
        self._kind.set_kind(title)
        active = [i for i, one in enumerate(axes) if one.active]
        unused = [i for i, one in enumerate(axes) if not one.active]
        self._add(active[:AT_ONCE])
        if more := active[AT_ONCE:]:
            self._fold(more, f"{len(more):,} more")
        if size > len(axes):
            self._rows.addWidget(quiet(f"and {size - len(axes):,} dimensions that carry less"))
        if unused:
            words = "unused dimension" + "s" * (len(unused) > 1)
            self._fold(unused, f"{len(unused):,} {words}", "The model does not use them: they change nothing")

    def set_latent(self, latent: Floats, base: Floats | None = None) -> None:
        """Show ``latent (D,)``; ``base`` is what it was before sliders moved it."""
        self._latent, self._base = latent, base
        for slider in self._sliders.values():
            self._place(slider)

    def set_densities(self, heights: Floats) -> None:
        """How densely the data lie along each axis, ``(k, bins)``; see ``axes.densities``."""
        self._densities = heights
        for i, slider in self._sliders.items():
            slider.set_density(heights[i])

    def set_stale(self, text: str) -> None:
        """Say that the axes were measured at another picture, with a way to measure them here."""
        if self._stale is None and text:
            self._stale = _link()
            self._stale.setToolTip("Measure the axes again, at the present picture")
            self._stale.clicked.connect(self.measure_asked)
            self._layout.insertWidget(1, self._stale)
        if self._stale is not None:
            self._stale.setText(text)
            self._stale.setVisible(bool(text))

    def _add(self, numbers: Sequence[int], below: QWidget | None = None) -> None:
        """Make sliders, at the end or below another widget."""
        best = max((one.weight for one in self._axes), default=1.0)
        metrics = self.fontMetrics()
        label = 4 + max((metrics.horizontalAdvance(self._axes[i].name) for i in numbers), default=0)
        at = self._rows.count() if below is None else self._rows.indexOf(below) + 1
        for offset, i in enumerate(numbers):
            axis = self._axes[i]
            slider = AxisSlider(axis, axis.weight / max(best, 1e-12), label)
            slider.valueChanged.connect(lambda _, i=i: self._move(i))
            slider.taken.connect(self.pressed)
            slider.sliderReleased.connect(self.released)
            slider.reset_asked.connect(lambda i=i: self._reset(i))
            self._sliders[i] = slider
            if self._densities is not None:
                slider.set_density(self._densities[i])
            self._place(slider)
            self._rows.insertWidget(at + offset, slider)

    def _fold(self, numbers: Sequence[int], text: str, tip: str = "") -> None:
        """A button that shows and hides some sliders."""
        button = _link(f"{text} ▸")
        button.setCheckable(True)
        button.setToolTip(tip)

        def unfold(shown: bool) -> None:
            button.setText(f"{text} {'▾' if shown else '▸'}")
            if numbers[0] not in self._sliders:
                self._add(numbers, button)
            for i in numbers:
                self._sliders[i].setVisible(shown)

        button.toggled.connect(unfold)
        self._rows.addWidget(button)

    def _place(self, slider: AxisSlider) -> None:
        if self._latent is not None and len(self._latent) == len(slider.axis.reader):
            own = None if self._base is None else float(slider.axis.coordinate(self._base))
            slider.show_coordinate(float(slider.axis.coordinate(self._latent)), own)

    def _move(self, number: int) -> None:
        slider = self._sliders[number]
        self.moved.emit(number, slider.amount())
        if not slider.isSliderDown():
            self.released.emit()

    def _reset(self, number: int) -> None:
        """Back to the middle of the data."""
        self.moved.emit(number, self._axes[number].middle)
        self.released.emit()

    def _show_choices(self) -> None:
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        menu.addActions(self.choices)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self._kind.mapToGlobal(QPoint(0, self._kind.height())))


class _KindButton(QPushButton):
    """Says which axes, as much of it as there is room for, and offers others."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("link")
        self._full = ""

    def set_kind(self, title: str) -> None:
        self._full = title
        self.setAccessibleName(f"Axes of the sliders: {title}")
        self._shorten()

    def resizeEvent(self, event: object) -> None:
        self._shorten()

    def minimumSizeHint(self) -> QSize:
        return QSize(48, super().minimumSizeHint().height())

    def _shorten(self) -> None:
        room = self.width() - self.fontMetrics().horizontalAdvance(" ▾") - 4
        shown = self.fontMetrics().elidedText(self._full, Qt.TextElideMode.ElideRight, room)
        self.setText(f"{shown} ▾")


def _link(text: str = "") -> QPushButton:
    button = QPushButton(text)
    button.setObjectName("link")
    return button
