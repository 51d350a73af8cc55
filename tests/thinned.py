"""A comparison of the bundled models over a part of their data, for tests that need not wait for all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from explorer.core.comparison import Comparison, Side, open_tour
from explorer.core.latent_map import LatentMap
from explorer.core.progress import Progress


def thinned_tour(count: int) -> Comparison:
    """The autoencoder, the VAE and the GAN with the first ``count`` pictures."""
    return Comparison.of([_thinned(side, count) for side in open_tour(Progress()).sides])


def _thinned(side: Side, count: int) -> Side:
    work = side.work
    latents = np.array(work.latents[:count])
    fewer = replace(
        work,
        latents=latents,
        logvars=None if work.logvars is None else np.array(work.logvars[:count]),
        rows=work.rows[:count],
        fields=tuple(replace(field, codes=field.codes[:count]) for field in work.fields),
    )
    return replace(side, work=fewer, map=LatentMap.of(side.map.positions[:count], latents))
