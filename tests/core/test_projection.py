"""The PCA preview, and UMAP in its own process: the same map as UMAP's own, live, stopped at will."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from explorer.core.errors import Cancelled, ExplorerError
from explorer.core.progress import Progress, Report
from explorer.core.projection import MapSettings, fit_map, pca_preview

ROOT = Path(__file__).parents[2]


def groups(count: int = 600, size: int = 8, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Latents in three groups of unlike shape, and the groups."""
    rng = np.random.default_rng(seed)
    belongs = rng.integers(0, 3, count)
    centres = rng.normal(size=(3, size)) * 4
    spread = np.linspace(2, 0.2, size)
    return (centres[belongs] + spread * rng.normal(size=(count, size))).astype(np.float32), belongs


@pytest.fixture
def compiled(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """UMAP's compiled code is kept with pytest's cache, so that only the first run waits for it."""
    assert request.config.cache is not None
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(request.config.cache.mkdir("compiled")))


def run_python(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A script in a fresh interpreter that finds the package."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=280,
    )


def test_the_preview_shows_the_widest_two_directions() -> None:
    latents, belongs = groups()
    places = pca_preview(latents)
    assert places.dtype == np.float32
    np.testing.assert_allclose(places.mean(axis=0), 0, atol=1e-3)
    variances = np.linalg.eigvalsh(np.cov(latents.T, bias=True))[::-1]
    np.testing.assert_allclose(places.var(axis=0), variances[:2], rtol=1e-3)
    middles = np.array([places[belongs == group].mean(axis=0) for group in range(3)])
    assert min(np.hypot(*(middles[a] - middles[b])) for a, b in [(0, 1), (0, 2), (1, 2)]) > 3


def test_the_preview_lies_the_same_way_whatever_the_order_of_the_data() -> None:
    latents, _ = groups()
    order = np.random.default_rng(1).permutation(len(latents))
    np.testing.assert_allclose(pca_preview(latents[order]), pca_preview(latents)[order], atol=1e-3)


@pytest.mark.parametrize("shape", [(1, 4), (2, 2), (50, 1), (5, 300)])
def test_the_preview_of_any_shape(shape: tuple[int, int]) -> None:
    latents = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    places = pca_preview(latents)
    assert places.shape == (shape[0], 2)
    assert np.isfinite(places).all()
    assert not pca_preview(np.ones(shape, np.float32)).any()


def test_a_broken_row_has_no_place_in_the_preview_and_moves_no_other() -> None:
    latents, _ = groups(100)
    whole = latents.copy()
    latents[7, 2] = np.nan
    places = pca_preview(latents)
    assert np.isnan(places[7]).all()
    others = np.arange(100) != 7
    np.testing.assert_allclose(places[others], pca_preview(whole[others]), atol=1e-3)


@pytest.mark.parametrize(
    "wrong",
    [{"neighbours": 1}, {"neighbours": 5000}, {"min_distance": 1.0}, {"min_distance": -0.1}, {"seed": -1}],
)
def test_impossible_settings_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ExplorerError, match="choose"):
        MapSettings(**wrong)


def test_too_few_points_and_broken_latents_are_one_sentence_each() -> None:
    with pytest.raises(ExplorerError, match="at least 4 points"):
        fit_map(np.zeros((3, 5), np.float32), MapSettings(), Progress())
    latents, _ = groups(20)
    latents[3, 1] = np.inf
    with pytest.raises(ExplorerError, match="1 of 20 latents"):
        fit_map(latents, MapSettings(), Progress())


PLAIN_UMAP = """
    import sys
    import numpy as np
    from explorer.core import projection_worker as worker
    from explorer.core.projection import pca_preview

    latents = np.load(sys.argv[1])
    request = {"neighbours": 15, "min_distance": 0.1, "seed": 42}
    arguments = worker.umap_arguments(latents, pca_preview(latents), request)
    if sys.argv[3] == "exact":
        worker.leave_out_approximate_search()
    import umap
    worker.keep_compiled()
    np.save(sys.argv[2], umap.UMAP(**arguments).fit_transform(latents))
"""


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize("search", ["exact", pytest.param("whole", marks=pytest.mark.slow)])
def test_the_map_forms_live_and_is_bit_by_bit_what_umap_alone_gives(tmp_path: Path, search: str) -> None:
    latents, belongs = groups()
    heard: list[Report] = []
    layouts: list[np.ndarray] = []
    threads = set()

    def on_layout(places: np.ndarray) -> None:
        layouts.append(places)
        threads.add(threading.current_thread())

    places = fit_map(latents, MapSettings(), Progress(heard.append, 0), on_layout)

    assert places.shape == (600, 2)
    assert places.dtype == np.float32
    middles = np.array([places[belongs == group].mean(axis=0) for group in range(3)])
    nearest = np.linalg.norm(places[:, None] - middles, axis=2).argmin(axis=1)
    assert (nearest == belongs).mean() > 0.98
    preview = pca_preview(latents)
    assert all(np.corrcoef(places[:, axis], preview[:, axis])[0, 1] > 0.3 for axis in range(2))

    assert len(layouts) >= 3
    assert not np.array_equal(layouts[0], layouts[-1])
    assert threads == {threading.current_thread()}
    epochs = [report.done for report in heard if report.unit == "epochs"]
    assert epochs == sorted(epochs)
    assert epochs[-1] == 500
    assert heard[-1].fraction == 1

    np.save(tmp_path / "latents.npy", latents)
    run_python(PLAIN_UMAP, str(tmp_path / "latents.npy"), str(tmp_path / "plain.npy"), search)
    assert np.array_equal(places, np.load(tmp_path / "plain.npy"))


SMALL_MAPS = """
    import numpy as np
    from explorer.core import projection_worker as worker
    from explorer.core.projection import pca_preview

    rng = np.random.default_rng(0)
    cases = {
        "four": rng.normal(size=(4, 3)),
        "as many as neighbours": rng.normal(size=(15, 3)),
        "equal": np.ones((40, 3)),
        "one dimension": rng.normal(size=(40, 1)),
        "constant dimensions": rng.normal(size=(40, 5)) * [1, 0, 0, 2, 0],
        "duplicates": np.repeat(rng.normal(size=(10, 4)), 8, axis=0),
    }
    for name, latents in cases.items():
        latents = latents.astype(np.float32)
        request = {"neighbours": min(15, len(latents) - 1), "min_distance": 0.1, "seed": 1}
        places = worker.fit(latents, pca_preview(latents), request, lambda kind, body: None)
        assert places.shape == (len(latents), 2), name
        assert np.isfinite(places).all(), name
        assert len(np.unique(places, axis=0)) > len(latents) // 2, name
"""


@pytest.mark.usefixtures("compiled")
def test_small_and_degenerate_data_have_a_map() -> None:
    run_python(SMALL_MAPS)


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize("when", ["while it loads", "while it arranges"])
def test_a_cancel_ends_the_process_promptly(when: str) -> None:
    latents, _ = groups(3000)
    progress = Progress()
    asked: list[float] = []

    def cancel(_: np.ndarray | None = None) -> None:
        asked.append(time.perf_counter())
        progress.cancel()

    if when == "while it loads":
        threading.Timer(0.4, cancel).start()
    with pytest.raises(Cancelled):
        fit_map(latents, MapSettings(), progress, cancel)
    assert time.perf_counter() - asked[0] < 2
    assert not workers_of(psutil.Process())


@pytest.mark.usefixtures("compiled")
def test_a_killed_process_is_one_sentence() -> None:
    latents, _ = groups(3000)

    def kill(_: np.ndarray) -> None:
        for worker in workers_of(psutil.Process()):
            worker.kill()

    with pytest.raises(ExplorerError, match="ended from outside"):
        fit_map(latents, MapSettings(), Progress(), kill)


def test_a_process_that_fails_gives_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorer.core.projection._WORKER", "explorer.core.no_such_worker")
    with pytest.raises(ExplorerError, match="no_such_worker"):
        fit_map(groups(50)[0], MapSettings(), Progress())


LONELY_PARENT = """
    import numpy as np
    from explorer.core.progress import Progress
    from explorer.core.projection import MapSettings, fit_map

    print("ready", flush=True)
    fit_map(np.random.default_rng(0).normal(size=(5000, 8)).astype(np.float32), MapSettings(), Progress())
"""


def test_the_process_ends_with_the_one_that_asked() -> None:
    parent = psutil.Popen(
        [sys.executable, "-c", textwrap.dedent(LONELY_PARENT)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
    )
    with parent:
        parent.stdout.readline()
        deadline = time.monotonic() + 30
        while not (workers := workers_of(parent)) and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(1.0)  # it has read its request and is at work
        assert workers
        assert all(worker.is_running() for worker in workers)
        parent.kill()
    gone, left = psutil.wait_procs(workers, timeout=10)
    assert gone
    assert not left


def workers_of(process: psutil.Process) -> list[psutil.Process]:
    return [child for child in process.children() if "explorer.core.projection_worker" in child.cmdline()]


def test_the_worker_is_light_until_it_works() -> None:
    run_python(
        """
        import sys
        import explorer.core.projection_worker
        heavy = {"PySide6", "numba", "onnxruntime", "scipy", "sklearn", "torch", "umap"} & set(sys.modules)
        assert not heavy, heavy
        """
    )
