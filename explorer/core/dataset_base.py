"""What every data set is: numbered samples with names, and columns of categories and numbers beside them."""

from __future__ import annotations

import hashlib
import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from explorer.core.arrays import read_error
from explorer.core.samples import Samples, Shape

_WHOLE = 256 << 20
_PART = 16 << 20
_FEW = 256


@dataclass(frozen=True, eq=False)
class Field:
    """A categorical column of a data set, such as the label.

    ``codes`` is ``(N,) int32``; item i has the value ``names[codes[i]]``, or none where the code is -1.
    """

    name: str
    codes: npt.NDArray[np.int32]
    names: tuple[str, ...]

    @property
    def is_text(self) -> bool:
        """Whether most items have a value of their own, as captions do: to be searched, not to colour by."""
        return len(self.names) > max(_FEW, len(self.codes) // 2)

    def value_of(self, row: int) -> str:
        """The value of one item in words; empty for none."""
        code = int(self.codes[row])
        return self.names[code] if 0 <= code < len(self.names) else ""

    def take(self, rows: npt.NDArray[np.int64]) -> Field:
        """The same column for some of the items, in their order."""
        return Field(self.name, self.codes[rows], self.names)


@dataclass(frozen=True, eq=False)
class Measure:
    """A column of numbers, from the data or worked out from the model or the map.

    Attributes:
        name: what it is called.
        values: ``(N,) float32``, NaN for none.
        unit: of the values, such as ``nats``; may be empty.
        note: a sentence that says exactly what the values are.
        centre: the value that they lie to both sides of; None where they only go from low to high.
        ends: the least and largest value that there may be, where these are known.
    """

    name: str
    values: npt.NDArray[np.float32]
    unit: str = ""
    note: str = ""
    centre: float | None = None
    ends: tuple[float, float] | None = None

    def value_of(self, row: int) -> str:
        """The value of one item in words; empty for none."""
        value = float(self.values[row])
        return f"{number_text(value)} {self.unit}".strip() if math.isfinite(value) else ""

    def take(self, rows: npt.NDArray[np.int64]) -> Measure:
        """The same column for some of the items, in their order."""
        return replace(self, values=self.values[rows])


def number_text(value: float) -> str:
    """A number to be read at a glance: three digits that count, and a true minus."""
    text = f"{value:,.0f}" if 1000 <= abs(value) < 1e7 else f"{value:.3g}"
    return text.replace("e-0", "e-").replace("e+0", "e").replace("e+", "e").replace("-", "−")


def field_of(name: str, values: Sequence[str] | npt.NDArray[Any]) -> Field:
    """The column of ``values``, one for each item: its names are the distinct values in their order."""
    distinct, codes = np.unique(np.asarray(values), return_inverse=True)
    if distinct.dtype.kind == "S":
        names = [value.decode("utf-8", "replace") for value in distinct.tolist()]
    elif distinct.dtype.kind == "b":
        names = ["yes" if value else "no" for value in distinct.tolist()]
    else:
        names = [str(value) for value in distinct.tolist()]
    return Field(name, codes.astype(np.int32).reshape(-1), tuple(names))


class Dataset(ABC):
    """Numbered samples, read one by one.

    Attributes:
        path: the folder or file.
        name: what to call it.
        fields: its categorical columns; empty where nothing is known of the items.
        measures: its columns of numbers.
        stored_as_files: whether each sample is a file of its own, slow to come back to.
        skipped: how many files in a folder were left aside because they are no samples.
    """

    path: Path
    name: str
    fields: tuple[Field, ...] = ()
    measures: tuple[Measure, ...] = ()
    stored_as_files: bool = False
    skipped: int = 0

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def fingerprint(self) -> str:
        """Hexadecimal digits that change when the data change."""

    @abstractmethod
    def item_name(self, index: int) -> str:
        """What to call one item: a relative path, or a number."""

    @abstractmethod
    def read(self, index: int, shape: Shape) -> Samples:
        """One item as a sample of ``shape``.

        Safe from several threads. Raises ``ExplorerError`` where it cannot be read.
        """


def file_fingerprint(*paths: Path) -> str:
    """SHA-256 over size and content of some files, hexadecimal.

    Of a file above 256 MiB the first, middle and last 16 MiB stand for the whole.
    """
    digest = hashlib.sha256()
    for path in paths:
        try:
            with path.open("rb") as stream:
                size = path.stat().st_size
                digest.update(f"{size}:".encode())
                if size <= _WHOLE:
                    while block := stream.read(1 << 20):
                        digest.update(block)
                else:
                    for start in (0, (size - _PART) // 2, size - _PART):
                        stream.seek(start)
                        digest.update(stream.read(_PART))
        except OSError as error:
            raise read_error(path, error) from error
    return digest.hexdigest()
