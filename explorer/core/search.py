"""Pictures found by words: in file names, in labels, in numbers.

A query is terms that must all hold: ``coat`` (in the name or in any label), ``label:"ankle boot"`` (in that
column), ``name:img_`` (in the name), ``#17`` (the item of that number), ``error>0.02`` (a number; ``z03`` is
one of the latent's, ``map_x`` and ``map_y`` are the place), and ``-term`` for what must not hold. Upper and
lower case are the same; of a column's name a part is enough, and its blanks may be left out or written ``_``.
"""

from __future__ import annotations

import operator
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from explorer.core.dataset_base import Field, Measure
from explorer.core.errors import ExplorerError
from explorer.core.progress import Progress
from explorer.core.workspace import Workspace

Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.floating]

_NAMES = ("name", "file", "path")
_AT_ONCE = 1 << 16
_TERM = re.compile(r'-?(?:[^\s"]+(?:"[^"]*"?)?|"[^"]*"?)')
_NUMBER = re.compile(r"^([^<>=:]+?)(<=|>=|<|>|=)(.*)$")
_COMPARE: dict[str, Callable[[Numbers, np.floating], Mask]] = {
    "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge, "=": np.isclose,
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Columns:
    """What a search looks at; row i of each is about the same item.

    Attributes:
        numbers: ``(N,) int64``, the items' numbers in their data set.
        names: ``(N,) S``, UTF-8, or None where the items have no names but their numbers.
        fields: categorical columns.
        measures: columns of numbers.
        latents: ``(N, D) float32``.
        positions: ``(N, 2) float32``, or None without a map.
    """

    numbers: npt.NDArray[np.int64]
    names: npt.NDArray[np.bytes_] | None
    fields: tuple[Field, ...]
    measures: tuple[Measure, ...]
    latents: npt.NDArray[np.float32]
    positions: npt.NDArray[np.float32] | None = None

    @classmethod
    def of(
        cls,
        work: Workspace,
        positions: npt.NDArray[np.float32] | None = None,
        more: Sequence[Measure] = (),
    ) -> Columns:
        """The columns of a workspace, ``more`` that was worked out about it, and its map."""
        measures = (*work.measures, *more)
        return cls(work.rows, work.names, work.fields, measures, work.latents, positions)

    @property
    def known(self) -> str:
        """The columns' names, for a sentence."""
        names = ["name"] if self.names is not None else []
        places = ["map_x", "map_y"] if self.positions is not None else []
        columns = [one.name for one in self.fields] + [one.name for one in self.measures]
        return ", ".join([*names, *columns, *places, f"z00 to z{self.latents.shape[1] - 1:02d}"])

    def field(self, name: str) -> Field | None:
        """The categorical column of that name."""
        return _named(name, self.fields)

    def numbers_of(self, name: str) -> Numbers | None:
        """The numbers ``(N,)`` of that name; NaN where there is none."""
        plain, measure = _plain(name), _named(name, self.measures)
        if measure is not None:
            return measure.values
        if self.positions is not None and plain in ("mapx", "mapy"):
            return self.positions[:, "xy".index(plain[-1])]
        if re.fullmatch(r"z\d{1,5}", plain) and int(plain[1:]) < self.latents.shape[1]:
            return self.latents[:, int(plain[1:])]
        field = self.field(name)
        if field is not None:
            return np.array([_number(one) for one in field.names] + [np.nan])[field.codes]
        return None


def search(query: str, columns: Columns, progress: Progress) -> npt.NDArray[np.int64]:
    """The rows ``(n,) int64``, ascending, of which all terms of ``query`` hold; none for an empty query.

    Raises ``ExplorerError`` for a column that is not there or a number that is none, and ``Cancelled``
    through ``progress``.
    """
    terms = [term for term in _TERM.findall(query) if term.strip('-"')]
    if not terms:
        return np.empty(0, np.int64)
    found = np.ones(len(columns.numbers), np.bool_)
    for term in terms:
        progress.check()
        if term.startswith("-"):
            found &= ~_holds(term[1:], columns, progress)
        else:
            found &= _holds(term, columns, progress)
    return np.flatnonzero(found)


def _holds(term: str, columns: Columns, progress: Progress) -> Mask:
    """Of which items one term holds ``(N,)``."""
    if not term.startswith('"'):
        if re.fullmatch(r"#\d+", term):
            return np.asarray(columns.numbers == int(term[1:]), np.bool_)
        if found := _NUMBER.match(term):
            return _compared(found[1], found[2], found[3].strip('"'), columns)
        owner, colon, text = term.partition(":")
        if colon and owner:
            return _in_column(owner, text.strip('"'), columns, progress)
    word = term.strip('"')
    holds = _in_names(word, columns, progress)
    for field in columns.fields:
        holds |= _in_field(word, field)
    return holds


def _in_column(name: str, word: str, columns: Columns, progress: Progress) -> Mask:
    field = columns.field(name)
    if field is not None:
        return _in_field(word, field)
    if name.casefold() in _NAMES:
        return _in_names(word, columns, progress)
    raise ExplorerError(_no_column(name, columns))


def _in_field(word: str, field: Field) -> Mask:
    folded = word.casefold()
    hits = np.array([folded in name.casefold() for name in field.names] + [False], np.bool_)
    found: Mask = hits[field.codes]  # -1, no value, is the last
    return found


def _compared(name: str, sign: str, text: str, columns: Columns) -> Mask:
    """Of which items a number is more, less or as much as ``text`` says; where there is none it is not."""
    field = columns.field(name)
    if field is not None and sign == "=":
        same = np.array([one.casefold() == text.casefold() for one in field.names] + [False], np.bool_)
        exactly: Mask = same[field.codes]
        return exactly
    values = columns.numbers_of(name)
    if values is None:
        raise ExplorerError(_no_column(name, columns))
    try:
        limit = float(text)
    except ValueError as error:
        raise ExplorerError(
            f"“{text}” after {name}{sign} is no number; {name}{sign}0.5 would work."
        ) from error
    with np.errstate(invalid="ignore", over="ignore"):
        # As precise as the values: the float32 nearest to 0.02 is a little less than 0.02.
        return np.asarray(_COMPARE[sign](values, values.dtype.type(limit)), np.bool_)


_One = TypeVar("_One", Field, Measure)


def _named(name: str, columns: Sequence[_One]) -> _One | None:
    """The column of that name, or the only one whose name holds it."""
    exact = [one for one in columns if _plain(one.name) == _plain(name)]
    near = exact or [one for one in columns if _plain(name) in _plain(one.name)]
    return near[0] if exact or len(near) == 1 else None


def _plain(name: str) -> str:
    """A column's name as it may be typed."""
    return re.sub(r"[\s_-]+", "", name).casefold()


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _no_column(name: str, columns: Columns) -> str:
    return f"There is no column “{name}”; there are: {columns.known or 'none'}."


def _in_names(word: str, columns: Columns, progress: Progress) -> Mask:
    """In whose names a word is: over the bytes as they lie, block by block, for a million names."""
    holds = np.zeros(len(columns.numbers), np.bool_)
    names = columns.names
    if names is None or not word or not names.dtype.itemsize:
        return holds
    wanted = _spellings(word)
    for start in range(0, len(names), _AT_ONCE):
        progress.check()
        part = names[start : start + _AT_ONCE]
        text = part.tobytes()
        if word.isascii():
            text = text.lower()
        for spelling in wanted:
            for row in _rows_with(spelling, text, names.dtype.itemsize):
                holds[start + row] = True
    return holds


def _spellings(word: str) -> set[bytes]:
    """The byte strings to look for.

    Bytes have upper and lower case only in ASCII, and an accent may be a part of its letter or follow it.
    """
    if word.isascii():
        return {word.lower().encode()}
    cases = {word, word.lower(), word.upper(), word.capitalize(), word.title()}
    forms: tuple[Callable[[str], str], ...] = (
        partial(unicodedata.normalize, "NFC"),
        partial(unicodedata.normalize, "NFD"),
    )
    return {form(case).encode("utf-8", "replace") for case in cases for form in forms}


def _rows_with(word: bytes, text: bytes, width: int) -> list[int]:
    """The records, ``width`` bytes each, that hold ``word``."""
    rows, at = [], text.find(word)
    while at >= 0:
        row = at // width
        if at + len(word) <= (row + 1) * width:
            rows.append(row)
            at = text.find(word, (row + 1) * width)
        else:  # it would reach over into the next name
            at = text.find(word, at + 1)
    return rows
