"""Screens with more pixels than units, and windows with few of either."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

ROOT = Path(__file__).resolve().parent.parent.parent

AT_A_SCALE = """
import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from explorer.core.palette import categorical
from explorer.core.raster import paint
from explorer.ui.map.renderer import plan_of
from explorer.ui.map.view import MapView

app = QApplication([])
ratio = float({scale!r})
view = MapView()
view.resize(301, 203)
places = np.random.default_rng(1).normal(size=(400, 2)).astype(np.float32)
view.set_points(places, (np.arange(400) % 5).astype(np.int32), categorical(5), None)
view.show()
app.processEvents()
view.settle()
grabbed = view.grab().toImage()
assert grabbed.devicePixelRatio() == ratio, grabbed.devicePixelRatio()
assert grabbed.width() == round(301 * ratio), grabbed.width()
bits = np.frombuffer(grabbed.constBits(), np.uint8).reshape(grabbed.height(), -1, 4)[..., :3].astype(int)
exact = paint(plan_of(view.scene, view.view(), ratio))[..., :3].astype(int)[: bits.shape[0], : bits.shape[1]]
# Points are drawn at the screen's own pixels: enlarged ones would be blurred nearly everywhere they are.
differs = np.abs(bits - exact).max(axis=-1) > 3
assert exact.std() > 5
assert differs.mean() < 0.001, differs.mean()

pressed, hovered = [], []
view.grabbed.connect(lambda kind, index: pressed.append((kind, index)))
view.hovered.connect(hovered.append)
alone = int(np.argmax(places[:, 0]))
x, y = view.view().to_screen(places[[alone]])[0]
at = QPoint(round(x), round(y))
QTest.mouseMove(view, at)
QTest.qWait(50)
assert hovered[-1:] == [alone], hovered
QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=at)
QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=at)
assert pressed == [("row", alone)], pressed
view.shut_down()
"""


@pytest.mark.parametrize("scale", ["1.5", "2"])
def test_the_map_is_drawn_and_hit_at_the_pixels_of_the_screen(scale):
    done = subprocess.run(
        [sys.executable, "-c", AT_A_SCALE.format(scale=scale)],
        cwd=ROOT,
        env={**os.environ, "QT_SCALE_FACTOR": scale, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_small_window_is_the_maps_and_the_furniture_comes_back_with_the_room(hand):
    window = hand.explorer.window
    seen = {}
    for size in ((1280, 800), (911, 512), (900, 600), (600, 400), (200, 150), (1280, 800)):
        window.resize(*size)
        QApplication.processEvents()
        assert (window.width(), window.height()) == size
        for part in (window.loaded, window.here, window.tray, window.status, window.map):
            if part.isVisible():
                corner = part.mapTo(window, part.rect().bottomRight())
                assert corner.x() < size[0], (size, part)
                assert corner.y() < size[1], (size, part)
        seen[size] = window.map.width() * window.map.height() / (size[0] * size[1])
        hand.map.settle()
        hand.click(hand.on_data())
        hand.wait_for_picture()
    assert seen[200, 150] > 0.6
    assert min(seen.values()) > 0.2
    assert all(part.isVisible() for part in (window.loaded, window.here, window.tray, window.status))
