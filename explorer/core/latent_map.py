"""A finished map: where every latent lies, and the two ways between a place and a latent."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from explorer.core.inverse import Inverse
from explorer.core.latent_index import LatentIndex
from explorer.core.map_settings import MapRecord
from explorer.core.placement import Placement
from explorer.core.raster import Raster

Floats = npt.NDArray[np.float32]

_CELLS = 24
_ENOUGH = 100_000


class _Shared:
    """What maps of the same latents have in common: the latents' index, once one of them made it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.index: LatentIndex | None = None


@dataclass(frozen=True, eq=False)
class LatentMap:
    """Positions on the map, with the inverse (place → latent) and the placement (latent → place).

    Attributes:
        positions: ``(N, 2) float32``, y upwards.
        latents: ``(N, D) float32``, row for row.
        inverse: from a place to a latent.
        raster: draws and picks the points.
        record: how it was made; None where that is not known, or while it forms.
    """

    positions: Floats
    latents: Floats
    inverse: Inverse
    raster: Raster
    record: MapRecord | None = None
    _shared: _Shared = field(default_factory=_Shared, repr=False)

    @classmethod
    def of(
        cls,
        positions: Floats,
        latents: Floats,
        record: MapRecord | None = None,
        like: LatentMap | None = None,
    ) -> LatentMap:
        """Index ``positions (N, 2)`` of ``latents (N, D)``.

        ``like`` is another map of the same latents, which need not be indexed again then.
        """
        raster = Raster(positions)
        made = cls(positions, latents, Inverse(positions, latents, raster.index), raster, record)
        return made if like is None or like.latents is not latents else replace(made, _shared=like._shared)

    @cached_property
    def placement(self) -> Placement:
        """From a latent to a place; made when first asked for."""
        with self._shared.lock:
            made = Placement(self.latents, self.positions, self._shared.index)
            self._shared.index = made.index
            return made

    def prepare(self) -> None:
        """Make what ``place_of`` needs, where nobody waits for it."""
        _ = self.placement

    def place_of(self, latent: Floats) -> tuple[float, float]:
        """Where one latent ``(D,)`` falls on the map."""
        x, y = self.placement.place(latent[None])[0]
        return float(x), float(y)

    def densest_place(self) -> tuple[float, float]:
        """The point in the middle of the fullest of 24² cells: a place where much data lies.

        Of very many points a part of them is looked at.
        """
        points = self.positions[:: max(1, len(self.positions) // _ENOUGH)]
        points = points[np.isfinite(points).all(axis=1)]
        if not len(points):
            points = self.raster.index.places
        low, high = points.min(axis=0), points.max(axis=0)
        cells = ((points - low) / np.maximum(high - low, 1e-12) * (_CELLS - 1e-3)).astype(int)
        ids = cells[:, 0] * _CELLS + cells[:, 1]
        members = points[ids == np.bincount(ids).argmax()]
        x, y = members[np.linalg.norm(members - members.mean(axis=0), axis=1).argmin()]
        return float(x), float(y)
