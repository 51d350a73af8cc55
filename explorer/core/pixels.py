"""Between pictures and what a model wants: the one owner of pixel layout and range.

Inside the application every picture is ``uint8 (H, W, C)`` or ``(N, H, W, C)`` with C = 1 or 3. What a model
of four channels draws is laid over white; what it is fed is opaque.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt

from explorer.core.errors import ExplorerError

Pixels = npt.NDArray[np.uint8]
Layout = Literal["NCHW", "NHWC", "NHW", "CHW", "HWC", "HW", "flat", "flat_hwc"]
PixelType = Literal["float32", "float16", "float64", "uint8"]
Range = float | tuple[float, ...]

# fmt: off
PICTURE_SUFFIXES = frozenset({
    ".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".gif", ".bmp", ".dib", ".tif", ".tiff",
    ".ppm", ".pgm", ".pbm", ".pnm", ".jp2", ".j2k", ".avif",
})
# fmt: on
"""File name endings, in lower case, that are taken for pictures in a folder."""


@dataclass(frozen=True)
class ImageSpec:
    """The pictures a model takes or gives.

    Attributes:
        height, width, channels: 1 grey, 3 RGB, 4 RGB and alpha.
        layout: the order of axes. ``CHW``, ``HWC`` and ``HW`` have no batch axis, ``NHW`` and ``HW`` no
            channel axis; ``flat`` is C·H·W in one axis after the batch, ``flat_hwc`` H·W·C.
        low, high: the model's values for black and white, for all channels or one for each.
        type: NumPy's name of the element type; ``uint8`` values are pixels already, whatever the range.
        rest: how many values behind the pixels of a flat layout are no pixels.
    """

    height: int
    width: int
    channels: int
    layout: Layout = "NCHW"
    low: Range = 0.0
    high: Range = 1.0
    type: PixelType = "float32"
    rest: int = 0

    def __post_init__(self) -> None:
        if self.height < 1 or self.width < 1 or self.channels not in (1, 3, 4):
            raise ExplorerError(
                f"The model wants pictures of {self.height}×{self.width}×{self.channels}; "
                "height and width of at least 1 and 1, 3 or 4 channels would work."
            )
        if (self.layout in ("NHW", "HW") and self.channels != 1) or (self.rest and not self.is_flat):
            raise ExplorerError(
                f"Pictures of {self.channels} channels and {self.rest} values behind them do not fit the "
                f"layout {self.layout}; NCHW or flat would work."
            )
        for low, high in zip(self.lows, self.highs, strict=True):
            if not low < high:
                raise ExplorerError(
                    f"The model's pixel range {low:g} to {high:g} is empty; low must be below high."
                )

    @property
    def picture_shape(self) -> tuple[int, int, int]:
        """``(H, W, C)`` of the pictures inside the application: C is 1 or 3."""
        return self.height, self.width, min(self.channels, 3)

    @property
    def tensor_shape(self) -> tuple[int, ...]:
        """The axes of one picture in the model's layout, without the batch."""
        if self.channels_first:
            return self.channels, self.height, self.width
        if self.is_flat:
            return (self.channels * self.height * self.width + self.rest,)
        return (self.height, self.width, self.channels)[: 2 if self.layout in ("NHW", "HW") else 3]

    @property
    def is_flat(self) -> bool:
        """Whether a picture is one axis."""
        return self.layout in ("flat", "flat_hwc")

    @property
    def has_batch(self) -> bool:
        """Whether the model's tensor has a batch axis before the picture's own."""
        return self.layout not in ("CHW", "HWC", "HW")

    @property
    def channels_first(self) -> bool:
        """Whether a picture has channel, row and column as axes, in this order."""
        return self.layout in ("NCHW", "CHW")

    @property
    def lows(self) -> tuple[float, ...]:
        """The value for black, channel by channel."""
        return _per_channel(self.low, self.channels)

    @property
    def highs(self) -> tuple[float, ...]:
        """The value for white, channel by channel."""
        return _per_channel(self.high, self.channels)


def as_it_is(pixels: npt.NDArray[Any], height: int, width: int, channels: int) -> Pixels | None:
    """A copy of ``pixels`` ``(H, W)`` or ``(H, W, C)`` of uint8 that need not be changed; None for others."""
    shape = pixels.shape if pixels.ndim == 3 else (*pixels.shape, 1)
    if pixels.dtype != np.uint8 or shape != (height, width, channels):
        return None
    return np.array(pixels, order="C", subok=False).reshape(shape)


def to_tensor(pictures: Pixels, spec: ImageSpec) -> npt.NDArray[Any]:
    """``uint8 (N, H, W, C)`` in the model's layout, range and type, C-contiguous.

    The shape is ``(N, *spec.tensor_shape)`` even where the model takes no batch axis. Values behind flat
    pixels are 0. Raises ``ExplorerError`` where the pictures have another shape.
    """
    if pictures.ndim != 4 or pictures.shape[1:] != spec.picture_shape:
        raise ExplorerError(
            f"Pictures of the shape {shape_text(pictures.shape)} do not fit a model that wants "
            f"N×{shape_text(spec.picture_shape)}; fit them first."
        )
    if spec.channels == 4:
        opaque = np.full((*pictures.shape[:3], 1), 255, np.uint8)
        pictures = np.concatenate([pictures, opaque], axis=3)
    count, channels = len(pictures), spec.channels
    planar = channels > 1 and (spec.channels_first or spec.layout == "flat")
    shape = (channels, spec.height, spec.width) if planar else (spec.height, spec.width, channels)
    if spec.type == "uint8":
        values: npt.NDArray[Any] = np.ascontiguousarray(
            pictures.transpose(0, 3, 1, 2) if planar else pictures
        )
    else:
        values = np.empty((count, *shape), np.float32)
        scales = [np.float32((high - low) / 255.0) for low, high in zip(spec.lows, spec.highs, strict=True)]
        if planar:
            for channel, scale in enumerate(scales):
                np.multiply(pictures[..., channel], scale, out=values[:, channel])
        else:
            np.multiply(pictures, scales[0] if len(set(scales)) == 1 else np.array(scales), out=values)
        if any(spec.lows):
            values += _along(spec.lows, planar)
        values = values.astype(spec.type, copy=False)
    if spec.rest:
        return np.pad(values.reshape(count, math.prod(shape)), ((0, 0), (0, spec.rest)))
    return values.reshape(count, *spec.tensor_shape)


def from_tensor(tensor: npt.NDArray[Any], spec: ImageSpec, *, overwrite: bool = False) -> Pixels:
    """A model's output as ``uint8 (N, H, W, C)``, C-contiguous: rounded half up, clipped to the range.

    ``tensor`` is ``(N, …)`` in the layout of ``spec`` (a flat one is taken as that layout's axes in
    one), or one picture without the N where the layout has none; with ``overwrite`` its memory is used for
    the arithmetic. Raises ``ExplorerError`` where a value is NaN or infinite, or the shape does not fit.
    """
    height, width, channels = spec.height, spec.width, spec.channels
    size = height * width * channels
    if not spec.has_batch and tensor.size == size and tensor.ndim < 4:
        tensor = tensor[np.newaxis]
    count = len(tensor) if tensor.ndim else 0
    fits = channels == 1 or tensor.ndim == 2 or tensor.shape[1:] == spec.tensor_shape
    if not fits or tensor.size != count * (size + spec.rest):
        raise ExplorerError(
            f"The decoder returned the shape {shape_text(tensor.shape)} where "
            f"{'N×' if spec.has_batch else ''}{shape_text(spec.tensor_shape)} was expected; "
            "the model's image layout must be set to what it really gives."
        )
    if spec.rest:
        tensor = tensor.reshape(count, size + spec.rest)[:, :size]
    planar = channels > 1 and (spec.channels_first or spec.layout == "flat")
    bytes_ = _as_pixels(tensor, spec, planar, overwrite)
    if not planar:
        pictures = bytes_.reshape(count, height, width, channels)
    else:
        planes = bytes_.reshape(count, channels, height, width)
        pictures = np.empty((count, height, width, channels), np.uint8)
        for channel in range(channels):  # four times faster than copying a transposed view
            pictures[..., channel] = planes[:, channel]
    return _over_white(pictures) if channels == 4 else pictures


def _as_pixels(tensor: npt.NDArray[Any], spec: ImageSpec, planar: bool, overwrite: bool) -> Pixels:
    """Values to levels, in the order in which they come."""
    if tensor.dtype == np.uint8:
        return np.ascontiguousarray(tensor)
    low, high = (0.0, 255.0) if spec.type == "uint8" else (spec.low, spec.high)
    one_range = not isinstance(low, tuple) and not isinstance(high, tuple)
    # The extremes tell both whether all is finite (NaN wins over any number) and whether to clip.
    least = np.minimum.reduce(tensor, axis=None, initial=high if one_range else 0)
    most = np.maximum.reduce(tensor, axis=None, initial=low if one_range else 0)
    if not (math.isfinite(least) and math.isfinite(most)):
        raise ExplorerError(
            "The decoder returned NaN or infinite pixels; the latent may lie far outside "
            "what it was trained on, or the model is damaged."
        )
    room = tensor if overwrite and tensor.dtype == np.float32 and tensor.flags.writeable else None
    if isinstance(low, tuple) or isinstance(high, tuple):
        sides = (spec.height, spec.width)
        axes = (spec.channels, *sides) if planar else (*sides, spec.channels)
        lows, highs = _along(spec.lows, planar), _along(spec.highs, planar)
        scales = np.float32(255.0) / (highs - lows)
        values = tensor.reshape(-1, *axes) * scales + (np.float32(0.5) - lows * scales)
        return cast(Pixels, values.clip(0.0, 255.0).astype(np.uint8))
    scale = 255.0 / (high - low)
    levels: npt.NDArray[np.float32] = np.multiply(tensor, scale, out=room, dtype=np.float32)
    levels += 0.5 - low * scale
    if least < low or most > high:
        levels.clip(0.0, 255.0, out=levels)
    return levels.astype(np.uint8)


def _over_white(pictures: Pixels) -> Pixels:
    """RGBA pictures laid over white."""
    colour, alpha = pictures[..., :3].astype(np.uint16), pictures[..., 3:].astype(np.uint16)
    return ((colour * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)


def _per_channel(value: Range, channels: int) -> tuple[float, ...]:
    if not isinstance(value, tuple):
        return (value,) * channels
    if len(value) != channels:
        raise ExplorerError(
            f"The model's pixel range has {len(value)} values for {channels} channels; one for all or one "
            "for each would work."
        )
    return value


def _along(values: tuple[float, ...], planar: bool) -> npt.NDArray[np.float32]:
    """One value for each channel, shaped to fit ``(…, C, H, W)`` where planar, else ``(…, C)``."""
    array = np.array(values, np.float32)
    return array[:, np.newaxis, np.newaxis] if planar else array


def shape_text(shape: tuple[int, ...]) -> str:
    """A shape for a sentence."""
    return "×".join(str(size) for size in shape) or "()"
