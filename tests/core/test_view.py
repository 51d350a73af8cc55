from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.core.view import View, bounds_of

places = st.floats(-1e4, 1e4)
views = st.builds(View, places, places, st.floats(1e-4, 1e2), st.integers(1, 4000), st.integers(1, 4000))


@given(views, places, places)
def test_screen_and_map_are_inverse(view: View, x: float, y: float) -> None:
    ((across, down),) = view.to_screen(np.array([[x, y]]))
    assert view.to_map(across, down) == pytest.approx((x, y), abs=1e-6)


def test_y_points_up_on_the_map_and_down_on_the_screen() -> None:
    view = View(0.0, 0.0, 0.1, 100, 50)
    assert view.to_map(0, 0) == pytest.approx((-5.0, 2.5))
    assert view.to_screen(np.array([[0.0, 1.0]]))[0] == pytest.approx([50.0, 15.0])
    assert view.bounds == pytest.approx((-5.0, -2.5, 5.0, 2.5))


@given(views, st.floats(0, 4000), st.floats(0, 4000), st.floats(0.1, 10))
def test_zoom_keeps_the_place_under_the_pointer(view: View, x: float, y: float, factor: float) -> None:
    zoomed = view.zoomed_at(x, y, factor)
    assert zoomed.to_map(x, y) == pytest.approx(view.to_map(x, y), abs=1e-6)
    assert zoomed.units_per_pixel == pytest.approx(view.units_per_pixel / factor)


def test_zoom_stops_at_its_limits_without_moving_the_place() -> None:
    view = View.fit_bounds((0.0, 0.0, 10.0, 10.0), 400, 300)
    limits = view.zoom_limits()
    for factor, limit in ((1e9, limits[0]), (1e-9, limits[1])):
        zoomed = view.zoomed_at(30, 40, factor, limits)
        assert zoomed.units_per_pixel == limit
        assert zoomed.to_map(30, 40) == pytest.approx(view.to_map(30, 40))


@given(views, st.floats(-500, 500), st.floats(-500, 500))
def test_panning_takes_the_map_along(view: View, dx: float, dy: float) -> None:
    assert view.panned(dx, dy).to_map(10 + dx, 20 + dy) == pytest.approx(view.to_map(10, 20), abs=1e-6)


@pytest.mark.parametrize(("width", "height"), [(1200, 900), (200, 150), (150, 900), (1, 1)])
def test_fit_shows_every_finite_point_with_a_margin(width: int, height: int) -> None:
    positions = np.random.default_rng(0).normal(3, 5, (500, 2)).astype(np.float32)
    positions[:3] = [[np.nan, 0], [np.inf, 1], [2, -np.inf]]
    screen = View.fit(positions, width, height, margin=0.1).to_screen(positions[3:])
    size = np.array([width, height])
    assert (screen >= 0.1 * size - 1e-3).all()
    assert (screen <= 0.9 * size + 1e-3).all()
    # One axis is used to the full.
    assert (np.ptp(screen, axis=0) / size).max() == pytest.approx(0.8, abs=1e-3)


@pytest.mark.parametrize("positions", [np.empty((0, 2)), np.full((4, 2), np.nan), np.full((5, 2), 7.0)])
def test_fit_without_an_extent_is_still_a_view(positions: np.ndarray) -> None:
    view = View.fit(positions, 300, 200)
    assert np.isfinite([view.center_x, view.center_y, view.units_per_pixel]).all()
    assert view.units_per_pixel > 0
    if len(positions) == 5:
        assert view.to_screen(positions[:1]).tolist() == [[150.0, 100.0]]


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
def test_device_pixels_start_at_the_same_corner(ratio: float) -> None:
    view = View(1.0, 2.0, 0.25, 333, 221)
    fine = view.magnified(ratio)
    assert fine.to_map(0, 0) == pytest.approx(view.to_map(0, 0))
    assert fine.to_map(100 * ratio, 60 * ratio) == pytest.approx(view.to_map(100, 60))
    assert fine.width >= 333 * ratio
    assert fine.height >= 221 * ratio


def test_bounds_of_nothing() -> None:
    assert bounds_of(np.full((2, 2), np.inf)) is None
    assert bounds_of(np.array([[1.0, 2.0], [3.0, -1.0], [np.nan, 9.0]])) == (1.0, -1.0, 3.0, 2.0)
