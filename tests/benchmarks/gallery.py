"""What an exported gallery costs beside decoding and encoding its pictures, and what memory it takes.

``python -m tests.benchmarks.gallery [--quick] [--json]``, for each bundled model and a made one of 128²:

- ``singles_over_bare``: pictures a second of an export as single PNGs with their notes, over decoding all in
  batches by the bare runtime and then encoding all with Pillow, in as many threads as there are cores;
  ``singles_with_map_over_bare``: the same where each picture's place on the map is found as well;
- ``sheet_over_bare``: pictures a second of an export as one sheet (PNG), over decoding alone;
- ``peak_100k_over_1k``: the peak memory of a process that exports 100,000 single pictures, over 1,000.

Rounds take turns; each figure is the ratio of the shortest. ``singles_over_bare`` and ``sheet_over_bare``
without a model's name are the least of all.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from explorer.core.opening import classify, open_now
from explorer.core.pixels import from_tensor
from explorer.core.progress import Progress
from explorer.core.recipes.document import Samples
from explorer.core.recipes.source import Source
from explorer.core.recipes.writing import Style, recipe_for, write_gallery
from tests.benchmarks.common import BUNDLES, Result, assets, bare_session, run_at_home
from tests.benchmarks.made_pair import MADE, write

_COUNT, _QUICK_COUNT = 10_000, 256
_MADE, _MADE_COUNT = "made-128", 500
_ROUNDS, _QUICK_ROUNDS = 3, 1
_MANY, _FEW, _QUICK_MANY, _QUICK_FEW = 100_000, 1_000, 1_000, 100
_BATCH = 64


def main() -> None:
    """Measure and print."""
    run_at_home(__doc__, measure)


def measure(home: Path, *, quick: bool) -> Result:
    """All figures."""
    result = Result()
    write(home / _MADE, MADE[_MADE])
    singles, sheets = [], []
    for name in BUNDLES if quick else (*BUNDLES, _MADE):
        folder = assets() / name if name in BUNDLES else home / name
        count = _QUICK_COUNT if quick else _MADE_COUNT if name == _MADE else _COUNT
        one = _of_model(name, folder, home, count, _QUICK_ROUNDS if quick else _ROUNDS, result)
        singles.append(one[0])
        sheets.append(one[1])
    result.facts["singles_over_bare"] = min(singles)
    result.facts["sheet_over_bare"] = min(sheets)
    many, few = (_QUICK_MANY, _QUICK_FEW) if quick else (_MANY, _FEW)
    peaks = [_peak(count, home / "peak") for count in (few, many)]
    result.facts["peak_1k_mib"], result.facts["peak_100k_mib"] = peaks
    result.facts["peak_100k_over_1k"] = round(peaks[1] / peaks[0], 3)
    return result


def _of_model(
    name: str, folder: Path, home: Path, count: int, rounds: int, result: Result
) -> tuple[float, float]:
    opened = open_now(classify([folder]), None, Progress())
    plain = Source((opened.pair,))
    mapped = Source((opened.pair,), opened.work, opened.map) if opened.map is not None else None
    if mapped is not None:
        mapped.chart.prepare()
    latents = recipe_latents(count, opened.pair.latent_size)
    assert opened.pair.decoder_path is not None
    assert opened.pair.plan.decoder is not None
    session, port = bare_session(opened.pair.decoder_path)
    spec = opened.pair.plan.decoder.image
    shape = (-1, *opened.pair.latent_shape)

    def decode() -> list[np.ndarray]:
        return [
            from_tensor(session.run(None, {port: latents[start : start + _BATCH].reshape(shape)})[0], spec)
            for start in range(0, count, _BATCH)
        ]

    def bare() -> None:
        pictures = np.concatenate(decode())
        out = home / "bare"
        out.mkdir()

        def save(index: int) -> None:
            picture = pictures[index]
            Image.fromarray(picture[:, :, 0] if picture.shape[2] == 1 else picture).save(out / f"{index}.png")

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(save, range(count)))

    def ours(source: Source, form: str) -> None:
        out = home / "ours"
        recipe = recipe_for(Samples(count=count), source, out, Style(formats=(form,)))
        write_gallery(recipe, source, out)

    runs: dict[str, Callable[[], object]] = {
        "decode": decode,
        "bare singles": bare,
        "singles": lambda: ours(plain, "singles"),
        "sheet": lambda: ours(plain, "sheet"),
    }
    if mapped is not None:
        with_map = mapped
        runs["singles with map"] = lambda: ours(with_map, "singles")
    seconds: dict[str, list[float]] = {key: [] for key in runs}
    for _ in range(rounds):
        for key, run in runs.items():
            began = time.perf_counter()
            run()
            seconds[key].append(time.perf_counter() - began)
            for one in ("bare", "ours"):
                shutil.rmtree(home / one, ignore_errors=True)
    least = {key: min(found) for key, found in seconds.items()}
    for key, found in seconds.items():
        result.time(f"{name}: {count:,} pictures, {key}", found)
    singles = round(least["bare singles"] / least["singles"], 3)
    sheet = round(least["decode"] / least["sheet"], 3)
    result.facts[f"singles_over_bare_{name}"] = singles
    if "singles with map" in least:
        placed = round(least["bare singles"] / least["singles with map"], 3)
        result.facts[f"singles_with_map_over_bare_{name}"] = placed
    result.facts[f"sheet_over_bare_{name}"] = sheet
    return singles, sheet


def recipe_latents(count: int, size: int) -> np.ndarray:
    """The latents that are decoded by the bare runtime."""
    return np.random.default_rng(0).standard_normal((count, size), np.float32)


def _peak(count: int, out: Path) -> float:
    """MiB of a process that exports ``count`` single pictures."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.gallery", "--peak-of", str(count), str(out)],
        capture_output=True,
        text=True,
        check=True,
    )
    shutil.rmtree(out, ignore_errors=True)
    return float(done.stdout.strip().splitlines()[-1])


def _export_and_tell(count: int, out: Path) -> None:
    from tests.benchmarks.first_picture import peak_mib

    opened = open_now(classify([assets() / "fashion-vae"]), None, Progress())
    source = Source((opened.pair,), opened.work, opened.map)
    write_gallery(recipe_for(Samples(count=count), source, out, Style(formats=("singles",))), source, out)
    print(round(peak_mib(), 1))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peak-of"]:
        _export_and_tell(int(sys.argv[2]), Path(sys.argv[3]))
    else:
        main()
