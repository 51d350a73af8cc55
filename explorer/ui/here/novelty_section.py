"""Whether the decoded picture is new: nearest by picture and by latent, each with a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from explorer.ui.here.neighbour_row import Neighbour, NeighbourRow
from explorer.ui.parts.furniture import section_title, small_button


class NoveltySection(QWidget):
    """A section of the right panel.

    Attributes:
        by_picture: the real images whose pixels are nearest.
        picture_words, latent_words: what is said by picture, and by latent.

    Signals:
        closed: it is no longer wanted.
    """

    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.by_picture = NeighbourRow()
        self.by_picture.set_title("Nearest by picture")
        self.picture_words, self.latent_words = _words(), _words()
        close = small_button("×", "No longer compare with the data")
        close.clicked.connect(self.closed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 4)
        layout.setSpacing(6)
        layout.addLayout(section_title("New or memorised?", close))
        layout.addWidget(self.latent_words)
        layout.addWidget(self.picture_words)
        layout.addWidget(self.by_picture)

    def set_found(
        self, latent: str, picture: str, neighbours: Sequence[Neighbour], how: str, tip: str
    ) -> None:
        """Show what was found; ``how`` says what the percentages are of, ``tip`` exactly."""
        self.latent_words.setText(latent)
        self.picture_words.setText(picture)
        for label in (self.latent_words, self.picture_words):
            label.setToolTip(tip)
        self.by_picture.set_neighbours(list(neighbours), how)


def _words() -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    label.setMinimumWidth(40)
    return label
