"""Real pictures beside what the model makes of them."""

from __future__ import annotations

import numpy as np

from explorer.core.dataset_base import number_text
from explorer.core.dataset_sampled import is_sampled
from explorer.core.errors import ExplorerError
from explorer.core.export.item import Item, Role
from explorer.core.latent_ops.draws import checked, generator
from explorer.core.progress import Progress
from explorer.core.recipes.document import Reconstructions
from explorer.core.recipes.kinds.common import Chosen, drawn
from explorer.core.recipes.source import Source
from explorer.core.samples import mean_squared_error

MOST_GAIN = 100.0
"""What a difference may be multiplied by."""

_BATCH = 64
_TRIPLES_ACROSS = 4


def reconstructions(what: Reconstructions, source: Source, progress: Progress) -> Chosen:
    """The pictures of ``Reconstructions``; errors are mean squares on [0, 1] pixels.

    Raises ``ExplorerError`` where there are no real pictures.
    """
    work, pair = source.data, source.pair
    if is_sampled(work):
        raise ExplorerError("The points are the model’s own samples and not real pictures; open data.")
    if what.rows is None:
        finite = np.flatnonzero(np.isfinite(work.latents).all(axis=1))
        rows = generator(what.seed).permutation(finite)[: checked(what.count)]
    else:
        rows = what.rows
        if len(rows) == 0 or rows.max() >= len(work):
            raise ExplorerError("The recipe’s pictures are not in these data; choose others.")
    if not 0 < what.gain <= MOST_GAIN:
        raise ExplorerError(
            f"Differences cannot be multiplied by {what.gain:g}; up to {MOST_GAIN:g} would work."
        )
    shape = pair.sample_shape
    errors = np.empty(len(rows))
    for start in range(0, len(rows), _BATCH):
        progress(start, len(rows), "Comparing", "pictures")
        part = rows[start : start + _BATCH]
        given = work.samples(part, shape)
        made = pair.decode(np.asarray(work.latents[part]), source.extras)
        errors[start : start + len(part)] = [
            mean_squared_error(one, other) for one, other in zip(given, made, strict=True)
        ]
    if what.order == "error":
        order = np.argsort(-errors, kind="stable")
        rows, errors = rows[order], errors[order]
    pairs: tuple[Role, ...] = ("original", "decoded")
    roles: tuple[Role, ...] = (*pairs, "difference") if what.difference else pairs
    apart = "Difference" if what.gain == 1 else f"Difference × {what.gain:g}"

    def item(index: int) -> Item:
        number, part = divmod(index, len(roles))
        row, role, error = int(rows[number]), roles[part], float(errors[number])
        captions = {
            "original": work.item_name(row),
            "decoded": f"MSE {number_text(error)}",
            "difference": apart,
        }
        place = None if source.map is None else tuple(map(float, source.map.positions[row]))
        return drawn(
            source, index, np.asarray(work.latents[row], np.float32), role=role, draw=row,
            sampler=f"picture {work.item_name(row)} of the data", caption=captions[role],
            where=place if place is None or np.isfinite(place).all() else None, facts={"error": error},
        )  # fmt: skip

    each = len(roles)
    return Chosen(len(rows) * each, item, each * _TRIPLES_ACROSS, together=each, gain=what.gain)
