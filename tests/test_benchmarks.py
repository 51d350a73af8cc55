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
    "startup": {"startup_over_bare", "peak_mib"},
}


def figures_of(name: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-m", f"tests.benchmarks.{name}", "--quick", "--json"],
        cwd=ROOT,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", FIGURES)
def test_a_benchmark_gives_its_figures(name: str) -> None:
    figures = figures_of(name)
    for figure in FIGURES[name]:
        assert isinstance(figures[figure], float)
        assert figures[figure] > 0
    if name == "startup":
        assert figures["heavy_imports"] == []
        assert figures["peak_mib"] < 600
