from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QImage

from explorer.ui.parts.pictures import PictureView, to_qimage


@pytest.mark.parametrize("channels", [1, 3])
def test_a_picture_is_shown_as_it_is(qtbot, channels):
    picture = np.random.default_rng(0).integers(0, 256, (8, 8, channels), np.uint8)
    view = PictureView(square=True)
    qtbot.addWidget(view)
    view.set_smooth(False)
    view.set_picture(picture)
    view.resize(160, 160)
    view.show()
    seen = view.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    for row in range(1, 7):
        for column in range(1, 7):
            color = seen.pixelColor(column * 20 + 10, row * 20 + 10).toTuple()[:3]
            assert color == tuple(np.broadcast_to(picture[row, column], 3).tolist())


def test_a_picture_that_is_not_square_keeps_its_shape(qtbot):
    view = PictureView(frame=False)
    qtbot.addWidget(view)
    view.set_picture(np.full((10, 40, 3), 200, np.uint8))
    view.resize(200, 200)
    view.show()
    seen = view.grab().toImage()
    assert seen.pixelColor(100, 100).red() == 200
    assert seen.pixelColor(100, 40).red() != 200


def test_the_image_keeps_its_pixels_alive():
    image = to_qimage(np.full((4, 4, 3), 77, np.uint8))
    assert all(image.pixelColor(x, 1).toTuple()[:3] == (77, 77, 77) for x in range(4))


def test_the_time_from_asking_to_painting_is_told_once(qtbot):
    import time

    view, told = PictureView(), []
    qtbot.addWidget(view)
    view.painted.connect(told.append)
    view.show()
    view.show_now(np.zeros((4, 4, 1), np.uint8), time.perf_counter())
    qtbot.waitUntil(lambda: bool(told))
    view.repaint()
    assert len(told) == 1
    assert 0 < told[0] < 5


def test_doubt_veils_and_hatches_a_picture_and_leaves_no_trace(qtbot):
    view = PictureView(square=True)
    qtbot.addWidget(view)
    view.set_picture(np.full((8, 8, 1), 255, np.uint8))
    view.resize(120, 120)
    view.show()
    plain = view.grab().toImage()
    view.set_doubt(1.0)
    veiled = view.grab().toImage()
    seen = [veiled.pixelColor(x, 60).lightness() for x in range(20, 100)]
    assert max(seen) - min(seen) > 12  # hatched, not only paler, in whatever theme
    assert veiled.pixelColor(0, 0) == plain.pixelColor(0, 0)
    view.set_doubt(0.95)  # too little to tell, so that it does not flicker
    assert view.grab().toImage() == veiled
    view.set_doubt(0.0)
    assert view.grab().toImage() == plain
