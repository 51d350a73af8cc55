"""Sessions of the first format: an ``.npz`` whose array ``session`` is JSON."""

from __future__ import annotations

import json
import math
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from explorer.core.carry import Individual
from explorer.core.map_settings import MapRecord
from explorer.core.provenance import Provenance
from explorer.core.references import ModelOf, Reference, WorkOf
from explorer.core.session import Cursor, Kept, Session
from explorer.core.session_file import SavedSession, check, newer, read_npy
from explorer.core.view import View

_EVERYWHERE = 1e9  # stood for infinity


def read(path: Path, file: zipfile.ZipFile) -> SavedSession:
    """The session in an open file; raises what ``session_file`` tells in a sentence."""
    facts = json.loads(str(read_npy(file, "session.npy")[()]))
    if facts["format"] > 1:
        raise newer(path)
    place = facts["cursor"]
    cursor = None
    if place:
        cursor = Cursor(
            np.asarray(read_npy(file, "cursor.npy"), np.float32),
            _place(place["place"]),
            str(place["source"]),
            place["seed"],
            _carried(file, place.get("carried")),
            str(place.get("name", "")),
        )
    tray = tuple(
        Kept(read_npy(file, f"picture{i}.npy"), Provenance.from_json(text))
        for i, text in enumerate(facts["tray"])
    )
    limits = facts.get("range")
    session = Session(
        color_by=str(facts["color_by"]),
        hidden=frozenset(int(code) for code in facts["hidden"]),
        range=(float(limits[0]), float(limits[1])) if limits else None,
        cursor=cursor,
        tray=tray,
        seed=int(facts["seed"]),
        extras={str(name): float(value) for name, value in facts.get("extras", {}).items()},
    )
    files = tuple(Reference("", str(one)) for one in facts["model"] or ())
    folder, size = facts["workspace"], len(cursor.latent) if cursor else 0
    saved = SavedSession(
        path,
        session,
        ModelOf("", "", size, files) if files else None,
        WorkOf(Reference("", str(folder)), "", "", Reference("", "")) if folder else None,
        MapRecord.of(facts["map"]) if facts.get("map") else None,
        view=View(*facts["view"]) if facts["view"] else None,
    )
    check(saved)
    return saved


def _carried(file: zipfile.ZipFile, facts: dict[str, Any] | None) -> Individual | None:
    if not facts:
        return None
    reach, place = float(facts["reach"]), _place(facts["place"])
    if place is None:
        raise ValueError("no place")
    latent = np.asarray(read_npy(file, "carried.npy"), np.float32)
    return Individual(latent, place, math.inf if reach >= _EVERYWHERE else reach, str(facts["name"]))


def _place(kept: Any) -> tuple[float, float] | None:
    return (float(kept[0]), float(kept[1])) if kept else None
