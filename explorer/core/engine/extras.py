"""What a model is fed beside its latent or its picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from explorer.core.plan import ExtraInput


def feeds(
    extras: Sequence[ExtraInput], values: Mapping[str, float], count: int
) -> dict[str, npt.NDArray[Any]]:
    """An array for each of ``extras``, for a batch of ``count``; ``values`` by name before the plan's own."""
    found = {}
    for extra in extras:
        one = _one(extra, values.get(extra.name, extra.value))
        found[extra.name] = np.repeat(one[np.newaxis], count, axis=0) if extra.per_sample else one
    return found


def _one(extra: ExtraInput, value: float) -> npt.NDArray[Any]:
    value = min(max(value, extra.low), extra.high)
    if extra.kind == "noise":
        noise = np.random.default_rng(round(value)).standard_normal(extra.shape)
        return np.asarray(noise).astype(extra.type)
    if extra.kind == "label" and extra.shape and extra.shape[-1] > 1:
        one = np.zeros(extra.shape, extra.type)
        one[..., min(round(value), extra.shape[-1] - 1)] = 1
        return one
    return np.full(extra.shape, value if extra.kind == "amount" else round(value)).astype(extra.type)
