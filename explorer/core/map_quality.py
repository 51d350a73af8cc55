"""How far a map may be believed, as a whole and point by point."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.core.errors import ExplorerError
from explorer.core.progress import Progress

Floats = NDArray[np.float32]

NEIGHBOURS = 15
SAMPLE = 2000

_PAIRS = 200_000_000
_CHUNK_PAIRS = 4_000_000
_FEWEST_SAMPLED = 100
_LENGTHS_AT_ONCE = 65_536
_ROOM = 4
_ROUNDING = 1e-6


@dataclass(frozen=True)
class MapQuality:
    """What a sample of the points says of a map; all in [0, 1], 1 being best.

    Attributes:
        trustworthiness: whether neighbours on the map are neighbours in latent space.
        continuity: whether neighbours in latent space are neighbours on the map. Both by Venna and Kaski
            (2001), their ranks taken among all points.
        label_latent: share of points whose label most of their neighbours in latent space have; None without
            labels.
        label_map: the same on the map.
        neighbours: how many neighbours were looked at.
        sampled: how many points.
    """

    trustworthiness: float
    continuity: float
    label_latent: float | None
    label_map: float | None
    neighbours: int
    sampled: int


def map_quality(
    latents: Floats,
    places: Floats,
    labels: NDArray[np.integer[Any]] | None = None,
    *,
    neighbours: int = NEIGHBOURS,
    sample: int = SAMPLE,
    seed: int = 0,
    progress: Progress | None = None,
) -> MapQuality:
    """The quality of the map ``places (N, 2)`` of ``latents (N, D)``; ``labels (N,)``, -1 for none.

    Of many points fewer are sampled, so that a million take seconds. Raises ``ExplorerError`` for fewer than
    4 points, ``Cancelled`` after a cancel.
    """
    count = len(latents)
    near = min(neighbours, (count - 1) // 2)
    if near < 1 or count < 4:
        raise ExplorerError(f"The quality of a map of {count} points means nothing; open more data.")
    rng = np.random.Generator(np.random.PCG64(seed))
    taken = min(count, sample, max(_FEWEST_SAMPLED, _PAIRS // count))
    rows = np.sort(rng.choice(count, taken, replace=False))
    mean = np.asarray(latents[rows]).mean(axis=0)
    ends = np.zeros(2)
    votes: list[list[bool]] = [[], []]
    done = 0
    for chunk, in_latents, in_map in _distances(latents, places, rows, mean):
        spaces = (in_latents, in_map)
        found = [_nearest(distances, near) for distances in spaces]
        for which, (neighbourhood, other) in enumerate(((found[1], in_latents), (found[0], in_map))):
            ends[which] += _too_far(neighbourhood, other, near)
        if labels is not None:
            known = labels[chunk] >= 0
            for which in range(2):
                votes[which] += list(_majority(labels[found[which]])[known] == labels[chunk][known])
        done += len(chunk)
        if progress:
            progress(done, taken, "Judging the map", "points")
    scale = 2.0 / (taken * near * (2 * count - 3 * near - 1))
    shares = [float(np.mean(one)) if one else None for one in votes]
    return MapQuality(1 - scale * ends[0], 1 - scale * ends[1], shares[0], shares[1], near, taken)


def distortion(places: Floats, neighbours: NDArray[np.int32]) -> Floats:
    """The share of each point's neighbours that the map put elsewhere, ``(N,) float32`` in [0, 1].

    Elsewhere is farther than the nearest ``4 k`` points on the map ``places (N, 2)``; ``neighbours (N, k)``
    are those in latent space, itself counting as one or not.
    """
    from scipy.spatial import cKDTree

    count, near = neighbours.shape
    wide = min(_ROOM * near + 1, count)
    reach = cKDTree(places).query(places, k=[wide], workers=-1)[0][:, 0]
    lost = np.zeros(count, np.float32)
    others = np.zeros(count, np.float32)
    for column in range(near):
        apart = np.linalg.norm((places[neighbours[:, column]] - places).astype(np.float64), axis=1)
        lost += apart > reach * (1 + _ROUNDING)
        others += neighbours[:, column] != np.arange(count)
    return np.asarray(lost / np.maximum(others, 1), np.float32)


def _distances(
    latents: Floats, places: Floats, rows: NDArray[np.int64], mean: Floats
) -> Iterator[tuple[NDArray[np.int64], Floats, Floats]]:
    """Some of ``rows``, their squared distances to all in latent space and on the map; to themselves -1."""
    step = max(1, _CHUNK_PAIRS // len(latents))
    lengths = np.empty(len(latents), np.float32)
    for first in range(0, len(latents), _LENGTHS_AT_ONCE):
        part = latents[first : first + _LENGTHS_AT_ONCE] - mean
        lengths[first : first + _LENGTHS_AT_ONCE] = np.einsum("ij,ij->i", part, part)
    for first in range(0, len(rows), step):
        chunk = rows[first : first + step]
        here = latents[chunk] - mean
        products = here @ latents.T - (here @ mean)[:, None]
        in_latents: Floats = (lengths[chunk, None] + lengths - 2 * products).astype(np.float32, copy=False)
        in_map = (places[chunk, None, 0] - places[:, 0]) ** 2 + (places[chunk, None, 1] - places[:, 1]) ** 2
        for distances in (in_latents, in_map):
            np.maximum(distances, 0, out=distances)
            distances[np.arange(len(chunk)), chunk] = -1
        yield chunk, in_latents, in_map


def _nearest(distances: Floats, count: int) -> NDArray[np.int64]:
    """The ``count`` nearest others ``(n, count)``, itself being the one at -1."""
    found = np.argpartition(distances, count, axis=1)[:, : count + 1]
    order = np.argsort(np.take_along_axis(distances, found, 1), axis=1, kind="stable")
    return np.take_along_axis(found, order, 1)[:, 1:]


def _too_far(neighbourhood: NDArray[np.int64], distances: Floats, near: int) -> float:
    """By how many ranks the members of a neighbourhood lie beyond the ``near`` nearest, altogether."""
    total = 0
    for column in range(neighbourhood.shape[1]):
        own = np.take_along_axis(distances, neighbourhood[:, column, None], 1)
        ranks = np.count_nonzero(distances < own, axis=1)
        total += int(np.maximum(ranks - near, 0).sum())
    return float(total)


def _majority(labels: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """The most frequent label of each row ``(n, k)``; of equals the smallest; -1 where there is none."""
    winners = np.full(len(labels), -1, np.int64)
    most = np.zeros(len(labels), np.int64)
    for label in np.unique(labels[labels >= 0]):
        count = np.count_nonzero(labels == label, axis=1)
        better = count > most
        winners[better], most[better] = label, count[better]
    return winners
