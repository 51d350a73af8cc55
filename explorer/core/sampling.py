"""What new pictures can be drawn from: the prior, the cursor, the selected or the shown points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.core.errors import ExplorerError
from explorer.core.gallery import Recipe
from explorer.core.model_pair import ModelPair
from explorer.core.session import Session, shown_rows
from explorer.core.workspace import Workspace

_FEWEST_FITTED, _MOST_FITTED, _FITTED_VALUES = 64, 4096, 1 << 22


@dataclass(frozen=True)
class SampleRequest:
    """What to sample: ``kind`` is prior, around, selection or shown; ``radius`` counts only around."""

    kind: str
    count: int
    seed: int
    radius: float


def prior_recipe(pair: ModelPair, work: Workspace | None, count: int, seed: int) -> Recipe:
    """``count`` samples of what the model is to be sampled from.

    A plain autoencoder was trained towards no prior: it has the normal distribution fitted to its data, and
    N(0, I) only where no data are open.
    """
    if pair.prior == "data" and work is not None and len(work):
        most = max(_FEWEST_FITTED, min(_MOST_FITTED, _FITTED_VALUES // pair.latent_size))
        return Recipe.fitted(np.asarray(work.latents[:: -(-len(work) // most)]), count, seed)
    return Recipe.prior(count, pair.latent_size, seed, "normal" if pair.prior == "data" else pair.prior)


def check_draws(pair: ModelPair) -> None:
    """Raise ``ExplorerError`` where the model has no decoder."""
    if not pair.can_decode:
        raise ExplorerError(f"{pair.name} is an encoder alone and draws nothing; open its decoder with it.")


def recipe_of(request: SampleRequest, session: Session) -> Recipe:
    """How to draw what is asked for. Raises ``ExplorerError`` where there is nothing to draw from."""
    pair, work, cursor = session.pair, session.work, session.cursor
    if pair is None:
        raise ExplorerError("No model is open; open an encoder and a decoder before sampling.")
    check_draws(pair)
    if request.kind == "prior":
        return prior_recipe(pair, work, request.count, request.seed)
    if request.kind == "around" and cursor is not None:
        spread = None if work is None else np.asarray(work.latents[:20_000]).std(axis=0)
        return Recipe.around(cursor.latent, request.radius, request.count, request.seed, spread)
    if request.kind == "selection" and work is not None and session.selection is not None:
        return Recipe.selection(np.asarray(work.latents[session.selection]), request.count, request.seed)
    if request.kind == "shown" and work is not None:
        return Recipe.selection(np.asarray(work.latents[shown_rows(session)]), request.count, request.seed)
    raise ExplorerError("There are no points to sample from; draw a lasso around some, or open data first.")
