"""Enough of PDF for pages of pictures and lines of text, written to disk as it comes.

Source: ISO 32000-1. The face is embedded whole and addressed by glyph numbers, with a table back to letters,
so that text can be searched and copied. The same pages give the same bytes.
"""

from __future__ import annotations

import hashlib
import zlib
from array import array
from collections.abc import Mapping
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from explorer.core.export.look import Color
from explorer.core.export.typeface import Typeface

Pictures = NDArray[np.uint8]

_LEVEL = 6
_PER_BLOCK = 100


class Page:
    """One page that is being drawn; places are points from the upper left corner."""

    def __init__(self, pdf: Pdf, width: float, height: float) -> None:
        self._pdf, self.width, self.height = pdf, width, height
        self.content: list[str] = []
        self.pictures: dict[str, int] = {}

    def fill(self, color: Color) -> None:
        """Fill the whole page."""
        self.content.append(f"{_ink(color)} rg 0 0 {self.width:g} {self.height:g} re f")

    def picture(
        self, picture: Pictures, left: float, top: float, width: float, height: float, smooth: bool
    ) -> None:
        """Place ``uint8 (H, W, 1 or 3)``; it is written at once."""
        name = f"P{len(self.pictures)}"
        self.pictures[name] = self._pdf.picture(picture, smooth)
        y = self.height - top - height
        self.content.append(f"q {width:.3f} 0 0 {height:.3f} {left:.3f} {y:.3f} cm /{name} Do Q")

    def text(self, line: str, left: float, top: float, size: float, color: Color) -> None:
        """Set a line with its top at ``top``; every character must be in the face."""
        face = self._pdf.face
        y = self.height - top - face.ascent * size
        glyphs = "".join(f"{face.glyphs.get(ord(one), 0):04X}" for one in line)
        self.content.append(f"BT {_ink(color)} rg /F {size:g} Tf {left:.3f} {y:.3f} Td <{glyphs}> Tj ET")


class Pdf:
    """A file of pages. Only the places of its parts are held; ``finish`` writes what is owed."""

    def __init__(self, stream: BinaryIO, face: Typeface) -> None:
        self._stream, self.face = stream, face
        # By number; catalogue, pages and face have the first ones, and none is number 0.
        self._offsets = array("Q", [0] * 4)
        self._pages: list[int] = []
        self._digest = hashlib.sha256()
        self._write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")

    def page(self, width: float, height: float) -> Page:
        """A new page; give it back to ``add``."""
        return Page(self, width, height)

    def add(self, page: Page) -> None:
        """Write a page that is done."""
        content = self._new()
        self._stream_object(content, "", "\n".join(page.content).encode("ascii"))
        pictures = " ".join(f"/{name} {number} 0 R" for name, number in page.pictures.items())
        self._pages.append(self._new())
        self._object(
            self._pages[-1],
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {page.width:g} {page.height:g}]/Contents {content} 0 R"
            f"/Resources<</Font<</F 3 0 R>>/XObject<<{pictures}>>>>>>",
        )

    def picture(self, picture: Pictures, smooth: bool) -> int:
        """Write a picture; its number."""
        height, width, channels = picture.shape
        number = self._new()
        space = "DeviceGray" if channels == 1 else "DeviceRGB"
        self._stream_object(
            number,
            f"/Type/XObject/Subtype/Image/Width {width}/Height {height}/BitsPerComponent 8"
            f"/ColorSpace/{space}/Interpolate {'true' if smooth else 'false'}",
            picture.tobytes(),
        )
        return number

    def finish(self, info: Mapping[str, str], metadata: bytes = b"") -> None:
        """Write the face, the list of pages, ``info`` (Title, …), an XMP packet and the table of parts."""
        self._font()
        kids = " ".join(f"{number} 0 R" for number in self._pages)
        self._object(2, f"<</Type/Pages/Count {len(self._pages)}/Kids[{kids}]>>")
        about = ""
        if metadata:
            number = self._new()
            self._stream_object(number, "/Type/Metadata/Subtype/XML", metadata, packed=False)
            about = f"/Metadata {number} 0 R"
        self._object(1, f"<</Type/Catalog/Pages 2 0 R{about}>>")
        facts = self._new()
        self._object(facts, "<<" + "".join(f"/{key} {_string(text)}" for key, text in info.items()) + ">>")
        at = self._stream.tell()
        mark = self._digest.hexdigest()[:32]
        total = len(self._offsets)
        lines = [f"xref\n0 {total}\n0000000000 65535 f \n"]
        lines += [f"{offset:010} 00000 n \n" for offset in self._offsets[1:]]
        lines.append(f"trailer\n<</Size {total}/Root 1 0 R/Info {facts} 0 R/ID[<{mark}><{mark}>]>>\n")
        lines.append(f"startxref\n{at}\n%%EOF\n")
        self._write("".join(lines).encode("ascii"))

    def _font(self) -> None:
        face = self.face
        file, descriptor, table, inner = (self._new() for _ in range(4))
        self._stream_object(file, f"/Length1 {len(face.data)}", face.data)
        em = 1000.0 / face.units
        box = f"[-500 {-face.descent * 1000:.0f} 1500 {face.ascent * 1000:.0f}]"
        self._object(
            descriptor,
            f"<</Type/FontDescriptor/FontName/{face.name}/Flags 4/FontBBox{box}/ItalicAngle 0/StemV 80"
            f"/Ascent {face.ascent * 1000:.0f}/Descent {-face.descent * 1000:.0f}/CapHeight 700"
            f"/FontFile2 {file} 0 R>>",
        )
        self._stream_object(table, "", _characters(face).encode("ascii"))
        widths = " ".join(f"{advance * em:.0f}" for advance in face.advances)
        self._object(
            inner,
            f"<</Type/Font/Subtype/CIDFontType2/BaseFont/{face.name}/CIDToGIDMap/Identity"
            "/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
            f"/FontDescriptor {descriptor} 0 R/DW {face.advances[-1] * em:.0f}/W[0[{widths}]]>>",
        )
        self._object(
            3,
            f"<</Type/Font/Subtype/Type0/BaseFont/{face.name}/Encoding/Identity-H"
            f"/DescendantFonts[{inner} 0 R]/ToUnicode {table} 0 R>>",
        )

    def _new(self) -> int:
        self._offsets.append(0)
        return len(self._offsets) - 1

    def _object(self, number: int, body: str) -> None:
        self._offsets[number] = self._stream.tell()
        self._write(f"{number} 0 obj\n{body}\nendobj\n".encode("ascii"))

    def _stream_object(self, number: int, entries: str, data: bytes, *, packed: bool = True) -> None:
        if packed:
            data, entries = zlib.compress(data, _LEVEL), f"{entries}/Filter/FlateDecode"
        self._offsets[number] = self._stream.tell()
        self._write(f"{number} 0 obj\n<<{entries}/Length {len(data)}>>\nstream\n".encode("ascii"))
        self._write(data)
        self._write(b"\nendstream\nendobj\n")

    def _write(self, data: bytes) -> None:
        self._digest.update(data)
        self._stream.write(data)


def _ink(color: Color) -> str:
    return " ".join(f"{value / 255:.3f}" for value in color)


def _string(text: str) -> str:
    return f"<FEFF{text.encode('utf-16-be', 'replace').hex().upper()}>"


def _characters(face: Typeface) -> str:
    """The table from glyphs back to characters."""
    pairs = sorted({glyph: code for code, glyph in sorted(face.glyphs.items(), reverse=True)}.items())
    lines = [f"<{glyph:04X}> <{chr(code).encode('utf-16-be').hex().upper()}>" for glyph, code in pairs]
    blocks = [lines[i : i + _PER_BLOCK] for i in range(0, len(lines), _PER_BLOCK)]
    return "\n".join(
        [
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
            "/CMapName /Letters def /CMapType 2 def",
            "1 begincodespacerange <0000> <FFFF> endcodespacerange",
            *("\n".join([f"{len(block)} beginbfchar", *block, "endbfchar"]) for block in blocks),
            "endcmap CMapName currentdict /CMap defineresource pop end end",
        ]
    )
