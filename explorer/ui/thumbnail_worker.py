"""The thread behind the thumbnails: lays out, reads and paints."""

from __future__ import annotations

import logging
import threading
import time

import numpy as np
from PySide6.QtCore import QObject, Signal

from explorer.core.raster import Raster
from explorer.core.thumbnail_layout import Ranks, lay_out, rank
from explorer.ui.thumbnail_cache import Read, ThumbnailCache
from explorer.ui.thumbnail_sheet import Sheet, Wanted, paint_sheet

_CHUNK, _SLICE = 24, 0.15
log = logging.getLogger(__name__)


class ThumbnailWorker(QObject):
    """Lays out, reads and paints in a thread that lives as long as there is something to do.

    Signals:
        finished: a ``Sheet``: soon one with the pictures that are at hand, then others with more of them.
    """

    finished = Signal(object)

    def __init__(self, read: Read) -> None:
        super().__init__()
        self._cache = ThumbnailCache(read)
        self._changed = threading.Condition()
        self._wanted: Wanted | None = None
        self._thread: threading.Thread | None = None
        self._last: Sheet | None = None
        self._ranked: tuple[Raster, Ranks] | None = None
        self.latest: Wanted | None = None

    @property
    def is_busy(self) -> bool:
        """Whether more is to come."""
        return self._thread is not None

    def set_source(self, read: Read) -> None:
        """Another data set's pictures."""
        self.forget()
        self._cache = ThumbnailCache(read)

    def request(self, wanted: Wanted) -> None:
        """Paint this next, in place of what is still waiting or not yet complete."""
        with self._changed:
            self._wanted = self.latest = wanted
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="thumbnails", daemon=True)
                self._thread.start()

    def forget(self) -> None:
        """Nothing is wanted any more."""
        with self._changed:
            self._wanted = self.latest = None

    def finish(self) -> Sheet | None:
        """Wait until all that was asked for is there, and return it."""
        with self._changed:
            self._changed.wait_for(lambda: self._thread is None)
            return self._last

    def stop(self) -> None:
        """Wait for what is in progress."""
        self.forget()
        self.finish()

    def _work(self) -> None:
        while True:
            with self._changed:
                wanted, self._wanted = self._wanted, None
                if wanted is None:
                    self._thread = None
                    self._changed.notify_all()
                    return
            try:
                self._paint(wanted, self._cache)
            except Exception:
                log.exception("The thumbnails could not be drawn")

    def _paint(self, wanted: Wanted, cache: ThumbnailCache) -> None:
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
                if self.latest is not wanted:
                    return
                cache.load(lacking[:_CHUNK])
                del lacking[:_CHUNK]
            if lacking:
                self._finish(paint_sheet(wanted, layout, cache))
        self._finish(paint_sheet(wanted, layout, cache))

    def _finish(self, sheet: Sheet) -> None:
        self._last = sheet
        self.finished.emit(sheet)
