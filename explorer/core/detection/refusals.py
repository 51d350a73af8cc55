"""Reading an ONNX file with care, and saying in a sentence why one cannot be opened.

Everything is decided from the file alone, before a runtime sees it: a damaged or hostile file must not cost
more than its own size in memory.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.core.detection import walk
from explorer.core.detection.weights import MAX_ELEMENTS, check_weights
from explorer.core.errors import ExplorerError
from explorer.core.model_file import check_file, unreadable

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, ValueInfoProto

MAX_OPSET = 26
"""The newest ONNX operator set that the runtime promises to run."""
MAX_IR_VERSION = 13
"""The newest version of the file format that the runtime reads."""
DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml", "com.microsoft"})
"""The operators that the runtime brings along."""

_MANY_CODES = 512


def load(path: Path) -> ModelProto:
    """Read an ONNX file without its external data.

    Raises ``ExplorerError`` as ``check_file`` does, and where it is damaged or no ONNX at all.
    """
    import onnx
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

    check_file(path)
    try:
        model: ModelProto = onnx.ModelProto.FromString(path.read_bytes())
    except MemoryError as error:
        raise ExplorerError(f"{path} does not fit into memory; close other programs first.") from error
    except OSError as error:
        raise unreadable(path, error) from error
    except DecodeError as error:
        raise ExplorerError(
            f"{path} is no ONNX model, or only a part of one; copy it again or export the model again."
        ) from error
    return model


def check(model: ModelProto, path: Path) -> None:
    """Raise ``ExplorerError`` for a model that cannot be opened whatever its partner is.

    That is: damaged, with weights that are not there, made of operators the runtime does not have, or
    without a continuous latent. ``path`` is the file that ``model`` was loaded from.
    """
    _check_text(model, path)
    _check_versions(model, path)
    _check_graph(model.graph, path)
    for graph in walk.all_graphs(model):
        if len(walk.in_order(graph.node)) < len(graph.node):
            raise _damaged(path, "its nodes form a cycle")
    _check_operators(model, path)
    check_weights(model, path)
    _check_shapes(model, path)
    _check_continuous(model.graph, path)


def _damaged(path: Path, found: str) -> ExplorerError:
    return ExplorerError(f"{path} is damaged ({found}); copy it again or export the model again.")


def _check_text(model: ModelProto, path: Path) -> None:
    """Refuse names that are no UTF-8, which would turn up as bytes anywhere later."""

    def texts() -> Iterator[str]:
        yield from (model.producer_name, model.producer_version, model.domain, model.doc_string)
        yield from (model.graph.name, model.graph.doc_string)
        for entry in model.metadata_props:
            yield from (entry.key, entry.value)
        yield from (opset.domain for opset in model.opset_import)
        for graph in walk.all_graphs(model):
            yield from (value.name for value in graph.input)
            yield from (value.name for value in graph.output)
            yield from (axis.dim_param for v in graph.input for axis in v.type.tensor_type.shape.dim)
        for node in walk.all_nodes(model):
            yield from (node.name, node.op_type, node.domain, *node.input, *node.output)
            yield from (attribute.name for attribute in node.attribute)
        yield from (tensor.name for tensor in walk.all_tensors(model))

    if not all(isinstance(text, str) for text in texts()):
        raise _damaged(path, "a name in it is no text")


def _check_versions(model: ModelProto, path: Path) -> None:
    if model.ir_version > MAX_IR_VERSION:
        raise ExplorerError(
            f"{path} is in version {model.ir_version} of ONNX's file format and this program reads up to "
            f"{MAX_IR_VERSION}; update the program, or export the model with an older version of onnx."
        )
    opsets = {opset.domain: opset.version for opset in model.opset_import}
    newest = opsets.get("", opsets.get("ai.onnx"))
    if newest is None and model.graph.node:
        raise _damaged(path, "it does not say which operator set it uses")
    if newest is not None and newest < 1:
        raise _damaged(path, f"it asks for operator set {newest}")
    if newest is not None and newest > MAX_OPSET:
        raise ExplorerError(
            f"{path} uses ONNX operator set {newest} and this program runs up to {MAX_OPSET}; update the "
            f"program, or export the model with opset {MAX_OPSET} or older."
        )


def _check_graph(graph: GraphProto, path: Path) -> None:
    if not graph.node or not graph.output:
        raise ExplorerError(f"{path} holds an empty graph; export the model again.")
    if not walk.true_inputs(graph):
        raise ExplorerError(f"{path} takes no input; an encoder, a decoder or an autoencoder would work.")
    made = [name for node in graph.node for name in node.output if name]
    given = {value.name for value in graph.input} | {tensor.name for tensor in graph.initializer}
    given |= {sparse.values.name for sparse in graph.sparse_initializer}
    if len(set(made)) < len(made) or given.intersection(made):
        raise _damaged(path, "two of its nodes make the same tensor")
    known = given.union(made)
    wanted = [name for node in graph.node for name in walk.reads(node)] + [v.name for v in graph.output]
    missing = next((name for name in wanted if name not in known), None)
    if missing is not None:
        raise _damaged(path, f"nothing in it makes the tensor “{missing[:80]}” that it needs")


@functools.cache
def _operators() -> frozenset[str]:
    """Every operator that ONNX ever had; to list them takes some milliseconds."""
    import onnx

    schemas = onnx.defs.get_all_schemas_with_history()
    return frozenset(schema.name for schema in schemas if schema.domain == "")


def _check_operators(model: ModelProto, path: Path) -> None:
    own = {(function.domain, function.name) for function in model.functions}
    known = _operators()
    for node in walk.all_nodes(model):
        if (node.domain, node.op_type) in own:
            continue
        if node.domain not in DOMAINS:
            raise ExplorerError(
                f"{path} uses the custom operator “{node.op_type[:80]}” of “{node.domain[:80]}”, which the "
                "runtime does not have; export the model with standard ONNX operators only."
            )
        if node.domain in ("", "ai.onnx") and node.op_type not in known:
            raise ExplorerError(
                f"{path} uses the operator “{node.op_type[:80]}”, which is no ONNX operator; "
                "export the model again with standard ONNX operators only."
            )


def _check_shapes(model: ModelProto, path: Path) -> None:
    """Refuse tensors of absurd size, declared or made by a constant shape."""
    import numpy as np
    from onnx import numpy_helper

    def refuse(name: str, sizes: list[int]) -> ExplorerError:
        shape = "×".join(map(str, sizes[:6])) + ("×…" if len(sizes) > 6 else "")
        return ExplorerError(
            f"{path} has a tensor “{name[:80]}” of {shape} elements, more than any memory holds; "
            "export the model again."
        )

    for graph in walk.all_graphs(model):
        for value in (*graph.input, *graph.output, *graph.value_info):
            sizes = [size for size in walk.dims(value) if size]
            if math.prod(sizes) > MAX_ELEMENTS:
                raise refuse(value.name, sizes)
        shapes = {
            name: tensor
            for name, tensor in walk.constants(graph).items()
            if tensor.data_type == tensor.INT64 and len(tensor.dims) == 1 and 0 < tensor.dims[0] <= 16
        }
        for node in graph.node:
            sizes = []
            if node.op_type in ("RandomNormal", "RandomUniform"):
                sizes = [size for part in node.attribute if part.name == "shape" for size in part.ints]
            elif node.op_type in ("ConstantOfShape", "Expand") and node.input:
                tensor = shapes.get(node.input[-1])
                if tensor is not None and not tensor.external_data:
                    sizes = np.ravel(numpy_helper.to_array(tensor)).tolist()
            if math.prod(max(size, 1) for size in sizes) > MAX_ELEMENTS:
                raise refuse(node.op_type, sizes)


def _check_continuous(graph: GraphProto, path: Path) -> None:
    """Refuse models of discrete latents, whose maps would have no in-between."""
    found = _discrete(graph)
    if found:
        raise ExplorerError(
            f"{path} has discrete latents ({found}), and there is nothing between two codes to look at; "
            "an autoencoder, a VAE or a generator whose latent is made of real numbers would work."
        )


def _discrete(graph: GraphProto) -> str:
    """What speaks for discrete latents; empty where they may be continuous."""
    import onnx

    kinds = onnx.TensorProto
    floats = (kinds.FLOAT, kinds.FLOAT16, kinds.DOUBLE, kinds.BFLOAT16)
    whole = (kinds.INT8, kinds.INT16, kinds.INT32, kinds.INT64, kinds.UINT16, kinds.UINT32, kinds.UINT64)

    def kind(value: ValueInfoProto) -> int:
        return int(value.type.tensor_type.elem_type)

    # A truncation or a temperature is one number; the latent or the picture is more than that.
    inputs = walk.true_inputs(graph)
    main = [v for v in inputs if kind(v) in (*floats, kinds.UINT8) and not _is_single(v)]
    codes = next((value for value in inputs if kind(value) in whole), None)
    if codes is not None and not main and not _is_picture(codes):
        return f"it takes whole numbers, “{codes.name}”"
    outputs = list(graph.output)
    indices = next((value for value in outputs if kind(value) in whole), None)
    if indices is not None and all(kind(value) in whole for value in outputs) and not _is_picture(indices):
        return f"it gives whole numbers, “{indices.name}”"

    nodes = list(graph.node)
    # A label as numbers is smaller than the latent beside it; 0 stands for free axes.
    most = max(map(_size, main), default=0)
    main_names = {value.name for value in main if _size(value) in (0, most)}
    behind = walk.upstream(nodes, [value.name for value in outputs])
    for node in nodes:
        picks = node.op_type in ("ArgMax", "ArgMin", "Multinomial") and behind.intersection(node.output)
        if picks and main_names & walk.upstream(nodes, node.input):
            return f"it picks codes by {node.op_type}"
    for one, other, does in ((main, outputs, "takes"), (outputs, main, "gives")):
        for value in one:
            axes = walk.dims(value)
            per_code = len(axes) == 4 and (axes[1] or 0) >= _MANY_CODES and (axes[2] or 2) > 1
            largest = max((_size(v) for v in other if len(walk.dims(v)) == 4), default=0)
            if per_code and _size(value) > largest > 0:
                return f"it {does} a number for each of {axes[1]} codes at every place, “{value.name}”"
    return ""


def _size(value: ValueInfoProto) -> int:
    """Elements of one sample; 0 where an axis is free."""
    return math.prod(size or 0 for size in walk.dims(value)[1:])


def _is_single(value: ValueInfoProto) -> bool:
    axes = walk.dims(value)
    return not axes or (None not in axes[1:] and math.prod(size or 1 for size in axes) == 1)


def _is_picture(value: ValueInfoProto) -> bool:
    axes = walk.dims(value)
    return len(axes) >= 3 and (axes[-1] in (1, 3, 4) or axes[-3] in (1, 3, 4)) and len(axes) <= 4
