"""What a direction can lead from and to, and what analogies are made of: sets of rows, or one picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import numpy.typing as npt

from explorer.core.dataset_base import Field
from explorer.core.session import Pictures, Session, colored_field, name_of, selected_rows

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

MOST_NAMES = 60
"""Labels of a column that are offered."""

_MOST_KEPT = 24
_MOSTLY = 0.8


@dataclass(frozen=True, eq=False)
class Source:
    """One end of a direction.

    Attributes:
        kind: some ``rows``, all the ``rest`` beside the other end, or one ``picture``.
        name: what it is called in the direction's name.
        text: what it is, with its number; what a button says.
        rows: ``(n,) int64``, of the data.
        latent: ``(D,) float32`` of the picture.
        picture: ``uint8 (H, W, C)``, if it is at hand.
    """

    kind: Literal["rows", "rest", "picture"]
    name: str
    text: str
    rows: Rows | None = None
    latent: Floats | None = None
    picture: Pictures | None = None


REST = Source("rest", "the rest", "All the rest")


def selection_source(session: Session) -> Source | None:
    """What is selected and shown; None for nothing."""
    rows = selected_rows(session)
    if rows is None or session.work is None:
        return None
    name, field = f"{len(rows):,} selected", colored_field(session)
    codes = field.codes[rows] if field is not None else np.empty(0, np.int32)
    if field is not None and (codes >= 0).any():
        counts = np.bincount(codes[codes >= 0])
        if counts.max() >= _MOSTLY * len(rows):
            name = f"{field.names[int(counts.argmax())]}, selected"
    return Source("rows", name, f"Selection · {len(rows):,}", rows=rows)


def cursor_source(session: Session, picture: Pictures | None) -> Source | None:
    """What is looked at."""
    cursor = session.cursor
    if cursor is None:
        return None
    name = name_of(cursor) or "place on the map"
    return Source("picture", name, _first_up(name), latent=cursor.latent, picture=picture)


def dropped_sources(session: Session) -> list[Source]:
    """The pictures that were dropped."""
    return [
        Source("picture", one.name, one.name, latent=one.latent, picture=one.original)
        for one in session.dropped
    ]


def kept_sources(session: Session) -> list[Source]:
    """The bookmarks and the pictures kept last, of this model."""
    pair = session.pair
    if pair is None:
        return []
    found = [(one.name, one.kept) for one in session.bookmarks]
    first = max(0, len(session.tray) - _MOST_KEPT)
    found += [(f"kept {first + i + 1}", one) for i, one in enumerate(session.tray[first:])]
    return [
        Source("picture", name, _first_up(name), latent=kept.provenance.latent, picture=kept.picture)
        for name, kept in found
        if kept.provenance.fingerprint == pair.fingerprint
    ]


def label_sources(session: Session) -> Iterator[tuple[str, list[tuple[str, Callable[[], Source]]]]]:
    """For each column of labels its name, and its labels with what makes a source of each."""
    fields = [one for one in session.work.fields if not one.is_text] if session.work else []
    for field in fields:
        named: list[tuple[str, Callable[[], Source]]] = []
        for code, name in enumerate(field.names[:MOST_NAMES]):
            called = name if len(fields) == 1 else f"{field.name.replace('_', ' ')}: {name}"

            named.append((name, partial(_of_label, field, code, called)))
        yield field.name.replace("_", " "), named


def _of_label(field: Field, code: int, name: str) -> Source:
    rows = np.flatnonzero(field.codes == code)
    return Source("rows", name, f"{name} · {len(rows):,}", rows=rows)


def direction_name(start: Source, end: Source) -> str:
    """What a direction from one to the other is called."""
    if start.kind == "rest":
        return end.name
    column, colon, label = end.name.partition(": ")
    of_same = bool(colon) and start.name.startswith(f"{column}: ")
    return f"{start.name} → {label if of_same else end.name}"


def _first_up(text: str) -> str:
    return text[:1].upper() + text[1:]
