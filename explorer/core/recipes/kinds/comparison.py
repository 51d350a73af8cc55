"""The same draws by several models, a row for each."""

from __future__ import annotations

from explorer.core.errors import ExplorerError
from explorer.core.export.item import Item
from explorer.core.progress import Progress
from explorer.core.recipes.document import Comparison
from explorer.core.recipes.kinds.common import Chosen, Located, drawn, listed
from explorer.core.recipes.source import Source
from explorer.core.sampling import check_draws, prior_draw


def comparison(what: Comparison, source: Source, _: Progress) -> Chosen:
    """The pictures of ``Comparison``. Raises ``ExplorerError`` for fewer than two models."""
    if len(source.pairs) < 2:
        raise ExplorerError("A comparison needs two models or more; add another to the recipe’s “models”.")
    names = [pair.name for pair in source.pairs]
    items: list[Item] = []
    for number, pair in enumerate(source.pairs):
        check_draws(pair)
        work = source.work if source.work and source.work.model.fingerprint == pair.fingerprint else None
        draw = prior_draw(pair, work, what.count, what.seed)
        latents = draw.latents()
        located = Located(source, latents) if number == 0 else None
        name = pair.name if names.count(pair.name) == 1 else f"{pair.name} {number + 1}"
        for i, latent in enumerate(latents):
            items.append(
                drawn(
                    source,
                    len(items),
                    latent,
                    pair,
                    sampler=draw.text,
                    seed=draw.seed,
                    draw=i,
                    group=name,
                    where=located.where(i) if located else None,
                    facts=located.facts(i) if located else {},
                    extras=source.extras if number == 0 else {},
                )
            )
    return listed(items, columns=what.count)
