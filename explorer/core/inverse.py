"""From a place on the map to a latent, and how far the data speak for it."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from explorer.core import regression
from explorer.core.errors import ExplorerError
from explorer.core.grid_index import GridIndex
from explorer.core.plane_index import PlaneIndex
from explorer.core.regression import Answer, Near
from explorer.core.trust import Calibration, Trust, calibrate, reach_of_support, support_of

_log = logging.getLogger(__name__)

LEAST_PIXELS = 6.0
"""The neighbourhood that is averaged over is never narrower than this radius on the screen."""

REACH = 1.5
"""Nor narrower than this many times the distance to the nearest point, so that gaps are crossed smoothly."""

_THINNING = 4
_FEWEST_THINNED = 256

Place = tuple[float, float] | NDArray[np.floating]


class Inverse:
    """The way back from the map's plane into the latent space.

    ``positions`` is ``(N, 2)`` and ``latents`` ``(N, D) float32``, aligned. Rows that are not finite in
    either are left out. ``grid`` has the positions sorted, where that was done already. Raises
    ``ExplorerError`` where no row remains.

    Neighbouring points hold different latents, so an answer that is smooth along a drag cannot be exact at
    data; which of the two is wanted depends on what can be seen. Where the screen shows points apart, the
    answer passes through each of them; where they merge, a place stands for its region (``regression``
    has the arithmetic). Where even the region would be smaller than a few pixels, or lies far from the
    place, the same is asked of fewer points: every fourth, every sixteenth …, drawn at random once. All
    methods may be called from any thread.
    """

    def __init__(
        self, positions: NDArray[np.floating], latents: NDArray[np.float32], grid: GridIndex | None = None
    ) -> None:
        self._latents = np.ascontiguousarray(latents, np.float32).view(np.ndarray)
        self._latents.flags.writeable = False
        usable = np.isfinite(positions).all(axis=1) & np.isfinite(self._latents).all(axis=1)
        if not usable.any():
            raise ExplorerError(
                "The map holds no point with a finite place and latent; compute the map again."
            )
        self._rows = np.flatnonzero(usable)
        self._places = np.asarray(positions, np.float64)[self._rows]
        self._index = PlaneIndex(self._places, grid if usable.all() else None)
        self._levels = {0: (self._index, self._rows)}
        self._count = regression.neighbour_count(len(self._rows))
        extent = self._places.max(axis=0) - self._places.min(axis=0)
        self._diameter = float(np.hypot(extent[0], extent[1])) or 1.0

    @property
    def diameter(self) -> float:
        """Diagonal of the finite positions' bounding box in map units; 1 where all positions coincide."""
        return self._diameter

    @property
    def neighbours(self) -> int:
        """How many points an answer is averaged over."""
        return self._count

    @property
    def typical_distance(self) -> float:
        """The unit of ``Trust.error``: the median distance between two latents of the data."""
        return self._calibration.unit

    def latent_at(self, place: Place, units_per_pixel: float = 0.0) -> NDArray[np.float32]:
        """The latent ``(D,) float32`` of a place in map units.

        ``units_per_pixel`` is the scale of the view the place was pointed at. Continuous in both, except
        where several points share one position. With 0 (no screen) the answer is that of the region
        everywhere but precisely on a data point, whose own latent it gives.
        """
        return self._answer(float(place[0]), float(place[1]), units_per_pixel).latent

    def weights_at(
        self, place: Place, units_per_pixel: float = 0.0
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Which rows make up the latent of a place, ``(k,)`` each once, and their shares ``(k,)``, of sum 1.

        The shares times the rows' latents are ``latent_at``, but for rounding. In plain numpy, so slower.
        """
        x, y = float(place[0]), float(place[1])
        answers, share = self._answers(x, y, units_per_pixel)
        shares = (1.0,) if len(answers) == 1 else (1.0 - share, share)
        found = [self._weights_of(level, x, y, units_per_pixel) for level, _ in answers]
        rows = np.concatenate([one[0] for one in found])
        weights = np.concatenate([one[1] * part for one, part in zip(found, shares, strict=True)])
        order = np.argsort(rows, kind="stable")
        rows, weights = rows[order], weights[order]
        first = np.flatnonzero(np.diff(rows, prepend=-1))
        return rows[first], np.add.reduceat(weights, first).astype(np.float32)

    def trust_at(self, place: Place, units_per_pixel: float = 0.0) -> Trust:
        """How far the latent of a place is to be believed; see ``Trust``.

        The first call leaves out some hundred points to learn what the figures mean (a fraction of a
        second): make it where nobody waits.
        """
        x, y = float(place[0]), float(place[1])
        found = self._answer(x, y, units_per_pixel)
        support = float(self.support_at(np.array([[x, y]]))[0])
        return Trust(support, self._calibration.error_of(found), found.nearest / self._diameter)

    def support_at(self, places: NDArray[np.floating], *, others: bool = False) -> NDArray[np.float32]:
        """How far the data speak for each place ``(n, 2)``: ``(n,) float32`` in [0, 1].

        1 as near to a data point as 49 in 50 points are to another, 0 from four times that distance, a
        smooth step between. ``others`` leaves out what lies precisely on a place, itself a point's.
        """
        full, none = self._reach_of_support
        distances = self._index.distances(np.atleast_2d(places), none, enough=full, others=others)
        return support_of(distances, full, none)

    def support_of_rows(self) -> NDArray[np.float32]:
        """How far the others speak for the place of each point: ``(N,) float32``, NaN where it has none.

        What ``support_at`` says of data is 1 by its definition; here points that lie alone stand out.
        """
        full, none = self._reach_of_support
        support = np.full(len(self._latents), np.nan, np.float32)
        distances = self._index.distances(self._places, none, enough=full, others=True)
        support[self._rows] = support_of(distances, full, none)
        return support

    def spread_at(self, places: NDArray[np.floating]) -> NDArray[np.float32]:
        """How much the latents around each place ``(n, 2)`` differ: ``(n,) float32``.

        The root of their weighted mean square distance from the place's own latent, in units of the median
        distance between two latents of the data; 0 where there are too few points to say.
        """
        unit = self._calibration.unit
        points = np.atleast_2d(places).tolist()
        spreads = [self._answer_of(0, x, y, 0.0).spread if unit > 0.0 else 0.0 for x, y in points]
        return np.asarray(spreads, np.float32) / np.float32(unit or 1.0)

    def nearest(self, place: Place, k: int) -> NDArray[np.int64]:
        """Rows ``(min(k, N),)`` of the data points nearest to a place, the nearest first."""
        return self._rows[self._index.nearest(float(place[0]), float(place[1]), k)[0]]

    @cached_property
    def _reach_of_support(self) -> tuple[float, float]:
        return reach_of_support(self._index, self._places, self._diameter)

    @cached_property
    def _calibration(self) -> Calibration:
        return calibrate(self._index, self._places, self._latents, self._rows, self._count)

    def _answer(self, x: float, y: float, units_per_pixel: float) -> Answer:
        found, share = self._answers(x, y, units_per_pixel)
        return found[0][1] if len(found) == 1 else _blend(found[0][1], found[1][1], share)

    def _answers(
        self, x: float, y: float, units_per_pixel: float
    ) -> tuple[tuple[tuple[int, Answer], ...], float]:
        """The level that answers for a place, with its answer; or two, and the share of the second."""
        least = LEAST_PIXELS * units_per_pixel
        finer = coarser = self._ask(0, x, y, units_per_pixel, least, REACH)
        if isinstance(coarser, Answer):
            return ((0, coarser),), 0.0
        level, wanted = 0, max(least, REACH * finer.nearest)
        while isinstance(coarser, Near) and self._has(level + 1):
            level += 1
            finer, coarser = coarser, self._ask(level, x, y, units_per_pixel, wanted, 0.0)
        if isinstance(coarser, Near):
            return ((level, self._answer_of(level, x, y, units_per_pixel)),), 0.0
        if coarser.farthest <= finer.farthest or finer.farthest <= 0.0:
            return ((level, coarser),), 0.0
        share = math.log(wanted / finer.farthest) / math.log(coarser.farthest / finer.farthest)
        found = self._answer_of(level - 1, x, y, units_per_pixel)
        return ((level - 1, found), (level, coarser)), min(max(share, 0.0), 1.0)

    def _has(self, level: int) -> bool:
        """Whether there is such a level; each is made when first asked for."""
        if level in self._levels:
            return True
        count = len(self._rows) // _THINNING**level
        if count < _FEWEST_THINNED:
            return False
        chosen = np.sort(self._shuffled[:count])
        self._levels[level] = PlaneIndex(self._places[chosen]), self._rows[chosen]
        return True

    @cached_property
    def _shuffled(self) -> NDArray[np.int64]:
        return np.random.Generator(np.random.PCG64(0)).permutation(len(self._rows))

    def _answer_of(self, level: int, x: float, y: float, units_per_pixel: float) -> Answer:
        answer = self._ask(level, x, y, units_per_pixel, 0.0, 0.0)
        assert isinstance(answer, Answer)
        return answer

    def _ask(
        self, level: int, x: float, y: float, units_per_pixel: float, least: float, reach: float
    ) -> Answer | Near:
        """A level's answer, but only if its neighbours lie as far around as that."""
        index, rows = self._levels[level]
        return _engine(index, rows, self._latents, x, y, self._count, units_per_pixel, least, reach)

    def _weights_of(
        self, level: int, x: float, y: float, units_per_pixel: float
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The rows that a level's answer is made of, and their weights."""
        index, rows = self._levels[level]
        found, distances, offsets, cut = _around(index, x, y, self._count)
        near = rows[found]
        _, weights = regression.weigh(distances, offsets, self._latents[near], cut, units_per_pixel)
        return (near[:1], np.ones(1)) if weights is None else (near, weights)


def _answer_plainly(
    index: PlaneIndex,
    rows: NDArray[np.int64],
    latents: NDArray[np.float32],
    x: float,
    y: float,
    count: int,
    units_per_pixel: float,
    least: float,
    reach: float,
) -> Answer | Near:
    """What the ``count`` points nearest to a place say; the index's points are ``rows`` of the latents.

    Only how far they lie where that is less than ``least`` or ``reach`` times the nearest one's distance.
    """
    found, distances, offsets, cut = _around(index, x, y, count)
    nearest, farthest = float(distances[0]), float(distances[-1])
    if farthest < max(least, reach * nearest):
        return Near(nearest, farthest)
    return regression.answer(distances, offsets, latents[rows[found]], cut, units_per_pixel)


def _around(
    index: PlaneIndex, x: float, y: float, count: int
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64], float]:
    """The index's points nearest to a place, their distances and offsets, and where a weight is zero."""
    found, distances = index.nearest(x, y, count)
    # With all points inside the kernel none may lose its weight: two would have a cliff between them.
    cut = float(distances[-1]) * (1.0 if len(index) > count else 1.5)
    return found, distances, index.positions[found] - np.array((x, y)), cut


def _blend(finer: Answer, coarser: Answer, share: float) -> Answer:
    mine = np.float32(share)
    return Answer(
        finer.latent + mine * (coarser.latent - finer.latent),
        finer.nearest + share * (coarser.nearest - finer.nearest),
        finer.farthest + share * (coarser.farthest - finer.farthest),
        finer.spread + share * (coarser.spread - finer.spread),
    )


_engine: Callable[..., Answer | Near] = _answer_plainly


@cache
def warm_up() -> threading.Thread:
    """``compile_engine`` in the background. Join the thread to wait."""
    thread = threading.Thread(target=compile_engine, name="inverse-warm-up", daemon=True)
    thread.start()
    return thread


def compile_engine() -> None:
    """Answer by compiled code from now on, in a tenth of the time.

    Takes seconds, or 0.3 s from the disk's cache. Until then, and where numba does not work, numpy gives the
    same answers.
    """
    global _engine  # noqa: PLW0603
    try:
        from explorer.core import regression_kernels

        latents = np.zeros((1, 1), np.float32)
        latents.flags.writeable = False
        regression_kernels.answer_at(
            PlaneIndex(np.zeros((1, 2))), np.zeros(1, np.int64), latents, 0.0, 0.0, 1, 0.0, 0.0, 0.0
        )
        _engine = regression_kernels.answer_at
    except Exception:  # noqa: BLE001  # numba fails in many ways, and the map works without it
        _log.warning("The compiled inverse is not available; drags are a little slower.", exc_info=True)
