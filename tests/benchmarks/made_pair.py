"""Pairs with larger decoders than the bundled ones, written as plain ONNX without any word of ours in them.

Each decoder draws a coarse picture from the latent, and a tower of convolutions as real decoders have it
(narrow and deep channels at a low resolution, few at a high one, doubled by nearest neighbours) adds
detail. The tower has random weights and a faint voice, so that the encoder, which reads the coarse picture
back, makes the round trip true.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from explorer.core.dataset import open_dataset
from explorer.core.encoding import encode
from explorer.core.model_pair import ModelPair
from explorer.core.progress import Progress
from explorer.core.projection import pca_preview
from tests.benchmarks.common import BUNDLES

_OPSET = 17
_FAINT = 0.05


@dataclass(frozen=True)
class Made:
    """A decoder of ``side``² colour pictures.

    ``latent`` is the shape of one latent; ``channels`` are those of the tower's stages, each at twice the
    resolution of the one before, the last at the picture's own; ``depth`` convolutions of 3×3 in each.
    """

    side: int
    latent: tuple[int, ...]
    channels: tuple[int, ...]
    depth: int
    pictures: int = 400


MADE = {
    "made-28": Made(28, (16,), (192, 128, 64), 2),
    "made-64": Made(64, (32,), (128, 64, 32), 2),
    "made-128": Made(128, (64,), (64, 48, 16), 2),
    "made-256": Made(256, (128,), (64, 32, 16), 2, pictures=100),
    "made-512": Made(512, (4, 64, 64), (64, 48, 32, 16), 1, pictures=40),
}


def names(*, quick: bool) -> tuple[str, ...]:
    """The bundled pairs and the made ones; ``quick``: the first of either."""
    return (BUNDLES[0], next(iter(MADE))) if quick else (*BUNDLES, *MADE)


def make(folder: Path, name: str) -> Path:
    """A workspace in ``folder`` with the pair ``MADE[name]``, pictures that it drew, and a map by PCA."""
    made = MADE[name]
    write(folder, made)
    pair = ModelPair.open(folder)
    latents = np.random.default_rng(0).standard_normal((made.pictures, pair.latent_size), np.float32)
    np.savez(folder / "data.npz", images=pair.decode(latents))
    work = encode(pair, open_dataset(folder / "data.npz"), folder, Progress())
    work.save_positions(pca_preview(work.latents), {})
    return folder


def write(folder: Path, made: Made) -> None:
    """Write ``encoder.onnx`` and ``decoder.onnx``."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(1)
    grid = made.side // 2 ** (len(made.channels) - 1)
    colours = made.latent[0] if len(made.latent) == 3 else 3
    coarse = (colours, grid, grid)
    flat = math.prod(coarse)
    encoder, decoder = _Graph(), _Graph()
    if len(made.latent) == 1:  # orthonormal rows: what one half spreads out, the other gathers
        basis = np.linalg.qr(random.standard_normal((flat, made.latent[0])))[0].T
        volume = math.sqrt(flat / made.latent[0])
        start = decoder.node("MatMul", "z", decoder.constant(basis * volume))
        start = decoder.node("Reshape", start, decoder.shape(0, *coarse))
        reading = basis.T / volume
    else:
        assert made.latent == coarse
        start, reading = "z", None
    mix = np.linalg.qr(random.standard_normal((3, 3)))[0]  # of the colours of the coarse picture
    to_rgb = np.zeros((3, colours, 1, 1))
    to_rgb[:, :3, 0, 0] = mix
    base = decoder.node("Conv", start, decoder.constant(to_rgb))
    base = decoder.enlarged(base, made.side // grid)
    detail = start
    before = colours
    for stage, channels in enumerate(made.channels):
        if stage:
            detail = decoder.enlarged(detail, 2)
        for _ in range(made.depth):
            weight = random.standard_normal((channels, before, 3, 3)) * math.sqrt(2 / (9 * before))
            detail = decoder.node("Conv", detail, decoder.constant(weight), pads=[1, 1, 1, 1])
            detail = decoder.node("Relu", detail)
            before = channels
    weight = random.standard_normal((3, before, 3, 3)) * _FAINT / math.sqrt(9 * before)
    detail = decoder.node("Conv", detail, decoder.constant(weight), pads=[1, 1, 1, 1])
    decoder.node("Sigmoid", decoder.node("Add", base, detail), name="image")
    decoder.save(folder / "decoder.onnx", ("z", made.latent), ("image", (3, made.side, made.side)))

    logit = encoder.node("Clip", "image", encoder.constant(0.002), encoder.constant(0.998))
    rest = encoder.node("Sub", encoder.constant(1.0), logit)
    logit = encoder.node("Log", encoder.node("Div", logit, rest))
    factor = made.side // grid
    pooled = encoder.node("AveragePool", logit, kernel_shape=[factor] * 2, strides=[factor] * 2)
    from_rgb = np.zeros((colours, 3, 1, 1))
    from_rgb[:3, :, 0, 0] = mix.T
    code = encoder.node(
        "Conv", pooled, encoder.constant(from_rgb), name="" if reading is not None else "code"
    )
    if reading is not None:
        code = encoder.node("Reshape", code, encoder.shape(0, flat))
        encoder.node("MatMul", code, encoder.constant(reading), name="code")
    encoder.save(folder / "encoder.onnx", ("image", (3, made.side, made.side)), ("code", made.latent))


class _Graph:
    """An ONNX graph that grows node by node."""

    def __init__(self) -> None:
        self._nodes: list[object] = []
        self._constants: list[object] = []

    def node(self, kind: str, *inputs: str, name: str = "", **attributes: object) -> str:
        """Append a node; the name of its output."""
        from onnx import helper

        output = name or f"t{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def constant(self, value: object) -> str:
        """Append a constant of float32; its name."""
        return self._initializer(np.asarray(value, np.float32))

    def shape(self, *sizes: int) -> str:
        """Append a shape; its name."""
        return self._initializer(np.asarray(sizes, np.int64))

    def enlarged(self, tensor: str, factor: int) -> str:
        """``tensor`` at ``factor`` times its height and width, by nearest neighbours."""
        if factor == 1:
            return tensor
        scales = self.constant([1.0, 1.0, factor, factor])
        mode = {"mode": "nearest", "nearest_mode": "floor", "coordinate_transformation_mode": "asymmetric"}
        return self.node("Resize", tensor, "", scales, **mode)

    def save(self, path: Path, *ends: tuple[str, tuple[int, ...]]) -> None:
        """Write the graph from one tensor to another, each a name and a shape after the free batch axis."""
        import onnx
        from onnx import TensorProto, helper

        ports = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", *shape]) for name, shape in ends
        ]
        graph = helper.make_graph(self._nodes, path.stem, ports[:1], ports[1:], self._constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=8)
        onnx.save(model, str(path))

    def _initializer(self, values: np.ndarray) -> str:
        from onnx import numpy_helper

        name = f"c{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(values, name))
        return name
