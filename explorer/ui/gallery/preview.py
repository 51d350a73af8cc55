"""A gallery before it is written: its sheet, or its film as it will play."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QImage
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from explorer.core.export.ahead import batch_size
from explorer.core.export.film import Reel
from explorer.core.export.item import Gallery
from explorer.core.export.look import Look
from explorer.core.export.sheet import draw_sheet, layout_of
from explorer.core.progress import Progress
from explorer.ui.parts.furniture import small_button
from explorer.ui.parts.pictures import to_qimage
from explorer.ui.parts.preview_image import PreviewImage

_MOST_SHOWN = 1200
_SECONDS = 1.5
_LARGE = 4_000_000


class GalleryPreview(QWidget):
    """Shows a sheet, and where there is a film a choice between the two.

    Signals:
        resized: there is more or less room for a sheet.
    """

    resized = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._picture = PreviewImage("Preview of the gallery")
        self._picture.resized.connect(self.resized)
        self._sheet: QImage | None = None
        self._film: Reel | None = None
        self._chosen: bool | None = None
        self._frame = 0
        self._clock = QTimer(self)
        self._clock.setTimerType(Qt.TimerType.PreciseTimer)
        self._clock.timeout.connect(self._step)
        self.sheet_button = small_button("Sheet", "Show the sheet", toggles=True)
        self.film_button = small_button("Film", "Play the film", toggles=True)
        self._choice = QWidget()
        row = QHBoxLayout(self._choice)
        row.setContentsMargins(0, 0, 0, 0)
        row.addStretch(1)
        for button, film in ((self.sheet_button, False), (self.film_button, True)):
            button.clicked.connect(lambda _=False, film=film: self._choose(film))
            row.addWidget(button)
        row.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._picture, 1)
        whole.addWidget(self._choice)
        self._choice.hide()

    @property
    def image(self) -> QImage | None:
        """What is on the screen."""
        return self._picture.image

    @property
    def is_playing(self) -> bool:
        """Whether a film goes on."""
        return self._clock.isActive()

    def room(self) -> QSize:
        """The pixels that a sheet may have."""
        return self._picture.room()

    def show_gallery(self, sheet: QImage | None, film: Reel | None = None, *, plays: bool = False) -> None:
        """Show these; of both the one that was chosen last, before any choice the film where it ``plays``."""
        self._sheet, self._film, self._frame = sheet, film, 0
        shows_film = film is not None and (plays if self._chosen is None else self._chosen)
        self._choice.setVisible(film is not None)
        self._show(film=shows_film)

    def hideEvent(self, event: QHideEvent) -> None:
        self._clock.stop()

    def _choose(self, film: bool) -> None:
        self._chosen = film
        self._frame = 0
        self._show(film=film)

    def _show(self, *, film: bool) -> None:
        self.sheet_button.setChecked(not film)
        self.film_button.setChecked(film)
        self._clock.stop()
        if film and self._film is not None:
            self._clock.start(self._film.milliseconds)
            self._step()
        else:
            self._picture.show_image(self._sheet)

    def _step(self) -> None:
        film = self._film
        if film is None or (self._frame >= len(film) and not film.repeats):
            self._clock.stop()
            return
        image = to_qimage(film.frame(self._frame % len(film)))
        self._picture.show_image(_fitted(image, self.room()))
        self._frame += 1


def first_of(gallery: Gallery, progress: Progress) -> Gallery:
    """As many of the first pictures as can be drawn soon, and drawn."""
    step, parts, began = batch_size(gallery.shape), list[np.ndarray](), time.perf_counter()
    most = min(len(gallery), _MOST_SHOWN)
    for start in range(0, most, step):
        progress.check()
        parts.append(gallery.pictures(start, min(start + step, most)))
        if time.perf_counter() - began > _SECONDS:
            break
    pictures = np.concatenate(parts)
    return replace(
        gallery, items=gallery.items[: len(pictures)], draw=lambda start, stop: pictures[start:stop]
    )


def reduced(gallery: Gallery, look: Look, room: QSize, progress: Progress) -> QImage:
    """The sheet, so small that it fits: as a picture, or where it is very large in all its measures."""
    layout, width, height = layout_of(gallery, look), room.width(), room.height()
    factor = min(1.0, width / layout.width, height / layout.height)
    if factor < 1.0 and layout.width * layout.height > _LARGE:
        look = replace(
            look,
            columns=max(row.count for row in layout.rows),
            side=max(4.0, factor * max(layout.picture)),
            gap=factor * look.gap,
            margin=factor * look.margin,
            letters=max(5.0, factor * look.letters),
        )
    sheet = np.ascontiguousarray(draw_sheet(gallery, look, progress))
    rows, across, _ = sheet.shape
    image = QImage(sheet.data, across, rows, 3 * across, QImage.Format.Format_RGB888).copy()
    return _fitted(image, room)


def _fitted(image: QImage, room: QSize) -> QImage:
    """The image, no larger than the room."""
    if image.width() <= room.width() and image.height() <= room.height():
        return image
    return image.scaled(room, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
