"""A comparison as a session keeps it: which models, of which data, and how they are looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from explorer.core.references import ModelOf, Reference, WorkOf

MOST = 3
"""Models that are shown beside each other."""


@dataclass(frozen=True, eq=False)
class SideOf:
    """One of the models that are compared: its name here, its files, and its latents where it has some."""

    name: str
    model: ModelOf
    work: WorkOf | None = None


@dataclass(frozen=True, eq=False)
class Compared:
    """Models beside each other.

    Attributes:
        sides: 2 to ``MOST``.
        together: whether all are shown on the first one's map.
        source, seed: what samples are drawn from, a key of ``comparison.SAMPLED_FROM``, and with which seed.
        sampled: whether samples are shown.
        selection: the rows that are selected in all sides with the same data, or None.
        latents: what each side looks at, ``(D,) float32``; empty where nothing has been looked at yet.
        step: the step of the tour that it is at, -1 for no tour.
    """

    sides: tuple[SideOf, ...]
    together: bool = False
    source: str = "prior"
    seed: int = 42
    sampled: bool = False
    selection: npt.NDArray[np.int64] | None = None
    latents: tuple[npt.NDArray[np.float32] | None, ...] = ()
    step: int = -1

    def is_sound(self) -> bool:
        """Whether its parts fit each other, which a file need not."""
        latents = zip(self.sides, self.latents, strict=False)
        rows = self.selection
        return (
            2 <= len(self.sides) <= MOST
            and len(self.latents) in (0, len(self.sides))
            and all(one is None or one.shape == (side.model.latent_size,) for side, one in latents)
            and all(side.model.files for side in self.sides)
            and 0 <= self.seed < 1 << 31
            and (rows is None or (rows.ndim == 1 and len(rows) > 0 and int(rows.min()) >= 0))
        )

    def kept_in(self, folder: Path) -> Compared:
        """As a file in ``folder`` refers to it: by the ways from there too."""

        def kept(one: Reference) -> Reference:
            there = one.found(None)
            return Reference.of(there[0], folder) if there else replace(one, near="")

        return self._referring(kept)

    def found_from(self, folder: Path) -> Compared:
        """As a file in ``folder`` has been read: what is found from there is where it is."""

        def seen(one: Reference) -> Reference:
            there = one.found(folder)
            return Reference("", str(there[0]), one.bundled) if there else one

        return self._referring(seen)

    def with_files(self, number: int, files: tuple[Path, ...]) -> Compared:
        """With a side's model at ``files``."""
        side = self.sides[number]
        model = replace(side.model, files=tuple(Reference("", str(file)) for file in files))
        sides = [*self.sides]
        sides[number] = replace(side, model=model)
        return replace(self, sides=tuple(sides))

    def _referring(self, way: Callable[[Reference], Reference]) -> Compared:
        return replace(
            self,
            sides=tuple(
                replace(
                    side,
                    model=replace(side.model, files=tuple(map(way, side.model.files))),
                    work=side.work
                    and replace(side.work, folder=way(side.work.folder), data=way(side.work.data)),
                )
                for side in self.sides
            ),
        )
