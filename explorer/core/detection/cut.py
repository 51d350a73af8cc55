"""A whole autoencoder in one file becomes an encoder and a decoder in two."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.core.detection import bottleneck, walk
from explorer.core.detection.bottleneck import Bottleneck
from explorer.core.detection.refusals import load
from explorer.core.detection.shapes import Tensor, tensors
from explorer.core.detection.weights import declared_bytes, external_file
from explorer.core.errors import ExplorerError
from explorer.core.files import atomic_path
from explorer.core.model_file import MAX_BYTES

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto

_PREFIX = "latent_explorer."
_WHAT_WORKS = "an autoencoder with a bottleneck, or its encoder and decoder as two files, would work."


def cut(path: Path, folder: Path) -> tuple[Path, Path]:
    """Cut the autoencoder in ``path`` at its bottleneck; the encoder's and the decoder's file in ``folder``.

    The bottleneck is the smallest tensor that everything on the way from the picture to its reconstruction
    passes. Where the latent is drawn at random, ``mu + sigma · noise``, the encoder gives ``mu`` and
    ``logvar`` (or ``std``) and the decoder begins behind the noise. Both files name one pair in their
    metadata. ``path`` has passed ``refusals.check``. Raises ``ExplorerError`` where there is no such place.
    """
    model = load(path)
    known = tensors(model)
    picture, drawn = _ends(model.graph, known, path)
    found = bottleneck.find(
        model.graph, picture.name, drawn.name, known, batched=_is_batched(walk.dims(picture))
    )
    if found is None:
        raise ExplorerError(
            f"{path} takes a picture and gives one, but no place in it that all of the picture passes is at "
            "most half its size (skip connections, or no bottleneck), so that it cannot be cut in two; "
            f"{_WHAT_WORKS}"
        )
    halves = _encoder(model, picture, found, known), _decoder(model, (picture, drawn), found, known, path)
    pair = _digest(path)
    targets = folder / f"{path.stem}-encoder.onnx", folder / f"{path.stem}-decoder.onnx"
    for role, half, target in zip(("encoder", "decoder"), halves, targets, strict=True):
        _finish(half, model, path, {"role": role, "pair": pair})
        _write(half, target)
    return targets


def _ends(graph: GraphProto, known: dict[str, Tensor], path: Path) -> tuple[ValueInfoProto, ValueInfoProto]:
    """The picture that goes in and its reconstruction."""

    def size(name: str) -> int:
        axes = known[name].probes[0]
        return math.prod(axes)

    inputs = [v for v in walk.true_inputs(graph) if v.name in known and len(known[v.name].probes[0]) >= 2]
    outputs = [value for value in graph.output if value.name in known]
    picture = max(inputs, key=lambda value: size(value.name), default=None)
    if picture is None or not outputs:
        raise ExplorerError(
            f"{path} leaves the shapes of its tensors open, so that its bottleneck cannot be found; "
            "export its encoder and decoder as two files."
        )
    nodes = walk.in_order(graph.node)
    same = [value for value in outputs if size(value.name) == size(picture.name)]
    # Some give the picture itself back as well, beside its reconstruction.
    drawn = [value for value in same if bottleneck.passages(nodes, picture.name, value.name)] or same
    if drawn:
        return picture, drawn[0]
    largest = max(outputs, key=lambda value: size(value.name))
    shapes = [
        "×".join("?" if axis is None else str(axis) for axis in known[value.name].axes)
        for value in (picture, largest)
    ]
    what = (
        "enlarges its input, as super-resolution does"
        if size(largest.name) > size(picture.name)
        else "gives something else than the picture that it takes"
    )
    raise ExplorerError(
        f"{path} {what} ({shapes[0]} → {shapes[1]}), so that it cannot be cut in two; {_WHAT_WORKS}"
    )


def _is_batched(axes: tuple[int | None, ...]) -> bool:
    """Whether the first axis counts samples; three fixed ones are a single picture."""
    return not (len(axes) == 3 and None not in axes and (axes[0] in (1, 3, 4) or axes[2] in (1, 3, 4)))


def _encoder(
    model: ModelProto, picture: ValueInfoProto, found: Bottleneck, known: dict[str, Tensor]
) -> ModelProto:
    from onnx import helper

    inner = [found.mean, *([found.spread] if found.spread else [])]
    half, names = _part(model, inner)
    outer = ["mu", found.spread_kind] if found.spread else ["z"]
    for old, new in zip(inner, outer, strict=True):
        new = _free(new, names)
        half.graph.node.append(helper.make_node("Identity", [old], [new]))
        half.graph.output.append(_value(new, known[old], picture, "latent"))
    return half


def _decoder(
    model: ModelProto,
    ends: tuple[ValueInfoProto, ValueInfoProto],
    found: Bottleneck,
    known: dict[str, Tensor],
    path: Path,
) -> ModelProto:
    from onnx import helper

    picture, drawn = ends
    nodes = walk.in_order(model.graph.node)
    behind = {found.latent}
    for node in nodes:
        if behind.intersection(walk.reads(node)):
            behind.update(name for name in node.output if name)
    needed = walk.upstream(nodes, [drawn.name], stop=[found.latent])
    # Reshaping to the size of something before the bottleneck; what that was is known from the latent's size.
    handed_on = [
        node
        for node in nodes
        if node.op_type == "Shape" and needed.intersection(node.output) and node.input[0] not in behind
    ]
    made_up = [part for node in handed_on for part in _shape_from_latent(node, found.latent, known, path)]
    stop = [found.latent, *(name for node in handed_on for name in node.output)]
    half, names = _part(model, [drawn.name], stop)
    fed = [value for value in half.graph.input if value.name not in _extras(model.graph, found, nodes)]
    if fed:
        raise ExplorerError(
            f"{path} needs its input “{fed[0].name}” behind the bottleneck too, so that it cannot be cut in "
            f"two; {_WHAT_WORKS}"
        )
    latent = _free("z", names)
    own = list(half.graph.node)
    del half.graph.node[:]
    half.graph.node.extend([helper.make_node("Identity", [latent], [found.latent]), *made_up, *own])
    extras = list(half.graph.input)
    del half.graph.input[:]
    half.graph.input.extend([_value(latent, known[found.latent], picture, "latent"), *extras])
    half.graph.output.append(_value(drawn.name, known[drawn.name], picture, "picture"))
    return half


def _extras(graph: GraphProto, found: Bottleneck, nodes: list[NodeProto]) -> set[str]:
    """Inputs that have no part in the latent, so that the decoder may ask for them itself."""
    in_latent = walk.upstream(nodes, [found.latent])
    return {value.name for value in graph.input if value.name not in in_latent}


def _shape_from_latent(node: NodeProto, latent: str, known: dict[str, Tensor], path: Path) -> list[NodeProto]:
    """Nodes that give what ``node``, a Shape, gives, from the latent's shape instead of its input's."""
    import numpy as np
    from onnx import helper, numpy_helper

    def constant(name: str, values: list[int]) -> NodeProto:
        return helper.make_node(
            "Constant", [], [name], value=numpy_helper.from_array(np.array(values, np.int64))
        )

    result = node.output[0]
    span = {part.name: part.i for part in node.attribute}
    tensor = known.get(node.input[0])
    seen = list(zip(*tensor.probes, strict=True))[span.get("start", 0) : span.get("end")] if tensor else []
    nodes = [helper.make_node("Shape", [latent], [f"{result}/latent"])]
    parts = []
    for index, (one, other) in enumerate(seen):
        part = f"{result}/{index}"
        parts.append(part)
        if one == other:
            nodes.append(constant(part, [one]))
            continue
        ends = zip(*known[latent].probes, strict=True)
        axis, factor = next(
            (
                (i, one // a)
                for i, (a, b) in enumerate(ends)
                if a != b and one * b == other * a and one % a == 0
            ),
            (0, 0),
        )
        if not factor:
            break
        nodes += [
            constant(f"{part}/axis", [axis]),
            constant(f"{part}/factor", [factor]),
            helper.make_node("Gather", [f"{result}/latent", f"{part}/axis"], [f"{part}/size"]),
            helper.make_node("Mul", [f"{part}/size", f"{part}/factor"], [part]),
        ]
    else:
        if parts:
            return [*nodes, helper.make_node("Concat", parts, [result], axis=0)]
    raise ExplorerError(
        f"{path} hands the size of its input around the bottleneck, so that it cannot be cut in two; "
        f"{_WHAT_WORKS}"
    )


def _part(model: ModelProto, outputs: Iterable[str], stop: Iterable[str] = ()) -> tuple[ModelProto, set[str]]:
    """What ``outputs`` need, with the outputs still to be declared; and all names of the model."""
    import onnx

    ends = set(stop)
    nodes = walk.in_order(model.graph.node)
    needed = walk.upstream(nodes, outputs, ends)
    half = onnx.ModelProto(ir_version=model.ir_version, producer_name=model.producer_name)
    half.opset_import.extend(model.opset_import)
    half.functions.extend(model.functions)
    half.graph.name = model.graph.name or "half"
    half.graph.node.extend(
        n for n in nodes if needed.intersection(n.output) and not ends.intersection(n.output)
    )
    half.graph.initializer.extend(tensor for tensor in model.graph.initializer if tensor.name in needed)
    half.graph.sparse_initializer.extend(s for s in model.graph.sparse_initializer if s.values.name in needed)
    half.graph.input.extend(value for value in walk.true_inputs(model.graph) if value.name in needed)
    names = {name for node in walk.all_nodes(model) for name in (*node.input, *node.output)}
    return half, names | {value.name for value in model.graph.input}


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _value(name: str, tensor: Tensor, like: ValueInfoProto, prefix: str) -> ValueInfoProto:
    """An input or output; its free axes are named, the first as in ``like`` where that is named."""
    from onnx import helper

    first = like.type.tensor_type.shape.dim[:1]
    batch = (first[0].dim_param if first else "") or "batch"
    axes = [
        size if size is not None else (batch if axis == 0 else f"{prefix}_{axis}")
        for axis, size in enumerate(tensor.axes)
    ]
    return helper.make_tensor_value_info(name, tensor.type, axes)


def _finish(half: ModelProto, model: ModelProto, path: Path, facts: dict[str, str]) -> None:
    """Bring external weights into ``half`` and give it its metadata."""
    for tensor in walk.all_tensors(half):
        if tensor.external_data:
            _bring_in(tensor, path)
    kept = {entry.key: entry.value for entry in model.metadata_props}
    named = {f"{_PREFIX}{key}": value for key, value in facts.items()}
    for key, value in ({f"{_PREFIX}name": path.stem} | kept | named).items():
        half.metadata_props.add(key=key, value=value)


def _bring_in(tensor: TensorProto, path: Path) -> None:
    entries = {entry.key: entry.value for entry in tensor.external_data}
    with external_file(tensor, path).open("rb") as file:
        file.seek(int(entries.get("offset", 0)))
        tensor.raw_data = file.read(declared_bytes(tensor))
    tensor.ClearField("external_data")
    tensor.ClearField("data_location")


def _write(half: ModelProto, target: Path) -> None:
    if half.ByteSize() > MAX_BYTES:
        raise ExplorerError(
            f"{target.name} would be larger than the 2 GiB that an ONNX file can have; "
            "export the encoder and the decoder as two files."
        )
    with atomic_path(target) as beside:
        beside.write_bytes(half.SerializeToString(deterministic=True))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
