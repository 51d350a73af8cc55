"""What ``core`` knows of a sample: an array of bytes of some shape, which a model encodes and decodes.

Today every sample is a picture, ``uint8 (H, W, C)``. What that means is known to ``pixels`` and
``picture_files`` behind this door, to ``detection`` and ``engine``, and to what shows and writes pictures;
nothing else counts a sample's axes or asks what they are. Another kind of sample would be told apart here.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.uint8]
"""One sample ``(*shape)``, or several ``(N, *shape)``."""

Shape = tuple[int, ...]

THUMBNAIL = 64
"""The longer side of a thumbnail, in pixels."""


def thumbnail_shape(shape: Shape, longest: int = THUMBNAIL) -> Shape:
    """The shape of a small version of a sample, good enough to be told from others."""
    height, width, channels = shape
    shrink = min(1.0, longest / max(height, width))
    return max(1, round(height * shrink)), max(1, round(width * shrink)), channels


def fitted(sample: Samples, shape: Shape) -> Samples:
    """A sample brought to another shape, as a new array."""
    from explorer.core.picture_files import fit_picture

    return fit_picture(sample, *shape)


def read_sample(source: Path | bytes, shape: Shape, name: str) -> Samples:
    """A file, or its bytes, as a sample. Raises ``ExplorerError`` where it cannot be read, naming it."""
    from explorer.core.picture_files import read_picture

    return read_picture(source, *shape, name=name)


def rough_rows(samples: Samples, side: int) -> npt.NDArray[np.float32]:
    """Samples ``(n, *shape)`` as rows of few numbers, to compare many by how they look: ``(n, P) float32``.

    Pictures are averaged over squares down to at most ``side`` pixels; levels stay in 0 to 255, and what is
    left over at the right and lower edge is left out.
    """
    count, height, width, channels = samples.shape
    square = -(-max(height, width) // side)
    if square == 1:
        return samples.reshape(count, -1).astype(np.float32)
    down, across = min(square, height), min(square, width)
    tall, wide = height // down, width // across
    squares = samples[:, : tall * down, : wide * across]
    squares = squares.reshape(count, tall, down, wide, across, channels)
    return np.asarray(squares.mean(axis=(2, 4), dtype=np.float32).reshape(count, -1))


def is_within(shape: Sequence[int], other: Sequence[int]) -> bool:
    """Whether no axis is longer than the other's."""
    return all(one <= most for one, most in zip(shape, other, strict=True))


def difference(a: Samples, b: Samples) -> Samples:
    """The absolute difference of two samples of one shape, as a sample."""
    return np.asarray(np.maximum(a, b) - np.minimum(a, b), np.uint8)


def mean_squared_error(a: Samples, b: Samples) -> float:
    """The mean of squared differences of values on [0, 1], over samples of one shape."""
    steps = difference(a, b).astype(np.float64).ravel()
    return float(steps @ steps) / (255.0 * 255.0 * max(1, steps.size))
