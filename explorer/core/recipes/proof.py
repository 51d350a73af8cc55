"""Whether pictures that are made again are the same: bit by bit on the same device, else by how much not."""

from __future__ import annotations

import numpy as np

from explorer.core.export.item import Gallery
from explorer.core.recipes.document import Proof, Rows

_PICTURES = 8
_LEVELS = 512


def proof_of(gallery: Gallery, device: str) -> Proof:
    """What is laid down of a gallery's first pictures, decoded on ``device``."""
    return Proof(device, _levels(gallery))


def difference(proof: Proof, gallery: Gallery, device: str) -> str:
    """What is to be said of a gallery made again on ``device``; empty where it is the same."""
    now = _levels(gallery)
    if now.shape != proof.levels.shape:
        return "The pictures are of another size or number than when the recipe was written."
    apart = np.abs(now - proof.levels)
    if not apart.any():
        return ""
    where = f"written on {proof.device}, made again on {device}" if device != proof.device else f"on {device}"
    share = 100 * float((apart > 0).mean())
    return (
        f"The pictures are not bit by bit those of the recipe ({where}): {share:.2g}% of the levels looked "
        f"at differ, by {int(apart.max())} of 255 at most."
    )


def _levels(gallery: Gallery) -> Rows:
    values = gallery.pictures(0, min(_PICTURES, len(gallery))).reshape(-1)
    some = np.linspace(0, len(values) - 1, min(_LEVELS, len(values))).astype(np.int64)
    return values[some].astype(np.int64)
