"""New pictures by a sampler: a grid of the prior, around a point, from a selection or a label."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from explorer.core.errors import ExplorerError
from explorer.core.export.item import Item
from explorer.core.progress import Progress
from explorer.core.recipes import ordering
from explorer.core.recipes.document import Samples
from explorer.core.recipes.draw import Draw
from explorer.core.recipes.filters import select
from explorer.core.recipes.kinds.common import Chosen, Located, drawn
from explorer.core.recipes.source import Source
from explorer.core.sampling import SampleRequest, draw_of
from explorer.core.session import Cursor, Session

Floats = NDArray[np.float32]


def samples(what: Samples, source: Source, progress: Progress) -> Chosen:
    """The pictures of ``Samples``. Raises ``ExplorerError`` where there is nothing to draw from."""
    if what.sampler == "labels":
        return _of_each_label(what, source, progress)
    draw, latents, rows = sampled(what, source, progress)
    columns, labels = None, None
    if what.order != "drawn":
        if what.order == "similarity":
            columns = ordering.columns_for(len(latents), *source.pair.image.picture_shape[:2])
            places = source.map.placement.place(latents) if source.map is not None else None
            order = ordering.by_similarity(latents, columns, places)
        elif what.order == "path":
            order = ordering.as_path(latents)
        else:
            order, labels = ordering.by_label(latents, source, what.field)
        latents, rows = latents[order], rows[order]
    located = Located(source, latents)

    def item(index: int) -> Item:
        return drawn(
            source, index, latents[index], sampler=draw.text, seed=draw.seed, draw=int(rows[index]),
            group=labels[index] if labels else "", where=located.where(index), facts=located.facts(index),
        )  # fmt: skip

    return Chosen(len(latents), item, columns)


def sampled(what: Samples, source: Source, progress: Progress) -> tuple[Draw, Floats, NDArray[np.int64]]:
    """What was drawn: in words, the latents ``(count, D)`` and which draws they are."""
    kept = _draw(what, what.count, source, progress)
    if what.count < 1:
        kept.latents()  # says that there are none
    latents, rows = select(
        lambda count: _draw(what, count, source, progress).latents(),
        what.count, what.filters, source, progress,
    )  # fmt: skip
    return kept, latents, rows


def _draw(what: Samples, count: int, source: Source, progress: Progress) -> Draw:
    cursor = None if what.latent is None else Cursor(_fitting(what.latent, source), None, "kept")
    rows = what.rows
    if rows is not None and (len(rows) == 0 or rows.max() >= len(source.data)):
        raise ExplorerError("The recipe’s selection is not one of these data; choose points again.")
    code = -1
    if what.sampler == "label":
        field = next((one for one in source.data.fields if one.name == what.field), None)
        if field is None or what.label not in field.names:
            raise ExplorerError(
                f"The data have no label “{what.label}” in a column “{what.field}”; choose another."
            )
        code = field.names.index(what.label)
    session = Session(source.pair, source.work, source.map, cursor=cursor, selection=rows)
    request = SampleRequest(
        what.sampler, count, what.seed, what.radius, what.temperature, what.truncation, what.field, code
    )
    return draw_of(request, session, progress)


def _of_each_label(what: Samples, source: Source, progress: Progress) -> Chosen:
    """``count`` pictures of each label, a row for each."""
    work = source.data
    field = next((one for one in work.fields if one.name == what.field or not what.field), None)
    if field is None:
        raise ExplorerError("The data have no labels to sample from; choose another kind of gallery.")
    used = [name for code, name in enumerate(field.names) if (field.codes == code).any()]
    parts = []
    for name in used:
        one = replace(what, sampler="label", field=field.name, label=name)
        parts.append(sampled(one, source, progress))
    latents = np.concatenate([part[1] for part in parts])
    rows = np.concatenate([part[2] for part in parts])
    located = Located(source, latents)

    def item(index: int) -> Item:
        number = index // what.count
        return drawn(
            source, index, latents[index], sampler=parts[number][0].text, seed=what.seed,
            draw=int(rows[index]), group=used[number], where=located.where(index),
            facts=located.facts(index),
        )  # fmt: skip

    return Chosen(len(latents), item, what.count)


def _fitting(latent: Floats, source: Source) -> Floats:
    if latent.shape != (source.pair.latent_size,):
        raise ExplorerError(
            f"The recipe’s latent has the shape {latent.shape}; {source.pair.name} wants "
            f"{source.pair.latent_size} numbers."
        )
    return latent
