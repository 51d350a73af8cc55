"""Where everything on a sheet stands, before a single picture is there."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby

from explorer.core.export.look import Look
from explorer.core.export.typeface import Typeface, face_for

_CELL = 112
_LARGEST_SIDE = 256
_LARGEST_SHEET = 24_000_000
_LINE = 1.5
HEADING, TITLE = 1.15, 2.0
_TITLE_SHARE, _LARGEST_TITLE = 0.016, 6.0  # of a sheet's width; in letters
_SIDE_ROOM = 0.22  # of the pictures' width, at most, for headings beside them


@dataclass(frozen=True, slots=True)
class Row:
    """One row of pictures: those from ``first`` on, where it lies, and the heading it begins with."""

    first: int
    count: int
    top: float
    height: float
    heading: str = ""


@dataclass(frozen=True, eq=False)
class Layout:
    """A sheet's measures, from its upper left corner, in pixels or points.

    Attributes:
        look, face, title: what was laid out; the title is empty where there is none.
        width, height: of the whole.
        left, across: where the first picture of a row begins, and from one to the next.
        together: so many in a row belong together and stand apart from the next; 0 for none.
        picture: width and height of each picture.
        above: from a row's top to its pictures.
        beside: the width that headings have beside their rows; 0 where they stand above.
        title_size: of the title's letters.
        rows: from the top down.
    """

    look: Look
    face: Typeface
    title: str
    width: float
    height: float
    left: float
    across: float
    picture: tuple[float, float]
    above: float
    beside: float
    title_size: float
    rows: tuple[Row, ...]
    together: int = 0

    def picture_left(self, column: int) -> float:
        """Where the picture number ``column`` of a row begins."""
        apart = column // self.together * apart_by(self.look) if self.together else 0.0
        return self.left + column * self.across + apart

    def picture_top(self, row: Row) -> float:
        """Where the pictures of ``row`` begin."""
        return row.top + (self.above if row.heading and not self.beside else 0.0)

    def caption_top(self, row: Row) -> float:
        """Where the captions of ``row`` begin."""
        return self.picture_top(row) + self.picture[1] + 0.25 * self.look.letters


def lay_out(
    look: Look,
    shape: tuple[int, int],
    captions: Iterable[tuple[str, str]],
    title: str = "",
    columns: int | None = None,
    together: int = 0,
) -> Layout:
    """Lay out pictures of ``shape`` (height, width) with ``captions``: each one's group and its own.

    ``columns`` is what the gallery wants where the look does not say, ``together`` as in ``Layout``.
    """
    title = title if look.title else ""
    letters: set[str] = set(title)
    groups: list[tuple[str, int]] = []
    captioned = False
    for name, several in groupby(captions, key=lambda pair: pair[0] if look.headings else ""):
        letters.update(name)
        count = 0
        for _, caption in several:
            count += 1
            if look.captions and caption:
                captioned = True
                letters.update(caption)
        groups.append((name, count))
    look = replace(look, captions=captioned)
    return _placed(look, shape, groups, title, columns, together, face_for(letters))


def apart_by(look: Look) -> float:
    """How much farther apart those are that do not belong together."""
    return 2.0 * look.gap


def _placed(
    look: Look,
    shape: tuple[int, int],
    groups: list[tuple[str, int]],
    title: str,
    wanted: int | None,
    together: int,
    face: Typeface,
) -> Layout:
    total = sum(count for _, count in groups)
    longest = max(count for _, count in groups)
    width, height = _picture_size(look, shape, total)
    heading = HEADING * look.letters
    line = (_LINE * look.letters if look.captions else 0.0) + look.gap
    across, down = width + look.gap, height + line
    headed = len(groups) > 1 or bool(groups[0][0])
    if look.columns or wanted:
        columns = min(look.columns or wanted or 1, longest)
    elif headed:
        # Rows of their own leave a ragged edge; the best width is that of the whole without them.
        columns = min(_columns(total, across, down, look.sheet), longest)
    else:
        columns = _columns(total, across, down, look.sheet)
    together = together if together and columns % together == 0 else 0
    pictures = columns * across - look.gap
    pictures += (columns // together - 1) * apart_by(look) if together else 0.0
    widest = max(face.width(face.shown(name), heading) for name, _ in groups)
    beside = 0.0
    if headed and longest <= columns and widest <= _SIDE_ROOM * pictures:
        beside = math.ceil(widest + look.gap + 0.5 * look.letters)
    above = 0.0 if beside or not headed else math.ceil(heading * _LINE + 0.25 * look.letters)
    # A title over a single small picture gets the room that it needs.
    room = beside + pictures
    size = max(TITLE * look.letters, min(_TITLE_SHARE * room, _LARGEST_TITLE * look.letters))
    if title:
        room = max(room, min(math.ceil(face.width(face.shown(title), size)), 3.0 * room))
    top = look.margin + (math.ceil(size * _LINE) + 0.5 * look.letters if title else 0.0)
    rows: list[Row] = []
    for name, count in groups:
        for start in range(0, count, columns):
            begins = name if start == 0 else ""
            if begins and above and rows:
                top += look.letters
            tall = down - look.gap + (above if begins else 0.0)
            first = rows[-1].first + rows[-1].count if rows else 0
            rows.append(Row(first, min(columns, count - start), top, tall, begins))
            top += tall + look.gap
    return Layout(
        look, face, title,
        math.ceil(room + 2 * look.margin), math.ceil(top - look.gap + look.margin),
        look.margin + beside, across, (width, height), above, beside, size, tuple(rows), together,
    )  # fmt: skip


def _picture_size(look: Look, shape: tuple[int, int], count: int) -> tuple[int, int]:
    """Width and height on the sheet: whole factors where pixels stay hard and nobody asked for a size."""
    height, width = shape
    longer = max(shape)
    if look.side is not None:
        return max(1, round(width * look.side / longer)), max(1, round(height * look.side / longer))
    if longer > _LARGEST_SIDE:
        return max(1, round(width * _LARGEST_SIDE / longer)), max(1, round(height * _LARGEST_SIDE / longer))
    factor = max(1, round(_CELL / longer))
    while factor > 1 and count * width * height * factor * factor > _LARGEST_SHEET:
        factor -= 1
    return width * factor, height * factor


def _columns(count: int, across: float, down: float, shape: float) -> int:
    """The number of columns that brings a sheet near its shape without a ragged last row."""

    def fault(columns: int) -> float:
        rows = math.ceil(count / columns)
        empty = (columns * rows - count) / (columns * rows)
        return abs(math.log(columns * across / (rows * down) / shape)) + 4.0 * empty

    widest = min(count, 2 * math.ceil(math.sqrt(count * shape * down / across)))
    return min(range(1, widest + 1), key=fault)
