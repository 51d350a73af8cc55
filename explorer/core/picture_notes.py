"""Finding our note in a picture file without decoding it, and never more than some megabytes at a time."""

from __future__ import annotations

import io
import struct
import zlib
from typing import BinaryIO

from explorer.core.xmp import NAMESPACE, note_in

KEYWORD = "latent-explorer"

_PNG = b"\x89PNG\r\n\x1a\n"
_WANTED = KEYWORD.encode() + b"\0"
_MOST_BYTES = 1 << 22
_MOST_CHUNKS = 1 << 16


def find_note(file: BinaryIO) -> bytes | None:
    """The text of our note in a PNG or WebP, or None. Raises ``ValueError`` for one that is damaged."""
    head = file.read(12)
    if head.startswith(_PNG):
        file.seek(8)
        return _in_png(file)
    if head[:4] == b"RIFF" and head[8:] == b"WEBP":
        return _in_webp(file)
    return None


def _in_png(file: BinaryIO) -> bytes | None:
    """The content of our text chunk, walking the chunks up to the end."""
    for _ in range(_MOST_CHUNKS):
        head = file.read(8)
        if len(head) < 8 or head[4:] == b"IEND":
            return None
        (length,) = struct.unpack(">I", head[:4])
        if head[4:] != b"tEXt" or length <= len(_WANTED):
            file.seek(length + 4, io.SEEK_CUR)
            continue
        start = file.read(len(_WANTED))
        if start != _WANTED:
            file.seek(length - len(start) + 4, io.SEEK_CUR)
            continue
        if length > _MOST_BYTES:
            raise ValueError("gigantic")
        body, check = file.read(length - len(start)), file.read(4)
        if check != struct.pack(">I", zlib.crc32(head[4:] + start + body)):
            raise ValueError("changed")
        return body
    return None


def _in_webp(file: BinaryIO) -> bytes | None:
    """Our property of the XMP chunk."""
    for _ in range(_MOST_CHUNKS):
        head = file.read(8)
        if len(head) < 8:
            return None
        (length,) = struct.unpack("<I", head[4:])
        if head[:4] != b"XMP ":
            file.seek(length + length % 2, io.SEEK_CUR)
            continue
        if length > _MOST_BYTES:
            raise ValueError("gigantic")
        packet = file.read(length)
        return note_in(packet) if NAMESPACE.encode() in packet else None
    return None
