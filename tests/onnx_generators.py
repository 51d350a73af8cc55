"""Small real decoders as ONNX files that are fed more than a latent, or take their time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.onnx_pairs import Components, Pictures

LABELS = 4
SIDE = 768
"""Of the matrices that make a decoder slow: one product takes some ten milliseconds."""


def write_generator(path: Path, pictures: Pictures, size: int = 8, *, extras: bool = False) -> Path:
    """A decoder of N(0, I) latents for pictures ``uint8 (N, H, W, 1)``: their principal components.

    With ``extras`` it has four more inputs: ``truncation`` scales the latent, ``label`` (one-hot of 4) sets a
    quarter of the rows to white, ``invert`` turns black and white round, ``noise`` is added to every pixel.
    """
    _, height, width, _ = pictures.shape
    basis = Components.of(pictures, size)
    constants = {
        "back": basis.back, "mean": basis.mean, "zero": 0.0,
        "one": 1.0, "shape": np.array([-1, 1, height, width], np.int64),
        "bands": np.kron(np.eye(LABELS), np.ones(height * width // LABELS)), "little": 0.05,
    }  # fmt: skip
    inputs = [("z", TensorProto.FLOAT, ["N", size])]
    node = helper.make_node
    nodes = [node("MatMul", ["scaled", "back"], ["parts"]), node("Add", ["parts", "mean"], ["drawn"])]
    if extras:
        inputs += [
            ("truncation", TensorProto.FLOAT, []),
            ("label", TensorProto.FLOAT, ["N", LABELS]),
            ("invert", TensorProto.BOOL, []),
            ("noise", TensorProto.FLOAT, ["N", 1, height, width]),
        ]
        nodes = [
            node("Mul", ["z", "truncation"], ["scaled"]),
            *nodes,
            node("MatMul", ["label", "bands"], ["banded"]),
            node("Add", ["drawn", "banded"], ["marked"]),
            node("Clip", ["marked", "zero", "one"], ["positive"]),
            node("Sub", ["one", "positive"], ["negative"]),
            node("Where", ["invert", "negative", "positive"], ["chosen"]),
            node("Reshape", ["chosen", "shape"], ["clean"]),
            node("Mul", ["noise", "little"], ["quiet"]),
            node("Add", ["clean", "quiet"], ["noisy"]),
        ]
    else:
        nodes = [
            node("Identity", ["z"], ["scaled"]),
            *nodes,
            node("Reshape", ["drawn", "shape"], ["noisy"]),
        ]
    nodes.append(node("Clip", ["noisy", "zero", "one"], ["picture"]))
    return _save(path, nodes, inputs, ["N", 1, height, width], constants)


def write_slow_decoder(path: Path, products: int, size: int = 4, side: int = 8) -> Path:
    """A decoder that multiplies large matrices first, one ``products`` after the other."""
    rng = np.random.default_rng(0)
    constants = {
        "big": rng.standard_normal((SIDE, SIDE)) / SIDE, "back": rng.standard_normal((size, side * side)),
        "nought": 0.0, "shape": np.array([-1, 1, side, side], np.int64),
    }  # fmt: skip
    node = helper.make_node
    nodes = [node("ReduceMean", ["z"], ["mean"], keepdims=0), node("Add", ["big", "mean"], ["m0"])]
    nodes += [node("MatMul", [f"m{i}", "big"], [f"m{i + 1}"]) for i in range(products)]
    nodes += [
        node("ReduceMean", [f"m{products}"], ["sum"], keepdims=0),
        node("Mul", ["sum", "nought"], ["nothing"]),
        node("MatMul", ["z", "back"], ["flat"]),
        node("Add", ["flat", "nothing"], ["all"]),
        node("Sigmoid", ["all"], ["light"]),
        node("Reshape", ["light", "shape"], ["picture"]),
    ]
    return _save(path, nodes, [("z", TensorProto.FLOAT, ["N", size])], ["N", 1, side, side], constants)


def _save(path: Path, nodes: list, inputs: list, output: list, constants: dict) -> Path:
    used = {name for node in nodes for name in node.input}
    weights = [
        numpy_helper.from_array(
            value
            if isinstance(value, np.ndarray) and value.dtype == np.int64
            else np.asarray(value, np.float32),
            name,
        )
        for name, value in constants.items()
        if name in used
    ]
    graph = helper.make_graph(
        nodes,
        path.stem,
        [helper.make_tensor_value_info(*one) for one in inputs],
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, output)],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)
    return path
