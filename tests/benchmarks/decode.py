"""What the engine adds to the bare runtime: to a run, to opening a model, and to memory.

``python -m tests.benchmarks.decode [--quick] [--json]``, for each bundled decoder and each made one:

- ``ModelPair.decode`` of one latent over ``session.run`` (floats, no conversion): in turn, each first every
  other time, with another latent each time;
- from dropping the two files on the window to the first painted picture, self-test included, over creating
  the two bare sessions; files never seen before, and again with what was remembered;
- the peak of a process that opens the pair and decodes, over one that does so with the bare runtime.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import platformdirs

from explorer.core.model_pair import ModelPair
from tests.benchmarks.common import (
    BUNDLES,
    Result,
    assets,
    bare_session,
    milliseconds,
    ratio,
    run_at_home,
)
from tests.benchmarks.made_pair import MADE, names, write

_SECONDS, _QUICK_SECONDS = 6.0, 0.2
_ROUNDS, _WARM_UP = 3000, 10
_DROPS, _QUICK_DROPS = 7, 1


def main() -> None:
    """Measure and print."""
    run_at_home(__doc__, measure)


def measure(home: Path, *, quick: bool) -> Result:
    """All three, for every pair."""
    result = Result()
    found = {}
    folders = {}
    for name in names(quick=quick):
        folders[name] = home / name
        if name in MADE:
            write(home / name, MADE[name])
        else:
            (home / name).mkdir()
            for file in ("encoder.onnx", "decoder.onnx"):
                shutil.copy(assets() / name / file, home / name / file)
    opened = opening(folders, result, _QUICK_DROPS if quick else _DROPS)
    for name, folder in folders.items():
        pair = ModelPair.open(folder)
        engine, bare = timed(pair, _QUICK_SECONDS if quick else _SECONDS)
        result.time(f"{name}: ModelPair.decode", engine)
        result.time(f"{name}: bare run", bare)
        found[name] = {
            "name": name,
            "engine_over_run_median": ratio(engine, bare),
            "engine_ms_median": milliseconds(engine),
            "engine_ms_p95": milliseconds(engine, 95),
            "bare_ms_median": milliseconds(bare),
            "bare_ms_p95": milliseconds(bare, 95),
            **opened[name],
            **memory(folder),
        }
    bundled = [figures for name, figures in found.items() if name in BUNDLES]
    result.facts = {
        "engine_over_run_median": max(figures["engine_over_run_median"] for figures in bundled),
        "bundled": bundled,
        "decoders": [figures for name, figures in found.items() if name not in BUNDLES],
    }
    return result


def timed(pair: ModelPair, seconds: float) -> tuple[list[float], list[float]]:
    """Seconds of the engine's call and of the bare run, for each of many latents."""
    assert pair.decoder_path is not None
    session, port = bare_session(pair.decoder_path)
    random = np.random.default_rng(0)
    engine: list[float] = []
    bare: list[float] = []

    def decode(latent: np.ndarray) -> None:
        began = time.perf_counter()
        pair.decode(latent)
        engine.append(time.perf_counter() - began)

    def run(latent: np.ndarray) -> None:
        shaped = latent.reshape(1, *pair.latent_shape)
        began = time.perf_counter()
        session.run(None, {port: shaped})
        bare.append(time.perf_counter() - began)

    until = time.perf_counter() + seconds
    while len(engine) < _ROUNDS and (time.perf_counter() < until or len(engine) < 2 * _WARM_UP):
        latent = random.standard_normal((1, pair.latent_size), np.float32)
        for call in (decode, run) if len(engine) % 2 else (run, decode):
            call(latent)
    return engine[_WARM_UP:], bare[_WARM_UP:]


def opening(folders: dict[str, Path], result: Result, drops: int) -> dict[str, dict[str, float]]:
    """Drop each pair on one window, never seen and seen before, and create its sessions bare."""
    from tests.benchmarks.hand import Hand

    hand = Hand(assets() / BUNDLES[1])
    found = {}
    for name, folder in folders.items():
        files = [folder / "encoder.onnx", folder / "decoder.onnx"]
        fresh, again, bare, both = [], [], [], []
        for _ in range(drops):
            shutil.rmtree(platformdirs.user_cache_dir("latent-explorer"), ignore_errors=True)
            fresh.append(hand.drop(files))
            again.append(hand.drop(files))
            began = time.perf_counter()
            sessions = [bare_session(path) for path in files]
            bare.append(time.perf_counter() - began)
            session, port = sessions[1]
            sizes = [size if isinstance(size, int) else 1 for size in session.get_inputs()[0].shape]
            session.run(None, {port: np.zeros(sizes, np.float32)})
            both.append(time.perf_counter() - began)
        result.time(f"{name}: dropped, to its first picture", fresh)
        result.time(f"{name}: dropped again", again)
        result.time(f"{name}: two bare sessions", bare)
        found[name] = {
            "open_over_session": ratio(fresh, bare),
            "open_over_session_and_run": ratio(fresh, both),
            "reopen_over_session": ratio(again, bare),
            "open_ms": milliseconds(fresh),
            "session_ms": milliseconds(bare),
        }
    hand.close()
    return found


def memory(folder: Path) -> dict[str, float]:
    """The peak of the engine's process over that of the bare runtime's."""
    peaks = {}
    for kind in ("bare", "engine"):
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.peak", kind, str(folder)],
            cwd=assets().parent,
            env=os.environ,
            capture_output=True,
            text=True,
            check=True,
        )
        peaks[kind] = float(done.stdout)
    return {
        "peak_over_bare": round(peaks["engine"] / peaks["bare"], 3),
        "peak_mib": peaks["engine"],
        "bare_peak_mib": peaks["bare"],
    }


if __name__ == "__main__":
    main()
