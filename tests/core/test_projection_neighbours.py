"""Neighbours found in cells, against the exact ones."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.core.projecting.neighbours import Cells, nearest


def exact(points: np.ndarray, queries: np.ndarray, count: int) -> np.ndarray:
    squares = ((queries[:, None].astype(np.float64) - points) ** 2).sum(axis=2)
    return np.argsort(squares, axis=1, kind="stable")[:, :count]


def points_of(kind: str) -> np.ndarray:
    rng = np.random.default_rng(0)
    if kind == "groups":
        return (
            rng.normal(size=(12, 16))[rng.integers(0, 12, 12_000)] * 3 + rng.normal(size=(12_000, 16))
        ).astype("f4")
    if kind == "far from the origin":
        return (1000 + rng.normal(size=(12_000, 4))).astype(np.float32)
    return rng.normal(size=(12_000, 8)).astype(np.float32)


@pytest.mark.parametrize("kind", ["groups", "one cloud", "far from the origin"])
def test_nearly_all_neighbours_are_found_with_their_distances(kind: str) -> None:
    points = points_of(kind)
    rows, distances = nearest(points, 15, seed=1)
    assert (rows[:, 0] == np.arange(len(points))).all()
    assert not distances[:, 0].any()
    assert (np.diff(distances, axis=1) >= 0).all()
    asked = np.arange(0, len(points), 40)
    truth = exact(points, points[asked], 15)
    found = np.mean([len(set(a) & set(b)) / 15 for a, b in zip(rows[asked], truth, strict=True)])
    assert found > 0.97
    apart = np.linalg.norm(points[asked, None].astype(np.float64) - points[rows[asked]], axis=2)
    np.testing.assert_allclose(distances[asked], apart, rtol=1e-3, atol=1e-3)


def test_the_same_seed_gives_the_same_neighbours_on_any_number_of_threads() -> None:
    points = points_of("groups")
    one, two = nearest(points, 5, 7, threads=1), nearest(points, 5, 7, threads=3)
    assert np.array_equal(one.rows, two.rows)
    assert np.array_equal(one.distances, two.distances)


def test_equal_points_are_each_others_neighbours() -> None:
    points = np.zeros((11_000, 3), np.float32)
    points[:50] = 5
    rows, distances = nearest(points, 10, 0)
    assert not distances.any()
    assert (rows[:50] < 50).all()
    assert (rows[50:] >= 50).all()


def test_more_neighbours_than_a_cell_holds() -> None:
    points = np.random.default_rng(0).normal(size=(900, 2)).astype(np.float32)
    rows, distances = Cells(points, 0).nearest(points, 800)
    assert (rows >= 0).all()
    assert np.isfinite(distances).all()
    assert all(len(set(row)) == 800 for row in rows)
