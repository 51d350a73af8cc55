"""What goes through the pipes between a window and the map's process.

To the process: one byte that says what follows (``REQUEST`` with its JSON and arrays, or a command). Back:
frames of a kind, a length and a body. All numbers are little-endian.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

REQUEST, PAUSE, GO_ON, STOP = b"Q", b"P", b"G", b"S"
PROGRESS, LAYOUT, REMARK, RESULT, FAILURE = b"p", b"l", b"m", b"r", b"f"

_FRAME = struct.Struct("<cQ")
_LENGTH = struct.Struct("<I")
_LAYOUT = struct.Struct("<IId")


def send_request(stream: IO[bytes], facts: Mapping[str, Any], arrays: Sequence[NDArray[Any]]) -> None:
    """Ask for a map: facts as JSON and arrays, of which the other side knows the order."""
    shapes = [[array.dtype.newbyteorder("<").str, list(array.shape)] for array in arrays]
    head = json.dumps({**facts, "arrays": shapes}).encode()
    stream.write(REQUEST + _LENGTH.pack(len(head)) + head)
    for array in arrays:
        stream.write(np.ascontiguousarray(array, array.dtype.newbyteorder("<")).data)
    stream.flush()


def receive_request(stream: IO[bytes]) -> tuple[dict[str, Any], list[NDArray[Any]]]:
    """What ``send_request`` sent after its first byte. Raises ``EOFError`` where the other side ended."""
    (length,) = _LENGTH.unpack(_read(stream, _LENGTH.size))
    facts = json.loads(_read(stream, length))
    arrays = []
    for kind, shape in facts.pop("arrays"):
        array = np.empty(shape, kind)
        into = array.reshape(-1).view(np.uint8).data
        done = 0
        while done < array.nbytes:
            got = stream.readinto(into[done:])  # type: ignore[attr-defined]
            if not got:
                raise EOFError
            done += got
        arrays.append(array)
    return facts, arrays


def send_frame(stream: IO[bytes], kind: bytes, *body: bytes | memoryview) -> None:
    """Send one frame, its body in one or more parts."""
    stream.write(_FRAME.pack(kind, sum(len(part) for part in body)))
    for part in body:
        stream.write(part)
    stream.flush()


def receive_frame(stream: IO[bytes]) -> tuple[bytes, bytes]:
    """A frame's kind and body. Raises ``EOFError`` where the other side ended."""
    kind, length = _FRAME.unpack(_read(stream, _FRAME.size))
    return kind, _read(stream, length)


def layout_body(places: Floats, done: int, total: int, seconds: float) -> tuple[bytes, bytes]:
    """The body of a layout: ``places (N, 2)`` after ``done`` of ``total`` epochs and so many seconds."""
    return _LAYOUT.pack(done, total, seconds), places.astype("<f4").tobytes()


def layout_of(body: bytes) -> tuple[Floats, int, int, float]:
    """What ``layout_body`` was made of."""
    done, total, seconds = _LAYOUT.unpack_from(body)
    return (
        np.frombuffer(body, "<f4", offset=_LAYOUT.size).astype(np.float32).reshape(-1, 2),
        done,
        total,
        seconds,
    )


def _read(stream: IO[bytes], length: int) -> bytes:
    body = stream.read(length)
    if len(body) < length:
        raise EOFError
    return body
