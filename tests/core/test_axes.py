"""Axes are unit vectors with the data's range; those of visible change change what is seen most."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from explorer.core.coded import ArrayList, coded, decoded
from explorer.core.errors import Cancelled, ExplorerError
from explorer.core.latent_ops.axes import densities, dimension_axes, principal_axes, traversal
from explorer.core.latent_ops.axis_set import AxisSet
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
        assert ((inside >= one.low) & (inside <= one.high)).mean() == pytest.approx(0.99, abs=0.002)
        assert one.middle == pytest.approx(inside.mean(), abs=1e-4)


def test_principal_axes_hold_the_variance(work: Workspace) -> None:
    axes = principal_axes(work.latents)
    vectors, readers = np.stack([one.vector for one in axes]), np.stack([one.reader for one in axes])
    np.testing.assert_allclose(vectors @ readers.T, np.eye(16), atol=1e-4)
    for one in axes:
        along = one.coordinate(np.asarray(work.latents))
        assert (along.mean(), along.std()) == pytest.approx((0, 1), abs=0.01)
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
    latents = rng.normal(size=(5000, 6)).astype(np.float32) * [1, 1, 1, 1, 1, 5]
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
        turned = one.vector @ true / np.linalg.norm(true) / np.linalg.norm(one.vector)
        assert abs(turned) > 0.97
        assert one.weight == pytest.approx(size, rel=0.15)


def test_visible_axes_change_real_pictures_more_than_others(work: Workspace, pair: ModelPair) -> None:
    latents = np.asarray(work.latents)
    here = latents[11]

    def change(vector: np.ndarray) -> float:
        ends = pair.decode(np.stack([here + vector / 4, here - vector / 4]).astype(np.float32)).astype(float)
        return float(np.square(ends[0] - ends[1]).mean() ** 0.5)

    axes = visible_axes(pair.decode, here[None], latents)
    found = [change(one.vector) for one in axes]
    principal = np.stack([one.vector for one in principal_axes(latents)])
    others = np.random.default_rng(0).normal(size=(40, 16))
    others /= np.linalg.norm(others, axis=1, keepdims=True)  # as long as one standard deviation of the data
    assert found[0] > max(change(one @ principal) for one in others)
    assert found[0] > found[2] > found[6]
    assert found[0] == pytest.approx(axes[0].weight / 2, rel=0.1)
    moved = axes[1].moved(here, 2.0)
    assert axes[1].coordinate(moved) == pytest.approx(2.0, abs=1e-4)
    for one in (axes[0], *axes[2:]):
        assert one.coordinate(moved) == pytest.approx(one.coordinate(here), abs=1e-3)


def test_chosen_axes_come_back_from_what_a_session_keeps(work: Workspace) -> None:
    axes = AxisSet("principal", principal_axes(work.latents, 3), np.array(work.latents[0]))
    kept = ArrayList()
    content = json.loads(json.dumps(coded(axes, AxisSet, kept)))
    again = decoded(content, AxisSet, kept.arrays.__getitem__)
    for one, other in zip(axes.axes, again.axes, strict=True):
        assert one.vector.tobytes() == other.vector.tobytes()
        assert one.low == other.low
        assert one.words(-1.5) == other.words(-1.5) == "−1.50 σ"
    assert again.is_of(work.latents[0])
    assert not again.is_of(work.latents[1])
    with pytest.raises(ValueError, match="sizes"):
        AxisSet("visible", axes.axes, np.zeros(5, np.float32))
    with pytest.raises(ValueError, match="range"):
        replace(axes.axes[0], high=axes.axes[0].low)


def test_densities_tell_where_the_codes_lie() -> None:
    latents = np.random.default_rng(0).normal(size=(4000, 2)).astype(np.float32)
    latents[:, 1] = np.where(latents[:, 1] > 0, 1.0, -1.0)
    axes = dimension_axes(latents, dimension_information(latents, None))
    by_name = dict(zip([one.name for one in axes], densities(latents, axes, 11), strict=True))
    assert by_name["z00"].argmax() == 5
    assert by_name["z00"][[0, 10]].max() < 0.2
    assert np.count_nonzero(by_name["z01"]) <= 2


def test_pictures_that_do_not_change_have_no_such_axes() -> None:
    latents = np.random.default_rng(0).normal(size=(40, 514)).astype(np.float32)

    def blank(latents: np.ndarray) -> np.ndarray:
        return np.zeros((len(latents), 65, 30, 1), np.uint8)

    with pytest.raises(ExplorerError, match="do not change"):
        visible_axes(blank, latents[:1], latents)
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        visible_axes(blank, latents[:1], latents, progress=progress)
