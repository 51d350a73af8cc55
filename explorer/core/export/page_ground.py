"""The map behind a page's pictures: the data's points, few enough to travel along."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explorer.core.export.look import Color
from explorer.core.export.packing import coded

if TYPE_CHECKING:
    from explorer.core.export.item import Ground

Pictures = NDArray[np.uint8]

_MOST_POINTS = 8_000
_MOST_KINDS = 64


def ground_data(ground: Ground) -> dict[str, Any]:
    """The data's points: some of them where they are many, in steps of 1/65535 of the map."""
    total = len(ground.points)
    rows = np.linspace(0, total - 1, min(total, _MOST_POINTS)).astype(np.int64)
    rows = rows[np.isfinite(ground.points[rows]).all(axis=1)]
    points = ground.points[rows].astype(np.float64)
    if not len(points):
        return {"bounds": [0, 0, 1, 1], "points": "", "kinds": None, "legend": [], "partly": ""}
    low, high = points.min(axis=0), points.max(axis=0)
    steps = np.round((points - low) / np.maximum(high - low, 1e-12) * 65535)
    kinds: Pictures | None = None
    legend: list[list[str]] = []
    if ground.colors is not None:
        kinds, legend = _kinds(ground.colors[rows], ground.labels)
    partly = f"{len(rows):,} of {total:,} points" if len(rows) < total else ""
    return {
        "bounds": [*map(float, low), *map(float, high)],
        "points": coded(steps, "<u2"),
        "kinds": None if kinds is None else coded(kinds, "u1"),
        "legend": legend,
        "partly": partly,
    }


def _kinds(colors: Pictures, labels: Sequence[tuple[str, Color]]) -> tuple[Pictures, list[list[str]]]:
    """Which of some colours each point has, and those colours with their names, if they have any."""
    shift = 0
    while True:
        found, kinds = np.unique(colors >> shift, axis=0, return_inverse=True)
        if len(found) <= _MOST_KINDS:
            break
        shift += 1
    shown = [colors[kinds.ravel() == kind].mean(axis=0).round().astype(int) for kind in range(len(found))]
    names = {tuple(int(part) for part in color): name for name, color in labels}
    legend = [["" if shift else names.get(tuple(color.tolist()), ""), _hex(color)] for color in shown]
    order = [name for name, _ in labels]
    ranked = sorted(
        range(len(legend)), key=lambda kind: (legend[kind][0] not in order, _rank(order, legend[kind][0]))
    )
    moved = np.empty(len(legend), np.uint8)
    moved[ranked] = np.arange(len(legend), dtype=np.uint8)
    return moved[kinds.ravel()], [legend[kind] for kind in ranked]


def _rank(order: list[str], name: str) -> int:
    return order.index(name) if name in order else len(order)


def _hex(color: NDArray[np.int64]) -> str:
    return "#" + "".join(f"{value:02x}" for value in color.tolist())
