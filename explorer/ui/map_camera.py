"""Which part of the map is looked at, and how that moves: pan, zoom that glides, fit."""

from __future__ import annotations

import math
import time

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication, QStyle

from explorer.core.view import Bounds, View

_TICK_MS = 12
_GLIDE = 0.045  # seconds in which all but 1/e of a zoom is done
_NEARLY = 0.004
# Kept clear above and below the whole map, for the tool bar and the read-out.
_COVERED = 40


class Camera(QObject):
    """The view of a window onto the map. It follows the whole map until a hand moves it.

    Signals:
        moved: another ``View`` is looked at, in window units.
    """

    moved = Signal(object)

    def __init__(self, width: int, height: int) -> None:
        super().__init__()
        self._view = View.fit_bounds(None, width, height)
        self._bounds: Bounds | None = None
        self._by_hand = False
        self._glide = (0.0, 0.0, 0.0)  # the place on the screen, and the logarithm of the zoom still to come
        self._at = 0.0
        self._ticking = QTimer(self)
        self._ticking.setTimerType(Qt.TimerType.PreciseTimer)
        self._ticking.setInterval(_TICK_MS)
        self._ticking.timeout.connect(self._go_on)

    @property
    def view(self) -> View:
        """What is looked at."""
        return self._view

    @property
    def is_gliding(self) -> bool:
        """Whether a zoom is still on its way."""
        return self._ticking.isActive()

    def set_bounds(self, bounds: Bounds | None, *, fit: bool) -> None:
        """The map's extent; ``fit`` to show it all even where a hand has moved the view."""
        self._bounds = bounds
        if fit:
            self._by_hand = False
        self.follow()

    def follow(self) -> None:
        """Show the whole map, unless a hand has moved the view."""
        if not self._by_hand:
            self.look(self.whole(), by_hand=False)

    def resize(self, width: int, height: int) -> None:
        """The window has another size."""
        if self._by_hand:
            self.look(self._view.resized(width, height))
        else:
            self._view = self._view.resized(width, height)
            self.look(self.whole(), by_hand=False, anyway=True)

    def fit(self) -> None:
        """Show the whole map, and go on doing so as it changes."""
        self._by_hand = False
        self.follow()

    def fit_to(self, bounds: Bounds) -> None:
        """Show a part of the map."""
        view = self._fitted(bounds, 0.12)
        closest, _ = self.whole().zoom_limits()
        if view.units_per_pixel < closest:
            view = View(view.center_x, view.center_y, closest, view.width, view.height)
        self.look(view)

    def look(self, view: View, *, by_hand: bool = True, anyway: bool = False) -> None:
        """Look there; what was still gliding stops."""
        self._ticking.stop()
        self._go(view, by_hand=by_hand, anyway=anyway)

    def pan(self, dx: float, dy: float) -> None:
        """Drag the map by so many window units."""
        self.look(self._view.panned(dx, dy))

    def zoom(self, x: float, y: float, factor: float) -> None:
        """Magnify at once so that what is under (x, y) stays there, within limits."""
        self.look(self._view.zoomed_at(x, y, factor, self.whole().zoom_limits()))

    def glide(self, x: float, y: float, factor: float) -> None:
        """As ``zoom``, but on the way for a moment; further turns of a wheel add to it."""
        if not QApplication.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration):
            self.zoom(x, y, factor)
            return
        to_come = self._glide[2] if self._ticking.isActive() else 0.0
        started = self._ticking.isActive()
        self._glide = (x, y, to_come + math.log(factor))
        if not started:
            self._at = time.perf_counter() - 0.001 * _TICK_MS  # the first step is taken at once
            self._ticking.start()
            self._go_on()

    def whole(self) -> View:
        """The view of all points, clear of the tool bar above and the read-out below."""
        return self._fitted(self._bounds, 0.06)

    def stop(self) -> None:
        """Let nothing glide any more."""
        self._ticking.stop()

    def _fitted(self, bounds: Bounds | None, margin: float) -> View:
        width, height = self._view.width, self._view.height
        free = max(height - 2 * _COVERED, height // 2)
        return View.fit_bounds(bounds, width, free, margin).resized(width, height)

    def _go_on(self) -> None:
        now = time.perf_counter()
        x, y, to_come = self._glide
        step = to_come * -math.expm1((self._at - now) / _GLIDE)
        if abs(to_come - step) < _NEARLY:
            step = to_come
        self._at, self._glide = now, (x, y, to_come - step)
        before = self._view
        self._go(before.zoomed_at(x, y, math.exp(step), self.whole().zoom_limits()), by_hand=True)
        if step == to_come or self._view.units_per_pixel == before.units_per_pixel:
            self._ticking.stop()

    def _go(self, view: View, *, by_hand: bool, anyway: bool = False) -> None:
        self._by_hand = self._by_hand or by_hand
        if view != self._view or anyway:
            self._view = view
            self.moved.emit(view)
