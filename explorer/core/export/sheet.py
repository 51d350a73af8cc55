"""All pictures of a gallery on one sheet: PNG in bands, WebP, or an array for the screen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explorer.core.errors import ExplorerError
from explorer.core.export import png
from explorer.core.export.ahead import Rows, batches
from explorer.core.export.enlarging import enlarged
from explorer.core.export.layout import HEADING, Layout, Row, lay_out
from explorer.core.export.look import Look
from explorer.core.export.notes import notes_of, packet_of
from explorer.core.files import atomic_path
from explorer.core.progress import Progress

if TYPE_CHECKING:
    from explorer.core.export.item import Gallery

Pictures = NDArray[np.uint8]
Found = Iterator[tuple[int, Pictures]]

_LARGEST_WEBP = 16_383
_LARGEST_HELD = 200_000_000

_TEXT = "Writing the sheet"


def layout_of(gallery: Gallery, look: Look) -> Layout:
    """Where everything of ``gallery`` stands."""
    if not len(gallery):
        raise ExplorerError("There are no pictures for a contact sheet; keep or sample some first.")
    height, width, _ = gallery.shape
    captions = ((item.group, item.caption) for item in gallery.items)
    return lay_out(look, (height, width), captions, gallery.title, gallery.columns, gallery.together)


def write_sheet_png(
    gallery: Gallery, look: Look, path: Path, progress: Progress, *, notes: bool = True
) -> None:
    """Write the sheet in bounded memory, however many pictures there are; ``notes`` says what made it.

    Raises ``ExplorerError`` where it cannot be written, ``Cancelled`` through ``progress``.
    """
    found = batches(gallery, progress, _TEXT)  # decoding begins before anything is laid out
    layout = layout_of(gallery, look)
    size = int(layout.width), int(layout.height)
    said = notes_of(gallery) if notes else {}
    grey = gallery.shape[2] == 1
    with atomic_path(path) as beside, beside.open("wb") as stream:
        png.write_bands(stream, size, bands(gallery, layout, found), said, repeated=grey)


def write_sheet_webp(
    gallery: Gallery, look: Look, path: Path, progress: Progress, *, notes: bool = True
) -> None:
    """Write the sheet as WebP, lossless.

    Raises ``ExplorerError`` where it is larger than WebP allows, besides where it cannot be written.
    """
    layout = layout_of(gallery, look)
    if max(layout.width, layout.height) > _LARGEST_WEBP or layout.width * layout.height > _LARGEST_HELD:
        raise ExplorerError(
            f"A sheet of {layout.width:,.0f}×{layout.height:,.0f} pixels is too large for WebP, which takes "
            f"{_LARGEST_WEBP:,} a side; choose PNG or smaller pictures."
        )
    from PIL import Image

    image = Image.fromarray(_drawn(gallery, layout, batches(gallery, progress, _TEXT)))
    packet = {"xmp": packet_of(gallery)} if notes else {}
    with atomic_path(path) as beside:
        image.save(beside, "WEBP", lossless=True, quality=60, method=3, **packet)


def draw_sheet(gallery: Gallery, look: Look, progress: Progress | None = None) -> Pictures:
    """The sheet as ``uint8 (height, width, 3)``, for a preview of few pictures."""
    layout = layout_of(gallery, look)
    return _drawn(gallery, layout, batches(gallery, progress or Progress(), _TEXT))


def _drawn(gallery: Gallery, layout: Layout, found: Found) -> Pictures:
    sheet = np.empty((int(layout.height), int(layout.width), 3), np.uint8)
    top = 0
    for band in bands(gallery, layout, found):
        sheet[top : top + len(band)] = band
        top += len(band)
    return sheet


def bands(gallery: Gallery, layout: Layout, found: Found) -> Iterator[Pictures]:
    """The sheet from the top down, ``uint8 (h, width, 3)`` each: head, then row by row.

    ``found`` are the pictures as ``batches`` gives them.
    """
    look, width = layout.look, int(layout.width)
    painter = _Painter(layout)
    first = int(layout.rows[0].top)
    head = painter.empty(first)
    if layout.title:
        line = [(layout.title, look.margin)]
        painter.write(head, line, look.margin, layout.title_size, width - 2 * look.margin)
    yield head
    rows = Rows(found)
    for row, after in zip(layout.rows, (*layout.rows[1:], None), strict=True):
        end = int(after.top if after else layout.height)
        band = painter.empty(end - int(row.top))
        painter.paint(band, row, gallery, rows.take(row.count))
        yield band


class _Painter:
    """Draws rows into bands of a sheet."""

    def __init__(self, layout: Layout) -> None:
        self._layout, self._look = layout, layout.look
        self._line = np.array(layout.look.inks.ground, np.uint8)[None].repeat(int(layout.width), axis=0)

    def empty(self, height: int) -> Pictures:
        """Bare ground."""
        return self._line[None].repeat(height, axis=0)

    def paint(self, band: Pictures, row: Row, gallery: Gallery, pictures: list[Pictures]) -> None:
        layout, look = self._layout, self._look
        across, down = (int(side) for side in layout.picture)
        y = int(layout.picture_top(row) - row.top)
        items = gallery.items[row.first : row.first + row.count]
        if row.heading:
            at = (look.margin, y + 0.5 * down - 0.75 * look.letters) if layout.beside else (look.margin, 0.0)
            room = layout.beside or layout.width - 2 * look.margin
            self.write(band, [(row.heading, at[0])], at[1], HEADING * look.letters, room)
        shown = [i for i, item in enumerate(items) if item.role != "empty"]
        smooth = look.smooth(*pictures[0].shape[:2])
        factor = down // pictures[0].shape[0]
        if not smooth and (down, across) == tuple(factor * side for side in pictures[0].shape[:2]):
            self._paint_crisp(band, y, [(i, pictures[i]) for i in shown], factor)
        else:
            for i in shown:
                x = int(layout.picture_left(i))
                band[y : y + down, x : x + across] = enlarged(pictures[i], (down, across), smooth)
        if look.captions:
            lines = [(items[i].caption, layout.picture_left(i)) for i in shown]
            top, room = layout.caption_top(row) - row.top, across + 0.5 * look.gap
            self.write(band, lines, top, look.letters, room, quiet=True)

    def _paint_crisp(self, band: Pictures, y: int, shown: list[tuple[int, Pictures]], factor: int) -> None:
        """Place pictures with hard pixels, each pixel ``factor`` wide and high."""
        across = self._layout.across
        # A whole row at once where its pictures stand at equal steps.
        alike = across == int(across) and not self._layout.together
        alike = alike and bool(shown) and shown[-1][0] - shown[0][0] == len(shown) - 1
        line, step, _ = band.strides
        for run in [shown] if alike else [[one] for one in shown]:
            pictures = np.stack([picture for _, picture in run], axis=1)
            height, count, width, _ = pictures.shape
            cells = np.lib.stride_tricks.as_strided(
                band[y:, int(self._layout.picture_left(run[0][0])) :],
                (height, factor, count, factor * width, 3),
                (factor * line, line, int(across) * step, step, 1),
            )
            cells[:] = pictures.repeat(factor, axis=2)[:, None]

    def write(
        self,
        band: Pictures,
        lines: list[tuple[str, float]],
        top: float,
        size: float,
        room: float,
        *,
        quiet: bool = False,
    ) -> None:
        """Set lines beside each other, each from its own left and cut to ``room``; ``top`` is theirs."""
        from PIL import Image, ImageDraw

        face, inks = self._layout.face, self._look.inks
        font, ink = face.font(size), inks.quiet if quiet else inks.text
        part = band[int(top) : int(top) + int(1.5 * size) + 2]
        image = Image.fromarray(np.ascontiguousarray(part))
        draw = ImageDraw.Draw(image)
        for text, left in lines:
            line = face.elided(text, size, room)
            if line:
                draw.text((int(left), top - int(top)), line, ink, font)
        part[:] = np.asarray(image)
