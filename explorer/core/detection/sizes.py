"""One size of picture for an encoder and a decoder that take any."""

from __future__ import annotations

import numpy as np

from explorer.core.detection import ports
from explorer.core.detection.half import Half, picture_sizes
from explorer.core.errors import ExplorerError, Unsettled


def fit_sizes(encoder: Half, decoder: Half, wanted: tuple[int, int, int] | None) -> None:
    """Give the free axes of both networks sizes at which what the decoder draws is what the encoder takes.

    Raises ``ExplorerError`` where none of the usual sizes runs.
    """
    if not encoder.free and not decoder.free:
        return
    sizes = picture_sizes(wanted)
    if not wanted and not encoder.free:
        frame = ports.frame_of(encoder.shape, True)
        sizes = [frame.shape[:2]] if frame else sizes
    failed: ExplorerError | None = None
    for height, width in sizes:
        encoder.shape = encoder.resized(height, width)
        try:
            encoder.trial.run(encoder.outputs, np.zeros((1, *encoder.shape), np.float32))
            decoder.shape = _latent_shape(encoder, decoder)
            decoder.trial.run(decoder.outputs, np.zeros((1, *decoder.shape), np.float32))
        except ExplorerError as error:
            failed = error
            continue
        if any(set(decoder.sample_shape(name)) >= {height, width} for name in decoder.outputs):
            return
        failed = failed or ExplorerError("the pictures differ in size")
    raise Unsettled(
        f"{encoder.path} and {decoder.path} take pictures of any size, but none of the usual ones goes "
        f"through both ({failed}); set image_shape to one that does.",
        "image_shape",
    ) from failed


def _latent_shape(encoder: Half, decoder: Half) -> tuple[int, ...]:
    """The decoder's latent, its free axes filled from what the encoder gives."""
    for name in encoder.outputs:
        given = encoder.sample_shape(name)
        if len(given) == len(decoder.shape):
            return tuple(given[i] if i in decoder.free else size for i, size in enumerate(decoder.shape))
    return decoder.shape
