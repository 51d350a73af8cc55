"""Pictures at either end of a network: which tensor they are in, and how they lie in it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from random import Random

import numpy as np
import numpy.typing as npt

from explorer.core.detection import ports, ranges, settings
from explorer.core.detection.half import Half, describe
from explorer.core.detection.hints import Hints
from explorer.core.detection.ports import Frame
from explorer.core.errors import Unsettled
from explorer.core.pixels import ImageSpec, Layout, Range, from_tensor
from explorer.core.plan import Source

Floats = npt.NDArray[np.float32]
Pictures = npt.NDArray[np.uint8]

_TRIALS, _TRIALS_OF_LARGE = 8, 2
_LARGE = 128 * 128
_CALM = np.float32(0.3)


@dataclass(frozen=True)
class Sourced:
    """Pictures at one end of a network, and where layout, range and size are known from."""

    spec: ImageSpec
    layout: Source
    range: Source
    size: Source


def latents_for(count: int, shape: tuple[int, ...]) -> Floats:
    """``(count, *shape)`` of N(0, 1), always the same."""
    size = count * math.prod(shape)
    if size > 1 << 14:
        values = np.random.default_rng(0).standard_normal(size)
    else:  # numpy.random takes longer to import than all the rest of this to run
        draw = Random(0).gauss
        values = np.array([draw(0.0, 1.0) for _ in range(size)])
    return values.astype(np.float32).reshape(count, *shape)


class DrawingEnd:
    """A decoder's output: which of them it is, and how its pictures lie in it.

    Attributes:
        half: the decoder. output: the name. frame, ends: the pictures.
        raw: ``(N, …)`` drawn from N(0, 1) latents.
    """

    def __init__(self, half: Half, hints: Hints, wanted: tuple[int, int, int] | None, count: int = 0) -> None:
        self.half = half
        count = count or self._count()
        drawn = half.trial.run(half.outputs, latents_for(count, half.shape))
        frames = {}
        for name, values in zip(half.outputs, drawn, strict=True):
            frame = ports.frame_of(half.sample_shape(name), half.trial.gives_batch(name), wanted)
            if frame is not None:
                frames[name] = frame, values
        if not frames:
            raise Unsettled(
                f"{half.path} draws no grey or RGB picture ({describe(half)}); N×C×H×W, N×H×W×C or a flat "
                "square would work, another flat picture with its size as image_shape.",
                "image_shape",
            )
        self.output = max(frames, key=lambda name: math.prod(frames[name][0].shape))
        frame, self.raw = frames[self.output]
        self.frame, layout = layout_of(frame, hints, "layout_out", self.raw)
        low, high, known = self._range(hints)
        self.ends = Sourced(
            spec_of(self.frame, low, high, half.port(self.output).type),
            layout,
            known,
            size_source(hints, frame),
        )

    @property
    def spec(self) -> ImageSpec:
        """The pictures it draws."""
        return self.ends.spec

    def decode(self, latents: Floats) -> Floats:
        """Raw pictures of ``(N, D)`` latents."""
        return self.half.trial.run([self.output], latents.reshape(-1, *self.half.shape))[0]

    def pictures(self, raw: Floats) -> Pictures:
        """Raw pictures as pixels."""
        return from_tensor(np.asarray(raw), self.spec)

    def look_again(self, raw: Floats) -> bool:
        """Take the range from better pictures where it was only seen in noise; whether that changed it."""
        if self.ends.range != "trial run":
            return False
        low, high = ranges.seen_range(raw, self.frame.channels)
        if (low, high) == (self.spec.low, self.spec.high):
            return False
        self.take((low, high))
        return True

    def take(self, limits: tuple[Range, Range]) -> None:
        """Draw in another range."""
        self.ends = replace(self.ends, spec=replace(self.spec, low=limits[0], high=limits[1]))

    def _count(self) -> int:
        sizes = [
            math.prod(size or 128 for size in self.half.port(name).shape[1:]) for name in self.half.outputs
        ]
        return _TRIALS_OF_LARGE if max(sizes) >= _LARGE else _TRIALS

    def _range(self, hints: Hints) -> tuple[Range, Range, Source]:
        graph = self.half.graph
        if self.half.port(self.output).type == "uint8":
            return 0.0, 255.0, "graph"
        stated = stated_range(hints, "range_out")
        if stated:
            return stated
        known = ranges.range_at_end(graph, self.output) if graph is not None else None
        if known:
            return *known, "graph"
        # Near the middle of the latents even a decoder that does not clip draws what pictures look like.
        calm = self.decode(_CALM * latents_for(len(self.raw), self.half.shape))
        return *ranges.seen_range(calm, self.frame.channels), "trial run"


def spec_of(frame: Frame, low: Range, high: Range, kind: str) -> ImageSpec:
    """The pictures of ``frame`` in one range and type."""
    return ImageSpec(*frame.shape, frame.layout, low, high, kind, frame.rest)  # type: ignore[arg-type]


def layout_of(
    frame: Frame, hints: Hints, key: str, raw: Floats | None, like: ImageSpec | None = None
) -> tuple[Frame, Source]:
    """``frame`` with the layout that is stated, or seen: flat colours are planes or lie side by side."""
    stated = hints.get(key)
    if stated:
        layout: Layout = stated[0]  # type: ignore[assignment]
        if (layout in ("flat", "flat_hwc")) == (frame.layout == "flat"):
            return replace(frame, layout=layout), stated[1]
    if frame.layout != "flat" or frame.channels == 1:
        return frame, "graph"
    if raw is not None:
        planes, interleaved = ports.roughness(raw.reshape(len(raw), -1), *frame.shape)
        return replace(frame, layout="flat_hwc" if interleaved < planes else "flat"), "trial run"
    if like is not None and like.is_flat:
        return replace(frame, layout=like.layout), "trial run"
    return replace(
        frame, layout="flat_hwc" if like is not None and like.layout == "NHWC" else "flat"
    ), "default"


def size_source(hints: Hints, frame: Frame) -> Source:
    """Where the size of pictures is known from."""
    stated = hints.get("image_shape")
    return stated[1] if stated and settings.shape_of(stated[0]) == frame.shape else "graph"


def stated_shape(hints: Hints) -> tuple[int, int, int] | None:
    """Height, width and channels, where something states them."""
    text = hints.text("image_shape")
    return settings.shape_of(text) if text else None


def stated_range(hints: Hints, key: str) -> tuple[Range, Range, Source] | None:
    """Low and high under ``key``, and their source, where something states them."""
    found = hints.get(key)
    limits = settings.range_of(found[0]) if found else None
    return (*limits, found[1]) if found and limits else None
