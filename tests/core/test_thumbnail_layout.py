from __future__ import annotations

import math

import numpy as np
import pytest

from explorer.core import thumbnail_layout
from explorer.core.grid_index import GridIndex
from explorer.core.thumbnail_layout import Layout, count_within, lay_out, rank

WHOLE = (-20.0, -20.0, 20.0, 20.0)


@pytest.fixture(scope="module")
def places() -> np.ndarray:
    """Four crowds and a sprinkling of points between them."""
    random = np.random.default_rng(0)
    crowds = random.normal(0, 6, (4, 2))[random.integers(0, 4, 3000)] + random.normal(0, 0.8, (3000, 2))
    return np.concatenate([crowds, random.uniform(-12, 12, (60, 2))]).astype(np.float32)


def laid_out(places: np.ndarray, level: int, bounds=WHOLE, shown=None, *, roomy: bool = False) -> Layout:
    index = GridIndex(places)
    return lay_out(index, rank(index), shown, level, bounds, roomy=roomy)


def cells_of(places: np.ndarray, level: int) -> set[tuple[int, int]]:
    return {(int(x), int(y)) for x, y in np.floor(places.astype(float) / 2.0**level)}


@pytest.mark.parametrize("level", [2, 0, -2])
@pytest.mark.parametrize("roomy", [False, True])
def test_every_occupied_cell_shows_one_picture_and_none_hides_another(places, level, roomy) -> None:
    layout = laid_out(places, level, roomy=roomy)
    assert cells_of(layout.places[~layout.moved], level) == cells_of(places, level)
    assert len(set(layout.rows.tolist())) == len(layout)
    apart = np.abs(layout.centers[:, None] - layout.centers).max(axis=2)
    np.fill_diagonal(apart, np.inf)
    assert apart.min() > 1.02 * layout.side
    assert np.array_equal(layout.places, places[layout.rows].astype(float))


def test_a_picture_lies_over_its_point_or_in_the_cell_beside(places) -> None:
    layout = laid_out(places, -2, roomy=True)
    off = np.abs(layout.centers - layout.places).max(axis=1)
    assert off[~layout.moved].max() <= 0.5 * 2.0**-2
    assert layout.moved.any()
    assert off[layout.moved].max() <= 2.0**-2
    left_out = set(range(len(places))) - set(layout.rows.tolist())
    assert set(layout.others.tolist()) == left_out


@pytest.mark.parametrize("roomy", [False, True])
def test_what_is_shown_does_not_depend_on_the_part_looked_at(places, roomy) -> None:
    whole = laid_out(places, -3, roomy=roomy)
    at = dict(zip(whole.rows.tolist(), whole.centers.tolist(), strict=True))
    for x in np.arange(-8, 8, 0.37).tolist():
        part = laid_out(places, -3, (x, -4.1, x + 3.0, 2.3), roomy=roomy)
        seen = ((part.centers > (x, -4.1)) & (part.centers < (x + 3.0, 2.3))).all(axis=1)
        inside = {row for row, (cx, cy) in at.items() if x < cx < x + 3.0 and -4.1 < cy < 2.3}
        assert set(part.rows[seen].tolist()) == inside
        assert all(
            at[row] == center
            for row, center in zip(part.rows[seen].tolist(), part.centers[seen].tolist(), strict=True)
        )


def test_zooming_in_takes_no_picture_away(places) -> None:
    before: set[int] = set()
    for level in range(5, -8, -1):
        rows = set(laid_out(places, level).rows.tolist())
        assert before <= rows
        before = rows
    assert len(before) > 2500


def test_a_cell_is_stood_for_by_the_point_nearest_to_its_middle(places) -> None:
    index = GridIndex(places)
    layout = lay_out(index, rank(index), None, rank(index).level, WHOLE, roomy=False)
    cells = np.floor(places.astype(float) / 2.0 ** rank(index).level)
    for row in layout.rows.tolist():
        members = np.flatnonzero((cells == cells[row]).all(axis=1))
        away = np.linalg.norm(places[members] - places[members].astype(float).mean(axis=0), axis=1)
        assert members[away.argmin()] == row


def test_points_that_are_filtered_out_show_no_picture(places) -> None:
    shown = np.arange(len(places)) % 7 == 0
    layout = laid_out(places, -1, shown=shown, roomy=True)
    assert shown[layout.rows].all()
    assert shown[layout.others].all()
    assert cells_of(layout.places[~layout.moved], -1) == cells_of(places[shown], -1)


@pytest.mark.parametrize("level", [1, -1, -3])
def test_a_sample_of_a_crowd_leaves_no_cell_empty(places, level, monkeypatch) -> None:
    monkeypatch.setattr(thumbnail_layout, "_MOST_RANKED", 500)
    assert cells_of(laid_out(places, level).places, level) == cells_of(places, level)


def test_of_many_points_the_quick_way_shows_what_the_thorough_one_does(places, monkeypatch) -> None:
    thorough = laid_out(places, -2, shown=np.ones(len(places), bool))
    monkeypatch.setattr(thumbnail_layout, "_FEW", 100)
    assert set(laid_out(places, -2).rows.tolist()) == set(thorough.rows.tolist())


@pytest.mark.parametrize(
    ("places", "pictures"),
    [
        (np.empty((0, 2)), 0),
        (np.array([[3.0, 4.0]]), 1),
        (np.full((500, 2), 7.0), 1),
        (np.array([[0.0, 0.0], [1e9, 1e9]]), 1),
        (np.array([[0.0, 0.0], [np.nan, 1.0], [np.inf, 2.0], [5.0, 5.0]]), 2),
    ],
)
def test_odd_maps(places: np.ndarray, pictures: int) -> None:
    layout = laid_out(places.astype(np.float32), -1)
    assert len(layout) == pictures
    assert np.isfinite(layout.centers).all()


def test_points_are_counted_where_one_looks(places) -> None:
    index, bounds = GridIndex(places), (-2.0, -1.0, 3.0, 4.0)
    inside = ((places >= bounds[:2]) & (places <= bounds[2:])).all(axis=1)
    shown = np.arange(len(places)) % 3 > 0
    assert count_within(index, None, bounds, 400) == inside.sum()
    assert count_within(index, shown, bounds, 400) == (inside & shown).sum()
    assert count_within(index, None, (-math.inf, -math.inf, math.inf, math.inf), 10) == len(places)
