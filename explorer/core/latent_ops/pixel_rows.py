"""Pictures as rows of numbers, small enough to compare many."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def pixel_rows(pictures: NDArray[np.uint8], side: int) -> NDArray[np.float32]:
    """Pictures ``(n, H, W, C)`` averaged over squares down to at most ``side`` px: ``(n, P) float32``.

    Levels stay in 0 to 255; what is left over at the right and lower edge is left out.
    """
    count, height, width, channels = pictures.shape
    square = -(-max(height, width) // side)
    if square == 1:
        return pictures.reshape(count, -1).astype(np.float32)
    down, across = min(square, height), min(square, width)
    tall, wide = height // down, width // across
    squares = pictures[:, : tall * down, : wide * across]
    squares = squares.reshape(count, tall, down, wide, across, channels)
    return np.asarray(squares.mean(axis=(2, 4), dtype=np.float32).reshape(count, -1))
