"""How much each latent dimension carries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

ACTIVE_KL = 0.01
"""Nats a dimension must carry to count as active."""

ACTIVE_VARIANCE = 1e-3
"""Share of the largest variance a plain autoencoder's dimension must have to count as active."""

_BLOCK_NUMBERS = 1 << 20


@dataclass(frozen=True, eq=False)
class DimensionInformation:
    """How much each latent dimension carries.

    Attributes:
        measure: ``"KL"``, in nats, for a VAE; ``"variance"`` of the latents otherwise.
        values: ``(D,) float32`` in that measure.
        order: ``(D,)`` dimensions, the most informative first.
        active: ``(D,) bool``; a dimension that is not active is collapsed: moving along it changes little.
    """

    measure: Literal["KL", "variance"]
    values: Floats
    order: NDArray[np.int64]
    active: NDArray[np.bool_]


def dimension_information(latents: Floats, logvars: Floats | None) -> DimensionInformation:
    """Information of each dimension over ``latents`` ``(N, D)``, and ``logvars`` ``(N, D)`` for a VAE.

    For a VAE it is the mean KL divergence of the posterior from the prior in each dimension, by the closed
    form ½(μ² + σ² - 1 - log σ²) of Kingma and Welling (2014, appendix B). Rows that are not finite are left
    out.
    """
    count, size = latents.shape
    total, squares, used = np.zeros(size), np.zeros(size), 0
    block = max(1, _BLOCK_NUMBERS // max(size, 1))
    for start in range(0, count, block):
        part = np.asarray(latents[start : start + block], np.float64)
        spread = None if logvars is None else np.asarray(logvars[start : start + block], np.float64)
        if spread is not None:
            part = 0.5 * (part**2 + np.exp(np.minimum(spread, 80.0)) - 1.0 - spread)
        part = part[np.isfinite(part).all(axis=1)]
        total += part.sum(axis=0)
        squares += np.square(part).sum(axis=0)
        used += len(part)
    mean = total / max(used, 1)
    if logvars is not None:
        values, threshold = mean, ACTIVE_KL
    else:
        values = np.maximum(squares / max(used, 1) - mean**2, 0.0)
        threshold = ACTIVE_VARIANCE * float(values.max(initial=0.0))
    order = np.argsort(-values, kind="stable")
    measure: Literal["KL", "variance"] = "variance" if logvars is None else "KL"
    return DimensionInformation(measure, values.astype(np.float32), order, values > threshold)
