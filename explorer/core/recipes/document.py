"""A gallery's recipe: all that is needed to make its pictures again, as declared values.

``file`` writes it as JSON and reads it, ``schema`` says what that JSON may be, ``kinds`` makes the pictures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from explorer.core.export.look import Look
from explorer.core.references import Reference

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
Order = Literal["drawn", "label", "similarity", "path"]

VERSION = 1


@dataclass(frozen=True)
class ModelUsed:
    """A model: by what it is, and where it lay."""

    name: str
    fingerprint: str
    files: tuple[Reference, ...]


@dataclass(frozen=True)
class DataUsed:
    """Encoded data: by what they are, and where they and their latents lay.

    Attributes:
        name, fingerprint: of the data.
        latents: the digest of the latents, hexadecimal.
        workspace: the folder with the latents.
        path: the data themselves.
    """

    name: str
    fingerprint: str
    latents: str
    workspace: Reference
    path: Reference


@dataclass(frozen=True)
class Filters:
    """Which samples count.

    Attributes:
        support: how far the data must at least speak for a latent, in [0, 1]; 0 for all.
        distance: in percent: leave out what is nearer to a real picture, by its pixels, than so many of the
            real pictures are to each other; 0 for none.
        apart: leave out what is nearer to one before it than this, in units of the median distance of two
            neighbours among the data, without data among the samples; 0 for none.
        pool: of so many times as many samples those that lie farthest from each other; 1 for the first.
        tries: how many samples are drawn at most, in multiples of those wanted.
    """

    support: float = 0.0
    distance: float = 0.0
    apart: float = 0.0
    pool: int = 1
    tries: int = 50

    @property
    def are_any(self) -> bool:
        """Whether anything is left out."""
        return self.support > 0 or self.distance > 0 or self.apart > 0 or self.pool > 1


@dataclass(frozen=True, eq=False)
class Proof:
    """What some pictures looked like when the recipe was written.

    Attributes:
        device: what decoded them.
        levels: ``(n,)`` of the first pictures' bytes, evenly spread.
    """

    device: str
    levels: Rows


@dataclass(frozen=True, eq=False)
class Samples:
    """New pictures by a sampler.

    Attributes:
        sampler: ``prior``, ``narrowed``, ``fitted``, ``mixture``, ``around``, ``selection``,
            ``selection_mixture``, ``label``; or ``labels``: ``count`` of each label, in rows.
        count, seed: how many, and what they are drawn with.
        radius: around a latent, in posterior standard deviations.
        temperature, truncation: of the narrowed prior; no truncation where it is None.
        field, label: the column of the data, and the label in it.
        latent: ``(D,)``, what is sampled around.
        rows: of the data, what is sampled from.
        filters: which of the samples count.
        order: as they were ``drawn``; by the ``label`` of the nearest real picture; with like beside like on
            the sheet, by ``similarity``; or each followed by the one most like it, a ``path``.
    """

    sampler: str = "prior"
    count: int = 48
    seed: int = 42
    radius: float = 2.0
    temperature: float = 0.7
    truncation: float | None = None
    field: str = ""
    label: str = ""
    latent: Floats | None = None
    rows: Rows | None = None
    filters: Filters = Filters()
    order: Order = "drawn"


@dataclass(frozen=True, eq=False)
class Kept:
    """Latents as they are, with what is known of them.

    Attributes:
        latents: ``(n, D)``.
        samplers, seeds, draws: how each was come by; empty, or one for each.
        places: where each was kept on the map; empty, or one for each.
        captions: empty, or one for each.
        inputs: what the decoder was fed beside each; empty, or one for each.
    """

    latents: Floats
    samplers: tuple[str, ...] = ()
    seeds: tuple[int | None, ...] = ()
    draws: tuple[int, ...] = ()
    places: tuple[tuple[float, float] | None, ...] = ()
    captions: tuple[str, ...] = ()
    inputs: tuple[Mapping[str, float], ...] = ()


@dataclass(frozen=True, eq=False)
class Traversals:
    """A latent moved along axes, a row for each: the ``dimensions`` or the ``principal`` components.

    Attributes:
        latent: ``(D,)``.
        axes: which axes.
        count: how many, those that carry most first.
        steps: pictures in a row.
    """

    latent: Floats
    axes: Literal["dimensions", "principal"] = "dimensions"
    count: int = 10
    steps: int = 9


@dataclass(frozen=True, eq=False)
class Film:
    """Pictures along a path through ``stations (k, D)``; the rest is as in ``path_plan.PathPlan``.

    ``frames`` pictures are at equal times.
    """

    stations: Floats
    join: Literal["straight", "spherical", "data"] = "straight"
    even: bool = False
    seconds: float = 4.0
    ending: Literal["once", "back", "loop"] = "back"
    frames: int = 96


@dataclass(frozen=True)
class MapLattice:
    """The map decoded at the middles of squares, ``columns`` across; those of less ``support`` stay empty."""

    columns: int = 28
    support: float = 0.5


@dataclass(frozen=True, eq=False)
class NearestReal:
    """Samples, each beside the ``count`` real pictures that are nearest: by ``picture`` or by ``latent``."""

    samples: Samples = field(default_factory=lambda: Samples(count=12))
    count: int = 1
    by: Literal["picture", "latent"] = "picture"


@dataclass(frozen=True, eq=False)
class Reconstructions:
    """Real pictures beside what the model makes of them, and how far that is off.

    Attributes:
        rows: which; None for ``count`` of all, drawn with ``seed``.
        difference: whether the difference of both is shown as well, and what it is multiplied by
            (``gain``) so that it can be seen; the caption says so.
        order: as they are, or those that are farthest off first.
    """

    rows: Rows | None = None
    count: int = 24
    seed: int = 0
    difference: bool = True
    gain: float = 4.0
    order: Literal["given", "error"] = "given"


@dataclass(frozen=True, eq=False)
class Moves:
    """Latents moved along a direction, a row for each.

    Attributes:
        latents: ``(n, D)``.
        name: from what to what.
        vector, sigma: the direction ``(D,)`` of length 1, and its unit; as in ``directions.Direction``.
        reach: how many units to either side.
        steps: pictures in a row.
    """

    latents: Floats
    name: str
    vector: Floats
    sigma: float
    reach: float = 3.0
    steps: int = 7


@dataclass(frozen=True)
class Comparison:
    """The same draws of the prior by all of the recipe's models, a row for each.

    Latents of one size are the same numbers.
    """

    count: int = 10
    seed: int = 42


What = Samples | Kept | Traversals | Film | MapLattice | NearestReal | Reconstructions | Moves | Comparison

KINDS: Mapping[str, type] = {
    "samples": Samples,
    "kept": Kept,
    "traversals": Traversals,
    "film": Film,
    "lattice": MapLattice,
    "nearest real": NearestReal,
    "reconstructions": Reconstructions,
    "moves": Moves,
    "comparison": Comparison,
}
"""What each kind is called in a file."""


@dataclass(frozen=True, eq=False)
class GalleryRecipe:
    """What is shown, by which models, and how it is written.

    Attributes:
        what: the pictures.
        models: the first draws; the others are compared with it.
        data: the data that are needed or that the map is of; None without.
        map: how the map was made, see ``MapRecord.facts``; None without.
        extras: what the decoder is fed beside the latent, by the inputs' names.
        title: stands above; may be empty.
        formats: keys of ``export.formats.FORMATS``.
        look: how a sheet looks.
        notes: whether the files say where their pictures come from.
        proof: what the first pictures looked like; None where nobody looked.
    """

    what: What
    models: tuple[ModelUsed, ...]
    data: DataUsed | None = None
    map: Mapping[str, Any] | None = None
    extras: Mapping[str, float] = field(default_factory=dict)
    title: str = ""
    formats: tuple[str, ...] = ("singles", "sheet")
    look: Look = field(default_factory=Look)
    notes: bool = True
    proof: Proof | None = None
