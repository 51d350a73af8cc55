"""From a latent to its place on a map that is already made."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from explorer.core.errors import ExplorerError
from explorer.core.latent_index import LatentIndex
from explorer.core.trust import support_of

NEIGHBOURS = 15
"""Neighbours in the latent space that a place is derived from, as many as UMAP takes by default."""

REACH = 0.03
"""The distance on the map at which a neighbour's pull wanes, in diameters of the map; about UMAP's own."""

FAR = 2.0
"""A latent is far whose nearest neighbour lies this many times as far as those of 99 in 100 data points."""

_EXPONENT = 0.9  # UMAP's b for its usual minimum distance
_STEPS = 24
_AT_A_POINT = 1e-6  # no pull is infinite
_HALVINGS = 24
_SAMPLE = 300
_BLOCK = 4096


@dataclass(frozen=True, eq=False)
class Placed:
    """Latents placed on a map.

    Attributes:
        places: ``(n, 2) float32`` in map units.
        distances: ``(n,) float32``, in the latent space, to the nearest data point.
        far: ``(n,) bool``: so far from all data that the place says little.
    """

    places: NDArray[np.float32]
    distances: NDArray[np.float32]
    far: NDArray[np.bool_]


class Placement:
    """Places latents among the neighbours they have in the latent space.

    ``latents`` is ``(N, D) float32``, ``positions`` ``(N, 2)``, aligned. Rows that are not finite in either
    are left out; raises ``ExplorerError`` where none remains.

    The neighbours pull with UMAP's membership strengths, and the place is where UMAP's loss of attraction,
    Σ w log(1 + (r / reach)^2b), is least (McInnes, Healy and Melville 2018, sections 3.1 and 3.2): found by
    weighted means in turn from the neighbour at which it is least. Far neighbours hardly pull, so that no
    place falls between two clusters, where no data is. A latent that is a data point's lands on that point.
    ``index`` finds the neighbours; one of the same latents, from a ``Placement`` on another map of them, may
    be given.
    """

    def __init__(
        self,
        latents: NDArray[np.float32],
        positions: NDArray[np.floating],
        index: LatentIndex | None = None,
    ) -> None:
        usable = np.isfinite(positions).all(axis=1) & np.isfinite(latents).all(axis=1)
        if not usable.any():
            raise ExplorerError(
                "The map holds no point with a finite place and latent; compute the map again."
            )
        whole = bool(usable.all())
        self._rows = np.flatnonzero(usable)
        self._latents = np.asarray(latents).view(np.ndarray) if whole else np.asarray(latents)[usable]
        self._positions = np.asarray(positions, np.float64)[usable]
        fits = index is not None and whole and len(index) == len(self._latents)
        self.index = index if index is not None and fits else LatentIndex(self._latents)
        extent = self._positions.max(axis=0) - self._positions.min(axis=0)
        self._reach = REACH * (float(np.hypot(extent[0], extent[1])) or 1.0)

    def place(self, latents: NDArray[np.floating]) -> NDArray[np.float32]:
        """Places ``(n, 2) float32`` in map units of latents ``(n, D)``.

        Raises ``ExplorerError`` for latents of another size or with values that are not finite.
        """
        places, _ = self._placed(latents)
        return places

    def placed(self, latents: NDArray[np.floating]) -> Placed:
        """Places of latents ``(n, D)`` with how far from all data they are; raises as ``place`` does."""
        places, distances = self._placed(latents)
        return Placed(places, distances, distances > FAR * self._usual)

    def support_of(self, distance: float) -> float:
        """How far the data speak for a latent at this distance from the nearest of theirs, in [0, 1].

        1 as near as 99 of 100 data points have another, 0.5 where a latent begins to count as far.
        """
        if not 0.0 < self._usual < np.inf:
            return float(distance == 0.0)
        return float(support_of(np.array([distance]), self._usual, (2.0 * FAR - 1.0) * self._usual)[0])

    def nearest(
        self, latent: NDArray[np.float32], count: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Rows ``(k,)`` of the data points nearest to a latent ``(D,)`` and their distances, ascending."""
        found, distances = self.index.nearest(latent, count)
        return self._rows[found], distances

    def nearest_of_each(
        self, latents: NDArray[np.float32], count: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The same of many ``(n, D)``: rows and distances ``(n, k)``, to the last bit, in far less time."""
        found, distances = self.index.nearest_of_each(latents, count)
        return self._rows[found], distances

    @cached_property
    def _usual(self) -> float:
        """The distance within which 99 in 100 data points have a neighbour."""
        chosen = np.random.Generator(np.random.PCG64(0)).permutation(len(self._latents))[:_SAMPLE]
        if len(self._latents) < 2:
            return float("inf")
        some = np.asarray(self._latents[chosen], np.float32)
        return float(np.quantile(self.index.nearest_of_each(some, 2)[1][:, 1], 0.99))

    def _placed(self, latents: NDArray[np.floating]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        queries = np.atleast_2d(np.asarray(latents, np.float32))
        size = self._latents.shape[1]
        if queries.shape[1] != size:
            raise ExplorerError(
                f"A latent of {queries.shape[1]} numbers has no place on this map, whose latents have {size}."
            )
        if not np.isfinite(queries).all():
            raise ExplorerError("A latent holds numbers that are not finite and has no place on the map.")
        places = np.empty((len(queries), 2), np.float32)
        nearest = np.empty(len(queries), np.float32)
        for start in range(0, len(queries), _BLOCK):
            part = slice(start, start + _BLOCK)
            rows, distances = self.index.nearest_of_each(queries[part], NEIGHBOURS)
            places[part] = self._settled(rows, distances)
            with np.errstate(over="ignore"):  # so far that float32 calls it infinite
                nearest[part] = distances[:, 0]
        return places, nearest

    def _settled(self, rows: NDArray[np.int64], distances: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where the neighbours ``(n, k)`` pull a point to, ``(n, 2)``."""
        weights = memberships(distances)
        anchors = self._positions[rows]
        raised = self._raised(anchors[:, :, None], anchors[:, None])[1]
        losses = (weights[:, None] * np.log1p(raised)).sum(axis=2)
        places = anchors[np.arange(len(anchors)), losses.argmin(axis=1)]
        moving = np.arange(len(places))
        for _ in range(_STEPS):
            around, before = anchors[moving], places[moving]
            squares, raised = self._raised(around, before[:, None])
            pull = weights[moving] * raised / (squares * (1.0 + raised))
            moved = (pull[:, :, None] * around).sum(axis=1) / pull.sum(axis=1)[:, None]
            places[moving] = moved
            moving = moving[np.abs(moved - before).max(axis=1) >= 1e-4 * self._reach]
            if not len(moving):
                break
        # The nearer a latent is to a data point, by the measure of that neighbourhood, the nearer its place.
        typical = np.median(distances, axis=1)
        away = np.clip(distances[:, 0] / np.where(typical > 0.0, 0.5 * typical, 1.0), 0.0, 1.0)
        away = (away * away * (3.0 - 2.0 * away))[:, None]
        return np.asarray(away * places + (1.0 - away) * anchors[:, 0], np.float64)

    def _raised(
        self, some: NDArray[np.float64], others: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Squares of the distances between places, in squares of the reach, and their powers in the loss."""
        squares = ((some - others) ** 2).sum(axis=-1) / self._reach**2 + _AT_A_POINT
        return squares, squares**_EXPONENT


def memberships(distances: NDArray[np.float64]) -> NDArray[np.float64]:
    """UMAP's strengths ``(n, k)`` of neighbours at ascending ``distances`` ``(n, k)``: the nearest has 1.

    The scale of each row is found by bisection so that the strengths sum to log2(k).
    """
    beyond = distances - distances[:, :1]
    target = np.log2(distances.shape[1])
    # Bisection of the logarithm, between far too narrow and far too wide.
    high = np.maximum(beyond[:, -1], 1e-12) * 64.0
    low = high * 2.0**-24
    for _ in range(_HALVINGS):
        middle = np.sqrt(low * high)
        too_wide = np.exp(-beyond / middle[:, None]).sum(axis=1) > target
        high = np.where(too_wide, middle, high)
        low = np.where(too_wide, low, middle)
    return np.asarray(np.exp(-beyond / high[:, None]), np.float64)
