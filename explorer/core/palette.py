"""Colours of classes that stay apart for colour-blind eyes.

The first ten of each theme were chosen for the greatest distance in OKLab between any two as seen by normal,
protan, deutan and tritan eyes (simulated after Machado, Oliveira and Fernandes, "A Physiologically-based
Model for Simulation of Color Vision Deficiency", 2009), each next one for its distance from all before it.
"""

from __future__ import annotations

import colorsys
from typing import Literal

import numpy as np
from numpy.typing import NDArray

_ON_DARK = (
    "6aa3ff ffb04f 98f8e8 d05808 c8b8f0 90a870 4880d8 50e0a0 d0f088 b06888 "
    "d88808 c890c8 888858 88c0b0 f8d040 68a098 b078b8 98d8d0 b0b878 e8c8f8"
)
_ON_LIGHT = (
    "2f6fe0 e08a00 9c1530 12b090 5c2a98 906090 b890f0 d04840 680848 085870 "
    "c068b8 283070 6850b0 8880f8 88b870 188008 a09060 d090b8 604008 903890"
)
_GOLDEN_ANGLE = 0.381966

NO_LABEL = (139, 147, 160)
"""RGB of a point without a label, readable on dark and light."""


def categorical(count: int, theme: Literal["dark", "light"] = "dark") -> NDArray[np.uint8]:
    """``(count, 3)`` RGB colours of classes for the theme; a class keeps its colour whatever the count."""
    dark = theme == "dark"
    chosen = [tuple(bytes.fromhex(code)) for code in (_ON_DARK if dark else _ON_LIGHT).split()]
    generated = [_generated(index, dark) for index in range(count - len(chosen))]
    return np.array((chosen + generated)[:count], np.uint8).reshape(count, 3)


def _generated(index: int, dark: bool) -> tuple[int, ...]:
    """Hues a golden angle apart, so that neighbours in order are never neighbours in hue."""
    hue = (0.07 + index * _GOLDEN_ANGLE) % 1.0
    lightness = (0.72, 0.60, 0.82)[index % 3] if dark else (0.42, 0.54, 0.32)[index % 3]
    return tuple(round(255 * channel) for channel in colorsys.hls_to_rgb(hue, lightness, 0.62))
