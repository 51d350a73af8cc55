"""Which points of a map show their pictures, and where, so that no picture hides another.

The plane is cut into square cells of 2^level map units, those of each level into four of the next: a cell has
room for one picture, drawn where its point lies, moved no further than keeps it inside its cell. What a cell
shows depends on the points alone and not on the part that is looked at, so that nothing changes while one
pans; and a point that stands for a cell also stands for the smaller one in which it lies, so that zooming in
takes no picture away.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from explorer.core.grid_index import GridIndex
from explorer.core.raster_plan import cap_within
from explorer.core.view import Bounds

SHARE = 0.92
"""Side of a picture over that of its cell."""
REACH = 4
"""Cells around a part of the map that have a say in what it shows."""

_GAP = 0.035
_DEPTHS = 8
_KEY_BITS = 28
_MOST_RANKED = 1_000_000
_FEW, _MANY = 20_000, 400_000
_FAR_ABOVE, _AT_ONCE = 64, 32_768
_MIX = np.uint32(2654435761)
_ROUNDS = 3
# How far beyond its own cell, in cells, a point may find room.
_NEAR = 0.5
_AROUND = np.array([(-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1)], np.int64)


@dataclass(frozen=True, eq=False)
class Ranks:
    """How early a point shows its picture, the same at every zoom.

    Attributes:
        keys: ``(n,) uint32`` in the order of the index, the smallest first: the topmost bits are how many
            times the coarsest cell is halved until the point stands for one, the others are mixed.
        level: of the coarsest cells.
    """

    keys: NDArray[np.uint32]
    level: int


@dataclass(frozen=True, eq=False)
class Layout:
    """Pictures in a part of the map, in no order.

    Attributes:
        rows: ``(m,) int64``, the points that show their picture.
        centers: ``(m, 2) float64``, the middles of the pictures, map units.
        places: ``(m, 2) float64``, where the points are.
        moved: ``(m,) bool``, whether a picture stands in a neighbouring cell, away from its point.
        others: ``(k,) int64``, points that show no picture and may lie under one; only where asked for.
        other_places: ``(k, 2) float64``, where these are.
        side: the longer side of a picture, map units.
    """

    rows: NDArray[np.int64]
    centers: NDArray[np.float64]
    places: NDArray[np.float64]
    moved: NDArray[np.bool_]
    others: NDArray[np.int64]
    other_places: NDArray[np.float64]
    side: float

    def __len__(self) -> int:
        return len(self.rows)

    def only(self, which: NDArray[np.bool_]) -> Layout:
        """The same with some of the pictures (m,)."""
        return replace(
            self,
            rows=self.rows[which],
            centers=self.centers[which],
            places=self.places[which],
            moved=self.moved[which],
        )


def rank(index: GridIndex) -> Ranks:
    """Which points stand for the cells of all levels.

    From the coarsest cells on, each is stood for by the point that already stands for a larger one, else by
    that nearest to the mean place of the cell's points. Of more than a million points some take part, and in
    every cell of the index.
    """
    keys = (index.rows.astype(np.uint32) * _MIX) >> np.uint32(32 - _KEY_BITS)
    keys |= np.uint32((_DEPTHS + 1) << _KEY_BITS)
    span = index.side * max(index.cell_width, index.cell_height)
    level = math.ceil(math.log2(span))
    members = _members(index)
    if not len(members):
        return Ranks(keys, level)
    places = index.places[members].astype(np.float64)
    cells = np.floor(places / 2.0 ** (level - _DEPTHS))
    corner = np.floor(np.array((index.left, index.bottom)) / 2.0**level) * 2.0**_DEPTHS
    cells -= corner
    inside = ((cells >= 0) & (cells < 2 << _DEPTHS)).all(axis=1)
    # What lies far out is rarely in the way of anything.
    keys[members[~inside]] &= np.uint32((1 << _KEY_BITS) - 1)
    members, places, cells = members[inside], places[inside], cells[inside].astype(np.int64)
    codes = _spread(cells[:, 0]) | _spread(cells[:, 1]) << 1
    order = np.argsort(codes, kind="stable")  # the points of any cell of any level then follow one another
    members, places, codes = members[order], places[order], codes[order]
    depths = np.full(len(members), _DEPTHS + 1, np.uint32)
    for depth in range(_DEPTHS + 1):
        standing = _standing(codes >> 2 * (_DEPTHS - depth), places, depths < depth)
        depths[standing] = np.minimum(depths[standing], depth)
    keys[members] = (keys[members] & np.uint32((1 << _KEY_BITS) - 1)) | depths << np.uint32(_KEY_BITS)
    return Ranks(keys, level)


def lay_out(
    index: GridIndex,
    ranks: Ranks,
    shown: NDArray[np.bool_] | None,
    level: int,
    bounds: Bounds,
    *,
    roomy: bool,
) -> Layout:
    """The pictures in a part of the map, at least, in cells of 2^``level`` map units.

    ``shown`` (N,) is False for points without a picture. ``roomy`` lets points that stand for no cell take an
    empty one beside theirs, and names the ``others``: for few points.
    """
    cell = 2.0**level
    low, high = (np.floor(np.array(corner) / cell) for corner in (bounds[:2], bounds[2:]))
    (left, bottom), (right, top) = (low - REACH) * cell, (high + 1 + REACH) * cell
    box = (float(left), float(bottom), float(right), float(top))  # of whole cells
    points = _within(index, ranks, shown, level, box)
    keys, places = ranks.keys[points], index.places[points].astype(np.float64)
    columns_rows = np.floor(places / cell).astype(np.int64)
    cells = _numbered(columns_rows)
    order = np.argsort(cells.astype(np.uint64) << np.uint64(32) | keys)
    first = np.ones(len(order), bool)
    first[1:] = cells[order[1:]] != cells[order[:-1]]
    chosen, homes = order[first], columns_rows[order[first]]
    others = order[~first]
    if roomy:
        late, rooms = _rooms_beside(places[others], keys[others], columns_rows[others], homes, cell)
        chosen, homes = np.concatenate([chosen, others[late]]), np.concatenate([homes, rooms])
        others = np.delete(others, late)
    others = others if roomy else others[:0]
    side, slack = SHARE * cell, 0.5 * (1.0 - SHARE - _GAP) * cell
    middle = (homes + 0.5) * cell
    return Layout(
        rows=index.rows[points[chosen]].astype(np.int64),
        centers=np.clip(places[chosen], middle - slack, middle + slack),
        places=places[chosen],
        moved=np.asarray((homes != columns_rows[chosen]).any(axis=1)),
        others=index.rows[points[others]].astype(np.int64),
        other_places=places[others],
        side=side,
    )


def count_within(index: GridIndex, shown: NDArray[np.bool_] | None, bounds: Bounds, most: int) -> int:
    """How many points ``shown`` (N,) lie in a part of the map; above ``most`` only that there are more."""
    if shown is None and (about := index.count_about(*bounds)) > _FAR_ABOVE * most:
        return about
    found, count = index.within(*bounds), 0
    for first in range(0, len(found), _AT_ONCE):
        part = found[first : first + _AT_ONCE]
        if shown is not None:
            part = part[shown[index.rows[part]]]
        count += int(np.count_nonzero(_are_inside(index.places[part], bounds)))
        if count > most:
            break
    return count


def _members(index: GridIndex) -> NDArray[np.int64]:
    """Sorted points that take part in the ranking."""
    if len(index) <= _MOST_RANKED:
        return np.arange(len(index))
    block = index.block(-math.inf, -math.inf, math.inf, math.inf)
    cap, _ = cap_within(index.counts, block, _MOST_RANKED)
    return index.taken(block, np.minimum(index.counts, cap).ravel())[1]


def _standing(
    cells: NDArray[np.int64], places: NDArray[np.float64], is_standing: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Of each run of equal ``cells`` (n,) the one that stands for more, else the nearest to the mean."""
    begins = np.flatnonzero(np.concatenate([[True], cells[1:] != cells[:-1]]))
    lengths = np.diff(begins, append=len(cells))
    means = np.add.reduceat(places, begins, axis=0) / lengths[:, None]
    away = places - np.repeat(means, lengths, axis=0)
    squares = np.einsum("ij,ij->i", away, away)
    squares[is_standing] = -1.0
    nearest = np.flatnonzero(squares == np.repeat(np.minimum.reduceat(squares, begins), lengths))
    runs = np.repeat(np.arange(len(begins)), lengths)[nearest]
    firsts: NDArray[np.int64] = nearest[np.concatenate([[True], runs[1:] != runs[:-1]])]
    return firsts


def _spread(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Numbers below 2^16 with a zero before each bit (Morton 1966)."""
    for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        numbers = (numbers | numbers << shift) & mask
    return numbers


def _within(
    index: GridIndex, ranks: Ranks, shown: NDArray[np.bool_] | None, level: int, box: Bounds
) -> NDArray[np.int64]:
    """Sorted points of a box that may show pictures; of very many, those that stand for a cell."""
    depth = ranks.level - level
    few = _FEW if len(index) <= _MOST_RANKED else _MANY
    if shown is None and depth <= _DEPTHS and index.count_about(*box) > few:
        last = np.uint32((max(depth, 0) + 1) << _KEY_BITS)
        points = np.flatnonzero(ranks.keys < last)
    else:
        points = index.within(*box)
        if shown is not None:
            points = points[shown[index.rows[points]]]
    return points[_are_inside(index.places[points], box)]


def _are_inside(places: NDArray[np.float32], box: Bounds) -> NDArray[np.bool_]:
    left, bottom, right, top = box
    x, y = places[:, 0], places[:, 1]
    return np.asarray((x >= left) & (x <= right) & (y >= bottom) & (y <= top))


def _numbered(columns_rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """One number for each cell of columns and rows (m, 2), which may be far from 0."""
    if not len(columns_rows):
        return np.empty(0, np.int64)
    low, high = columns_rows.min(axis=0), columns_rows.max(axis=0)
    numbers: NDArray[np.int64] = (columns_rows - low) @ np.array((high[1] - low[1] + 1, 1))
    return numbers


def _rooms_beside(
    places: NDArray[np.float64],
    keys: NDArray[np.uint32],
    homes: NDArray[np.int64],
    taken: NDArray[np.int64],
    cell: float,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which of some points find an empty cell beside their own, and the cells ``(k, 2)``.

    Each asks for the nearest empty one of the eight, and each cell takes the nearest that asks; the others
    ask again.
    """
    found, rooms = [np.empty(0, np.int64)], [np.empty((0, 2), np.int64)]
    waiting = np.arange(len(places))
    occupied = taken
    for _ in range(_ROUNDS):
        if not len(waiting):
            break
        beside = homes[waiting][:, None] + _AROUND
        numbers = _numbered(np.concatenate([occupied, beside.reshape(-1, 2)]))
        free = ~np.isin(numbers[len(occupied) :], numbers[: len(occupied)]).reshape(beside.shape[:2])
        corner = beside * cell
        off = np.maximum(corner - places[waiting][:, None], places[waiting][:, None] - corner - cell)
        distance = np.where(free, off.max(axis=2), np.inf)
        best = distance.argmin(axis=1)
        each = np.arange(len(waiting))
        near = np.flatnonzero(distance[each, best] <= _NEAR * cell)
        if not len(near):
            break
        asked = numbers[len(occupied) :].reshape(free.shape)[near, best[near]]
        order = np.lexsort((keys[waiting[near]], distance[near, best[near]], asked))
        first = np.ones(len(order), bool)
        first[1:] = asked[order[1:]] != asked[order[:-1]]
        lucky = near[order[first]]
        found.append(waiting[lucky])
        rooms.append(beside[lucky, best[lucky]])
        occupied = np.concatenate([occupied, rooms[-1]])
        waiting = np.delete(waiting, lucky)
    return np.concatenate(found), np.concatenate(rooms)
