"""What new pictures can be drawn from: every sampler by its name, with what it needs and what it says."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from explorer.core.dataset_base import Field
from explorer.core.errors import ExplorerError
from explorer.core.latent_ops.draws import Law
from explorer.core.model_pair import ModelPair
from explorer.core.progress import Progress
from explorer.core.recipes.draw import Draw
from explorer.core.session import Session, selected_rows, shown_rows
from explorer.core.workspace import Workspace

if TYPE_CHECKING:
    from explorer.core.latent_ops.mixture import Mixture

_FEWEST_FITTED, _MOST_FITTED, _FITTED_VALUES = 64, 4096, 1 << 22
_SPREAD_ROWS = 20_000
_MIXTURES: WeakKeyDictionary[Workspace, Mixture] = WeakKeyDictionary()
_OF_SOME: WeakKeyDictionary[Workspace, tuple[NDArray[np.int64], Mixture]] = WeakKeyDictionary()
_FITTING = threading.Lock()

EACH_LABEL = -2
"""In place of a label's code: as many pictures of every label."""


@dataclass(frozen=True)
class SampleRequest:
    """What to sample: a name of ``SAMPLERS``, how many, the seed, and what counts for some samplers only.

    Attributes:
        radius: around the cursor, in posterior standard deviations.
        temperature, truncation: of the narrowed prior; no truncation where it is None.
        field, code: which label, or ``EACH_LABEL``: ``count`` pictures of each.
    """

    kind: str
    count: int
    seed: int
    radius: float = 2.0
    temperature: float = 0.7
    truncation: float | None = None
    field: str = ""
    code: int = -1


@dataclass(frozen=True)
class Sampler:
    """One way to draw new latents.

    Attributes:
        name: its key.
        title, note: what it is called, and a line about it.
        needs: keys of ``NEEDS``.
        settings: the fields of ``SampleRequest`` that count beside kind, count and seed.
        draw: how to draw what is asked for; the session has what it needs.
    """

    name: str
    title: str
    note: str
    needs: tuple[str, ...]
    settings: tuple[str, ...]
    draw: Callable[[SampleRequest, Session, Progress], Draw]

    def missing(self, session: Session) -> str:
        """Why it cannot be used at present, a sentence; empty where it can."""
        return next((NEEDS[need][1] for need in self.needs if not NEEDS[need][0](session)), "")


NEEDS: dict[str, tuple[Callable[[Session], bool], str]] = {
    "data": (
        lambda session: session.work is not None and len(session.work) > 0,
        "There are no points to sample from; open data first.",
    ),
    "cursor": (
        lambda session: session.cursor is not None,
        "There is no cursor to sample around; click on the map first.",
    ),
    "selection": (
        lambda session: selected_rows(session) is not None,
        "There are no points to sample from; draw a lasso around some first.",
    ),
    "labels": (
        lambda session: session.work is not None and len(session.work.fields) > 0,
        "The data have no labels to sample from; open data with labels, or select points on the map.",
    ),
    "flat": (
        lambda session: session.pair is not None and session.pair.prior != "sphere",
        "The model's prior is a sphere, which has no temperature; sample the prior as it is.",
    ),
}
"""What a sampler may need of the session, and the sentence where it is not there."""


def available(session: Session) -> list[Sampler]:
    """The samplers that can be used at present, in their order."""
    return [one for one in SAMPLERS.values() if not one.missing(session)]


def draw_of(request: SampleRequest, session: Session, progress: Progress | None = None) -> Draw:
    """How to draw what is asked for. A mixture is fitted here, for a second; ``Cancelled`` stops it.

    Raises ``ExplorerError`` where there is nothing to draw from.
    """
    if session.pair is None:
        raise ExplorerError("No model is open; open an encoder and a decoder before sampling.")
    check_draws(session.pair)
    sampler = SAMPLERS.get(request.kind)
    if sampler is None:
        raise ExplorerError(f"There is no sampler called {request.kind}; {', '.join(SAMPLERS)} would work.")
    missing = sampler.missing(session)
    if missing:
        raise ExplorerError(missing)
    return sampler.draw(request, session, progress or Progress())


def prior_draw(pair: ModelPair, work: Workspace | None, count: int, seed: int) -> Draw:
    """``count`` samples of what the model is to be sampled from.

    A plain autoencoder was trained towards no prior: it has the normal distribution fitted to its data, and
    N(0, I) only where no data are open.
    """
    if pair.prior == "data" and work is not None and len(work):
        return _fitted(work, count, seed)
    return prior_of(pair, count, seed)


def prior_of(
    pair: ModelPair, count: int, seed: int, temperature: float = 1.0, truncation: float | None = None
) -> Draw:
    """``count`` samples of the model's prior; that of a model without one is N(0, I)."""
    law: Law = "normal" if pair.prior == "data" else pair.prior
    return Draw.prior(count, pair.latent_size, seed, law, temperature, truncation, pair.radius)


def check_draws(pair: ModelPair) -> None:
    """Raise ``ExplorerError`` where the model has no decoder."""
    if not pair.can_decode:
        raise ExplorerError(f"{pair.name} is an encoder alone and draws nothing; open its decoder with it.")


def mixture_of(work: Workspace, progress: Progress | None = None) -> Mixture:
    """The mixture of normals fitted to the codes of ``work``, kept as long as ``work`` is.

    Raises ``ExplorerError`` where there are too few codes, ``Cancelled`` after a cancel.
    """
    from explorer.core.latent_ops.mixture import fit_mixture

    with _FITTING:
        found = _MIXTURES.get(work)
        if found is None:
            found = _MIXTURES[work] = fit_mixture(work.latents, progress=progress)
        return found


def _mixture_of_rows(work: Workspace, rows: NDArray[np.int64], progress: Progress) -> Mixture:
    """The mixture of normals fitted to some rows; that of the last ones is kept."""
    from explorer.core.latent_ops.mixture import fit_mixture

    with _FITTING:
        kept = _OF_SOME.get(work)
        if kept is None or not np.array_equal(kept[0], rows):
            kept = _OF_SOME[work] = rows, fit_mixture(np.asarray(work.latents[rows]), progress=progress)
        return kept[1]


def posterior_spread(work: Workspace | None) -> tuple[NDArray[np.float32] | None, str]:
    """The typical posterior standard deviation in each dimension ``(D,)``, and what it is called.

    It is the root of the mean variance. A plain autoencoder has no posterior: there it is that of the codes;
    without data, None for 1.
    """
    if work is None or not len(work):
        return None, ""
    some = slice(None, None, -(-len(work) // _SPREAD_ROWS))
    if work.logvars is not None:
        variances = np.exp(np.minimum(np.asarray(work.logvars[some], np.float64), 80.0))
        spread = np.sqrt(variances[np.isfinite(variances).all(axis=1)].mean(axis=0))
        return spread.astype(np.float32), "posterior standard deviations"
    rows = np.asarray(work.latents[some], np.float64)
    spread = rows[np.isfinite(rows).all(axis=1)].std(axis=0)
    return spread.astype(np.float32), "standard deviations of the data"


def _prior(request: SampleRequest, session: Session, _: Progress) -> Draw:
    assert session.pair is not None
    return prior_of(session.pair, request.count, request.seed)


def _narrowed(request: SampleRequest, session: Session, _: Progress) -> Draw:
    assert session.pair is not None
    return prior_of(session.pair, request.count, request.seed, request.temperature, request.truncation)


def _normal(request: SampleRequest, session: Session, _: Progress) -> Draw:
    assert session.work is not None
    return _fitted(session.work, request.count, request.seed)


def _fitted(work: Workspace, count: int, seed: int) -> Draw:
    most = max(_FEWEST_FITTED, min(_MOST_FITTED, _FITTED_VALUES // work.latents.shape[1]))
    return Draw.fitted(np.asarray(work.latents[:: -(-len(work) // most)]), count, seed)


def _mixture(request: SampleRequest, session: Session, progress: Progress) -> Draw:
    assert session.work is not None
    return Draw.mixture(mixture_of(session.work, progress), request.count, request.seed)


def _around(request: SampleRequest, session: Session, _: Progress) -> Draw:
    assert session.cursor is not None
    spread, unit = posterior_spread(session.work)
    return Draw.around(session.cursor.latent, request.radius, request.count, request.seed, spread, unit)


def _selection(request: SampleRequest, session: Session, _: Progress) -> Draw:
    assert session.work is not None
    rows = selected_rows(session)
    return Draw.selection(np.asarray(session.work.latents[rows]), request.count, request.seed)


def _selection_mixture(request: SampleRequest, session: Session, progress: Progress) -> Draw:
    assert session.work is not None
    rows = selected_rows(session)
    assert rows is not None
    rows = np.sort(rows)
    found = _mixture_of_rows(session.work, rows, progress)
    return Draw.mixture(found, request.count, request.seed, f"a selection of {len(rows):,} points")


def _shown(request: SampleRequest, session: Session, _: Progress) -> Draw:
    assert session.work is not None
    rows = shown_rows(session)
    return Draw.selection(np.asarray(session.work.latents[rows]), request.count, request.seed, "those shown")


def _label(request: SampleRequest, session: Session, _: Progress) -> Draw:
    assert session.work is not None
    field = next((one for one in session.work.fields if one.name == request.field), None)
    if field is not None and request.code == EACH_LABEL:
        return _each_label(request, session, field)
    if field is None or not 0 <= request.code < len(field.names):
        raise ExplorerError("This label is not among those of the data; choose another.")
    rows = np.asarray(session.work.latents[field.codes == request.code])
    name = f"{field.name} {field.names[request.code]}"
    if len(rows) == 0:
        raise ExplorerError(f"No point has the label {name}; choose another.")
    return Draw.selection(rows, request.count, request.seed, name)


def _each_label(request: SampleRequest, session: Session, field: Field) -> Draw:
    """As many of every label that a point has, one label after the other."""
    used = np.flatnonzero(np.bincount(field.codes[field.codes >= 0], minlength=len(field.names)))
    if len(used) == 0:
        raise ExplorerError(f"No point has a label in {field.name}; choose another column.")
    draws = [_label(replace(request, code=int(code)), session, Progress()) for code in used]
    return Draw(
        f"each {field.name}, {len(used)} in all",
        request.seed,
        lambda: np.concatenate([one.latents() for one in draws]),
    )


_ROWS = (
    Sampler(
        "prior", "The prior", "What a VAE or GAN is trained to be sampled from; a plain autoencoder is not.",
        (), (), _prior,
    ),
    Sampler(
        "narrowed", "The prior, narrowed",
        "Less spread (temperature), or no far coordinates (truncation): safer pictures, fewer kinds.",
        ("flat",), ("temperature", "truncation"), _narrowed,
    ),
    Sampler(
        "fitted", "A normal distribution fitted to the data",
        "Mean and covariance of the data's own latents.",
        ("data",), (), _normal,
    ),
    Sampler(
        "mixture", "A mixture of normals fitted to the data",
        "Follows the groups that the data's latents fall into; their number is chosen by BIC.",
        ("data",), (), _mixture,
    ),
    Sampler(
        "around", "Around the cursor",
        "The cursor's latent plus noise; the radius counts in posterior standard deviations.",
        ("cursor",), ("radius",), _around,
    ),
    Sampler(
        "selection", "The selected points, by a kernel",
        "One of them plus noise that follows its nearest neighbours among them: as the selection bends.",
        ("data", "selection"), (), _selection,
    ),
    Sampler(
        "selection_mixture", "The selected points, by a mixture",
        "A mixture of normals fitted to them: between and around them; their number is chosen by BIC.",
        ("data", "selection"), (), _selection_mixture,
    ),
    Sampler(
        "shown", "The points shown, by a kernel",
        "One of those that the legend's filter leaves, plus noise that follows its nearest neighbours.",
        ("data",), (), _shown,
    ),
    Sampler(
        "label", "A label, by a kernel",
        "One of the points that have it, plus noise that follows its nearest neighbours among them.",
        ("data", "labels"), ("field", "code"), _label,
    ),
)  # fmt: skip

SAMPLERS = {one.name: one for one in _ROWS}
"""Every sampler by its name."""
