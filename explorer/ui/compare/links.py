"""One hand, several models: every gesture on one map is decoded by all sides that it means something to."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QTimer, Signal

from explorer.core.comparison import Comparison, place_on
from explorer.core.errors import ExplorerError
from explorer.core.latent_map import LatentMap
from explorer.core.samples import mean_squared_error
from explorer.core.selection import How, combined
from explorer.core.session import DroppedImage
from explorer.ui.compare.column import CompareColumn
from explorer.ui.decode_loop import Decoded, DecodeLoop
from explorer.ui.parts.hook import Hook

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
Place = tuple[float, float]

_MARK_MS = 30


class CompareLinks(QObject):
    """Follows the hand on any of the maps.

    Attributes:
        latents: what each side looks at, ``(D,)``; None where it looks at nothing.
        selection: the rows that are selected in all linked sides.

    Hooks:
        pictured: a side's number: its newest picture is on the screen.

    Signals:
        failed: a sentence.
        did: what a person did, a key: "drag", "point", "hover", "select", "sample", "drop".
    """

    failed = Signal(str)
    did = Signal(str)

    def __init__(self, comparison: Comparison, columns: Sequence[CompareColumn]) -> None:
        super().__init__()
        self.comparison, self.columns = comparison, columns
        self.pictured = Hook()
        count = len(columns)
        self.maps: list[LatentMap | None] = [None] * count
        self.latents: list[Floats | None] = [None] * count
        self.selection: Rows | None = None
        self._originals: list[npt.NDArray[np.uint8] | None] = [None] * count
        self._original_name = ""
        self._places: list[Place | None] = [None] * count
        self._dropped: Sequence[DroppedImage | None] = [None] * count
        self._is_ready = self._can_read = self._holds = self._moved = False
        self.loops = [DecodeLoop() for _ in columns]
        self._mark_later = QTimer(self)
        self._mark_later.setSingleShot(True)
        self._mark_later.setInterval(_MARK_MS)
        self._mark_later.timeout.connect(self.mark)
        for i, (column, loop) in enumerate(zip(columns, self.loops, strict=True)):
            column.map.probed.connect(partial(self.probe, i))
            column.map.grabbed.connect(partial(self._grab, i))
            column.map.nudged.connect(partial(self._nudge, i))
            column.map.hovered.connect(partial(self._hover, i))
            column.map.outlined.connect(partial(self._select, i))
            loop.decoded.connect(partial(self._show, i))
            loop.failed.connect(self.failed)

    def set_ready(self) -> None:
        """The maps can place latents, and pictures of the data can be read, without anybody waiting."""
        self._is_ready = self._can_read = True
        self.mark()

    def set_maps(self, maps: Sequence[LatentMap | None]) -> None:
        """What each side is shown on."""
        self.maps = list(maps)
        self._places = [None] * len(self.columns)
        self._mark_dropped()
        self.mark()

    def probe(self, number: int, x: float, y: float, phase: str) -> None:
        """A click or drag at a place on a side's map."""
        shown, held = self.maps[number], self._holds and phase == "release"
        self._holds, self._moved = False, phase == "move" or (self._moved and phase == "release")
        if shown is None or held:
            return  # a hand that clicked on something exact, and did not move
        began = time.perf_counter()
        scale = self.columns[number].map.view().units_per_pixel
        self._forget_originals()
        self._ask(self.comparison.at(number, shown, (x, y), scale), number, (x, y), began)
        if phase == "release" and self._moved:
            self.did.emit("drag")

    def go_to_row(self, number: int, row: int) -> None:
        """Exactly the picture of a row, in every side that has it."""
        shown = self.maps[number]
        place = None if shown is None else (float(shown.positions[row, 0]), float(shown.positions[row, 1]))
        for i, side in enumerate(self.comparison.sides):
            linked = self._can_read and side.work is not None and self.comparison.is_linked(number, i)
            try:
                self._originals[i] = side.work.samples([row])[0] if linked and side.work else None
            except ExplorerError:
                self._originals[i] = None
        work = self.comparison.sides[number].work
        self._original_name = work.item_name(row) if work is not None else ""
        self._ask(self.comparison.of_row(number, row), number, place, time.perf_counter())
        for i, other in enumerate(self.maps):
            if other is not None and self.comparison.is_linked(number, i):
                self._places[i] = (float(other.positions[row, 0]), float(other.positions[row, 1]))
        self.mark()
        self.did.emit("point")

    def show_latents(self, latents: Sequence[Floats | None]) -> None:
        """Decode a latent of each side's own; None leaves that side as it is."""
        self._forget_originals()
        self._ask(list(latents), -1, None, time.perf_counter())

    def set_selection(self, rows: Rows | None) -> None:
        """Select rows in all sides that are linked to the first."""
        if rows is not self.selection:
            self.selection = rows
            self._show_selection(0)

    def show_dropped(self, dropped: Sequence[DroppedImage | None]) -> None:
        """A picture from outside, as each side encodes it; None where one cannot."""
        self._dropped = dropped
        self._originals = [None if one is None else one.original for one in dropped]
        self._original_name = next((one.name for one in dropped if one is not None), "")
        self._ask([None if one is None else one.latent for one in dropped], -1, None, time.perf_counter())
        self._mark_dropped()
        self.did.emit("drop")

    def mark(self) -> None:
        """Show on each map where what it looks at lies."""
        self._mark_later.stop()
        for i, column in enumerate(self.columns):
            latent = self.latents[i]
            if self._places[i] is None and latent is not None and self._is_ready:
                self._places[i] = place_on(self.maps[i], latent)
            column.map.set_cursor(self._places[i])

    def close(self) -> None:
        """End every thread."""
        self._mark_later.stop()
        for loop in self.loops:
            loop.close()

    def _ask(self, latents: Sequence[Floats | None], number: int, place: Place | None, began: float) -> None:
        for i, latent in enumerate(latents):
            if latent is None:
                continue
            self.latents[i], self._places[i] = latent, place if i == number else None
            self.loops[i].request(self.comparison.sides[i].pair, latent, {}, began)
        if number >= 0:
            self.columns[number].map.set_cursor(place)
        if not self._mark_later.isActive():
            self._mark_later.start()

    def _show(self, number: int, decoded: Decoded) -> None:
        column, original = self.columns[number], self._originals[number]
        column.picture.show_now(decoded.picture, decoded.asked_at)
        if not decoded.preview and decoded.latent is self.latents[number]:
            if original is None:
                column.show_below("decoded")
            else:
                error = mean_squared_error(original, decoded.picture)
                column.show_below(f"error {error:.4f}", original, f"original: {self._original_name}")
        self.pictured.emit(number)

    def _grab(self, number: int, kind: str, which: int) -> None:
        self._holds = True
        if kind == "row":
            self.go_to_row(number, which)
        elif kind == "dropped":
            self.show_dropped(self._dropped)

    def _nudge(self, number: int, dx: float, dy: float) -> None:
        place, shown = self._places[number], self.maps[number]
        if shown is None:
            return
        scale = self.columns[number].map.view().units_per_pixel
        x, y = place or shown.densest_place()
        self._moved = True
        self.probe(number, x + dx * scale, y - dy * scale, "release")

    def _hover(self, number: int, row: int) -> None:
        for i, column in enumerate(self.columns):
            if i != number and self.comparison.is_linked(number, i) and self.maps[i] is not None:
                column.map.point_out(row)
        if row >= 0:
            self.did.emit("hover")

    def _select(self, number: int, rows: Rows, how: How) -> None:
        chosen = combined(self.selection, rows, how)
        self.selection = chosen if len(chosen) else None
        self._show_selection(number)
        self.did.emit("select")

    def _show_selection(self, number: int) -> None:
        for i, column in enumerate(self.columns):
            if self.comparison.is_linked(number, i) and self.maps[i] is not None:
                column.map.set_selection(self.selection)

    def _forget_originals(self) -> None:
        self._originals = [None] * len(self.columns)

    def _mark_dropped(self) -> None:
        for i, (column, one) in enumerate(zip(self.columns, self._dropped, strict=True)):
            place = place_on(self.maps[i], one.latent) if one is not None and self._is_ready else None
            column.map.set_dropped(np.array([place] if place else [], np.float64).reshape(-1, 2))
