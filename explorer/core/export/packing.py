"""Bytes in a page of text: five letters for four bytes, where base64 takes five and a third.

Source: the way of RFC 1924 and ZeroMQ's Z85, with letters that mean nothing to HTML.
"""

from __future__ import annotations

import zlib

import numpy as np
import numpy.typing as npt

LETTERS = bytes(code for code in range(33, 127) if chr(code) not in "<>&\"'\\`{}")
"""What the digits 0 to 84 are written as; the page's script has the same rule."""

_TABLE = np.frombuffer(LETTERS, np.uint8)


def packed(data: bytes) -> str:
    """``data`` as letters, after the number of bytes that the last four are filled up by."""
    filling = -len(data) % 4
    words = np.frombuffer(data + bytes(filling), ">u4").astype(np.uint32)
    digits = np.empty((len(words), 5), np.uint8)
    for place in range(4, -1, -1):
        words, digits[:, place] = np.divmod(words, np.uint32(85))
    return f"{filling}{_TABLE[digits].tobytes().decode('ascii')}"


def deflated(text: str) -> str:
    """``text`` compressed (RFC 1950) and packed."""
    return packed(zlib.compress(text.encode(), 9))


def coded(values: npt.ArrayLike, kind: str) -> str:
    """The bytes of numbers of that NumPy type, packed."""
    return packed(np.asarray(values, kind).tobytes())
