"""The map as it is seen, pointed at and probed."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, QRectF, Qt, QUrl
from PySide6.QtGui import QAction, QColor, QDragEnterEvent, QDropEvent, QFont, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton
from pytestqt.qtbot import QtBot

from explorer.core.palette import categorical
from explorer.ui.map import overlay as map_overlay
from explorer.ui.map.renderer import render
from explorer.ui.map.view import MapView
from explorer.ui.parts import theme
from tests.ui.map_hand import (
    CENTRES,
    LEFT,
    PALETTE,
    SHADE,
    around,
    at,
    drag,
    hover,
    look,
    mean_color,
    pixel,
    wheel,
)

pytestmark = pytest.mark.usefixtures("compiled")


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
