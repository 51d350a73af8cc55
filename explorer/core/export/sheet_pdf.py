"""A gallery as pages of A4, a single one as high as it must be: pixels of pictures, captions as letters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.core import xmp
from explorer.core.errors import ExplorerError
from explorer.core.export.ahead import Rows, batches
from explorer.core.export.layout import HEADING, Layout, Row, apart_by, lay_out
from explorer.core.export.look import Look
from explorer.core.export.notes import description, packet_of
from explorer.core.export.pdf import Page, Pdf
from explorer.core.export.typeface import default_face
from explorer.core.files import atomic_path
from explorer.core.progress import Progress

if TYPE_CHECKING:
    from explorer.core.export.item import Gallery

_WIDTH, _HEIGHT = 595.276, 841.89
_MARGIN, _FOOT = 42.0, 28.0
_COLUMNS = 6
_LETTERS = 7.5 / 12
_SMALLEST_LETTERS = 5.0


def write_sheet_pdf(
    gallery: Gallery, look: Look, path: Path, progress: Progress, *, notes: bool = True
) -> None:
    """Write ``gallery`` as PDF; ``notes`` says what made it. Of the pictures a page at a time is held.

    Raises ``ExplorerError`` where there are none or the file cannot be written, ``Cancelled`` through
    ``progress``.
    """
    if not len(gallery):
        raise ExplorerError("There are no pictures for a contact sheet; keep or sample some first.")
    layout = _layout(gallery, look)
    pages = list(_pages(layout))
    rows = Rows(batches(gallery, progress, "Writing the pages"))
    with atomic_path(path) as beside, beside.open("wb") as stream:
        face = layout.face if layout.face.outlines else default_face()
        pdf = Pdf(stream, face)
        for number, on_page in enumerate(pages, 1):
            page = pdf.page(_WIDTH, _HEIGHT if len(pages) > 1 else layout.height)
            page.fill(look.inks.ground)
            if number == 1 and layout.title:
                size = layout.title_size
                line = face.elided(layout.title, size, _WIDTH - 2 * _MARGIN)
                page.text(line, _MARGIN, _MARGIN, size, look.inks.text)
            for row, top in on_page:
                _paint(page, pdf, layout, row, top, gallery, rows)
            if len(pages) > 1:
                size = _SMALLEST_LETTERS + 2.0
                foot = f"{number} / {len(pages)}"
                left = 0.5 * (_WIDTH - face.width(foot, size))
                page.text(foot, left, _HEIGHT - _FOOT, size, look.inks.quiet)
            pdf.add(page)
        title = {"Title": gallery.title or description(gallery)}
        pdf.finish(title | ({"Creator": xmp.CREATOR} if notes else {}), packet_of(gallery) if notes else b"")


def _layout(gallery: Gallery, look: Look) -> Layout:
    """The sheet in points, as wide as the page; columns as the gallery or the look wants them."""
    height, width, _ = gallery.shape
    wanted = min(look.columns or gallery.columns or _COLUMNS, len(gallery))
    gap = round(0.6 * look.gap, 1)
    room = _WIDTH - 2 * _MARGIN
    together = gallery.together if gallery.together and wanted % gallery.together == 0 else 0
    if together:
        room -= (wanted // together - 1) * apart_by(replace(look, gap=gap))
    beside = 0.0
    for _ in range(2):  # headings beside their rows take some of the width
        across = (room - beside + gap) / wanted - gap
        if wanted < _COLUMNS:
            across = min(across, (room + gap) / _COLUMNS * 1.6)
        letters = max(_SMALLEST_LETTERS, min(_LETTERS * look.letters, across / 7.0))
        longer = across * max(height, width) / width
        points = replace(look, columns=wanted, side=longer, gap=gap, margin=_MARGIN, letters=letters)
        captions = ((item.group, item.caption) for item in gallery.items)
        layout = lay_out(points, (height, width), captions, gallery.title, together=together)
        beside = layout.beside
    return layout


def _pages(layout: Layout) -> Iterator[list[tuple[Row, float]]]:
    """The rows of each page, with where they begin on it."""
    page: list[tuple[Row, float]] = []
    off = 0.0
    for row in layout.rows:
        if page and row.top - off + row.height > _HEIGHT - _MARGIN:
            yield page
            page, off = [], row.top - _MARGIN
        page.append((row, row.top - off))
    yield page


def _paint(page: Page, pdf: Pdf, layout: Layout, row: Row, top: float, gallery: Gallery, rows: Rows) -> None:
    look, face = layout.look, pdf.face
    width, height = layout.picture
    y = top + layout.picture_top(row) - row.top
    if row.heading:
        size = HEADING * look.letters
        line = face.elided(row.heading, size, layout.beside or _WIDTH - 2 * _MARGIN)
        page.text(line, _MARGIN, y + 0.5 * (height - size) if layout.beside else top, size, look.inks.text)
    for i, picture in enumerate(rows.take(row.count)):
        item, x = gallery.items[row.first + i], layout.picture_left(i)
        if item.role == "empty":
            continue
        page.picture(picture, x, y, width, height, look.smooth(*picture.shape[:2]))
        if look.captions and item.caption:
            line = face.elided(item.caption, look.letters, width + 0.5 * look.gap)
            page.text(line, x, top + layout.caption_top(row) - row.top, look.letters, look.inks.quiet)
