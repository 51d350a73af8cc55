"""What the builders of all kinds share."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.core.export.item import Item
from explorer.core.export.look import Playing
from explorer.core.model_pair import ModelPair
from explorer.core.recipes.source import Source

Floats = NDArray[np.float32]
Place = tuple[float, float]

_AT_ONCE = 2048
_BLOCK = 256


@dataclass(frozen=True, eq=False)
class Chosen:
    """Which pictures a gallery has.

    Attributes:
        count: how many, empty cells included.
        item: what each is, by its index.
        columns, together, play, rate: as in ``Gallery``.
        gain: what differences are multiplied by to be seen.
    """

    count: int
    item: Callable[[int], Item]
    columns: int | None = None
    together: int = 0
    play: Playing = "there and back"
    rate: float = 12.0
    gain: float = 1.0


class Located:
    """Where latents ``(n, D)`` lie on the map of ``source``, and how far data speak for them.

    Up to 2,048 are looked up at once; of more a place is found when it is asked for, with those around it.
    """

    def __init__(self, source: Source, latents: Floats) -> None:
        self._map = source.map
        self._latents = latents
        self._places: dict[int, NDArray[np.float32]] = {}
        self._support: list[float] = []
        self._lock = threading.Lock()
        if self._map is not None and len(latents) <= _AT_ONCE:
            placement = self._map.placement
            placed = placement.placed(latents)
            self._places[-1] = placed.places
            self._support = [placement.support_of(float(one)) for one in placed.distances]

    def where(self, index: int) -> Place | Callable[[], Place] | None:
        """``Item.where`` of one of them."""
        if self._map is None:
            return None
        if -1 in self._places:
            x, y = self._places[-1][index].tolist()
            return x, y
        return partial(self._look_up, index)

    def facts(self, index: int) -> Mapping[str, float]:
        """``support``, where it is known."""
        return {"support": self._support[index]} if self._support else {}

    def _look_up(self, index: int) -> Place:
        assert self._map is not None
        block, offset = divmod(index, _BLOCK)
        with self._lock:
            if block not in self._places:
                if len(self._places) > 3:
                    self._places.clear()
                part = self._latents[block * _BLOCK : (block + 1) * _BLOCK]
                self._places[block] = self._map.placement.place(part)
            x, y = self._places[block][offset].tolist()
            return x, y


def drawn(source: Source, index: int, latent: Floats, pair: ModelPair | None = None, **facts: Any) -> Item:
    """A decoded picture by ``pair``, by default the source's own."""
    by = pair or source.pair
    facts.setdefault("extras", source.extras)
    return Item(index, latent, by.name, by.fingerprint, **facts)


def listed(items: Sequence[Item], **layout: Any) -> Chosen:
    """A choice of few pictures."""
    return Chosen(len(items), items.__getitem__, **layout)
