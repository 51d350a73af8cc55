"""Ways through several latents, played from 0 to 1, at equal times or equal visible steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from explorer.core.errors import ExplorerError
from explorer.core.latent_ops.data_graph import DataGraph
from explorer.core.path_plan import Kind
from explorer.core.progress import Progress

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Decode = Callable[[Floats], NDArray[np.uint8]]

KINDS: dict[Kind, tuple[str, str]] = {
    "straight": ("Straight", "The line between two latents."),
    "spherical": (
        "Along the sphere",
        "An arc around the prior's middle: samples of N(0, I) lie near a sphere.",
    ),
    "data": ("Along the data", "From picture to near picture: through places where there are data."),
}
"""What each kind is called, and a line about it."""

STATIONS_APART = 48
"""Points that a leg is made of."""

_NOTHING = 1e-6
_OPPOSITE = 1e-3
_BATCH = 64
_SLOWEST = 0.1


@dataclass(frozen=True, eq=False)
class Path:
    """A way through latents.

    Attributes:
        kind: how the stations are joined.
        points: ``(m, D) float32``, m at least 2.
        times: ``(m,)``, ascending from 0 to 1: when each point is passed.
        stations: which of the points are stations.
        closed: whether it ends where it begins.
        centre: ``(D,)``, what a spherical path turns around.
    """

    kind: Kind
    points: Floats
    times: Doubles
    stations: NDArray[np.int64]
    closed: bool
    centre: Floats

    def at(self, times: ArrayLike) -> Floats:
        """The latents at ``times`` in [0, 1]: ``(n, D)``, or ``(D,)`` for a single time."""
        wanted = np.clip(np.asarray(times, np.float64), 0.0, 1.0)
        leg = np.clip(np.searchsorted(self.times, wanted, side="right") - 1, 0, len(self.times) - 2)
        span = self.times[leg + 1] - self.times[leg]
        share = ((wanted - self.times[leg]) / np.where(span > 0.0, span, 1.0))[..., None]
        start, end = self.points[leg], self.points[leg + 1]
        if self.kind == "spherical":
            return _arc(start - self.centre, end - self.centre, share) + self.centre
        return np.asarray((1 - share) * start + share * end, np.float32)

    def frames(self, count: int) -> Floats:
        """``count`` latents at equal times, both ends included; of a closed path the end is left out."""
        if count < 2:
            raise ExplorerError(f"A path in {count} frames does not move; ask for two or more.")
        return self.at(np.linspace(0.0, 1.0, count, endpoint=not self.closed))


def path_through(
    stations: Floats,
    kind: Kind = "straight",
    *,
    closed: bool = False,
    centre: Floats | None = None,
    graph: DataGraph | None = None,
) -> Path:
    """The path through ``stations (k, D)``, k at least 2; ``closed``: and back to the first.

    *straight*: a + t(b - a). *spherical*: directions by Shoemake's slerp (1985), lengths linearly, both seen
    from ``centre`` (0 if not given: the mean of the prior; for codes without a prior their own mean; on the
    unit sphere this is the shortest way). *data*: through ``graph``, see ``DataGraph``. All pass the
    stations exactly; each leg takes the same time.

    Raises ``ExplorerError`` for fewer than two different stations, a kind that is not one, a station at the
    centre or two that follow each other on opposite sides of it (no arc between them is the shortest), or a
    path along the data without a graph.
    """
    stops = np.asarray(stations, np.float32)
    if len(stops) < 2 or (stops == stops[0]).all():
        found = "one station" if len(stops) else "no station"
        raise ExplorerError(f"A path through {found} leads nowhere; choose two or more different ones.")
    if not np.isfinite(stops).all():
        raise ExplorerError("A station of the path is not a number; choose another place.")
    if closed and (stops[0] != stops[-1]).any():
        stops = np.concatenate([stops, stops[:1]])
    middle = np.zeros(stops.shape[1], np.float32) if centre is None else np.asarray(centre, np.float32)
    shares = np.linspace(0.0, 1.0, STATIONS_APART + 1)[:, None]
    legs = []
    for number, (start, end) in enumerate(pairwise(stops), 1):
        if kind == "straight":
            leg = np.stack([start, end])
        elif kind == "spherical":
            _check_arc(start - middle, end - middle, number)
            leg = _arc(start - middle, end - middle, shares) + middle
        elif kind == "data":
            if graph is None:
                raise ExplorerError("A path along the data needs data; open some, or take the straight path.")
            leg = graph.between(start, end, STATIONS_APART + 1)
        else:
            raise ExplorerError(f"There are no {kind} paths; {', '.join(KINDS)} would work.")
        leg[0], leg[-1] = start, end
        legs.append(leg)
    points = np.concatenate([legs[0], *(leg[1:] for leg in legs[1:])])
    each = len(legs[0]) - 1
    times = np.linspace(0.0, 1.0, len(points))
    return Path(kind, points, times, np.arange(0, len(points), each), closed, middle)


def evenly_visible(path: Path, decode: Decode, looks: int = 192, progress: Progress | None = None) -> Path:
    """The same path timed so that equal times change the picture equally.

    ``looks`` pictures are decoded along it; the root mean square differences between neighbours add up to an
    arc length in pixel space, and time becomes that length (re-parametrisation as by Shao, Kumar and Fletcher
    2018). Where nothing is seen to change the path is passed at most ten times as fast as on average. A path
    whose pictures are all the same keeps its times. Raises ``Cancelled`` after a cancel.
    """
    progress = progress or Progress()
    asked = np.unique(np.concatenate([np.linspace(0.0, 1.0, max(looks, 2)), path.times]))
    latents = path.at(asked)
    changes = np.zeros(len(asked))
    before: NDArray[np.float32] | None = None
    for start in range(0, len(asked), _BATCH):
        progress(start, len(asked), "Timing the path", "pictures")
        part = latents[start : start + _BATCH]
        pictures = decode(part).reshape(len(part), -1).astype(np.float32)
        row = pictures if before is None else np.concatenate([before, pictures])
        apart = np.sqrt(np.square(np.diff(row, axis=0)).mean(axis=1))
        changes[start + len(part) - len(apart) : start + len(part)] = apart
        before = pictures[-1:]
    progress(len(asked), len(asked), "Timing the path", "pictures")
    if not changes.any():
        return path
    speed = changes[1:] / changes.sum() + _SLOWEST * np.diff(asked)
    passed = np.concatenate([[0.0], np.cumsum(speed)])
    passed /= passed[-1]
    stations = np.searchsorted(asked, path.times[path.stations])
    return replace(path, points=latents, times=passed, stations=stations)


def _check_arc(start: Floats, end: Floats, number: int) -> None:
    lengths = np.linalg.norm(start), np.linalg.norm(end)
    if min(lengths) <= _NOTHING:
        station = number + int(lengths[1] < lengths[0])
        raise ExplorerError(
            f"Station {station} lies at the centre of the sphere and so in no direction; "
            "move it, or take the straight path."
        )
    if float(start @ end) / float(lengths[0] * lengths[1]) < _OPPOSITE - 1.0:
        raise ExplorerError(
            f"Stations {number} and {number + 1} lie on opposite sides of the sphere, so that no arc is the "
            "shortest; put a station between, or take the straight path."
        )


def _arc(start: Floats, end: Floats, share: Doubles) -> Floats:
    """Between vectors ``(…, D)``, not opposite: slerp of the directions, lengths linearly."""
    a, b = np.asarray(start, np.float64), np.asarray(end, np.float64)
    long_a, long_b = (np.linalg.norm(v, axis=-1, keepdims=True) for v in (a, b))
    a, b = a / long_a, b / long_b
    # atan2 stays exact for nearly equal directions, where an arc cosine does not.
    angle = 2 * np.arctan2(
        np.linalg.norm(a - b, axis=-1, keepdims=True), np.linalg.norm(a + b, axis=-1, keepdims=True)
    )
    sine = np.sin(angle)
    flat = sine < _NOTHING
    sine = np.where(flat, 1.0, sine)
    from_a = np.where(flat, 1 - share, np.sin((1 - share) * angle) / sine)
    from_b = np.where(flat, share, np.sin(share * angle) / sine)
    return np.asarray(((1 - share) * long_a + share * long_b) * (from_a * a + from_b * b), np.float32)
