"""Axes to move a latent along: the dimensions themselves, or the codes' principal components."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.core.errors import ExplorerError
from explorer.core.latent_ops.blas import one_thread
from explorer.core.latent_ops.information import DimensionInformation
from explorer.core.pca import components
from explorer.core.quantiles import bulk

Floats = NDArray[np.float32]

MOST_ROWS, LEAST_ROWS, MOST_NUMBERS = 20_000, 1_000, 1 << 24
"""Codes that ranges are taken from: fewer where they are long, but no less than the second."""

MOST_DIMENSIONS = 256
"""Dimensions that become axes; a spatial latent may have a hundred times as many."""

STEPS = 9
"""Places along one axis in a strip."""

OUTSIDE = 0.005
"""Share of the codes beyond either end of an axis' range."""

PRIOR_REACH = 3.0
"""How far sliders go where there are no data: in standard deviations of a normal prior."""

_LEAST_WIDTH = 1e-3
_BINS = 40


@dataclass(frozen=True, eq=False)
class Axis:
    """A way to move, with the range in which the data lie along it.

    A latent's coordinate along it is ``latent @ reader - origin``; adding ``vector`` raises that by 1. The
    axes of one set do not disturb each other: moving along one leaves the coordinates along the others.

    Attributes:
        name: ``z07``, ``PC 1``, ``V 1``.
        title: the same in words.
        vector, reader: ``(D,) float32``, ``vector @ reader`` being 1.
        origin: what the coordinate is counted from.
        low, high: the 0.5 % and the 99.5 % quantile of the codes' coordinates.
        middle: the mean of the codes' coordinates.
        scale: what coordinates are counted in: ``σ`` of the codes along it, or empty for the latent's own.
        weight: what it is ordered by, in ``unit``.
        unit: ``nats``, ``variance``, ``% of variance``, ``levels per σ``, or empty where nothing is known.
        active: whether moving along it changes what is seen.
        dimension: which dimension of the latent it is, where it is one.
    """

    name: str
    title: str
    vector: Floats
    reader: Floats
    low: float
    high: float
    middle: float = 0.0
    origin: float = 0.0
    scale: str = ""
    weight: float = 1.0
    unit: str = ""
    active: bool = True
    dimension: int | None = None

    def __post_init__(self) -> None:
        """Raises ``ValueError`` where there is nothing between the ends of the range."""
        if not self.low < self.high:
            raise ValueError("an axis without a range")

    def coordinate(self, latents: Floats) -> Floats:
        """Where latents ``(D,)`` or ``(n, D)`` lie along the axis."""
        if self.dimension is not None:
            return np.asarray(latents[..., self.dimension], np.float32)
        return np.asarray(latents @ self.reader - np.float32(self.origin), np.float32)

    def moved(self, latent: Floats, coordinates: NDArray[np.floating[Any]] | float) -> Floats:
        """``latent (D,)`` moved along the axis to each of ``coordinates``: ``(n, D)``, or ``(D,)`` for one.

        What the axis does not say of it stays as it is.
        """
        away = np.asarray(coordinates, np.float32) - self.coordinate(latent)
        return np.asarray(latent + away[..., None] * self.vector, np.float32)

    def places(self, steps: int = STEPS) -> Floats:
        """Coordinates ``(steps,)`` from low to high, equally far apart."""
        return np.linspace(self.low, self.high, steps, dtype=np.float32)

    def words(self, coordinate: float) -> str:
        """A coordinate as it is shown: ``+1.25``, ``−0.80 σ``."""
        shown = round(coordinate, 2) + 0.0  # no negative nought
        return f"{shown:+.2f}{' ' * bool(self.scale)}{self.scale}".replace("-", "−")


def dimension_axes(latents: Floats, information: DimensionInformation) -> tuple[Axis, ...]:
    """The dimensions of latents ``(N, D)``, at most 256: the most informative first, collapsed ones last.

    Raises ``ExplorerError`` where no latent is finite.
    """
    first = information.order[:MOST_DIMENSIONS]
    rows = some(latents)[:, first]
    low, high = ranges(rows)
    means = rows.mean(axis=0)
    unit = "nats" if information.measure == "KL" else "variance"
    return tuple(
        _dimension(
            one, latents.shape[1], float(low[i]), float(high[i]), float(means[i]),
            float(information.values[one]), unit, bool(information.active[one]),
        )
        for i, one in enumerate(first.tolist())
    )  # fmt: skip


def prior_axes(size: int, reach: float = PRIOR_REACH) -> tuple[Axis, ...]:
    """The first dimensions of ``size``, at most 256, from ``-reach`` to ``reach``: without data."""
    return tuple(_dimension(one, size, -reach, reach) for one in range(min(size, MOST_DIMENSIONS)))


@one_thread()
def principal_axes(latents: Floats, count: int = 16) -> tuple[Axis, ...]:
    """At most ``count`` principal components of latents ``(N, D)``, that of most variance first.

    Their coordinates are counted in standard deviations from the mean. Raises ``ExplorerError`` where the
    latents do not differ.
    """
    found = components(latents, count)
    if found is None or len(latents) < 2 or not found.axes.any():
        raise ExplorerError("The latents do not differ, so they have no principal components.")
    rows = some(latents)
    mean, directions = rows.mean(axis=0, dtype=np.float64), found.axes.T
    deviations = np.maximum((rows @ directions.T).std(axis=0), 1e-30)
    total = float(np.square(deviations).sum()) / max(found.share, 1e-30)
    return scaled_axes(
        rows,
        mean,
        directions * deviations[:, None],
        directions / deviations[:, None],
        [(f"PC {i + 1}", f"Principal component {i + 1}") for i in range(len(directions))],
        100 * np.square(deviations) / total,
        "% of variance",
    )


def scaled_axes(
    rows: Floats,
    mean: NDArray[np.float64],
    vectors: NDArray[np.float64],
    readers: NDArray[np.float64],
    names: Sequence[tuple[str, str]],
    weights: NDArray[np.float64],
    unit: str,
) -> tuple[Axis, ...]:
    """Axes along ``vectors (k, D)``, one standard deviation of ``rows (n, D)`` long each.

    ``readers (k, D)`` tell the coordinates; ``names`` are name and title of each.
    """
    narrow, reading = np.asarray(vectors, np.float32), np.asarray(readers, np.float32)
    origins = (reading @ mean).astype(np.float64)
    low, high = ranges(rows @ reading.T - origins.astype(np.float32))
    return tuple(
        Axis(
            name, title, narrow[i], reading[i], float(low[i]), float(high[i]), 0.0, float(origins[i]), "σ",
            float(weights[i]), unit,
        )
        for i, (name, title) in enumerate(names)
    )  # fmt: skip


def traversal(latent: Floats, axes: Sequence[Axis], steps: int = STEPS) -> Floats:
    """``latent (D,)`` at ``steps`` places along each of k axes, from low to high: ``(k, steps, D) float32``.

    Raises ``ExplorerError`` for no axes or fewer than 2 steps.
    """
    if not axes or steps < 2:
        raise ExplorerError(
            f"A strip of {len(axes)} axes and {steps} steps shows nothing; one axis and two steps would work."
        )
    return np.stack([one.moved(latent, one.places(steps)) for one in axes])


def densities(latents: Floats, axes: Sequence[Axis], bins: int = _BINS) -> Floats:
    """How densely the codes ``(N, D)`` lie along each of k axes, from low to high: ``(k, bins) float32``.

    The densest place of each axis is 1; a place without codes is 0.
    """
    rows = some(latents)
    found = np.zeros((len(axes), bins), np.float32)
    for one, heights in zip(axes, found, strict=True):
        inside = (one.coordinate(rows) - one.low) * (bins / (one.high - one.low))
        counts = np.bincount(inside[(inside >= 0) & (inside < bins)].astype(np.intp), minlength=bins)
        heights[:] = counts / max(int(counts.max()), 1)
    return found


def spread_rows(latents: Floats) -> slice:
    """At most 20,000 rows of ``latents (N, D)``, evenly spread."""
    count, size = latents.shape
    most = min(MOST_ROWS, max(LEAST_ROWS, MOST_NUMBERS // max(size, 1)))
    return slice(None, None, -(-count // most) or 1)


def some(latents: Floats) -> Floats:
    """Finite rows of ``latents (N, D)``, those of ``spread_rows``."""
    rows = np.asarray(latents[spread_rows(latents)], np.float32)
    return rows[np.isfinite(rows).all(axis=1)]


def ranges(rows: Floats) -> tuple[Floats, Floats]:
    """Low and high ``(k,)`` of the columns of ``rows (n, k)``; see ``Axis``. They are never the same.

    Raises ``ExplorerError`` where there are no rows.
    """
    if len(rows) == 0:
        raise ExplorerError("There are no latents to take the ranges from; open data first.")
    low, high = bulk(rows, OUTSIDE)
    room = np.maximum(_LEAST_WIDTH - (high - low), 0)
    return low - room, high + room


def _dimension(
    one: int,
    size: int,
    low: float,
    high: float,
    middle: float = 0.0,
    weight: float = 1.0,
    unit: str = "",
    active: bool = True,
) -> Axis:
    unity = np.zeros(size, np.float32)
    unity[one] = 1.0
    digits = max(2, len(str(size - 1)))
    name, title = f"z{one:0{digits}}", f"Dimension {one}"
    return Axis(
        name, title, unity, unity, low, high, middle, weight=weight, unit=unit, active=active, dimension=one
    )
