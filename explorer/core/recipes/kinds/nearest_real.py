"""Samples beside the real pictures that are nearest to them."""

from __future__ import annotations

import numpy as np

from explorer.core.dataset_base import number_text
from explorer.core.errors import ExplorerError
from explorer.core.export.item import Item
from explorer.core.progress import Progress
from explorer.core.recipes.document import NearestReal
from explorer.core.recipes.kinds.common import Chosen, Located, drawn, listed
from explorer.core.recipes.kinds.samples import sampled
from explorer.core.recipes.real import RealPictures
from explorer.core.recipes.source import Source

_BATCH = 64
_PAIRS_ACROSS = 4


def nearest_real(what: NearestReal, source: Source, progress: Progress) -> Chosen:
    """The pictures of ``NearestReal``. Raises ``ExplorerError`` where there are no real pictures."""
    work = source.data
    if not 1 <= what.count <= 50:
        raise ExplorerError(f"{what.count} nearest pictures cannot be shown; ask for 1 to 50.")
    draw, latents, rows = sampled(what.samples, source, progress)
    real = RealPictures(source, progress) if what.by == "picture" else None
    located = Located(source, latents)
    rows_near, apart = [], []
    for start in range(0, len(latents), _BATCH):
        progress(start, len(latents), "Looking for what is near", "pictures")
        some = latents[start : start + _BATCH]
        if real is not None:
            near = real.nearest(source.pair.decode(some, source.extras), what.count)
        else:
            near = source.chart.placement.nearest_of_each(some, what.count)
        rows_near.append(near[0])
        apart.append(near[1])
    items: list[Item] = []
    looked_up = zip(latents, np.concatenate(rows_near), np.concatenate(apart), strict=True)
    for number, (latent, found, distances) in enumerate(looked_up):
        known = {"distance": float(distances[0]), **located.facts(number)}
        if real is not None:
            known["nearer among the data, %"] = real.percentile(float(distances[0]))
        items.append(
            drawn(
                source,
                len(items),
                latent,
                sampler=draw.text,
                seed=draw.seed,
                draw=int(rows[number]),
                caption="Sample",
                where=located.where(number),
                facts=known,
            )
        )
        for row, distance in zip(found.tolist(), distances.tolist(), strict=True):
            own = np.asarray(work.latents[row], np.float32)
            place = None if source.map is None else tuple(map(float, source.map.positions[row]))
            items.append(
                drawn(
                    source,
                    len(items),
                    own,
                    sampler=f"picture {work.item_name(row)} of the data",
                    draw=row,
                    caption=f"Real · {number_text(distance)}",
                    where=place,
                    role="original",
                    facts={"distance": distance},
                )
            )
    each = 1 + what.count
    return listed(items, columns=each * max(1, min(_PAIRS_ACROSS, 10 // each)), together=each)
