"""The round trip of real pictures: what a model makes of the data it is used with."""

from __future__ import annotations

from contextlib import suppress

import numpy as np

from explorer.core.dataset_base import Dataset
from explorer.core.detection.settle import compared
from explorer.core.errors import ExplorerError
from explorer.core.model_pair import ModelPair
from explorer.core.plan import SelfTest

COUNT = 64
"""How many pictures are taken, evenly spread over the data."""


def on_real_pictures(pair: ModelPair, data: Dataset) -> SelfTest:
    """The error of reconstructed pictures of ``data``, against always answering with their mean picture.

    Pictures that cannot be read are passed over. Raises ``ExplorerError`` where the model is half a pair, or
    not two pictures can be read.
    """
    if not (pair.can_encode and pair.can_decode):
        missing = "decoder" if pair.can_encode else "encoder"
        raise ExplorerError(
            f"{pair.name} has no {missing}, so that no picture goes there and back; open both halves."
        )
    pictures = []
    for index in np.unique(np.linspace(0, len(data) - 1, min(COUNT, len(data))).astype(int)).tolist():
        with suppress(ExplorerError):
            pictures.append(data.read(index, pair.sample_shape))
    if len(pictures) < 2:
        raise ExplorerError(f"{data.path} has fewer than two pictures that can be read; more would work.")
    real = np.stack(pictures)
    return compared(real, pair.decode(pair.encode(real)[0]))
