"""One model of a comparison: its map, its picture, its samples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QVBoxLayout, QWidget

from explorer.core.coloring import column_of, default_key, painted
from explorer.core.comparison import Side
from explorer.core.latent_map import LatentMap
from explorer.ui.map.view import MapView
from explorer.ui.parts.furniture import ElidedLabel, quiet
from explorer.ui.parts.picture_strip import PictureStrip, Shown
from explorer.ui.parts.pictures import PictureView, to_qimage
from explorer.ui.parts.theme import DARK, Theme

Pictures = npt.NDArray[np.uint8]

_PICTURE, _SAMPLE = 112, 44


class CompareColumn(QWidget):
    """What is shown of one side; views and labels only.

    Attributes:
        side: whose column it is.
        map: its map.
        picture: what it decodes.

    Signals:
        sample_chosen: the number of one of the samples.
    """

    sample_chosen = Signal(int)

    def __init__(self, side: Side) -> None:
        super().__init__()
        self.side = side
        self._theme = DARK
        self.setAccessibleName(side.name)
        self.title, self.facts, self.note = ElidedLabel("cardtitle"), ElidedLabel("quiet"), quiet()
        self.title.setText(side.name)
        pair = side.pair
        self.facts.setText(f"{side.kind} · {pair.latent_size} dimensions · {pair.device}")
        self.note.setWordWrap(True)
        self.map = MapView()
        self.map.setAccessibleName(f"Map of {side.name}")
        self.map.setMinimumHeight(110)
        self.picture, self.original = PictureView(), PictureView()
        self.picture.setAccessibleName(f"Decoded by {side.name}")
        self.original.setAccessibleName("The original")
        self._below, self._beside = quiet("decoded"), quiet()
        self.strip = PictureStrip(f"Samples of {side.name}", _SAMPLE)
        self.strip.setFixedHeight(_SAMPLE + 14)
        self.strip.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.strip.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.strip.chosen.connect(self.sample_chosen)
        self.sampled = ElidedLabel("quiet")
        pictures = QGridLayout()
        pictures.setHorizontalSpacing(8)
        pictures.setVerticalSpacing(2)
        for at, (view, label) in enumerate(((self.picture, self._below), (self.original, self._beside))):
            view.setFixedHeight(_PICTURE)
            stays = view.sizePolicy()
            stays.setRetainSizeWhenHidden(True)
            view.setSizePolicy(stays)
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            label.setWordWrap(True)
            pictures.addWidget(view, 0, at)
            pictures.addWidget(label, 1, at)
            pictures.setColumnStretch(at, 1)
        self.original.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 0, 6)
        layout.setSpacing(4)
        head, foot = QVBoxLayout(), QVBoxLayout()
        for part in (head, foot):
            part.setContentsMargins(10, 0, 10, 0)
            part.setSpacing(2)
        head.addWidget(self.title)
        head.addWidget(self.facts)
        head.addWidget(self.note)
        foot.addLayout(pictures)
        foot.addWidget(self.sampled)
        foot.addWidget(self.strip)
        layout.addLayout(head)
        layout.addWidget(self.map, 1)
        layout.addLayout(foot)

    def show_map(self, shown: LatentMap | None, note: str) -> None:
        """Show the points of a map, coloured by the data's first labels; ``note`` says whose it is."""
        self.note.setText(note)
        self.map.setAccessibleDescription(note)
        if shown is None:
            self.map.set_points(np.empty((0, 2), np.float32), *self._colors(0), None)
            self.map.set_message("No map")
            return
        self.map.set_message("")
        self.map.set_points(shown.positions, *self._colors(len(shown.positions)), None, shown.raster)

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self._theme = theme
        self.map.set_theme(theme)
        self.map.set_colors(*self._colors(len(self.side.work) if self.side.work else 0))

    def show_below(self, text: str, original: Pictures | None = None, beside: str = "") -> None:
        """What stands under the decoded picture; the original, where there is one, and what it is."""
        if original is not None:
            self.original.set_picture(original)
        self.original.setVisible(original is not None)
        self._below.setText(text)
        self._beside.setText(beside)
        self.picture.setAccessibleDescription(text)

    def error_text(self) -> str:
        """What stands under the decoded picture."""
        return self._below.text()

    def set_samples(self, pictures: Sequence[Pictures], text: str) -> None:
        """Show samples; ``text`` says what they are drawn from."""
        self.sampled.setText(text)
        self.sampled.setAccessibleName(text)
        self.strip.set_pictures(
            [Shown(object(), to_qimage(one), tip=f"Sample {i + 1}") for i, one in enumerate(pictures)]
        )

    def _colors(self, count: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
        work = self.side.work
        column = column_of(work, default_key(work), {}) if count else None
        codes, palette = painted(column, count, self._theme.name)
        return codes, palette
