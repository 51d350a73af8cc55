"""A table of pictures for other programs: names, labels, numbers, places on the map, latents.

As CSV (RFC 4180, UTF-8) or Parquet, by the file's name. It is written block by block, so that a million rows
need little memory.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from explorer.core.dataset_base import Field, Measure
from explorer.core.errors import ExplorerError
from explorer.core.files import atomic_path
from explorer.core.progress import Progress
from explorer.core.workspace import Workspace

SUFFIXES = (".csv", ".parquet")

_BLOCK = 8192
_PARQUET_WANTED = (
    "Parquet needs the package pyarrow, which is not installed; "
    "pip install 'latent-explorer[parquet]' brings it, and a table ending in .csv needs nothing."
)

Rows = npt.NDArray[np.int64]


Values = list[str | None] | npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Column:
    """One column: ``values(rows)`` gives texts (a list, None for none) or numbers (an array) of some rows."""

    name: str
    values: Callable[[Rows], Values]


def columns_of(
    work: Workspace,
    positions: npt.NDArray[np.float32] | None = None,
    more: Sequence[Measure] = (),
    *,
    latents: bool = False,
) -> list[Column]:
    """What there is to tell of the items of ``work``.

    Their number in the data, name, file (where each is one), labels, measures and ``more`` of them, the place
    ``map_x``, ``map_y`` on the map ``positions (N, 2)``, and with ``latents`` each dimension as ``z00``, ….
    """
    columns = [Column("number", partial(_taken, work.rows))]
    if work.names is not None:
        columns.append(Column("name", lambda rows: [work.item_name(int(row)) for row in rows]))
        columns.append(Column("file", lambda rows: [str(work.item_file(int(row))) for row in rows]))
    columns += [Column(field.name, partial(_labels, field)) for field in work.fields]
    columns += [Column(one.name, partial(_taken, one.values)) for one in (*work.measures, *more)]
    if positions is not None:
        columns += [Column(f"map_{axis}", partial(_taken, positions[:, i])) for i, axis in enumerate("xy")]
    if latents:
        size = work.latents.shape[1]
        columns += [Column(f"z{axis:02d}", partial(_taken, work.latents[:, axis])) for axis in range(size)]
    return _with_own_names(columns)


def write_table(path: Path, columns: list[Column], rows: Rows, progress: Progress) -> None:
    """Write ``rows``, in their order, to ``path``; nothing is half-written.

    Raises ``ExplorerError`` for a name that ends neither in .csv nor .parquet, no rows, a place that cannot
    be written, or Parquet without the package for it; ``Cancelled`` through ``progress``.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ExplorerError(f"{path} says no kind of table; a name ending in .csv or .parquet would work.")
    if not len(rows):
        raise ExplorerError("There are no rows for a table; select some points or show some labels first.")
    with atomic_path(path) as beside:
        with _parquet(beside, columns) if suffix == ".parquet" else _Csv(beside, columns) as writer:
            for start, part in _blocks(rows):
                progress(start, len(rows), "Writing the table", "rows")
                writer.write(part)
        progress(len(rows), len(rows), "Writing the table", "rows")


def _taken(values: npt.NDArray[Any], rows: Rows) -> npt.NDArray[Any]:
    return values[rows]


def _labels(field: Field, rows: Rows) -> list[str | None]:
    names = [*field.names, None]  # the code -1 says that there is no value
    return [names[code] for code in field.codes[rows].tolist()]


def _blocks(rows: Rows) -> Iterator[tuple[int, Rows]]:
    for start in range(0, len(rows), _BLOCK):
        yield start, rows[start : start + _BLOCK]


class _Csv(AbstractContextManager["_Csv"]):
    """A CSV file, row by row."""

    def __init__(self, path: Path, columns: list[Column]) -> None:
        self._columns = columns
        self._stream = path.open("w", encoding="utf-8", errors="replace", newline="")
        self._writer = csv.writer(self._stream)
        self._writer.writerow(column.name for column in columns)

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def write(self, rows: Rows) -> None:
        """Add some rows."""
        cells = [_texts(column.values(rows)) for column in self._columns]
        self._writer.writerows(zip(*cells, strict=True))


def _texts(values: Values) -> list[Any]:
    """Cells of a column; the shortest digits that give the same number again, nothing for none."""
    if isinstance(values, list):
        return values
    if values.dtype.kind != "f":
        return list(values.tolist())
    # By NumPy: Python knows only doubles, and would write a float32 with the digits that it has not.
    texts = np.asarray(values).astype(str)
    texts[~np.isfinite(values)] = ""
    return list(texts.tolist())


def _parquet(path: Path, columns: list[Column]) -> _Parquet:
    try:
        return _Parquet(path, columns)
    except ImportError as error:
        raise ExplorerError(_PARQUET_WANTED) from error


class _Parquet(AbstractContextManager["_Parquet"]):
    """A Parquet file, one row group for each block."""

    def __init__(self, path: Path, columns: list[Column]) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        self._arrow, self._columns = pa, columns
        nothing = np.empty(0, np.int64)
        self._schema = pa.schema([(one.name, self._kind(one.values(nothing))) for one in columns])
        self._writer = parquet.ParquetWriter(path, self._schema, compression="zstd")

    def __exit__(self, *_: object) -> None:
        self._writer.close()

    def write(self, rows: Rows) -> None:
        """Add some rows."""
        arrays = [self._array(column.values(rows)) for column in self._columns]
        self._writer.write_table(self._arrow.table(arrays, schema=self._schema))

    def _kind(self, values: Values) -> Any:
        if isinstance(values, list):
            return self._arrow.string()
        return self._arrow.from_numpy_dtype(values.dtype)

    def _array(self, values: Values) -> Any:
        if isinstance(values, list):
            values = [None if one is None else one.encode("utf-8", "replace").decode() for one in values]
            return self._arrow.array(values, self._arrow.string())
        missing = ~np.isfinite(values) if values.dtype.kind == "f" else None
        return self._arrow.array(np.ascontiguousarray(values), mask=missing)


def _with_own_names(columns: list[Column]) -> list[Column]:
    """The columns, those that share a name with an earlier one numbered."""
    taken: set[str] = set()
    named = []
    for column in columns:
        name, number = column.name, 1
        while name in taken:
            number += 1
            name = f"{column.name}_{number}"
        taken.add(name)
        named.append(Column(name, column.values))
    return named
