"""The letters on sheets: one TrueType face, measured here, so that PNG, WebP and PDF are set alike.

It is the small face that comes with Pillow, or where that lacks a character a face of the system that has it.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL import ImageFont

# In this order; each is looked for in the system's own folders.
_OF_SYSTEMS = (
    "DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf", "segoeui.ttf", "arial.ttf",
    "Arial.ttf", "Arial Unicode.ttf", "NotoSansCJK-Regular.ttc", "msyh.ttc", "Hiragino Sans GB.ttc",
)  # fmt: skip
_UNKNOWN = "?"
_ELLIPSIS = "…"


@dataclass(frozen=True, eq=False)
class Typeface:
    """A TrueType face.

    Attributes:
        name: its PostScript-like name, without spaces.
        data: the file.
        glyphs: the glyph of each character, by code point.
        advances: the width of each glyph in ``units`` an em.
        ascent, descent: above and below the line, in em; the descent is positive.
        outlines: whether the glyphs are TrueType outlines, which is what a PDF embeds here.
    """

    name: str
    data: bytes
    glyphs: dict[int, int]
    advances: tuple[int, ...]
    units: int
    ascent: float
    descent: float
    outlines: bool

    def lacks(self, texts: Iterable[str]) -> int:
        """How many characters of ``texts`` are not there."""
        return sum(ord(one) not in self.glyphs for one in set("".join(texts)))

    def shown(self, text: str) -> str:
        """``text`` on one line, a question mark for each character that is not there."""
        line = " ".join(text.split())
        return "".join(one if ord(one) in self.glyphs else _UNKNOWN for one in line)

    def width(self, text: str, size: float) -> float:
        """How wide a line of ``text`` is at ``size``, in its unit."""
        return sum(self._advance(ord(one)) for one in text) * size / self.units

    def elided(self, text: str, size: float, room: float) -> str:
        """``text`` as it is shown, cut with an ellipsis where it is wider than ``room``."""
        text = self.shown(text)
        if self.width(text, size) <= room:
            return text
        mark = _ELLIPSIS if ord(_ELLIPSIS) in self.glyphs else "..."
        left = room * self.units / size - sum(self._advance(ord(one)) for one in mark)
        kept = 0
        for one in text:
            left -= self._advance(ord(one))
            if left < 0.0:
                break
            kept += 1
        return text[:kept].rstrip() + mark if kept else ""

    def font(self, size: float) -> ImageFont.FreeTypeFont:
        """The face for Pillow, ``size`` pixels an em."""
        return self._fonts(size)

    @cached_property
    def _fonts(self) -> Callable[[float], ImageFont.FreeTypeFont]:
        from PIL import ImageFont

        plain = ImageFont.Layout.BASIC  # as it is measured: without kerning and ligatures
        return lru_cache(maxsize=8)(
            lambda size: ImageFont.truetype(io.BytesIO(self.data), size, layout_engine=plain)
        )

    def _advance(self, code: int) -> int:
        glyph = self.glyphs.get(code, 0)
        return self.advances[min(glyph, len(self.advances) - 1)]


def face_for(texts: Iterable[str]) -> Typeface:
    """A face with all characters of ``texts``; where there is none, the one that lacks fewest."""
    letters = ["".join(texts)]
    best = default_face()
    fewest = best.lacks(letters)
    for name in _OF_SYSTEMS if fewest else ():
        face = _of_system(name)
        if face is not None and face.lacks(letters) < fewest:
            best, fewest = face, face.lacks(letters)
            if not fewest:
                break
    return best


@lru_cache(maxsize=1)
def default_face() -> Typeface:
    """The face that comes with Pillow."""
    from PIL import ImageFont

    font = ImageFont.load_default(12)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return _read(font)


@lru_cache(maxsize=len(_OF_SYSTEMS))
def _of_system(name: str) -> Typeface | None:
    from PIL import ImageFont

    try:
        return _read(ImageFont.truetype(name, 12))
    except (OSError, ValueError, KeyError, struct.error, IndexError):
        return None


def _read(font: ImageFont.FreeTypeFont) -> Typeface:
    """Raises one of the usual errors where the file is no TrueType face."""
    from pathlib import Path

    source: Any = font.path
    data = source.getvalue() if isinstance(source, io.BytesIO) else Path(source).read_bytes()
    start = struct.unpack(">I", data[12:16])[0] if data[:4] == b"ttcf" else 0
    (count,) = struct.unpack(">H", data[start + 4 : start + 6])
    tables = {}
    for i in range(count):
        tag, _, offset, length = struct.unpack(">4sIII", data[start + 12 + 16 * i : start + 28 + 16 * i])
        tables[tag] = data[offset : offset + length]
    (units,) = struct.unpack(">H", tables[b"head"][18:20])
    ascent, descent = struct.unpack(">hh", tables[b"hhea"][4:8])
    (metrics,) = struct.unpack(">H", tables[b"hhea"][34:36])
    advances = struct.unpack(">" + "Hh" * metrics, tables[b"hmtx"][: 4 * metrics])[::2]
    return Typeface(
        "".join(part or "" for part in font.getname()).replace(" ", ""),
        data,
        _characters(tables[b"cmap"]),
        advances,
        units,
        ascent / units,
        -descent / units,
        outlines=start == 0 and b"glyf" in tables,
    )


def _characters(cmap: bytes) -> dict[int, int]:
    """The glyph of each code point, from the first Unicode table (formats 4 and 12)."""
    found: dict[int, int] = {}
    (count,) = struct.unpack(">H", cmap[2:4])
    for i in range(count):
        platform, _, offset = struct.unpack(">HHI", cmap[4 + 8 * i : 12 + 8 * i])
        (kind,) = struct.unpack(">H", cmap[offset : offset + 2])
        if platform in (0, 3) and kind in (4, 12):
            read = _format_4 if kind == 4 else _format_12
            found |= read(cmap[offset:])
    return found


def _format_4(table: bytes) -> dict[int, int]:
    (double,) = struct.unpack(">H", table[6:8])
    count = double // 2

    def row(number: int, kind: str) -> tuple[int, ...]:
        start = 14 + number * double + (2 if number else 0)
        return struct.unpack(f">{count}{kind}", table[start : start + double])

    ends, starts, deltas, offsets = row(0, "H"), row(1, "H"), row(2, "h"), row(3, "H")
    at_offsets = 16 + 3 * double
    found = {}
    for i, (start, end) in enumerate(zip(starts, ends, strict=True)):
        for code in range(start, min(end, 0xFFFE) + 1):
            glyph = code + deltas[i]
            if offsets[i]:
                at = at_offsets + 2 * i + offsets[i] + 2 * (code - start)
                (glyph,) = struct.unpack(">H", table[at : at + 2])
                glyph = glyph and glyph + deltas[i]
            if glyph & 0xFFFF:
                found[code] = glyph & 0xFFFF
    return found


def _format_12(table: bytes) -> dict[int, int]:
    (count,) = struct.unpack(">I", table[12:16])
    found: dict[int, int] = {}
    for i in range(count):
        start, end, glyph = struct.unpack(">III", table[16 + 12 * i : 28 + 12 * i])
        found |= {code: glyph + code - start for code in range(start, end + 1)}
    return found
