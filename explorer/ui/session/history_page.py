"""The strip's page of the pictures looked at last."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedLayout, QWidget

from explorer.ui.parts.furniture import quiet
from explorer.ui.parts.picture_strip import PictureStrip, Shown
from explorer.ui.session.history import Glance, tip_of

_CELL = 128


class HistoryPage(QWidget):
    """A row of pictures, the newest at the right.

    Attributes:
        strip: the pictures.
        controls: what stands in the strip's header.

    Signals:
        chosen: the number of a picture to look at again.
    """

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.strip = PictureStrip("Pictures looked at last", _CELL)
        self.strip.chosen.connect(self.chosen)
        self._count = quiet()
        self.controls = QWidget()
        head = QHBoxLayout(self.controls)
        head.setContentsMargins(0, 0, 0, 0)
        head.addWidget(self._count, 1)
        empty = quiet("What you look at and stay at for a moment is remembered here.")
        empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._layers = QStackedLayout(self)
        self._layers.addWidget(empty)
        self._layers.addWidget(self.strip)

    def set_glances(self, glances: Sequence[Glance], current: int) -> None:
        """Show these, and mark the one that is looked at."""
        self.strip.set_pictures(
            [Shown(one, one.image, "", f"{tip_of(one)}: click to look again") for one in glances]
        )
        self.strip.set_current(current)
        self._count.setText(
            "Click a picture to look at exactly that again · Alt+← and Alt+→" if glances else ""
        )
        self._layers.setCurrentIndex(1 if glances else 0)
