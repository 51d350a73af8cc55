"""Each benchmark runs and gives its figures; whether they keep their bounds, a machine at rest says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FIGURES = {
    "decode": {"engine_over_run_median"},
    "drag": {"paint_over_decode_median", "tick_p99_over_idle_drag", "tick_p99_over_idle_umap"},
    "gallery": {"singles_over_bare", "sheet_over_bare", "peak_100k_over_1k"},
    "inverse": {"unexplained_over_best", "round_trip_p90", "near_real_share", "p50_ms"},
    "page": {"page_over_pictures"},
    "placement": {"label_agreement", "leave_one_out_p90", "p50_ms"},
    "projection": {
        "first_frame_over_plain",
        "final_over_plain",
        "trustworthiness",
        "label_agreement",
        "pca_ms",
        "tick_p99_over_idle",
    },
    "startup": {"startup_over_bare", "peak_mib"},
    "training": {"steps_over_bare", "path_over_training", "path_over_training_proposed"},
    "tools": {"at_once_over_frame_and_decode", "behind_ms"},
}


def figures_of(name: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-m", f"tests.benchmarks.{name}", "--quick", "--json"],
        cwd=ROOT,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


SLOW = ("gallery", "inverse", "projection", "tools", "training")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name for name in FIGURES]
)
def test_a_benchmark_gives_its_figures(name: str) -> None:
    figures = figures_of(name)
    for figure in FIGURES[name]:
        assert isinstance(figures[figure], float)
        assert figures[figure] > 0
    if name == "startup":
        assert figures["heavy_imports"] == []
        assert figures["peak_mib"] < 600


def test_the_map_is_measured_for_each_size() -> None:
    figures = figures_of("map")
    assert figures["compiled"] is True
    assert figures["repaints_at_rest"] == 0
    assert figures["thumbnails_500_ms"] > 0
    assert figures["thumbnails_seen"] >= 500
    assert [one["n"] for one in figures["sizes"]] == [10_000, 70_000]
    for one in figures["sizes"]:
        for figure in ("interactive_ms_median", "interactive_ms_p95", "exact_ms", "first_frame_ms"):
            assert one[figure] > 0
        assert one["pick_p99_ms"] > 0
        assert one["lasso_ms"] > 0
        assert 0 < one["bytes_per_point"] <= 40
