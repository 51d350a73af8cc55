"""The values that stand for black and white: by the graph's own arithmetic, or as seen in trial runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from explorer.core.detection import settings, walk
from explorer.core.pixels import Range

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto, TensorProto

Floats = npt.NDArray[np.float64]
Limits = tuple[Range, Range]
_PASSING = frozenset({
    "Identity", "Cast", "Reshape", "Transpose", "Flatten", "Squeeze", "Unsqueeze", "Slice", "Pad", "Concat",
    "Resize", "DepthToSpace", "Dropout",
})  # fmt: skip
_MOST_STEPS = 40


@dataclass(frozen=True)
class _Line:
    """x → x · slope + offset, one for all or one for each channel."""

    slope: Floats
    offset: Floats

    def of(self, value: Any) -> Floats:
        return np.asarray(value, np.float64) * self.slope + self.offset


def range_at_end(graph: GraphProto, output: str) -> Limits | None:
    """The range that the last operators keep ``output`` in: a Sigmoid, Tanh or Clip, and what follows it."""
    made_by = {name: node for node in graph.node for name in node.output if name}
    tensors, line, name = walk.constants(graph), _identity(), output
    for _ in range(_MOST_STEPS):
        node = made_by.get(name)
        if node is None:
            return None
        if node.op_type in ("Sigmoid", "HardSigmoid"):
            return _limits(line.of(0.0), line.of(1.0), bounded=True)
        if node.op_type in ("Tanh", "Softsign", "Sin"):
            return _limits(line.of(-1.0), line.of(1.0), bounded=True)
        if node.op_type == "Clip":
            low, high = _bounds(node, tensors)
            return (
                None if low is None or high is None else _limits(line.of(low), line.of(high), bounded=False)
            )
        step = _step(node, tensors, name)
        if step is not None:
            line = _Line(step[1].slope * line.slope, line.of(step[1].offset))
            name = step[0]
        elif node.op_type in _PASSING:
            name = node.input[0]
        else:
            return None
    return None


def range_at_start(graph: GraphProto, source: str) -> Limits | None:
    """The range that the first operators bring ``source`` from: pixels that the graph itself normalises."""
    readers: dict[str, list[NodeProto]] = {}
    for node in graph.node:
        for name in set(node.input):
            readers.setdefault(name, []).append(node)
    tensors, line, name, moved = walk.constants(graph), _identity(), source, False
    for _ in range(_MOST_STEPS):
        following = readers.get(name, [])
        if len(following) != 1:
            break
        node = following[0]
        step = _step(node, tensors, node.output[0]) if node.output else None
        if step is not None and step[0] == name:
            line, moved = _Line(line.slope * step[1].slope, step[1].of(line.offset)), True
        elif node.op_type not in _PASSING or node.input[0] != name:
            break
        name = node.output[0]
    if not moved:
        return None
    identity = np.allclose(line.slope, 1) and np.allclose(line.offset, 0)
    usual = [settings.RANGES[key] for key in ("[0, 1]", "[-1, 1]", "ImageNet")]
    fitting = [
        limits
        for limits in settings.RANGES.values()
        if any(
            _close(line.of(limits[0]), other[0]) and _close(line.of(limits[1]), other[1]) for other in usual
        )
    ]
    return None if identity or len(fitting) != 1 else fitting[0]


def seen_range(values: npt.NDArray[np.float32], channels: int) -> Limits:
    """The customary range that drawn pixels, any shape, fall into; a few may overshoot it."""
    least, most = np.quantile(values, (0.02, 0.98))
    if most > 8:
        return settings.RANGES["[0, 255]"]
    if channels == 3 and max(-least, most) > 1.45:
        return settings.RANGES["ImageNet"]
    return settings.RANGES["[-1, 1]" if least < -0.25 else "[0, 1]"]


def _identity() -> _Line:
    return _Line(np.float64(1.0), np.float64(0.0))  # type: ignore[arg-type]


def _close(values: Floats, wanted: Range) -> bool:
    return bool(np.allclose(values, wanted, atol=2e-2))


def _limits(low: Floats, high: Floats, *, bounded: bool) -> Limits | None:
    """The ends of a range, named ones exactly; a Clip's own bounds must be customary to mean pixels."""
    for limits in settings.RANGES.values():
        if np.allclose(low, limits[0], atol=1e-2) and np.allclose(high, limits[1], atol=1e-2):
            return limits
    if not np.all(low < high) or not (bounded or (abs(float(np.min(low))) <= 3 and np.max(high) <= 256)):
        return None
    if low.size == 1 and high.size == 1:
        return float(low.ravel()[0]), float(high.ravel()[0])
    if low.size == high.size and low.size in (3, 4):
        return tuple(map(float, low.ravel())), tuple(map(float, high.ravel()))
    return None


def _step(node: NodeProto, tensors: Mapping[str, TensorProto], output: str) -> tuple[str, _Line] | None:
    """The tensor that ``node`` moves by constants, and how; None for any other node."""
    if node.op_type not in ("Add", "Sub", "Mul", "Div") or len(node.input) != 2 or output not in node.output:
        return None
    first, second = (_numbers(tensors.get(name)) for name in node.input)
    if (first is None) == (second is None):
        return None
    value = first if first is not None else second
    assert value is not None
    constant_first = first is not None
    moved = node.input[1] if constant_first else node.input[0]
    nought, one = np.zeros_like(value), np.ones_like(value)
    lines: dict[str, Callable[[], _Line | None]] = {
        "Add": lambda: _Line(one, value),
        "Sub": lambda: _Line(-one, value) if constant_first else _Line(one, -value),
        "Mul": lambda: _Line(value, nought),
        "Div": lambda: None if constant_first or not np.all(value) else _Line(1 / value, nought),
    }
    line = lines[node.op_type]()
    return None if line is None else (moved, line)


def _numbers(tensor: TensorProto | None) -> Floats | None:
    """A constant that is one number, or one for each channel; flat."""
    if tensor is None or tensor.external_data:
        return None
    size = int(np.prod(tensor.dims)) if tensor.dims else 1
    if size != 1 and not (size in (3, 4) and max(tensor.dims) == size):
        return None
    from onnx import numpy_helper

    return np.asarray(numpy_helper.to_array(tensor), np.float64).reshape(() if size == 1 else (size,))


def _bounds(node: NodeProto, tensors: Mapping[str, TensorProto]) -> tuple[float | None, float | None]:
    """Both ends of a Clip, from its attributes (old files) or its inputs."""
    found: dict[str, float] = {part.name: part.f for part in node.attribute if part.name in ("min", "max")}
    for name, source in zip(("min", "max"), node.input[1:], strict=False):
        value = _numbers(tensors.get(source))
        if value is not None and value.size == 1:
            found[name] = float(value)
    return found.get("min"), found.get("max")
