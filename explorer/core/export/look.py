"""How a sheet, a film or a page looks, and the looks that are ready-made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, NamedTuple

Color = tuple[int, int, int]
ThemeName = Literal["dark", "light", "print"]
Enlarging = Literal["auto", "nearest", "lanczos"]
Playing = Literal["auto", "once", "loop", "there and back"]

CRISP_BELOW = 64
"""Pictures of fewer pixels a side are enlarged with hard pixels where nobody says how."""


class Inks(NamedTuple):
    """The colours of a theme: the ground, the letters, and the letters that step back."""

    ground: Color
    text: Color
    quiet: Color


THEMES: Mapping[ThemeName, Inks] = MappingProxyType(
    {
        "dark": Inks((20, 22, 26), (230, 232, 235), (139, 147, 160)),
        "light": Inks((246, 247, 249), (28, 31, 36), (96, 103, 114)),
        "print": Inks((255, 255, 255), (0, 0, 0), (80, 80, 80)),
    }
)


@dataclass(frozen=True)
class Look:
    """What can be chosen about the looks of what is written. Lengths are pixels.

    Attributes:
        theme: a name of ``THEMES``.
        columns: pictures in a row; None for what looks best.
        side: the longer side of a picture on the sheet; None for what looks best.
        gap, margin: between pictures, and around all of them.
        enlarge: how pictures grow and shrink; ``auto`` is crisp for small ones, which then grow by whole
            factors.
        captions, headings: whether the pictures' captions and their groups' names are set.
        title: whether the gallery's title stands above.
        letters: the size of captions; headings and title go with it.
        sheet: the shape that is aimed at, width over height.
        rate: pictures a second of a film; None for what its pictures are meant for, else 12.
        play: how a film goes: ``once``; in a ``loop``, over and over; ``there and back``, over and over;
            ``auto`` as its pictures are meant: those of a path as that ends, others there and back. A video
            file cannot say that it repeats: it has one round.
    """

    theme: ThemeName = "dark"
    columns: int | None = None
    side: float | None = None
    gap: float = 8
    margin: float = 16
    enlarge: Enlarging = "auto"
    captions: bool = True
    headings: bool = True
    title: bool = True
    letters: float = 12
    sheet: float = 4 / 3
    rate: float | None = None
    play: Playing = "auto"

    @property
    def inks(self) -> Inks:
        """The colours of its theme."""
        return THEMES[self.theme]

    def smooth(self, height: int, width: int) -> bool:
        """Whether pictures of this size are enlarged smoothly."""
        return self.enlarge == "lanczos" or (self.enlarge == "auto" and max(height, width) >= CRISP_BELOW)


LOOKS: Mapping[str, Look] = MappingProxyType(
    {
        "Calm": Look(gap=16, margin=48, captions=False, letters=14),
        "Poster": Look(gap=2, margin=40, captions=False, letters=18, sheet=1 / 2**0.5),
        "Paper": Look("print", gap=6, margin=24, letters=11, sheet=1.6),
        "Contact sheet": Look("light", gap=12, margin=32),
    }
)
"""Looks by the names that they are offered under."""
