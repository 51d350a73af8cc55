"""The points and the way of the hand that all renderers are measured with."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.benchmarks.common import assets

WIDTH, HEIGHT = 1200, 900
_JITTER = 0.004
_STEPS = 30
_CLOSEST = 60.0


def points(count: int) -> tuple[np.ndarray, np.ndarray]:
    """``(count, 2) float32`` places and labels ``(count,) int32``: the fashion map, jittered up to size."""
    folder = assets() / "fashion-vae"
    places, labels = np.load(folder / "map.npy"), np.load(folder / "fields.npy")[0]
    random = np.random.default_rng(0)
    rows = random.permutation(len(places))[:count]
    if count > len(places):
        rows = random.integers(0, len(places), count)
    chosen = places[rows].astype(np.float32)
    if count > len(places):
        spread = np.float32(_JITTER * np.ptp(places, axis=0).max())
        chosen += spread * random.standard_normal((count, 2), np.float32)
    return chosen, labels[rows].astype(np.int32)


def way(places: np.ndarray, steps: int = _STEPS) -> Iterator[tuple[float, float, float]]:
    """Centre x and y, and the zoom over the full view: a pan near full view, then into the data, 1 to 60."""
    low, high = places.min(axis=0), places.max(axis=0)
    middle, extent = 0.5 * (low + high), high - low
    for angle in np.linspace(0.0, 2 * np.pi, steps, endpoint=False):
        yield (*(middle + 0.05 * extent * (np.cos(angle), np.sin(angle))).tolist(), 1.05)
    target = places[np.abs(places - np.median(places, axis=0)).sum(axis=1).argmin()]
    for step in range(steps):
        zoom = _CLOSEST ** (step / (steps - 1))
        share = 1.0 - 1.0 / zoom
        yield (*(middle + share * (target - middle)).tolist(), zoom)


def full_view(places: np.ndarray) -> float:
    """Map units per pixel at which all points fill the window."""
    extent = places.max(axis=0) - places.min(axis=0)
    return float(max(extent / (WIDTH * 0.88, HEIGHT * 0.88)))
