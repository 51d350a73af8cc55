"""Pictures for training: IDX, NPZ or NPY files, or any folder of images, all as one array in memory."""

from __future__ import annotations

import gzip
import hashlib
import zipfile
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif"}
FOLDER_SIZE = (64, 64)
UNREADABLE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error)  # of an NPZ

Pictures = NDArray[np.uint8]


class DataError(Exception):
    """Data that cannot be trained on; the message says which file and what would work."""


@dataclass(frozen=True, eq=False)
class ImageData:
    """``images`` uint8 (N, H, W, C) with C = 1 or 3, a name, and the files that could not be read."""

    name: str
    images: Pictures
    left_out: tuple[Path, ...] = ()

    @cached_property
    def fingerprint(self) -> str:
        """A hash of shape and pixels, to tell whether a checkpoint saw the same data."""
        digest = hashlib.sha256(repr(self.images.shape).encode())
        for start in range(0, len(self.images), 1000):
            digest.update(np.ascontiguousarray(self.images[start : start + 1000]).data)
        return digest.hexdigest()


def load_images(path: Path, size: tuple[int, int] | None = None, channels: int | None = None) -> ImageData:
    """Read the pictures at ``path``: an IDX file (``.gz`` too), an NPZ with ``images``, an NPY, or a folder.

    A folder that holds ``train-images-idx3-ubyte[.gz]`` means that file; else its image files are read,
    sub-folders included. ``size`` are height and width that they are cropped and reduced to (for
    a folder 64 × 64 by default; else the pictures' own); ``channels`` 1 or 3 turns them grey or coloured.
    Raises ``DataError``.
    """
    if not path.exists():
        raise DataError(f"{path} does not exist; give an IDX file, an NPZ file or a folder of images.")
    if path.is_dir():
        packed = [file for file in sorted(path.glob("train-images-idx3-ubyte*")) if file.is_file()]
        if not packed:
            return _read_folder(path, size or FOLDER_SIZE, channels or 3)
        path = packed[0]
    images = {".npz": _read_npz, ".npy": _read_npy}.get(path.suffix, read_idx)(path)
    if images.ndim == 3:
        images = images[..., None]
    if images.ndim != 4 or images.shape[3] not in (1, 3) or images.dtype != np.uint8 or not len(images):
        raise DataError(
            f"{path} holds {images.dtype} {images.shape}; uint8 (N, H, W) or (N, H, W, 3) would work."
        )
    wanted = (*(size or images.shape[1:3]), channels or images.shape[3])
    if images.shape[1:] != wanted:
        images = np.stack([_fit(Image.fromarray(image.squeeze()), *wanted) for image in images])
    name = path.name.removesuffix(".gz").removesuffix(".npz").removesuffix("-idx3-ubyte")
    return ImageData(name, images)


def load_labels(path: Path, field: str | None = None) -> NDArray[np.int64]:
    """Class numbers (N,) that belong to the pictures at ``path``, for measuring.

    An IDX file's stand in the ``labels-idx1`` file beside it; an NPZ's in the array ``field``, whose
    strings are numbered in alphabetical order. Raises ``DataError``.
    """
    return load_field(path, field)[1]


def load_field(path: Path, field: str | None = None) -> tuple[list[str], NDArray[np.int64]]:
    """The names of the classes, and what ``load_labels`` says. Raises ``DataError``."""
    if path.is_dir():
        path = next(iter(sorted(path.glob("train-images-idx3-ubyte*"))), path)
    if path.suffix != ".npz":
        codes = read_idx(path.with_name(path.name.replace("images-idx3", "labels-idx1"))).astype(np.int64)
        return [str(one) for one in range(int(codes.max(initial=-1)) + 1)], codes
    try:
        with np.load(path, allow_pickle=False) as archive:
            names, codes = np.unique(archive[field or "label"], return_inverse=True)
            return [str(name) for name in names], codes
    except UNREADABLE as error:
        raise DataError(f"{path} has no readable array `{field or 'label'}`; give another field.") from error


def read_idx(path: Path) -> Pictures:
    """An IDX file of unsigned bytes as an array of its own shape (http://yann.lecun.com/exdb/mnist/)."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as opened:
            file = cast(BinaryIO, opened)
            head = file.read(4)
            if len(head) != 4 or head[:3] != b"\x00\x00\x08":
                raise DataError(f"{path} is no IDX file of unsigned bytes; an IDX or NPZ file would work.")
            shape = tuple(np.frombuffer(file.read(4 * head[3]), ">u4").astype(int))
            values = np.frombuffer(file.read(), np.uint8)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be read ({error}); fetch it again.") from error
    if len(shape) != head[3] or values.size != int(np.prod(shape)):
        raise DataError(f"{path} ends early: {values.size} bytes of {shape}; fetch it again.")
    return values.reshape(shape).copy()


def _read_npz(path: Path) -> Pictures:
    try:
        with np.load(path, allow_pickle=False) as archive:
            return cast(Pictures, archive["images"])
    except UNREADABLE as error:
        raise DataError(f"{path} has no readable array `images`; save it with numpy.savez.") from error


def _read_npy(path: Path) -> Pictures:
    try:
        return cast(Pictures, np.load(path, mmap_mode="r", allow_pickle=False))
    except UNREADABLE as error:
        raise DataError(f"{path} is no readable array; save it with numpy.save.") from error


def _read_folder(path: Path, size: tuple[int, int], channels: int) -> ImageData:
    files = [file for file in sorted(path.rglob("*")) if file.suffix.lower() in SUFFIXES]
    images, left_out = [], []
    for file in files:
        try:
            with Image.open(file) as picture:
                images.append(_fit(ImageOps.exif_transpose(picture), *size, channels))
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            left_out.append(file)
    if not images:
        raise DataError(
            f"{path} holds no image that can be read; PNG, JPEG, WebP, BMP, TIFF or GIF files would work."
        )
    return ImageData(path.resolve().name, np.stack(images), tuple(left_out))


def _fit(picture: Image.Image, height: int, width: int, channels: int) -> Pictures:
    """Centre-cropped and reduced to uint8 (H, W, C), transparency over white."""
    if "A" in picture.getbands() or "transparency" in picture.info:
        over = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", over.size, "white"), over)
    picture = picture.convert("L" if channels == 1 else "RGB")
    fitted = ImageOps.fit(picture, (width, height), Image.Resampling.LANCZOS)
    return np.asarray(fitted, np.uint8).reshape(height, width, channels)
