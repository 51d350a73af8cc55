"""The map's own epochs: the same on any number of threads, and as good as UMAP's."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.core.map_quality import map_quality
from explorer.core.projecting import umap_parts
from explorer.core.projecting.epochs import arrange
from explorer.core.projecting.neighbours import nearest

pytestmark = pytest.mark.filterwarnings("ignore::ImportWarning")  # umap misses TensorFlow, aloud

SEED = 3


@pytest.fixture(scope="module")
def latents() -> np.ndarray:
    """2,000 points around 40 centres in 8 dimensions."""
    rng = np.random.default_rng(SEED)
    return (rng.normal(size=(40, 8))[rng.integers(40, size=2000)] + 0.3 * rng.normal(size=(2000, 8))).astype(
        np.float32
    )


@pytest.fixture(scope="module")
def graph(latents: np.ndarray) -> object:
    umap_parts.leave_out_approximate_search()
    return umap_parts.fuzzy_graph(nearest(latents, 15, 0))


@pytest.fixture(scope="module")
def start(latents: np.ndarray, graph: object) -> np.ndarray:
    return umap_parts.spectral_start(graph, latents, 10 * latents[:, :2], SEED)


def epochs(graph: object, start: np.ndarray, count: int, threads: int, seed: int = SEED) -> np.ndarray:
    return arrange(graph, start, umap_parts.curve(0.1), seed, count, lambda *_: None, threads)


def test_any_number_of_threads_gives_the_same(graph: object, start: np.ndarray) -> None:
    alone = epochs(graph, start, 5, 1)
    assert np.array_equal(alone, epochs(graph, start, 5, 3))
    assert not np.array_equal(alone, epochs(graph, start, 5, 1, SEED + 1))


def test_is_as_good_as_umaps_epochs(latents: np.ndarray, graph: object, start: np.ndarray) -> None:
    ours = map_quality(latents, epochs(graph, start, 120, 2), sample=1000)
    arguments = {"n_neighbors": 15, "n_epochs": 120, "init": start, "random_state": SEED, "n_jobs": 1}
    fitted = umap_parts.whole_umap(
        {**arguments, "precomputed_knn": tuple(nearest(latents, 15, 0))}, latents, None, lambda *_: None
    )
    plain = map_quality(latents, np.asarray(fitted.embedding_, np.float32), sample=1000)
    assert ours.trustworthiness > plain.trustworthiness - 0.005
    assert ours.continuity > plain.continuity - 0.005
