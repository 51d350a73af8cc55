"""A gallery as those see it who write it: what each picture is, and the pictures on demand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from explorer.core.export.look import Playing
from explorer.core.provenance import Provenance

Floats = NDArray[np.float32]
Pictures = NDArray[np.uint8]
Place = tuple[float, float]
Role = Literal["decoded", "original", "difference", "empty"]


@dataclass(frozen=True, eq=False)
class Item:
    """One picture of a gallery.

    Attributes:
        index: where it stands in the gallery, from 0.
        latent: ``(D,) float32``; of an original the one it was encoded to.
        model, fingerprint: of the pair that draws it.
        sampler: in words, how its latent was chosen.
        seed: of the sampler, None where nothing was random.
        draw: which of the sampler's draws it is, from 0; of a picture of the data its row.
        caption: a few words below it; may be empty.
        group: the row or section it belongs to, a label, an axis, a model; neighbours share it. May be empty.
        where: its place on the map, in map units, or what finds that; None where there is no map.
        facts: numbers that are known of it, by their names: ``support``, ``error``, ``distance``, ``value``.
        role: ``decoded``; ``original``, a picture of the data; ``difference`` of the two; ``empty``, a cell
            that stays free and is no picture: it has a place on a sheet and nowhere else.
        extras: what the decoder is fed beside the latent.
    """

    index: int
    latent: Floats
    model: str
    fingerprint: str
    sampler: str = ""
    seed: int | None = None
    draw: int = 0
    caption: str = ""
    group: str = ""
    where: Place | Callable[[], Place] | None = None
    facts: Mapping[str, float] = field(default_factory=dict)
    role: Role = "decoded"
    extras: Mapping[str, float] = field(default_factory=dict)

    @property
    def place(self) -> Place | None:
        """Where it lies on the map, in map units; a moment's work where it is not known yet."""
        return self.where() if callable(self.where) else self.where

    def provenance(self, recipe: str = "") -> Provenance:
        """What a file of this picture carries; ``recipe`` is the hash of its gallery's."""
        return Provenance(
            self.latent, self.model, self.fingerprint, self.sampler, self.seed, self.draw, self.place,
            extras=self.extras, recipe=recipe,
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Ground:
    """The map that the pictures lie on.

    Attributes:
        points: ``(N, 2) float32`` in map units, the data's.
        colors: ``(N, 3) uint8``, or None where they have none.
        labels: name and colour of each kind of point, for a legend; may be empty.
    """

    points: Floats
    colors: Pictures | None = None
    labels: Sequence[tuple[str, tuple[int, int, int]]] = ()


@dataclass(frozen=True, eq=False)
class Gallery:
    """Pictures in their order. ``items`` are made when they are asked for; nothing here holds all pictures.

    Attributes:
        title: a line above; may be empty.
        items: what each picture is; an indexable sequence, its slices are lists.
        shape: height, width and channels (1 or 3) of every picture.
        draw: pictures ``start`` to ``stop`` as ``uint8 (n, H, W, C)``; those of ``empty`` items are zeros.
            May be called from any thread; a picture is the same whatever it is drawn beside.
        raw: the decoder's own output for them, ``(n, …) float32``; None where there is none to be had.
        columns: how many stand in a row, where the kind of gallery says so.
        together: so many in a row belong together and stand apart from the next; 0 for none.
        play, rate: how a film of the pictures goes, and how many a second, where the look says neither.
        recipe: the recipe's hash, hexadecimal; empty where the pictures came without one.
        ground: the map they lie on; None where there is none.
    """

    title: str
    items: Sequence[Item]
    shape: tuple[int, int, int]
    draw: Callable[[int, int], Pictures]
    raw: Callable[[int, int], Floats] | None = None
    columns: int | None = None
    together: int = 0
    play: Playing = "there and back"
    rate: float = 12.0
    recipe: str = ""
    ground: Ground | None = None

    def __len__(self) -> int:
        return len(self.items)

    def pictures(self, start: int, stop: int) -> Pictures:
        """Pictures ``start`` to ``stop``, ``uint8 (n, H, W, C)``; see ``draw``."""
        return self.draw(start, min(stop, len(self.items)))
