"""The nearest real pictures are found, and copies are told from what is new."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.core.errors import Cancelled, ExplorerError
from explorer.core.latent_index import LatentIndex
from explorer.core.latent_ops.novelty import Novelty, PictureIndex, as_rows
from explorer.core.progress import Progress


@pytest.fixture(scope="module")
def pictures(fashion_pictures: np.ndarray) -> np.ndarray:
    return fashion_pictures


@pytest.fixture(scope="module")
def index(pictures: np.ndarray) -> PictureIndex:
    return PictureIndex.read(lambda rows: pictures[rows], len(pictures))


def test_the_nearest_pictures_are_those_of_least_error(pictures: np.ndarray, index: PictureIndex) -> None:
    for row in range(0, 400, 40):
        query = np.clip(pictures[row].astype(int) + 3, 0, 255).astype(np.uint8)
        rows, distances = index.nearest(as_rows(query[None])[0], 5)
        errors = np.sqrt(np.square(pictures / 255.0 - query / 255.0).mean(axis=(1, 2, 3)))
        assert rows[0] == row
        np.testing.assert_allclose(distances, np.sort(errors)[:5], rtol=1e-5)


def test_large_pictures_are_compared_small() -> None:
    large = np.random.default_rng(0).integers(0, 256, (20, 130, 70, 3), np.uint8)
    rows = as_rows(large)
    assert rows.shape == (20, 26 * 14 * 3)
    assert rows[3, 0] == round(large[3, :5, :5, 0].mean())
    assert PictureIndex(rows).nearest(rows[7], 1)[0][0] == 7


def test_a_copy_and_a_stranger_lie_at_the_two_ends(pictures: np.ndarray, index: PictureIndex) -> None:
    novelty = Novelty.learnt(index, len(pictures), lambda row: as_rows(pictures[row : row + 1])[0])
    assert len(novelty.usual) == 400

    def percent(picture: np.ndarray) -> float:
        return novelty.percentile(float(index.nearest(as_rows(picture[None])[0], 1)[1][0]))

    copy, noise = pictures[9] // 2 * 2, np.random.default_rng(0).integers(0, 256, (28, 28, 1), np.uint8)
    assert percent(copy) < 3
    assert percent(noise) > 99
    assert novelty.percentile(float(np.median(novelty.usual))) == pytest.approx(50, abs=1)
    assert "copy" in novelty.words(0.0)
    assert "Unlike" in novelty.words(1.0)
    assert "50%" in novelty.words(float(np.median(novelty.usual)))


def test_it_is_learnt_of_latents_too() -> None:
    latents = np.random.default_rng(0).normal(size=(300, 8)).astype(np.float32)
    novelty = Novelty.learnt(LatentIndex(latents), 300, lambda row: latents[row])
    apart = np.sqrt(np.square(latents[:, None] - latents).sum(axis=2)) + 1e9 * np.eye(300)
    np.testing.assert_allclose(novelty.usual, np.sort(apart.min(axis=1)), rtol=1e-5)


def test_too_few_pictures_and_a_cancel(index: PictureIndex, pictures: np.ndarray) -> None:
    with pytest.raises(ExplorerError, match="open data"):
        PictureIndex.read(lambda rows: pictures[rows], 0)
    with pytest.raises(ExplorerError, match="too few"):
        Novelty.learnt(index, 5, lambda row: pictures[row])
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        PictureIndex.read(lambda rows: pictures[rows], 400, progress)
