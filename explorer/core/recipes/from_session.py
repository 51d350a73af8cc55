"""Which kinds of galleries what is open allows, and what each of them shows then."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.core.dataset_sampled import is_sampled
from explorer.core.errors import ExplorerError
from explorer.core.recipes.document import (
    Comparison,
    Film,
    Filters,
    GalleryRecipe,
    Kept,
    MapLattice,
    Moves,
    NearestReal,
    Order,
    Reconstructions,
    Samples,
    Traversals,
    What,
)
from explorer.core.recipes.source import Source
from explorer.core.sampling import NEEDS, SAMPLERS
from explorer.core.session import Kept as KeptPicture
from explorer.core.session import Session, selected_rows, shown_rows


@dataclass(frozen=True)
class Settings:
    """What a person sets; each kind looks at some of it.

    Attributes:
        count: pictures; of rows or models those in a row, of a lattice its columns.
        seed: of what is drawn.
        sampler: a key of ``SAMPLERS``.
        field, label: a column of the data, and a label in it.
        radius, temperature: of samplers that have them.
        order, filters: of samples.
        axes: of traversals.
        support: of a lattice.
        direction: the name of one of the session's directions.
        difference, gain: of reconstructions.
        stars, tag: what those of the tray have at least; 0 and empty for all.
    """

    count: int = 48
    seed: int = 42
    sampler: str = "prior"
    field: str = ""
    label: str = ""
    radius: float = 2.0
    temperature: float = 0.7
    order: Order = "drawn"
    filters: Filters = dataclasses.field(default_factory=Filters)
    axes: str = "dimensions"
    support: float = 0.5
    direction: str = ""
    difference: bool = True
    gain: float = Reconstructions.gain
    stars: int = 0
    tag: str = ""


@dataclass(frozen=True)
class Kind:
    """One kind of gallery.

    Attributes:
        title, note: what it is called, and a line about it.
        settings: the fields of ``Settings`` that count.
        count: what ``count`` is called, and how many are usual.
        missing: why it cannot be had at present, a sentence; empty where it can.
        make: what it shows.
    """

    title: str
    note: str
    settings: tuple[str, ...]
    count: tuple[str, int]
    missing: Callable[[Session], str]
    make: Callable[[Session, Settings], What]


def tray_of(session: Session) -> list[KeptPicture]:
    """The pictures of the tray that the open model draws."""
    fingerprint = session.pair.fingerprint if session.pair else ""
    return [one for one in session.tray if one.provenance.fingerprint == fingerprint]


def kept_of(session: Session, stars: int = 0, tag: str = "") -> Kept:
    """The tray as a gallery, or those of it that have so many ``stars`` and the ``tag``.

    Raises ``ExplorerError`` where it has nothing of the open model, or nothing that passes.
    """
    of_model = tray_of(session)
    if not of_model:
        raise ExplorerError(_no_tray(session))
    tray = [one.provenance for one in of_model if one.rating >= stars and (not tag or tag in one.tags)]
    if not tray:
        raise ExplorerError(
            "No picture of the tray has so many stars and that tag; ask for fewer stars or another tag."
        )
    return Kept(
        np.stack([one.latent for one in tray]),
        tuple(one.sampler for one in tray),
        tuple(one.seed for one in tray),
        tuple(one.index for one in tray),
        tuple(one.place for one in tray),
        inputs=tuple(dict(one.extras) for one in tray),
    )


def _no_tray(session: Session) -> str:
    if session.tray and not tray_of(session):
        return "The tray’s pictures are of another model; open that one to export them."
    return "" if session.tray else "The tray is empty; keep a picture with K or sample some first."


def _samples(session: Session, settings: Settings) -> Samples:
    assert session.pair is not None
    rows, sampler = None, settings.sampler
    if sampler in ("selection", "selection_mixture", "shown"):
        found = np.flatnonzero(shown_rows(session)) if sampler == "shown" else selected_rows(session)
        rows = None if found is None else np.sort(found).astype(np.int64)
        sampler = "selection" if sampler == "shown" else sampler
    used = SAMPLERS[sampler].settings
    return Samples(
        sampler, settings.count, settings.seed,
        settings.radius if "radius" in used else Samples.radius,
        settings.temperature if "temperature" in used else Samples.temperature,
        None,
        settings.field if sampler == "label" or settings.order == "label" else "",
        settings.label if sampler == "label" else "",
        session.cursor.latent if sampler == "around" and session.cursor else None,
        rows, settings.filters, settings.order,
    )  # fmt: skip


def _labels(_: Session, settings: Settings) -> Samples:
    return Samples("labels", settings.count, settings.seed, field=settings.field)


def _traversals(session: Session, settings: Settings) -> Traversals:
    assert session.cursor is not None
    axes = "principal" if settings.axes == "principal" else "dimensions"
    return Traversals(session.cursor.latent, axes, settings.count)  # type: ignore[arg-type]


def _film(session: Session, settings: Settings) -> Film:
    path = session.path
    return Film(path.latents, path.kind, path.even, path.seconds, path.ending, settings.count)


def _nearest(session: Session, settings: Settings) -> NearestReal:
    return NearestReal(_samples(session, settings))


def _reconstructions(session: Session, settings: Settings) -> Reconstructions:
    rows = selected_rows(session)
    some = None if rows is None else rows[: settings.count].astype(np.int64)
    return Reconstructions(some, settings.count, settings.seed, settings.difference, settings.gain)


def _moves(session: Session, settings: Settings) -> Moves:
    found = next((one for one in session.directions if one.name == settings.direction), session.directions[0])
    starts = [one.provenance.latent for one in tray_of(session)[: settings.count]]
    if not starts and session.cursor is not None:
        starts = [session.cursor.latent]
    if not starts:
        raise ExplorerError("There is no picture to move; click on the map or keep a picture first.")
    return Moves(np.stack(starts), found.name, found.vector, found.sigma)


def _needs(*names: str) -> Callable[[Session], str]:
    def missing(session: Session) -> str:
        for name in names:
            test, sentence = _NEEDS[name]
            if not test(session):
                return sentence
        return ""

    return missing


_NEEDS: Mapping[str, tuple[Callable[[Session], bool], str]] = {
    **NEEDS,
    "cursor": (NEEDS["cursor"][0], "There is no picture to start from; click on the map first."),
    "map": (lambda session: session.map is not None, "There is no map yet; open data first."),
    "path": (
        lambda session: len(session.path.stations) > 1,
        "There is no path yet; lay one over the map first.",
    ),
    "directions": (
        lambda session: len(session.directions) > 0,
        "There are no directions yet; make one from labels or selections first.",
    ),
    "real": (
        lambda session: session.work is not None and not is_sampled(session.work),
        "The points are the model’s own samples and not real pictures; open data.",
    ),
}

KINDS_SHOWN: Mapping[str, Kind] = {
    "tray": Kind(
        "The tray", "The pictures that were kept, in their order.",
        ("stars", "tag"), ("Pictures", 0), _no_tray,
        lambda session, settings: kept_of(session, settings.stars, settings.tag),
    ),
    "samples": Kind(
        "New samples", "Drawn from the prior, around the cursor, or like some of the data.",
        ("sampler", "count", "seed", "order", "filters"), ("Pictures", 48), lambda _: "", _samples,
    ),
    "labels": Kind(
        "New samples of each label", "A row for each label.",
        ("field", "count", "seed"), ("In a row", 10), _needs("data", "labels"), _labels,
    ),
    "lattice": Kind(
        "The map", "Decoded at a regular grid; empty where data are silent.",
        ("count", "support"), ("Columns", 28), _needs("map"), lambda _, settings: MapLattice(
            settings.count, settings.support
        ),
    ),
    "traversals": Kind(
        "Traversals", "The picture that is looked at, moved along axes of the latent, a row for each.",
        ("count", "axes"), ("Axes", 10), _needs("cursor"), _traversals,
    ),
    "film": Kind(
        "The path", "Pictures at equal times along the path over the map.",
        ("count",), ("Pictures", 96), _needs("path"), _film,
    ),
    "moves": Kind(
        "Along a direction", "The tray’s pictures, else the one that is looked at, a row for each.",
        ("direction", "count"), ("Rows at most", 8), _needs("directions"), _moves,
    ),
    "nearest": Kind(
        "Samples and what is nearest", "Each beside the real picture with the most similar pixels.",
        ("sampler", "count", "seed"), ("Samples", 12), _needs("data", "real"), _nearest,
    ),
    "reconstructions": Kind(
        "Reconstructions", "Real pictures, of the selection where there is one, and what the model makes of "
        "them.",
        ("count", "seed", "difference", "gain"), ("Pictures", 24), _needs("data", "real"), _reconstructions,
    ),
    "comparison": Kind(
        "The same seeds by several models", "A row for each, from the same draws of its prior; a plain "
        "autoencoder was trained for none, and shows it.",
        ("models", "count", "seed"), ("In a row", 10), lambda _: "",
        lambda _, settings: Comparison(settings.count, settings.seed),
    ),
}  # fmt: skip
"""The kinds of galleries that the window offers, in their order."""


def possible(session: Session) -> dict[str, Kind]:
    """Those that can be had at present."""
    return {key: kind for key, kind in KINDS_SHOWN.items() if not kind.missing(session)}


_MOST_SEED = 2**31 - 1
_OF_WHAT: Mapping[type, tuple[str, str]] = {
    Samples: ("samples", "count"), Kept: ("kept pictures", ""), Traversals: ("traversals", "count"),
    Film: ("a path", "frames"), MapLattice: ("the map", "columns"), Moves: ("along a direction", ""),
    NearestReal: ("samples and what is nearest", ""), Reconstructions: ("reconstructions", "count"),
    Comparison: ("several models", "count"),
}  # fmt: skip


def kind_of(recipe: GalleryRecipe, name: str) -> Kind:
    """What a recipe of that file ``name`` shows; count and seed may be others where it has them."""
    what = recipe.what
    title, counted = _OF_WHAT[type(what)]
    if isinstance(what, Reconstructions) and what.rows is not None:
        counted = ""
    count, seed = int(getattr(what, counted)) if counted else 0, seed_of(recipe)
    has_seed = seed is not None and 0 <= seed <= _MOST_SEED

    def make(_: Session, settings: Settings) -> What:
        changed: dict[str, Any] = {counted: settings.count} if counted and settings.count != count else {}
        if has_seed and settings.seed != seed:
            changed["seed"] = settings.seed
        return dataclasses.replace(what, **changed) if changed else what

    rows = (*(["count"] if counted else []), *(["seed"] if has_seed else []))
    note = "Drawn again as it was" + ("; another number or seed makes another." if rows else ".")
    return Kind(f"As in {name}: {title}", note, rows, ("Pictures", count), lambda _: "", make)


def seed_of(recipe: GalleryRecipe) -> int | None:
    """What a recipe's own pictures are drawn with; None where nothing is random."""
    what = recipe.what
    if isinstance(what, Samples | Comparison) or (isinstance(what, Reconstructions) and what.rows is None):
        return what.seed
    return None


def session_of(source: Source, session: Session) -> Session:
    """What galleries are chosen from beside a recipe's ``source``: ``session``, if it has its model."""
    if source.pair is session.pair:
        return session
    return Session(source.pair, source.work, source.map, tray=session.tray, extras=dict(source.extras))
