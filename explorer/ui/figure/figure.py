"""The map as a figure: what it shows and how large it is."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from explorer.core.dataset_base import Field
from explorer.core.errors import ExplorerError
from explorer.core.view import View
from explorer.ui.map.layers import Still
from explorer.ui.map.renderer import Scene
from explorer.ui.parts.theme import DARK, LIGHT, Theme

PRINT = replace(LIGHT, ground="#ffffff", line="#c4cad3", text="#111418", quiet="#565f6c")
THEMES = {"light": LIGHT, "dark": DARK, "print": PRINT}

LEAST, MOST, MOST_PIXELS = 64, 20_000, 120_000_000
_MM_PER_INCH, _POINTS_PER_INCH = 25.4, 72.0
_SCREEN_DPI = 96.0
_TEXT_POINTS = 8.0
TEXT_UNITS = 13
_COMMON_SIDE = 900.0


@dataclass(frozen=True)
class FigureSize:
    """How large a figure is: pixels, pixels to an inch, and the height of its text in pixels.

    Raises ``ExplorerError`` for sizes that nothing can be drawn at.
    """

    width: int
    height: int
    dpi: float
    text: float

    def __post_init__(self) -> None:
        fits = all(LEAST <= side <= MOST for side in (self.width, self.height))
        if not fits or self.width * self.height > MOST_PIXELS:
            raise ExplorerError(
                f"A figure of {self.width:,}×{self.height:,} pixels cannot be drawn; choose sides of "
                f"{LEAST} to {MOST:,} pixels, at most {MOST_PIXELS // 1_000_000} million in all."
            )

    @classmethod
    def of_pixels(cls, width: int, height: int, text: float = 1.0) -> FigureSize:
        """For screens: text grows with the figure; ``text`` makes it larger or smaller."""
        side = math.sqrt(max(width, 1) * max(height, 1))
        return cls(width, height, _SCREEN_DPI, text * TEXT_UNITS * side / _COMMON_SIDE)

    @classmethod
    def of_paper(cls, width: float, height: float, dpi: float = 300.0, text: float = 1.0) -> FigureSize:
        """For print: millimetres, and text of 8 points times ``text``."""
        if not 30.0 <= dpi <= 2400.0:
            raise ExplorerError(f"{dpi:g} dots per inch cannot be printed; choose from 30 to 2400.")
        across, down = (round(side / _MM_PER_INCH * dpi) for side in (width, height))
        return cls(across, down, dpi, text * _TEXT_POINTS / _POINTS_PER_INCH * dpi)

    @classmethod
    def parse(cls, words: str) -> FigureSize:
        """From ``1600x1200`` (pixels), ``180x135mm`` (at 300 dpi) or ``180x135mm@600``."""
        number = r"(\d+(?:\.\d+)?)"
        found = re.fullmatch(
            rf"{number}[x×]{number}(?:(px)?|mm(?:@{number}(?:dpi)?)?)", words.strip().lower()
        )
        if found is None or ("." in words and "mm" not in words):
            raise ExplorerError(
                f"“{words}” is no size; write pixels as 1600x1200, or paper as 180x135mm or 180x135mm@300."
            )
        width, height, _, dpi = found.groups()
        if "mm" in words.lower():
            return cls.of_paper(min(float(width), 1e6), min(float(height), 1e6), float(dpi or 300.0))
        return cls.of_pixels(int(width), int(height))

    @property
    def ratio(self) -> float:
        """Pixels to a unit of the layout."""
        return self.text / TEXT_UNITS

    def within(self, width: int, height: int) -> FigureSize:
        """The same figure, small enough for a box of pixels."""
        scale = min(width / self.width, height / self.height)
        across, down = (max(round(side * scale), LEAST) for side in (self.width, self.height))
        return FigureSize(across, down, self.dpi * scale, self.text * scale)


@dataclass(frozen=True)
class Entry:
    """A class of the legend."""

    name: str
    count: int
    color: tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class Key:
    """What the colours mean: classes, or a scale of ``ramp`` (K, 3) RGB from low to high with ``ticks``.

    A tick is its share of the way up and its text. With a scale, the entries are what has no place on it.
    """

    heading: str
    entries: tuple[Entry, ...] = ()
    ramp: NDArray[np.uint8] | None = None
    ticks: tuple[tuple[float, str], ...] = ()


@dataclass(frozen=True, eq=False)
class Figure:
    """What is to be shown.

    Attributes:
        scene: the points; their colours must suit the theme.
        key: what the colours mean; None for no legend.
        title, caption: above, and small below; empty for none.
        axes: what the two directions are called; None for no arrows.
        names: labels that are written where they prevail on the map; None for none.
        view: what part; None for the whole map.
        transparent: whether the ground is left out.
        below, above: layers under and over the points.
    """

    scene: Scene
    theme: Theme
    key: Key | None = None
    title: str = ""
    caption: str = ""
    axes: tuple[str, str] | None = None
    names: Field | None = None
    view: View | None = None
    transparent: bool = False
    below: tuple[Still, ...] = ()
    above: tuple[Still, ...] = ()
