"""The way from a place on the map to a latent: how true, how steady, how real its pictures, how quick.

``python -m tests.benchmarks.inverse [--quick] [--json] [--data FOLDER] [--layouts FOLDER] [--minutes N]``.
With the full Fashion-MNIST some minutes, most of them UMAP's; ``--quick`` takes the bundled map and leaves
UMAP out.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from explorer.core import inverse
from explorer.core.inverse import Inverse
from explorer.core.metrics import nearest_distances
from explorer.core.placement import Placement
from models import classifier as classifiers
from tests.benchmarks import fashion
from tests.benchmarks.baselines import Baselines
from tests.benchmarks.common import Result, in_parts
from tests.benchmarks.fashion import Mapped
from tests.benchmarks.learned import learned

Floats = NDArray[np.float32]

PIXELS = 1200
"""Pixels along the map's diagonal at full view."""

JUMP = 0.5
"""A step is a jump where the latent moves by more than this share of the latents' standard deviation, the
root of their total variance."""

_DRAGS, _STEPS, _LONG = 12, 1000, 0.4
_VOTERS = 15
_VOTED = 5000
_EPOCHS = 3
_PLACES_OF_UMAP = 100
_MANY = 1_000_000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")
    parser.add_argument("--quick", action="store_true", help="the bundled map, without UMAP")
    fashion.add_arguments(parser)
    options = parser.parse_args()
    inverse.compile_engine()
    measure(fashion.load(options), quick=options.quick, minutes=options.minutes).show(options.json)


def measure(mapped: Mapped, *, quick: bool, minutes: float) -> Result:
    """All figures of one map that can be had in so many minutes."""
    result = Result()
    ours = Inverse(mapped.positions, mapped.latents)
    scale = mapped.diameter / PIXELS
    steps = drags(mapped)
    result.facts = {"data": mapped.name, "neighbours": ours.neighbours}
    parts: dict[str, Callable[[], dict[str, object]]] = {
        "speed": lambda: speed(mapped, ours, steps, scale, result, quick=quick),
        "truth": lambda: truth(mapped, ours, scale),
        "round trip": lambda: round_trip(mapped, scale),
        "steadiness": lambda: steadiness(mapped, ours, steps, scale),
        "calibration": lambda: calibration(mapped, ours, scale),
        "likeness": lambda: likeness(mapped, ours, steps, scale, quick=quick),
    }
    if not quick:
        parts["beside UMAP"] = lambda: beside_umap(mapped, ours, scale)
    in_parts(result, parts, minutes)
    return result


def latents_at(ours: Inverse, places: NDArray[np.floating], scale: float) -> Floats:
    """The program's answers ``(n, D)`` for places ``(n, 2)``."""
    return np.array([ours.latent_at(place, scale) for place in places])


def drags(
    mapped: Mapped, count: int = _DRAGS, steps: int = _STEPS, long: float = _LONG
) -> NDArray[np.float64]:
    """``(count, steps, 2)``: straight ways between points at least ``long`` diameters apart."""
    generator = np.random.default_rng(12)
    ways: list[NDArray[np.float64]] = []
    while len(ways) < count:
        begin, end = mapped.positions[generator.integers(0, len(mapped.positions), 2)].astype(np.float64)
        if np.hypot(*(end - begin)) > long * mapped.diameter:
            ways.append(begin + (end - begin) * np.linspace(0.0, 1.0, steps)[:, None])
    return np.array(ways)


def truth(mapped: Mapped, ours: Inverse, scale: float) -> dict[str, object]:
    """Unexplained variance and label agreement at the held-out pictures' places.

    Beside the best of the sweep and what small networks learn.
    """
    total = np.square(mapped.held_latents - mapped.latents.mean(axis=0)).sum(axis=1).mean()
    tree = cKDTree(mapped.latents)

    def unexplained(latents: Floats) -> float:
        return float(np.square(latents - mapped.held_latents).sum(axis=1).mean() / total)

    def agreement(latents: Floats) -> float:
        votes = mapped.labels[tree.query(latents[:_VOTED], _VOTERS, workers=-1)[1]]
        counts = (votes[:, :, None] == np.arange(votes.max() + 1)).sum(axis=1)
        return float((counts.argmax(axis=1) == mapped.held_labels[:_VOTED]).mean())

    mine = latents_at(ours, mapped.held_places, scale)
    swept = Baselines(mapped.positions, mapped.latents).sweep(mapped.held_places)
    errors = {name: unexplained(latents) for name, latents in swept.items()}
    labels = {name: agreement(latents) for name, latents in swept.items()}
    best, best_label = min(errors, key=errors.__getitem__), max(labels, key=labels.__getitem__)
    found, label = unexplained(mine), agreement(mine)
    networks = learned(mapped.positions, mapped.latents, mapped.held_places)
    return {
        "unexplained": round(found, 4),
        "unexplained_over_best": round(found / errors[best], 4),
        "unexplained_best": f"{best}: {errors[best]:.4f}",
        "label_agreement": round(label, 4),
        "label_agreement_below_best": round(labels[best_label] - label, 4),
        "label_agreement_best": f"{best_label}: {labels[best_label]:.4f}",
        "label_agreement_true": round(agreement(mapped.held_latents), 4),
        **{
            f"learned_{name}": {
                "unexplained": round(unexplained(one.latents), 4),
                "label_agreement": round(agreement(one.latents), 4),
                "seconds": round(one.seconds, 1),
            }
            for name, one in networks.items()
        },
    }


def round_trip(mapped: Mapped, scale: float) -> dict[str, object]:
    """Place → latent → place, for points of the map that both ways were made without.

    Beside it the distance at which ``Placement`` puts their true latents. In diameters, 90th percentile.
    """
    stay, left = mapped.left_out()
    positions, latents = mapped.positions[stay], mapped.latents[stay]
    placement = Placement(latents, positions)
    places = mapped.positions[left]

    def away(latents: Floats) -> float:
        apart = np.linalg.norm(placement.place(latents) - places, axis=1) / mapped.diameter
        return round(float(np.quantile(apart, 0.9)), 4)

    return {
        "round_trip_p90": away(latents_at(Inverse(positions, latents), places, scale)),
        "round_trip_p90_true": away(mapped.latents[left]),
    }


def steadiness(mapped: Mapped, ours: Inverse, steps: NDArray[np.float64], scale: float) -> dict[str, object]:
    """Jumps along the drags at full view, and exactness at points that are seen apart."""
    limit = JUMP * np.sqrt(mapped.latents.var(axis=0).sum())

    def jumps(latents: Floats) -> float:
        moved = np.linalg.norm(np.diff(latents.reshape(*steps.shape[:2], -1), axis=1), axis=2)
        return round(1000 * float((moved > limit).mean()), 2)

    places = steps.reshape(-1, 2)
    rows = np.random.default_rng(3).permutation(len(mapped.positions))[:500]
    apart, _ = cKDTree(mapped.positions).query(mapped.positions[rows], 2)
    rows = rows[apart[:, 1] > 0.0]
    zoomed = scale / 1000
    exact = [
        np.array_equal(ours.latent_at(mapped.positions[row], zoomed), mapped.latents[row]) for row in rows
    ]
    return {
        "jumps_per_1000": jumps(latents_at(ours, places, scale)),
        "jumps_per_1000_nearest": jumps(Baselines(mapped.positions, mapped.latents).nearest(places)),
        "exact_when_zoomed": bool(all(exact)),
    }


def calibration(mapped: Mapped, ours: Inverse, scale: float) -> dict[str, object]:
    """The share of held-out latents nearer to the answer than ``Trust.error``; the extremes of 8 bins."""
    some = slice(0, 4000)
    trusts = [ours.trust_at(place, scale) for place in mapped.held_places[some]]
    errors = np.array([trust.error for trust in trusts])
    unit = ours.typical_distance
    answers = latents_at(ours, mapped.held_places[some], scale)
    nearer = np.linalg.norm(mapped.held_latents[some] - answers, axis=1) / unit < errors
    bins = [nearer[part].mean() for part in np.array_split(np.argsort(errors), 8)]
    return {
        "nearer_than_error": round(float(nearer.mean()), 3),
        "nearer_than_error_bins": [round(float(min(bins)), 3), round(float(max(bins)), 3)],
        "held_out_supported": round(float(np.mean([trust.support > 0.5 for trust in trusts])), 3),
    }


def likeness(
    mapped: Mapped, ours: Inverse, steps: NDArray[np.float64], scale: float, *, quick: bool
) -> dict[str, object]:
    """The share of pictures along the drags, inside the support, that look as real as held-out ones do.

    As near to a reconstruction of a training picture, in the penultimate features of ``models.classifier``,
    as 95% of the held-out pictures' reconstructions are. Beside it the same for plain averages of as many
    neighbours, and for both the share as near as *half* of the held-out ones.
    """
    shape = (0, 3, 1, 2)
    epochs, every = (1, 10) if quick else (_EPOCHS, 2)
    some = slice(3000 if quick else None)
    network = classifiers.train_classifier(
        torch.from_numpy(mapped.pictures[some].transpose(shape).copy()),
        torch.from_numpy(mapped.labels[some]),
        epochs,
    )
    right = classifiers.accuracy(
        network,
        torch.from_numpy(mapped.held_pictures.transpose(shape).copy()),
        torch.from_numpy(mapped.held_labels),
    )

    def features(latents: Floats) -> Floats:
        pictures = torch.from_numpy(mapped.pair.decode(latents).transpose(shape).copy())
        return classifiers.features(network, pictures).numpy()

    reference = features(mapped.latents)
    held = nearest_distances(features(mapped.held_latents), reference)
    places = steps.reshape(-1, 2)[::every]
    places = places[ours.support_at(places) >= 0.5]
    found: dict[str, object] = {"classifier": f"models.classifier, {epochs} epochs, {right:.3f} accurate"}
    plain = Baselines(mapped.positions, mapped.latents).average(places, ours.neighbours)
    for name, latents in (("", latents_at(ours, places, scale)), ("_plain", plain)):
        distances = nearest_distances(features(latents), reference)
        for share, quantile in (("near_real_share", 0.95), ("near_real_half_share", 0.5)):
            near = (distances <= np.quantile(held, quantile)).mean()
            found[share + name] = round(float(near), 4)
    return found


def speed(
    mapped: Mapped,
    ours: Inverse,
    steps: NDArray[np.float64],
    scale: float,
    result: Result,
    *,
    quick: bool,
) -> dict[str, object]:
    """One query along the drags, of this map and of one of a million points."""
    places = steps.reshape(-1, 2)[:: 10 if quick else 2]
    seconds = timed(ours, places, scale)
    result.time(f"{len(mapped.latents):,} points, a query", seconds)
    p50, p99 = np.percentile(seconds, (50, 99)) * 1000
    found: dict[str, object] = {"p50_ms": round(float(p50), 4), "p99_ms": round(float(p99), 4)}
    generator = np.random.default_rng(5)
    rows = generator.integers(0, len(mapped.latents), 100_000 if quick else _MANY)
    jitter = 0.0005 * mapped.diameter * generator.standard_normal((len(rows), 2))
    many = Inverse((mapped.positions[rows] + jitter).astype(np.float32), mapped.latents[rows])
    latents_at(many, places[:3], scale)  # coarser levels are made once
    seconds = timed(many, places, scale)
    result.time(f"{len(rows):,} points, a query", seconds)
    p50, p99 = np.percentile(seconds, (50, 99)) * 1000
    return found | {"p50_ms_1m": round(float(p50), 4), "p99_ms_1m": round(float(p99), 4)}


def timed(ours: Inverse, places: NDArray[np.float64], scale: float) -> list[float]:
    """Seconds of each query."""
    seconds = []
    for place in places:
        began = time.perf_counter()
        ours.latent_at(place, scale)
        seconds.append(time.perf_counter() - began)
    return seconds


def beside_umap(mapped: Mapped, ours: Inverse, scale: float) -> dict[str, object]:
    """``umap.inverse_transform`` on some held-out places: how much longer, and how much of the variance."""
    rows = np.random.default_rng(7).permutation(len(mapped.held_latents))[:_PLACES_OF_UMAP]
    places, true = mapped.held_places[rows], mapped.held_latents[rows]
    model = mapped.umap
    model.inverse_transform(places[:2])  # compiles
    began = time.perf_counter()
    theirs = model.inverse_transform(places)
    theirs_took = time.perf_counter() - began
    began = time.perf_counter()
    mine = latents_at(ours, places, scale)
    took = time.perf_counter() - began
    total = np.square(mapped.held_latents - mapped.latents.mean(axis=0)).sum(axis=1).mean()
    return {
        "umap_inverse_over_ours": round(theirs_took / took),
        "unexplained_umap_places": [
            round(float(np.square(latents - true).sum(axis=1).mean() / total), 4)
            for latents in (mine, theirs)
        ],
    }


if __name__ == "__main__":
    main()
