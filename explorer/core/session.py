"""What a person has open and has done: one frozen value. The file that keeps it is in ``session_file``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from explorer.core.carry import Individual
from explorer.core.coloring import column_of, shown_of
from explorer.core.dataset_base import Field, Measure
from explorer.core.latent_map import LatentMap
from explorer.core.latent_ops.axis_set import AxisSet
from explorer.core.model_pair import ModelPair
from explorer.core.path_plan import PathPlan
from explorer.core.plan import ExtraInput
from explorer.core.provenance import Provenance
from explorer.core.workspace import Workspace

if TYPE_CHECKING:
    from explorer.core.compared import Compared
    from explorer.core.latent_ops.directions import Direction
    from explorer.core.latent_ops.steering import Steered
    from explorer.core.latent_ops.told import Probe

Floats = npt.NDArray[np.float32]
Pictures = npt.NDArray[np.uint8]
Place = tuple[float, float]

OPEN = ("pair", "work", "map", "measures", "unknown")
"""Fields of a session that its file refers to, or that are worked out anew."""

_NAMES = {
    "point": "data point",
    "image": "dropped image",
    "kept": "kept picture",
    "slider": "slider’s picture",
    "prior": "random picture",
    "path": "picture of the path",
    "direction": "moved along directions",
    "analogy": "analogy",
}


@dataclass(frozen=True, eq=False)
class Cursor:
    """The latent that is being looked at.

    Attributes:
        latent: ``(D,) float32``; this is what is decoded.
        place: where it lies on the map, or None without a map.
        source: how it was come by: ``map``, ``point``, ``image``, ``kept``, ``slider``, ``prior``, ``path``,
            ``carried``. All but the first and the last are exact: given, not worked out from a place.
        seed: the seed it was drawn with, if it was drawn.
        carried: what is carried over the map, where that is so.
        name: what it is, in words; may be empty.
        steered: what directions were added to which latent, where that is so.
        base: the latent that sliders moved this one away from, where that is so.
    """

    latent: Floats
    place: Place | None
    source: str
    seed: int | None = None
    carried: Individual | None = None
    name: str = ""
    steered: Steered | None = None
    base: Floats | None = None


@dataclass(frozen=True, eq=False)
class DroppedImage:
    """A picture the user brought: as the model sees it, ``uint8 (*sample_shape)``, and what it makes of it.

    ``error`` is the mean squared error on [0, 1] pixels. Both are None where the model only encodes.
    ``far`` says that its latent lies so far from all data that its place says little.
    """

    name: str
    original: Pictures
    reconstruction: Pictures | None
    error: float | None
    latent: Floats
    place: Place | None
    far: bool = False


@dataclass(frozen=True, eq=False)
class Kept:
    """A picture in the tray, ``uint8 (*sample_shape)``, with all that is needed to come back to it.

    ``rating`` is 0 to 5 stars, ``tags`` are words of the user's.
    """

    picture: Pictures
    provenance: Provenance
    rating: int = 0
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Bookmark:
    """A picture with a name, to come back to exactly; ``place`` is where it lies on the map that is shown."""

    kept: Kept
    name: str
    note: str = ""
    place: Place | None = None


@dataclass(frozen=True, eq=False)
class Session:
    """Everything open and everything done. Fields are compared by identity.

    What is open is kept as references; every other field is kept as it is declared, so a new one needs a type
    that ``core.coded`` knows and a default, and no more.

    Attributes:
        color_by: what colours the map: the name of a column of the data, or a key of ``core.coloring``.
        hidden: codes of that field that are filtered out, -1 being what has no label.
        range: the lowest and highest number that is shown, where a measure colours the map; None for all.
        measures: what has been worked out to colour by, by the keys of ``core.coloring``; labels only where
            a probe tells them.
        selection: rows that were selected, in an order that may mean something, or None; see
            ``selected_rows``.
        dropped: the pictures dropped last; the first is shown beside its reconstruction.
        seed: the seed of the next sample.
        extras: what the decoder is fed beside the latent, by the inputs' names; an input that is not here
            has the value of the model's plan.
        bookmarks: pictures with names, in the user's order.
        directions: those that pictures can be moved along, each with a name of its own.
        probes: what columns of the data are told from a latent by, one for a column.
        axes: what the sliders move along in place of the dimensions; None for these.
        path: the stations of the path that is laid over the map, and how it is played.
        compared: the models that are beside each other in a window of their own, or None.
        unknown: fields of a saved session that this version does not know, to be kept with it.
    """

    pair: ModelPair | None = None
    work: Workspace | None = None
    map: LatentMap | None = None
    color_by: str = ""
    hidden: frozenset[int] = frozenset()
    range: tuple[float, float] | None = None
    measures: Mapping[str, Field | Measure] = field(default_factory=dict)
    selection: npt.NDArray[np.int64] | None = None
    cursor: Cursor | None = None
    dropped: tuple[DroppedImage, ...] = ()
    tray: tuple[Kept, ...] = ()
    seed: int = 42
    extras: Mapping[str, float] = field(default_factory=dict)
    bookmarks: tuple[Bookmark, ...] = ()
    directions: tuple[Direction, ...] = ()
    probes: tuple[Probe, ...] = ()
    axes: AxisSet | None = None
    path: PathPlan = field(default_factory=PathPlan)
    compared: Compared | None = None
    unknown: Mapping[str, Any] = field(default_factory=dict)


def worked_out(session: Session) -> tuple[Measure, ...]:
    """The numbers that have been worked out to colour by."""
    return tuple(one for one in session.measures.values() if isinstance(one, Measure))


def colored(session: Session) -> Field | Measure | None:
    """The column that colours the map; None for one colour."""
    return column_of(session.work, session.color_by, session.measures)


def is_own(cursor: Cursor | None) -> bool:
    """Whether the cursor's latent has something of its own beside what its place on the map says."""
    return cursor is not None and cursor.source != "map"


def individual_of(cursor: Cursor | None, reach: float) -> Individual | None:
    """What is carried from the cursor on; None where that is nothing."""
    if cursor is None or cursor.place is None or reach <= 0.0 or not is_own(cursor):
        return None
    if cursor.carried is not None:
        return replace(cursor.carried, reach=reach)
    return Individual(cursor.latent, cursor.place, reach, name_of(cursor))


def name_of(cursor: Cursor) -> str:
    """What the cursor's picture is, in words; empty for what the map says of a place."""
    return cursor.name or _NAMES.get(cursor.source, "")


def colored_field(session: Session) -> Field | None:
    """The field that colours the map; None where it is none, or numbers do."""
    column = colored(session)
    return column if isinstance(column, Field) else None


def filtered(session: Session) -> npt.NDArray[np.bool_] | None:
    """Which rows of the open data the filter leaves, ``(N,)``; None for all."""
    return shown_of(colored(session), session.hidden, session.range)


def shown_rows(session: Session) -> npt.NDArray[np.bool_]:
    """Which rows of the open data the filter leaves, ``(N,)``."""
    rows = filtered(session)
    return np.ones(len(session.work) if session.work else 0, np.bool_) if rows is None else rows


def selected_rows(session: Session) -> npt.NDArray[np.int64] | None:
    """The selected rows that the filter leaves, in the selection's order; None for none."""
    if session.selection is None:
        return None
    left = session.selection[shown_rows(session)[session.selection]]
    return left if len(left) else None


def defaults() -> dict[str, Any]:
    """Fresh values of all fields that the file of a session keeps."""
    found = {}
    for one in fields(Session):
        if one.name not in OPEN:
            made = one.default_factory
            found[one.name] = one.default if made is MISSING else made()
    return found


def extra_inputs(pair: ModelPair | None) -> tuple[ExtraInput, ...]:
    """What the decoder wants beside the latent."""
    decoder = pair.plan.decoder if pair is not None else None
    return decoder.extras if decoder is not None else ()


def provenance_of(pair: ModelPair, cursor: Cursor, extras: Mapping[str, float]) -> Provenance:
    """Where the picture at ``cursor`` comes from."""
    return Provenance(
        cursor.latent,
        pair.name,
        pair.fingerprint,
        cursor.source,
        cursor.seed,
        place=cursor.place,
        extras=extras,
    )
