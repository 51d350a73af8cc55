"""ONNX's file format, as far as adding nodes to a model needs it: read and written without the onnx package.

The format is that of protocol buffers, in which two messages written one after the other read as one: what
repeats is appended, what is nested is merged. So a graph grows by bytes before or behind the file's.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import Any

import numpy.typing as npt

Part = int | str | bytes

ELEMENTS = {"float32": 1, "uint8": 2, "int32": 6, "int64": 7, "float16": 10, "float64": 11}
"""ONNX's numbers of element types, by NumPy's names."""

# The numbers of fields in ModelProto and GraphProto.
IR_VERSION, GRAPH, OPSETS = 1, 7, 8
NODE, NAME, INITIALIZER, INPUT, OUTPUT, VALUE_INFO = 1, 2, 5, 11, 12, 13
_INT_ATTRIBUTE, _INTS_ATTRIBUTE, _FLOAT_ATTRIBUTE = 2, 7, 1


def message(*fields: tuple[int, Part]) -> bytes:
    """A message of ``(number, value)``: integers as varints, texts and messages with their length."""
    parts = []
    for number, value in fields:
        if isinstance(value, int):
            parts += [_varint(number << 3), _varint(value)]
        else:
            content = value.encode() if isinstance(value, str) else value
            parts += [_varint(number << 3 | 2), _varint(len(content)), content]
    return b"".join(parts)


def node(kind: str, inputs: Sequence[str], output: str, **attributes: int | float | Sequence[int]) -> bytes:
    """A node of the standard operators with one output."""
    fields: list[tuple[int, Part]] = [*((1, name) for name in inputs), (2, output), (4, kind)]
    fields += [(5, _attribute(name, value)) for name, value in attributes.items()]
    return message(*fields)


def tensor(name: str, values: npt.NDArray[Any]) -> bytes:
    """An initialiser."""
    dims: list[tuple[int, Part]] = [(1, size) for size in values.shape]
    little = values.astype(values.dtype.newbyteorder("<"))
    return message(*dims, (2, ELEMENTS[values.dtype.name]), (8, name), (9, little.tobytes()))


def value(name: str, element: str, shape: Sequence[int | str] | None = None) -> bytes:
    """A graph's input or output; a text in ``shape`` names a free axis."""
    fields: list[tuple[int, Part]] = [(1, ELEMENTS[element])]
    if shape is not None:
        axes = [(1, message((2 if isinstance(size, str) else 1, size))) for size in shape]
        fields.append((2, message(*axes)))
    return message((1, name), (2, message((1, message(*fields)))))


def fields(data: memoryview, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int, int, int]]:
    """Each field of a message: its number, where its tag begins, where its content begins, and where it ends.

    Raises ``ValueError`` where ``data`` is no message.
    """
    end = len(data) if end is None else end
    while start < end:
        tag, at = _read_varint(data, start)
        kind = tag & 7
        if kind == 2:
            size, at = _read_varint(data, at)
            stop = at + size
        elif kind == 0:
            stop = _read_varint(data, at)[1]
        elif kind in (1, 5):
            stop = at + (8 if kind == 1 else 4)
        else:
            raise ValueError("not a message")
        if stop > end:
            raise ValueError("cut off")
        yield tag >> 3, start, at, stop
        start = stop


def number(data: memoryview, at: int) -> int:
    """The varint at ``at``."""
    return _read_varint(data, at)[0]


def _attribute(name: str, value: int | float | Sequence[int]) -> bytes:
    if isinstance(value, int):
        return message((1, name), (3, value), (20, _INT_ATTRIBUTE))
    if isinstance(value, float):
        fixed = _varint(2 << 3 | 5) + struct.pack("<f", value)
        return message((1, name)) + fixed + message((20, _FLOAT_ATTRIBUTE))
    return message((1, name), *((8, item) for item in value), (20, _INTS_ATTRIBUTE))


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1  # negative numbers are written as 64 bits
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)


def _read_varint(data: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise ValueError("cut off")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
