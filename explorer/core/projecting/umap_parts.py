"""UMAP's own parts as they are used here: its graph, its epochs, watched; the only importer of umap.

Two private names of UMAP are used: the function of one epoch and the one that hands it out. The version is
pinned, and a test holds that the result stays that of plain UMAP, bit by bit.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.core.projecting import epochs
from explorer.core.projecting.epochs import OnEpoch
from explorer.core.projecting.neighbours import Neighbours

Floats = NDArray[np.float32]

_FAR_LABELS = 5.0
"""How far apart different labels put two points: UMAP's value where data and labels weigh the same."""


def warm_up() -> None:
    """Import UMAP and run every compiled step once: what is not in the cache on disk is compiled now."""
    leave_out_approximate_search()
    from umap import umap_

    with suppress(RuntimeError):  # nowhere to write: then it is compiled anew each time
        for function in (umap_.smooth_knn_dist, umap_.compute_membership_strengths):
            function.enable_caching()
    points = np.random.Generator(np.random.PCG64(0)).standard_normal((40, 2)).astype(np.float32)
    rows = (np.arange(40)[:, None] + np.arange(4)) % 40
    distances = np.sort(np.abs(points @ points.T)[:, :4], axis=1)
    neighbours = Neighbours(rows.astype(np.int32), distances)
    epochs.arrange(fuzzy_graph(neighbours), points, curve(0.1), 1, 2, lambda *_: None)
    arguments = {"n_neighbors": 4, "n_epochs": 2, "init": points, "random_state": 1, "n_jobs": 1}
    whole_umap({**arguments, "precomputed_knn": tuple(neighbours)}, points, None, lambda *_: None)


def leave_out_approximate_search() -> None:
    """Let UMAP be imported without its neighbour search: neighbours are always given here.

    pynndescent compiles some hundred functions while it is imported, for which a first map would wait longer
    than for all the rest. UMAP names but never calls them then.
    """
    if "pynndescent" in sys.modules:
        return
    package, distances, sparse = (
        ModuleType(name) for name in ("pynndescent", "pynndescent.distances", "pynndescent.sparse")
    )
    package.__dict__.update(
        NNDescent=type("NNDescent", (), {}), distances=distances, sparse=sparse, __path__=[]
    )
    distances.__dict__["named_distances"] = {"euclidean": None}
    sparse.__dict__["sparse_named_distances"] = {}
    sys.modules.update({module.__name__: module for module in (package, distances, sparse)})


def fuzzy_graph(neighbours: Neighbours) -> Any:
    """The fuzzy graph of the neighbourhoods, a sparse ``(N, N)`` matrix."""
    from umap import umap_

    rows, distances = neighbours
    return umap_.fuzzy_simplicial_set(
        rows, rows.shape[1], np.random.RandomState(0), "euclidean", {}, rows, distances
    )[0]


def with_labels(graph: Any, labels: NDArray[np.int64]) -> Any:
    """The graph with its edges between unlike labels ``(N,)`` weakened; -1 is no label."""
    from umap import umap_

    return umap_.discrete_metric_simplicial_set_intersection(graph, labels, far_dist=_FAR_LABELS)


def sparse_rows(graph: Any) -> tuple[Floats, NDArray[np.int32], NDArray[np.int32]]:
    """A graph's weights, the ends of its edges, and where each row of them starts."""
    rows = graph.tocsr()
    return rows.data, rows.indices, rows.indptr


def graph_of(weights: Floats, ends: NDArray[np.int32], starts: NDArray[np.int32]) -> Any:
    """The graph of ``sparse_rows``."""
    from scipy.sparse import csr_matrix

    return csr_matrix((weights, ends, starts), shape=(len(starts) - 1,) * 2)


def spectral_start(graph: Any, points: Floats, like: Floats, seed: int) -> Floats:
    """UMAP's own start, the graph's spectral layout ``(N, 2)``, turned to lie as ``like (N, 2)`` does.

    It separates what a PCA leaves on top of each other. Stretched to the square that ``like`` fills; where
    the layout cannot be found, ``like`` itself.
    """
    from umap.spectral import spectral_layout

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # UMAP warns where it falls back to chance: then the PCA is better
        try:
            found = spectral_layout(points, graph, 2, np.random.RandomState(seed))
        except (ArithmeticError, RuntimeError, TypeError, ValueError):
            return like
    found = np.asarray(found, np.float64)
    extent = np.ptp(found, axis=0) if found.shape == like.shape else np.zeros(2)
    if not (np.isfinite(extent).all() and (extent > 1e-9).all()):
        return like
    turned = _turned((found - found.min(axis=0)) / extent, like)
    turned = (turned - turned.min(axis=0)) / np.ptp(turned, axis=0)
    noise = np.random.Generator(np.random.PCG64(seed)).standard_normal(like.shape)
    return np.asarray(like.min(axis=0) + np.ptp(like, axis=0) * turned + 1e-4 * noise, np.float32)


def _turned(places: NDArray[np.float64], like: Floats) -> NDArray[np.float64]:
    """``places (N, 2)`` turned and mirrored to lie as near to ``like`` as can be (Procrustes)."""
    places = places - places.mean(axis=0)
    left, _, right = np.linalg.svd(places.T @ (like - like.mean(axis=0)).astype(np.float64))
    return np.asarray(places @ (left @ right))


def whole_umap(
    arguments: dict[str, Any], points: Floats, labels: NDArray[np.int64] | None, on_epoch: OnEpoch
) -> Any:
    """``umap.UMAP(**arguments)`` fitted on ``points (N, D)``."""
    import umap

    with watched_epochs(on_epoch), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "precomputed_knn")  # it misses what would place further points
        return umap.UMAP(**arguments).fit(points, labels)


def curve(min_distance: float) -> tuple[float, float]:
    """The parameters a and b of UMAP's curve, which says how near two points on the map are."""
    from umap import umap_

    a, b = umap_.find_ab_params(1.0, min_distance)
    return float(a), float(b)


@contextmanager
def watched_epochs(on_epoch: OnEpoch) -> Iterator[None]:
    """Call ``on_epoch(layout, done)`` after each of UMAP's epochs; what it raises ends them.

    The epoch itself is UMAP's, and so is the result; only the interpreter stays free while it runs.
    """
    from umap import layouts

    inner, run = layouts._get_optimize_layout_euclidean_single_epoch_fn, _free_epoch()

    def watched(_parallel: bool = False) -> Callable[..., None]:
        done = 0

        def epoch(layout: Floats, *rest: Any) -> None:
            nonlocal done
            run(layout, *rest)
            done += 1
            on_epoch(layout, done)

        return epoch

    layouts._get_optimize_layout_euclidean_single_epoch_fn = watched
    try:
        yield
    finally:
        layouts._get_optimize_layout_euclidean_single_epoch_fn = inner


@lru_cache(maxsize=1)
def _free_epoch() -> Callable[..., None]:
    import numba
    from umap import layouts

    epoch: Any = numba.njit(fastmath=True, nogil=True)(layouts._optimize_layout_euclidean_single_epoch)
    with suppress(RuntimeError):
        epoch.enable_caching()
    return epoch  # type: ignore[no-any-return]
