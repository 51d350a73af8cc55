"""The right panel: what is at the cursor."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from explorer.core.pixels import difference
from explorer.core.plan import ExtraInput
from explorer.core.session import DroppedImage
from explorer.ui.extra_controls import ExtraControls
from explorer.ui.furniture import ElidedLabel, column, heading, quiet, scrolling, set_heading
from explorer.ui.latent_sliders import LatentSliders
from explorer.ui.pictures import PictureView

Pictures = npt.NDArray[np.uint8]

NEIGHBOURS = 5


class SupportBar(QWidget):
    """How near data is, from 0 (the map is silent here) to 1."""

    def __init__(self) -> None:
        super().__init__()
        self._support: float | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_support(self, support: float | None) -> None:
        self._support = support
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(120, 16)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(0, 0, 0, 0))
        track = QRectF(0, self.height() / 2 - 2.5, self.width(), 5)
        painter.setBrush(self.palette().mid())
        painter.drawRoundedRect(track, 2.5, 2.5)
        if self._support:
            gradient = QLinearGradient(track.topLeft(), track.topRight())
            gradient.setColorAt(0, self.palette().highlight().color())
            gradient.setColorAt(1, QColor("#7fd1ae"))
            painter.setBrush(gradient)
            track.setWidth(max(5.0, track.width() * self._support))
            painter.drawRoundedRect(track, 2.5, 2.5)


def support_words(support: float | None) -> str:
    """What a support means, for the tooltip and for screen readers."""
    if support is None:
        return "No map yet: how near data is cannot be told"
    if support > 0.95:
        return "Data lie right here: the picture is grounded"
    if support > 0.3:
        return "At the edge of the data: believe the picture with care"
    if support > 0:
        return "Hardly any data near: the picture is a guess"
    return "No data here: the decoder makes something up"


class DroppedRow(QWidget):
    """A dropped picture as the model sees it, what the model makes of it, and where the two differ."""

    def __init__(self) -> None:
        super().__init__()
        self._views = [PictureView(square=True) for _ in range(3)]
        self._title = ElidedLabel("quiet")
        self._error = QLabel()
        self._of_decoder: list[QWidget] = []
        grid = QGridLayout()
        grid.setSpacing(6)
        for i, (view, name) in enumerate(
            zip(self._views, ("Original", "Reconstruction", "Difference"), strict=True)
        ):
            view.setAccessibleName(name)
            grid.addWidget(view, 0, i)
            caption = quiet(name)
            font = caption.font()
            font.setPointSizeF(font.pointSizeF() - 1)
            caption.setFont(font)
            grid.addWidget(caption, 1, i)
            grid.setColumnStretch(i, 1)
            if i:
                self._of_decoder += [view, caption]
        line = QHBoxLayout()
        line.addWidget(self._title, 1)
        line.addWidget(self._error)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(grid)
        layout.addLayout(line)

    def set_image(self, image: DroppedImage, others: int) -> None:
        """Show one dropped picture; ``others`` came with it and are marked on the map."""
        drawn = image.reconstruction
        self._views[0].set_picture(image.original)
        self._views[1].set_picture(drawn)
        self._views[2].set_picture(None if drawn is None else difference(image.original, drawn))
        for part in self._of_decoder:
            part.setVisible(drawn is not None)
        self._title.setText(image.name + (f" and {others} more" if others else ""))
        self._error.setText("" if image.error is None else f"MSE {image.error:.4f}")
        self._error.setToolTip("Mean squared error between original and reconstruction, on [0, 1] pixels")


class HerePanel(QWidget):
    """Decoded picture, support, nearest real images, dropped picture, sliders, the decoder's other inputs.

    Signals:
        neighbour_chosen: a row of the map, by a click on a nearest real image.
    """

    neighbour_chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.picture = PictureView(square=True)
        self.picture.setAccessibleName("Decoded picture")
        self.picture.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.sliders, self.extras = LatentSliders(), ExtraControls()
        self._heading, self._neighbours_heading = heading(), heading()
        self._extras_heading = heading("Other inputs")
        self._source = ElidedLabel("quiet")
        self._source.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._support = SupportBar()
        self._support_value = QLabel("–")
        self._support_value.setMinimumWidth(34)
        self._neighbours = [PictureView(square=True) for _ in range(NEIGHBOURS)]
        self._rows: list[int] = []
        self._dropped_heading = heading("Dropped image")
        self._dropped = DroppedRow()

        title = QHBoxLayout()
        title.addWidget(self._heading)
        title.addWidget(self._source, 1)
        support = QHBoxLayout()
        support.setSpacing(8)
        support.addWidget(quiet("Support"))
        support.addWidget(self._support, 1)
        support.addWidget(self._support_value)
        row = QHBoxLayout()
        row.setSpacing(6)
        for i, view in enumerate(self._neighbours):
            view.activated.connect(lambda i=i: self._choose(i))
            row.addWidget(view)
        below = QWidget()
        rest = QVBoxLayout(below)
        rest.setContentsMargins(0, 0, 6, 0)
        rest.setSpacing(8)
        rest.addWidget(self._dropped_heading)
        rest.addWidget(self._dropped)
        rest.addWidget(self._neighbours_heading)
        rest.addLayout(row)
        rest.addWidget(self._extras_heading)
        rest.addWidget(self.extras)
        rest.addWidget(heading("Latent · by information"))
        rest.addWidget(self.sliders)
        rest.addStretch(1)
        layout = column(self)
        layout.addLayout(title)
        layout.addWidget(self.picture)
        layout.addLayout(support)
        layout.addWidget(scrolling(below), 1)
        self.set_support(None)
        self.set_dropped(())
        self.set_kinds(decoded=True, real=True)
        self.set_extras(())

    def resizeEvent(self, event: object) -> None:
        # The picture is as large as the panel allows, but leaves room for what stands below it.
        side = max(96, min(self.width() - 28, self.height() * 2 // 5))
        self.picture.setFixedHeight(side)

    def set_kinds(self, *, decoded: bool, real: bool) -> None:
        """Say what the pictures are: decoded, or that of the nearest image; neighbours real, or samples."""
        name = "Decoded here" if decoded else "Nearest real image"
        set_heading(self._heading, name)
        self.picture.setAccessibleName("Decoded picture" if decoded else name)
        set_heading(self._neighbours_heading, "Nearest real images" if real else "Nearest samples")

    def set_extras(self, inputs: tuple[ExtraInput, ...]) -> None:
        """Show controls for what the decoder is fed beside the latent, or fold the section away."""
        self._extras_heading.setVisible(bool(inputs))
        self.extras.set_inputs(inputs)

    def set_source(self, text: str) -> None:
        """Say where the present latent comes from."""
        self._source.setText(text)

    def set_support(self, support: float | None) -> None:
        """Show how near data is, in [0, 1], or nothing without a map."""
        self._support.set_support(support)
        self._support_value.setText("–" if support is None else f"{support:.2f}")
        for widget in (self._support, self._support_value):
            widget.setToolTip(support_words(support))
        self._support.setAccessibleName(support_words(support))

    def set_neighbours(self, rows: list[int], pictures: list[Pictures], tips: list[str]) -> None:
        """Show the nearest real images and remember which rows they are."""
        self._rows = rows
        for i, view in enumerate(self._neighbours):
            view.set_picture(pictures[i] if i < len(pictures) else None)
            view.setToolTip(tips[i] if i < len(tips) else "")

    def set_dropped(self, images: tuple[DroppedImage, ...]) -> None:
        """Show the first of the dropped pictures, or fold the section away."""
        self._dropped_heading.setVisible(bool(images))
        self._dropped.setVisible(bool(images))
        if images:
            self._dropped.set_image(images[0], len(images) - 1)

    def _choose(self, i: int) -> None:
        if i < len(self._rows):
            self.neighbour_chosen.emit(self._rows[i])
