"""The way from a latent to its place on the map: how true beside ``umap.transform``, and how quick.

``python -m tests.benchmarks.placement [--quick] [--json] [--data FOLDER] [--layouts FOLDER] [--minutes N]``.
``--quick`` takes the bundled map and leaves UMAP out.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from explorer.core.placement import Placement
from tests.benchmarks import fashion
from tests.benchmarks.common import Result, in_parts
from tests.benchmarks.fashion import Mapped

Floats = NDArray[np.float32]

_VOTERS = 15
_ROUNDS, _QUICK_ROUNDS = 2000, 200
_MANY, _QUICK_MANY, _WIDE = 1_000_000, 20_000, 512


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")
    parser.add_argument("--quick", action="store_true", help="the bundled map, without UMAP")
    fashion.add_arguments(parser)
    options = parser.parse_args()
    measure(fashion.load(options), quick=options.quick, minutes=options.minutes).show(options.json)


def measure(mapped: Mapped, *, quick: bool, minutes: float) -> Result:
    """All figures of one map that can be had in so many minutes."""
    result = Result()
    placement = Placement(mapped.latents, mapped.positions)
    queries = mapped.held_latents[: _QUICK_ROUNDS if quick else _ROUNDS]
    result.facts = {"data": mapped.name}
    parts: dict[str, Callable[[], dict[str, object]]] = {
        "labels": lambda: {"label_agreement": agreement(mapped, mapped.held_places)},
        "points left out": lambda: left_out(mapped),
        "one point": lambda: {
            "recall": recall(placement, mapped.latents, queries),
            "held_out_far": round(float(placement.placed(queries).far.mean()), 4),
            "p50_ms": p50(f"{len(mapped.latents):,} × 16, one point", placement, queries, result),
        },
        "many dimensions": lambda: wide(_QUICK_MANY if quick else _MANY, result),
    }
    if not quick:
        parts["beside UMAP"] = lambda: {
            "label_agreement_transform": agreement(mapped, mapped.umap.transform(mapped.held_latents))
        }
    in_parts(result, parts, minutes)
    return result


def wide(count: int, result: Result) -> dict[str, object]:
    """One point among many of 512 dimensions."""
    latents, queries = many(count)
    placement = Placement(latents, np.random.default_rng(0).random((count, 2)).astype(np.float32))
    return {"p50_ms_512": p50(f"{count:,} × {_WIDE}, one point", placement, queries, result)}


def p50(name: str, placement: Placement, queries: Floats, result: Result) -> float:
    """Median milliseconds of one query."""
    return round(1000 * result.time(name, timed(placement.place, queries)), 3)


def agreement(mapped: Mapped, places: NDArray[np.floating]) -> float:
    """Share of held-out pictures whose 15 nearest points on the map have mostly their label."""
    votes = mapped.labels[cKDTree(mapped.positions).query(places, _VOTERS)[1]]
    counts = (votes[:, :, None] == np.arange(votes.max() + 1)).sum(axis=1)
    return round(float((counts.argmax(axis=1) == mapped.held_labels).mean()), 4)


def left_out(mapped: Mapped) -> dict[str, object]:
    """How far points that the placement was made without fall from where UMAP has them; in diameters."""
    stay, left = mapped.left_out()
    held = Placement(mapped.latents[stay], mapped.positions[stay]).place(mapped.latents[left])
    true = mapped.positions[left]

    def away(places: Floats, quantile: float) -> float:
        apart = np.linalg.norm(places - true, axis=1) / mapped.diameter
        return round(float(np.quantile(apart, quantile)), 4)

    return {
        "leave_one_out_p90": away(held, 0.9),
        "leave_one_out_p50": away(held, 0.5),
    }


def recall(placement: Placement, latents: Floats, queries: Floats) -> float:
    """Share of the true 15 nearest that the index finds."""
    true = cKDTree(latents).query(queries, _VOTERS)[1]
    found = [placement.index.nearest(query, _VOTERS)[0] for query in queries]
    return round(
        float(np.mean([len(np.intersect1d(*pair)) for pair in zip(true, found, strict=True)])) / _VOTERS, 4
    )


def many(count: int) -> tuple[Floats, Floats]:
    """Made latents ``(count, 512)`` of 200 groups, and queries beside some of them."""
    generator = np.random.default_rng(2)
    axes = (
        generator.standard_normal((24, _WIDE), np.float32)
        * np.geomspace(1, 0.1, 24, dtype=np.float32)[:, None]
    )
    centres = 3 * generator.standard_normal((200, 24), np.float32)
    latents = np.empty((count, _WIDE), np.float32)
    for start in range(0, count, 20_000):
        part = latents[start : start + 20_000]
        low = centres[generator.integers(0, 200, len(part))] + generator.standard_normal(
            (len(part), 24), np.float32
        )
        np.matmul(low, axes, out=part)
        part += 0.05 * generator.standard_normal(part.shape, np.float32)
    return latents, latents[:300] + 0.05 * generator.standard_normal((min(count, 300), _WIDE), np.float32)


def timed(place: Callable[[Floats], Floats], queries: Floats) -> list[float]:
    """Seconds of each query, the first few left away."""
    seconds = []
    for query in queries:
        began = time.perf_counter()
        place(query)
        seconds.append(time.perf_counter() - began)
    return seconds[5:]


if __name__ == "__main__":
    main()
