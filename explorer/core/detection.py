"""What an unknown ONNX file is: decided by shapes and trial runs, names only break ties.

Every finding is a ``Fact`` that says where it came from, so that the window can show it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from explorer.core.errors import ExplorerError
from explorer.core.pixels import ImageSpec

Floats = npt.NDArray[np.float32]
Role = Literal["encoder", "decoder"]

METADATA_PREFIX = "latent_explorer."
RANGES = ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0))
_LOGVAR_NAMES = (
    "logvar",
    "log_var",
    "logvariance",
    "log_variance",
    "log_covariance",
    "z_logvar",
    "z_log_var",
    "sigma",
)


@dataclass(frozen=True)
class Fact:
    """One thing found out about a model, and its source: file metadata, graph, or trial run."""

    name: str
    value: str
    source: str


@dataclass(frozen=True)
class Port:
    """An input or output: its name, element type, and shape with None for a free axis."""

    name: str
    type: str
    shape: tuple[int | None, ...]

    @property
    def sample_size(self) -> int | None:
        """Elements in one sample (all axes but the first), or None if one of them is free."""
        sizes = self.shape[1:]
        return math.prod(size for size in sizes if size) if sizes and all(sizes) else None

    def __str__(self) -> str:
        axes = "×".join("N" if size is None else str(size) for size in self.shape) or "a scalar"
        return f"“{self.name}” ({axes})"


@dataclass(frozen=True)
class Graph:
    """The outside of an ONNX file: its ports and metadata."""

    path: Path
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    metadata: Mapping[str, str]

    def meta(self, key: str) -> str | None:
        """The value this program's exporter wrote under ``key``, if any."""
        return self.metadata.get(METADATA_PREFIX + key)


def describe(graph: Graph) -> str:
    """The ports of a graph for an error sentence."""
    return f"{', '.join(map(str, graph.inputs))} → {', '.join(map(str, graph.outputs))}"


def role_of(graph: Graph) -> Role:
    """Whether a graph encodes (image in, smaller out) or decodes (latent in, image out).

    Raises ``ExplorerError`` for anything else, saying what was found.
    """
    if len(graph.inputs) != 1:
        raise ExplorerError(
            f"{graph.path} takes {len(graph.inputs)} inputs ({describe(graph)}); "
            "an encoder or a decoder with one input would work."
        )
    for port in (graph.inputs[0], *graph.outputs[:1]):
        if port.type != "tensor(float)":
            raise ExplorerError(
                f"{graph.path} uses {port.type} for “{port.name}”; a model with float32 tensors would work."
            )
    sizes_out = [port.sample_size for port in graph.outputs]
    size_in = graph.inputs[0].sample_size
    if size_in is None or not sizes_out or sizes_out[0] is None:
        raise ExplorerError(
            f"{graph.path} leaves more than the batch axis open ({describe(graph)}); "
            "export it with a fixed image size and latent size."
        )
    declared = graph.meta("role")
    if declared == "encoder" or (declared is None and size_in > sizes_out[0]):
        return "encoder"
    if declared == "decoder" or size_in < sizes_out[0]:
        return "decoder"
    raise ExplorerError(
        f"{graph.path} gives back as much as it takes ({describe(graph)}): a whole autoencoder or an "
        "image-to-image network; export its encoder and decoder as two files."
    )


def image_shape(port: Port, path: Path) -> tuple[int, int, int, Literal["NCHW", "NHWC", "flat"]]:
    """Height, width, channels and layout of an image port, from its shape alone."""
    sizes = [size or 0 for size in port.shape[1:]]
    if len(sizes) == 3 and sizes[0] in (1, 3):
        return sizes[1], sizes[2], sizes[0], "NCHW"
    if len(sizes) == 3 and sizes[2] in (1, 3):
        return sizes[0], sizes[1], sizes[2], "NHWC"
    if len(sizes) == 1:
        for channels in (1, 3):
            side = math.isqrt(sizes[0] // channels)
            if side * side * channels == sizes[0] and side > 1:
                return side, side, channels, "flat"
    raise ExplorerError(
        f"{path}: {port} is no grey or RGB image; N×C×H×W, N×H×W×C or a flat square with 1 or 3 channels "
        "would work."
    )


def declared_range(graph: Graph) -> tuple[float, float] | None:
    """The pixel range that the file's own metadata states, if it does."""
    low, high = graph.meta("image_low"), graph.meta("image_high")
    try:
        return (float(low), float(high)) if low is not None and high is not None else None
    except ValueError:
        return None


def range_of(pixels: Floats) -> tuple[float, float]:
    """The customary range that decoded pixels, any shape, fall into."""
    if pixels.min() < -0.05:
        return RANGES[1]
    return RANGES[2] if pixels.max() > 1.5 else RANGES[0]


@dataclass(frozen=True)
class Posterior:
    """Which of an encoder's outputs is the posterior mean and which, if any, the log-variance."""

    mean: str
    logvar: str | None
    source: str


def posterior_outputs(
    graph: Graph, latent_size: int, trial: Callable[[str], float], changes: Callable[[str], bool]
) -> Posterior:
    """Find the mean among the outputs of the latent's size.

    ``trial(name)`` gives the round trip's error when ``name`` is decoded, ``changes(name)`` whether two
    runs on the same pictures differ (then it is a sample, not the mean). Raises ``ExplorerError`` where
    no output has the decoder's latent size.
    """
    fitting = [port.name for port in graph.outputs if port.sample_size == latent_size]
    if not fitting:
        raise ExplorerError(
            f"{graph.path} gives {describe(graph).split('→')[1].strip()} but the decoder takes a latent of "
            f"{latent_size}; the two do not belong together: open an encoder and a decoder from the same "
            "training."
        )
    if len(fitting) == 1:
        return Posterior(fitting[0], None, "graph")
    if graph.meta("format"):
        return Posterior("mu", "logvar", "file metadata")
    steady = [name for name in fitting if not changes(name)] or fitting
    named = [name for name in steady if name.lower() in _LOGVAR_NAMES]
    if len(steady) == 2 and len(named) == 1:
        return Posterior(next(name for name in steady if name not in named), named[0], "names")
    mean, *rest = sorted(steady, key=trial)
    return Posterior(mean, rest[0] if rest else None, "trial run")


def best_range(errors: Sequence[float], preferred: tuple[float, float]) -> tuple[float, float]:
    """The range of ``RANGES`` with the smallest round-trip error; ``preferred`` wins a near tie."""
    best = int(np.argmin(errors))
    if errors[RANGES.index(preferred)] <= errors[best] * 1.05:
        return preferred
    return RANGES[best]


def same_pair(encoder: Graph, decoder: Graph) -> bool:
    """Whether both files' metadata name one export; refuses those that name different ones."""
    ids = encoder.meta("pair"), decoder.meta("pair")
    if None not in ids and ids[0] != ids[1]:
        raise ExplorerError(
            f"{encoder.path} and {decoder.path} come from different exports and do not belong together; "
            "open the encoder and the decoder of one export."
        )
    return None not in ids


def same_picture(encoder: ImageSpec, decoder: ImageSpec, paths: tuple[Path, Path]) -> None:
    """Refuse an encoder and a decoder whose pictures differ in size or colour."""
    if encoder.picture_shape != decoder.picture_shape:
        sizes = ["×".join(map(str, spec.picture_shape)) for spec in (encoder, decoder)]
        raise ExplorerError(
            f"{paths[0]} takes pictures of {sizes[0]} but {paths[1]} draws {sizes[1]}; "
            "the two do not belong together: open an encoder and a decoder from the same training."
        )
