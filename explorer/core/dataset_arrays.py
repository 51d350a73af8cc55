"""Data sets that are one file: IDX (as MNIST comes), NPZ and NPY."""

from __future__ import annotations

import gzip
import math
import re
import zipfile
import zlib
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from explorer.core.arrays import check_size, open_array, read_error, read_header
from explorer.core.dataset_base import Dataset, Field, Measure, field_of, file_fingerprint
from explorer.core.errors import ExplorerError
from explorer.core.pixels import as_it_is
from explorer.core.samples import Samples, Shape

if TYPE_CHECKING:
    from explorer.core.dataset_columns import Column

_MAX_PACKED = 4 << 30
_DEFLATE_LIMIT = 1040  # deflate shrinks at most 1032 to 1
_IDX_UINT8 = 0x08

_DAMAGE: tuple[type[Exception], ...] = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)
try:
    from lzma import LZMAError
except ImportError:  # some Pythons are built without it; zipfile then says so itself
    pass
else:
    _DAMAGE += (LZMAError,)


class ArrayDataset(Dataset):
    """Pictures in one array ``(N, H, W)`` or ``(N, H, W, C)``, mapped from the file unless it is packed."""

    def __init__(
        self, path: Path, images: npt.NDArray[Any], fields: tuple[Field, ...], name: str, *beside: Path
    ) -> None:
        self.path = path
        self.name = name
        self.fields = fields
        self._images = images
        self._sources = (path, *beside)
        self._fingerprint = ""

    def __len__(self) -> int:
        return len(self._images)

    @property
    def side_lengths(self) -> tuple[int, int]:
        """Height and width of the pictures as they are stored."""
        return int(self._images.shape[1]), int(self._images.shape[2])

    def fingerprint(self) -> str:
        """SHA-256 over the file (and that of its labels), hexadecimal."""
        if not self._fingerprint:
            self._fingerprint = file_fingerprint(*self._sources)
        return self._fingerprint

    def item_name(self, index: int) -> str:
        """The item's number in the file, counted from 0."""
        return f"#{index}"

    def read(self, index: int, shape: Shape) -> Samples:
        """One picture of ``shape``; see ``picture_files.fit_picture``."""
        if (whole := as_it_is(self._images[index], *shape)) is not None:
            return whole
        from explorer.core.picture_files import fit_picture

        name = f"{self.path.name} {self.item_name(index)}"
        return fit_picture(self._images[index], *shape, name=name)


def open_idx(path: Path) -> ArrayDataset:
    """An IDX file of images, gzipped or not; labels and class names are found beside it.

    ``train-images-idx3-ubyte`` belongs to ``train-labels-idx1-ubyte``, either may end in ``.gz``;
    ``labels.txt`` or ``classes.txt`` names the classes, one a line. Format: the MNIST page of
    Y. LeCun, C. Cortes and C. Burges.
    """
    images = read_idx(path)
    if images.ndim == 1:
        raise ExplorerError(f"{path} holds labels, not pictures; open the images file that belongs to it.")
    check_images(images.shape, images.dtype, str(path))
    stem = path.name.removesuffix(".gz")
    part = re.sub(r"[-_.]?images([-_.]idx\d)?([-_.]ubyte)?$", "", stem)
    name = f"{path.resolve().parent.name} {part}".strip() if part != stem else stem
    labels_path = _labels_beside(path)
    if labels_path is None:
        return ArrayDataset(path, images, (), name)
    labels = read_idx(labels_path)
    if labels.shape != (len(images),):
        raise ExplorerError(
            f"{labels_path} holds {labels.size:,} labels for the {len(images):,} pictures of {path.name}; "
            "put the file that belongs to it there, or move this one away."
        )
    names = _lines(path.with_name("labels.txt")) or _lines(path.with_name("classes.txt"))
    named = len(names) > int(labels.max())
    field = Field("label", labels.astype(np.int32), tuple(names)) if named else field_of("label", labels)
    return ArrayDataset(path, images, (field,), name, labels_path)


def read_idx(path: Path) -> npt.NDArray[np.uint8]:
    """The array of an IDX file of unsigned bytes: mapped, or unpacked into memory if gzipped.

    Raises ``ExplorerError`` where it is cut off, of another type, or claims more than it can hold;
    nothing is allocated before that is known.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
        with cast(IO[bytes], gzip.open(path)) if packed else path.open("rb") as stream:
            shape = _idx_shape(stream, path)
            length, offset = math.prod(shape), stream.tell()
            if not packed:
                check_size(str(path), length, size - offset)
                return np.memmap(path, np.uint8, "r", offset, shape) if length else np.empty(shape, np.uint8)
            if length > size * _DEFLATE_LIMIT:
                check_size(str(path), length, size)
            if length > _MAX_PACKED:
                raise ExplorerError(
                    f"{path} unpacks to {length / 2**30:.1f} GiB; unpack it with gunzip first."
                )
            values = np.empty(length, np.uint8)
            filled = 0
            while read := stream.readinto(values.data[filled : filled + (1 << 20)]):  # type: ignore[attr-defined]
                filled += read
            check_size(str(path), length, filled + len(stream.read(1)))
            return values.reshape(shape)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ExplorerError(f"{path} is cut off or damaged; copy or download it again.") from error
    except OSError as error:
        raise read_error(path, error) from error
    except MemoryError as error:
        raise ExplorerError(f"{path} does not fit into memory; gunzip it first.") from error


def open_npz(path: Path) -> ArrayDataset:
    """An NPZ file: ``images``, and every other one-dimensional array of its length as a column.

    ``images`` is ``(N, H, W)`` or ``(N, H, W, C)``, as a rule uint8; a field holds strings, booleans,
    or integers with their names in ``<field>_names`` (-1 for none); other numbers are fields or measures
    (``dataset_columns``), NaN for none; a scalar string ``name`` names the set.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            headers = {
                info.filename.removesuffix(".npy"): _member_header(archive, info, path)
                for info in archive.infolist()
                if info.filename.endswith(".npy")
            }
            key = _images_key({name: header.shape for name, header in headers.items()}, path)
            check_images(headers[key].shape, headers[key].dtype, f"{key} in {path}")
            count = headers[key].shape[0]
            arrays = {
                name: _member(archive, name)
                for name, header in headers.items()
                if name == key or header.shape == (count,) or name == "name" or name.endswith("_names")
            }
    except _DAMAGE as error:
        raise ExplorerError(f"{path} is cut off or damaged ({error}); copy or download it again.") from error
    except OSError as error:
        raise read_error(path, error) from error
    except MemoryError as error:
        raise ExplorerError(
            f"{path} does not fit into memory; save its images as .npy, which is mapped."
        ) from error
    images = arrays.pop(key)
    title = arrays.pop("name", None)
    name = str(title) if title is not None and title.shape == () else path.stem
    columns = _columns(arrays, count, path)
    dataset = ArrayDataset(path, images, tuple(one for one in columns if isinstance(one, Field)), name)
    dataset.measures = tuple(one for one in columns if isinstance(one, Measure))
    return dataset


def open_npy(path: Path) -> ArrayDataset:
    """A bare NPY file of pictures, ``(N, H, W)`` or ``(N, H, W, C)``, mapped from the file."""
    images = open_array(path)
    check_images(images.shape, images.dtype, str(path))
    return ArrayDataset(path, images, (), path.stem)


def check_images(shape: tuple[int, ...], dtype: np.dtype[Any], name: str) -> None:
    """Raise ``ExplorerError`` where an array cannot be pictures."""
    text = f"{'×'.join(map(str, shape)) or 'a single value'} of type {dtype}"
    if len(shape) not in (3, 4) or (len(shape) == 4 and shape[3] not in (1, 3, 4)):
        first = " (the channels go last)" if len(shape) == 4 and shape[1] in (1, 3, 4) else ""
        raise ExplorerError(
            f"{name} is {text}; pictures as N×H×W or N×H×W×C with 1, 3 or 4 channels would work{first}."
        )
    if 0 in shape:
        raise ExplorerError(f"{name} holds no pictures ({text}); at least one would work.")
    if dtype.kind not in "buf" or (dtype.kind == "u" and dtype.itemsize > 2):
        raise ExplorerError(f"{name} is {text}; uint8, uint16 or floats within 0 to 1 would work.")


def _idx_shape(stream: IO[bytes], path: Path) -> tuple[int, ...]:
    magic = stream.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or not 1 <= magic[3] <= 4:
        raise ExplorerError(f"{path} is no IDX file or is cut off; copy or download it again.")
    if magic[2] != _IDX_UINT8:
        raise ExplorerError(
            f"{path} holds IDX values of type 0x{magic[2]:02x}; unsigned bytes (0x08) would work."
        )
    sizes = stream.read(4 * magic[3])
    if len(sizes) < 4 * magic[3]:
        raise ExplorerError(f"{path} is cut off inside its header; copy or download it again.")
    return tuple(int(size) for size in np.frombuffer(sizes, ">u4"))


def _labels_beside(path: Path) -> Path | None:
    stem = re.sub(r"idx\d", "idx1", path.name.removesuffix(".gz").replace("images", "labels"))
    if stem == path.name.removesuffix(".gz"):
        return None
    return next((p for p in (path.with_name(stem), path.with_name(stem + ".gz")) if p.is_file()), None)


def _lines(path: Path) -> list[str]:
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        return []  # the classes then go by their numbers
    return [line.strip() for line in lines if line.strip()]


def _member_header(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> Any:
    name = f"{info.filename} in {path}"
    with archive.open(info) as stream:
        header = read_header(stream, name)
        check_size(name, header.data_bytes, info.file_size - stream.tell())
    if header.data_bytes > info.compress_size * _DEFLATE_LIMIT:
        check_size(name, header.data_bytes, info.compress_size)
    if header.data_bytes > _MAX_PACKED:
        size = header.data_bytes / 2**30
        raise ExplorerError(
            f"{name} unpacks to {size:.1f} GiB; save it as .npy, which is mapped from the file."
        )
    return header


def _member(archive: zipfile.ZipFile, name: str) -> npt.NDArray[Any]:
    with archive.open(name + ".npy") as stream:
        return np.lib.format.read_array(stream, allow_pickle=False)


def _images_key(shapes: dict[str, tuple[int, ...]], path: Path) -> str:
    if "images" in shapes:
        return "images"
    likely = [name for name, shape in shapes.items() if len(shape) in (3, 4)]
    if len(likely) == 1:
        return likely[0]
    found = ", ".join(sorted(shapes)) or "nothing"
    raise ExplorerError(
        f"{path} holds no array called images (it holds: {found}); save the pictures under that name."
    )


def _columns(arrays: dict[str, npt.NDArray[Any]], count: int, path: Path) -> list[Column]:
    from explorer.core.dataset_columns import numbers_column

    columns: list[Column] = []
    for name, values in arrays.items():
        owner = name.removesuffix("_names")
        if values.shape != (count,) or (owner != name and owner in arrays):
            continue
        names = arrays.get(f"{name}_names")
        if names is None or values.dtype.kind not in "iu":
            is_number = values.dtype.kind in "iuf"
            columns.append(numbers_column(name, values) if is_number else field_of(name, values))
            continue
        if names.ndim != 1 or values.min() < -1 or values.max() >= len(names):
            raise ExplorerError(
                f"{name} in {path} has values from {values.min()} to {values.max()}, "
                f"but {name}_names names {names.size}; "
                "a name for each value from 0, and -1 for none, would work."
            )
        texts = (n.decode("utf-8", "replace") if isinstance(n, bytes) else str(n) for n in names.tolist())
        columns.append(Field(name, values.astype(np.int32), tuple(texts)))
    return columns
