"""Pictures in place of points: where few are to be seen, or of representatives at any zoom."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, QRect, QRectF, Qt, QTimer
from PySide6.QtGui import QImage, QPainter

from explorer.core.thumbnail_layout import count_within
from explorer.core.view import View
from explorer.ui.map.ground import draw_moved
from explorer.ui.map.layers import MapLayer, Still
from explorer.ui.map.renderer import Scene
from explorer.ui.map.thumbnail_cache import Read
from explorer.ui.map.thumbnail_sheet import Sheet, Wanted
from explorer.ui.map.thumbnail_worker import ThumbnailWorker
from explorer.ui.parts import animation

LEAST_FEW, FEW = 120, 400
"""Points in view from which on pictures replace them, in a small window and in a large one."""
SMALLEST_CELL, SMALLEST_OF_ALL = 44.0, 32.0
"""The side of a cell on the screen at least: with few points in view, and with pictures everywhere."""
_MOST_CELLS = 1000
_AREA_OF_POINT = 2000.0
_HOLD, _STILL_FEW = 1.12, 1.3
_MOST_COUNTED = round(_STILL_FEW * FEW)
_DOT_REACH = 4.0
_MARGIN, _LEAST_MARGIN = 160, 24
_FADE, _TICK_MS = 0.15, 12
_FORMING_MS, _REST_MS = 200, 60
_Mode = QPainter.CompositionMode


class ThumbnailLayer(MapLayer):
    """Pictures over the points of the map, one to a cell of a grid that is fixed to the map.

    They show where few points are in view (``FEW``), or everywhere once ``set_everywhere`` says so. What is
    to be seen is painted by a thread into a sheet larger than the window; moving the view moves the sheet.
    """

    def __init__(self, read: Read, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._has_pictures, self._everywhere = True, False
        self._is_few = False
        self._counted: tuple[Scene, View, int] | None = None
        self._level: int | None = None
        self._at: tuple[Scene, View, float] | None = None
        # Until the sheet has faded in, ``_old`` is what was there before.
        self._old: Sheet | None = None
        self._sheet: Sheet | None = None
        self._faded_from = 0.0
        self._worker = ThumbnailWorker(read)
        self._worker.finished.connect(self._take)
        self._fading = _timer(self, self._fade_on, _TICK_MS, once=False)
        self._rests = _timer(self, self._sharpen, _REST_MS, once=True)
        self._formed = _timer(self, self._come_to_rest, _FORMING_MS, once=True)

    @property
    def is_active(self) -> bool:
        """Whether any picture is on the map, or just leaving it."""
        return self._sheet is not None or self._old is not None

    @property
    def is_settled(self) -> bool:
        """Whether all pictures that are to be seen are there."""
        timers, latest = (self._formed, self._rests, self._fading), self._worker.latest
        is_there = latest is None or (self._sheet is not None and self._sheet.wanted is latest)
        return is_there and not (self._worker.is_busy or any(timer.isActive() for timer in timers))

    @property
    def sheet(self) -> Sheet | None:
        """What is shown."""
        return self._sheet

    def set_source(self, read: Read | None) -> None:
        """Another data set's pictures, or none for the time being."""
        self._sheet = self._old = None
        self._has_pictures = read is not None
        if read is not None:
            self._worker.set_source(read)
        self._formed.start()
        self.changed.emit()

    def set_everywhere(self, everywhere: bool) -> None:
        """Show representatives at any zoom."""
        self._everywhere = everywhere
        self._come_to_rest()

    def show_scene(self, scene: Scene, view: View, ratio: float) -> None:
        """See ``MapLayer``. Of a layout that is still forming no pictures are shown."""
        before, self._at = self._at, (scene, view, ratio)
        if before is None or before[0].raster is not scene.raster:
            self._sheet = self._old = None
            self._worker.forget()
            self._rests.stop()
            self._formed.start()
        elif not self._formed.isActive():
            self._ask()

    def paint(self, painter: QPainter, view: View, area: QRect) -> None:
        """Move the sheet to where its pictures now are; one that is new comes over the last one."""
        share = self._share()
        if share >= 1.0:
            if self._sheet is not None:
                _paint_sheet(painter, self._sheet, view)
            return
        # Both sheets in the proportion of the time gone by: what is on both does not change.
        ratio = painter.device().devicePixelRatioF()
        both = QImage(
            math.ceil(view.width * ratio),
            math.ceil(view.height * ratio),
            QImage.Format.Format_ARGB32_Premultiplied,
        )
        both.fill(Qt.GlobalColor.transparent)
        both.setDevicePixelRatio(ratio)
        mixer = QPainter(both)
        mixer.setCompositionMode(_Mode.CompositionMode_Plus)
        for sheet, opacity in ((self._old, 1.0 - share), (self._sheet, share)):
            if sheet is not None:
                mixer.setOpacity(opacity)
                _paint_sheet(mixer, sheet, view)
        mixer.end()
        painter.drawImage(0, 0, both)

    def row_at(self, x: float, y: float) -> int:
        """The row whose picture lies there; -1 for none."""
        if self._sheet is None or self._at is None:
            return -1
        view = self._at[1]
        return self._sheet.row_at(*view.to_map(x, y), _DOT_REACH * view.units_per_pixel)

    def area_of(self, row: int, view: View) -> QRectF | None:
        """Where in the window the picture of a row lies."""
        return None if self._sheet is None or row < 0 else self._sheet.area_of(row, view)

    def still(self) -> Still:
        """See ``MapLayer``."""
        from explorer.ui.map.thumbnail_still import ThumbnailStill

        return ThumbnailStill(self._worker.read, everywhere=self._everywhere)

    def settle(self) -> None:
        """Read and paint all pictures that are to be seen before returning."""
        self._come_to_rest()
        self._take(self._worker.finish())
        self._end_fade()

    def stop(self) -> None:
        """Wait for the thread."""
        for timer in (self._fading, self._formed, self._rests):
            timer.stop()
        self._worker.stop()

    def _come_to_rest(self) -> None:
        self._formed.stop()
        if self._at is not None:
            self._ask()
            self._sharpen()
            self.changed.emit()

    def _sharpen(self) -> None:
        """Have the sheet painted anew where it is only scaled."""
        self._rests.stop()
        latest = self._worker.latest
        if latest is not None and self._at is not None:
            scene, view, ratio = self._at
            if latest.view.units_per_pixel != view.units_per_pixel:
                wide = _widened(view, ratio)
                self._worker.request(replace(latest, scene=scene, view=wide))

    def _ask(self) -> None:
        """Have painted what the sheet lacks, or let it go."""
        assert self._at is not None
        scene, view, ratio = self._at
        count = self._count(scene, view) if self._has_pictures else 0
        self._is_few = are_few(count, view, already=self._is_few)
        if not (count and (self._everywhere or self._is_few)):
            self._rests.stop()
            self._worker.forget()
            self._show(None)
            return
        self._level = level_for(view, self._level, few=self._is_few)
        wanted = Wanted(scene, _widened(view, ratio), ratio, self._level, self._is_few)
        latest = self._worker.latest
        self._rests.stop()
        if latest is None or not (latest.is_like(wanted) and _covers(latest.view, view)):
            self._worker.request(wanted)
        elif latest.view.units_per_pixel != view.units_per_pixel:
            self._rests.start()  # the same pictures, but for now scaled: a zoom asks for many sheets

    def _count(self, scene: Scene, view: View) -> int:
        """How many points are to be seen, as ``count_within`` has it; kept while nothing of that changes."""
        kept, at, count = self._counted or (None, None, 0)
        if kept is None or kept.raster is not scene.raster or kept.shown is not scene.shown or at != view:
            count = count_within(scene.raster.index, scene.shown, view.bounds, _MOST_COUNTED)
            self._counted = scene, view, count
        return count

    def _take(self, sheet: Sheet | None) -> None:
        if sheet is not None and sheet is not self._sheet and sheet.wanted is self._worker.latest:
            self._show(sheet)
            self.changed.emit()

    def _show(self, sheet: Sheet | None) -> None:
        """Let another sheet, or none, take the place of the present one."""
        if sheet is self._sheet:
            return
        before, at = self._sheet, self._at
        is_same = sheet and before and at and sheet.shows_same(before, at[1])
        if not is_same and self._share() > 0.5:
            self._old, self._faded_from = self._sheet, time.perf_counter()
            self._fading.start()
        self._sheet = sheet
        if not animation.is_wanted():
            self._end_fade()

    def _share(self) -> float:
        """How much of the new sheet is to be seen, from 0 to 1."""
        gone = (time.perf_counter() - self._faded_from) / _FADE
        return min(gone, 1.0) if self._fading.isActive() else 1.0

    def _fade_on(self) -> None:
        if self._share() >= 1.0:
            self._end_fade()
        self.changed.emit()

    def _end_fade(self) -> None:
        self._fading.stop()
        self._old = None


def _timer(layer: QObject, work: Callable[[], None], milliseconds: int, *, once: bool) -> QTimer:
    timer = QTimer(layer)
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.setSingleShot(once)
    timer.setInterval(milliseconds)
    timer.timeout.connect(work)
    return timer


def are_few(count: int, view: View, *, already: bool = False) -> bool:
    """Whether so many points in a view have room for their pictures; if they ``already`` had, some more."""
    few = min(max(view.width * view.height / _AREA_OF_POINT, LEAST_FEW), FEW)
    return 0 < count <= few * (_STILL_FEW if already else 1.0)


def level_for(view: View, present: int | None = None, *, few: bool) -> int:
    """The level whose cells have the right size on the screen; the present one as long as it is nearly so."""
    smallest = SMALLEST_CELL if few else SMALLEST_OF_ALL
    smallest = max(smallest, math.sqrt(view.width * view.height / _MOST_CELLS))
    if present is not None and smallest / _HOLD <= 2.0**present / view.units_per_pixel < 2 * smallest * _HOLD:
        return present
    return math.ceil(math.log2(smallest * view.units_per_pixel))


def _widened(view: View, ratio: float) -> View:
    """More on all sides, from a corner that is a whole number of pixels from the map's origin.

    So pictures fall on the same pixels whatever part a sheet shows.
    """
    pixel = view.units_per_pixel / ratio
    left = math.floor((view.left - _MARGIN * view.units_per_pixel) / pixel) * pixel
    top = math.ceil((view.top + _MARGIN * view.units_per_pixel) / pixel) * pixel
    width, height = view.width + 2 * _MARGIN, view.height + 2 * _MARGIN
    half = 0.5 * view.units_per_pixel
    return View(left + width * half, top - height * half, view.units_per_pixel, width, height)


def _covers(wide: View, view: View) -> bool:
    """Whether ``wide`` shows all of ``view`` and a little more."""
    more = _LEAST_MARGIN * view.units_per_pixel
    (left, bottom, right, top), (x0, y0, x1, y1) = wide.bounds, view.bounds
    return left <= x0 - more and bottom <= y0 - more and right >= x1 + more and top >= y1 + more


def _paint_sheet(painter: QPainter, sheet: Sheet, view: View) -> None:
    draw_moved(painter, sheet.image, sheet.wanted.view, view, crisp=True)
