"""Latents as they are: the tray, a selection, or any list of them."""

from __future__ import annotations

from explorer.core.errors import ExplorerError
from explorer.core.export.item import Item
from explorer.core.progress import Progress
from explorer.core.recipes.document import Kept
from explorer.core.recipes.kinds.common import Chosen, Located, drawn
from explorer.core.recipes.source import Source


def kept(what: Kept, source: Source, _: Progress) -> Chosen:
    """The pictures of ``Kept``. Raises ``ExplorerError`` for none, or latents of another size."""
    count = len(what.latents)
    if count == 0:
        raise ExplorerError("There is nothing to export yet; keep a picture or draw some samples first.")
    if what.latents.shape != (count, source.pair.latent_size):
        raise ExplorerError(
            f"The recipe’s latents have the shape {what.latents.shape}; {source.pair.name} wants "
            f"{source.pair.latent_size} numbers for each picture."
        )
    for name in ("samplers", "seeds", "draws", "places", "captions", "inputs"):
        if len(getattr(what, name)) not in (0, count):
            raise ExplorerError(f"The recipe’s “{name}” are not as many as its {count:,} latents.")
    located = Located(source, what.latents)

    def item(index: int) -> Item:
        return drawn(
            source, index, what.latents[index],
            sampler=what.samplers[index] if what.samplers else "kept",
            seed=what.seeds[index] if what.seeds else None,
            draw=what.draws[index] if what.draws else index,
            caption=what.captions[index] if what.captions else "",
            where=what.places[index] if what.places else located.where(index),
            facts=located.facts(index),
            extras=what.inputs[index] if what.inputs else source.extras,
        )  # fmt: skip

    return Chosen(count, item)
