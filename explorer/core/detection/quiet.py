"""Encoders that draw a random sample themselves: the same file without its noise gives the mean."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from explorer.core.detection import walk
from explorer.core.files import atomic_path

if TYPE_CHECKING:
    from onnx import ModelProto

_NOISES = ("RandomNormalLike", "RandomNormal")


def is_noisy(model: ModelProto, output: str) -> bool:
    """Whether normal noise enters ``output`` in the main graph."""
    behind = walk.upstream(model.graph.node, [output])
    return any(node.op_type in _NOISES and behind.intersection(node.output) for node in model.graph.node)


def can_be_quieted(model: ModelProto) -> bool:
    """Whether ``write_quiet`` can do it: all weights are in the file itself."""
    return not any(tensor.external_data for tensor in walk.all_tensors(model))


def write_quiet(model: ModelProto, path: Path) -> None:
    """Write ``model`` with zeros in place of its noise, so that a sample of N(μ, σ²) becomes μ."""
    import onnx
    from onnx import helper

    quiet = onnx.ModelProto()
    quiet.CopyFrom(model)
    nodes = []
    for index, node in enumerate(model.graph.node):
        if node.op_type not in _NOISES:
            nodes.append(node)
            continue
        attributes = {part.name: helper.get_attribute_value(part) for part in node.attribute}
        shape = f"quiet_shape_{index}"
        if node.op_type == "RandomNormalLike":
            nodes.append(helper.make_node("Shape", [node.input[0]], [shape]))
        else:
            sizes = attributes["shape"]
            nodes.append(helper.make_node("Constant", [], [shape], value_ints=list(sizes)))
        kind = attributes.get("dtype") or _type_of(model, node.input[0] if node.input else "")
        nought = helper.make_tensor("nought", kind, [1], [attributes.get("mean", 0.0)])
        nodes.append(helper.make_node("ConstantOfShape", [shape], list(node.output), value=nought))
    del quiet.graph.node[:]
    quiet.graph.node.extend(nodes)
    with atomic_path(path) as beside:
        beside.write_bytes(quiet.SerializeToString())


def _type_of(model: ModelProto, name: str) -> int:
    """A tensor's element type as far as the file tells, else float32."""
    import onnx

    known = [*model.graph.input, *model.graph.output, *model.graph.value_info]
    found = next((value.type.tensor_type.elem_type for value in known if value.name == name), 0)
    return found or int(onnx.TensorProto.FLOAT)
