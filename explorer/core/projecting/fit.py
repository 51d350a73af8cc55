"""How a map comes about: all at once up to 10,000 points; beyond, landmarks first and then all of them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from explorer.core.map_settings import MapSettings
from explorer.core.map_shelf import MapShelf
from explorer.core.pca import components, project
from explorer.core.projecting import umap_parts
from explorer.core.projecting.epochs import OnEpoch, arrange
from explorer.core.projecting.neighbours import EXACT, Cells, Neighbours, nearest

Floats = NDArray[np.float32]

LANDMARKS = 10_000
MOST_REFINED = 2_000_000
"""Points beyond which only the landmarks are arranged, for lack of memory for everybody's neighbourhoods."""

_LANDMARK_EPOCHS = 100
_EPOCHS = 120
_PARENTS = 4
_QUICKER = 1.4
"""What one core does of our epochs while it does one of UMAP's."""
_LONGEST_LATENT = 1000
_SHORTENED = 100
_SHORTENING_NUMBERS = 40_000_000


class Watch(Protocol):
    """Who hears how far it is, and may end it."""

    def stage(self, text: str, total: int = 0) -> None:
        """A stage begins, of ``total`` epochs where it has any."""

    def epoch(self, done: int, layout: Callable[[], Floats]) -> None:
        """``done`` epochs of the stage are done and left this layout; raises ``Stopped`` if that will do."""

    def remark(self, text: str) -> None:
        """A sentence for the user about what was done."""


class Stopped(Exception):
    """Somebody wants the layout as it is now; it is the exception's argument."""


def fit(
    latents: Floats,
    start: Floats,
    settings: MapSettings,
    labels: NDArray[np.int64] | None,
    shelf: MapShelf,
    watch: Watch,
) -> tuple[Floats, bool]:
    """The map ``(N, 2)`` of ``latents (N, D)``, and whether it was stopped before its end.

    ``start (N, 2)`` is the first layout, ``labels (N,)`` pull like points together (-1: none).
    """
    points = metric_points(shortened(latents, watch), settings.metric)
    whole = settings.method == "densmap" or len(points) <= EXACT
    whole = whole or (settings.detail == "all" and len(points) <= MOST_REFINED)
    run = _whole if whole else _by_landmarks
    try:
        return run(points, start, settings, labels, shelf, watch), False
    except Stopped as stopped:
        return np.array(stopped.args[0], np.float32), True


def shortened(latents: Floats, watch: Watch) -> Floats:
    """Latents of more than 1,000 dimensions as their first 100 principal components."""
    if latents.shape[1] <= _LONGEST_LATENT:
        return latents
    watch.stage("Shortening the latents")
    found = components(latents, _SHORTENED, _SHORTENING_NUMBERS)
    assert found is not None  # all latents are finite
    if not found.axes.shape[1]:
        return np.zeros((len(latents), 1), np.float32)
    watch.remark(
        f"The latents have {latents.shape[1]:,} dimensions; mapped are their first {found.axes.shape[1]} "
        f"principal components, which hold {found.share:.0%} of the variance."
    )
    return project(latents, found)


def metric_points(points: Floats, metric: str) -> Floats:
    """Points whose Euclidean neighbours are the neighbours by ``metric``: on the unit sphere for angles."""
    if metric == "euclidean":
        return points
    points = np.array(points, np.float32)
    if metric == "correlation":
        points -= points.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(points, axis=1, keepdims=True)
    np.divide(points, lengths, out=points, where=lengths > 0)
    return points


def _neighbours(
    points: Floats, settings: MapSettings, shelf: MapShelf, threads: int | None = None
) -> Neighbours:
    kept = shelf.neighbours()
    if kept is not None:
        return Neighbours(*kept)
    found = nearest(points, min(settings.neighbours, len(points) - 1), settings.seed, threads)
    if settings.metric != "euclidean":
        found = _angles(found)
    shelf.keep_neighbours(*found)
    return found


def _angles(found: Neighbours) -> Neighbours:
    """Distances on the unit sphere as 1 - cosine."""
    return Neighbours(found.rows, np.asarray(found.distances**2 / 2, np.float32))


def effort(settings: MapSettings, count: int) -> float:
    """About how much work a map of ``count`` points is: points by epochs by neighbours, as of UMAP's epochs.

    Those are one core's; ours, beyond 10,000 points, are everybody's, and take less.
    """
    epochs = 500.0 if count <= EXACT else 200.0
    if settings.method == "densmap":
        return count * (epochs + 200) * settings.neighbours * 2
    if count <= EXACT or (settings.detail == "all" and count <= MOST_REFINED):
        return count * epochs * settings.neighbours
    landmarks = (5 * LANDMARKS if count > MOST_REFINED else LANDMARKS) * _LANDMARK_EPOCHS
    refining = 0 if settings.detail == "landmarks" or count > MOST_REFINED else count * _EPOCHS
    return (landmarks + refining + 10 * count) * settings.neighbours / (_QUICKER * (os.cpu_count() or 2))


def umap_arguments(start: Floats, settings: MapSettings, neighbours: Neighbours) -> dict[str, Any]:
    """What ``umap.UMAP`` is called with where it makes the whole map."""
    dense = settings.method == "densmap"
    return {
        "n_neighbors": neighbours.rows.shape[1],
        "min_dist": settings.min_distance,
        "random_state": settings.seed,
        "n_jobs": 1,
        "n_epochs": (500 if len(start) <= 10_000 else 200) + (200 if dense else 0),  # UMAP's own rule
        "init": start,
        "precomputed_knn": tuple(neighbours),
        "densmap": dense,
    }


def _whole(
    points: Floats,
    start: Floats,
    settings: MapSettings,
    labels: NDArray[np.int64] | None,
    shelf: MapShelf,
    watch: Watch,
) -> Floats:
    watch.stage("Finding neighbours")
    neighbours = _neighbours(points, settings, shelf)
    watch.stage("Preparing the map")
    start = umap_parts.spectral_start(umap_parts.fuzzy_graph(neighbours), points, start, settings.seed)
    arguments = umap_arguments(start, settings, neighbours)
    watch.stage("Arranging the map", arguments["n_epochs"])
    fitted = umap_parts.whole_umap(arguments, points, labels, _watched(watch))
    if labels is None:
        shelf.keep_graph(*umap_parts.sparse_rows(fitted.graph_))
    return np.asarray(fitted.embedding_, np.float32)


def _by_landmarks(
    points: Floats,
    start: Floats,
    settings: MapSettings,
    labels: NDArray[np.int64] | None,
    shelf: MapShelf,
    watch: Watch,
) -> Floats:
    """A layout of some points, which the others follow; then some epochs over all.

    The second step starts near its end and so needs fewer epochs than UMAP's 200.
    """
    watch.stage("Choosing landmarks")
    rng = np.random.Generator(np.random.PCG64(settings.seed))
    many = len(points) > MOST_REFINED
    refined = not many and settings.detail != "landmarks"
    chosen = np.sort(rng.choice(len(points), 5 * LANDMARKS if many else LANDMARKS, replace=False))
    landmarks = np.ascontiguousarray(points[chosen])
    found = nearest(landmarks, min(settings.neighbours, len(chosen) - 1), settings.seed)
    graph = umap_parts.fuzzy_graph(found if settings.metric == "euclidean" else _angles(found))
    begin = umap_parts.spectral_start(graph, landmarks, start[chosen], settings.seed)
    if labels is not None:
        graph = umap_parts.with_labels(graph, labels[chosen])
    followers = Followers(points, landmarks, chosen, rng)
    later = _Later(points, settings, shelf) if refined else None
    watch.stage(f"Arranging {len(chosen):,} landmarks", _LANDMARK_EPOCHS)
    layout = arrange(
        graph, begin, umap_parts.curve(settings.min_distance), settings.seed, _LANDMARK_EPOCHS,
        lambda layout, done: watch.epoch(done, lambda: followers.places(layout)),
    )  # fmt: skip
    places = followers.places(layout)
    if later is None:
        watch.remark(
            f"Of {len(points):,} points {len(chosen):,} were arranged as landmarks; "
            "the others lie among them."
        )
        return places
    watch.stage("Finding neighbours")
    neighbours = later.result()
    kept = shelf.graph()
    if kept is not None:
        graph = umap_parts.graph_of(*kept)
    else:
        graph = umap_parts.fuzzy_graph(neighbours)
        shelf.keep_graph(*umap_parts.sparse_rows(graph))
    if labels is not None:
        graph = umap_parts.with_labels(graph, labels)
    watch.stage("Arranging all points", _EPOCHS)
    curve = umap_parts.curve(settings.min_distance)
    return arrange(graph, places, curve, settings.seed, _EPOCHS, _watched(watch))


def _watched(watch: Watch) -> OnEpoch:
    return lambda layout, done: watch.epoch(done, lambda: layout)


class Followers:
    """Points that lie among their nearest landmarks."""

    def __init__(
        self, points: Floats, landmarks: Floats, chosen: NDArray[np.int64], rng: np.random.Generator
    ) -> None:
        self._parents, distances = Cells(landmarks, 0).nearest(points, _PARENTS)
        nearness = np.exp(-2.0 * (distances / np.maximum(distances[:, -1:], 1e-30)) ** 2)
        self._weights = (nearness / nearness.sum(axis=1, keepdims=True)).astype(np.float32)
        self._chosen = chosen
        # Equal points would draw equal random numbers and never part.
        self._noise = rng.standard_normal((len(points), 2), np.float32) * np.float32(1e-3)

    def places(self, layout: Floats) -> Floats:
        """Where all ``(N, 2)`` lie when the landmarks lie at ``layout``."""
        places = self._noise.copy()
        for parent in range(_PARENTS):
            places += layout[self._parents[:, parent]] * self._weights[:, parent, None]
        places[self._chosen] = layout
        return places


class _Later:
    """Everybody's neighbours, looked for beside the landmarks' epochs."""

    def __init__(self, points: Floats, settings: MapSettings, shelf: MapShelf) -> None:
        self._found: Neighbours | None = None
        self._error: Exception | None = None

        def look() -> None:
            try:
                threads = max(1, (os.cpu_count() or 2) - 1)  # one core is the landmarks'
                self._found = _neighbours(points, settings, shelf, threads)
            except Exception as error:  # noqa: BLE001 - it is raised where the result is asked for
                self._error = error

        self._thread = threading.Thread(target=look, daemon=True)
        self._thread.start()

    def result(self) -> Neighbours:
        """The neighbours, once they are found."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        assert self._found is not None
        return self._found
