"""The decoded background: a lattice of decoded pictures that fills the map, faded where data are far."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QRect, Signal
from PySide6.QtGui import QImage, QPainter

from explorer.core.errors import Cancelled, ExplorerError
from explorer.core.view import View
from explorer.ui.map.ground import draw_moved
from explorer.ui.map.lattice_pictures import LEVELS, LatticePictures, Source
from explorer.ui.map.layers import MapLayer, Still
from explorer.ui.map.renderer import Scene
from explorer.ui.parts.latest_work import LatestWork
from explorer.ui.parts.mailbox import Mailbox

_MARGIN = 1.3
_SHOWN_EVERY = 0.08
_WORTH_TELLING = 1.0
_LONGEST = 10.0
_WAIT = 0.01


@dataclass(frozen=True, eq=False)
class _Wanted:
    """The pictures, and the part of the map for which they are wanted."""

    pictures: LatticePictures
    view: View
    ratio: float


class LatticeLayer(MapLayer):
    """Lies below the points. Decodes in a thread that lives as long as there is something to decode.

    A view that moves takes its picture along, and what it no longer needs is not decoded. Coarse pictures
    come first; four finer ones take the place of each once all four are there. ``is_free`` tells at any
    time, from any thread, whether nobody waits for a picture: only then is anything decoded here.

    Signals:
        told: a remark on how far it is, where that takes longer than a moment; empty when it has come to its
            end.
        failed: a sentence: why the model draws no more.
    """

    told = Signal(str)
    failed = Signal(str)

    def __init__(self, is_free: Callable[[], bool], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._is_free = is_free
        self._pictures: LatticePictures | None = None
        self._view: tuple[View, float] | None = None
        self._frame: tuple[View, QImage] | None = None
        self._decoding = LatestWork("background", self._decode)
        self._from: LatticePictures | None = None
        self._made: Mailbox[tuple[LatticePictures, tuple[View, QImage]]] = Mailbox(self._take)

    @property
    def is_active(self) -> bool:
        """Whether there is something to decode from."""
        return self._pictures is not None

    def set_source(self, source: Source | None) -> None:
        """Decode from this; None for no background."""
        self._decoding.forget()
        self.told.emit("")
        self._pictures = LatticePictures(source) if source is not None else None
        self._frame = None
        self._ask()
        self.changed.emit()

    def show_scene(self, scene: Scene, view: View, ratio: float) -> None:
        """Follow the view."""
        if self._view != (view, ratio):
            self._view = (view, ratio)
            self._ask()

    def paint(self, painter: QPainter, view: View, area: QRect) -> None:
        """Paint what is there, moved and scaled to where it now lies."""
        if self._frame is not None:
            draw_moved(painter, self._frame[1], self._frame[0], view)

    def still(self) -> Still | None:
        """See ``MapLayer``."""
        from explorer.ui.map.lattice_still import LatticeStill

        return LatticeStill(self._pictures.source) if self._pictures is not None else None

    def settle(self) -> None:
        """Wait until all is decoded."""
        self._decoding.finish()
        if self._pictures is not None and self._view is not None:
            self._frame = _composed(_Wanted(self._pictures, *self._view))

    def stop(self) -> None:
        """Forget what is wanted, and end what is being decoded."""
        self._decoding.forget()
        while not self._decoding.finish(_WAIT):
            if self._from is not None:
                self._from.source.pair.stop()

    def _ask(self) -> None:
        if self._pictures is not None and self._view is not None:
            self._decoding.request(_Wanted(self._pictures, *self._view))

    def _take(self, made: tuple[LatticePictures, tuple[View, QImage]]) -> None:
        pictures, frame = made
        if pictures is self._pictures:
            self._frame = frame
            self.changed.emit()

    # In the thread

    def _decode(self, wanted: _Wanted) -> None:
        self._from = wanted.pictures
        try:
            self._fill(wanted)
        except Cancelled:
            pass
        except ExplorerError as error:
            self.failed.emit(str(error))

    def _fill(self, wanted: _Wanted) -> None:
        """Show what is there, then decode the rest, from coarse to fine and from the middle outwards."""
        pictures, lattice = wanted.pictures, wanted.pictures.source.lattice
        finest, box = _finest(wanted), _wide(wanted.view).bounds
        levels = range(max(finest - LEVELS, 0), finest + 1)
        for level in levels:
            pictures.weigh(list(lattice.within(level, box)))
        self._show(wanted)
        shown = time.perf_counter()
        for level in levels:
            lacking = pictures.lacking(list(lattice.within(level, box)))
            total, left = len(lacking), lacking
            if level > levels[0] and total * pictures.seconds > _LONGEST:
                self.told.emit("The model decodes slowly, so the background stays coarse; zoom in for more")
                return
            while left:
                if not self._waited(wanted):
                    return
                part = pictures.some(left)
                pictures.decode(part)
                left = left[len(part) :]
                if total * pictures.seconds > _WORTH_TELLING:
                    seconds = math.ceil(len(left) * pictures.seconds)
                    done = f"{total - len(left)} of {total}"
                    self.told.emit(f"Decoding the background · {done} · {seconds} s left · B stops it")
                if time.perf_counter() - shown > _SHOWN_EVERY:
                    self._show(wanted)
                    shown = time.perf_counter()
            if total:
                self._show(wanted)
        self.told.emit("")

    def _show(self, wanted: _Wanted) -> None:
        self._made.send((wanted.pictures, _composed(wanted)))

    def _waited(self, wanted: _Wanted) -> bool:
        """Wait while a hand drags; whether the work is still wanted then."""
        while not self._is_free() and self._decoding.wait(wanted, _WAIT):
            pass
        return self._decoding.is_wanted(wanted)


def _finest(wanted: _Wanted) -> int:
    return wanted.pictures.source.finest(wanted.view.units_per_pixel)


def _wide(view: View) -> View:
    """The view with a margin, so that a hand that moves it does not uncover anything at once."""
    return view.resized(math.ceil(_MARGIN * view.width), math.ceil(_MARGIN * view.height))


def _composed(wanted: _Wanted) -> tuple[View, QImage]:
    """The pictures that are there as one image, and the view that it is of."""
    wide = _wide(wanted.view)
    image = wanted.pictures.composed(wide.magnified(wanted.ratio), wanted.ratio, _finest(wanted))
    image.setDevicePixelRatio(wanted.ratio)
    return wide, image
