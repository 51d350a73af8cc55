"""Colours of classes and of numbers that stay apart for colour-blind eyes.

The first twenty classes of each theme were chosen for the greatest distance in OKLab (Ottosson 2020) between
any two as seen by normal, protan, deutan and tritan eyes (simulated after Machado, Oliveira and Fernandes, "A
Physiologically-based Model for Simulation of Color Vision Deficiency", 2009), each next one for its distance
from all before it. So are those that follow, from a lattice of colours, when there are more classes; of a few
hundred no eye tells each from each, and then they only repeat.

Ramps for numbers run through OKLab in even steps and grow lighter, or do so to both sides of the middle; hue
helps but is not needed to read them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rgb = NDArray[np.uint8]
Theme = Literal["dark", "light"]

_ON_DARK = (
    "6aa3ff ffb04f 98f8e8 d05808 c8b8f0 90a870 4880d8 50e0a0 d0f088 b06888 "
    "d88808 c890c8 888858 88c0b0 f8d040 68a098 b078b8 98d8d0 b0b878 e8c8f8"
)
_ON_LIGHT = (
    "2f6fe0 e08a00 9c1530 12b090 5c2a98 906090 b890f0 d04840 680848 085870 "
    "c068b8 283070 6850b0 8880f8 88b870 188008 a09060 d090b8 604008 903890"
)

TOLD_APART = 20
"""So many classes have colours that anybody tells apart."""

STEPS = 256
"""Colours of a ramp."""

NO_LABEL = (139, 147, 160)
"""RGB of a point without a label, readable on dark and light."""

_MOST_CHOSEN = 256
_LIGHTNESS = {"dark": (0.58, 0.94), "light": (0.30, 0.74)}

# Lightness, chroma and hue in degrees (OKLCh) of a ramp's stops, evenly apart. Low values are nearer to the
# ground than high ones, yet stand out from it; of the diverging ones the middle is.
_RAMPS: dict[tuple[Theme, bool], tuple[tuple[float, float, float], ...]] = {
    ("dark", False): (
        (0.45, 0.15, 300), (0.55, 0.14, 268), (0.65, 0.115, 220), (0.75, 0.13, 165), (0.86, 0.17, 122),
        (0.97, 0.14, 104),
    ),
    ("light", False): (
        (0.88, 0.12, 104), (0.765, 0.15, 135), (0.65, 0.12, 175), (0.535, 0.11, 230), (0.42, 0.15, 275),
        (0.305, 0.14, 308),
    ),
    ("dark", True): (
        (0.88, 0.09, 225), (0.76, 0.13, 245), (0.62, 0.15, 258), (0.49, 0.02, 270), (0.62, 0.14, 45),
        (0.76, 0.15, 62), (0.88, 0.13, 85),
    ),
    ("light", True): (
        (0.32, 0.14, 264), (0.46, 0.17, 260), (0.61, 0.14, 250), (0.76, 0.015, 250), (0.61, 0.15, 55),
        (0.46, 0.13, 45), (0.32, 0.09, 38),
    ),
}  # fmt: skip

_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
# Linear sRGB as seen without one kind of cones, after Machado et al., severity 1.
VISIONS = {
    "normal": np.eye(3),
    "protan": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deutan": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritan": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


@lru_cache(maxsize=32)
def categorical(count: int, theme: Theme = "dark") -> Rgb:
    """``(count, 3)`` RGB colours of classes for the theme; a class keeps its colour whatever the count."""
    codes = bytes.fromhex(_ON_DARK if theme == "dark" else _ON_LIGHT)
    colors = np.frombuffer(codes, np.uint8).reshape(-1, 3)
    if count > len(colors):
        colors = np.resize(_chosen(theme), (count, 3))
    colors = colors[:count].copy()
    colors.flags.writeable = False
    return colors


@lru_cache(maxsize=4)
def ramp(theme: Theme = "dark", diverging: bool = False) -> Rgb:
    """``(256, 3)`` RGB colours from low values to high ones, evenly seen; or from a middle to both sides.

    Chroma that the screen has not is reduced, at the same lightness and hue.
    """
    stops = np.array(_RAMPS[theme, diverging])
    hues = np.radians(stops[:, 2])
    bent = np.stack([stops[:, 0], stops[:, 1] * np.cos(hues), stops[:, 1] * np.sin(hues)], axis=1)
    middle = len(stops) // 2
    halves = (bent[: middle + 1], bent[middle:]) if diverging else (bent,)
    colors = np.concatenate([_even(half, STEPS // len(halves)) for half in halves])
    colors.flags.writeable = False
    return colors


def _even(stops: Floats, count: int) -> Rgb:
    """``(count, 3)`` RGB along a curve through OKLab coordinates ``(n, 3)``, each as far from the next."""
    at = np.linspace(0.0, len(stops) - 1.0, 16 * count)
    lightness = np.interp(at, np.arange(len(stops)), stops[:, 0])
    curve = np.column_stack([lightness, _smooth(stops[:, 1:], at)])
    shown = _oklab_of(_on_screen(curve))
    ways = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(shown, axis=0), axis=1))])
    wanted = np.linspace(0.0, ways[-1], count)
    even = np.stack([np.interp(wanted, ways, shown[:, axis]) for axis in range(3)], axis=1)
    linear = _on_screen(even)
    values = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(np.round(255.0 * values), np.uint8)


def oklab(rgb: NDArray[np.integer], vision: str = "normal") -> Floats:
    """OKLab coordinates ``(n, 3)`` of RGB colours ``(n, 3)`` in [0, 255], as seen by eyes of ``VISIONS``."""
    values = np.asarray(rgb, np.float64) / 255.0
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return _oklab_of(np.clip(linear @ VISIONS[vision].T, 0.0, 1.0))


def _oklab_of(linear: Floats) -> Floats:
    return np.asarray(np.cbrt(linear @ _TO_CONES.T) @ _TO_LAB.T, np.float64)


def _on_screen(lab: Floats) -> Floats:
    """Linear sRGB ``(n, 3)`` of OKLab coordinates; those beyond the screen with as much chroma as it has."""
    low, high = np.zeros((len(lab), 1)), np.ones((len(lab), 1))
    whole = _is_on_screen(lab)[:, None]
    grey = lab * (1.0, 0.0, 0.0)
    for _ in range(12):
        middle = 0.5 * (low + high)
        inside = _is_on_screen(grey + middle * (lab - grey))[:, None]
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    share = np.where(whole, 1.0, low)
    return np.clip(_linear(grey + share * (lab - grey)), 0.0, 1.0)


def _linear(lab: Floats) -> Floats:
    cones = lab @ np.linalg.inv(_TO_LAB).T
    return np.asarray(cones**3 @ np.linalg.inv(_TO_CONES).T, np.float64)


def _is_on_screen(lab: Floats) -> NDArray[np.bool_]:
    linear = _linear(lab)
    return np.asarray(((linear >= -1e-4) & (linear <= 1.0 + 1e-4)).all(axis=1), np.bool_)


def _smooth(values: Floats, at: Floats) -> Floats:
    """Through ``values (n, k)`` at 0, 1, 2 …, without corners (Catmull and Rom 1974)."""
    padded = np.concatenate([[2 * values[0] - values[1]], values, [2 * values[-1] - values[-2]]])
    cell = np.minimum(at.astype(np.int64), len(values) - 2)
    t = (at - cell)[:, None]
    a, b, c, d = (padded[cell + i] for i in range(4))
    return np.asarray(
        b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a))), np.float64
    )


@lru_cache(maxsize=2)
def _chosen(theme: Theme) -> Rgb:
    """The first 256 colours: those above, then each the one of a lattice that is farthest from all before."""
    first = np.frombuffer(bytes.fromhex(_ON_DARK if theme == "dark" else _ON_LIGHT), np.uint8).reshape(-1, 3)
    steps = np.arange(8, 256, 16, dtype=np.uint8)
    lattice = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    low, high = _LIGHTNESS[theme]
    lightness = oklab(lattice)[:, 0]
    lattice = lattice[(lightness > low) & (lightness < high)]
    seen = np.stack([oklab(lattice, vision).T for vision in VISIONS])  # (visions, 3, n)
    known = np.stack([oklab(first, vision).T for vision in VISIONS])
    nearest = np.min([_least_apart(seen, known[..., i : i + 1]) for i in range(len(first))], axis=0)
    found = []
    for _ in range(_MOST_CHOSEN - len(first)):
        best = int(nearest.argmax())
        found.append(lattice[best])
        np.minimum(nearest, _least_apart(seen, seen[..., best : best + 1]), out=nearest)
    return np.concatenate([first, np.array(found)])


def _least_apart(seen: Floats, one: Floats) -> Floats:
    """Squared distance ``(n,)`` of each of ``seen`` (visions, 3, n) from one, to eyes that see the least."""
    apart = seen - one
    apart *= apart
    return np.asarray((apart[:, 0] + apart[:, 1] + apart[:, 2]).min(axis=0), np.float64)
