"""Decoded pictures of the squares of a lattice, worked out behind while no hand drags."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter

from explorer.core.inverse import Inverse
from explorer.core.lattice import Cell, Lattice
from explorer.core.model_pair import ModelPair
from explorer.core.view import View
from explorer.ui.map.thumbnail_cache import LARGEST, scaled
from explorer.ui.parts.pictures import to_qimage

KEPT_BYTES = 96 << 20
FAINTEST = 0.06
"""Squares with less support than this have no picture."""

PIXELS = 64.0
"""A square's picture is that of a place looked at where the square is so many pixels wide."""

LEVELS = 2
"""How many levels are shown above the finest until that is there."""

_SMALLEST, _LARGEST, _SHARE = 30, 64, 0.75
_GAP = 1.0
_AT_ONCE_SECONDS = 0.012
_MOST_AT_ONCE = 64


@dataclass(frozen=True, eq=False)
class Source:
    """What is decoded: places of a map by its inverse, through a pair with its further inputs."""

    pair: ModelPair
    inverse: Inverse
    extras: Mapping[str, float]
    lattice: Lattice

    def finest(self, units_per_pixel: float) -> int:
        """The level whose pictures are about as large as the model draws them, at that scale."""
        pixels = min(max(_SHARE * max(self.pair.image.height, self.pair.image.width), _SMALLEST), _LARGEST)
        return self.lattice.level_of(units_per_pixel, pixels)

    def support_of(self, cells: Sequence[Cell]) -> NDArray[np.float32]:
        """How far the data speak for the middle of each square, ``(n,)`` in [0, 1]."""
        return self.inverse.support_at(self.lattice.centres(cells))

    def pictures_of(self, cells: Sequence[Cell]) -> list[QImage]:
        """Decode the middles of squares. Raises what ``ModelPair.decode`` does."""
        places = self.lattice.centres(cells).tolist()
        latents = [
            self.inverse.latent_at(place, self.lattice.side(cell.level) / PIXELS)
            for place, cell in zip(places, cells, strict=True)
        ]
        return [_small(picture) for picture in self.pair.decode(np.stack(latents), self.extras)]


class LatticePictures:
    """The pictures of one source by square, those used last; at most ``KEPT_BYTES`` of them.

    All methods belong to one thread but ``seconds``.

    Attributes:
        seconds: how long the decoding of one takes; 0 before the first.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.seconds = 0.0
        self._images: OrderedDict[Cell, QImage] = OrderedDict()
        self._support: dict[Cell, float] = {}
        self._bytes = 0

    @property
    def bytes(self) -> int:
        """How much memory the pictures take."""
        return self._bytes

    def weigh(self, cells: Sequence[Cell]) -> None:
        """Learn the support of squares."""
        new = [cell for cell in cells if cell not in self._support]
        if len(self._support) > 200_000:
            self._support.clear()
            new = list(cells)
        if new:
            self._support.update(zip(new, self.source.support_of(new).tolist(), strict=True))

    def opacity(self, cell: Cell) -> float:
        """How visible the picture of a square may be; 0 for none."""
        support = self._support.get(cell, 0.0)
        return support if support >= FAINTEST else 0.0

    def is_ready(self, cell: Cell) -> bool:
        """Whether all is there that the square can show."""
        support = self._support.get(cell)
        return support is not None and (support < FAINTEST or cell in self._images)

    def image(self, cell: Cell) -> QImage | None:
        """The picture of a square, where it is there."""
        image = self._images.get(cell)
        if image is not None:
            self._images.move_to_end(cell)
        return image

    def lacking(self, cells: Sequence[Cell]) -> list[Cell]:
        """The squares whose pictures are still to be decoded, in their order."""
        self.weigh(cells)
        return [cell for cell in cells if not self.is_ready(cell)]

    def some(self, cells: list[Cell]) -> list[Cell]:
        """The first of them, as many as are decoded within a frame's time."""
        many = int(_AT_ONCE_SECONDS / self.seconds) if self.seconds else 1
        return cells[: min(max(many, 1), _MOST_AT_ONCE)]

    def decode(self, cells: Sequence[Cell]) -> None:
        """Decode some; raises what ``ModelPair.decode`` does."""
        began = time.perf_counter()
        images = self.source.pictures_of(cells)
        took = (time.perf_counter() - began) / len(cells)
        self.seconds = took if not self.seconds else 0.5 * (self.seconds + took)
        for cell, image in zip(cells, images, strict=True):
            self._images[cell] = image
            self._bytes += image.sizeInBytes()
        while self._bytes > KEPT_BYTES and len(self._images) > len(cells):
            self._bytes -= self._images.popitem(last=False)[1].sizeInBytes()

    def to_draw(self, cells: Sequence[Cell], finest: int) -> Iterator[tuple[Cell, QImage, float]]:
        """What stands for squares: their own picture until those of all four quarters are there, and so on.

        Gives squares of no level beyond ``finest``, with picture and opacity.
        """
        for cell in cells:
            quarters = cell.children if cell.level < finest else ()
            image = self.image(cell) if self.opacity(cell) else None
            if quarters and (image is None or all(map(self.is_ready, quarters))):
                yield from self.to_draw(quarters, finest)
            elif image is not None:
                yield cell, image, self.opacity(cell)

    def composed(self, view: View, ratio: float, finest: int) -> QImage:
        """What there is of a view in pixels, of which ``ratio`` make a unit, as one image."""
        image = QImage(view.width, view.height, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        lattice, gap = self.source.lattice, round(_GAP * ratio)
        coarsest = lattice.within(max(finest - LEVELS, 0), view.bounds)
        for cell, picture, opacity in self.to_draw(list(coarsest), finest):
            left, bottom, right, top = lattice.box(cell)
            corners = np.floor(view.to_screen(np.array([(left, top), (right, bottom)])) + 0.5)
            (x, y), (width, height) = corners[0].tolist(), (corners[1] - corners[0] - gap).tolist()
            square = QRectF(x, y, max(width, 1.0), max(height, 1.0))
            target = QRectF(0, 0, picture.width(), picture.height())
            scale = min(square.width() / target.width(), square.height() / target.height())
            target.setSize(target.size() * scale)
            target.moveCenter(square.center())
            painter.setOpacity(opacity)
            painter.drawImage(target, picture)
        painter.end()
        return image


def _small(picture: NDArray[np.uint8]) -> QImage:
    image = to_qimage(picture)
    longer = max(image.width(), image.height())
    if longer > LARGEST:
        image = scaled(image, image.size() * (LARGEST / longer))
    return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
