"""A half-precision model in single precision, for latents that overflow in the former."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

_HALF, _SINGLE = 10, 1  # ONNX's numbers of the two types


def widened(path: Path) -> bytes | None:
    """The model of ``path`` with every float16 made float32; None where there is none, or it cannot be read.

    Needs the onnx package, and the model in memory.
    """
    try:
        import onnx

        model = onnx.load(path)
        changed = _widen_graph(model.graph) + sum(_widen_nodes(function.node) for function in model.functions)
        return bytes(model.SerializeToString()) if changed else None
    except Exception:  # noqa: BLE001 - the runtime took the file; what this package thinks of it is no matter
        return None


def _widen_graph(graph: Any) -> int:
    """Change a graph in place; how much was changed."""
    changed = sum(map(_widen_tensor, graph.initializer)) + _widen_nodes(graph.node)
    for port in (*graph.input, *graph.output, *graph.value_info):
        if port.type.tensor_type.elem_type == _HALF:
            port.type.tensor_type.elem_type = _SINGLE
            changed += 1
    return changed


def _widen_nodes(nodes: Iterable[Any]) -> int:
    changed = 0
    for node in nodes:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                changed += _widen_tensor(attribute.t)
            if attribute.HasField("g"):
                changed += _widen_graph(attribute.g)
            if attribute.name in ("to", "dtype") and attribute.i == _HALF:
                attribute.i = _SINGLE
                changed += 1
    return changed


def _widen_tensor(tensor: Any) -> int:
    if tensor.data_type != _HALF:
        return 0
    from onnx import numpy_helper

    values = numpy_helper.to_array(tensor).astype("float32")
    tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    return 1
