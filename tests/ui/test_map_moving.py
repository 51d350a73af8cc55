"""Panning, zooming and gliding over the map."""

from __future__ import annotations

import time

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from explorer.core.view import View
from explorer.ui.map.view import MapView
from tests.ui.map_hand import CENTRES, LEFT, MIDDLE, PALETTE, at, drag, look, mean_color, wheel
from tests.ui.paints import Paints

pytestmark = pytest.mark.usefixtures("compiled")


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


def test_a_double_click_fits(view: MapView) -> None:
    whole = view.view()
    wheel(view, QPoint(100, 100), 600)
    QTest.mouseDClick(view, LEFT, pos=QPoint(300, 200))
    assert view.view() == whole


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


def test_moving_is_measured(view: MapView) -> None:
    assert view.frame_rate() >= 0
    for step in range(12):
        wheel(view, QPoint(300, 200), 10 * (-1) ** step)
        view.repaint()
        time.sleep(0.01)
    assert 5 < view.frame_rate() < 100
