"""Latents moved along a direction, a row for each."""

from __future__ import annotations

import numpy as np

from explorer.core.errors import ExplorerError
from explorer.core.progress import Progress
from explorer.core.recipes.document import Moves
from explorer.core.recipes.kinds.common import Chosen, Located, drawn, listed
from explorer.core.recipes.source import Source


def moves(what: Moves, source: Source, _: Progress) -> Chosen:
    """The pictures of ``Moves``. Raises ``ExplorerError`` for latents of another size."""
    size = source.pair.latent_size
    fits = what.latents.ndim == 2 and what.latents.shape[1] == size and what.vector.shape == (size,)
    if not fits or not len(what.latents) or what.steps < 2:
        raise ExplorerError(
            f"A direction for {source.pair.name} and the latents it moves have {size} numbers, and it takes "
            "two steps or more."
        )
    strengths = np.linspace(-what.reach, what.reach, what.steps)
    away = (strengths * what.sigma).astype(np.float32)[:, None] * what.vector
    latents = (what.latents[:, None] + away[None]).reshape(-1, size).astype(np.float32)
    located = Located(source, latents)
    items = []
    for index, latent in enumerate(latents):
        strength = float(strengths[index % what.steps])
        caption = f"{strength:+.1f} σ".replace("-", "−") if abs(strength) > 1e-9 else "as it is"
        items.append(
            drawn(
                source,
                index,
                latent,
                sampler=f"moved along {what.name}",
                draw=index,
                caption=caption,
                group=f"{index // what.steps + 1}" if len(what.latents) > 1 else "",
                where=located.where(index),
                facts={"value": strength, **located.facts(index)},
            )
        )
    return listed(items, columns=what.steps)
