"""The decoded background of a map in a figure of it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from PySide6.QtGui import QPainter

from explorer.core.progress import Progress
from explorer.core.view import View
from explorer.ui.map.lattice_pictures import LatticePictures, Source
from explorer.ui.map.renderer import Scene

_AT_ONCE = 16  # always, for a picture may differ in its last digits with what it is decoded beside


class LatticeStill:
    """Decoded pictures below the points; see ``Still``."""

    key = "background"

    def __init__(self, source: Source) -> None:
        self._pictures, self._lock = LatticePictures(source), threading.Lock()

    def drawing(
        self, scene: Scene, view: View, ratio: float, progress: Progress
    ) -> Callable[[QPainter, View], None]:
        """See ``Still``."""
        source = self._pictures.source
        finest = source.finest(view.units_per_pixel * ratio)
        with self._lock:
            lacking = self._pictures.lacking(list(source.lattice.within(finest, view.bounds)))
            for first in range(0, len(lacking), _AT_ONCE):
                progress(first, len(lacking), "Decoding the background", "pictures")
                self._pictures.decode(lacking[first : first + _AT_ONCE])

        def paint(painter: QPainter, part: View) -> None:
            with self._lock:
                painter.drawImage(0, 0, self._pictures.composed(part, ratio, finest))

        return paint
