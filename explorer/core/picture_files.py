"""Picture files, and arrays of any kind, brought into a model's form.

Imported only where a picture is read: Pillow would make the first decoded picture wait.
"""

from __future__ import annotations

import io
import threading
import warnings
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from explorer.core.errors import ExplorerError
from explorer.core.pixels import Pixels, as_it_is, shape_text

MAX_MEGAPIXELS = 100
"""The largest picture that is decoded; a 100-megapixel one takes 400 MiB while it is read."""
MAX_JPEG_MEGAPIXELS = 1000
"""A baseline JPEG may be larger, because it is decoded at down to an eighth of its size."""

# Named one by one: Pillow's other readers start programs (EPS) or answer to files that are no pictures.
_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "DIB", "PPM", "WEBP", "TIFF", "JPEG2000", "AVIF")
_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_LARGE = 16_000_000
_SMALL_FILE = 1 << 18
_one_large_at_a_time = threading.Lock()

# Pillow's limit warns first and refuses later; `_check_size` refuses once, with a sentence. Its other
# warnings (a damaged EXIF block, a palette's transparency) tell the user nothing to act on.
Image.MAX_IMAGE_PIXELS = None
warnings.filterwarnings("ignore", module=r"PIL\.")


def read_picture(source: Path | bytes, height: int, width: int, channels: int, *, name: str = "") -> Pixels:
    """Read a picture file (or its bytes) as ``uint8 (height, width, channels)``.

    Turned upright by its EXIF orientation, laid over white where transparent, 16-bit values scaled,
    the first frame if animated; cropped around its centre to the wanted aspect, then resized.
    ``name`` stands for the picture in sentences (default: the path). Raises ``ExplorerError`` for
    anything that cannot be read, naming the reason. Safe to call from several threads.
    """
    name = name or (str(source) if isinstance(source, Path) else "The picture")
    try:
        with Image.open(_file(source), formats=_FORMATS) as image:
            _check_size(image, name)
            # Twice the wanted size leaves the fine filter something to work on.
            image.draft(None, (2 * max(height, width),) * 2)
            # Two photographs of 100 megapixels at once would not fit into a small machine.
            with _one_large_at_a_time if image.width * image.height > _LARGE else nullcontext():
                image.load()
                return _fit_image(_standard(image, name), height, width, channels, _orientation(image))
    except ExplorerError:
        raise
    except UnidentifiedImageError as error:
        if _is_empty(source):
            raise ExplorerError(f"{name} is empty (0 bytes); copy it again from where it came.") from error
        raise ExplorerError(
            f"{name} is not a picture that can be read; PNG, JPEG, WebP, TIFF, GIF or BMP would work."
        ) from error
    except FileNotFoundError as error:
        raise ExplorerError(f"{name} does not exist; it may have been moved or renamed.") from error
    except IsADirectoryError as error:
        raise ExplorerError(f"{name} is a folder, not a picture.") from error
    except PermissionError as error:
        raise ExplorerError(f"{name} may not be read; check the permissions of the file.") from error
    except MemoryError as error:
        raise ExplorerError(f"{name} does not fit into memory; make it smaller first.") from error
    except Exception as error:  # Pillow's decoders raise a dozen kinds of error on damaged input.
        reason = str(error).strip().rstrip(".") or type(error).__name__
        raise ExplorerError(
            f"{name} is damaged or incomplete ({reason}); copy it again or save it anew as PNG."
        ) from error


def fit_picture(
    pixels: npt.NDArray[Any], height: int, width: int, channels: int, *, name: str = "The picture"
) -> Pixels:
    """Bring an array into a model's form: ``uint8 (height, width, channels)``, a new array.

    ``pixels`` is ``(H, W)`` or ``(H, W, 1 | 3 | 4)`` (the fourth is alpha, laid over white) of uint8,
    uint16 (scaled), bool, or floats within [0, 1]. Cropped and resized as ``read_picture`` does.
    """
    if (whole := as_it_is(pixels, height, width, channels)) is not None:
        return whole
    if pixels.ndim == 2:
        pixels = pixels[:, :, np.newaxis]
    if pixels.ndim != 3 or pixels.shape[2] not in (1, 3, 4) or 0 in pixels.shape:
        raise ExplorerError(
            f"{name} has the shape {shape_text(pixels.shape)}; "
            "H×W or H×W×C with 1, 3 or 4 channels would work."
        )
    values = _as_uint8(pixels, name)
    if values.shape == (height, width, channels):
        return np.array(values, order="C", subok=False)
    image = Image.fromarray(np.ascontiguousarray(values[:, :, 0] if values.shape[2] == 1 else values))
    return _fit_image(image, height, width, channels)


def _check_size(image: Image.Image, name: str) -> None:
    megapixels = image.width * image.height / 1e6
    # A progressive JPEG keeps all its coefficients in memory, whatever size is asked for.
    shrinks = image.format in ("JPEG", "MPO") and not image.info.get("progressive")
    if megapixels > (MAX_JPEG_MEGAPIXELS if shrinks else MAX_MEGAPIXELS):
        raise ExplorerError(
            f"{name} is too large to read ({image.width}×{image.height}, {megapixels:,.0f} megapixels); "
            f"at most {MAX_MEGAPIXELS} megapixels would work ({MAX_JPEG_MEGAPIXELS:,} as a baseline JPEG)."
        )


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - a damaged EXIF block costs the orientation, not the picture
        return 1


def _standard(image: Image.Image, name: str) -> Image.Image:
    """``image`` in mode L, RGB, or RGBA where it has transparency."""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        values = np.asarray(image)
        if image.mode == "I":  # Pillow holds some 16-bit files in 32 bits
            if int(values.min()) < 0 or int(values.max()) > 65535:
                raise ExplorerError(
                    f"{name} holds 32-bit values from {values.min()} to {values.max()}; "
                    "scaled to 16 bits it would work."
                )
            values = values.astype(np.uint16)
        return Image.fromarray(_as_uint8(values, name))
    if image.has_transparency_data:
        return image if image.mode == "RGBA" else image.convert("RGBA")
    return image.convert("L" if image.mode in ("L", "1") else "RGB")


def _as_uint8(values: npt.NDArray[Any], name: str) -> Pixels:
    kind = values.dtype
    if kind == np.uint8:
        return values
    if kind == np.bool_:
        return values.astype(np.uint8) * np.uint8(255)
    if kind.kind == "u" and kind.itemsize == 2:
        return ((values.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)
    if kind.kind == "f":
        low, high = float(values.min()), float(values.max())
        if not (low >= 0.0 and high <= 1.0):  # so written that NaN does not pass
            raise ExplorerError(
                f"{name} holds values from {low:g} to {high:g}; floats within 0 to 1 would work."
            )
        return (values * 255.0 + 0.5).astype(np.uint8)
    raise ExplorerError(
        f"{name} holds values of type {kind}; uint8, uint16 or floats within 0 to 1 would work."
    )


def _fit_image(image: Image.Image, height: int, width: int, channels: int, orientation: int = 1) -> Pixels:
    """Crop around the centre, resize, then turn: a crop around the centre may be turned afterwards."""
    if orientation in (5, 6, 7, 8):
        height, width = width, height
    scale = min(image.width / width, image.height / height)
    left = max(0.0, (image.width - width * scale) / 2)
    top = max(0.0, (image.height - height * scale) / 2)
    box = (left, top, image.width - left, image.height - top)
    if image.size != (width, height):
        image = image.resize((width, height), Image.Resampling.LANCZOS, box=box, reducing_gap=3.0)
    if orientation in _TURNS:
        image = image.transpose(_TURNS[orientation])
    if image.mode == "RGBA":
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    mode = "L" if channels == 1 else "RGB"
    pixels = np.array(image if image.mode == mode else image.convert(mode))
    return pixels[:, :, np.newaxis] if channels == 1 else pixels


def _file(source: Path | bytes) -> io.BytesIO | Path:
    if isinstance(source, bytes):
        return io.BytesIO(source)
    with source.open("rb", buffering=0) as stream:
        start = stream.read(_SMALL_FILE)
    # One read instead of a dozen: on small files that is a third of the time.
    return io.BytesIO(start) if len(start) < _SMALL_FILE else source


def _is_empty(source: Path | bytes) -> bool:
    return len(source) == 0 if isinstance(source, bytes) else source.stat().st_size == 0
