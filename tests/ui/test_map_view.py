from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, QRectF, Qt, QUrl
from PySide6.QtGui import QAction, QColor, QDragEnterEvent, QDropEvent, QFont, QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton
from pytestqt.qtbot import QtBot

from explorer.core.palette import categorical
from explorer.core.raster import is_compiled, warm_up
from explorer.core.view import View
from explorer.ui.map import overlay as map_overlay
from explorer.ui.map.renderer import render
from explorer.ui.map.view import MapView, Tool
from explorer.ui.parts import theme
from tests.ui.paints import Paints

LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
PALETTE = np.array([[255, 0, 0], [0, 255, 0], [80, 80, 255]], np.uint8)
CENTRES = np.array([[-4.0, 0.0], [4.0, 0.0], [0.0, 3.0]])
SHADE = QColor(theme.DARK.ground)


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    warm_up().join()
    assert is_compiled()


@pytest.fixture
def view(qtbot: QtBot) -> Iterator[MapView]:
    """A map of three clusters: red left, green right, blue above."""
    shown = MapView()
    qtbot.addWidget(shown)
    shown.resize(600, 400)
    random = np.random.default_rng(0)
    codes = np.repeat(np.arange(3, dtype=np.int32), 400)
    shown.set_points(CENTRES[codes] + random.normal(0, 0.3, (1200, 2)), codes, PALETTE, None)
    shown.show()
    qtbot.waitExposed(shown)
    yield shown
    shown.shut_down()


def at(view: MapView, place: tuple[float, float] | np.ndarray) -> QPoint:
    x, y = view.view().to_screen(np.array([place], float))[0]
    return QPoint(round(x), round(y))


def look(view: MapView) -> QImage:
    """What is to be seen, drawn exactly."""
    view.settle()
    return view.grab().toImage()


def pixel(image: QImage, point: QPoint) -> QColor:
    """The colour at a place in window units."""
    ratio = image.devicePixelRatio()
    return image.pixelColor(int(ratio * (point.x() + 0.5)), int(ratio * (point.y() + 0.5)))


def around(image: QImage, centre: QPoint, reach: int) -> list[QColor]:
    steps = range(-reach, reach + 1)
    return [pixel(image, centre + QPoint(i, j)) for i in steps for j in steps]


def mean_color(image: QImage, centre: QPoint, reach: int = 8) -> np.ndarray:
    return np.mean([color.getRgb()[:3] for color in around(image, centre, reach)], axis=0)


def whitish(image: QImage, centre: QPoint, reach: int = 40) -> int:
    """How many pixels around a place are nearly white."""
    return sum(min(color.getRgb()[:3]) > 130 for color in around(image, centre, reach))


def hover(view: MapView, point: QPoint) -> None:
    QTest.mouseMove(view, point + QPoint(1, 0))
    QTest.mouseMove(view, point)


def drag(view: MapView, *points: QPoint, button: Qt.MouseButton = LEFT) -> None:
    QTest.mousePress(view, button, pos=points[0])
    for point in points[1:]:
        QTest.mouseMove(view, point)
    QTest.mouseRelease(view, button, pos=points[-1])


def wheel(view: MapView, point: QPoint, delta: int, *, glide: bool = True) -> None:
    """Turn the wheel and wait until the zoom has come to rest."""
    event = QWheelEvent(
        QPointF(point), view.mapToGlobal(QPointF(point)), QPoint(), QPoint(0, delta),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, event)
    while glide and view._camera.is_gliding:
        QTest.qWait(5)


def test_clusters_are_seen_where_they_lie(view: MapView) -> None:
    image = look(view)
    for centre, channel in zip(CENTRES, range(3), strict=True):
        color = mean_color(image, at(view, centre))
        assert color.argmax() == channel
        assert color.max() > 90
    empty = mean_color(image, at(view, (0.0, 0.0)))
    assert np.allclose(empty, SHADE.getRgb()[:3], atol=1)


def test_a_click_and_a_drag_ask_for_places(view: MapView) -> None:
    asked: list[tuple[float, float, str]] = []
    view.probed.connect(lambda *args: asked.append(args))
    drag(view, at(view, (-2.0, 1.0)), at(view, (0.0, 1.0)), at(view, (2.0, -1.0)))
    assert [phase for *_, phase in asked] == ["press", "move", "move", "release"]
    step = view.view().units_per_pixel
    for (x, y, _), place in zip(asked, [(-2, 1), (0, 1), (2, -1), (2, -1)], strict=True):
        assert (x, y) == pytest.approx(place, abs=step)
    # Beyond the edge the probe stays at the edge.
    asked.clear()
    drag(view, QPoint(300, 200), QPoint(2000, -500))
    assert asked[1][:2] == pytest.approx(view.view().to_map(600, 0))


def test_a_drag_with_the_probe_leaves_the_picture_of_the_points_alone(view: MapView) -> None:
    look(view)
    frame = view._ground.frame
    view.probed.connect(lambda x, y, _: (view.set_cursor((x, y)), view.set_trail(np.array([[0, 0], [x, y]]))))
    drag(view, QPoint(300, 200), QPoint(310, 220), QPoint(330, 230))
    QTest.qWait(20)
    assert view._ground.frame is frame
    image = view.grab().toImage()
    assert max(color.lightness() for color in around(image, QPoint(330 + 9, 230), 1)) > 150  # the ring
    halfway = (at(view, (0.0, 0.0)) + QPoint(330, 230)) / 2
    assert mean_color(image, halfway, 3).min() > SHADE.red() + 8  # the trail


@pytest.mark.parametrize("how", ["tool", "space", "middle"])
def test_panning_takes_the_points_along(view: MapView, how: str) -> None:
    looked: list[View] = []
    view.view_changed.connect(looked.append)
    if how == "tool":
        view.set_tool("pan")
    if how == "space":
        QTest.keyPress(view, Qt.Key.Key_Space)
    before = at(view, CENTRES[0])
    drag(
        view, QPoint(300, 200), QPoint(330, 210), QPoint(400, 160), button=MIDDLE if how == "middle" else LEFT
    )
    QTest.keyRelease(view, Qt.Key.Key_Space)
    assert at(view, CENTRES[0]) == before + QPoint(100, -40)
    assert looked[-1] == view.view()
    assert mean_color(look(view), before + QPoint(100, -40)).argmax() == 0
    probed: list[float] = []
    view.set_tool("probe")
    view.probed.connect(lambda x, _y, _phase: probed.append(x))
    QTest.mouseClick(view, LEFT, pos=QPoint(300, 200))
    assert len(probed) == 2


def test_the_wheel_zooms_at_the_pointer_and_stops_at_limits(view: MapView) -> None:
    point = at(view, CENTRES[1])
    place = view.view().to_map(point.x(), point.y())
    before = view.view().units_per_pixel
    wheel(view, point, 360)
    assert view.view().units_per_pixel == pytest.approx(before / 1.25**3)
    assert view.view().to_map(point.x(), point.y()) == pytest.approx(place)
    for _ in range(60):
        wheel(view, point, 1200)
    closest = view.view().units_per_pixel
    wheel(view, point, 1200)
    assert view.view().units_per_pixel == closest > 0
    assert view.view().to_map(point.x(), point.y()) == pytest.approx(place)
    for _ in range(60):
        wheel(view, point, -1200)
    assert before < view.view().units_per_pixel < 10 * before


def test_a_turn_of_the_wheel_glides_and_turns_add_up(view: MapView) -> None:
    point = at(view, CENTRES[1])
    place, before = view.view().to_map(point.x(), point.y()), view.view().units_per_pixel
    scales: list[float] = []
    view.view_changed.connect(lambda now: scales.append(now.units_per_pixel))
    wheel(view, point, 120, glide=False)
    wheel(view, point, 120)
    assert len(scales) > 4
    assert scales[0] < before  # the first step comes with the event
    assert scales == sorted(scales, reverse=True)
    assert scales[-1] == pytest.approx(before / 1.25**2)
    assert view.view().to_map(point.x(), point.y()) == pytest.approx(place)
    # A hand that pans takes over, and what was still to come is forgotten.
    wheel(view, point, 1200, glide=False)
    drag(view, QPoint(300, 200), QPoint(320, 200), button=MIDDLE)
    rested = view.view()
    QTest.qWait(100)
    assert view.view() == rested


def test_a_touch_pad_zooms_without_gliding(view: MapView) -> None:
    before = view.view().units_per_pixel
    point = QPointF(200, 150)
    event = QWheelEvent(
        point, view.mapToGlobal(point), QPoint(0, 30), QPoint(0, 120),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.ScrollUpdate, False,
    )  # fmt: skip
    QApplication.sendEvent(view, event)
    assert view.view().units_per_pixel == pytest.approx(before / 1.25)


def test_two_fingers_zoom_between_them(view: MapView, qtbot: QtBot) -> None:
    touch = QTest.createTouchDevice()
    phases: list[str] = []
    view.probed.connect(lambda x, y, phase: phases.append(phase))
    left, right = QPoint(250, 200), QPoint(350, 200)
    place, before = view.view().to_map(300, 200), view.view().units_per_pixel
    QTest.touchEvent(view, touch).press(0, left).press(1, right).commit()
    for step in range(1, 11):
        away = QPoint(5 * step, 0)
        QTest.touchEvent(view, touch).move(0, left - away).move(1, right + away).commit()
        QTest.qWait(5)
    QTest.touchEvent(view, touch).release(0, left).release(1, right).commit()
    assert 1.7 < before / view.view().units_per_pixel < 4.0  # Qt's count of it begins late
    assert view.view().to_map(300, 200) == pytest.approx(place, abs=20 * view.view().units_per_pixel)
    assert phases.count("press") == phases.count("release")


def test_the_selection_can_be_filled_into_the_window(view: MapView) -> None:
    whole = view.view()
    view.set_selection(np.arange(400, 800))
    view.fit_selection()
    low, high = view._positions[400:800].min(axis=0), view._positions[400:800].max(axis=0)
    screen = view.view().to_screen(np.stack([low, high]))
    assert (screen > 0).all()
    assert (screen < (600, 400)).all()
    assert view.view().units_per_pixel < 0.4 * whole.units_per_pixel
    view.set_selection(np.array([5]))
    view.fit_selection()  # one point: as close as one may come
    assert view.view().to_map(300, 200) == pytest.approx(tuple(view._positions[5]), abs=1e-3)
    view.set_selection(None)
    view.fit_selection()
    assert view.view() == whole


def test_points_without_a_place_are_said(view: MapView) -> None:
    positions = view._positions.copy()
    before = look(view)
    positions[:3] = np.nan
    view.set_positions(positions)
    assert "3 points without a place left out" in view._marks.note
    assert look(view) != before
    view.set_positions(positions[3:])
    assert view._marks.note == ""


def test_density_and_contours_can_be_chosen(view: MapView) -> None:
    colours = look(view)
    view.set_density(True)
    density = look(view)
    spots = [mean_color(density, at(view, centre), 18) for centre in CENTRES]
    assert np.ptp(spots, axis=0).max() < 25  # the three clusters are as full as one another
    view.set_contours(True)
    lined = look(view)
    pale = QColor(theme.DARK.text).lightness()
    beside = at(view, CENTRES[0])
    assert lined != density
    outline = [pixel(lined, beside + QPoint(k, 0)).lightness() for k in range(-80, 0)]
    plain = [pixel(density, beside + QPoint(k, 0)).lightness() for k in range(-80, 0)]
    assert max(a - b for a, b in zip(outline, plain, strict=True)) > 0.15 * pale
    view.set_density(False)
    view.set_contours(False)
    assert look(view) == colours


def test_a_map_of_very_many_points_moves_roughly_and_rests_exactly(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("explorer.ui.map.ground._QUICK", 0.0)
    monkeypatch.setattr("explorer.ui.map.renderer._MOST", 3e6)
    random = np.random.default_rng(0)
    codes = random.integers(0, 3, 1_500_000).astype(np.int32)
    view = MapView()
    qtbot.addWidget(view)
    view.resize(600, 400)
    view.set_points(CENTRES[codes] + random.normal(0, 0.3, (len(codes), 2)), codes, PALETTE, None)
    view.show()
    frames = []
    view._ground._renderer.finished.connect(frames.append)
    qtbot.waitUntil(lambda: bool(frames) and frames[-1].exact)
    assert not frames[0].exact
    frames.clear()
    for _ in range(20):
        view._camera.pan(3, 1)
        QTest.qWait(8)
    qtbot.waitUntil(lambda: bool(frames) and frames[-1].exact and frames[-1].view == view.view())
    assert view.is_exact()
    assert sum(frame.exact for frame in frames[:-1]) <= 3  # under the moving hand nothing exact is finished
    rough, exact = frames[-2].image, frames[-1].image
    for centre in CENTRES:
        assert np.abs(mean_color(rough, at(view, centre)) - mean_color(exact, at(view, centre))).max() < 12
    view.shut_down()


def test_keys_move_the_probe_and_zooming_keeps_its_place(view: MapView) -> None:
    steps: list[tuple[float, float]] = []
    view.nudged.connect(lambda dx, dy: steps.append((dx, dy)))
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down):
        QTest.keyClick(view, key)
    QTest.keyClick(view, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert [np.sign(step).tolist() for step in steps[:4]] == [[-1, 0], [1, 0], [0, -1], [0, 1]]
    assert steps[4][0] > steps[1][0]
    whole = view.view()
    view.set_cursor((4.0, 0.0))
    spot = at(view, (4.0, 0.0))
    view.zoom_in()
    view.zoom_in()
    assert view.view().units_per_pixel < whole.units_per_pixel
    assert at(view, (4.0, 0.0)) == spot
    view.zoom_out()
    view.fit()
    assert view.view() == whole


def test_a_double_click_fits(view: MapView) -> None:
    whole = view.view()
    wheel(view, QPoint(100, 100), 600)
    QTest.mouseDClick(view, LEFT, pos=QPoint(300, 200))
    assert view.view() == whole


def test_the_lasso_gives_the_rows_inside(view: MapView) -> None:
    caught: list[tuple[np.ndarray, str]] = []
    view.outlined.connect(lambda *args: caught.append(args))
    view.set_tool("lasso")
    corners = [at(view, p) for p in ((-6, -2), (-2, -2), (-2, 2), (-6, 2))]
    drag(view, *corners)
    assert caught[0][0].tolist() == list(range(400))
    assert caught[0][1] == "replace"
    before = look(view)
    view.set_selection(caught[0][0])
    after = look(view)
    # Edges appear around the selected points, and only there.
    assert whitish(after, at(view, CENTRES[0])) > whitish(before, at(view, CENTRES[0])) + 40
    assert whitish(after, at(view, CENTRES[1])) == whitish(before, at(view, CENTRES[1]))
    # A filter keeps points out.
    view.set_shown(np.arange(1200) % 2 == 0)
    drag(view, *(at(view, p) for p in ((2, -2), (6, -2), (6, 2), (2, 2))))
    assert caught[1][0].tolist() == [*range(400, 800, 2)]


@pytest.mark.parametrize(
    ("tool", "key", "how"),
    [
        ("probe", Qt.KeyboardModifier.ShiftModifier, "add"),
        ("probe", Qt.KeyboardModifier.AltModifier, "subtract"),
        ("rectangle", Qt.KeyboardModifier.NoModifier, "replace"),
        ("rectangle", Qt.KeyboardModifier.ControlModifier, "subtract"),
        ("lasso", Qt.KeyboardModifier.ShiftModifier, "add"),
    ],
)
def test_keys_say_what_drawing_around_points_does(
    view: MapView, tool: Tool, key: Qt.KeyboardModifier, how: str
) -> None:
    caught: list[tuple[np.ndarray, str]] = []
    view.outlined.connect(lambda *args: caught.append(args))
    view.probed.connect(lambda *args: caught.append(args))
    view.set_tool(tool)
    shape = view.cursor().pixmap().toImage()
    QTest.mouseMove(view, QPoint(5, 5))
    start, end = at(view, (-6, -2)), at(view, (-2, 2))
    QTest.mousePress(view, LEFT, key, start)
    assert (view.cursor().pixmap().toImage() == shape) == (how == "replace")
    for point in (at(view, (-2, -2)), end, *([at(view, (-6, 2))] if tool == "lasso" else [])):
        QTest.mouseMove(view, point)
    QTest.mouseRelease(view, LEFT, key, end)
    # A click, with a little tremble, means the one point under it.
    one = at(view, view._positions[17])
    QTest.mousePress(view, LEFT, key, one)
    QTest.mouseMove(view, one + QPoint(1, 1))
    QTest.mouseRelease(view, LEFT, key, one + QPoint(1, 1))
    assert [rows.tolist() for rows, _ in caught] == [list(range(400)), [view.row_at(one.x(), one.y())]]
    assert [said for _, said in caught] == [how, how]


def test_a_hand_on_a_point_takes_it_and_probes_once_it_moves(view: MapView) -> None:
    said: list[tuple[object, ...]] = []
    view.grabbed.connect(lambda *args: said.append(args))
    view.probed.connect(lambda x, y, phase: said.append((phase,)))
    spot = at(view, view._positions[17])
    row = view.row_at(spot.x(), spot.y())
    drag(view, spot, spot + QPoint(2, 1))
    assert said == [("row", row), ("release",)]
    said.clear()
    drag(view, spot, spot + QPoint(2, 1), spot + QPoint(9, 1), spot + QPoint(8, 1))
    assert said == [("row", row), ("move",), ("move",), ("release",)]
    said.clear()
    drag(view, at(view, (0.0, -2.0)), at(view, (0.0, -2.1)))
    assert said == [("press",), ("move",), ("release",)]


def test_escape_gives_a_lasso_up(view: MapView) -> None:
    caught: list[np.ndarray] = []
    view.outlined.connect(lambda rows, _: caught.append(rows))
    view.set_tool("lasso")
    QTest.mousePress(view, LEFT, pos=QPoint(10, 10))
    for point in (QPoint(500, 10), QPoint(500, 300), QPoint(10, 300)):
        QTest.mouseMove(view, point)
    QTest.keyClick(view, Qt.Key.Key_Escape)
    QTest.mouseRelease(view, LEFT, pos=QPoint(10, 300))
    assert caught == []


def test_hovering_names_the_point_once(view: MapView, qtbot: QtBot) -> None:
    rows: list[int] = []
    view.hovered.connect(rows.append)
    spot = at(view, view._positions[17])
    for shift in (0, 1, 0):
        QTest.mouseMove(view, spot + QPoint(shift, 0))
    qtbot.waitUntil(lambda: bool(rows))
    distances = np.hypot(*(view._positions - view._positions[rows[0]]).T)
    assert distances[17] < 3 * view.view().units_per_pixel
    QTest.mouseMove(view, at(view, (0.0, -2.0)))
    qtbot.waitUntil(lambda: len(rows) > 1 and rows[-1] == -1)
    assert len(rows) == len([a for a, b in zip(rows, [*rows[1:], None], strict=True) if a != b])
    # What is filtered out has no name.
    view.set_shown(np.zeros(1200, bool))
    rows.clear()
    QTest.mouseMove(view, spot)
    QTest.qWait(30)
    assert rows == []


@pytest.mark.parametrize("point", [(5, 5), (595, 5), (5, 395), (595, 395), (300, 200), (599, 200)])
@pytest.mark.parametrize("size", [(600, 400), (320, 240)])
def test_the_card_is_never_under_the_pointer_or_cut_off(
    point: tuple[int, int], size: tuple[int, int]
) -> None:
    spot = QPointF(min(point[0], size[0] - 1), min(point[1], size[1] - 1))
    card = map_overlay.HoverCard(QImage(28, 28, QImage.Format.Format_Grayscale8), "Pullover", ("item 12",))
    area = QRectF(0, 0, *size)
    box = map_overlay.card_rect(card, spot, spot + QPointF(3, 2), area, QFont())
    assert area.contains(box)
    assert not box.adjusted(-4, -4, 4, 4).contains(spot)
    assert not box.adjusted(-4, -4, 4, 4).contains(spot + QPointF(3, 2))


def test_the_card_shows_its_picture(view: MapView, qtbot: QtBot) -> None:
    picture = QImage(20, 20, QImage.Format.Format_RGB888)
    picture.fill(QColor("#ff00ff"))
    view.hovered.connect(lambda row: view.set_hover_card(picture if row >= 0 else None, "Boot", ["item 3"]))
    hover(view, at(view, view._positions[17]))
    qtbot.waitUntil(lambda: view._hovered >= 0)
    image = look(view)
    wanted = QColor("#ff00ff").rgb()
    found = sum(image.pixel(x, y) == wanted for x in range(0, 600, 4) for y in range(0, 400, 4))
    assert found > 200
    hover(view, at(view, (0.0, -2.0)))
    qtbot.waitUntil(lambda: view._hovered < 0)
    image = look(view)
    assert not any(image.pixel(x, y) == wanted for x in range(0, 600, 4) for y in range(0, 400, 4))


@pytest.mark.parametrize("kind", ["files", "picture", "text"])
def test_files_and_pictures_can_be_dropped_other_things_not(view: MapView, kind: str) -> None:
    mime = QMimeData()
    if kind == "files":
        mime.setUrls([QUrl.fromLocalFile("/somewhere/a.png")])
    elif kind == "picture":
        mime.setImageData(QImage(4, 4, QImage.Format.Format_RGB888))
    else:
        mime.setText("words")
    got: list[tuple[bool, bool]] = []
    view.dropped.connect(lambda data: got.append((data.hasUrls(), data.hasImage())))
    action, buttons, none = Qt.DropAction.CopyAction, LEFT, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(50, 50), action, mime, buttons, none)
    enter.ignore()
    QApplication.sendEvent(view, enter)
    assert enter.isAccepted() == (kind != "text")
    if kind == "text":
        return
    QApplication.sendEvent(view, QDropEvent(QPointF(50, 50), action, mime, buttons, none))
    assert got == [(kind == "files", kind == "picture")]


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
def test_a_screen_of_finer_pixels_gets_them(view: MapView, ratio: float) -> None:
    frame = render(view._scene, view.view(), ratio)
    assert (frame.image.width(), frame.image.height()) == (600 * ratio, 400 * ratio)
    assert frame.image.devicePixelRatio() == ratio
    for centre, channel in zip(CENTRES, range(3), strict=True):
        assert mean_color(frame.image, at(view, centre)).argmax() == channel


def test_nothing_is_painted_at_rest(view: MapView, qtbot: QtBot) -> None:
    view.set_cursor((1.0, 1.0))
    view.set_status("x 1 y 1")
    wheel(view, QPoint(200, 200), 120)
    qtbot.waitUntil(view.is_exact)
    QTest.qWait(100)
    paints = Paints(view)
    QTest.qWait(1000)
    assert paints.count == 0


def test_a_slow_map_moves_its_last_picture_first_and_ends_exact(
    view: MapView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(view)
    monkeypatch.setattr("explorer.ui.map.ground._QUICK", 0.0)
    old = view._ground.frame
    wheel(view, QPoint(300, 200), 120, glide=False)
    spot = at(view, CENTRES[0])
    moved = view.grab().toImage()  # painted before the event loop could deliver the true picture
    assert view._ground.frame is old
    assert mean_color(moved, spot).argmax() == 0
    for _ in range(20):
        wheel(view, QPoint(300, 200), 12)
    qtbot.waitUntil(view.is_exact)
    exact = view.grab().toImage()
    monkeypatch.undo()
    assert exact == look(view)


def test_a_forming_layout_is_followed_until_the_view_is_moved(view: MapView) -> None:
    grown = view._positions * 3
    view.set_positions(grown)
    fitted = View.fit(grown, 600, 400)
    assert view.view().units_per_pixel == pytest.approx(fitted.units_per_pixel)
    wheel(view, QPoint(300, 200), 120)
    mine = view.view()
    view.set_positions(grown * 2)
    assert view.view() == mine
    view.fit()
    assert view.view().units_per_pixel == pytest.approx(2 * fitted.units_per_pixel, rel=1e-4)


def test_the_view_can_be_kept_and_taken_up_again(view: MapView) -> None:
    kept = View(1.0, -1.0, 0.002, 1000, 1000)
    view.set_view(kept)
    assert view.view() == kept.resized(600, 400)
    view.resize(500, 300)
    QApplication.processEvents()
    assert view.view() == kept.resized(500, 300)


def test_filter_colours_support_and_theme_show(view: MapView) -> None:
    view.set_shown(np.arange(1200) >= 400)
    faint = mean_color(look(view), at(view, CENTRES[0]))
    assert np.ptp(faint) < 12
    assert faint.mean() > SHADE.lightness() + 4
    view.set_shown(None)
    view.set_colors(np.zeros(1200, np.int32), np.array([[255, 255, 0]], np.uint8))
    assert mean_color(look(view), at(view, CENTRES[1]))[2] < 30
    left, bottom, right, top = view.view().bounds
    view.set_support(np.ones((4, 4), np.float32), (left, bottom, right, top))
    assert mean_color(look(view), at(view, (0.0, 0.0))).mean() > SHADE.lightness() + 5
    view.set_support(None, None)
    view.set_theme(theme.LIGHT)
    assert mean_color(look(view), at(view, (0.0, 0.0))).min() > 240


@pytest.mark.parametrize("name", ["dark", "light"])
def test_the_cursor_is_seen_on_both_themes_and_over_points(view: MapView, name: str) -> None:
    view.set_theme(theme.DARK if name == "dark" else theme.LIGHT)
    view.set_colors(view._scene.codes, categorical(3, "dark" if name == "dark" else "light"))
    for place in ((0.0, 0.0), tuple(CENTRES[0])):
        view.set_cursor(None)
        before = look(view)
        view.set_cursor(place)
        after, spot = look(view), at(view, place)
        changes = []
        for angle in np.arange(0, 6.28, 0.3):
            across = [spot + QPoint(round(k * np.cos(angle)), round(k * np.sin(angle))) for k in range(6, 13)]
            lightness = [(pixel(before, p).lightness(), pixel(after, p).lightness()) for p in across]
            changes.append(max(abs(b - a) for b, a in lightness))
        assert np.median(changes) > 60


@pytest.mark.parametrize(
    "positions",
    [np.empty((0, 2)), np.zeros((1, 2)), np.full((9, 2), 2.0), np.full((4, 2), np.nan)],
    ids=["none", "one", "one place", "nan"],
)
@pytest.mark.parametrize("size", [(200, 150), (120, 90)])
def test_odd_maps_and_small_windows_take_every_gesture(
    qtbot: QtBot, positions: np.ndarray, size: tuple[int, int]
) -> None:
    view = MapView()
    qtbot.addWidget(view)
    view.resize(*size)
    view.add_tools([QAction(text, view) for text in ("Probe", "Pan", "Lasso", "Fit")])
    view.set_message("Drop an encoder and a decoder here.")
    view.set_status("x 0 y 0 " * 20)
    view.set_points(positions, np.zeros(len(positions), np.int32), PALETTE, None)
    view.set_dropped(np.array([[0.0, 0.0], [np.nan, 1.0]]))
    view.show()
    qtbot.waitExposed(view)
    view.set_cursor((0.0, 0.0))
    for tool in ("probe", "pan", "lasso"):
        view.set_tool(tool)
        drag(view, QPoint(60, 70), QPoint(80, 80), QPoint(100, 85))
    for delta in (1200, -4800):
        wheel(view, QPoint(70, 70), delta)
        assert look(view).width() > 0
    QTest.mouseMove(view, QPoint(100, 75))
    QTest.qWait(10)
    view.fit()
    assert np.isfinite(view.view().bounds).all()
    view.shut_down()


def test_the_bar_triggers_its_actions_and_does_not_let_the_mouse_through(view: MapView) -> None:
    triggered: list[str] = []
    actions = [QAction(text, view) for text in ("Probe", "Fit")]
    for action in actions:
        action.triggered.connect(lambda _=False, action=action: triggered.append(action.text()))
    view.add_tools(actions)
    probed: list[str] = []
    view.probed.connect(lambda *args: probed.append(args[2]))
    button = view.findChildren(QToolButton)[1]
    QTest.mouseClick(button, LEFT)
    QTest.mouseClick(view._bar, LEFT, pos=QPoint(1, 1))
    assert triggered == ["Fit"]
    assert probed == []


def test_moving_is_measured(view: MapView) -> None:
    assert view.frame_rate() >= 0
    for step in range(12):
        wheel(view, QPoint(300, 200), 10 * (-1) ** step)
        view.repaint()
        time.sleep(0.01)
    assert 5 < view.frame_rate() < 100


def test_shutting_down_leaves_no_thread(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorer.ui.map.ground._QUICK", 0.0)
    view = MapView()
    qtbot.addWidget(view)
    view.resize(800, 600)
    view.set_points(np.random.default_rng(0).normal(size=(200_000, 2)), None, PALETTE, None)
    view.show()
    qtbot.waitExposed(view)
    for _ in range(5):
        wheel(view, QPoint(300, 200), 120)
    view.shut_down()
    assert not any(thread.name == "map-renderer" for thread in threading.enumerate())


def test_it_says_what_it_is_and_takes_the_keyboard(view: MapView) -> None:
    assert view.accessibleName()
    assert "arrow" in view.accessibleDescription().lower()
    assert view.focusPolicy() == Qt.FocusPolicy.StrongFocus
