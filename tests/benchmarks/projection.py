"""From latents to the map, against plain UMAP in the same run: python -m tests.benchmarks.projection.

Plain UMAP is ``umap.UMAP().fit_transform`` in a process of its own at the same low priority as the map's,
after a small map has compiled all that it needs. Ours is asked for when its process is ready.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import shutil
import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from explorer.core.map_quality import map_quality
from explorer.core.model_pair import ModelPair
from explorer.core.progress import Progress
from explorer.core.projecting.neighbours import nearest
from explorer.core.projection import Layout, MapSettings, fit_map, pca_preview, prepare, release
from tests.benchmarks import fashion
from tests.benchmarks.common import Result, assets, environment, milliseconds, ratio, say, scratch

Floats = NDArray[np.float32]

_NEIGHBOURS = 15
_SAMPLE = 2500
_SMALL = 10_000
_QUICK = 1500
_ASKED = 1000
_MAPS, _READY_SECONDS, _REST_SECONDS, _LONGEST, _COMPILING = 3, 10.0, 10.0, 60.0, 240.0

_PLAIN = """
    import os, sys, time, warnings
    import numpy as np

    warnings.simplefilter("ignore")
    if hasattr(os, "nice"):
        os.nice(10)
    import umap

    latents = np.load(sys.argv[1])
    if len(latents) > 4096:  # from there on UMAP searches neighbours otherwise
        umap.UMAP(n_epochs=11).fit_transform(latents[:4500])
    umap.UMAP(n_epochs=11).fit_transform(latents[:2000])
    for count in map(int, sys.argv[3:]):
        began = time.perf_counter()
        places = umap.UMAP().fit_transform(latents[:count])
        print(count, time.perf_counter() - began, flush=True)
        np.save(f"{sys.argv[2]}/plain-{count}.npy", places)
"""


@dataclass
class Timed:
    """A map and when what was there, in seconds from asking."""

    places: Floats
    first_frame: float
    whole_map: float
    final: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")
    parser.add_argument("--quick", action="store_true", help="a small map only, to see that it runs")
    parser.add_argument(
        "--data", type=Path, default=fashion.FOLDER, help="folder of the four IDX files (.gz)"
    )
    options = parser.parse_args()
    with scratch() as folder:
        measure(options, folder).show(options.json)


def measure(options: argparse.Namespace, folder: Path) -> Result:
    """All figures; plain UMAP's first, so that neither is in the other's way."""
    result = Result()
    latents, labels, name = data(options)
    result.facts["data"] = name
    sizes = sorted({min(_SMALL, len(latents)), len(latents)})
    plain = plain_maps(latents, sizes, folder)
    result.facts["pca_ms"] = milliseconds(preview_times(latents))
    prepare()
    fit_map(latents[:200], MapSettings(), Progress())  # its process is ready now
    for count in sizes:
        say(f"our map of {count:,} points")
        ours = timed(latents[:count])
        seconds, places = plain[count]
        ending = "" if count == len(latents) else f"_{count}"
        for line, took in (("plain UMAP", seconds), ("first moving frame", ours.first_frame),
                           ("whole-data map", ours.whole_map), ("final map", ours.final)):  # fmt: skip
            result.time(f"{count:,} points: {line}", [took])
        result.facts |= {
            f"first_frame_over_plain{ending}": round(ours.first_frame / seconds, 4),
            f"whole_map_over_plain{ending}": round(ours.whole_map / seconds, 4),
            f"final_over_plain{ending}": round(ours.final / seconds, 4),
        }
        for which, one in (("", ours.places), ("_plain", places)):
            found = map_quality(latents[:count], one, sample=_SAMPLE)
            result.facts[f"trustworthiness{which}{ending}"] = round(found.trustworthiness, 4)
            result.facts[f"continuity{which}{ending}"] = round(found.continuity, 4)
            result.facts[f"label_agreement{which}{ending}"] = round(agreement(one, labels[:count]), 4)
    release()
    say("ticks of a window")
    window_ticks(latents, labels, folder, result, quick=options.quick)
    result.facts["neighbours_recall"] = round(recall(latents), 4)
    return result


def data(options: argparse.Namespace) -> tuple[Floats, NDArray[np.int64], str]:
    """Latents, labels, and what they are in words."""
    pair = ModelPair.open(assets() / "fashion-vae")
    if options.quick or not options.data.is_dir():
        with np.load(assets() / "fashion-vae" / "fashion.npz", allow_pickle=False) as archive:
            labels = archive["label"].astype(np.int64)
        count = _QUICK if options.quick else len(labels)
        latents = np.load(assets() / "fashion-vae" / "latents.npy")[:count]
        return latents, labels[:count], f"bundled part of Fashion-MNIST: {count:,} test images"
    parts = [fashion.read(options.data, part) for part in ("train", "t10k")]
    latents = np.concatenate([pair.encode(pictures)[0] for pictures, _ in parts])
    return latents, np.concatenate([one for _, one in parts]), "Fashion-MNIST: 70,000 images"


def plain_maps(latents: Floats, sizes: list[int], folder: Path) -> dict[int, tuple[float, Floats]]:
    """Seconds and map of plain UMAP by number of points."""
    say("maps of plain UMAP")
    np.save(folder / "latents.npy", latents)
    arguments = [str(folder / "latents.npy"), str(folder), *map(str, sizes)]
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(_PLAIN), *arguments],
        env=os.environ | {"NUMBA_CACHE_DIR": str(folder / "compiled")},
        check=True, text=True, stdout=subprocess.PIPE,
    )  # fmt: skip
    took = dict(line.split() for line in done.stdout.splitlines())
    return {count: (float(took[str(count)]), np.load(folder / f"plain-{count}.npy")) for count in sizes}


def preview_times(latents: Floats) -> list[float]:
    times = []
    for _ in range(9):
        began = time.perf_counter()
        pca_preview(latents)
        times.append(time.perf_counter() - began)
    return times


def timed(latents: Floats) -> Timed:
    """Our map, and when its first moving frame and the first arranged map of all points were there."""
    began = time.perf_counter()
    seen: list[tuple[float, Layout]] = []
    made = fit_map(
        latents, MapSettings(), Progress(), lambda one: seen.append((time.perf_counter() - began, one))
    )
    final = time.perf_counter() - began
    first = next(when for when, one in seen if one.epoch)
    # The landmarks' epochs end where the count begins anew.
    whole = next((a[0] for a, b in itertools.pairwise(seen) if b[1].epoch < a[1].epoch), final)
    return Timed(made.places, first, whole, final)


def window_ticks(
    latents: Floats, labels: NDArray[np.int64], folder: Path, result: Result, *, quick: bool
) -> None:
    """The rhythm of the app's window while it maps ``latents`` over that at rest, in turn."""
    os.environ.update(environment(folder))
    from tests.benchmarks.hand import Hand

    hand = Hand(workspace(latents, labels, folder / "window"))
    idle: list[float] = []
    busy: list[float] = []
    hand.map_ticks(0, _COMPILING)  # not counted: in this home nothing is compiled yet
    for seed in range(1, 2 if quick else 1 + _MAPS):
        hand.settle(0.5 if quick else _READY_SECONDS)  # the process of the next map is made ready
        idle += hand.rest_ticks(1.0 if quick else _REST_SECONDS)
        busy += hand.map_ticks(seed, _LONGEST)
    hand.close()
    result.time(f"{len(latents):,} points: tick at rest", idle)
    result.time(f"{len(latents):,} points: tick while the map forms", busy)
    result.facts["tick_p99_over_idle"] = ratio(busy, idle, 99)


def workspace(latents: Floats, labels: NDArray[np.int64], folder: Path) -> Path:
    """The bundled workspace with other latents, on a map by PCA; its pictures stand for all."""
    shutil.copytree(assets() / "fashion-vae", folder)
    facts = json.loads((folder / "workspace.json").read_text("utf-8"))
    pictures = facts["count"]
    facts |= {"count": len(latents), "logvars": False, "map": {"method": "pca"}}
    (folder / "workspace.json").write_text(json.dumps(facts), "utf-8")
    arrays = {"latents": latents, "rows": np.arange(len(latents)) % pictures, "map": pca_preview(latents)}
    for name, array in (arrays | {"fields": labels[None].astype(np.int32)}).items():
        np.save(folder / f"{name}.npy", array)
    return folder


def agreement(places: Floats, labels: NDArray[np.int64]) -> float:
    """Share of all points whose label most of their 15 nearest on the map have."""
    from scipy.spatial import cKDTree

    near = cKDTree(places).query(places, k=_NEIGHBOURS + 1)[1][:, 1:]
    votes = np.zeros((len(places), labels.max() + 1), np.int64)
    for column in range(_NEIGHBOURS):
        votes[np.arange(len(places)), labels[near[:, column]]] += 1
    return float((votes.argmax(axis=1) == labels).mean())


def recall(latents: Floats) -> float:
    """Share of the true neighbours of some points that the search finds."""
    asked = np.random.default_rng(0).choice(len(latents), min(_ASKED, len(latents)), replace=False)
    found = nearest(latents, _NEIGHBOURS, 0).rows[asked]
    shares = []
    for row, near in zip(asked, found, strict=True):
        squares = ((latents - latents[row]) ** 2).sum(axis=1)
        shares.append(len(set(np.argpartition(squares, _NEIGHBOURS)[:_NEIGHBOURS]) & set(near)) / _NEIGHBOURS)
    return float(np.mean(shares))


if __name__ == "__main__":
    main()
