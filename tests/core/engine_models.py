"""Small real decoders and encoders in any layout, type and opset, with their plans."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from explorer.core.pixels import ImageSpec
from explorer.core.plan import DecoderPlan, EncoderPlan

SIZE = 5
_ELEMENTS = {"float32": 1, "uint8": 2, "float16": 10, "float64": 11}


def save(
    path: Path, nodes: list, inputs: list, outputs: list, constants: dict, *, opset: int = 17, ir: int = 8
) -> Path:
    """Write a model; ``inputs`` and ``outputs`` are ``(name, type, shape)``."""
    ports = [
        [helper.make_tensor_value_info(name, _ELEMENTS[kind], shape) for name, kind, shape in several]
        for several in (inputs, outputs)
    ]
    initializers = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "g", *ports, initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=ir)
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return path


def decoder(
    path: Path, spec: ImageSpec, batch: int | None = None, *, opset: int = 17, spread: float = 1.0
) -> DecoderPlan:
    """A random linear decoder whose values go beyond the range of ``spec``."""
    random = np.random.default_rng(3)
    count = math.prod(spec.tensor_shape)
    low, high = min(spec.lows), max(spec.highs)
    weights = random.standard_normal((SIZE, count)).astype(np.float32) * np.float32((high - low) / 3 * spread)
    shape = list(spec.tensor_shape) if not spec.has_batch else [batch or -1, *spec.tensor_shape]
    axes = ["N" if size == -1 else size for size in shape]
    nodes = [
        helper.make_node("MatMul", ["z", "w"], ["flat"]),
        helper.make_node("Add", ["flat", "b"], ["values"]),
        helper.make_node("Reshape", ["values", "shape"], ["shaped"]),
    ]
    last = "shaped"
    if spec.type == "uint8":
        nodes.append(helper.make_node("Max", [last, "zero"], ["above"]))
        nodes.append(helper.make_node("Min", ["above", "most"], ["levels"]))
        last = "levels"
    nodes.append(helper.make_node("Cast", [last], ["image"], to=_ELEMENTS[spec.type]))
    constants = {
        "w": weights, "b": np.float32((low + high) / 2), "shape": np.array(shape, np.int64),
        **({"zero": np.float32(0), "most": np.float32(255)} if spec.type == "uint8" else {}),
    }  # fmt: skip
    leading = [] if batch == 0 else [batch or "N"]
    ports = [("z", "float32", [*leading, SIZE])], [("image", spec.type, axes)]
    save(path, nodes, *ports, constants, opset=opset)
    return DecoderPlan(path, "z", "image", "float32", spec, batch)


def encoder(path: Path, spec: ImageSpec, batch: int | None = None, *, opset: int = 17) -> EncoderPlan:
    """A random linear encoder that begins with a multiplication, as nothing may be merged with it."""
    random = np.random.default_rng(4)
    count = math.prod(spec.tensor_shape)
    weights = random.standard_normal((count, SIZE)).astype(np.float32)
    nodes = [
        helper.make_node("Cast", ["image"], ["single"], to=1),
        helper.make_node("Reshape", ["single", "shape"], ["flat"]),
        helper.make_node("MatMul", ["flat", "w"], ["z"]),
    ]
    leading = [batch or "N"] if spec.has_batch else []
    constants = {"w": weights, "shape": np.array([-1, count], np.int64)}
    outputs = [("z", "float32", ["N", SIZE])]
    save(path, nodes, [("image", spec.type, [*leading, *spec.tensor_shape])], outputs, constants, opset=opset)
    return EncoderPlan(path, "image", "z", "float32", spec, batch if spec.has_batch else 0)


def latents(count: int) -> np.ndarray:
    """Random latents, ``(count, SIZE) float32``."""
    return np.random.default_rng(5).standard_normal((count, SIZE)).astype(np.float32)
