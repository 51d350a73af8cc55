"""A picture in the size that it is shown in: hard pixels, or smooth ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Pictures = NDArray[np.uint8]


def enlarged(picture: Pictures, size: tuple[int, int], smooth: bool) -> Pictures:
    """``picture`` ``uint8 (H, W, C)`` in ``size`` (height, width); Lanczos where ``smooth``, else nearest.

    A picture that shrinks is always smoothed, for pixels left out would lie about it.
    """
    height, width, channels = picture.shape
    if size == (height, width):
        return picture
    factor = size[0] // height
    if not smooth and factor and size == (factor * height, factor * width):
        return picture.repeat(factor, axis=0).repeat(factor, axis=1)
    from PIL import Image

    image = Image.fromarray(picture[:, :, 0] if channels == 1 else picture)
    shrinks = size[0] < height or size[1] < width
    way = Image.Resampling.LANCZOS if smooth or shrinks else Image.Resampling.NEAREST
    return np.asarray(image.resize((size[1], size[0]), way)).reshape(*size, channels)
