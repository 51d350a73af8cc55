"""A model's own arithmetic moved into its graph: a decoder ends in uint8 pixels, an encoder begins with them.

The added nodes compute what ``from_tensor`` and ``to_tensor`` compute, operation by operation, so that the
bytes are the same. The decoder's own output stays an output, and the encoder's own input becomes one: so the
runtime cannot merge our multiplication into the weights of a layer, which would round differently.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from explorer.core.engine import wire
from explorer.core.pixels import ImageSpec

PIXELS = "latent_explorer/pixels"
"""The added output of a decoder, or input of an encoder: ``uint8 (N, H, W, C)``, or in that order."""
TOTAL = "latent_explorer/total"
"""A decoder's second added output: the sum of its values, finite only if all of them are."""

LARGEST = 32 << 20
"""The largest file, in bytes, that is changed: for a moment it is in memory once more."""

_OLDEST_OPSET, _OLDEST_IR = 8, 4
_FLOATS = ("float32", "float16", "float64")
Floats = npt.NDArray[np.float32]
Growth = Callable[[memoryview], bytes | None]


def grown(source: Path | bytes, growth: Growth) -> bytes | None:
    """A model with what ``growth`` finds to add to it; None where it is to run as it is."""
    buffer = io.BytesIO()  # grows in place, so that there is one copy and not two
    if isinstance(source, bytes):
        buffer.write(source)
    elif source.stat().st_size > LARGEST:
        return None
    else:
        with source.open("rb") as file:
            shutil.copyfileobj(file, buffer, 1 << 20)
    with buffer.getbuffer() as data:
        fragment = growth(data)
    if fragment is None:
        return None
    buffer.write(fragment)
    return buffer.getvalue()


def pixels_out(data: memoryview, output: str, spec: ImageSpec) -> bytes | None:
    """What gives a model ``PIXELS`` and ``TOTAL`` as further outputs, made from ``output``.

    None where there is nothing to gain or it cannot be: the output is uint8 already, the operators are too
    old, or ``data`` cannot be read.
    """
    opset = _opset(data) if spec.type in _FLOATS else 0
    if not opset or (spec.rest and opset < 10):
        return None
    graph = _Fragment("out")
    last = output
    if spec.type != "float32":
        last = graph.add("Cast", last, to=wire.ELEMENTS["float32"])
    if spec.rest:
        size = spec.height * spec.width * spec.channels
        last = graph.add("Slice", last, *(graph.constant(np.array([at], np.int64)) for at in (0, size, -1)))
    graph.add("ReduceSum", last, name=TOTAL, keepdims=0)
    planar = _is_planar(spec)
    scales, offsets = _to_levels(spec, planar)
    if spec.is_flat and (planar or scales.ndim):
        sides = (spec.height, spec.width)
        axes = (spec.channels, *sides) if planar else (*sides, spec.channels)
        last = graph.add("Reshape", last, graph.constant(np.array([-1, *axes], np.int64)))
    last = graph.add("Mul", last, graph.constant(scales))
    last = graph.add("Add", last, graph.constant(offsets))
    if opset < 11:
        last = graph.add("Clip", last, min=0.0, max=255.0)
    else:
        last = graph.add("Clip", last, *(graph.constant(np.array(at, np.float32)) for at in (0, 255)))
    last = graph.add("Cast", last, name="" if planar else PIXELS, to=wire.ELEMENTS["uint8"])
    if planar:
        graph.add("Transpose", last, name=PIXELS, perm=(1, 2, 0) if spec.layout == "CHW" else (0, 2, 3, 1))
    outputs = [wire.value(PIXELS, "uint8"), wire.value(TOTAL, "float32", ())]
    return graph.model(*((wire.OUTPUT, one) for one in outputs))


def pixels_in(data: memoryview, source: str, spec: ImageSpec) -> bytes | None:
    """What gives a model ``PIXELS`` as an input in place of ``source``, which is changed in ``data`` itself.

    None as for ``pixels_out``, and where the pictures have no batch axis.
    """
    fits = spec.type in _FLOATS and spec.has_batch and not spec.rest
    if not fits or not _opset(data) or not _free_input(data, source):
        return None
    graph = _Fragment("in")
    planar = _is_planar(spec)
    last = graph.add("Transpose", PIXELS, perm=(0, 3, 1, 2)) if planar else PIXELS
    last = graph.add("Cast", last, to=wire.ELEMENTS["float32"])
    scales, lows = _from_levels(spec, planar)
    last = graph.add("Mul", last, graph.constant(scales))
    if lows.any():
        last = graph.add("Add", last, graph.constant(lows))
    if spec.type != "float32":
        last = graph.add("Cast", last, to=wire.ELEMENTS[spec.type])
    graph.add("Reshape", last, graph.constant(np.array([-1, *spec.tensor_shape], np.int64)), name=source)
    pixels = wire.value(PIXELS, "uint8", ["latent_explorer/N", spec.height, spec.width, spec.channels])
    return graph.model((wire.INPUT, pixels), (wire.OUTPUT, wire.value(source, spec.type)))


class _Fragment:
    """Nodes and constants under names of their own."""

    def __init__(self, end: str) -> None:
        self._prefix = f"latent_explorer/{end}/"
        self._fields: list[tuple[int, wire.Part]] = []

    def add(self, kind: str, *inputs: str, name: str = "", **attributes: int | float | Sequence[int]) -> str:
        """Add a node; the name of its output."""
        name = name or self._new_name()
        self._fields.append((wire.NODE, wire.node(kind, inputs, name, **attributes)))
        return name

    def constant(self, values: npt.NDArray[np.float32] | npt.NDArray[np.int64]) -> str:
        """Add a constant; its name."""
        name = self._new_name()
        self._fields.append((wire.INITIALIZER, wire.tensor(name, values)))
        return name

    def model(self, *ports: tuple[int, bytes]) -> bytes:
        """The bytes that add all this and the ``ports`` to a model."""
        return wire.message((wire.GRAPH, wire.message(*self._fields, *ports)))

    def _new_name(self) -> str:
        return f"{self._prefix}{len(self._fields)}"


def _is_planar(spec: ImageSpec) -> bool:
    return spec.channels > 1 and (spec.channels_first or spec.layout == "flat")


def _to_levels(spec: ImageSpec, planar: bool) -> tuple[Floats, Floats]:
    """Factor and summand from the model's values to levels of 0 to 255, with one half for rounding."""
    if not isinstance(spec.low, tuple) and not isinstance(spec.high, tuple):
        scale = 255.0 / (spec.high - spec.low)
        return np.array(scale, np.float32), np.array(0.5 - spec.low * scale, np.float32)
    lows, highs = _along(spec.lows, planar), _along(spec.highs, planar)
    scales = np.float32(255.0) / (highs - lows)
    return scales, np.float32(0.5) - lows * scales


def _from_levels(spec: ImageSpec, planar: bool) -> tuple[Floats, Floats]:
    """Factor and summand from levels of 0 to 255 to the model's values."""
    scales = tuple((high - low) / 255.0 for low, high in zip(spec.lows, spec.highs, strict=True))
    return _along(scales, planar), _along(spec.lows, planar)


def _along(values: tuple[float, ...], planar: bool) -> Floats:
    """One value for all, or one for each channel in its place."""
    if len(set(values)) == 1:
        return np.array(values[0], np.float32)
    return np.array(values, np.float32).reshape((-1, 1, 1) if planar else (-1,))


def _opset(data: memoryview) -> int:
    """The version of the standard operators, 0 where nodes cannot be added."""
    opset = version = 0
    try:
        for field, _, start, stop in wire.fields(data):
            if field == wire.IR_VERSION:
                version = wire.number(data, start)
            elif field == wire.OPSETS:
                parts = {number: (at, end) for number, _, at, end in wire.fields(data, start, stop)}
                at, end = parts.get(1, (0, 0))
                if bytes(data[at:end]) in (b"", b"ai.onnx") and 2 in parts:
                    opset = wire.number(data, parts[2][0])
    except ValueError:
        return 0
    return opset if opset >= _OLDEST_OPSET and version >= _OLDEST_IR else 0


def _free_input(data: memoryview, name: str) -> bool:
    """Make an input the description of a tensor inside the graph, in its place; whether it was found.

    The two fields are of one type and both tags take one byte.
    """
    for field, _, start, stop in wire.fields(data):
        if field != wire.GRAPH:
            continue
        for inner, tag, begin, end in wire.fields(data, start, stop):
            if inner != wire.INPUT:
                continue
            for number, _, at, last in wire.fields(data, begin, end):
                if number == 1 and bytes(data[at:last]) == name.encode():
                    data[tag] = wire.VALUE_INFO << 3 | 2
                    return True
    return False
