"""What is kept of the trainings of models that the tour compares: their curves and settings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from explorer.core.comparison import Side

TELLING = ("generator", "sharpness", "kl", "mse")
"""Figures of a training's epochs that are drawn, the first two that there are."""


@dataclass(frozen=True)
class Curve:
    """A figure of each epoch of a training: whose, what, and its values ``(E,)``."""

    of: str
    name: str
    values: tuple[float, ...]


def curves_beside(side: Side) -> list[Curve]:
    """What was kept of the trainings in a side's folder: up to two of ``TELLING`` for each."""
    folder = side.work.folder if side.work is not None else Path()
    found = []
    for path in sorted(folder.glob("*.json")):
        epochs = _epochs(path)
        name = side.name if path.stem == "training" else path.stem
        curves = []
        for key in TELLING:
            values = tuple(float(one[key]) for one in epochs if one.get(key) is not None)
            if len(values) > 2 and np.isfinite(values).all() and np.ptp(values) > 0:
                curves.append(Curve(name, key, values))
        found += curves[:2]
    return found


def _epochs(path: Path) -> list[dict[str, Any]]:
    """The figures of a training's epochs that are kept in a file; none where it is another file."""
    epochs = _kept_of(path).get("epochs")
    return epochs if isinstance(epochs, list) and all(isinstance(one, dict) for one in epochs) else []


def _kept_of(path: Path) -> dict[str, Any]:
    """What a file keeps of a training; nothing where it cannot be read."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def unsteadiness(values: Sequence[float]) -> float | None:
    """The share of a curve's whole way up and down that it spends against its own main direction, [0, 0.5].

    None for fewer than three values, or a curve that does not move.
    """
    steps = np.diff(values)
    way = float(np.abs(steps).sum())
    if len(steps) < 2 or way == 0.0:
        return None
    return float(min(steps[steps > 0].sum(), -steps[steps < 0].sum())) / way


def had_critic(side: Side) -> bool:
    """Whether a model that is no GAN was trained against a critic, as far as its training is kept."""
    if side.kind == "GAN" or side.work is None:
        return False
    config = _kept_of(side.work.folder / "training.json").get("config")
    sharpen = config.get("sharpen") if isinstance(config, dict) else None
    return isinstance(sharpen, int | float) and sharpen > 0
