"""A slider in a real window, from its event to the painted picture; and the strip, until it is drawn."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.benchmarks.common import bare_session, milliseconds, ratio

FRAME = 1 / 60

_EVERY = 0.008
_TIMEOUT = 120.0


def slid(bundle: Path, steps: int) -> dict[str, float]:
    """Drag a slider of ``bundle``'s window for ``steps`` events, then draw the strip around a latent.

    Each event waits for the picture of the one before, 8 ms at least; bare decodes take turns with them.
    """
    from PySide6.QtCore import QPoint, Qt
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    from explorer.ui.app import Explorer, prepare_process

    app = QApplication.instance() or QApplication([])
    explorer = Explorer()
    prepare_process()
    explorer.start([bundle])

    def wait(done: Callable[[], bool]) -> None:
        until = time.perf_counter() + _TIMEOUT
        while not done():
            if time.perf_counter() > until:
                raise TimeoutError("the window does not do what it was waited for")
            app.processEvents()
            time.sleep(0.0002)

    wait(lambda: explorer.presenter.decoded is not None and not explorer.jobs.running)
    pair = explorer.store.session.pair
    assert pair is not None
    assert pair.decoder_path is not None
    session, port = bare_session(pair.decoder_path)
    painted: list[float] = []
    explorer.presenter.pictured.connect(lambda _: painted.append(time.perf_counter()))
    slider = explorer.window.here.sliders._sliders[0]
    middle = slider.rect().center()
    took, bare = [], []
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=middle)
    wait(lambda: not explorer.presenter.pauses.is_under_way())
    for step in range(steps):
        painted.clear()
        began = time.perf_counter()
        QTest.mouseMove(slider, middle + QPoint(abs(step % 80 - 40), 0))
        wait(lambda: bool(painted))
        took.append(painted[0] - began)
        wait(lambda: time.perf_counter() - began > _EVERY)  # noqa: B023
        latent = explorer.store.session.cursor.latent.reshape(1, *pair.latent_shape)  # type: ignore[union-attr]
        began = time.perf_counter()
        session.run(None, {port: latent})
        bare.append(time.perf_counter() - began)
        wait(lambda: time.perf_counter() - began > _EVERY)  # noqa: B023
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=middle)
    wait(lambda: not explorer.jobs.running)
    began = time.perf_counter()
    explorer.axes.toggle_strip()
    strip = explorer.axes._strip
    assert strip is not None
    wait(lambda: bool(strip._came) and set(strip.page.grid.in_sight()) <= strip._came)
    drawn = time.perf_counter() - began
    cells = 9 * len(strip.page.grid.in_sight())
    explorer.close()
    explorer.window.close()
    explorer.window.deleteLater()
    app.processEvents()
    return {
        "slider_to_picture_ms": milliseconds(took),
        "slider_to_picture_p95_ms": milliseconds(took, 95),
        "bare_ms": milliseconds(bare),
        "over_bare": ratio(took, bare),
        "over_frame_and_decode": round(float(np.median(took)) / (FRAME + float(np.median(bare))), 3),
        "strip_ms": round(1000 * drawn, 1),
        "strip_over_its_decodes": round(drawn / (cells * float(np.median(bare))), 2),
    }
