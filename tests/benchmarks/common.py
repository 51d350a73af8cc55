"""What the benchmarks share: arguments, percentiles, a table, a home of their own."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

HOME_VARIABLES = (
    "HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME",
    "WIN_PD_OVERRIDE_APPDATA", "WIN_PD_OVERRIDE_LOCAL_APPDATA",
)  # fmt: skip
BUNDLES = ("faces-vae", "fashion-vae")

_BEGAN = time.perf_counter()


@dataclass
class Result:
    """What a benchmark found.

    Attributes:
        facts: the figures that have a bound or explain one, by name; the JSON object.
        rows: lines of the table: what was timed, and its seconds.
    """

    facts: dict[str, object] = field(default_factory=dict)
    rows: list[tuple[str, Sequence[float]]] = field(default_factory=list)

    def time(self, name: str, seconds: Sequence[float]) -> float:
        """Take a line into the table; returns its median."""
        self.rows.append((name, seconds))
        return float(np.median(seconds))

    def show(self, as_json: bool) -> None:
        """Print the table and the figures, or one JSON object."""
        if as_json:
            print(json.dumps(self.facts))
            return
        width = max(len(name) for name, _ in self.rows)
        print(f"{'milliseconds':{width}}  {'median':>9} {'p95':>9} {'p99':>9} {'runs':>6}")
        for name, seconds in self.rows:
            median, p95, p99 = np.percentile(np.asarray(seconds) * 1000, (50, 95, 99))
            print(f"{name:{width}}  {median:9.3f} {p95:9.3f} {p99:9.3f} {len(seconds):6}")
        print()
        for name, value in self.facts.items():
            print(f"{name} = {value}")


def arguments(description: str | None) -> argparse.Namespace:
    """``--json`` and ``--quick`` of the command line."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")
    parser.add_argument("--quick", action="store_true", help="a few rounds only, to see that it runs")
    return parser.parse_args()


def run_at_home(description: str | None, measure: Callable[..., Result]) -> None:
    """Call ``measure(home, quick=…)`` with an empty home of its own, and print what it finds."""
    options = arguments(description)
    with scratch() as home:
        os.environ.update(environment(home))
        measure(home, quick=options.quick).show(options.json)


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder that goes again."""
    with tempfile.TemporaryDirectory(prefix="latent-explorer-bench-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def environment(home: Path, bytecode: Path | None = None) -> dict[str, str]:
    """The environment with another home and no display; ``bytecode``: where Python keeps compiled modules."""
    changed = os.environ | dict.fromkeys(HOME_VARIABLES, str(home)) | {"QT_QPA_PLATFORM": "offscreen"}
    if bytecode is not None:
        changed.pop("PYTHONDONTWRITEBYTECODE", None)
        changed["PYTHONPYCACHEPREFIX"] = str(bytecode)
    return changed


def assets() -> Path:
    """The bundled demos of this checkout."""
    return Path(__file__).resolve().parents[2] / "assets"


def say(what: str) -> None:
    """Tell on standard error what is being done, with the time since the start, where it takes minutes."""
    print(f"{time.perf_counter() - _BEGAN:7.1f} s  {what}", file=sys.stderr, flush=True)


def in_parts(
    result: Result, parts: Mapping[str, Callable[[], Mapping[str, object] | None]], minutes: float
) -> None:
    """Call the parts in turn, those that fit into so many minutes since the start, and take their facts.

    What was left out is named in ``left_out``, so that nobody takes the rest for all.
    """
    left_out = []
    for name, part in parts.items():
        if time.perf_counter() - _BEGAN > 60 * minutes:
            left_out.append(name)
            continue
        say(name)
        result.facts |= part() or {}
    if left_out:
        result.facts["left_out"] = left_out


def ratio(numerator: Sequence[float], denominator: Sequence[float], percentile: float = 50) -> float:
    """The quotient of two medians, or of two other percentiles."""
    above, below = np.percentile(numerator, percentile), np.percentile(denominator, percentile)
    return round(float(above / below), 3)


def milliseconds(seconds: Sequence[float], percentile: float = 50) -> float:
    """The median of seconds, or another percentile, in milliseconds."""
    return round(1000 * float(np.percentile(seconds, percentile)), 3)


def bare_session(path: Path) -> tuple[Any, str]:
    """A session of the runtime with the program's own threads and nothing else of it; its input's name."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.intra_op_num_threads = max(1, (os.cpu_count() or 2) - 1)
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return session, session.get_inputs()[0].name
