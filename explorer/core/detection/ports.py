"""What an input or output is, from the order of its axes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from explorer.core.errors import ExplorerError
from explorer.core.pixels import Layout

_COLOURS = (1, 3, 4)
_LEAST_SIDE = 4
_MOST_REST = 16


@dataclass(frozen=True)
class Frame:
    """Pictures in a tensor: their size, and how they lie in it."""

    height: int
    width: int
    channels: int
    layout: Layout
    rest: int = 0

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width, channels."""
        return self.height, self.width, self.channels


def has_batch(shape: tuple[int | None, ...], outputs: list[tuple[int | None, ...]]) -> bool:
    """Whether the first axis of an input is the batch, judged by what comes out."""
    if len(shape) < 2:
        return False
    if len(shape) == 3 and shape[0] is None and shape[1] is None and shape[2] in _COLOURS:
        return False  # pictures of any size without a batch axis
    if len(shape) > 3 or shape[0] is None or (len(shape) == 2 and shape[0] == 1):
        return True
    return any(len(output) > 1 and output[0] in (None, shape[0]) for output in outputs)


def frame_of(axes: tuple[int, ...], batch: bool, wanted: tuple[int, int, int] | None = None) -> Frame | None:
    """The pictures in a tensor of ``axes`` (without the batch), or None where it holds none.

    ``wanted`` is a size that is known from elsewhere: it settles what a flat tensor holds.
    """
    if len(axes) == 4 and axes[0] == 1:
        axes = axes[1:]
    if len(axes) == 3:
        first = axes[0] in _COLOURS and min(axes[1:]) >= _LEAST_SIDE
        last = axes[2] in _COLOURS and min(axes[:2]) >= _LEAST_SIDE
        if first and last and wanted:
            first = axes == (wanted[2], *wanted[:2])
        if first:
            return Frame(axes[1], axes[2], axes[0], "NCHW" if batch else "CHW")
        return Frame(*axes, "NHWC" if batch else "HWC") if last else None
    if len(axes) == 2 and min(axes) >= _LEAST_SIDE:
        return Frame(*axes, 1, "NHW" if batch else "HW")
    return _flat(axes[0], wanted) if len(axes) == 1 else None


def _flat(size: int, wanted: tuple[int, int, int] | None) -> Frame | None:
    if wanted:
        rest = size - math.prod(wanted)
        return Frame(*wanted, "flat", rest) if rest >= 0 else None
    squares = []
    for channels in (1, 3):
        side = math.isqrt(size // channels)
        if side >= _LEAST_SIDE:
            squares.append((size - side * side * channels, side, channels))
    if not squares or min(squares)[0] > _MOST_REST:
        return None
    rest, side, channels = min(squares)
    return Frame(side, side, channels, "flat", rest)


def roughness(pictures: object, height: int, width: int, channels: int) -> tuple[float, float]:
    """How much neighbouring pixels differ if flat ``(N, C·H·W)`` pictures are planes, and if interleaved."""
    import numpy as np

    values = np.asarray(pictures, np.float64)[:, : height * width * channels]
    planes = values.reshape(-1, channels, height, width)
    pixels = values.reshape(-1, height, width, channels).transpose(0, 3, 1, 2)

    def of(array: object) -> float:
        array = np.asarray(array)
        return float(np.abs(np.diff(array, axis=2)).mean() + np.abs(np.diff(array, axis=3)).mean())

    return of(planes), of(pixels)


def same_picture(inside: Frame, outside: Frame, encoder: Path, decoder: Path) -> None:
    """Refuse an encoder and a decoder whose pictures differ in size or colour."""
    if inside.shape != outside.shape:
        sizes = ["×".join(map(str, frame.shape)) for frame in (inside, outside)]
        raise ExplorerError(
            f"{encoder} takes pictures of {sizes[0]} but {decoder} draws {sizes[1]}; "
            "the two do not belong together: open an encoder and a decoder from the same training."
        )
