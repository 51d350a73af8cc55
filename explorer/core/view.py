"""Which part of the map is looked at: plane geometry between map units and pixels.

On the map y points up, on the screen down. The screen's origin is its top left corner and pixel (i, j)
covers the square from (i, j) to (i + 1, j + 1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Bounds = tuple[float, float, float, float]
"""left, bottom, right, top in map units"""


def bounds_of(positions: NDArray[np.floating]) -> Bounds | None:
    """Bounding box of the finite rows of ``positions`` (N, 2); None if there is none."""
    if not len(positions):
        return None
    # Column by column, which numpy does many times faster than along the first axis.
    box = _box_of(positions)
    if not np.isfinite(box).all():
        finite = positions[np.isfinite(positions).all(axis=1)]
        if not len(finite):
            return None
        box = _box_of(finite)
    return box


def _box_of(positions: NDArray[np.floating]) -> Bounds:
    x, y = positions[:, 0], positions[:, 1]
    return float(x.min()), float(y.min()), float(x.max()), float(y.max())


@dataclass(frozen=True)
class View:
    """A window of ``width`` × ``height`` pixels onto the map, around a centre in map units."""

    center_x: float
    center_y: float
    units_per_pixel: float
    width: int
    height: int

    @property
    def left(self) -> float:
        """Map x of the screen's left edge."""
        return self.center_x - 0.5 * self.width * self.units_per_pixel

    @property
    def top(self) -> float:
        """Map y of the screen's upper edge."""
        return self.center_y + 0.5 * self.height * self.units_per_pixel

    @property
    def bounds(self) -> Bounds:
        """What is to be seen, in map units."""
        half_width = 0.5 * self.width * self.units_per_pixel
        half_height = 0.5 * self.height * self.units_per_pixel
        return (
            self.center_x - half_width,
            self.center_y - half_height,
            self.center_x + half_width,
            self.center_y + half_height,
        )

    def to_screen(self, places: NDArray[np.floating]) -> NDArray[np.float64]:
        """Places ``(n, 2)`` in map units → pixels ``(n, 2)``."""
        across = (np.asarray(places, np.float64) - (self.center_x, self.center_y)) / self.units_per_pixel
        return across * (1.0, -1.0) + (0.5 * self.width, 0.5 * self.height)

    def to_map(self, x: float, y: float) -> tuple[float, float]:
        """The place in map units under a pixel position."""
        return (
            self.center_x + (x - 0.5 * self.width) * self.units_per_pixel,
            self.center_y - (y - 0.5 * self.height) * self.units_per_pixel,
        )

    def zoomed_at(self, x: float, y: float, factor: float, limits: tuple[float, float] | None = None) -> View:
        """Magnified by ``factor`` so that the place under pixel (x, y) stays there.

        ``limits`` are the smallest and largest map units per pixel.
        """
        scale = self.units_per_pixel / factor
        if limits is not None:
            scale = min(max(scale, limits[0]), limits[1])
        place_x, place_y = self.to_map(x, y)
        return replace(
            self,
            center_x=place_x - (x - 0.5 * self.width) * scale,
            center_y=place_y + (y - 0.5 * self.height) * scale,
            units_per_pixel=scale,
        )

    def panned(self, dx: float, dy: float) -> View:
        """The map dragged by (dx, dy) pixels: what was at (x, y) is then at (x + dx, y + dy)."""
        return replace(
            self,
            center_x=self.center_x - dx * self.units_per_pixel,
            center_y=self.center_y + dy * self.units_per_pixel,
        )

    def resized(self, width: int, height: int) -> View:
        """The same centre and scale in another window."""
        return replace(self, width=width, height=height)

    def magnified(self, ratio: float) -> View:
        """The same window, from the same upper left corner, in pixels ``ratio`` times finer."""
        scale = self.units_per_pixel / ratio
        width, height = math.ceil(self.width * ratio), math.ceil(self.height * ratio)
        return View(self.left + 0.5 * width * scale, self.top - 0.5 * height * scale, scale, width, height)

    def zoom_limits(self) -> tuple[float, float]:
        """Smallest and largest map units per pixel that make sense where ``self`` shows the whole map."""
        return self.units_per_pixel / 2000.0, self.units_per_pixel * 4.0

    @staticmethod
    def fit(positions: NDArray[np.floating], width: int, height: int, margin: float = 0.06) -> View:
        """The view of all finite ``positions`` (N, 2) with a ``margin`` (share of the window) around them."""
        return View.fit_bounds(bounds_of(positions), width, height, margin)

    @staticmethod
    def fit_bounds(bounds: Bounds | None, width: int, height: int, margin: float = 0.06) -> View:
        """As ``fit``, from a bounding box; without one, two units around the origin."""
        left, bottom, right, top = bounds or (-1.0, -1.0, 1.0, 1.0)
        width, height = max(width, 1), max(height, 1)
        room = 1.0 - 2.0 * margin
        scale = max((right - left) / (width * room), (top - bottom) / (height * room))
        if scale <= 0.0:
            scale = 2.0 / min(width, height)
        return View(0.5 * (left + right), 0.5 * (bottom + top), scale, width, height)
