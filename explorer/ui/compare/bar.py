"""The bar of a comparison: what can be asked of all models at once, each by a button and a key."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSpinBox, QWidget

from explorer.core.comparison import SAMPLED_FROM
from explorer.ui.parts.furniture import Choice


class CompareBar(QWidget):
    """Controls; their keys work all over the window that they are in, once ``take_keys`` is called.

    Attributes:
        together: whether all are on the first model's map.
        measuring: whether the metrics are shown.
        source, seed: what samples are drawn from, and with which seed.

    Signals:
        together_asked, fit_asked, sample_asked, next_asked, image_asked, metrics_asked: a button was pressed.
    """

    together_asked = Signal()
    fit_asked = Signal()
    sample_asked = Signal()
    next_asked = Signal()
    image_asked = Signal()
    metrics_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("top")
        self._actions: list[QAction] = []
        self.together = self._button(
            "All on the first map",
            "1",
            "Every model’s latents on the map of the first",
            self.together_asked.emit,
        )
        self.measuring = self._button(
            "Metrics", "M", "Measure the models on their data, with intervals", self.metrics_asked.emit
        )
        for button in (self.together, self.measuring):
            _show_checked(button)
        fit = self._button("Fit", "F", "Show the whole of each map", self.fit_asked.emit)
        sample = self._button("Sample", "S", "Draw from each model with this seed", self.sample_asked.emit)
        following = self._button(
            "Next seed", "N", "Draw from each model with the next seed", self.next_asked.emit
        )
        image = self._button("Open image…", "Ctrl+O", "Encode one image by each model", self.image_asked.emit)
        self.source = Choice()
        self.source.setAccessibleName("Samples are drawn from")
        self.source.setToolTip("What the samples are drawn from; the seed is the same for all models")
        for key, text in SAMPLED_FROM.items():
            self.source.addItem(text[0].upper() + text[1:], key)
        self.seed = QSpinBox()
        self.seed.setRange(0, 2**31 - 1)
        self.seed.setValue(42)
        self.seed.setPrefix("seed ")
        self.seed.setAccessibleName("Seed of the samples")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 12, 6)
        row.setSpacing(8)
        groups: tuple[tuple[QWidget, ...], ...] = (
            (self.together, fit),
            (self.source, self.seed, sample, following),
            (image, self.measuring),
        )
        for i, group in enumerate(groups):
            if i:
                row.addStretch(1)
            for part in group:
                row.addWidget(part)

    def take_keys(self, window: QWidget) -> None:
        """Let the keys of all buttons work in ``window``."""
        window.addActions(self._actions)

    def _button(self, text: str, keys: str, tip: str, do: Callable[[], None]) -> QPushButton:
        button = QPushButton(text)
        shown = QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
        button.setToolTip(f"{tip} ({shown})")
        button.setAccessibleDescription(tip)
        button.clicked.connect(lambda _=False: do())
        action = QAction(text, self)
        action.setShortcut(QKeySequence(keys))
        action.triggered.connect(lambda _=False: button.click())
        self._actions.append(action)
        return button


def _show_checked(button: QPushButton) -> None:
    """Let a button stay pressed, and say so by more than its colour."""
    text = button.text()
    button.setCheckable(True)
    button.toggled.connect(lambda on: button.setText(f"✓ {text}" if on else text))
