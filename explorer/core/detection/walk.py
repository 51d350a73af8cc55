"""What stands in an ONNX file, met one by one: without recursion, because a broken file nests as it likes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto


def subgraphs(node: NodeProto) -> Iterator[GraphProto]:
    """The graphs inside a node's attributes (the branches of an If, the body of a Loop), one level deep."""
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.g
        yield from attribute.graphs


def all_graphs(model: ModelProto) -> Iterator[GraphProto]:
    """The graph, and every graph inside a node of it or of a function."""
    waiting = [model.graph, *(inner for f in model.functions for node in f.node for inner in subgraphs(node))]
    while waiting:
        graph = waiting.pop()
        yield graph
        waiting += [inner for node in graph.node for inner in subgraphs(node)]


def all_nodes(model: ModelProto) -> Iterator[NodeProto]:
    """Every node, of functions and of inner graphs too."""
    for function in model.functions:
        yield from function.node
    for graph in all_graphs(model):
        yield from graph.node


def all_tensors(model: ModelProto) -> Iterator[TensorProto]:
    """Every constant: initialisers, and those in attributes."""
    for graph in all_graphs(model):
        yield from graph.initializer
        for sparse in graph.sparse_initializer:
            yield sparse.values
            yield sparse.indices
    for node in all_nodes(model):
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors


def reads(node: NodeProto) -> list[str]:
    """The tensors that a node needs: its inputs, and what its inner graphs take from outside."""
    needed = [name for name in node.input if name]
    waiting = [(graph, frozenset[str]()) for graph in subgraphs(node)]
    while waiting:
        graph, outer = waiting.pop()
        known = outer | {value.name for value in graph.input} | {value.name for value in graph.initializer}
        known |= {name for inner in graph.node for name in inner.output}
        for inner in graph.node:
            needed += [name for name in inner.input if name and name not in known]
            waiting += [(deeper, known) for deeper in subgraphs(inner)]
        needed += [value.name for value in graph.output if value.name not in known]
    return needed


def constants(graph: GraphProto) -> dict[str, TensorProto]:
    """The graph's initialisers and the values of its Constant nodes, by name."""
    found = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant" and node.output:
            found.update((node.output[0], part.t) for part in node.attribute if part.HasField("t"))
    return found


def true_inputs(graph: GraphProto) -> list[ValueInfoProto]:
    """The inputs that have to be fed: old files list their weights among the inputs too."""
    held = {tensor.name for tensor in graph.initializer}
    return [value for value in graph.input if value.name not in held]


def dims(value: ValueInfoProto) -> tuple[int | None, ...]:
    """The axes of an input or output, None for a free one."""
    shape = value.type.tensor_type.shape
    return tuple(axis.dim_value if axis.dim_value > 0 else None for axis in shape.dim)


def in_order(nodes: Sequence[NodeProto]) -> list[NodeProto]:
    """The nodes so that each comes after what it needs; shorter than ``nodes`` where they form a cycle."""
    maker = {name: index for index, node in enumerate(nodes) for name in node.output if name}
    waits_for = [{maker[name] for name in reads(node) if name in maker} for node in nodes]
    then: list[list[int]] = [[] for _ in nodes]
    for index, needed in enumerate(waits_for):
        for other in needed:
            then[other].append(index)
    left = [len(needed) for needed in waits_for]
    ready = [index for index in reversed(range(len(nodes))) if not left[index]]
    ordered = []
    while ready:
        index = ready.pop()
        ordered.append(nodes[index])
        for other in then[index]:
            left[other] -= 1
            if not left[other]:
                ready.append(other)
    return ordered


def upstream(nodes: Iterable[NodeProto], names: Iterable[str], stop: Iterable[str] = ()) -> set[str]:
    """All tensors that ``names`` are made from, themselves included, not looking behind ``stop``."""
    maker = {name: node for node in nodes for name in node.output if name}
    found, waiting, ends = set[str](), list(names), set(stop)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        if name in maker and name not in ends:
            waiting += reads(maker[name])
    return found
