"""What a column of a data set is: categories, numbers, or text; and the tables that lie beside pictures."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt

from explorer.core.arrays import read_error
from explorer.core.dataset_base import Field, Measure, field_of
from explorer.core.errors import ExplorerError

TABLES = ("metadata.csv", "labels.csv")
"""Tables that are looked for in a folder of pictures, and then beside it."""

_FEW = 20
"""Numbers of so few different values are categories; broken ones only where each stands for several items."""

_PICTURE_COLUMNS = (
    "filename", "file_name", "file", "filepath", "path", "image", "image_path", "picture", "name",
)  # fmt: skip
_MISSING = {"", "na", "n/a", "nan", "null", "none", "-", "?"}
_CATEGORY = re.compile(
    r"label|class|categor|cluster|group|kind|type|target|digit|code|(^|[_ ])id$", re.IGNORECASE
)
_UNIT = re.compile(r"^(.*\S)\s*[\[(]([^\])]{1,12})[\])]$")
_SAMPLE = 1 << 16

Column = Field | Measure


def numbers_column(name: str, values: npt.NDArray[Any]) -> Column:
    """The column of numbers ``(N,)``: a ``Measure``, or a ``Field`` where they are few or number classes."""
    if values.dtype.kind == "f":
        finite = np.isfinite(values)
        if not _is_categorical(name, values[finite]):
            return measure_of(name, np.where(finite, values, np.nan))
        whole = bool((values[finite] == np.floor(values[finite])).all())
        given = values[finite].astype(np.int64) if whole else values[finite]
        field = field_of(name, given)
        codes = np.full(len(values), -1, np.int32)
        codes[finite] = field.codes
        return Field(name, codes, field.names)
    return field_of(name, values) if _is_categorical(name, values) else measure_of(name, values)


def text_column(name: str, texts: Sequence[str]) -> Column:
    """The column of ``texts`` (N,) from a table: numbers where all of them are, else categories.

    Missing values are none; of a column of mixed types the odd values keep their text.
    """
    numbers = np.array([_number(text) for text in texts], np.float64)
    if not np.isinf(numbers).any() and np.isfinite(numbers).any():
        return numbers_column(name, numbers)
    given = np.array([bool(text) for text in texts])
    field = field_of(name, np.array([text for text in texts if text] or [""]))
    codes = np.full(len(texts), -1, np.int32)
    codes[given] = field.codes[: int(given.sum())]
    return Field(name, codes, field.names if given.any() else ())


def measure_of(name: str, values: npt.NDArray[Any]) -> Measure:
    """A ``Measure`` whose unit is what stands in brackets at the end of ``name``."""
    found = _UNIT.match(name)
    return Measure(found[1] if found else name, values.astype(np.float32), found[2] if found else "")


def find_table(folder: Path) -> Path | None:
    """The table of a folder of pictures: in it, or beside it under its name or one of ``TABLES``."""
    places = [folder / name for name in TABLES]
    beside = folder.resolve()
    places += [beside.parent / name for name in (f"{beside.name}.csv", *TABLES)]
    return next((path for path in places if path.is_file()), None)


def read_table(path: Path, items: Sequence[str]) -> tuple[Column, ...]:
    """The columns of a CSV file for the pictures ``items``, relative paths with forward slashes.

    The column that is called filename, path or the like, else the first, names the pictures: by path, by
    bare name, or by name without suffix. Pictures that it does not name have no values; there are no columns
    where it names none of them. Raises ``ExplorerError`` where the file is no table in UTF-8.
    """
    rows = _rows(path)
    header = [name.strip() for name in next(rows, [])]
    if len(header) < 2:
        return ()
    lower = [name.lower() for name in header]
    key = next((lower.index(name) for name in _PICTURE_COLUMNS if name in lower), 0)
    found = _finder(items)
    table: dict[int, list[str]] = {}
    for row in rows:
        if key < len(row) and (item := found(row[key].strip())) is not None:
            table[item] = row
    if not table:
        return ()
    columns: list[Column] = []
    for number, name in enumerate(header):
        if number != key and name and name not in (one.name for one in columns):
            texts = [""] * len(items)
            for item, row in table.items():
                texts[item] = row[number].strip() if number < len(row) else ""
            columns.append(text_column(name, texts))
    return tuple(columns)


def _rows(path: Path) -> Iterator[list[str]]:
    import csv

    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            sample = stream.read(_SAMPLE)
            stream.seek(0)
            yield from csv.reader(stream, delimiter=_delimiter(sample.partition("\n")[0]))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ExplorerError(
            f"{path} is no table in UTF-8 ({error}); save it as CSV in UTF-8, or move it away."
        ) from error
    except OSError as error:
        raise read_error(path, error) from error


def _delimiter(header: str) -> str:
    """What parts the names in the first line: a comma unless another occurs more often."""
    return max(",;\t|", key=header.count)


def _finder(items: Sequence[str]) -> Callable[[str], int | None]:
    """From a name as a table may give it to the number of the item, or None."""
    by_path = {name: number for number, name in enumerate(items)}
    shorter: dict[str, int | None] = {}
    for number, name in enumerate(items):
        pure = PurePosixPath(name)
        for text in {pure.name, str(pure.with_suffix("")), pure.stem} - {name}:
            shorter[text] = None if text in shorter else number  # ambiguous

    def find(text: str) -> int | None:
        text = text.replace("\\", "/").removeprefix("./")
        if text in by_path:
            return by_path[text]
        if text in shorter:
            return shorter[text]
        parts = PurePosixPath(text).parts
        for start in range(1, len(parts)):  # a path that begins further up
            if (rest := "/".join(parts[start:])) in by_path:
                return by_path[rest]
        return None

    return find


def _is_categorical(name: str, values: npt.NDArray[Any]) -> bool:
    whole = values.dtype.kind in "biu" or bool((values == np.floor(values)).all())
    if values.dtype.kind == "b" or (whole and _CATEGORY.search(name)):
        return True
    most = _FEW if whole else min(_FEW, len(values) // 4)
    return len(np.unique(values[:_SAMPLE])) <= most and len(np.unique(values)) <= most


def _number(text: str) -> float:
    """The number that ``text`` is; NaN for a missing value, infinity for anything else."""
    if text.lower() in _MISSING:
        return math.nan
    try:
        value = float(text)
    except ValueError:
        return math.inf
    return value if math.isfinite(value) else math.nan
