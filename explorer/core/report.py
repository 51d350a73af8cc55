"""How good models are at one data set, in figures, each with its definition, sample size and interval.

``measured`` gives what ``latent-explorer report --json`` prints: plain values, so that a table, a file and
the tour all say the same. The figures themselves are ``core.metrics``'.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from explorer.core import metrics
from explorer.core.comparison import Side
from explorer.core.errors import ExplorerError
from explorer.core.feature_net import Features
from explorer.core.files import atomic_path
from explorer.core.judge import DRAWS, FEWEST, Floats, Judge, Measured, Pictures, planar, told, work_of
from explorer.core.progress import Progress
from explorer.core.recipes.draw import Draw
from explorer.core.report_table import DEFINITIONS, SAMPLERS
from explorer.core.samples import Shape
from explorer.core.sampling import mixture_of, prior_of
from explorer.core.workspace import Workspace

SAMPLES = 2000
"""Samples, and real pictures they are compared with, unless another number is asked for."""

_BLOCK = 500


def measured(
    sides: Sequence[Side],
    features: Features,
    samples: int = SAMPLES,
    seed: int = 42,
    progress: Progress | None = None,
    samplers: Sequence[str] = tuple(SAMPLERS),
) -> Measured:
    """Measure models on the data that all of them have encoded.

    Figures are ``{value, low, high, count}``, with 95% bootstrap intervals, or None where a model cannot have
    one. Raises ``ExplorerError`` where the models' data are not the same, are gone or too few, and
    ``Cancelled``.
    """
    progress = progress or Progress()
    work = checked(sides)
    steps, done = len(sides) * (1 + len(samplers)), 0
    models: list[Measured] = []
    judges: dict[Shape, Judge] = {}
    for side in sides:
        progress(done, steps, f"Measuring {side.name}")
        shape = side.pair.sample_shape
        if shape not in judges:
            judges[shape] = Judge.of(side, features, samples, seed, progress)
        judge = judges[shape]
        one: Measured = {
            "name": side.name,
            "kind": side.kind,
            "fingerprint": side.pair.fingerprint,
            **of_codes(side, judge, progress),
            "samplers": {},
        }
        for name in samplers:
            done += 1
            progress(done, steps, f"Measuring {side.name}, {SAMPLERS[name]}")
            draw = draw_of(side, name, len(judge.held), seed, progress)
            pictures = decoded(side, draw.latents(), progress)
            one["samplers"][name] = {"draw": draw.text, **judge.judged(pictures, progress)}
        done += 1
        models.append(one)
    first = judges[sides[0].pair.sample_shape]
    enough = len(first.others) >= FEWEST
    real = first.judged(work.samples(first.others, sides[0].pair.sample_shape), progress) if enough else None
    progress(steps, steps, "Measuring")
    return {
        "format": 1,
        "data": {"name": work.data.name, "fingerprint": work.data.fingerprint, "count": len(work)},
        "features": features.told(),
        "samples": len(first.held),
        "seed": seed,
        "definitions": {key: asdict(one) for key, one in DEFINITIONS.items()},
        "real": real,
        "models": models,
    }


def checked(sides: Sequence[Side]) -> Workspace:
    """The first side's latents. Raises ``ExplorerError`` unless all sides have latents of the same data."""
    if not sides:
        raise ExplorerError("No model is named; name one or more.")
    found = [work_of(side) for side in sides]
    for side, work in zip(sides, found, strict=True):
        if work.data.fingerprint != found[0].data.fingerprint:
            raise ExplorerError(
                f"{side.name} was encoded from other data ({work.data.name}) than {sides[0].name} "
                f"({found[0].data.name}); figures compare only on the same data."
            )
    return found[0]


def draw_of(side: Side, sampler: str, count: int, seed: int, progress: Progress | None = None) -> Draw:
    """Draws of a key of ``SAMPLERS``; the prior of a model that names none is N(0, I)."""
    pair, work = side.pair, side.work
    if sampler == "prior" or work is None:
        return prior_of(pair, count, seed)
    if sampler == "mixture":
        return Draw.mixture(mixture_of(work, progress), count, seed)
    return Draw.fitted(np.asarray(work.latents[:: -(-len(work) // 4096)]), count, seed)


def decoded(side: Side, latents: Floats, progress: Progress) -> Pictures:
    """Pictures ``(N, *sample_shape)`` of latents ``(N, D)``, decoded in parts; ``Cancelled`` between them."""
    parts = []
    for start in range(0, len(latents), _BLOCK):
        progress.check()
        parts.append(side.pair.decode(latents[start : start + _BLOCK]))
    return np.concatenate(parts)


def of_codes(side: Side, judge: Judge, progress: Progress) -> Measured:
    """What is said of the latents of real pictures and their reconstructions."""
    work = side.work
    assert work is not None
    means = np.asarray(work.latents[judge.held_rows], np.float32)
    again = decoded(side, means, progress)
    errors = metrics.squared_errors(planar(judge.held), planar(again))
    found: Measured = {
        "reconstruction": told(metrics.interval(_mean, errors, draws=DRAWS)),
        "active_units": told(
            metrics.interval(lambda rows: float(metrics.active_units(rows).sum()), means, draws=DRAWS)
        ),
        "latent_size": side.pair.latent_size,
        "kl": None,
        "kl_per_dimension": None,
    }
    if work.logvars is not None:
        logvars = np.asarray(work.logvars[judge.held_rows], np.float32)
        each = 0.5 * (means**2 + np.exp(np.minimum(logvars, 80.0)) - 1.0 - logvars)
        found["kl"] = told(metrics.interval(_mean, each.sum(axis=1), draws=DRAWS))
        found["kl_per_dimension"] = [told(metrics.interval(_mean, column, draws=DRAWS)) for column in each.T]
    return found


def as_json(report: Measured) -> str:
    """A report as the text of a JSON file."""
    return json.dumps(report, indent=1, ensure_ascii=False) + "\n"


def written(report: Measured, path: Path) -> None:
    """Write a report as JSON. Raises ``ExplorerError`` where the file cannot be written."""
    with atomic_path(path) as beside:
        beside.write_text(as_json(report), encoding="utf-8")


def _mean(values: npt.NDArray[Any]) -> float:
    return float(values.mean())
