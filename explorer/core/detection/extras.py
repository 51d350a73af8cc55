"""Inputs beside the latent or the picture: what they may be, and what to feed them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from explorer.core.detection import settings, walk
from explorer.core.detection.hints import Hints
from explorer.core.engine.port import Port
from explorer.core.errors import ExplorerError
from explorer.core.plan import ExtraInput, Fact, Source

if TYPE_CHECKING:
    from onnx import GraphProto

FLOATS = ("float32", "float16", "float64")
_WHOLE = ("int64", "int32", "int16", "int8", "uint8", "uint16", "uint32", "uint64")
_SIDE_NAMES = re.compile(
    r"trunc|psi|noise|label|class|cond|one_?hot|mask|flag|train|temper|strength|seed|step|cutoff",
    re.IGNORECASE,
)
_LABEL_NAMES = re.compile(r"label|class|cond|one_?hot|^y$|^c$", re.IGNORECASE)
_NOISE_NAMES = re.compile(r"noise|eps|rand", re.IGNORECASE)
# Below 1 a generator draws what is more typical; 0.7 is what its authors show.
_TRUNCATION = re.compile(r"trunc|psi", re.IGNORECASE)
_MOST_CLASSES = 100_000


def main_input(ports: Sequence[Port], named: str) -> Port:
    """The input that is the latent or the picture: the first that is no scalar and not called otherwise.

    ``named`` is for the sentence. Raises ``ExplorerError`` where none is made of real numbers.
    """
    large = [
        port
        for port in ports
        if port.type in (*FLOATS, "uint8") and math.prod(size or 2 for size in port.shape) > 1
    ]
    plain = [port for port in large if not _SIDE_NAMES.search(port.name)]
    if not large:
        kinds = ", ".join(f"{port} of {port.type}" for port in ports) or "nothing"
        raise ExplorerError(
            f"{named} takes {kinds}; a model that takes pictures or latents of real numbers would work."
        )
    return (plain or large)[0]


def describe_extras(
    graph: GraphProto | None, ports: Sequence[Port], main: Port, hints: Hints, named: str
) -> tuple[tuple[ExtraInput, ...], tuple[Fact, ...]]:
    """All inputs but ``main``, with their values, and a fact for each."""
    extras, facts = [], []
    for port in ports:
        if port.name == main.name:
            continue
        extra = _described(graph, port, named)
        key = settings.EXTRA + port.name
        source: Source = "default"
        stated = hints.get(key)
        if stated:
            value = settings.number_of(stated[0])
            if value is None or not extra.low <= value <= extra.high:
                raise ExplorerError(
                    f"{named}: the input “{port.name}” cannot be {stated[0]}; "
                    f"{extra.low:g} to {extra.high:g} would work."
                )
            extra, source = ExtraInput(**{**vars(extra), "value": value}), stated[1]
        extras.append(extra)
        facts.append(Fact(f"Input “{port.name}”", f"{extra.value:g} ({extra.kind})", source, key))
    return tuple(extras), tuple(facts)


def _described(graph: GraphProto | None, port: Port, named: str) -> ExtraInput:
    per_sample = bool(port.shape) and (port.shape[0] is None or (len(port.shape) > 1 and port.shape[0] == 1))
    axes = tuple(size or 1 for size in (port.shape[1:] if per_sample else port.shape))
    size = math.prod(axes)

    def extra(kind: str, value: float, low: float, high: float) -> ExtraInput:
        return ExtraInput(port.name, port.type, axes, per_sample, kind, value, low, high)  # type: ignore[arg-type]

    if port.type == "bool":
        return extra("switch", 0, 0, 1)
    if port.type in _WHOLE:
        if size > 1 and not _LABEL_NAMES.search(port.name):
            return extra("amount", 0, 0, 255)
        classes = axes[-1] if size > 1 else _classes(graph, port.name)
        return extra("label", 0, 0, max(1, (classes or 10) - 1))
    if port.type not in FLOATS:
        raise ExplorerError(
            f"{named} takes {port} of {port.type}; only numbers and switches beside the latent would work."
        )
    if size == 1 and len(axes) < 3:
        return extra("amount", 0.7 if _TRUNCATION.search(port.name) else 1.0, 0, 2)
    if _NOISE_NAMES.search(port.name) or len(axes) >= 2:
        return extra("noise", 0, 0, 2**31 - 1)
    return extra("label", 0, 0, min(size, _MOST_CLASSES) - 1)


def _classes(graph: GraphProto | None, name: str) -> int | None:
    """How many values an index may take: the rows of the table it looks up, or the depth of its one-hot."""
    if graph is None:
        return None
    tensors = walk.constants(graph)
    aliases = {name}
    for node in graph.node:
        if node.op_type in ("Cast", "Identity", "Reshape", "Squeeze", "Unsqueeze", "Flatten"):
            if node.input and node.input[0] in aliases:
                aliases.update(node.output)
        elif node.op_type == "Gather" and len(node.input) > 1 and node.input[1] in aliases:
            table = tensors.get(node.input[0])
            return int(table.dims[0]) if table is not None and table.dims else None
        elif node.op_type == "OneHot" and len(node.input) > 1 and node.input[0] in aliases:
            from onnx import numpy_helper

            depth = tensors.get(node.input[1])
            return int(numpy_helper.to_array(depth).ravel()[0]) if depth is not None else None
    return None
