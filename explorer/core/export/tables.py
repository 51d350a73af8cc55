"""A gallery as numbers: a table of latents, places and facts, and the decoder's own output."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explorer.core.arrays import ArrayWriter
from explorer.core.errors import ExplorerError
from explorer.core.export.ahead import batch_size
from explorer.core.export.singles import single_name
from explorer.core.files import atomic_path
from explorer.core.progress import Progress
from explorer.core.table import Column, write_table

if TYPE_CHECKING:
    from explorer.core.export.item import Gallery, Item

Rows = NDArray[np.int64]


def write_numbers(gallery: Gallery, path: Path, progress: Progress) -> None:
    """Write a row for each picture, in blocks, as CSV or Parquet by ``path``'s suffix.

    Its number, the name of its file, caption, group, role, model, sampler, seed and draw, the place on the
    map, what else is known of it, and each dimension of its latent as ``z00``, …. Raises what
    ``write_table`` raises.
    """
    shown = np.array([item.index for item in gallery.items if item.role != "empty"], np.int64)
    write_table(path, _columns(gallery), shown, progress)


def write_raw(gallery: Gallery, path: Path, progress: Progress) -> None:
    """Write the decoder's own output as one ``.npy`` of float32, batch by batch; empty places are left out.

    Raises ``ExplorerError`` where there is no decoder's output to be had or the file cannot be written,
    ``Cancelled`` through ``progress``.
    """
    if gallery.raw is None:
        raise ExplorerError("These pictures have no decoder's output of their own; leave the raw array out.")
    shown = np.array([item.role != "empty" for item in gallery.items])
    step = batch_size((4, *gallery.shape))
    first = np.asarray(gallery.raw(0, 1), np.float32)
    with atomic_path(path) as beside, ArrayWriter(beside, np.float32, first.shape[1:]) as writer:
        for start in range(0, len(shown), step):
            progress(start, len(shown), "Writing raw output", "pictures")
            part = np.asarray(gallery.raw(start, min(start + step, len(shown))), np.float32)
            writer.append(part[shown[start : start + step]])
        progress(len(shown), len(shown), "Writing raw output", "pictures")


class _Block:
    """The items of the rows asked for last: every column is asked for the same ones in turn."""

    def __init__(self, gallery: Gallery) -> None:
        self._gallery, self._rows = gallery, np.empty(0, np.int64)
        self._items: list[Item] = []

    def __call__(self, rows: Rows) -> list[Item]:
        if rows is not self._rows:
            self._rows, self._items = rows, [self._gallery.items[int(row)] for row in rows]
        return self._items

    def texts(self, name: str, value: Callable[[Item], str]) -> Column:
        """A column of words; the empty ones are left out."""
        return Column(name, lambda rows: [value(item) or None for item in self(rows)])

    def numbers(self, name: str, kind: type[np.generic], value: Callable[[Item], float]) -> Column:
        """A column of numbers; NaN stands for none."""
        return Column(name, lambda rows: np.array([value(item) for item in self(rows)], kind))


def _columns(gallery: Gallery) -> list[Column]:
    total, of = len(gallery), _Block(gallery)
    facts = sorted({name for item in gallery.items for name in item.facts})
    nowhere = (np.nan, np.nan)

    def place(axis: int) -> Callable[[Item], float]:
        return lambda item: (item.place or nowhere)[axis]

    def fact(name: str) -> Callable[[Item], float]:
        return lambda item: item.facts.get(name, np.nan)

    def dimension(axis: int) -> Callable[[Item], float]:
        return lambda item: float(item.latent[axis])

    return [
        of.numbers("number", np.int64, lambda item: item.index + 1),
        of.texts("file", lambda item: single_name(item.index, total)),
        *(of.texts(name, attrgetter(name)) for name in ("caption", "group", "role", "model", "sampler")),
        # As text, for a seed may be larger than any number of a table.
        of.texts("seed", lambda item: "" if item.seed is None else str(item.seed)),
        of.numbers("draw", np.int64, attrgetter("draw")),
        *(of.numbers(f"map_{name}", np.float64, place(axis)) for axis, name in enumerate("xy")),
        *(of.numbers(name, np.float64, fact(name)) for name in facts),
        *(
            of.numbers(f"z{axis:02d}", np.float32, dimension(axis))
            for axis in range(len(gallery.items[0].latent))
        ),
    ]
