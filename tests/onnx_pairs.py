"""Small real autoencoders as ONNX files: the principal components of a set of pictures, in any convention."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

Pictures = npt.NDArray[np.uint8]

LOGVAR = -4.0
"""What every encoder says of its posterior: log σ², the same for all pictures and dimensions."""
_TYPES = {
    "float32": TensorProto.FLOAT, "float16": TensorProto.FLOAT16, "float64": TensorProto.DOUBLE,
    "uint8": TensorProto.UINT8, "int64": TensorProto.INT64, "bool": TensorProto.BOOL,
}  # fmt: skip


@dataclass(frozen=True)
class Convention:
    """How the files are written; see ``write_pair``.

    Attributes:
        layout: as in ``ImageSpec``, for both files.
        low, high: black and white, for all channels or one for each.
        outputs: the encoder's outputs as ``name`` or ``name:kind``; kinds are mean, logvar, variance, std,
            sample (the mean with fresh noise) and halves (mean and log-variance in one).
        batch: a name for a free axis, a number for a fixed one, None for no batch axis.
        latent: the axes of one latent; empty for one axis.
        image_type, latent_type: NumPy's names of the element types; uint8 pictures are pixels.
        folded: the pixel range hides in the weights, and the decoder does not clip.
        alpha: four channels, the fourth opaque.
        rest: how many logits lie behind the pixels of a flat layout.
        sphere: latents are of that length; 0 for any.
    """

    layout: str = "NCHW"
    low: float | tuple[float, ...] = 0.0
    high: float | tuple[float, ...] = 1.0
    outputs: tuple[str, ...] = ("z",)
    batch: int | str | None = "N"
    latent: tuple[int, ...] = ()
    image_type: str = "float32"
    latent_type: str = "float32"
    folded: bool = False
    alpha: bool = False
    rest: int = 0
    sphere: float = 0.0


@dataclass(frozen=True)
class Components:
    """Principal components of pictures: codes are whitened, so that N(0, I) is their prior.

    ``into`` is ``(C·H·W, D)``, ``back`` ``(D, C·H·W)``, ``mean`` ``(C·H·W,)``, all for planes on [0, 1].
    """

    into: npt.NDArray[np.float64]
    back: npt.NDArray[np.float64]
    mean: npt.NDArray[np.float64]

    @classmethod
    def of(cls, pictures: Pictures, size: int) -> Components:
        key = pictures.shape, hash(pictures.tobytes()), size
        if key not in _KNOWN:
            _KNOWN[key] = cls._found(pictures, size)
        return _KNOWN[key]

    @classmethod
    def _found(cls, pictures: Pictures, size: int) -> Components:
        x = pictures.transpose(0, 3, 1, 2).reshape(len(pictures), -1) / 255.0
        mean = x.mean(axis=0)
        x -= mean
        tall = len(x) > x.shape[1]
        # The smaller of the two products is quicker by far than all singular vectors.
        values, vectors = np.linalg.eigh(x.T @ x if tall else x @ x.T)
        rows = vectors[:, ::-1][:, :size].T
        if not tall:
            rows = rows @ x
            rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        scale = np.sqrt(values[::-1][:size] / len(pictures))
        return cls((rows / scale[:, None]).T, rows * scale[:, None], mean)


_KNOWN: dict[Any, Components] = {}


class Graph:
    """Nodes and constants, written one after the other; each method returns its result's name."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, value: Any, kind: type = np.float32) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, kind), name))
        return name

    def shape(self, *sizes: int) -> str:
        return self.constant(sizes, np.int64)

    def op(self, kind: str, *inputs: str, to: str = "", **attributes: Any) -> str:
        name = to or f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def write(
        self,
        path: Path,
        inputs: Sequence[tuple[str, str, Sequence[int | str | None]]],
        outputs: Sequence[tuple[str, str, Sequence[int | str | None]]],
        metadata: dict[str, str] | None = None,
    ) -> Path:
        """Write a file whose ports are ``(name, type, axes)``."""
        ports = [
            [helper.make_tensor_value_info(name, _TYPES[kind], list(axes)) for name, kind, axes in side]
            for side in (inputs, outputs)
        ]
        graph = helper.make_graph(self.nodes, path.stem, *ports, self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        helper.set_model_props(model, metadata or {})
        onnx.checker.check_model(model)
        path.parent.mkdir(parents=True, exist_ok=True)
        onnx.save(model, path)
        return path


def write_pair(
    folder: Path, pictures: Pictures, size: int = 8, convention: Convention = Convention()
) -> tuple[Path, Path]:
    """Write ``encoder.onnx`` and ``decoder.onnx`` for ``uint8 (N, H, W, C)`` with ``size`` components."""
    basis, shape = Components.of(pictures, size), pictures.shape[1:]
    encoder = write_encoder(folder / "encoder.onnx", basis, shape, convention)
    return encoder, write_decoder(folder / "decoder.onnx", basis, shape, convention)


def write_encoder(path: Path, basis: Components, shape: tuple[int, ...], how: Convention) -> Path:
    """Pictures of ``shape`` (H, W, C) to codes."""
    g, (height, width, channels) = Graph(), shape
    x = "image"
    if how.batch is None:
        x = g.op("Unsqueeze", x, g.shape(0))
    if how.image_type != "float32":
        x = _cast(g, x, "float32")
    planes = channels + how.alpha
    if how.rest:
        x = g.op("Slice", x, g.shape(0), g.shape(planes * height * width), g.shape(1))
    if how.layout in ("flat_hwc", "NHWC", "HWC"):
        x = g.op("Reshape", x, g.shape(-1, height, width, planes))
        x = g.op("Transpose", x, perm=[0, 3, 1, 2])
    x = g.op("Reshape", x, g.shape(-1, planes, height, width))
    if how.alpha:
        x = g.op("Slice", x, g.shape(0), g.shape(channels), g.shape(1))
    low, span = _limits(how, channels)
    if how.folded:
        offset = np.repeat(low / span, height * width) + basis.mean
        x = g.op("Flatten", x)
        x = g.op("Gemm", x, g.constant(basis.into / np.repeat(span, height * width)[:, None]),
                 g.constant(-offset @ basis.into))  # fmt: skip
    else:
        x = g.op("Div", g.op("Sub", x, g.constant(_axes(low))), g.constant(_axes(span)))
        x = g.op("Sub", g.op("Flatten", x), g.constant(basis.mean))
        x = g.op("MatMul", x, g.constant(basis.into))
    if how.sphere:
        x = g.op("Mul", g.op("LpNormalization", x, axis=1, p=2), g.constant(how.sphere))
    size = basis.into.shape[1]
    code, ports = x, []
    nought = g.op("Mul", code, g.constant(0.0))
    for text in how.outputs:
        name, _, kind = text.partition(":")
        kind = kind or ("logvar" if "var" in name else "sample" if name == "sample" else "mean")
        values = _output(g, code, nought, kind)
        axes = how.latent or (size,)
        axes = (2 * axes[0], *axes[1:]) if kind == "halves" else axes
        values = g.op("Reshape", values, g.shape(*([-1] if how.batch is not None else []), *axes))
        _cast(g, values, how.latent_type, to=name)
        ports.append((name, how.latent_type, [*_batch(how), *axes]))
    return g.write(path, [("image", how.image_type, _image_axes(how, shape))], ports)


def write_decoder(path: Path, basis: Components, shape: tuple[int, ...], how: Convention) -> Path:
    """Codes to pictures of ``shape`` (H, W, C)."""
    g, (height, width, channels) = Graph(), shape
    size = len(basis.back)
    z = _cast(g, "z", "float32") if how.latent_type != "float32" else "z"
    z = g.op("Reshape", z, g.shape(-1, size))
    if how.sphere:  # a linear decoder of such vectors: as far from the mean as a usual code is
        z = g.op("Mul", z, g.constant(np.sqrt(size) / how.sphere))
    low, span = _limits(how, channels)
    if how.folded:
        wide = np.repeat(span, height * width)
        offset = basis.mean * wide + np.repeat(low, height * width)
        x = g.op("Gemm", z, g.constant(basis.back * wide), g.constant(offset))
        x = g.op("Reshape", x, g.shape(-1, channels, height, width))
    else:
        x = g.op("Add", g.op("MatMul", z, g.constant(basis.back)), g.constant(basis.mean))
        x = g.op("Clip", x, g.constant(0.0), g.constant(1.0))
        x = g.op("Reshape", x, g.shape(-1, channels, height, width))
        x = g.op("Add", g.op("Mul", x, g.constant(_axes(span))), g.constant(_axes(low)))
    if how.alpha:
        white = g.op("Add", g.op("Mul", _plane(g, x), g.constant(0.0)), g.constant((low + span).max()))
        x = g.op("Concat", x, white, axis=1)
    if how.layout in ("flat_hwc", "NHWC", "HWC"):
        x = g.op("Transpose", x, perm=[0, 2, 3, 1])
    if how.rest:
        flat = g.op("Flatten", x)
        logits = g.op("Slice", flat, g.shape(0), g.shape(how.rest), g.shape(1))
        x = g.op("Concat", flat, g.op("Mul", logits, g.constant(-900.0)), axis=1)
    if how.image_type == "uint8":
        x = g.op("Clip", g.op("Round", x), g.constant(0.0), g.constant(255.0))
    axes = _image_axes(how, shape)
    x = g.op("Reshape", x, g.shape(*(-1 if isinstance(axis, str) else axis for axis in axes)))
    _cast(g, x, how.image_type, to="picture")
    latent = how.latent or (size,)
    return g.write(
        path, [("z", how.latent_type, [*_batch(how), *latent])], [("picture", how.image_type, axes)]
    )


def write_patch_pair(
    folder: Path,
    pictures: Pictures,
    channels: int = 4,
    patch: int = 8,
    *,
    outputs: tuple[str, ...] = ("latent",),
    low: float = -1.0,
    high: float = 1.0,
    metadata: dict[str, str] | None = None,
) -> tuple[Path, Path]:
    """Write a convolutional pair for pictures of any size: the components of ``patch``² pieces, by place.

    ``outputs`` are one, ``latent``, ``parameters:halves`` (mean and log-variance of 2C channels) or a
    ``sample``.
    """
    count, height, width, colours = pictures.shape
    cut = pictures[:, : height // patch * patch, : width // patch * patch]
    pieces = cut.reshape(count, height // patch, patch, width // patch, patch, colours)
    pieces = pieces.transpose(0, 1, 3, 2, 4, 5).reshape(-1, patch, patch, colours)
    basis = Components.of(pieces[:: max(1, len(pieces) // 1500)], channels)
    span = high - low
    folder.mkdir(parents=True, exist_ok=True)

    g = Graph()
    weights = basis.into.T.reshape(channels, colours, patch, patch) / span
    bias = -(low / span + basis.mean) @ basis.into
    code = g.op("Conv", "sample", g.constant(weights), g.constant(bias), strides=[patch, patch])
    nought, ports = g.op("Mul", code, g.constant(0.0)), []
    for text in outputs:
        name, _, kind = text.partition(":")
        kind = kind or ("sample" if name == "sample" else "mean")
        g.op("Identity", _output(g, code, nought, kind), to=f"{name}_out")
        ports.append((f"{name}_out", "float32", ["N", channels * (2 if kind == "halves" else 1), "h", "w"]))
    encoder = g.write(
        folder / "encoder.onnx", [("sample", "float32", ["N", colours, "H", "W"])], ports, metadata
    )

    g = Graph()
    weights = basis.back.reshape(channels, colours, patch, patch) * span
    x = g.op("ConvTranspose", "latent", g.constant(weights), strides=[patch, patch])
    repeats = g.op("Shape", "latent")
    tiles = g.op("Concat", g.shape(1, 1), g.op("Slice", repeats, g.shape(2), g.shape(4)), axis=0)
    mean = g.constant(basis.mean.reshape(1, colours, patch, patch) * span + low)
    g.op("Add", x, g.op("Tile", mean, tiles), to="picture")
    decoder = g.write(
        folder / "decoder.onnx",
        [("latent", "float32", ["N", channels, "h", "w"])],
        [("picture", "float32", ["N", colours, "H", "W"])],
        metadata,
    )
    return encoder, decoder


def _output(g: Graph, code: str, nought: str, kind: str) -> str:
    if kind == "sample":
        noise = g.op("RandomNormalLike", code)
        return g.op("Add", code, g.op("Mul", noise, g.constant(np.exp(LOGVAR / 2))))
    if kind == "mean":
        return code
    logvar = g.op("Add", nought, g.constant(LOGVAR))
    if kind == "halves":
        return g.op("Concat", code, logvar, axis=1)
    # Through a root and a square, so that no last operator tells the unit.
    spread = {"logvar": LOGVAR, "variance": np.exp(LOGVAR), "std": np.exp(LOGVAR / 2)}[kind]
    return g.op("Add", nought, g.constant(spread))


def _cast(g: Graph, x: str, kind: str, to: str = "") -> str:
    name = to or f"cast{len(g.nodes)}"
    g.nodes.append(helper.make_node("Cast", [x], [name], to=_TYPES[kind]))
    return name


def _plane(g: Graph, x: str) -> str:
    return g.op("Slice", x, g.shape(0), g.shape(1), g.shape(1))


def _limits(how: Convention, channels: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    low, high = (0.0, 255.0) if how.image_type == "uint8" else (how.low, how.high)
    black, white = (np.broadcast_to(np.asarray(value, float), channels) for value in (low, high))
    return black, white - black


def _axes(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """One number where all are alike, else one for each channel."""
    return values[0] if len(set(values)) == 1 else values[:, None, None]


def _batch(how: Convention) -> list[int | str]:
    return [] if how.batch is None else [how.batch]


def _image_axes(how: Convention, shape: tuple[int, ...]) -> list[int | str]:
    height, width, channels = shape
    planes = channels + how.alpha
    axes = {
        "NCHW": [planes, height, width], "NHWC": [height, width, planes], "NHW": [height, width],
        "flat": [planes * height * width + how.rest],
    }  # fmt: skip
    axes |= {"CHW": axes["NCHW"], "HWC": axes["NHWC"], "HW": axes["NHW"], "flat_hwc": axes["flat"]}
    return [*([] if how.layout in ("CHW", "HWC", "HW") else _batch(how)), *axes[how.layout]]
