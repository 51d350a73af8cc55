"""A latent moved along axes, a row for each."""

from __future__ import annotations

import numpy as np

from explorer.core.errors import ExplorerError
from explorer.core.latent_ops.axes import dimension_axes, principal_axes, prior_axes, traversal
from explorer.core.latent_ops.information import dimension_information
from explorer.core.progress import Progress
from explorer.core.recipes.document import Traversals
from explorer.core.recipes.kinds.common import Chosen, Located, drawn, listed
from explorer.core.recipes.source import Source


def traversals(what: Traversals, source: Source, progress: Progress) -> Chosen:
    """The pictures of ``Traversals``. Raises ``ExplorerError`` where the data that it needs are not there."""
    progress(0, 0, "Looking at the axes")
    if what.latent.shape != (source.pair.latent_size,) or what.count < 1 or what.steps < 2:
        raise ExplorerError(
            f"A traversal by {source.pair.name} starts at a latent of {source.pair.latent_size} numbers and "
            "has one axis or more, with two steps or more."
        )
    work = source.work
    if what.axes == "principal":
        axes = principal_axes(source.data.latents, what.count)
    elif work is not None and len(work):
        information = dimension_information(np.asarray(work.latents), work.logvars)
        axes = dimension_axes(work.latents, information)[: what.count]
    else:
        axes = prior_axes(source.pair.latent_size)[: what.count]
    latents = traversal(what.latent, axes, what.steps).reshape(-1, len(what.latent))
    located = Located(source, latents)
    items = []
    for number, axis in enumerate(axes):
        for step, value in enumerate(axis.places(what.steps).tolist()):
            index = number * what.steps + step
            items.append(
                drawn(
                    source,
                    index,
                    latents[index],
                    sampler=f"traversal of {axis.name}",
                    draw=index,
                    caption=axis.words(value),
                    group=axis.name,
                    where=located.where(index),
                    facts={"value": value, **located.facts(index)},
                )
            )
    return listed(items, columns=what.steps)
