"""How long the command takes to the first decoded picture, over a bare window with one runtime session.

``python -m tests.benchmarks.startup [--quick] [--json]``. Both are fresh processes in turn, timed from their
start to the line they print once the picture has been painted: the app on the bundled demo as on its very
first run, under a hand that drags from the moment there is a window; the bare program with the same decoder.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tests.benchmarks.common import BUNDLES, Result, arguments, assets, environment, scratch

_ROUNDS, _QUICK_ROUNDS = 15, 1
_LIVE_SECONDS, _QUICK_LIVE_SECONDS = 10.0, 1.0


def main() -> None:
    """Measure and print."""
    options = arguments(__doc__)
    result = measure(quick=options.quick)
    result.show(options.json)


def measure(*, quick: bool) -> Result:
    """Alternate starts of the two, then let the app live a while."""
    decoder = str(assets() / BUNDLES[0] / "decoder.onnx")
    app, bare = ["tests.benchmarks.first_picture"], ["tests.benchmarks.bare_window", decoder]
    ours: list[float] = []
    theirs: list[float] = []
    with scratch() as bytecode:
        for module in (app, bare):  # reads all files once, and leaves the bytecode as an installation has it
            started(module, bytecode)
        for _ in range(_QUICK_ROUNDS if quick else _ROUNDS):
            theirs.append(started(bare, bytecode)[0])
            ours.append(started(app, bytecode)[0])
        _, lines = started([*app, "--live", str(_QUICK_LIVE_SECONDS if quick else _LIVE_SECONDS)], bytecode)
    first, last = json.loads(lines[0]), json.loads(lines[1])
    result = Result()
    result.time("command to first picture of a drag", ours)
    result.time("bare window to first picture", theirs)
    result.facts = {
        "startup_over_bare": round(float(np.median(np.divide(ours, theirs))), 3),
        "startup_seconds": round(float(np.median(ours)), 3),
        "heavy_imports": first["heavy"],
        "peak_mib": last["peak_mib"],
    }
    return result


def started(module: Sequence[str], bytecode: Path) -> tuple[float, list[str]]:
    """Run a module in a fresh process and an empty home: seconds to its first line, and all lines."""
    with scratch() as home:
        began = time.perf_counter()
        with subprocess.Popen(
            [sys.executable, "-m", *module],
            env=environment(home, bytecode),
            cwd=assets().parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            lines = [process.stdout.readline()]
            seconds = time.perf_counter() - began
            rest, complaints = process.communicate()
    if process.returncode or not lines[0]:
        raise RuntimeError(f"{module[0]} ended with {process.returncode}: {complaints}")
    return seconds, lines + rest.splitlines()


if __name__ == "__main__":
    main()
