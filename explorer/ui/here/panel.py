"""The right panel: what is at the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from explorer.core.plan import ExtraInput
from explorer.core.session import DroppedImage
from explorer.ui.axes.latent_sliders import LatentSliders
from explorer.ui.here.carry_control import CarryControl
from explorer.ui.here.neighbour_row import NeighbourRow
from explorer.ui.here.trust_rows import TrustRows
from explorer.ui.model.extra_controls import ExtraControls
from explorer.ui.parts.furniture import ElidedLabel, column, heading, scrolling, set_heading
from explorer.ui.parts.pictures import PictureView

if TYPE_CHECKING:
    from explorer.ui.model.dropped_section import DroppedSection

_LEAST_PICTURE = 64
_FIRST = 1000  # of the height that there is, before what can be scrolled gets any


class HerePanel(QWidget):
    """Decoded picture, how far to believe it, dropped and nearest pictures, sliders, the decoder's inputs.

    Attributes:
        picture, trust, carry, neighbours, sliders, extras: its parts.

    Signals:
        dropped_stepped: 1 for the next dropped picture, −1 for the one before.
        dropped_put_away: the dropped pictures are no longer wanted.
    """

    dropped_stepped = Signal(int)
    dropped_put_away = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.picture = PictureView(square=True)
        self.picture.setAccessibleName("Decoded picture")
        self.picture.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.picture.setMinimumHeight(_LEAST_PICTURE)
        self.trust, self.carry, self.neighbours = TrustRows(), CarryControl(), NeighbourRow()
        self.sliders, self.extras = LatentSliders(), ExtraControls()
        self._heading, self._extras_heading = heading(), heading("Other inputs")
        self._source = ElidedLabel("quiet")
        self._source.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._dropped: DroppedSection | None = None
        self._sections: list[tuple[int, QWidget]] = []

        title = QHBoxLayout()
        title.addWidget(self._heading)
        title.addWidget(self._source, 1)
        below = QWidget()
        self._rest = QVBoxLayout(below)
        self._rest.setContentsMargins(0, 0, 6, 0)
        self._rest.setSpacing(10)
        for widget in (
            self.neighbours,
            self._extras_heading,
            self.extras,
            self.sliders,
        ):
            self._rest.addWidget(widget)
        self._rest.addStretch(1)
        layout = column(self)
        layout.addLayout(title)
        layout.addWidget(self.picture, _FIRST)
        layout.addWidget(self.trust)
        layout.addWidget(self.carry)
        layout.addWidget(scrolling(below), 1)
        self.carry.hide()
        self.set_kinds(decoded=True, real=True)
        self.set_extras(())

    def resizeEvent(self, event: object) -> None:
        # The picture is as large as the panel allows, but leaves room for what stands below it.
        side = max(_LEAST_PICTURE, min(self.width() - 28, self.height() * 2 // 5))
        self.picture.setMaximumHeight(side)

    def add_section(self, widget: QWidget, rank: int) -> None:
        """Put a section of somebody else's below the nearest images and those of a lower ``rank``.

        It has its own heading.
        """
        before = next((one for known, one in self._sections if known > rank), self._extras_heading)
        self._rest.insertWidget(self._rest.indexOf(before), widget)
        self._sections = sorted([*self._sections, (rank, widget)], key=lambda one: one[0])

    def set_kinds(self, *, decoded: bool, real: bool) -> None:
        """Say what the pictures are: decoded, or that of the nearest image; neighbours real, or samples."""
        name = "Decoded here" if decoded else "Nearest real image"
        set_heading(self._heading, name)
        self.picture.setAccessibleName("Decoded picture" if decoded else name)
        self.neighbours.set_title("Nearest real images" if real else "Nearest samples")

    def set_extras(self, inputs: tuple[ExtraInput, ...]) -> None:
        """Show controls for what the decoder is fed beside the latent, or fold the section away."""
        self._extras_heading.setVisible(bool(inputs))
        self.extras.set_inputs(inputs)

    def set_source(self, text: str) -> None:
        """Say where the present latent comes from."""
        self._source.setText(text)

    def set_dropped(self, images: tuple[DroppedImage, ...], shown: int, usual: float | None = None) -> None:
        """Show one of the dropped pictures, or fold the section away.

        ``usual`` is the data's mean squared error, where it is known.
        """
        if images and self._dropped is None:
            from explorer.ui.model.dropped_section import DroppedSection

            self._dropped = DroppedSection()
            self._dropped.stepped.connect(self.dropped_stepped)
            self._dropped.put_away.connect(self.dropped_put_away)
            self._rest.insertWidget(0, self._dropped)
        if self._dropped is not None:
            self._dropped.setVisible(bool(images))
            if images:
                self._dropped.set_image(images[shown], shown + 1, len(images), usual)
