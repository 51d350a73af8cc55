"""What a person has open and has done: one frozen value, and the file that keeps it."""

from __future__ import annotations

import json
import math
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from explorer.core.carry import Individual
from explorer.core.coloring import column_of, shown_of
from explorer.core.dataset_base import Field, Measure
from explorer.core.errors import ExplorerError
from explorer.core.files import atomic_path, write_error
from explorer.core.gallery import Provenance
from explorer.core.latent_map import LatentMap
from explorer.core.map_settings import MapRecord
from explorer.core.model_pair import ModelPair
from explorer.core.plan import ExtraInput
from explorer.core.view import View
from explorer.core.workspace import Workspace

Floats = npt.NDArray[np.float32]
Pictures = npt.NDArray[np.uint8]
Place = tuple[float, float]

FORMAT = 1

_EVERYWHERE = 1e9  # JSON knows no infinity
_NAMES = {
    "point": "data point",
    "image": "dropped image",
    "kept": "kept picture",
    "slider": "slider’s picture",
    "prior": "random picture",
}


@dataclass(frozen=True, eq=False)
class Cursor:
    """The latent that is being looked at.

    Attributes:
        latent: ``(D,) float32``; this is what is decoded.
        place: where it lies on the map, or None without a map.
        source: how it was come by: ``map``, ``point``, ``image``, ``kept``, ``slider``, ``prior``,
            ``carried``. All but the first and the last are exact: given, not worked out from a place.
        seed: the seed it was drawn with, if it was drawn.
        carried: what is carried over the map, where that is so.
        name: what it is, in words; may be empty.
    """

    latent: Floats
    place: Place | None
    source: str
    seed: int | None = None
    carried: Individual | None = None
    name: str = ""


@dataclass(frozen=True, eq=False)
class DroppedImage:
    """A picture the user brought: as the model sees it, ``uint8 (H, W, C)``, and what the model makes of it.

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
    """A picture in the tray, ``uint8 (H, W, C)``, with all that is needed to come back to it."""

    picture: Pictures
    provenance: Provenance


@dataclass(frozen=True, eq=False)
class Session:
    """Everything open and everything done. Fields are compared by identity.

    Attributes:
        color_by: what colours the map: the name of a column of the data, or a key of ``core.coloring``.
        hidden: codes of that field that are filtered out, -1 being what has no label.
        range: the lowest and highest number that is shown, where a measure colours the map; None for all.
        measures: what has been worked out to colour by, by the keys of ``core.coloring``.
        selection: rows that were selected, in an order that may mean something, or None; see
            ``selected_rows``.
        dropped: the pictures dropped last; the first is shown beside its reconstruction.
        seed: the seed of the next sample.
        extras: what the decoder is fed beside the latent, by the inputs' names; an input that is not here
            has the value of the model's plan.
    """

    pair: ModelPair | None = None
    work: Workspace | None = None
    map: LatentMap | None = None
    color_by: str = ""
    hidden: frozenset[int] = frozenset()
    range: tuple[float, float] | None = None
    measures: Mapping[str, Measure] = field(default_factory=dict)
    selection: npt.NDArray[np.int64] | None = None
    cursor: Cursor | None = None
    dropped: tuple[DroppedImage, ...] = ()
    tray: tuple[Kept, ...] = ()
    seed: int = 42
    extras: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class SavedSession:
    """A session as it lies on disk: references instead of open models, everything else as it was."""

    model: tuple[Path, ...]
    workspace: Path | None
    color_by: str
    hidden: frozenset[int]
    range: tuple[float, float] | None
    cursor: Cursor | None
    tray: tuple[Kept, ...]
    seed: int
    view: View | None
    extras: Mapping[str, float]
    map: MapRecord | None = None


def save_session(path: Path, session: Session, view: View | None) -> None:
    """Write ``session`` and the map's view to one file (a zip of JSON and arrays; no pickle).

    Raises ``ExplorerError`` where the file cannot be written; what was there before stays.
    """
    pair, cursor = session.pair, session.cursor
    arrays: dict[str, npt.NDArray[Any]] = {}
    if cursor is not None:
        arrays["cursor"] = cursor.latent
    if cursor is not None and cursor.carried is not None:
        arrays["carried"] = cursor.carried.latent
    for i, kept in enumerate(session.tray):
        arrays[f"picture{i}"] = kept.picture
    facts = {
        "format": FORMAT,
        "model": [str(path.resolve()) for path in model_files(pair)] if pair else [],
        "workspace": str(session.work.folder.resolve()) if session.work else None,
        "color_by": session.color_by,
        "hidden": sorted(session.hidden),
        "range": session.range,
        "cursor": _described(cursor) if cursor else None,
        "tray": [kept.provenance.to_json() for kept in session.tray],
        "seed": session.seed,
        "extras": dict(session.extras),
        "map": session.map.record.facts() if session.map and session.map.record else None,
        "view": [
            float(view.center_x),
            float(view.center_y),
            float(view.units_per_pixel),
            view.width,
            view.height,
        ]
        if view
        else None,
    }
    with atomic_path(path) as beside, beside.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, session=np.array(json.dumps(facts)), **arrays)


def load_session(path: Path) -> SavedSession:
    """Read a file of ``save_session``.

    Raises ``ExplorerError`` for a file that is missing, cut short, foreign or of a newer version.
    """
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            facts = json.loads(str(file["session"]))
            if facts["format"] > FORMAT:
                raise ExplorerError(
                    f"{path} was saved by a newer version of this program; open it with that version."
                )
            place = facts["cursor"]
            cursor = (
                Cursor(
                    file["cursor"].astype(np.float32),
                    tuple(place["place"]) if place["place"] else None,
                    str(place["source"]),
                    place["seed"],
                    _carried(file, place.get("carried")),
                    str(place.get("name", "")),
                )
                if place
                else None
            )
            tray = tuple(
                Kept(file[f"picture{i}"], Provenance.from_json(text)) for i, text in enumerate(facts["tray"])
            )
        return SavedSession(
            model=tuple(Path(path) for path in facts["model"] or ()),
            workspace=Path(facts["workspace"]) if facts["workspace"] else None,
            color_by=str(facts["color_by"]),
            hidden=frozenset(int(code) for code in facts["hidden"]),
            range=_range(facts.get("range")),
            cursor=cursor,
            tray=tray,
            seed=int(facts["seed"]),
            view=View(*facts["view"]) if facts["view"] else None,
            extras={str(name): float(value) for name, value in facts.get("extras", {}).items()},
            map=MapRecord.of(facts["map"]) if facts.get("map") else None,
        )
    except FileNotFoundError as error:
        raise ExplorerError(f"{path} does not exist; choose a saved session.") from error
    except (
        OSError, KeyError, ValueError, TypeError, IndexError, AttributeError, EOFError, zipfile.BadZipFile,
    ) as error:  # fmt: skip
        raise ExplorerError(
            f"{path} is no session of this program or was cut short; choose another."
        ) from error


def _described(cursor: Cursor) -> dict[str, Any]:
    one = cursor.carried
    carried = {"place": one.place, "reach": min(one.reach, _EVERYWHERE), "name": one.name} if one else None
    return {
        "place": cursor.place,
        "source": cursor.source,
        "seed": cursor.seed,
        "carried": carried,
        "name": cursor.name,
    }


def _carried(file: Mapping[str, Any], facts: dict[str, Any] | None) -> Individual | None:
    if not facts:
        return None
    x, y = facts["place"]
    reach = float(facts["reach"])
    latent = np.asarray(file["carried"], np.float32)
    return Individual(
        latent, (float(x), float(y)), math.inf if reach >= _EVERYWHERE else reach, str(facts["name"])
    )


def put_aside(path: Path) -> Path:
    """Rename a session that cannot be opened, so that it is not overwritten; returns its new place.

    Raises ``ExplorerError`` where that is not possible.
    """
    stem = f"{path.stem}-{time.strftime('%Y-%m-%d')}"
    aside = path.with_name(stem + path.suffix)
    number = 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{stem}-{number}{path.suffix}")
    try:
        return path.rename(aside)
    except OSError as error:
        raise write_error(aside, error) from error


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


def _range(kept: Any) -> tuple[float, float] | None:
    return None if kept is None else (float(kept[0]), float(kept[1]))


def selected_rows(session: Session) -> npt.NDArray[np.int64] | None:
    """The selected rows that the filter leaves, in the selection's order; None for none."""
    if session.selection is None:
        return None
    left = session.selection[shown_rows(session)[session.selection]]
    return left if len(left) else None


def model_files(pair: ModelPair) -> tuple[Path, ...]:
    """The files a model was opened from: encoder and decoder, or the one that there is."""
    return pair.plan.files


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
