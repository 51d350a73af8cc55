"""What a person, a sidecar or a model's own metadata may state about a model, each with its check."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from explorer.core.errors import ExplorerError
from explorer.core.pixels import Range

EXTRA = "extra."
"""Before the name of an input beside the latent: its value."""

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
IMAGENET: tuple[tuple[float, ...], tuple[float, ...]] = (
    tuple(-mean / std for mean, std in zip(IMAGENET_MEAN, IMAGENET_STD, strict=True)),
    tuple((1 - mean) / std for mean, std in zip(IMAGENET_MEAN, IMAGENET_STD, strict=True)),
)
RANGES: Mapping[str, tuple[Range, Range]] = {
    "[0, 1]": (0.0, 1.0),
    "[-1, 1]": (-1.0, 1.0),
    "[0, 255]": (0.0, 255.0),
    "ImageNet": IMAGENET,
}
LAYOUTS = ("NCHW", "NHWC", "NHW", "CHW", "HWC", "HW", "flat", "flat_hwc")
PRIORS = ("normal", "data", "uniform", "sphere")
KINDS = ("VAE", "AE", "GAN")
"""What a model of two halves may be: how the two were trained."""

SPREADS = ("none", "logvar", "variance", "std")

_RANGE = re.compile(r"\[?\s*([-+.\de]+)\s*(?:,|\.\.)\s*([-+.\de]+)\s*\]?")
_SHAPE = re.compile(r"(\d{1,5})\s*[x×]\s*(\d{1,5})\s*(?:[x×]\s*([134])|(grey|rgba|rgb))", re.IGNORECASE)
_AXES = re.compile(r"\d{1,7}(\s*[x×]\s*\d{1,7}){0,3}")
_CHANNELS = {"grey": 1, "rgb": 3, "rgba": 4}


@dataclass(frozen=True)
class _Setting:
    works: str
    fits: Callable[[str], object]


def range_of(text: str) -> tuple[Range, Range] | None:
    """Low and high of e.g. ``[-1, 1]`` or ``ImageNet``; None for any other text."""
    for name, limits in RANGES.items():
        if text.strip().lower() == name.lower():
            return limits
    found = _RANGE.fullmatch(text.strip())
    try:
        low, high = (float(part) for part in found.groups()) if found else (0.0, 0.0)
    except ValueError:
        return None
    return (low, high) if math.isfinite(low) and math.isfinite(high) and low < high else None


def range_text(low: Range, high: Range) -> str:
    """The text that ``range_of`` reads; for ranges by channel only ImageNet's has one."""
    for name, limits in RANGES.items():
        if (low, high) == limits:
            return name
    if isinstance(low, tuple) or isinstance(high, tuple):
        return f"by channel, {low} to {high}"
    return f"[{low:g}, {high:g}]"


def shape_of(text: str) -> tuple[int, int, int] | None:
    """Height, width and channels of e.g. ``28x28x1`` or ``64 × 48 RGB``; None for any other text."""
    found = _SHAPE.fullmatch(text.strip())
    if not found:
        return None
    height, width, channels, colour = found.groups()
    shape = int(height), int(width), int(channels) if channels else _CHANNELS[colour.lower()]
    return shape if min(shape) > 0 else None


def shape_text(height: int, width: int, channels: int) -> str:
    """The text that ``shape_of`` reads."""
    return f"{height} × {width} { {1: 'grey', 3: 'RGB', 4: 'RGBA'}[channels] }"


def axes_of(text: str) -> tuple[int, ...] | None:
    """The axes of e.g. ``16`` or ``4×8×8``; None for any other text."""
    if not _AXES.fullmatch(text.strip()):
        return None
    axes = tuple(int(part) for part in re.split("[x×]", text))
    return axes if min(axes) > 0 else None


def axes_text(axes: tuple[int, ...]) -> str:
    """The text that ``axes_of`` reads."""
    return "×".join(map(str, axes))


def number_of(text: str) -> float | None:
    """A finite number; None for any other text."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _one_of(choices: tuple[str, ...]) -> _Setting:
    return _Setting(", ".join(choices[:-1]) + f" or {choices[-1]}", lambda text: text in choices or None)


_ANY = _Setting("a name of at most 200 characters", lambda text: (0 < len(text) <= 200) or None)
SETTINGS: Mapping[str, _Setting] = {
    "name": _ANY,
    "kind": _one_of(KINDS),
    "prior": _one_of(PRIORS),
    "image_shape": _Setting("height, width and channels as 28x28x1", shape_of),
    "layout_in": _one_of(LAYOUTS),
    "layout_out": _one_of(LAYOUTS),
    "range_in": _Setting("[0, 1], [-1, 1], [0, 255] or ImageNet", range_of),
    "range_out": _Setting("[0, 1], [-1, 1], [0, 255] or ImageNet", range_of),
    "latent_shape": _Setting("sizes as 16 or 4x8x8", axes_of),
    "mean_output": _ANY,
    "spread_output": _ANY,
    "spread": _one_of(SPREADS),
    "accept": _one_of(("no", "yes")),
}


def check(stated: Mapping[str, str], where: str) -> dict[str, str]:
    """``stated`` if all of it is known and readable.

    Raises ``ExplorerError`` that names ``where``, the key, and what would work.
    """
    for key, text in stated.items():
        known = SETTINGS.get(key)
        if key.startswith(EXTRA):
            known = _Setting("a number", number_of)
        if known is None:
            raise ExplorerError(f"{where} sets “{key}”, which is unknown; {', '.join(SETTINGS)} would work.")
        if not isinstance(text, str) or known.fits(text) is None:
            raise ExplorerError(f"{where} sets “{key}” to “{text}”; {known.works} would work.")
    return dict(stated)
