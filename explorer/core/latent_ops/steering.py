"""A latent and the directions that have been added to it; what a direction is worth, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from explorer.core.latent_ops.directions import METHODS, Direction

Floats = NDArray[np.float32]

MOST = 6.0
"""Standard deviations of the codes that a direction can be added at most, to either side."""

_LEAST = 3.0
_BEYOND = 1.25


@dataclass(frozen=True, eq=False)
class Steered:
    """What was added to which latent.

    Attributes:
        base: ``(D,) float32``, the latent as it was.
        amounts: how much of which direction, by its name, in standard deviations of the codes along it.
    """

    base: Floats
    amounts: Mapping[str, float] = field(default_factory=dict)

    def moved(self, name: str, strength: float) -> Steered:
        """The same with another strength of one direction."""
        return Steered(self.base, {**self.amounts, name: strength})

    def latent(self, directions: Iterable[Direction]) -> Floats:
        """The sum ``(D,) float32``; bit by bit the base where all strengths are 0."""
        found = np.array(self.base, np.float32)
        for one in directions:
            if strength := self.amounts.get(one.name, 0.0):
                found = one.applied(found, strength)
        return found

    def settled(self, direction: Direction) -> Steered:
        """The same sum, of which what ``direction`` added has become a part of the base."""
        amounts = dict(self.amounts)
        base = direction.applied(self.base, amounts.pop(direction.name, 0.0))
        return Steered(base, amounts)

    def renamed(self, old: str, new: str) -> Steered:
        """The same where a direction has another name."""
        return Steered(self.base, {new if name == old else name: by for name, by in self.amounts.items()})


def fits(direction: Direction, size: int, count: int) -> bool:
    """Whether a direction that was read from a file is one among ``count`` latents of ``size`` numbers."""
    rows = [one for one in (direction.start, direction.end) if one is not None]
    found = len(rows) == 2 if direction.ends is None else direction.ends.shape == (2, size) and not rows
    return (
        found
        and direction.vector.shape == (size,)
        and direction.sigma > 0.0
        and all(one.ndim == 1 and len(one) and one.min() >= 0 and one.max() < count for one in rows)
    )


def reach(direction: Direction) -> float:
    """How far a slider goes to either side, in standard deviations: past the distance of the two means."""
    return min(MOST, max(_LEAST, _BEYOND * abs(direction.gap)))


def worth(direction: Direction) -> tuple[str, str]:
    """Whether a direction means anything: in a few words, and the figure that they come from."""
    score = direction.separation
    if score is None:
        if direction.ends is not None:
            return "not measurable", "Two pictures: nothing to hold out"
        few = min(direction.rows)
        pictures = "picture" if few == 1 else "pictures"
        return "not measurable", f"{few} {pictures} at one end, fewer than 8"
    figure = f"AUC {score.value:.2f} ({score.low:.2f}–{score.high:.2f}) · {score.rows:,} held out"
    if score.low <= 0.5 or score.value < 0.6:
        return "does not separate", figure
    if score.value < 0.75:
        return "separates weakly", figure
    return "separates" if score.value < 0.9 else "separates well", figure


def how_made(direction: Direction) -> str:
    """From what and how a direction was found, in a line or two."""
    if direction.ends is not None:
        made = "From one picture to another"
    else:
        first, second = direction.rows
        method = METHODS["linear" if direction.method == "linear" else "means"][0]
        made = f"{method} · {first:,} → {second:,} pictures"
    if direction.against:
        names = ", ".join(f"“{name}”" for name in direction.against)
        made += f"\nOrthogonal to {names}: {direction.remains:.0%} of its length remained"
    return made


def unique_name(name: str, taken: Iterable[str]) -> str:
    """``name``, with a number behind it where it is taken."""
    others, wanted, number = set(taken), name.strip() or "direction", 2
    name = wanted
    while name in others:
        name, number = f"{wanted} {number}", number + 1
    return name
