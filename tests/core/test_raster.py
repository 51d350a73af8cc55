from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from explorer.core import lasso, pick, raster, raster_numpy
from explorer.core.grid_index import Block, GridIndex
from explorer.core.palette import NO_LABEL, categorical
from explorer.core.raster import Raster
from explorer.core.raster_contours import SHARES, lines_at
from explorer.core.raster_plan import DARK, LIGHT, NO_CAP, cap_within
from explorer.core.raster_support import Support, support_grid
from explorer.core.view import View

RED, GREEN = (255, 0, 0), (0, 255, 0)
PALETTE = np.array([RED, GREEN], np.uint8)
VIEW = View(0.0, 0.0, 1.0, 100, 80)


def rgb(picture: np.ndarray, x: int, y: int) -> tuple[int, ...]:
    """The colour at a pixel of a picture laid out as RGB32."""
    word = int(picture[y, x].view(np.uint32)[0])
    assert word >> 24 == 0xFF
    return word >> 16 & 255, word >> 8 & 255, word & 255


def near(color: tuple[int, ...], other: tuple[int, ...], tolerance: int = 3) -> bool:
    return max(abs(a - b) for a, b in zip(color, other, strict=True)) <= tolerance


def clusters(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    codes = random.integers(0, 10, count).astype(np.int32)
    centres = random.normal(0, 5, (10, 2))
    return (centres[codes] + random.normal(0, 1, (count, 2))).astype(np.float32), codes


@pytest.fixture(autouse=True)
def plain_painter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raster, "_painter", raster_numpy.paint)
    monkeypatch.setattr(raster, "_finder", pick.nearest)
    monkeypatch.setattr(raster, "_encloser", lasso.enclosed)


@pytest.fixture(scope="session")
def compiled_painter() -> raster.Painter:
    from explorer.core import raster_kernels

    return raster_kernels.paint


def test_a_point_is_drawn_where_it_lies_in_its_colour() -> None:
    drawn = Raster(np.array([[0.0, 0.0], [20.0, 10.0]])).draw(
        VIEW, np.array([0, 1], np.int32), PALETTE, radius=3.0, opacity=1.0
    )
    assert drawn.shape == (80, 100, 4)
    assert near(rgb(drawn, 50, 40), RED)
    assert near(rgb(drawn, 70, 30), GREEN)
    assert rgb(drawn, 50, 45) == DARK.background
    # Soft at the edge: neither the ground nor the full colour.
    edge = rgb(drawn, 50, 43)
    assert DARK.background[0] < edge[0] < 250


def test_where_two_classes_meet_the_colours_mix_whatever_their_order() -> None:
    places = np.zeros((6, 2), np.float32)
    codes = np.array([0, 0, 0, 1, 1, 1], np.int32)
    one = Raster(places).draw(VIEW, codes, PALETTE, radius=3.0, opacity=0.6)
    other = Raster(places).draw(VIEW, codes[::-1].copy(), PALETTE, radius=3.0, opacity=0.6)
    assert (one == other).all()
    red, green, blue = rgb(one, 50, 40)
    assert abs(red - green) <= 2
    assert red > 120 > blue


def test_more_points_are_more_opaque() -> None:
    levels = [
        rgb(Raster(np.zeros((n, 2))).draw(VIEW, None, PALETTE[:0], radius=2.0, opacity=0.3), 50, 40)[0]
        for n in (1, 2, 5, 30, 3000)
    ]
    assert levels == sorted(set(levels))
    assert abs(levels[-1] - NO_LABEL[0]) <= 2


def test_points_without_label_and_codes_beyond_the_palette_are_grey() -> None:
    places = np.array([[-20.0, 0], [20.0, 0]])
    drawn = Raster(places).draw(VIEW, np.array([-1, 7], np.int32), PALETTE, radius=3.0, opacity=1.0)
    assert near(rgb(drawn, 30, 40), NO_LABEL)
    assert near(rgb(drawn, 70, 40), NO_LABEL)


def test_filtered_out_points_stay_as_faint_context_below_the_others() -> None:
    places = np.array([[-20.0, 0], [20.0, 0], [20.0, 0]])
    shown = np.array([False, True, False])
    drawn = Raster(places).draw(VIEW, np.zeros(3, np.int32), PALETTE, shown, radius=3.0, opacity=1.0)
    faint = rgb(drawn, 30, 40)
    assert max(faint) - min(faint) < 15
    assert faint > DARK.background
    assert max(faint) < 60
    assert near(rgb(drawn, 70, 40), RED)


def test_selected_points_have_an_edge() -> None:
    drawn = Raster(np.zeros((1, 2))).draw(
        VIEW, np.zeros(1, np.int32), PALETTE, radius=3.0, opacity=1.0, selected=np.array([0])
    )
    assert near(rgb(drawn, 50, 40), RED)
    assert min(rgb(drawn, 54, 40)) > 120


def test_the_ground_is_lighter_where_the_map_has_support() -> None:
    values = np.zeros((9, 9), np.float32)
    values[1:-1, 1:4] = 1.0  # the left part, all heights
    support = Support(values, (-40.0, -30.0, 40.0, 30.0))
    drawn = Raster(np.empty((0, 2))).draw(VIEW, None, PALETTE, style=DARK, support=support)
    assert near(rgb(drawn, 30, 40), DARK.glow, 1)
    # Where nothing speaks the ground is hatched, so that it is told by more than its shade; the lines lie on
    # the map, and move with it.
    across = [rgb(drawn, x, 2) for x in range(40)]
    assert DARK.background in across
    assert DARK.hatch in across
    panned = Raster(np.empty((0, 2))).draw(VIEW.panned(7, 3), None, PALETTE, support=support)
    assert [rgb(panned, x + 7, 5) for x in range(40)] == across
    light = Raster(np.empty((0, 2))).draw(VIEW, None, PALETTE, style=LIGHT, support=support)
    assert near(rgb(light, 30, 40), LIGHT.glow, 1)


def test_support_grid_is_high_at_data_and_zero_at_its_border() -> None:
    positions, _ = clusters(500)
    support = support_grid(
        lambda places: np.exp(-((places - positions[0]) ** 2).sum(axis=1)), positions, resolution=64
    )
    rows, columns = support.values.shape
    assert max(rows, columns) == 64
    assert support.values.dtype == np.float32
    left, bottom, right, top = support.bounds
    assert left < positions[:, 0].min()
    assert top > positions[:, 1].max()
    assert not support.values[[0, -1]].any()
    assert not support.values[:, [0, -1]].any()
    row, column = np.unravel_index(support.values.argmax(), support.values.shape)
    step = (right - left) / (columns - 1)
    assert left + column * step == pytest.approx(positions[0, 0], abs=2 * step)
    assert bottom + row * step == pytest.approx(positions[0, 1], abs=2 * step)


@pytest.mark.parametrize("positions", [np.empty((0, 2)), np.zeros((1, 2)), np.full((3, 2), 4.0)])
def test_support_grid_of_a_map_without_extent(positions: np.ndarray) -> None:
    support = support_grid(lambda places: np.ones(len(places)), positions)
    assert np.isfinite(support.values).all()
    assert np.isfinite(support.bounds).all()


@pytest.mark.parametrize("zoom", [0.4, 1.0, 7.0, 90.0])
@pytest.mark.parametrize("extras", ["plain", "all", "bare"])
def test_both_painters_give_the_same_picture(
    zoom: float, extras: str, compiled_painter: raster.Painter, monkeypatch: pytest.MonkeyPatch
) -> None:
    positions, codes = clusters(4000)
    positions[5] = np.nan
    drawn = Raster(positions)
    view = View.fit(positions, 317, 203).zoomed_at(140, 90, zoom)
    options = {}
    if extras == "all":
        support = support_grid(lambda places: np.abs(np.sin(places[:, 0])), positions, 50)
        support = support._replace(tint=support.values * np.linspace(0, 1, support.values.shape[1]))
        options = {"shown": codes != 3, "selected": np.flatnonzero(codes == 4), "support": support}
    if extras == "bare":
        options = {"shown": codes != 3, "selected": np.flatnonzero(codes == 4), "bare": True, "quiet": True}
    plain = drawn.draw(view, codes, categorical(10), **options).astype(int)
    monkeypatch.setattr(raster, "_painter", compiled_painter)
    compiled = drawn.draw(view, codes, categorical(10), **options).astype(int)
    assert np.abs(plain - compiled).max() <= 2
    assert (plain != plain[0, 0]).any()


@pytest.mark.parametrize("density", [False, True])
@pytest.mark.parametrize("compiled", [False, True])
def test_points_without_a_ground_lie_over_any_other(
    density: bool, compiled: bool, compiled_painter: raster.Painter, monkeypatch: pytest.MonkeyPatch
) -> None:
    if compiled:
        monkeypatch.setattr(raster, "_painter", compiled_painter)
    positions, codes = clusters(4000)
    drawn, view = Raster(positions), View.fit(positions, 317, 203)
    options = {"shown": codes != 3, "selected": np.flatnonzero(codes == 4), "density": density}
    over = drawn.draw(view, codes, categorical(10), bare=True, **options).astype(float)
    whole = drawn.draw(view, codes, categorical(10), **options).astype(float)
    alpha = over[..., 3:]
    assert alpha.min() == 0
    assert alpha.max() > 150
    assert (over[..., :3] <= alpha).all()  # premultiplied
    laid = over[..., :3] + (1 - alpha / 255) * DARK.background[::-1]
    assert np.abs(laid - whole[..., :3]).max() <= 2.5


def test_the_compiled_painter_in_several_threads_gives_the_same(
    compiled_painter: raster.Painter, monkeypatch: pytest.MonkeyPatch
) -> None:
    from explorer.core import raster_kernels

    positions, codes = clusters(3000)
    drawn, view = Raster(positions), View.fit(positions, 300, 211)
    monkeypatch.setattr(raster, "_painter", compiled_painter)
    one = drawn.draw(view, codes, categorical(10))
    monkeypatch.setattr(raster_kernels, "_WORTH_THREADS", 10)
    monkeypatch.setattr(raster_kernels, "_THREADS", 3)
    assert np.abs(one.astype(int) - drawn.draw(view, codes, categorical(10))).max() <= 1


@pytest.mark.parametrize(
    "positions",
    [
        np.empty((0, 2)),
        np.zeros((1, 2)),
        np.full((50, 2), 3.5),
        np.full((3, 2), np.nan),
        np.array([[0, 0], [np.inf, 1], [1e30, -1e30], [1, 1]]),
        np.full((20, 2), 1e6),
    ],
    ids=["none", "one", "one place", "nan", "inf and huge", "far away"],
)
@pytest.mark.parametrize("compiled", [False, True])
def test_odd_maps_are_drawn_and_searched(
    positions: np.ndarray,
    compiled: bool,
    compiled_painter: raster.Painter,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if compiled:
        from explorer.core import grid_kernels

        monkeypatch.setattr(raster, "_painter", compiled_painter)
        monkeypatch.setattr(raster, "_finder", grid_kernels.nearest)
        monkeypatch.setattr(raster, "_encloser", grid_kernels.enclosed)
    drawn = Raster(positions)
    view = View.fit(positions, 200, 150)
    picture = drawn.draw(view, np.zeros(len(positions), np.int32), PALETTE)
    assert picture.shape == (150, 200, 4)
    finite = np.flatnonzero(np.isfinite(positions).all(axis=1))
    if len(finite):
        x, y = positions[finite[0]]
        assert drawn.pick(float(x), float(y), view.units_per_pixel) in finite
        assert (picture[..., :3].reshape(-1, 3) != picture[0, 0, :3]).any()
    else:
        assert drawn.pick(0.0, 0.0, 1e9) == -1
    assert len(drawn.lasso(np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]]))) <= len(finite)


def test_the_point_size_follows_zoom_and_number() -> None:
    few, many = Raster(clusters(1000)[0]), Raster(clusters(100_000)[0])
    view = View.fit(clusters(1000)[0], 1200, 900)
    assert few.point_size(view)[0] > many.point_size(view)[0]
    assert few.point_size(view)[1] > many.point_size(view)[1]
    assert many.point_size(view.zoomed_at(0, 0, 8))[0] > many.point_size(view)[0]
    fine = many.point_size(view.magnified(2.0), 2.0)
    assert fine == pytest.approx((2 * many.point_size(view)[0], many.point_size(view)[1]))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 3000), st.floats(0.001, 3.0))
def test_pick_finds_the_nearest_point_that_is_shown(seed: int, count: int, radius: float) -> None:
    from explorer.core import grid_kernels

    random = np.random.default_rng(seed)
    positions = random.normal(0, 1, (count, 2)).astype(np.float32)
    positions[random.random(count) < 0.1] = np.nan
    shown = random.random(count) < 0.7
    x, y = random.normal(0, 1, 2)
    away = np.hypot(positions[:, 0].astype(float) - x, positions[:, 1].astype(float) - y)
    away[~shown | np.isnan(away)] = np.inf
    index = GridIndex(positions)
    for nearest in (pick.nearest, grid_kernels.nearest):
        row = nearest(index, x, y, radius, shown)
        if away.min() <= radius:
            assert away[row] == pytest.approx(away.min(), rel=1e-6)
        else:
            assert row == -1
    assert grid_kernels.nearest(index, x, y, radius, None) == pick.nearest(index, x, y, radius, None)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(3, 60))
@example(246, 34)
def test_lasso_is_the_even_odd_rule(seed: int, corners: int) -> None:
    from explorer.core import grid_kernels

    random = np.random.default_rng(seed)
    positions = random.uniform(-1, 1, (2000, 2)).astype(np.float32)
    polygon = random.uniform(-1, 1, (corners, 2))
    index, shown = GridIndex(positions), random.random(2000) < 0.7
    x, y = positions.astype(float).T
    inside = np.zeros(2000, bool)
    for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        if y0 != y1:
            spans = (y0 <= y) != (y1 <= y)
            inside ^= spans & (x0 + (y - y0) / (y1 - y0) * (x1 - x0) > x)
    for enclosed in (lasso.enclosed, grid_kernels.enclosed):
        assert enclosed(index, polygon, 2000, None).tolist() == np.flatnonzero(inside).tolist()
        assert enclosed(index, polygon, 2000, shown).tolist() == np.flatnonzero(inside & shown).tolist()


def test_lasso_leaves_out_what_is_not_shown() -> None:
    positions, codes = clusters(1000)
    box = np.array([[-50, -50], [50, -50], [50, 50], [-50, 50]], float)
    assert Raster(positions).lasso(box, codes == 2).tolist() == np.flatnonzero(codes == 2).tolist()
    assert Raster(positions).lasso(box[:2]).tolist() == []
    assert Raster(positions).lasso(np.zeros((5, 2))).tolist() == []


@pytest.mark.parametrize("compiled", [False, True])
def test_a_bounded_effort_keeps_the_density_and_every_lone_point(
    compiled: bool, compiled_painter: raster.Painter, monkeypatch: pytest.MonkeyPatch
) -> None:
    if compiled:
        monkeypatch.setattr(raster, "_painter", compiled_painter)
    positions, codes = clusters(60_000)
    order = np.argsort(codes, kind="stable")  # the labels one after another, as many a data set has them
    positions, codes = positions[order], codes[order]
    lone = np.array([[40.0, 0.0], [-40.0, 10.0]], np.float32)
    positions, codes = np.vstack([positions, lone]), np.append(codes, [0, 1]).astype(np.int32)
    drawn, view = Raster(positions), View.fit(positions, 300, 200)
    rough = drawn.plan(view, codes, categorical(10), effort=600_000)
    whole = drawn.plan(view, codes, categorical(10))
    assert not rough.exact
    assert whole.exact
    assert rough.drawn < 0.5 * whole.drawn == 0.5 * len(positions)
    one, other = raster.paint(rough).astype(float), raster.paint(whole).astype(float)
    # Coarse blocks have the same mean colour, so neither density nor the mixture of labels has changed.
    blocks = [p[..., :3].reshape(20, 10, 30, 10, 3).mean(axis=(1, 3)) for p in (one, other)]
    assert np.abs(blocks[0] - blocks[1]).mean() < 0.6
    assert np.abs(blocks[0] - blocks[1]).max() < 25
    for x, y in view.to_screen(lone).astype(int):
        assert np.abs(one[y, x] - other[y, x]).max() <= 2
        assert np.abs(one[y, x] - one[0, 0]).max() > 20


def test_selected_points_are_drawn_however_small_the_effort() -> None:
    positions, codes = clusters(60_000)
    selected = np.array([17, 4_444])
    drawn, view = Raster(positions), View.fit(positions, 300, 200)
    options = {"selected": selected, "effort": 60_000.0, "radius": 3.0, "opacity": 0.5}
    picture = raster.paint(drawn.plan(view, codes, categorical(10), **options))
    without = raster.paint(drawn.plan(view, codes, categorical(10), radius=3.0, opacity=0.5, effort=60_000.0))
    for x, y in view.to_screen(positions[selected]).astype(int):
        part = slice(y - 5, y + 6), slice(x - 5, x + 6)
        assert (picture[part] != without[part]).any(axis=-1).sum() > 10


@given(st.integers(0, 2**32 - 1), st.integers(0, 20_000))
@settings(max_examples=40)
def test_the_cap_is_the_largest_that_fits(seed: int, most: int) -> None:
    random = np.random.default_rng(seed)
    counts = random.poisson(random.exponential(30, (12, 12))).astype(np.int32)
    block = Block(2, 9, 0, 11)
    seen = counts[2:10]
    whole = random.random((12, 12)) < 0.05
    cap, kept = cap_within(counts, block, most, whole)
    if cap == NO_CAP:
        assert seen.sum() <= most
        return
    assert seen.sum() > most
    spent = seen[kept[2:10]].sum() if kept is not None else 0
    rest = seen[~kept[2:10]] if kept is not None else seen
    assert 2 * spent <= most
    assert np.minimum(rest, cap).sum() <= most - spent or cap == 1
    assert np.minimum(rest, cap + max(1, cap // 16)).sum() > most - spent or cap >= rest.max() - 1


def test_a_picture_nobody_wants_any_more_is_broken_off(
    compiled_painter: raster.Painter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raster, "_painter", compiled_painter)
    positions, codes = clusters(3_000_000)
    plan = Raster(positions).plan(View.fit(positions, 900, 700), codes, categorical(10))
    began = time.perf_counter()
    raster.paint(plan)
    whole, stop = time.perf_counter() - began, np.zeros(1, np.uint8)
    thread = threading.Thread(target=raster.paint, args=(plan, stop))
    thread.start()
    time.sleep(0.002)
    began, stop[0] = time.perf_counter(), 1
    thread.join()
    assert time.perf_counter() - began < 0.6 * whole


def test_a_density_view_grows_with_the_number_and_not_with_the_label() -> None:
    positions = np.concatenate(
        [np.zeros((1, 2)), np.full((20, 2), 20.0), np.tile([-20.0, 10.0], (400, 1))]
    ).astype(np.float32)
    codes = np.arange(421, dtype=np.int32) % 2
    drawn = Raster(positions)
    shades = []
    for style in (DARK, LIGHT):
        picture = drawn.draw(VIEW, codes, PALETTE, density=True, style=style)
        other = drawn.draw(VIEW, None, PALETTE, density=True, style=style)
        assert np.array_equal(picture, other)
        shades.append([sum(rgb(picture, x, y)) for x, y in ((50, 40), (70, 20), (30, 30))])
    assert sum(DARK.background) < shades[0][0] < shades[0][1] < shades[0][2]
    assert sum(LIGHT.background) > shades[1][0] > shades[1][1] > shades[1][2]


def test_contours_hold_their_share_of_the_points() -> None:
    random = np.random.default_rng(0)
    positions = random.normal(0, 1, (40_000, 2)).astype(np.float32)
    drawn = Raster(positions)
    lines = drawn.contours()
    assert drawn.contours() is lines
    assert all(np.array_equal(line[0], line[-1]) for line in lines)
    for share in SHARES:
        radius = np.sqrt(-2 * np.log(1 - share))  # the circle that holds that share of a standard normal
        around = [line for line in lines if abs(np.hypot(*line.T).mean() - radius) < 0.12]
        assert len(around) >= 1
    half = drawn.contours(positions[:, 0] > 0)
    assert min(line[:, 0].min() for line in half) > -0.4
    assert Raster(positions[:3]).contours() == []
    assert Raster(np.zeros((100, 2))).contours() is not None


@pytest.mark.parametrize(("level", "parts"), [(0.5, 1), (1.5, 2)])
def test_lines_of_a_level_run_between_the_nodes_above_and_below(level: float, parts: int) -> None:
    values = np.zeros((7, 9))
    values[2:5, 2:7] = 1.0
    values[3, 3], values[3, 5] = 2.0, 2.0
    lines = lines_at(values, level)
    assert len(lines) == parts
    for line in lines:
        whole = np.mod(line, 1.0) == 0.0
        assert whole.any(axis=1).all()  # on the sides of squares
        assert np.array_equal(line[0], line[-1])
        assert np.hypot(*np.diff(line, axis=0).T).max() <= np.sqrt(2)


@pytest.mark.parametrize("compiled", [False, True])
def test_a_million_labels_and_points_a_billion_apart(
    compiled: bool, compiled_painter: raster.Painter, monkeypatch: pytest.MonkeyPatch
) -> None:
    if compiled:
        monkeypatch.setattr(raster, "_painter", compiled_painter)
    count = 100_000
    palette = categorical(count)
    positions = np.stack([np.arange(count) % 316, np.arange(count) // 316], axis=1).astype(np.float32)
    picture = Raster(positions).draw(
        View(158.0, 158.0, 0.125, 80, 80), np.arange(count, dtype=np.int32), palette, radius=3.0, opacity=1.0
    )
    row = 158 * 316 + 158
    assert near(rgb(picture, 40, 39), tuple(int(c) for c in palette[row]), 6)

    far = np.array([[0.0, 0.0], [1e9, 1e9]])
    view = View.fit(far, 200, 150)
    picture = Raster(far).draw(view, np.array([0, 1], np.int32), PALETTE)
    for (x, y), color in zip(view.to_screen(far).astype(int), (RED, GREEN), strict=True):
        assert np.argmax(rgb(picture, x, y)) == np.argmax(color)


def test_points_without_a_place_are_counted() -> None:
    positions = np.array([[0, 0], [np.nan, 1], [1, np.inf], [2, 2]])
    assert Raster(positions).left_out == 2
    assert Raster(positions).bounds == (0.0, 0.0, 2.0, 2.0)


def test_the_index_keeps_every_finite_point_in_its_cell() -> None:
    positions, _ = clusters(5000)
    positions[::100] = np.nan
    positions[7] = [1e6, 0]
    index = GridIndex(positions)
    assert sorted(index.rows) == np.flatnonzero(np.isfinite(positions).all(axis=1)).tolist()
    assert np.array_equal(positions[index.rows], index.places)
    cells = index.row_of(index.places[:, 1]) * index.side + index.column_of(index.places[:, 0])
    assert np.array_equal(cells, np.repeat(np.arange(index.side**2), np.diff(index.starts)))
    # The outlier does not gather all others in a few cells.
    assert np.count_nonzero(np.diff(index.starts)) > 300


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_class_colours_stay_apart_for_colour_blind_eyes_and_from_the_ground(theme: str) -> None:
    colors = categorical(10, theme)
    seen = {
        "protan": [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ],
        "deutan": [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ],
        "normal": np.eye(3),
    }
    linear = (colors / 255.0) ** 2.2
    for matrix in seen.values():
        lab = _oklab(np.clip(linear @ np.array(matrix).T, 0, 1))
        apart = np.linalg.norm(lab[:, None] - lab[None], axis=-1) + 9 * np.eye(10)
        assert apart.min() > 0.07
    luminance = linear @ (0.2126, 0.7152, 0.0722)
    ground = (np.array(DARK.background if theme == "dark" else LIGHT.background) / 255.0) ** 2.2
    ground = float(ground @ (0.2126, 0.7152, 0.0722))
    contrast = (np.maximum(luminance, ground) + 0.05) / (np.minimum(luminance, ground) + 0.05)
    assert contrast.min() > 2.2
    assert np.median(contrast) > 3.5


def test_there_are_colours_for_any_number_of_classes() -> None:
    assert categorical(0).shape == (0, 3)
    many = categorical(60)
    assert len(np.unique(many, axis=0)) == 60
    assert np.array_equal(many[:7], categorical(7))


def _oklab(linear: np.ndarray) -> np.ndarray:
    """OKLab of linear sRGB (Björn Ottosson, "A perceptual color space for image processing", 2020)."""
    cones = np.cbrt(
        linear
        @ np.array(
            [
                [0.4122214708, 0.2119034982, 0.0883024619],
                [0.5363325363, 0.6806995451, 0.2817188376],
                [0.0514459929, 0.1073969566, 0.6299787005],
            ]
        )
    )
    return cones @ np.array(
        [
            [0.2104542553, 1.9779984951, 0.0259040371],
            [0.7936177850, -2.4285922050, 0.7827717662],
            [-0.0040720468, 0.4505937099, -0.8086757660],
        ]
    )
