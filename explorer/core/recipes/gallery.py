"""From a recipe and what it needs to a gallery, whose pictures are decoded when they are asked for."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from itertools import chain, groupby
from typing import overload

import numpy as np
from numpy.typing import NDArray

from explorer.core.export.ahead import batch_size
from explorer.core.export.item import Gallery, Ground, Item
from explorer.core.model_pair import ModelPair
from explorer.core.progress import Progress
from explorer.core.recipes.document import GalleryRecipe
from explorer.core.recipes.file import hash_of
from explorer.core.recipes.kinds import choose
from explorer.core.recipes.kinds.common import Chosen
from explorer.core.recipes.source import Source

Pictures = NDArray[np.uint8]
Floats = NDArray[np.float32]

_BLOCKS_HELD = 5
_ITEMS_AT_ONCE = 64
_ITEMS_HELD = 1 << 14


def gallery_of(recipe: GalleryRecipe, source: Source, progress: Progress | None = None) -> Gallery:
    """The gallery that ``recipe`` stands for.

    Raises ``ExplorerError`` where its pictures cannot be had, and ``Cancelled``.
    """
    chosen = choose(recipe.what, source, progress or Progress())
    items = _Items(chosen)
    drawing = _Drawing(items, source, chosen.gain)
    one_size = len({pair.image.picture_shape for pair in source.pairs}) == 1
    return Gallery(
        recipe.title,
        items,
        drawing.shape,
        drawing.pictures,
        drawing.raw if one_size else None,
        chosen.columns,
        chosen.together,
        chosen.play,
        chosen.rate,
        hash_of(recipe),
        ground_of(source),
    )


def ground_of(source: Source) -> Ground | None:
    """The map under the pictures, coloured by the first column of the data; None without one."""
    if source.map is None or source.work is None:
        return None
    from explorer.core.coloring import column_of, default_key, painted
    from explorer.core.dataset_base import Field

    column = column_of(source.work, default_key(source.work), {})
    codes, palette = painted(column, len(source.work), "dark")
    colors = np.where((codes >= 0)[:, None], palette[np.maximum(codes, 0)], np.uint8(128)).astype(np.uint8)
    labels: list[tuple[str, tuple[int, int, int]]] = []
    if isinstance(column, Field):
        labels = [
            (name, (int(r), int(g), int(b))) for name, (r, g, b) in zip(column.names, palette, strict=False)
        ]
    return Ground(source.map.positions, colors, labels)


class _Items(Sequence[Item]):
    """The items of a choice, made when they are asked for; of very many the last few batches stay."""

    def __init__(self, chosen: Chosen) -> None:
        self._chosen = chosen
        self._made: dict[int, list[Item]] = {}

    def __len__(self) -> int:
        return self._chosen.count

    def __iter__(self) -> Iterator[Item]:
        for block in range(-(-len(self) // _ITEMS_AT_ONCE)):
            yield from self._block(block)

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> list[Item]: ...
    def __getitem__(self, index: int | slice) -> Item | list[Item]:
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            if step != 1:
                return [self[one] for one in range(start, stop, step)]
            blocks = range(start // _ITEMS_AT_ONCE, -(-stop // _ITEMS_AT_ONCE))
            items = list(chain.from_iterable(map(self._block, blocks)))
            first = blocks.start * _ITEMS_AT_ONCE
            return items[start - first : max(stop - first, 0)]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        block, offset = divmod(index % len(self), _ITEMS_AT_ONCE)
        return self._block(block)[offset]

    def _block(self, block: int) -> list[Item]:
        made = self._made.get(block)
        if made is None:
            while len(self) > _ITEMS_HELD and len(self._made) >= 2 * _BLOCKS_HELD:
                self._made.pop(next(iter(self._made)), None)
            first = block * _ITEMS_AT_ONCE
            made = [self._chosen.item(one) for one in range(first, min(first + _ITEMS_AT_ONCE, len(self)))]
            self._made[block] = made
        return made


class _Drawing:
    """Draws the pictures of a choice.

    What is decoded together is always the same: a batch of another size may end in other last bits.
    """

    def __init__(self, items: Sequence[Item], source: Source, gain: float) -> None:
        self._items, self._source, self._gain = items, source, gain
        self._pairs = {pair.fingerprint: pair for pair in source.pairs}
        shapes = np.array([pair.image.picture_shape for pair in source.pairs])
        height, width, channels = shapes.max(axis=0).tolist()
        self.shape = height, width, channels
        self._block = batch_size(self.shape)
        self._drawn: dict[int, Future[Pictures]] = {}
        self._lock, self._reading = threading.Lock(), threading.Lock()

    def pictures(self, start: int, stop: int) -> Pictures:
        """As ``Gallery.draw``."""
        parts = [
            self._of_block(block)[max(start - first, 0) : stop - first]
            for block in range(start // self._block, -(-stop // self._block))
            for first in (block * self._block,)
        ]
        return np.concatenate(parts) if len(parts) != 1 else parts[0]

    def raw(self, start: int, stop: int) -> Floats:
        """As ``Gallery.raw``."""
        items = self._items[start:stop]
        parts = []
        for _, run in groupby(items, _drawn_alike):
            alike = list(run)
            latents = np.stack([item.latent for item in alike])
            parts.append(self._pair_of(alike[0]).decode_raw(latents, alike[0].extras))
        return np.concatenate(parts).astype(np.float32, copy=False)

    def _of_block(self, block: int) -> Pictures:
        with self._lock:
            found = self._drawn.get(block)
            is_new = found is None
            if found is None:
                while len(self._drawn) >= _BLOCKS_HELD:
                    del self._drawn[next(iter(self._drawn))]
                found = self._drawn[block] = Future()
        if is_new:
            try:
                found.set_result(self._decoded(block))
            except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
                with self._lock:
                    self._drawn.pop(block, None)
                found.set_exception(error)
        return found.result()

    def _decoded(self, block: int) -> Pictures:
        items = self._items[block * self._block : (block + 1) * self._block]
        pictures = np.zeros((len(items), *self.shape), np.uint8)
        made = [place for place, item in enumerate(items) if item.role in ("decoded", "difference")]
        for _, run in groupby(made, lambda place: _drawn_alike(items[place])):
            places = list(run)
            first = items[places[0]]
            latents = np.stack([items[place].latent for place in places])
            pictures[places] = self._fitted(self._pair_of(first).decode(latents, first.extras))
        given = [place for place, item in enumerate(items) if item.role in ("original", "difference")]
        if given:
            shape = self._source.pair.sample_shape
            with self._reading:
                rows = [items[place].draw for place in given]
                originals = self._fitted(self._source.data.samples(rows, shape))
            for place, original in zip(given, originals, strict=True):
                if items[place].role == "original":
                    pictures[place] = original
                else:
                    apart = np.abs(pictures[place].astype(np.float32) - original)
                    pictures[place] = np.minimum(np.round(self._gain * apart), 255.0).astype(np.uint8)
        return pictures

    def _fitted(self, pictures: Pictures) -> Pictures:
        """Pictures of a smaller model in the middle of a larger one's, enlarged by a whole factor."""
        if pictures.shape[1:] == self.shape:
            return pictures
        height, width, channels = self.shape
        factor = min(height // pictures.shape[1], width // pictures.shape[2])
        grown = pictures.repeat(factor, axis=1).repeat(factor, axis=2)
        grown = grown.repeat(3, axis=3) if grown.shape[3] < channels else grown
        top, left = (height - grown.shape[1]) // 2, (width - grown.shape[2]) // 2
        cells = np.zeros((len(pictures), *self.shape), np.uint8)
        cells[:, top : top + grown.shape[1], left : left + grown.shape[2]] = grown
        return cells

    def _pair_of(self, item: Item) -> ModelPair:
        return self._pairs[item.fingerprint]


def _drawn_alike(item: Item) -> tuple[object, ...]:
    """What pictures that are decoded together have in common."""
    return item.fingerprint, *sorted(item.extras.items())
