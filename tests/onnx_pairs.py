"""Small real autoencoders as ONNX files: the principal components of a set of pictures, in any convention."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

Pictures = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Convention:
    """How the files are written; see ``write_pair``."""

    layout: Literal["NCHW", "NHWC", "flat"] = "NCHW"
    low: float = 0.0
    high: float = 1.0
    outputs: tuple[str, ...] = ("z",)
    batch: int | str = "N"


def write_pair(
    folder: Path, pictures: Pictures, size: int = 8, convention: Convention = Convention()
) -> tuple[Path, Path]:
    """Write ``encoder.onnx`` and ``decoder.onnx`` for ``uint8 (N, H, W, C)`` with ``size`` components.

    Codes are whitened, so that N(0, I) is the prior. ``outputs`` names the encoder's outputs: ``mu`` or ``z``
    is the code, anything with "var" a log-variance, ``sample`` the code with fresh noise.
    """
    folder.mkdir(parents=True, exist_ok=True)
    count, height, width, channels = pictures.shape
    x = pictures.transpose(0, 3, 1, 2).reshape(count, -1) / 255.0
    mean = x.mean(axis=0)
    _, singular, rows = np.linalg.svd(x - mean, full_matrices=False)
    scale = singular[:size] / np.sqrt(count)
    into, back = (rows[:size] / scale[:, None]).T, rows[:size] * scale[:, None]
    span = convention.high - convention.low
    shape = {
        "NCHW": [channels, height, width],
        "NHWC": [height, width, channels],
        "flat": [channels * height * width],
    }[convention.layout]
    encoder, decoder = folder / "encoder.onnx", folder / "decoder.onnx"

    nodes = []
    source = "image"
    if convention.layout == "NHWC":
        nodes.append(helper.make_node("Transpose", [source], ["turned"], perm=[0, 3, 1, 2]))
        source = "turned"
    nodes += [
        helper.make_node("Flatten", [source], ["flat_"]),
        helper.make_node("Sub", ["flat_", "low"], ["from_low"]),
        helper.make_node("Div", ["from_low", "span"], ["unit"]),
        helper.make_node("Sub", ["unit", "mean_picture"], ["centred"]),
        helper.make_node("MatMul", ["centred", "into"], ["code"]),
    ]
    for name in convention.outputs:
        if "var" in name:
            nodes += [
                helper.make_node("Mul", ["code", "nought"], [f"{name}_0"]),
                helper.make_node("Sub", [f"{name}_0", "four"], [name]),
            ]
        elif name == "sample":
            nodes += [
                helper.make_node("RandomNormalLike", ["code"], ["noise"]),
                helper.make_node("Add", ["code", "noise"], [name]),
            ]
        else:
            nodes.append(helper.make_node("Identity", ["code"], [name]))
    constants = {
        "low": convention.low, "span": span, "mean_picture": mean, "into": into, "nought": 0.0, "four": 4.0,
    }  # fmt: skip
    batch = convention.batch
    _write(
        encoder,
        nodes,
        ("image", [batch, *shape]),
        [(name, [batch, size]) for name in convention.outputs],
        constants,
    )

    nodes = [
        helper.make_node("MatMul", ["z", "back"], ["spread"]),
        helper.make_node("Add", ["spread", "mean_picture"], ["raw"]),
        helper.make_node("Clip", ["raw", "zero", "one"], ["unit"]),
        helper.make_node("Mul", ["unit", "span"], ["wide"]),
        helper.make_node("Add", ["wide", "low"], ["values"]),
    ]
    if convention.layout == "flat":
        nodes.append(helper.make_node("Identity", ["values"], ["picture"]))
    else:
        nodes.append(helper.make_node("Reshape", ["values", "shape"], ["nchw"]))
        last = ["Transpose", {"perm": [0, 2, 3, 1]}] if convention.layout == "NHWC" else ["Identity", {}]
        nodes.append(helper.make_node(last[0], ["nchw"], ["picture"], **last[1]))
    constants = {
        "back": back, "mean_picture": mean, "zero": 0.0, "one": 1.0, "span": span, "low": convention.low,
        "shape": np.array([-1, channels, height, width], np.int64),
    }  # fmt: skip
    _write(decoder, nodes, ("z", [batch, size]), [("picture", [batch, *shape])], constants)
    return encoder, decoder


def _write(
    path: Path, nodes: list, port: tuple[str, list], outputs: list[tuple[str, list]], constants: dict
) -> None:
    used = {name for node in nodes for name in node.input}
    initializers = [
        numpy_helper.from_array(
            value
            if isinstance(value, np.ndarray) and value.dtype == np.int64
            else np.asarray(value, np.float32),
            name,
        )
        for name, value in constants.items()
        if name in used
    ]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes, path.stem, [value(port[0], TensorProto.FLOAT, port[1])],
        [value(name, TensorProto.FLOAT, shape) for name, shape in outputs], initializers,
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)
