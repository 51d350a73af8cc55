"""One ONNX file, read, checked and tried: whether it encodes or decodes, and the sizes it works on."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from explorer.core.detection import ports, refusals
from explorer.core.detection.extras import FLOATS, describe_extras, main_input
from explorer.core.detection.hints import NO_HINTS, PREFIX, Hints, from_metadata
from explorer.core.detection.settings import axes_of, shape_of
from explorer.core.detection.trial import Trial
from explorer.core.engine.network import Network
from explorer.core.engine.port import Port
from explorer.core.errors import ExplorerError
from explorer.core.plan import ExtraInput, Fact

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto

Role = Literal["encoder", "decoder", "whole"]
_SIDES = (128, 256, 64, 96, 32, 224, 512)
"""Sides of pictures that are tried, in this order, where a model takes any and nothing names one."""
_SMALL_SIDES = (8, 16, 32, 64, 128, 224, 256)


@dataclass
class Half:
    """One file, as far as it is known.

    Attributes:
        path: the file. network: it, open. model: it, read; None where its metadata told enough.
        main: the input that is the picture or the latent. extras: the others, with ``extra_facts``.
        shape: the axes of one sample of ``main``, free ones filled in. free: which of them are free.
        trial: runs it.
        hints: what is stated, its own metadata included.
        outputs: the outputs that are real numbers or pixels.
    """

    path: Path
    network: Network
    model: ModelProto | None
    main: Port
    extras: tuple[ExtraInput, ...]
    extra_facts: tuple[Fact, ...]
    shape: tuple[int, ...]
    free: tuple[int, ...]
    trial: Trial
    role: Role = "encoder"
    outputs: tuple[str, ...] = ()
    hints: Hints = NO_HINTS

    @property
    def graph(self) -> GraphProto | None:
        """The file's graph, where it was read."""
        return self.model.graph if self.model is not None else None

    def port(self, name: str) -> Port:
        """The output ``name``."""
        return next(port for port in self.network.outputs if port.name == name)

    def sample_shape(self, output: str) -> tuple[int, ...]:
        """The axes of one sample of ``output``, as they were in the latest run."""
        shape = self.trial.raw_shapes[output]
        return shape[1:] if self.trial.gives_batch(output) else shape

    def resized(self, height: int, width: int) -> tuple[int, ...]:
        """``shape`` with its free rows and columns set; others are left."""
        last = len(self.shape) == 3 and self.shape[2] in (1, 3, 4) and self.shape[0] not in (1, 3, 4)
        rows, columns = (0, 1) if last or len(self.shape) == 2 else (1, 2)
        sizes = {rows: height, columns: width}
        return tuple(sizes.get(i, s) if i in self.free else s for i, s in enumerate(self.shape))


def picture_sizes(wanted: tuple[int, int, int] | None) -> list[tuple[int, int]]:
    """Heights and widths to try for pictures of any size: the wanted one alone, else the usual ones."""
    return [wanted[:2]] if wanted else [(side, side) for side in _SIDES]


def open_half(path: Path, hints: Hints, *, trusted: bool = False) -> Half:
    """Open ``path``, with small runs where its axes are free. ``trusted`` files need no check.

    Raises ``ExplorerError`` for what is neither encoder nor decoder, saying what was found.
    """
    model: ModelProto | None = None
    if not trusted:
        model = refusals.load(path)
        refusals.check(model, path)
    network = Network(path, "cpu")
    declared = network.metadata.get(PREFIX + "role", "")
    hints = hints.plus("file metadata", from_metadata(network.metadata, declared))
    main = main_input(network.inputs, str(path))
    outputs = tuple(port for port in network.outputs if port.type in (*FLOATS, "uint8"))
    if not outputs:
        raise ExplorerError(
            f"{path} gives {', '.join(f'{port} of {port.type}' for port in network.outputs)}; "
            "a model that gives pictures or latents of real numbers would work."
        )
    extras, facts = describe_extras(
        model.graph if model is not None else None, network.inputs, main, hints, str(path)
    )
    batched = ports.has_batch(main.shape, [port.shape for port in outputs])
    batch = (main.shape[0] if batched else 0) if main.shape else 0
    axes = main.shape[1:] if batched else main.shape
    free = tuple(index for index, size in enumerate(axes) if size is None)
    trial = Trial(network, main.name, main.type, batch, extras)
    half = Half(path, network, model, main, extras, facts, (), free, trial)
    half.outputs = tuple(port.name for port in outputs)
    half.hints = hints
    half.shape = tuple(size or 1 for size in axes)
    if free or (not declared and any(None in port.shape[1:] for port in outputs)):
        _fill_in(half, axes, hints)
    half.role = declared if declared in ("encoder", "decoder") else _role(half)  # type: ignore[assignment]
    return half


def describe(half: Half) -> str:
    """The ports of a file for an error sentence."""
    network = half.network
    return f"{', '.join(map(str, network.inputs))} → {', '.join(map(str, network.outputs))}"


def _fill_in(half: Half, axes: tuple[int | None, ...], hints: Hints) -> None:
    """Give free axes the smallest customary sizes that the network runs with."""
    failed: ExplorerError | None = None
    for shape in _shapes(axes, hints):
        try:
            half.trial.run(half.outputs, np.zeros((1, *shape), np.float32))
        except ExplorerError as error:
            failed = error
        else:
            half.shape = shape
            return
    what = "image_shape or latent_shape would settle it"
    raise ExplorerError(
        f"{half.path} leaves open how large its input {half.main} is, and no usual size runs; {what}."
    ) from failed


def _shapes(axes: tuple[int | None, ...], hints: Hints) -> Iterator[tuple[int, ...]]:
    """Sizes to try: a stated one first, then small squares; a free channel axis is tried as 3, 1 and 4."""
    if None not in axes:
        yield tuple(size or 1 for size in axes)
        return
    stated = hints.get("latent_shape")
    if stated:
        latent = axes_of(stated[0])
        fits = latent is not None and len(latent) == len(axes)
        if latent is not None and fits and all(a in (None, b) for a, b in zip(axes, latent, strict=True)):
            yield latent
    if len(axes) == 1:
        yield from ((size,) for size in _flat_sizes(hints))
        return
    last = len(axes) == 3 and axes[2] in (1, 3, 4) and axes[0] not in (1, 3, 4)
    channel = 2 if last else 0
    channels = [axes[channel]] if len(axes) != 3 or axes[channel] is not None else [3, 1, 4]
    for kind, side in itertools.product(channels, _SMALL_SIDES):
        yield tuple(
            size if size is not None else (kind or 1) if i == channel and len(axes) == 3 else side
            for i, size in enumerate(axes)
        )


def _flat_sizes(hints: Hints) -> Iterator[int]:
    stated = hints.text("image_shape")
    shape = shape_of(stated) if stated else None
    if shape:
        yield math.prod(shape)
    yield from (784, 1024, 3072, 12288, 560)
    yield from (2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 48, 50, 64, 96, 100, 128, 200, 256, 512)


def _role(half: Half) -> Role:
    size_in = math.prod(half.shape)
    sizes = []
    for name in half.outputs:
        if name in half.trial.raw_shapes:
            sizes.append(math.prod(half.sample_shape(name)))
        else:
            shape = half.port(name).shape
            batch = len(shape) > 1 and (half.trial.batch is None or shape[0] in (None, half.trial.batch))
            sizes.append(math.prod(size or 1 for size in (shape[1:] if batch else shape)))
    size_out = max(sizes)
    stated = half.hints.text("image_shape")
    takes = ports.frame_of(half.shape, True, shape_of(stated) if stated else None)
    if size_out < size_in:
        if takes is not None or len(half.shape) == 1:  # what a flat picture's sides are, its partner may tell
            return "encoder"
        raise ExplorerError(
            f"{half.path} is no encoder or decoder of pictures ({describe(half)}); N×C×H×W, N×H×W×C or flat "
            "pictures with 1, 3 or 4 channels would work, the size of flat ones as image_shape."
        )
    if size_out > size_in:
        if takes is not None and len(half.shape) == 3 and min(half.shape[1:]) >= 32 and takes.channels < 4:
            raise ExplorerError(
                f"{half.path} makes larger pictures out of pictures ({describe(half)}); an encoder or a "
                "decoder would work."
            )
        return "decoder"
    if takes is None:
        raise ExplorerError(
            f"{half.path} gives back as much as it takes ({describe(half)}); "
            "an encoder or a decoder of pictures would work."
        )
    return "whole"
