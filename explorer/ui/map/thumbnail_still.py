"""The thumbnails of a map in a figure of it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from PySide6.QtGui import QPainter

from explorer.core.progress import Progress
from explorer.core.raster import Raster
from explorer.core.thumbnail_layout import Ranks, count_within, lay_out, rank
from explorer.core.view import View
from explorer.ui.map.renderer import Scene
from explorer.ui.map.thumbnail_cache import Read, ThumbnailCache
from explorer.ui.map.thumbnail_layer import FEW, are_few, level_for
from explorer.ui.map.thumbnail_sheet import paint_pictures

_AT_ONCE = 24


class ThumbnailStill:
    """Pictures over points, where few are in view or ``everywhere``; see ``Still``."""

    key = "thumbnails"

    def __init__(self, read: Read, *, everywhere: bool) -> None:
        self._everywhere, self._lock = everywhere, threading.Lock()
        self._cache = ThumbnailCache(read)
        self._ranked: tuple[Raster, Ranks] | None = None

    def drawing(
        self, scene: Scene, view: View, ratio: float, progress: Progress
    ) -> Callable[[QPainter, View], None]:
        """See ``Still``."""
        units, index = view.magnified(1.0 / ratio), scene.raster.index
        count = count_within(index, scene.shown, view.bounds, FEW)
        few = are_few(count, units)
        if not (count and (few or self._everywhere)):
            return lambda *_: None
        with self._lock:
            if self._ranked is None or self._ranked[0] is not scene.raster:
                self._ranked = scene.raster, rank(index)
            ranks = self._ranked[1]
            level = level_for(units, few=few)
            layout = lay_out(index, ranks, scene.shown, level, view.bounds, roomy=few)
            lacking = self._cache.lacking(layout.rows)
            for first in range(0, len(lacking), _AT_ONCE):
                progress(first, len(lacking), "Reading pictures", "pictures")
                self._cache.load(lacking[first : first + _AT_ONCE])

        def paint(painter: QPainter, part: View) -> None:
            with self._lock:
                painter.drawImage(0, 0, paint_pictures(scene, part, ratio, layout, self._cache)[0])

        return paint
