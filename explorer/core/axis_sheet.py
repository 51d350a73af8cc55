"""Pictures along axes of the latent as a gallery, to be written as a sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from explorer.core.export.item import Gallery, Item
from explorer.core.latent_ops.axes import STEPS, Axis, traversal
from explorer.core.model_pair import ModelPair

Floats = NDArray[np.float32]


def axis_gallery(
    pair: ModelPair, latent: Floats, axes: Sequence[Axis], extras: Mapping[str, float], title: str
) -> Gallery:
    """``latent (D,)`` at nine places along each of ``axes``, a row for each.

    Below each picture stands its coordinate. Raises ``ExplorerError`` where there are no axes.
    """
    latents = traversal(latent, axes).reshape(-1, len(latent))
    places = [(axis, axis.words(float(at))) for axis in axes for at in axis.places()]
    items = [
        Item(
            index, latents[index], pair.name, pair.fingerprint, f"traversal of {axis.name} at {words}",
            draw=index, caption=words, group=axis.name, extras=extras,
        )
        for index, (axis, words) in enumerate(places)
    ]  # fmt: skip

    def draw(start: int, stop: int) -> NDArray[np.uint8]:
        return pair.decode(latents[start:stop], extras)

    return Gallery(title, items, pair.image.picture_shape, draw, columns=STEPS)
