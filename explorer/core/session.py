"""What a person has open and has done: one frozen value, and the file that keeps it."""

from __future__ import annotations

import json
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from explorer.core.dataset_base import Field
from explorer.core.errors import ExplorerError
from explorer.core.files import atomic_path, write_error
from explorer.core.gallery import Provenance
from explorer.core.latent_map import LatentMap
from explorer.core.model_pair import ModelPair
from explorer.core.plan import ExtraInput
from explorer.core.view import View
from explorer.core.workspace import Workspace

Floats = npt.NDArray[np.float32]
Pictures = npt.NDArray[np.uint8]
Place = tuple[float, float]

FORMAT = 1


@dataclass(frozen=True, eq=False)
class Cursor:
    """The latent that is being looked at.

    Attributes:
        latent: ``(D,) float32``; this is what is decoded.
        place: where it lies on the map, or None without a map.
        source: how it was come by: ``map``, ``image``, ``kept``, ``slider``, ``prior``.
        seed: the seed it was drawn with, if it was drawn.
    """

    latent: Floats
    place: Place | None
    source: str
    seed: int | None = None


@dataclass(frozen=True, eq=False)
class DroppedImage:
    """A picture the user brought: as the model sees it, ``uint8 (H, W, C)``, and what the model makes of it.

    ``error`` is the mean squared error on [0, 1] pixels. Both are None where the model only encodes.
    """

    name: str
    original: Pictures
    reconstruction: Pictures | None
    error: float | None
    latent: Floats
    place: Place | None


@dataclass(frozen=True, eq=False)
class Kept:
    """A picture in the tray, ``uint8 (H, W, C)``, with all that is needed to come back to it."""

    picture: Pictures
    provenance: Provenance


@dataclass(frozen=True, eq=False)
class Session:
    """Everything open and everything done. Fields are compared by identity.

    Attributes:
        color_by: name of the field that colours the map.
        hidden: codes of that field that are filtered out.
        selection: rows of the map that were lassoed, or None.
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
    cursor: Cursor | None
    tray: tuple[Kept, ...]
    seed: int
    view: View | None
    extras: Mapping[str, float]


def save_session(path: Path, session: Session, view: View | None) -> None:
    """Write ``session`` and the map's view to one file (a zip of JSON and arrays; no pickle).

    Raises ``ExplorerError`` where the file cannot be written; what was there before stays.
    """
    pair, cursor = session.pair, session.cursor
    arrays: dict[str, npt.NDArray[Any]] = {}
    if cursor is not None:
        arrays["cursor"] = cursor.latent
    for i, kept in enumerate(session.tray):
        arrays[f"picture{i}"] = kept.picture
    facts = {
        "format": FORMAT,
        "model": [str(path.resolve()) for path in model_files(pair)] if pair else [],
        "workspace": str(session.work.folder.resolve()) if session.work else None,
        "color_by": session.color_by,
        "hidden": sorted(session.hidden),
        "cursor": {"place": cursor.place, "source": cursor.source, "seed": cursor.seed} if cursor else None,
        "tray": [kept.provenance.to_json() for kept in session.tray],
        "seed": session.seed,
        "extras": dict(session.extras),
        "view": [view.center_x, view.center_y, view.units_per_pixel, view.width, view.height]
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
            cursor=cursor,
            tray=tray,
            seed=int(facts["seed"]),
            view=View(*facts["view"]) if facts["view"] else None,
            extras={str(name): float(value) for name, value in facts.get("extras", {}).items()},
        )
    except FileNotFoundError as error:
        raise ExplorerError(f"{path} does not exist; choose a saved session.") from error
    except (
        OSError, KeyError, ValueError, TypeError, IndexError, AttributeError, EOFError, zipfile.BadZipFile,
    ) as error:  # fmt: skip
        raise ExplorerError(
            f"{path} is no session of this program or was cut short; choose another."
        ) from error


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


def colored_field(session: Session) -> Field | None:
    """The field that colours the map."""
    fields = session.work.fields if session.work else ()
    return next((one for one in fields if one.name == session.color_by), None)


def shown_rows(session: Session) -> npt.NDArray[np.bool_]:
    """Which rows of the open data the filter leaves, ``(N,)``."""
    field = colored_field(session)
    if field is not None:
        return ~np.isin(field.codes, list(session.hidden))
    return np.ones(len(session.work) if session.work else 0, np.bool_)


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
