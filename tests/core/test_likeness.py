"""What is decoded is compared with the data, by latent and by picture, and its own picture does not count."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from explorer.core.errors import Cancelled
from explorer.core.latent_map import LatentMap
from explorer.core.likeness import Likeness
from explorer.core.model_pair import ModelPair
from explorer.core.progress import Progress
from explorer.core.workspace import Workspace


def test_a_near_copy_a_real_picture_and_a_stranger_are_told_apart(fashion_bundle: Path) -> None:
    pair, work = ModelPair.open(fashion_bundle), Workspace.open(fashion_bundle)
    positions = work.positions()
    assert positions is not None
    placement = LatentMap.of(positions, work.latents).placement
    likeness = Likeness.learnt(pair, work, placement, {}, Progress())
    assert likeness.compared == len(work)

    rows = np.random.default_rng(0).permutation(len(work))[:40]
    percents = []
    for row in rows:
        latent = np.array(work.latents[row])
        assert likeness.row_of(latent) == row
        found = likeness.of_picture(pair.decode(latent[None])[0], latent, 3)
        assert row not in found.rows
        percents += [found.percent, likeness.of_latent(latent, 3).percent]
    assert 30 < float(np.median(percents)) < 70  # held-out pictures are usual by definition

    near = np.array(work.latents[5]) + np.float32(0.002)
    assert likeness.of_latent(near, 3).rows[0] == 5
    assert "copy" in likeness.of_latent(near, 3).words
    far = np.full(work.latents.shape[1], 9, np.float32)
    assert "Unlike" in likeness.of_latent(far, 3).words
    noise = np.random.default_rng(0).integers(0, 256, (28, 28, 1), np.uint8)
    assert "Unlike" in likeness.of_picture(noise, far, 3).words

    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        Likeness.learnt(pair, work, placement, {}, progress)
