"""Where a whole autoencoder can be cut in two: found in its graph, without running it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from explorer.core.detection import walk
from explorer.core.detection.shapes import Tensor

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto

# What these give depends on their input's shape alone, so that no picture passes through them.
_SHAPE_ONLY = frozenset({"Shape", "Size", "RandomNormalLike", "RandomUniformLike", "EyeLike"})
_RANDOM = frozenset(
    {"RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Bernoulli", "Multinomial"}
)
_REARRANGING = frozenset({"Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Cast", "Transpose"})
_SMALLER = 0.5


@dataclass(frozen=True)
class Bottleneck:
    """The narrow place: the decoder begins at ``latent``, the encoder gives ``mean``.

    ``spread`` is the tensor that says how wide the posterior is, ``spread_kind`` which (``"logvar"`` or
    ``"std"``); both empty where there is none.
    """

    latent: str
    mean: str
    spread: str = ""
    spread_kind: str = ""


def find(
    graph: GraphProto, picture: str, drawn: str, known: dict[str, Tensor], *, batched: bool
) -> Bottleneck | None:
    """The smallest real-numbered tensor that all of the picture passes on its way to the drawn one.

    None where there is none of at most half the picture's size: skip connections, or no narrow place. With
    ``batched`` the first axis counts samples.
    """
    import onnx

    kinds = onnx.TensorProto
    nodes = walk.in_order(graph.node)

    def size(name: str) -> float:
        """Elements of one sample, under the first probe; infinite where that cannot be told."""
        tensor = known.get(name)
        if tensor is None or tensor.type not in (kinds.FLOAT, kinds.FLOAT16, kinds.DOUBLE):
            return math.inf
        axes = tensor.probes[0]
        if not batched:
            return math.prod(axes)
        counts = [probe[0] if probe else 0 for probe in tensor.probes]
        return math.prod(axes[1:]) if counts == [probe[0] for probe in known[picture].probes] else math.inf

    whole = math.prod(known[picture].probes[0][1 if batched else 0 :])
    narrow = [name for name in passages(nodes, picture, drawn) if size(name) <= _SMALLER * whole]
    if not narrow:
        return None
    least = min(map(size, narrow))
    smallest = [name for name in narrow if size(name) == least]
    fed = [value.name for value in walk.true_inputs(graph) if value.name != picture]
    noisy = _downstream(nodes, fed, _RANDOM)
    makers = {name: node for node in nodes for name in node.output}
    for name in reversed(smallest):
        mean = _mean_of(name, makers, noisy)
        if mean is not None:
            spread, kind = _spread_of(makers[name], makers, noisy, graph)
            fits = spread in known and size(spread) == size(mean)
            return Bottleneck(name, mean, *((spread, kind) if fits else ("", "")))
    # An activation right behind the narrow place is the encoder's; a mere change of shape is the decoder's.
    chosen = len(smallest) - 1
    while chosen and makers[smallest[chosen]].op_type in _REARRANGING:
        chosen -= 1
    return Bottleneck(smallest[chosen], smallest[chosen])


def passages(nodes: list[NodeProto], start: str, end: str) -> list[str]:
    """The tensors that lie on every way from ``start`` to ``end``, both left out, in their order.

    ``nodes`` must be in order. Ways along which only a shape is handed on do not count. Going through the
    nodes in order, a tensor lies on every way exactly if it is at some moment the only one still needed.
    """
    ahead = {start}
    for node in nodes:
        if node.op_type not in _SHAPE_ONLY and ahead.intersection(walk.reads(node)):
            ahead.update(name for name in node.output if name)
    behind = {end}
    for node in reversed(nodes):
        if node.op_type not in _SHAPE_ONLY and behind.intersection(node.output):
            behind.update(walk.reads(node))
    on_way = ahead & behind
    steps = []
    for node in nodes:
        taken, made = on_way.intersection(walk.reads(node)), on_way.intersection(node.output)
        if taken and made and node.op_type not in _SHAPE_ONLY:
            steps.append((taken, made))
    uses = dict.fromkeys(on_way, 0)
    for taken, _ in steps:
        for name in taken:
            uses[name] += 1
    open_ways, found = {start}, []
    for taken, made in steps:
        for name in taken:
            uses[name] -= 1
        open_ways = {name for name in open_ways if uses[name] or name == end} | made
        if len(open_ways) == 1:
            found += [name for name in open_ways if name != end]
    return found


def _downstream(nodes: Iterable[NodeProto], names: Iterable[str], makers: frozenset[str]) -> set[str]:
    """All tensors that depend on ``names`` or on a node of the types in ``makers``."""
    found = set(names)
    for node in nodes:
        if node.op_type in makers or found.intersection(walk.reads(node)):
            found.update(name for name in node.output if name)
    return found


def _mean_of(name: str, makers: dict[str, NodeProto], noisy: set[str]) -> str | None:
    """``mu`` where ``name`` is ``mu + sigma · noise``."""
    node = makers[name]
    if name not in noisy or node.op_type not in ("Add", "Sum") or len(node.input) != 2:
        return None
    calm = [operand for operand in node.input if operand not in noisy]
    return calm[0] if len(calm) == 1 and calm[0] in makers else None


def _spread_of(
    sum_: NodeProto, makers: dict[str, NodeProto], noisy: set[str], graph: GraphProto
) -> tuple[str, str]:
    """``sigma`` or, where it is made of it, the log-variance, in ``mu + sigma · noise``; with its kind."""
    product = _made_by(next(name for name in sum_.input if name in noisy), makers)
    calm = [name for name in product.input if name not in noisy] if product is not None else []
    if product is None or product.op_type != "Mul" or len(calm) != 1 or calm[0] not in makers:
        return "", ""
    sigma = _made_by(calm[0], makers)
    if sigma is not None and sigma.op_type == "Exp":
        half = _made_by(sigma.input[0], makers)
        if half is not None and half.op_type in ("Mul", "Div"):
            values = {name: _number(name, graph) for name in half.input}
            logvar = [name for name, value in values.items() if value is None]
            if len(logvar) == 1 and (0.5 if half.op_type == "Mul" else 2.0) in values.values():
                return logvar[0], "logvar"
    if sigma is not None and sigma.op_type == "Sqrt":
        variance = _made_by(sigma.input[0], makers)
        if variance is not None and variance.op_type == "Exp":
            return variance.input[0], "logvar"
    return calm[0], "std"


def _made_by(name: str, makers: dict[str, NodeProto]) -> NodeProto | None:
    """The node that makes ``name``, seen through changes of shape."""
    node = makers.get(name)
    while node is not None and node.op_type in _REARRANGING:
        node = makers.get(node.input[0])
    return node


def _number(name: str, graph: GraphProto) -> float | None:
    """The single number that the constant ``name`` holds."""
    from onnx import numpy_helper

    tensor = walk.constants(graph).get(name)
    if tensor is None or math.prod(tensor.dims) != 1 or tensor.external_data:
        return None
    return float(numpy_helper.to_array(tensor).reshape(()))
