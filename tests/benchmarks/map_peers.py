"""The same points drawn by pyqtgraph or vispy, along the same way; prints the seconds as JSON.

``python -m tests.benchmarks.map_peers pyqtgraph|vispy COUNT [STEPS]``. vispy needs a screen with OpenGL.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

import numpy as np

from explorer.core.palette import categorical
from tests.benchmarks.map_ways import HEIGHT, WIDTH, full_view, points, way

Show = Callable[[float, float, float, float], None]


def main() -> None:
    """Measure one peer."""
    name, count, *steps = sys.argv[1:]
    places, labels = points(int(count))
    show = {"pyqtgraph": _pyqtgraph, "vispy": _vispy}[name](places, labels)
    scale = full_view(places)
    seconds = []
    for x, y, zoom in way(places, *map(int, steps)):
        half_width, half_height = 0.5 * WIDTH * scale / zoom, 0.5 * HEIGHT * scale / zoom
        began = time.perf_counter()
        show(x - half_width, y - half_height, x + half_width, y + half_height)
        seconds.append(time.perf_counter() - began)
    print(json.dumps(seconds))


def _colors(labels: np.ndarray) -> np.ndarray:
    rgba = np.full((len(labels), 4), 255, np.uint8)
    rgba[:, :3] = categorical(int(labels.max()) + 1)[labels]
    return rgba


def _pyqtgraph(places: np.ndarray, labels: np.ndarray) -> Show:
    import pyqtgraph
    from PySide6.QtWidgets import QApplication

    application = pyqtgraph.mkQApp()
    widget = pyqtgraph.PlotWidget()
    widget.resize(WIDTH, HEIGHT)
    widget.hideAxis("left")
    widget.hideAxis("bottom")
    colors = [pyqtgraph.mkBrush(*color) for color in categorical(int(labels.max()) + 1).tolist()]
    item = pyqtgraph.ScatterPlotItem(
        x=places[:, 0], y=places[:, 1], size=3, pen=None, brush=np.array(colors, object)[labels], pxMode=True
    )
    widget.addItem(item)
    widget.show()
    application.processEvents()

    def show(left: float, bottom: float, right: float, top: float) -> None:
        widget.setRange(xRange=(left, right), yRange=(bottom, top), padding=0.0)
        QApplication.processEvents()
        widget.viewport().repaint()

    return show


def _vispy(places: np.ndarray, labels: np.ndarray) -> Show:
    import vispy
    from vispy import gloo, scene

    vispy.use("pyside6")
    canvas = scene.SceneCanvas(size=(WIDTH, HEIGHT), show=True, vsync=False)
    view = canvas.central_widget.add_view()
    view.camera = scene.PanZoomCamera()
    markers = scene.visuals.Markers(parent=view.scene)
    markers.set_data(places, edge_width=0, face_color=_colors(labels) / np.float32(255.0), size=3)
    drawn = [0]

    def finish(_: object) -> None:
        gloo.finish()
        drawn[0] += 1

    canvas.events.draw.connect(finish, position="last")
    canvas.app.process_events()

    def show(left: float, bottom: float, right: float, top: float) -> None:
        before = drawn[0]
        view.camera.rect = (left, bottom, right - left, top - bottom)
        canvas.update()
        while drawn[0] == before:
            canvas.app.process_events()

    return show


if __name__ == "__main__":
    main()
