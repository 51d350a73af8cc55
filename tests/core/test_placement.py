"""A latent finds its place among its neighbours."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.core.errors import ExplorerError
from explorer.core.latent_index import LatentIndex
from explorer.core.placement import Placement, memberships


def made_map(count: int = 3000, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Latents in ten groups, a map that keeps the groups apart and follows two directions within them."""
    rng = np.random.default_rng(seed)
    groups = rng.integers(0, 10, count)
    within = rng.normal(size=(count, 8))
    latents = (4 * rng.normal(size=(10, 8))[groups] + within).astype(np.float32)
    angle = 2 * np.pi * groups / 10
    positions = 10 * np.column_stack([np.cos(angle), np.sin(angle)]) + 0.5 * within[:, :2]
    return latents, positions.astype(np.float32), groups


def test_a_data_point_lands_on_itself() -> None:
    latents, positions, _ = made_map()
    places = Placement(latents, positions).place(latents)
    assert places.dtype == np.float32
    diameter = float(np.hypot(*np.ptp(positions, axis=0)))
    assert np.hypot(*(places - positions).T).max() < 0.001 * diameter


def test_a_latent_next_to_a_data_point_lands_next_to_it() -> None:
    latents, positions, _ = made_map()
    near = latents + 0.01 * np.random.default_rng(1).normal(size=latents.shape).astype(np.float32)
    places = Placement(latents, positions).place(near)
    diameter = float(np.hypot(*np.ptp(positions, axis=0)))
    assert np.quantile(np.hypot(*(places - positions).T), 0.99) < 0.003 * diameter


def test_held_out_latents_land_in_their_group_and_not_between_groups() -> None:
    latents, positions, groups = made_map()
    places = Placement(latents[:2500], positions[:2500]).place(latents[2500:])
    angle = 2 * np.pi * groups[2500:] / 10
    centres = 10 * np.column_stack([np.cos(angle), np.sin(angle)])
    assert (np.hypot(*(places - centres).T) < 2.5).mean() > 0.98


def test_a_latent_between_two_groups_falls_into_one_of_them() -> None:
    rng = np.random.default_rng(2)
    latents = np.concatenate([rng.normal(-3, 1, (200, 5)), rng.normal(3, 1, (200, 5))]).astype(np.float32)
    positions = np.concatenate([rng.normal(-10, 0.3, (200, 2)), rng.normal(10, 0.3, (200, 2))]).astype(
        np.float32
    )
    place = Placement(latents, positions).place(np.zeros((1, 5), np.float32))[0]
    assert np.abs(np.abs(place) - 10).max() < 1.5


def test_one_at_a_time_or_all_at_once_is_the_same() -> None:
    latents, positions, _ = made_map(400)
    placement = Placement(latents, positions)
    queries = latents[:50] + np.float32(0.3)
    together = placement.place(queries)
    single = np.concatenate([placement.place(query) for query in queries])
    np.testing.assert_array_equal(together, single)


def test_a_batch_of_many_blocks_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    latents, positions, _ = made_map(400)
    whole = Placement(latents, positions).place(latents + np.float32(0.2))
    monkeypatch.setattr("explorer.core.placement._BLOCK", 30)
    np.testing.assert_array_equal(Placement(latents, positions).place(latents + np.float32(0.2)), whole)


def test_latents_far_from_all_data_are_placed_but_marked() -> None:
    latents, positions, _ = made_map()
    placement = Placement(latents[:2500], positions[:2500])
    usual = placement.placed(latents[2500:])
    assert usual.far.mean() < 0.02
    np.testing.assert_array_equal(usual.places, placement.place(latents[2500:]))
    strange = placement.placed(latents[2500:] + np.float32(40))
    assert strange.far.all()
    assert np.isfinite(strange.places).all()
    assert (strange.distances > usual.distances).all()


def grouped(count: int, size: int) -> np.ndarray:
    """Latents of 50 groups on some few directions of their space, with a little noise everywhere."""
    rng = np.random.default_rng(4)
    within = min(size, 10)
    low = 3 * rng.normal(size=(50, within))[rng.integers(0, 50, count)] + rng.normal(size=(count, within))
    return (low @ rng.normal(size=(within, size)) + 0.05 * rng.normal(size=(count, size))).astype(np.float32)


@pytest.mark.parametrize(("count", "size"), [(1, 4), (500, 16), (20_000, 1), (20_000, 16), (12_000, 200)])
def test_the_index_finds_nearly_all_that_brute_force_finds(count: int, size: int) -> None:
    latents = grouped(count, size)
    index = LatentIndex(latents)
    found, wanted = 0, 0
    for query in latents[:60] + np.float32(0.1):
        rows, distances = index.nearest(query, 15)
        every = np.linalg.norm(latents - query, axis=1)
        assert len(rows) == min(15, count)
        assert (np.diff(distances) >= 0).all()
        np.testing.assert_allclose(distances, every[rows], rtol=1e-3, atol=1e-4)
        found += int((distances <= np.sort(every)[: len(rows)].max() * (1 + 1e-5)).sum())
        wanted += len(rows)
    assert found >= 0.95 * wanted


@pytest.mark.parametrize(("count", "size"), [(1, 4), (300, 24), (9000, 16), (9000, 40)])
def test_many_at_once_find_what_each_finds_by_itself_to_the_last_bit(count: int, size: int) -> None:
    latents = grouped(count, size) + np.float32(100)  # far from the origin, where products are rounded most
    latents[: count // 2 : 3] = latents[0]
    index = LatentIndex(latents)
    queries = latents[:: max(1, count // 280)] + np.float32(0.1)
    rows, distances = index.nearest_of_each(queries, 15)
    for query, found, far in zip(queries, rows, distances, strict=True):
        alone = index.nearest(query, 15)
        np.testing.assert_array_equal(found, alone[0])
        np.testing.assert_array_equal(far, alone[1])
    if count <= 300:
        every = np.linalg.norm(latents.astype(np.float64) - queries[-1].astype(np.float64), axis=1)
        np.testing.assert_array_equal(rows[-1], np.lexsort((np.arange(count), every))[:15])


def test_thousands_of_equal_latents_do_not_hide_the_others() -> None:
    latents = grouped(12_000, 8)
    latents[:9000] = latents[0]
    positions = np.random.default_rng(1).random((12_000, 2)).astype(np.float32)
    placement = Placement(latents, positions)
    places = placement.place(latents[9000:9050])
    assert np.abs(places - positions[9000:9050]).max() < 0.01
    assert np.isfinite(placement.placed(latents[:3]).places).all()


def test_a_latent_of_very_many_dimensions_is_placed() -> None:
    latents = np.random.default_rng(3).normal(size=(200, 20_000)).astype(np.float32)
    latents[:, 100:] = 1.0
    positions = np.random.default_rng(1).random((200, 2)).astype(np.float32)
    places = Placement(latents, positions).place(latents[:20])
    assert np.abs(places - positions[:20]).max() < 1e-4


def test_memberships_follow_umap() -> None:
    rng = np.random.default_rng(3)
    distances = np.sort(rng.random((20, 15)) + 0.5, axis=1)
    strengths = memberships(distances)
    np.testing.assert_allclose(strengths[:, 0], 1)
    np.testing.assert_allclose(strengths.sum(axis=1), np.log2(15), rtol=1e-4)
    assert (np.diff(strengths, axis=1) <= 0).all()


@pytest.mark.parametrize("count", [1, 2, 14])
def test_small_maps_and_equal_latents(count: int) -> None:
    positions = np.arange(2 * count, dtype=np.float32).reshape(count, 2)
    places = Placement(np.ones((count, 3), np.float32), positions).place(
        np.array([[1, 1, 1], [5, 0, 0]], np.float32)
    )
    assert np.isfinite(places).all()
    assert (places >= positions.min(axis=0) - 1e-4).all()
    assert (places <= positions.max(axis=0) + 1e-4).all()


def test_what_cannot_be_placed_says_so() -> None:
    latents, positions, _ = made_map(100)
    placement = Placement(latents, positions)
    with pytest.raises(ExplorerError, match="8"):
        placement.place(np.zeros((1, 3), np.float32))
    with pytest.raises(ExplorerError, match="finite"):
        placement.place(np.full((1, 8), np.nan, np.float32))
    with pytest.raises(ExplorerError, match="map again"):
        Placement(latents, np.full_like(positions, np.nan))
    positions[5] = np.nan
    assert np.isfinite(Placement(latents, positions).place(latents[5])).all()
