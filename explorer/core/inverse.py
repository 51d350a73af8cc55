"""From a place on the map to a latent, and how far the data speak for it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from explorer.core.errors import ExplorerError
from explorer.core.plane_index import PlaneIndex

NEIGHBOURS = 48
"""How many data points the kernel averages over; its weight is 0 at the last of them."""

SNAP_PIXELS = 5.0
"""A place this far from a point on the screen begins to turn into that point."""

SPACING_PIXELS = (4.0, 10.0)
"""Mean distance between points on the screen: below the first no snapping, from the second in full."""

FULL_SUPPORT, NO_SUPPORT = 0.0025, 0.01
"""Distances to the nearest data point, in diameters: support is 1 up to the first, 0 from the second."""


class Inverse:
    """The way back from the map's plane into the latent space.

    ``positions`` is ``(N, 2)`` and ``latents`` ``(N, D) float32``, aligned. Rows that are not finite in
    either are left out. Raises ``ExplorerError`` where none remains.

    The latent of a place is a kernel regression (Nadaraya 1964, Watson 1964) over the 48 nearest points
    with the biweight kernel, whose width is the distance to the 48th: latents change continuously along a
    drag. Neighbouring points hold different latents, so a smooth answer cannot be exact at data; which of
    the two is wanted depends on what can be seen. Where the screen shows points apart, a place near one of
    them blends into exactly its latent; where they merge, a place stands for its region.
    """

    def __init__(self, positions: NDArray[np.floating], latents: NDArray[np.float32]) -> None:
        self._latents = np.asarray(latents).view(np.ndarray)
        usable = np.isfinite(positions).all(axis=1) & np.isfinite(self._latents).all(axis=1)
        if not usable.any():
            raise ExplorerError(
                "The map holds no point with a finite place and latent; compute the map again."
            )
        self._rows = np.flatnonzero(usable)
        self._places = np.asarray(positions, np.float64)[self._rows]
        self._index = PlaneIndex(self._places)
        extent = self._places.max(axis=0) - self._places.min(axis=0)
        self._diameter = float(np.hypot(extent[0], extent[1])) or 1.0

    @property
    def diameter(self) -> float:
        """Diagonal of the finite positions' bounding box in map units; 1 where all positions coincide."""
        return self._diameter

    def latent_at(
        self, place: tuple[float, float] | NDArray[np.floating], units_per_pixel: float = 0.0
    ) -> NDArray[np.float32]:
        """The latent ``(D,) float32`` of a place in map units.

        ``units_per_pixel`` is the scale of the view the place was pointed at. Continuous in both, except
        where several points share one position. With 0 (no screen) the answer is that of the kernel
        everywhere but precisely on a data point, whose own latent it gives.
        """
        x, y = float(place[0]), float(place[1])
        found, distances = self._index.nearest(x, y, NEIGHBOURS)
        rows = self._rows[found]
        snap = self._snap(found, distances, units_per_pixel)
        if snap >= 1.0:
            return np.array(self._latents[rows[0]], np.float32)
        # With all points inside the kernel none may lose its weight: two would have a cliff between them.
        cut = float(distances[-1]) * (1.0 if len(self._index) > NEIGHBOURS else 1.5)
        if cut > 0.0:
            weights = (1.0 - np.minimum(distances / cut, 1.0) ** 2) ** 2
            weights += 1e-12  # 48 points at one distance share the answer
        else:
            weights = np.ones(len(rows))
        weights /= weights.sum()
        latent = weights.astype(np.float32) @ self._latents[rows]
        if snap > 0.0:
            latent += np.float32(snap) * (self._latents[rows[0]] - latent)
        return latent.astype(np.float32, copy=False)

    def support_at(self, places: NDArray[np.floating]) -> NDArray[np.float32]:
        """How far the data speak for each place ``(n, 2)``: ``(n,) float32`` in [0, 1].

        1 within 0.0025 of the diameter of a data point, 0 from 0.01, a smooth step between.
        """
        full, none = FULL_SUPPORT * self._diameter, NO_SUPPORT * self._diameter
        distances = self._index.distances(np.atleast_2d(places), none, enough=full)
        return (1.0 - _smooth_step((distances - full) / (none - full))).astype(np.float32)

    def nearest(self, place: tuple[float, float] | NDArray[np.floating], k: int) -> NDArray[np.int64]:
        """Rows ``(min(k, N),)`` of the data points nearest to a place, the nearest first."""
        return self._rows[self._index.nearest(float(place[0]), float(place[1]), k)[0]]

    def _snap(
        self, found: NDArray[np.int64], distances: NDArray[np.float64], units_per_pixel: float
    ) -> float:
        """How much of the nearest point's own latent to give: 1 on the point where points stand apart."""
        if units_per_pixel <= 0.0:
            return float(distances[0] == 0.0)
        spacing = float(distances[-1]) * math.sqrt(math.pi / len(distances)) / units_per_pixel
        low, high = SPACING_PIXELS
        few = len(distances) < NEIGHBOURS
        apart = 1.0 if few else _smooth_step_of((spacing - low) / (high - low))
        if apart == 0.0:
            return 0.0
        # Fades out before another point becomes the nearest, else the latent would jump there.
        reach = min(SNAP_PIXELS * units_per_pixel, self._next_apart(found, distances))
        return apart * _smooth_step_of(1.0 - float(distances[0]) / reach)

    def _next_apart(self, found: NDArray[np.int64], distances: NDArray[np.float64]) -> float:
        """Distance to the nearest point that does not share the very nearest one's position."""
        if len(distances) > 1 and distances[1] > distances[0]:
            return float(distances[1])
        places = self._places[found]
        others = np.flatnonzero((places != places[0]).any(axis=1))
        return float(distances[others[0]]) if len(others) else math.inf


def _smooth_step_of(t: float) -> float:
    t = min(max(t, 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)


def _smooth_step(t: NDArray[np.float64]) -> NDArray[np.float64]:
    t = np.clip(t, 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)
