"""Axes are unit vectors with the data's range; those of visible change change what is seen most."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from explorer.core.errors import Cancelled, ExplorerError
from explorer.core.latent_ops.axes import dimension_axes, principal_axes, traversal
from explorer.core.latent_ops.information import dimension_information
from explorer.core.latent_ops.visible import visible_axes
from explorer.core.model_pair import ModelPair
from explorer.core.progress import Progress
from explorer.core.workspace import Workspace


@pytest.fixture(scope="module")
def work(fashion_bundle: Path) -> Workspace:
    return Workspace.open(fashion_bundle)


@pytest.fixture(scope="module")
def pair(fashion_bundle: Path) -> ModelPair:
    return ModelPair.open(fashion_bundle)


def test_dimensions_come_by_what_they_carry(work: Workspace) -> None:
    information = dimension_information(work.latents, work.logvars)
    axes = dimension_axes(work.latents, information)
    assert [one.weight for one in axes] == sorted((one.weight for one in axes), reverse=True)
    assert axes[0].name == f"z{information.order[0]:02}"
    assert [one.active for one in axes] == sorted((one.active for one in axes), reverse=True)
    for one in axes:
        inside = one.coordinate(np.asarray(work.latents))
        assert 0.99 < ((inside > one.low) & (inside < one.high)).mean() <= 1


def test_principal_axes_hold_the_variance(work: Workspace) -> None:
    axes = principal_axes(work.latents)
    vectors = np.stack([one.vector for one in axes])
    np.testing.assert_allclose(vectors @ vectors.T, np.eye(16), atol=1e-5)
    assert sum(one.weight for one in axes) == pytest.approx(100, abs=0.1)
    assert axes[0].weight > axes[1].weight > axes[15].weight
    with pytest.raises(ExplorerError, match="do not differ"):
        principal_axes(np.ones((5, 3), np.float32))


def test_a_strip_moves_along_its_axis_alone(work: Workspace) -> None:
    latent, axes = np.array(work.latents[5]), principal_axes(work.latents, 3)
    strip = traversal(latent, axes)
    assert strip.shape == (3, 9, 16)
    for one, latents in zip(axes, strip, strict=True):
        np.testing.assert_allclose(one.coordinate(latents), np.linspace(one.low, one.high, 9), atol=1e-4)
        across = latents - one.coordinate(latents)[:, None] * one.vector
        np.testing.assert_allclose(across, np.tile(across[0], (9, 1)), atol=1e-4)
    np.testing.assert_allclose(axes[0].moved(latent, axes[0].coordinate(latent)), latent, atol=1e-6)
    with pytest.raises(ExplorerError, match="two steps"):
        traversal(latent, axes, 1)
    with pytest.raises(ExplorerError, match="one axis"):
        traversal(latent, ())


def test_visible_axes_of_a_known_decoder_are_its_own() -> None:
    rng = np.random.default_rng(0)
    latents = rng.normal(size=(500, 6)).astype(np.float32) * [1, 1, 1, 1, 1, 5]
    mixing = np.linalg.qr(rng.normal(size=(100, 3)))[0].T * 200
    hidden = np.linalg.qr(rng.normal(size=(6, 3)))[0]
    hidden[5] = 0  # the widest dimension is not seen
    hidden = np.linalg.qr(hidden)[0] * [1, 0.5, 0.2]

    def decode(latents: np.ndarray) -> np.ndarray:
        levels = 128 + latents @ hidden @ mixing
        return np.clip(np.round(levels), 0, 255).astype(np.uint8).reshape(-1, 10, 10, 1)

    axes = visible_axes(decode, np.zeros((1, 6), np.float32), latents)
    assert axes[0].weight == pytest.approx(20, rel=0.05)
    for one, true, size in zip(axes, hidden.T, (20, 10, 4), strict=False):
        assert abs(one.vector @ true) / np.linalg.norm(true) > 0.98
        assert one.weight == pytest.approx(size, rel=0.15)


def test_visible_axes_change_real_pictures_more_than_others(work: Workspace, pair: ModelPair) -> None:
    latents = np.asarray(work.latents)
    here = latents[11]
    spread = latents.std(axis=0)

    def change(vector: np.ndarray) -> float:
        vector = vector / np.linalg.norm(vector / spread)  # as long as one standard deviation
        ends = pair.decode(np.stack([here + vector / 4, here - vector / 4]).astype(np.float32)).astype(float)
        return float(np.square(ends[0] - ends[1]).mean() ** 0.5)

    axes = visible_axes(pair.decode, here[None], latents)
    found = [change(one.vector) for one in axes]
    others = [change(one * spread) for one in np.random.default_rng(0).normal(size=(40, 16))]
    assert found[0] > max(others)
    assert found[0] > found[2] > found[6]
    assert found[0] == pytest.approx(axes[0].weight / 2, rel=0.1)


def test_pictures_that_do_not_change_have_no_such_axes() -> None:
    latents = np.random.default_rng(0).normal(size=(50, 700)).astype(np.float32)

    def blank(latents: np.ndarray) -> np.ndarray:
        return np.zeros((len(latents), 80, 90, 3), np.uint8)

    with pytest.raises(ExplorerError, match="do not change"):
        visible_axes(blank, latents[:1], latents)
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        visible_axes(blank, latents[:1], latents, progress=progress)
