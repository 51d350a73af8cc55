"""What lies on the map beside its points: the lattice, names of places, how much latents differ."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.core.errors import Cancelled
from explorer.core.grid_index import GridIndex
from explorer.core.inverse import Inverse
from explorer.core.lattice import MOST_LEVELS, Cell, Lattice
from explorer.core.place_names import LEVELS, MOST_LABELS, place_names
from explorer.core.progress import Progress
from explorer.core.raster_support import support_grid
from explorer.core.support_layers import spread_layer
from explorer.core.view import View

ODD = {
    "none": np.empty((0, 2)),
    "one": np.zeros((1, 2)),
    "one place": np.full((50, 2), 3.5),
    "nan": np.full((3, 2), np.nan),
    "a billion apart": np.array([[0.0, 0.0], [1e9, 1e9]]),
    "inf": np.array([[0.0, 0.0], [np.inf, 1.0], [np.nan, 2.0], [1.0, 1.0]]),
}


def islands(*centres: tuple[float, float], count: int = 300) -> np.ndarray:
    random = np.random.default_rng(0)
    return np.concatenate([random.normal(centre, 0.5, (count, 2)) for centre in centres]).astype(np.float32)


def test_a_lattice_has_the_same_squares_wherever_one_looks() -> None:
    lattice = Lattice.over((0.0, 0.0, 10.0, 5.0))
    view = View(3.0, 2.0, 0.01, 400, 300)
    level = lattice.level_of(view.units_per_pixel, 40)
    assert 40 <= lattice.side(level) / view.units_per_pixel < 80
    cells = list(lattice.within(level, view.bounds))
    middle = lattice.centres(cells[:1])[0]
    assert np.abs(middle - (3.0, 2.0)).max() <= lattice.side(level)  # from the middle outwards
    panned = set(lattice.within(level, view.panned(37.0, -21.0).bounds))
    assert len(panned & set(cells)) > 0.6 * len(cells)
    # Zooming halves the squares: each is made up of its quarters.
    assert lattice.level_of(view.units_per_pixel / 2, 40) == level + 1
    left, bottom, right, top = lattice.box(cells[0])
    quarters = np.array([lattice.box(quarter) for quarter in cells[0].children])
    assert quarters[:, :2].min(axis=0) == pytest.approx((left, bottom))
    assert quarters[:, 2:].max(axis=0) == pytest.approx((right, top))
    # Nothing lies beyond the map, and no zoom has endless levels.
    assert list(lattice.within(level, (100.0, 100.0, 200.0, 200.0))) == []
    assert lattice.level_of(1e-300, 40) == MOST_LEVELS
    assert lattice.level_of(1e9, 40) == 0
    assert list(lattice.within(0, (-1e9, -1e9, 1e9, 1e9))) == [Cell(0, 0, 0)]


def test_names_stand_at_the_modes_of_their_clusters_and_nowhere_for_what_is_scattered() -> None:
    places = islands((0, 0), (10, 0), (10, 8))
    codes = np.repeat(np.array([0, 1, 0], np.int32), 300)
    codes[::3] = 2  # everywhere, and nowhere the most
    found = place_names(GridIndex(places), codes, 3, LEVELS[0])
    assert [name.code for name in found] != []
    assert sorted((name.code, round(name.x / 2) * 2, round(name.y / 2) * 2) for name in found) == [
        (0, 0, 0), (0, 10, 8), (1, 10, 0),
    ]  # fmt: skip
    assert all(0.5 < name.width < 5.0 for name in found)
    # What is filtered out counts for nothing: the scattered label prevails where it is alone.
    alone = place_names(GridIndex(places), codes, 3, LEVELS[0], codes == 2)
    assert {name.code for name in alone} == {2}
    assert len(alone) == 3
    # Points without a label prevail too, and take the place's name away.
    assert place_names(GridIndex(places), np.where(codes == 1, -1, codes).astype(np.int32), 3, LEVELS[0]) == [
        name for name in found if name.code != 1
    ]


def test_a_finer_level_tells_places_apart_that_are_one_from_afar() -> None:
    near = islands((0, 0), (4, 0), (60, 0), count=400)
    codes = np.repeat(np.array([0, 0, 1], np.int32), 400)
    afar, close = (place_names(GridIndex(near), codes, 2, cells) for cells in LEVELS[::2][:2])
    assert [name.code for name in afar].count(0) == 1
    assert [name.code for name in close].count(0) == 2


@pytest.mark.parametrize("positions", ODD.values(), ids=ODD)
@pytest.mark.parametrize("cells", LEVELS)
def test_odd_maps_have_names_or_none(positions: np.ndarray, cells: int) -> None:
    count = len(positions)
    for codes in (np.zeros(count, np.int32), np.arange(count, dtype=np.int32), np.full(count, -1, np.int32)):
        for name in place_names(GridIndex(positions), codes, max(count, 1), cells):
            assert np.isfinite((name.x, name.y, name.width, name.height)).all()
    assert place_names(GridIndex(positions), np.zeros(count, np.int32), MOST_LABELS + 1, cells) == []


def test_the_ground_tells_where_latents_differ() -> None:
    places = islands((0, 0), (8, 0), count=400)
    random = np.random.default_rng(1)
    # On the left neighbours are alike, on the right they are anything.
    latents = np.where(np.arange(800)[:, None] < 400, 0.05, 1.0) * random.normal(0, 1, (800, 6))
    inverse = Inverse(places, latents.astype(np.float32))
    support = support_grid(inverse.support_at, places, 64)
    exact, rough = (spread_layer(support, inverse.spread_at, every=every) for every in (1, 4))
    assert 0.0 < exact.low < exact.high
    assert exact.high == pytest.approx(rough.high, rel=0.2)
    tint = exact.support.tint
    assert tint is not None
    assert tint.shape == support.values.shape
    assert (tint <= support.values + 1e-6).all()
    across = np.linspace(support.bounds[0], support.bounds[2], tint.shape[1])
    land = support.values > 0.9
    left, right = (np.broadcast_to(side, land.shape) & land for side in (across < 3, across > 5))
    assert tint[left].mean() < 0.2 < 0.7 < tint[right].mean()
    assert np.abs(tint - rough.support.tint)[land].mean() < 0.1
    stopped = Progress()
    stopped.cancel()
    with pytest.raises(Cancelled):
        spread_layer(support, inverse.spread_at, stopped)


@pytest.mark.parametrize("name", ["one", "one place", "a billion apart", "inf"])
def test_the_ground_of_odd_maps(name: str) -> None:
    positions = ODD[name]
    inverse = Inverse(positions, np.arange(3.0 * len(positions), dtype=np.float32).reshape(-1, 3))
    layer = spread_layer(support_grid(inverse.support_at, positions, 32), inverse.spread_at)
    assert layer.support.tint is not None
    assert np.isfinite(layer.support.tint).all()
    assert np.isfinite((layer.low, layer.high)).all()
