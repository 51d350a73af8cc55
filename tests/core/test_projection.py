"""The PCA preview, and UMAP in its own process: the same map as UMAP's own, live, stopped at will."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from scipy.spatial import cKDTree

from explorer.core.errors import Cancelled, ExplorerError
from explorer.core.progress import Progress, Report
from explorer.core.projection import Layout, MapSettings, Reins, fit_map, pca_preview, prepare, release

ROOT = Path(__file__).parents[2]


def groups(count: int = 600, size: int = 8, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Latents in three groups of unlike shape, and the groups."""
    rng = np.random.default_rng(seed)
    belongs = rng.integers(0, 3, count)
    centres = rng.normal(size=(3, size)) * 4
    spread = np.linspace(2, 0.2, size)
    return (centres[belongs] + spread * rng.normal(size=(count, size))).astype(np.float32), belongs


@pytest.fixture(scope="module", autouse=True)
def ended() -> Iterator[None]:
    """No process of another module's waits here, nor one of these afterwards."""
    release()
    yield
    release()


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
    [
        {"neighbours": 1},
        {"neighbours": 5000},
        {"min_distance": 1.0},
        {"min_distance": -0.1},
        {"seed": -1},
        {"metric": "taxi"},
        {"method": "magic"},
    ],
)
def test_impossible_settings_are_refused(wrong: dict[str, Any]) -> None:
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
    from explorer.core.map_settings import MapSettings
    from explorer.core.pca import pca_preview
    from explorer.core.projecting import fit, neighbours, umap_parts
    from explorer.core.projection import first_layout

    latents = np.load(sys.argv[1])
    if sys.argv[3] == "exact":
        umap_parts.leave_out_approximate_search()
    import umap
    near = neighbours.nearest(latents, 15, 42)
    start = umap_parts.spectral_start(
        umap_parts.fuzzy_graph(near), latents, first_layout(pca_preview(latents), 42), 42
    )
    arguments = fit.umap_arguments(start, MapSettings(), near)
    np.save(sys.argv[2], umap.UMAP(**arguments).fit_transform(latents))
"""


@pytest.mark.parametrize("search", ["exact", pytest.param("whole", marks=pytest.mark.slow)])
def test_the_map_forms_live_and_is_bit_by_bit_what_umap_alone_gives(tmp_path: Path, search: str) -> None:
    latents, belongs = groups()
    heard: list[Report] = []
    layouts: list[Layout] = []
    threads = set()

    def on_layout(layout: Layout) -> None:
        layouts.append(layout)
        threads.add(threading.current_thread())

    made = fit_map(latents, MapSettings(), Progress(heard.append, 0), on_layout)
    places = made.places
    assert not made.stopped

    assert places.shape == (600, 2)
    assert places.dtype == np.float32
    middles = np.array([places[belongs == group].mean(axis=0) for group in range(3)])
    nearest = np.linalg.norm(places[:, None] - middles, axis=2).argmin(axis=1)
    assert (nearest == belongs).mean() > 0.98
    first = layouts[0]
    assert (first.epoch, first.epochs, first.seconds) == (0, 0, 0)
    preview = pca_preview(latents)
    assert all(np.corrcoef(first.places[:, axis], preview[:, axis])[0, 1] > 0.999 for axis in range(2))
    assert all(np.corrcoef(places[:, axis], preview[:, axis])[0, 1] > 0.3 for axis in range(2))

    assert len(layouts) >= 3
    assert [one.epoch for one in layouts] == sorted(one.epoch for one in layouts)
    assert [one.seconds for one in layouts] == sorted(one.seconds for one in layouts)
    assert {one.epochs for one in layouts[1:]} == {500}
    assert not np.array_equal(first.places, layouts[-1].places)
    assert threads == {threading.current_thread()}
    epochs = [report.done for report in heard if report.unit == "epochs"]
    assert epochs == sorted(epochs)
    assert epochs[-1] == 500
    assert heard[-1].fraction == 1

    np.save(tmp_path / "latents.npy", latents)
    run_python(PLAIN_UMAP, str(tmp_path / "latents.npy"), str(tmp_path / "plain.npy"), search)
    assert np.array_equal(places, np.load(tmp_path / "plain.npy"))


RNG = np.random.default_rng(0)
DEGENERATE = {
    "four": RNG.normal(size=(4, 3)),
    "as many as neighbours": RNG.normal(size=(15, 3)),
    "equal": np.ones((40, 3)),
    "one dimension": RNG.normal(size=(40, 1)),
    "constant dimensions": RNG.normal(size=(40, 5)) * [1, 0, 0, 2, 0],
    "duplicates": np.repeat(RNG.normal(size=(10, 4)), 8, axis=0),
}


@pytest.mark.parametrize("settings", [MapSettings(seed=1), MapSettings(seed=1, metric="cosine")])
def test_small_and_degenerate_data_have_a_map(settings: MapSettings) -> None:
    for name, latents in DEGENERATE.items():
        places = fit_map(latents.astype(np.float32), settings, Progress()).places
        assert places.shape == (len(latents), 2), name
        assert np.isfinite(places).all(), name
        assert len(np.unique(places, axis=0)) > len(latents) // 2, name


def test_many_points_come_by_landmarks_and_the_same_seed_gives_the_same_map(tmp_path: Path) -> None:
    latents, belongs = groups(11_000)
    latents[:3000] = latents[0]  # duplicates by the thousand
    belongs[:3000] = belongs[0]
    heard: list[Report] = []
    layouts: list[Layout] = []
    made = fit_map(latents, MapSettings(), Progress(heard.append, 0), layouts.append, keep_in=tmp_path / "a")
    assert np.isfinite(made.places).all()
    beside = cKDTree(made.places).query(made.places, k=2)[1][:, 1]
    assert (belongs[beside] == belongs).mean() > 0.99
    stages = list(dict.fromkeys(report.text for report in heard if report.unit == "epochs"))
    assert stages == ["Arranging 10,000 landmarks", "Arranging all points"]
    assert all(one.places.shape == (11_000, 2) for one in layouts)
    # No layout leaps: what follows the landmarks begins where they left it.
    ways = [
        np.median(np.linalg.norm(b.places - a.places, axis=1)) for a, b in itertools.pairwise(layouts[1:])
    ]
    assert max(ways) < 0.2 * np.ptp(made.places, axis=0).max()

    again = fit_map(latents, MapSettings(), Progress(), keep_in=tmp_path / "b")
    assert np.array_equal(made.places, again.places)


def test_labels_pull_points_of_a_kind_together() -> None:
    rng = np.random.default_rng(3)
    latents = rng.normal(size=(400, 4)).astype(np.float32)
    labels = (rng.random(400) < 0.5).astype(np.int32)
    labels[:20] = -1

    def apart(settings: MapSettings) -> float:
        places = fit_map(latents, settings, Progress(), labels=labels).places
        between = np.linalg.norm(places[labels == 0].mean(axis=0) - places[labels == 1].mean(axis=0))
        return float(between / places.std())

    assert apart(MapSettings(labels="label")) > 3 * apart(MapSettings())
    with pytest.raises(ExplorerError, match="no labels “colour”"):
        fit_map(latents, MapSettings(labels="colour"), Progress())


def test_densmap_keeps_densities() -> None:
    rng = np.random.default_rng(5)
    latents = np.concatenate([rng.normal(size=(200, 4)) * 0.1, 20 + rng.normal(size=(200, 4)) * 2])
    latents = latents.astype(np.float32)

    def ratio(method: str) -> float:
        places = fit_map(latents, MapSettings(method=method), Progress()).places
        return float(places[200:].std(axis=0).mean() / places[:200].std(axis=0).mean())

    assert ratio("densmap") > 1.5 * ratio("umap")


def test_a_pca_and_a_latent_of_two_are_maps_at_once() -> None:
    latents, _ = groups(50)
    assert np.array_equal(
        fit_map(latents, MapSettings(method="pca"), Progress()).places, pca_preview(latents)
    )
    two = latents[:, :2]
    assert np.array_equal(fit_map(two, MapSettings(method="latent"), Progress()).places, two)
    with pytest.raises(ExplorerError, match="8 dimensions"):
        fit_map(latents, MapSettings(method="latent"), Progress())


def test_long_latents_are_shortened_and_that_is_said() -> None:
    latents, belongs = groups(300, 8)
    turn = np.random.default_rng(1).normal(size=(8, 20_000)).astype(np.float32)
    made = fit_map(latents @ turn, MapSettings(), Progress())
    assert any("20,000 dimensions" in remark and "100%" in remark for remark in made.remarks)
    middles = np.array([made.places[belongs == group].mean(axis=0) for group in range(3)])
    nearest = np.linalg.norm(made.places[:, None] - middles, axis=2).argmin(axis=1)
    assert (nearest == belongs).mean() > 0.95


def test_a_map_pauses_goes_on_and_is_kept_as_it_is() -> None:
    latents, _ = groups(3000)
    reins, layouts = Reins(), list[Layout]()
    paused_at: list[float] = []

    def on_layout(layout: Layout) -> None:
        layouts.append(layout)
        if layout.epoch and not paused_at:
            paused_at.append(time.monotonic())
            reins.pause()
            threading.Timer(1.0, reins.go_on).start()
        elif layout.epoch and time.monotonic() > paused_at[0] + 1.0:
            reins.stop()

    made = fit_map(latents, MapSettings(), Progress(), on_layout, reins=reins)
    assert made.stopped
    assert 0 < layouts[-1].epoch < 500
    assert np.isfinite(made.places).all()
    gaps = np.diff([layout.seconds for layout in layouts[1:]])
    assert gaps.max() > 0.7
    assert not reins.paused


def test_a_process_made_ready_is_used_and_waits_for_the_next_map() -> None:
    release()
    prepare()
    prepare()
    until = time.monotonic() + 10
    while not (ready := workers_of(psutil.Process())):  # a process has its own name a moment after its start
        assert time.monotonic() < until
        time.sleep(0.01)
    assert len(ready) == 1
    seen = set[int]()
    for seed in (1, 2):
        fit_map(
            groups(100)[0],
            MapSettings(seed=seed),
            Progress(),
            lambda _: seen.update(worker.pid for worker in workers_of(psutil.Process())),
        )
    assert seen == {ready[0].pid}
    release()
    assert not workers_of(psutil.Process())


@pytest.mark.parametrize("when", ["while it loads", "while it arranges"])
def test_a_cancel_ends_the_process_promptly(when: str) -> None:
    latents, _ = groups(3000)
    progress = Progress()
    asked: list[float] = []

    def cancel(layout: Layout | None = None) -> None:
        if layout is None or (layout.epoch and when == "while it arranges"):
            asked.append(time.perf_counter())
            progress.cancel()

    if when == "while it loads":
        threading.Timer(0.4, cancel).start()
    with pytest.raises(Cancelled):
        fit_map(latents, MapSettings(), progress, cancel)
    assert time.perf_counter() - asked[0] < 2
    assert not workers_of(psutil.Process())


@pytest.mark.parametrize("times", [1, 2])
def test_a_killed_process_is_started_again_once(times: int) -> None:
    latents, _ = groups(1000)
    heard: list[Report] = []
    killed = set[int]()

    def kill(layout: Layout) -> None:
        for worker in workers_of(psutil.Process()) if layout.epoch else []:
            if len(killed) < times and worker.pid not in killed:
                killed.add(worker.pid)
                worker.kill()

    progress = Progress(heard.append, 0)
    if times == 1:
        made = fit_map(latents, MapSettings(), progress, kill)
        assert np.isfinite(made.places).all()
        assert any("begun again" in remark for remark in made.remarks)
    else:
        with pytest.raises(ExplorerError, match="ended from outside"):
            fit_map(latents, MapSettings(), progress, kill)
    assert any("starting again" in report.text for report in heard)


def test_a_process_that_fails_gives_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    release()
    monkeypatch.setattr("explorer.core.projecting.process.WORKER", "explorer.core.no_such_worker")
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
    return [child for child in process.children() if "explorer.core.projecting.worker" in child.cmdline()]


@pytest.mark.slow
def test_the_detail_chooses_between_landmarks_and_all_points() -> None:
    latents, belongs = groups(12_000)
    stages: dict[str, list[str]] = {}
    for detail in ("landmarks", "all"):
        heard: list[Report] = []
        made = fit_map(latents, MapSettings(detail=detail), Progress(heard.append, 0))
        stages[detail] = list(dict.fromkeys(report.text for report in heard))
        middles = np.array([made.places[belongs == group].mean(axis=0) for group in range(3)])
        assert min(np.hypot(*(middles[a] - middles[b])) for a, b in [(0, 1), (0, 2), (1, 2)]) > 3
        assert bool(made.remarks) == (detail == "landmarks")
    assert "Arranging 10,000 landmarks" in stages["landmarks"]
    assert "Arranging all points" not in stages["landmarks"]
    assert "Arranging the map" in stages["all"]
