"""Pictures of the map drawn behind the window's back, the latest request winning."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from explorer.core.raster import Raster
from explorer.core.raster_plan import Style, Support
from explorer.core.view import View


@dataclass(frozen=True, eq=False)
class Scene:
    """All that a picture of the map shows, whatever part is looked at."""

    raster: Raster
    codes: NDArray[np.int32] | None
    palette: NDArray[np.uint8]
    shown: NDArray[np.bool_] | None
    selected: NDArray[np.int64] | None
    support: Support | None
    style: Style


@dataclass(frozen=True, eq=False)
class Frame:
    """A finished picture of a scene and view (window units) at ``ratio`` pixels a unit; how long it took."""

    scene: Scene
    view: View
    ratio: float
    image: QImage
    seconds: float


def render(scene: Scene, view: View, ratio: float) -> Frame:
    """Draw now."""
    began = time.perf_counter()
    fine = view.magnified(ratio)
    radius, opacity = scene.raster.point_size(fine, ratio)
    pixels = scene.raster.draw(
        fine, scene.codes, scene.palette, scene.shown,
        radius=radius, opacity=opacity, style=scene.style, selected=scene.selected, support=scene.support,
    )  # fmt: skip
    image = QImage(pixels.data, fine.width, fine.height, 4 * fine.width, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image._pixels = pixels  # type: ignore[attr-defined]  # the image does not own its memory
    return Frame(scene, view, ratio, image, time.perf_counter() - began)


class MapRenderer(QObject):
    """Draws in a thread that lives as long as there is something to draw.

    Signals:
        finished: a ``Frame``; requests that were overtaken while waiting give none.
    """

    finished = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._wanted: tuple[Scene, View, float] | None = None
        self._thread: threading.Thread | None = None

    def request(self, scene: Scene, view: View, ratio: float) -> None:
        """Draw this next, in place of what is still waiting."""
        with self._lock:
            self._wanted = (scene, view, ratio)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="map-renderer", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Forget what is waiting, and wait for the picture in progress."""
        with self._lock:
            self._wanted = None
            thread = self._thread
        if thread is not None:
            thread.join()

    def _work(self) -> None:
        while True:
            with self._lock:
                wanted, self._wanted = self._wanted, None
                if wanted is None:
                    self._thread = None
                    return
            self.finished.emit(render(*wanted))
