"""What ``test_map_gl.py`` runs on a screen with OpenGL: each part prints one JSON object."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRect, QSettings, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from explorer.core.bundles import bundle_folder
from explorer.core.latent_map import LatentMap
from explorer.core.lattice import Lattice
from explorer.core.opening import pair_of
from explorer.core.palette import categorical
from explorer.core.place_names import LEVELS, place_names
from explorer.core.raster import warm_up
from explorer.core.view import View
from explorer.core.workspace import Workspace
from explorer.ui.map import gl as map_gl
from explorer.ui.map.choice import RendererChoice
from explorer.ui.map.lattice_layer import LatticeLayer
from explorer.ui.map.lattice_pictures import Source
from explorer.ui.map.layers import MapLayer
from explorer.ui.map.names_layer import Names, NamesLayer
from explorer.ui.map.view import MapView
from explorer.ui.parts import theme

ISLANDS = np.random.default_rng(1).normal(0, 5, (10, 2))


def wait(done: Callable[[], bool], seconds: float = 20.0) -> bool:
    until = time.monotonic() + seconds
    while not done() and time.monotonic() < until:
        QTest.qWait(5)
    return done()


def opened(count: int = 20_000) -> MapView:
    random = np.random.default_rng(0)
    codes = random.integers(0, 10, count).astype(np.int32)
    positions = ISLANDS[codes] + random.normal(0, 1, (count, 2))
    view = MapView()
    view.resize(600, 400)
    view.set_points(positions.astype(np.float32), codes, categorical(10), None)
    view.show()
    QTest.qWaitForWindowExposed(view)
    return view


def picture(view: MapView) -> QImage:
    view.settle()
    wait(view.is_exact)
    return view.grab().toImage()


def numbers(image: QImage) -> np.ndarray:
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4)
    return rows[:, : image.width(), :3].astype(float)


def pictures(folder: str) -> dict:
    view = opened()
    codes = view._scene.codes
    shades = np.broadcast_to(np.arange(250, dtype=np.uint8)[:, None, None, None], (250, 9, 9, 3))

    def near() -> None:
        view.set_view(view.view().zoomed_at(250, 180, 9))

    def states() -> None:
        left, bottom, right, top = view._scene.raster.bounds
        view.set_selection(np.flatnonzero(codes == 3)[:300])
        view.set_shown(codes != 5)
        values = np.random.default_rng(0).random((30, 40)).astype(np.float32)
        view.set_support(values, (left, bottom, right, top))

    def light() -> None:
        view.set_theme(theme.LIGHT)
        view.set_view(view.view().zoomed_at(320, 200, 3).panned(11.5, -7.25))

    def density() -> None:
        view.set_density(True)
        view.set_contours(True)
        view.fit()

    def ground() -> None:
        left, bottom, right, top = view._scene.raster.bounds
        values = np.random.default_rng(0).random((30, 40)).astype(np.float32)
        view.set_density(False)
        view.set_contours(False)
        view.set_support(values, (left, bottom, right, top), values**3)

    def over_pictures() -> None:
        view.add_layer(Checks(view), below=True)

    def thumbnails() -> None:
        view.set_theme(theme.DARK)
        view._below._layers.clear()
        view.set_pictures(lambda rows: shades[np.asarray(rows) % 250])
        view.set_thumbnails(True)

    def names() -> None:
        view.set_thumbnails(False)
        raster, labels = view._scene.raster, tuple("abcdefghij")
        places = [place_names(raster.index, codes, len(labels), cells, None) for cells in LEVELS]
        left, bottom, right, top = raster.bounds
        layer = NamesLayer(view.font(), view.furniture, view)
        view.add_layer(layer)
        layer.set_names(Names(raster, max(right - left, top - bottom), labels, places))

    def lattice() -> None:
        view._above._layers.clear()
        work = Workspace.open(bundle_folder("fashion-vae"))
        latent_map = LatentMap.of(work.positions(), work.latents)
        view.set_points(latent_map.positions, work.fields[0].codes, categorical(10), None, latent_map.raster)
        layer = LatticeLayer(lambda: True, view)
        view.add_layer(layer, below=True)
        over = Lattice.over(latent_map.raster.bounds)
        layer.set_source(Source(pair_of(work), latent_map.inverse, {}, over))

    def far_apart() -> None:
        view._below.stop()
        view._below._layers.clear()
        view.set_density(False)
        view.set_contours(False)
        view.set_points(np.array([[0, 0], [1e9, 1e9]]), np.array([0, 1], np.int32), categorical(2), None)

    def none() -> None:
        view.set_points(np.full((3, 2), np.nan), np.zeros(3, np.int32), categorical(2), None)

    scenes = {
        "whole": lambda: None, "near": near, "states": states, "light": light, "density": density,
        "ground": ground, "over pictures": over_pictures, "thumbnails": thumbnails, "names": names,
        "lattice": lattice, "far apart": far_apart, "none": none,
    }  # fmt: skip
    for name, change in scenes.items():
        change()
        for which in ("raster", "opengl"):
            view.use_renderer(which)
            QTest.qWait(20)
            picture(view).save(str(Path(folder) / f"{name} {which}.png"))
            assert (view.renderer == "CPU") == (which == "raster")
    view.shut_down()
    return {"scenes": list(scenes), "ratio": view.devicePixelRatioF()}


class Checks(MapLayer):
    """Squares on the map, half of them clear."""

    is_active = True

    def paint(self, painter: QPainter, view: View, area: QRect) -> None:
        corners = view.to_screen(np.array([(x, y) for x in range(-8, 9, 2) for y in range(-8, 9, 2)]))
        for k, (x, y) in enumerate(corners):
            painter.fillRect(QRect(round(x), round(y), 9, 7), QColor(200, 120, 40, 255 if k % 2 else 90))


class Paints(QObject):
    count = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.Paint
        return False


def moving() -> dict:
    map_gl._EFFORT = 800_000.0
    view = opened(60_000)
    view.use_renderer("opengl")
    picture(view)
    view._camera.pan(30, 10)
    view._ground._resting.stop()  # the hand goes on
    view._ground.repaint()
    rough, was_exact = numbers(view._ground.grabFramebuffer()), view.is_exact()
    view._ground._resting.start()
    then_exact = wait(view.is_exact)
    exact = numbers(view._ground.grabFramebuffer())
    blocks = [p.reshape(40, 10, 60, 10, 3).mean(axis=(1, 3)) for p in (rough, exact)]
    paints = Paints()
    for part in (view, view._ground, view._surface):
        part.installEventFilter(paints)
    QTest.qWait(100)
    paints.count = 0
    QTest.qWait(1000)
    view.shut_down()
    return {
        "rough_was_exact": was_exact,
        "then_exact": then_exact,
        "mean_difference": float(np.abs(blocks[0] - blocks[1]).mean()),
        "paints_at_rest": paints.count,
    }


def lost() -> dict:
    view = opened()
    before = numbers(picture(view))
    view.use_renderer("opengl")
    picture(view)
    said: list[str] = []
    view.fell_back.connect(said.append)
    name = view.renderer
    # What the driver takes away when it resets: every program and buffer is gone.
    ground = view._ground
    ground.makeCurrent()
    ground._painter._points.removeAllShaders()
    ground._painter._sums = None
    ground._painter._gl.glUseProgram(0x7FFFFFF)
    ground.doneCurrent()
    view._camera.pan(1, 0)
    wait(lambda: bool(said))
    view._camera.pan(-1, 0)
    after = numbers(picture(view))
    view.shut_down()
    return {
        "before": name, "after": view.renderer, "said": " ".join(said),
        "same_picture": bool(np.array_equal(before, after)),
    }  # fmt: skip


def gestures() -> dict:
    view = opened()
    view.use_renderer("opengl")
    picture(view)
    phases: list[str] = []
    view.probed.connect(lambda x, y, phase: phases.append(phase))
    view.grabbed.connect(lambda kind, _: phases.append(f"on a {kind}"))
    view.probed.connect(lambda x, y, _: view.set_cursor((x, y)))
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(300, 200))
    QTest.mouseMove(view, QPoint(310, 220))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(310, 220))
    QTest.qWait(100)
    image = view.grab().toImage()
    ring = max(image.pixelColor(319 + k, 220).lightness() for k in (-1, 0, 1))
    before = view.view().units_per_pixel
    at, none = QPointF(200, 200), Qt.MouseButton.NoButton
    wheel = QWheelEvent(
        at, view.mapToGlobal(at), QPoint(), QPoint(0, 120), none, Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, wheel)
    wait(lambda: not view._camera.is_gliding)
    zoomed = abs(view.view().units_per_pixel * 1.25 / before - 1.0) < 1e-6
    view.shut_down()
    view.close()
    return {"phases": phases, "ring_lightness": ring, "zoomed": zoomed}


def probe(folder: str) -> dict:
    view = opened(1000)
    settings = QSettings(str(Path(folder) / "settings.ini"), QSettings.Format.IniFormat)
    choice = RendererChoice(view, settings)
    choice.probe()
    wait(lambda: bool(settings.allKeys()), 60)
    choice.probe()
    choice.choose("auto")
    view.shut_down()
    return {
        "asked_again": choice._process is not None,
        "kept": [settings.value(key) for key in settings.allKeys()],
        "renderer": view.renderer,
    }


if __name__ == "__main__":
    application = QApplication(sys.argv[:1])
    theme.apply(application, theme.DARK)
    warm_up().join()
    print(json.dumps(globals()[sys.argv[1]](*sys.argv[2:])))
