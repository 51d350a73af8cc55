"""The thread behind the thumbnails: lays out, reads and paints."""

from __future__ import annotations

import time

import numpy as np

from explorer.core.raster import Raster
from explorer.core.thumbnail_layout import Ranks, lay_out, rank
from explorer.ui.map.thumbnail_cache import Read, ThumbnailCache
from explorer.ui.map.thumbnail_sheet import Sheet, Wanted, paint_sheet
from explorer.ui.parts.hook import Hook
from explorer.ui.parts.latest_work import LatestWork
from explorer.ui.parts.mailbox import Mailbox

_CHUNK, _SLICE = 24, 0.15


class ThumbnailWorker:
    """Lays out, reads and paints in a thread that lives as long as there is something to do.

    Attributes:
        read: where the pictures come from.

    Hooks:
        finished: a ``Sheet``: soon one with the pictures that are at hand, then others with more of them.
    """

    def __init__(self, read: Read) -> None:
        self.read = read
        self.finished = Hook()
        self._sheets: Mailbox[Sheet] = Mailbox(self.finished.emit)
        self._cache = ThumbnailCache(read)
        self._painting = LatestWork("thumbnails", self._paint)
        self._last: Sheet | None = None
        self._ranked: tuple[Raster, Ranks] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether more is to come."""
        return self._painting.is_busy

    @property
    def latest(self) -> Wanted | None:
        """What was asked for last, and is still wanted."""
        return self._painting.latest

    def set_source(self, read: Read) -> None:
        """Another data set's pictures."""
        self.forget()
        self.read = read
        self._cache = ThumbnailCache(read)

    def request(self, wanted: Wanted) -> None:
        """Paint this next, in place of what is still waiting or not yet complete."""
        self._painting.request(wanted)

    def forget(self) -> None:
        """Nothing is wanted any more."""
        self._painting.forget()

    def finish(self) -> Sheet | None:
        """Wait until all that was asked for is there, and return it."""
        self._painting.finish()
        return self._last

    def stop(self) -> None:
        """Wait for what is in progress."""
        self.forget()
        self.finish()

    def _paint(self, wanted: Wanted) -> None:
        cache = self._cache
        raster = wanted.scene.raster
        if self._ranked is None or self._ranked[0] is not raster:
            self._ranked = raster, rank(raster.index)
        layout = lay_out(
            raster.index,
            self._ranked[1],
            wanted.scene.shown,
            wanted.level,
            wanted.view.bounds,
            roomy=wanted.roomy,
        )
        away = np.abs(layout.centers - (wanted.view.center_x, wanted.view.center_y)).max(axis=1)
        lacking = cache.lacking(layout.rows[np.argsort(away)])
        if lacking and 2 * len(lacking) <= len(layout):
            self._finish(paint_sheet(wanted, layout, cache))
        while lacking:
            until = time.perf_counter() + _SLICE
            while lacking and time.perf_counter() < until:
                if not self._painting.is_wanted(wanted):
                    return
                cache.load(lacking[:_CHUNK])
                del lacking[:_CHUNK]
            if lacking:
                self._finish(paint_sheet(wanted, layout, cache))
        self._finish(paint_sheet(wanted, layout, cache))

    def _finish(self, sheet: Sheet) -> None:
        self._last = sheet
        self._sheets.send(sheet)
