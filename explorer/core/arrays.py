"""NumPy's ``.npy`` files: opened with every claim of the header checked, written as a stream; no pickle."""

from __future__ import annotations

import math
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from explorer.core.errors import ExplorerError


class Header(NamedTuple):
    """What an ``.npy`` stream says of itself."""

    shape: tuple[int, ...]
    fortran_order: bool
    dtype: np.dtype[Any]

    @property
    def data_bytes(self) -> int:
        """Bytes of the values, without the header."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_header(stream: IO[bytes], name: str) -> Header:
    """Read an ``.npy`` header; the stream then stands at the values.

    Raises ``ExplorerError`` for anything else than a plain array of numbers, booleans or strings.
    """
    try:
        first = np.lib.format.read_magic(stream) == (1, 0)
        read = np.lib.format.read_array_header_1_0 if first else np.lib.format.read_array_header_2_0
        header = Header(*read(stream))
    except ValueError as error:
        raise ExplorerError(f"{name} is no NumPy array or is damaged; save it anew with NumPy.") from error
    if header.dtype.kind not in "biufUS" or min(header.shape, default=0) < 0:
        raise ExplorerError(
            f"{name} holds Python objects or records; an array of numbers or strings (no pickle) would work."
        )
    return header


def open_array(path: Path) -> npt.NDArray[Any]:
    """An ``.npy`` file mapped read-only into memory.

    Raises ``ExplorerError`` where it is missing, cut off or no plain array; nothing is allocated by
    what the header claims.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            header = read_header(stream, str(path))
            offset = stream.tell()
        check_size(str(path), header.data_bytes, size - offset)
        order: Any = "F" if header.fortran_order else "C"
        if not header.data_bytes:  # an empty file cannot be mapped
            return np.empty(header.shape, header.dtype, order)
        return np.memmap(path, header.dtype, "r", offset, header.shape, order)
    except OSError as error:
        raise read_error(path, error) from error


def check_size(name: str, announced: int, found: int) -> None:
    """Raise ``ExplorerError`` where a header announces another number of bytes than there are."""
    if announced != found:
        state = "cut off" if found < announced else "damaged"
        raise ExplorerError(
            f"{name} is {state}: its header announces {announced:,} bytes of values, "
            f"the file holds {found:,}; copy or download it again."
        )


def read_error(path: Path, error: OSError) -> ExplorerError:
    """The sentence for a failed read of ``path``."""
    if isinstance(error, FileNotFoundError):
        return ExplorerError(f"{path} does not exist; it may have been moved or renamed.")
    if isinstance(error, PermissionError):
        return ExplorerError(f"{path} may not be read; check its permissions.")
    reason = (error.strerror or str(error)).lower()
    return ExplorerError(f"{path} could not be read ({reason}); copy or download it again.")


def save_array(path: Path, array: npt.NDArray[Any]) -> None:
    """Write an array with at least one axis as ``.npy``.

    Not by ``numpy.save``: that loses the error when a full disk takes only part of the last block.
    """
    with ArrayWriter(path, array.dtype, array.shape[1:]) as writer:
        writer.append(array)


def write_array(stream: IO[bytes], array: npt.NDArray[Any]) -> None:
    """Write any array of numbers, booleans or strings to a stream as ``.npy``."""
    descr = np.lib.format.dtype_to_descr(array.dtype)
    np.lib.format.write_array_header_1_0(
        stream, {"descr": descr, "fortran_order": False, "shape": array.shape}
    )
    stream.write(np.ascontiguousarray(array).tobytes())


class ArrayWriter:
    """Writes an ``.npy`` file row by row, its length known only at the end.

    A stream and not a memory map: on a full disk a map ends the process with a signal, a stream with
    an ``OSError``.
    """

    def __init__(self, path: Path, dtype: npt.DTypeLike, row_shape: tuple[int, ...] = ()) -> None:
        self._dtype = np.dtype(dtype)
        self._row_shape = row_shape
        self._rows = 0
        self._stream = path.open("wb")
        self._write_header()
        self._offset = self._stream.tell()

    def append(self, rows: npt.NDArray[Any]) -> None:
        """Write ``(n, *row_shape)`` values."""
        if rows.shape[1:] != self._row_shape:
            raise ValueError(f"rows of shape {rows.shape[1:]}, not {self._row_shape}")
        self._stream.write(np.ascontiguousarray(rows, self._dtype).data)
        self._rows += len(rows)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._stream:
            if kind is None:
                self._stream.seek(0)
                self._write_header()
                assert self._stream.tell() == self._offset  # NumPy leaves room for a growing length

    def _write_header(self) -> None:
        descr = np.lib.format.dtype_to_descr(self._dtype)
        header = {"descr": descr, "fortran_order": False, "shape": (self._rows, *self._row_shape)}
        np.lib.format.write_array_header_1_0(self._stream, header)
