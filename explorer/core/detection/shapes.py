"""The shape of every tensor of a graph, found without running it or reading its weights."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from explorer.core.detection import walk

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, TensorProto

_PROBES = ((2, 64), (3, 256))
"""Batch and side that stand in for free axes; what differs between the two is free."""
_SIDE_STEP = 32  # sides of their own for each axis, so that a height is not taken for a width
_PASSES = 12
_SMALL = 1024
# What exporters compute shapes with.
_ARITHMETIC = frozenset(
    {
        "Add", "Cast", "Ceil", "Concat", "Constant", "Div", "Floor", "Gather", "Identity", "Max", "Min",
        "Mod", "Mul", "Reshape", "Slice", "Squeeze", "Sub", "Transpose", "Unsqueeze",
    }
)  # fmt: skip

Values = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Tensor:
    """A tensor's element type (ONNX's number) and its axes under each probe."""

    type: int
    probes: tuple[tuple[int, ...], tuple[int, ...]]

    @property
    def axes(self) -> tuple[int | None, ...]:
        """The axes, None for a free one."""
        return tuple(a if a == b else None for a, b in zip(*self.probes, strict=True))


def tensors(model: ModelProto) -> dict[str, Tensor]:
    """Type and axes of every tensor whose shape follows from the inputs' shapes, by name."""
    found = [_follow(model, batch, side) for batch, side in _PROBES]
    return {
        name: Tensor(kind, (axes, found[1][name][1]))
        for name, (kind, axes) in found[0].items()
        if name in found[1] and len(found[1][name][1]) == len(axes)
    }


def _follow(model: ModelProto, batch: int, side: int) -> dict[str, tuple[int, tuple[int, ...]]]:
    """Types and axes with ``batch`` and ``side`` for the free axes.

    ONNX's own inference follows shapes but little of the arithmetic that makes them; so shapes that have
    become known are worked out in turn and handed to it, until nothing new is found.
    """
    worked_out: Values = {}
    found = _infer(model, batch, side, worked_out)
    for _ in range(_PASSES):
        if all(value.name in found for value in model.graph.output):
            break
        before = len(worked_out)
        _work_out(model, found, worked_out)
        if len(worked_out) == before:
            break
        found = _infer(model, batch, side, worked_out)
    return found


def _infer(
    model: ModelProto, batch: int, side: int, worked_out: Values
) -> dict[str, tuple[int, tuple[int, ...]]]:
    import onnx
    from onnx import helper, numpy_helper

    light = onnx.ModelProto(ir_version=model.ir_version)
    light.opset_import.extend(model.opset_import)
    light.functions.extend(model.functions)
    graph = light.graph
    graph.name = "probe"
    graph.node.extend(node for node in model.graph.node if not worked_out.keys() & set(node.output))
    graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in worked_out.items())
    for tensor in model.graph.initializer:
        if tensor.name in worked_out:
            continue
        if _is_small(tensor):
            graph.initializer.append(tensor)
        else:
            graph.input.append(helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims))
    for value in walk.true_inputs(model.graph):
        free = walk.dims(value)
        axes = [size or (side + _SIDE_STEP * axis if axis else batch) for axis, size in enumerate(free)]
        graph.input.append(helper.make_tensor_value_info(value.name, value.type.tensor_type.elem_type, axes))
    for value in model.graph.output:
        graph.output.append(helper.make_tensor_value_info(value.name, value.type.tensor_type.elem_type, None))
    try:
        inferred = onnx.shape_inference.infer_shapes(light, data_prop=True).graph
    except Exception:  # noqa: BLE001 - the inference raises several kinds; what is not known is left out
        return {}
    found = {}
    for value in (*inferred.input, *inferred.value_info, *inferred.output):
        kind = value.type.tensor_type
        sizes = walk.dims(value)
        if kind.HasField("shape") and None not in sizes:
            found[value.name] = (kind.elem_type, tuple(size or 0 for size in sizes))
    return found


def _work_out(model: ModelProto, known: dict[str, tuple[int, tuple[int, ...]]], worked_out: Values) -> None:
    """Add to ``worked_out`` the whole numbers that follow from the shapes in ``known``."""
    from onnx import helper
    from onnx.reference import ReferenceEvaluator

    constants = _small_constants(model.graph)
    for node in walk.in_order(model.graph.node):
        if not node.output or node.output[0] in worked_out:
            continue
        if node.op_type == "Shape" and node.input[0] in known:
            span = {part.name: part.i for part in node.attribute}
            axes = known[node.input[0]][1][span.get("start", 0) : span.get("end")]
            worked_out[node.output[0]] = np.array(axes, np.int64)
            continue
        inputs = {name: worked_out.get(name, constants.get(name)) for name in node.input if name}
        from_shape = any(name in worked_out for name in inputs)
        if node.op_type not in _ARITHMETIC or not from_shape or any(v is None for v in inputs.values()):
            continue
        values = {name: value for name, value in inputs.items() if value is not None}
        ports = [
            helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape)
            for name, value in values.items()
        ]
        graph = helper.make_graph([node], "one", ports, [helper.make_empty_tensor_value_info(node.output[0])])
        one = helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)
        with suppress(Exception):  # of any kind; then this shape stays unknown
            results: Any = ReferenceEvaluator(one).run(None, values)
            worked_out[node.output[0]] = np.asarray(results[0])


def _small_constants(graph: GraphProto) -> Values:
    from onnx import numpy_helper

    return {
        name: numpy_helper.to_array(tensor)
        for name, tensor in walk.constants(graph).items()
        if _is_small(tensor) and tensor.data_type != tensor.STRING
    }


def _is_small(tensor: TensorProto) -> bool:
    """Whether a constant may be a shape, and not a weight."""
    return math.prod(tensor.dims) <= _SMALL and not tensor.external_data
