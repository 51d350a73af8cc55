"""What a person has open and has done: one frozen value, and the file that keeps it."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from explorer.core.errors import ExplorerError
from explorer.core.files import atomic_path
from explorer.core.gallery import Provenance
from explorer.core.latent_map import LatentMap
from explorer.core.model_pair import ModelPair
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

    ``error`` is the mean squared error on [0, 1] pixels.
    """

    name: str
    original: Pictures
    reconstruction: Pictures
    error: float
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


@dataclass(frozen=True, eq=False)
class SavedSession:
    """A session as it lies on disk: references instead of open models, everything else as it was."""

    model: tuple[Path, Path] | None
    workspace: Path | None
    color_by: str
    hidden: frozenset[int]
    cursor: Cursor | None
    tray: tuple[Kept, ...]
    seed: int
    view: View | None


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
        "model": [str(pair.encoder_path.resolve()), str(pair.decoder_path.resolve())] if pair else None,
        "workspace": str(session.work.folder.resolve()) if session.work else None,
        "color_by": session.color_by,
        "hidden": sorted(session.hidden),
        "cursor": {"place": cursor.place, "source": cursor.source, "seed": cursor.seed} if cursor else None,
        "tray": [kept.provenance.to_json() for kept in session.tray],
        "seed": session.seed,
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
        model = facts["model"]
        return SavedSession(
            model=(Path(model[0]), Path(model[1])) if model else None,
            workspace=Path(facts["workspace"]) if facts["workspace"] else None,
            color_by=str(facts["color_by"]),
            hidden=frozenset(int(code) for code in facts["hidden"]),
            cursor=cursor,
            tray=tray,
            seed=int(facts["seed"]),
            view=View(*facts["view"]) if facts["view"] else None,
        )
    except FileNotFoundError as error:
        raise ExplorerError(f"{path} does not exist; choose a saved session.") from error
    except (OSError, KeyError, ValueError, TypeError, IndexError, EOFError, zipfile.BadZipFile) as error:
        raise ExplorerError(
            f"{path} is no session of this program or was cut short; choose another."
        ) from error


def provenance_of(pair: ModelPair, cursor: Cursor) -> Provenance:
    """Where the picture at ``cursor`` comes from."""
    return Provenance(
        cursor.latent, pair.name, pair.fingerprint, cursor.source, cursor.seed, place=cursor.place
    )
