"""What new pictures can be drawn from: the prior, the cursor, the selected or the shown points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.core.errors import ExplorerError
from explorer.core.gallery import Recipe
from explorer.core.session import Session


@dataclass(frozen=True)
class SampleRequest:
    """What to sample: ``kind`` is prior, around, selection or shown; ``radius`` counts only around."""

    kind: str
    count: int
    seed: int
    radius: float


def recipe_of(request: SampleRequest, session: Session) -> Recipe:
    """How to draw what is asked for. Raises ``ExplorerError`` where there is nothing to draw from."""
    pair, work, cursor = session.pair, session.work, session.cursor
    if pair is None:
        raise ExplorerError("No model is open; open an encoder and a decoder before sampling.")
    if request.kind == "prior":
        return Recipe.prior(request.count, pair.latent_size, request.seed)
    if request.kind == "around" and cursor is not None:
        spread = None if work is None else np.asarray(work.latents[:20_000]).std(axis=0)
        return Recipe.around(cursor.latent, request.radius, request.count, request.seed, spread)
    if request.kind == "selection" and work is not None and session.selection is not None:
        return Recipe.selection(np.asarray(work.latents[session.selection]), request.count, request.seed)
    if request.kind == "shown" and work is not None:
        codes = next((one.codes for one in work.fields if one.name == session.color_by), None)
        shown = slice(None) if codes is None else ~np.isin(codes, list(session.hidden))
        return Recipe.selection(np.asarray(work.latents[shown]), request.count, request.seed)
    raise ExplorerError("There are no points to sample from; draw a lasso around some, or open data first.")
