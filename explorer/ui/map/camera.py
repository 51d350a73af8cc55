"""Which part of the map is looked at, and how that moves: pan, zoom that glides, fit."""

from __future__ import annotations

import math
import time

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from explorer.core.view import Bounds, View
from explorer.ui.parts import animation

_TICK_MS = 12
_GLIDE = 0.045  # seconds in which all but 1/e of a zoom is done
_NEARLY = 0.004
_FOLLOWING = 0.25
# A map that forms breathes: one follows only where it leaves the view or fills less than this share of it,
# and then leaves it some room.
_SMALL, _ROOM = 0.75, 1.1
_LOOSELY = 8
_WITHOUT_FRAMES_MS = 60
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
        self._at = self._followed_at = 0.0
        self._room = 1.0
        self._ticking = QTimer(self)
        self._ticking.setTimerType(Qt.TimerType.PreciseTimer)
        self._ticking.setInterval(_TICK_MS)
        self._ticking.timeout.connect(self._go_on)
        self._following = QTimer(self)
        self._following.setTimerType(Qt.TimerType.PreciseTimer)
        self._following.timeout.connect(self._go_after)

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

    def accompany(self, bounds: Bounds | None, *, exactly: bool) -> None:
        """The extent that a moving map comes to: follow it smoothly where one must, or ``exactly``."""
        self._bounds = bounds
        if not animation.is_wanted():
            self.follow()
            return
        self._room = 1.0 if exactly else _ROOM
        if self._following.isActive():
            self._go_after()
        elif not self._by_hand and (exactly or not self._shows_well()):
            self._followed_at = time.perf_counter()
            self._following.start(_WITHOUT_FRAMES_MS)

    def fit_smoothly(self) -> None:
        """As ``fit``, but on the way for a moment."""
        self._by_hand = False
        self.accompany(self._bounds, exactly=True)

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
        if not animation.is_wanted():
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
        self._following.stop()

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

    def _shows_well(self) -> bool:
        """Whether all points are in the view, and not too small."""
        if self._bounds is None:
            return True
        left, bottom, right, top = self._view.bounds
        low_x, low_y, high_x, high_y = self._bounds
        inside = left <= low_x and right >= high_x and bottom <= low_y and top >= high_y
        return inside and self.whole().units_per_pixel > _SMALL * self._view.units_per_pixel

    def _go_after(self) -> None:
        """One step towards the view of all points."""
        now = time.perf_counter()
        share = -math.expm1((self._followed_at - now) / _FOLLOWING)
        self._followed_at = now
        view, whole = self._view, self.whole()
        zoom = math.log(self._room * whole.units_per_pixel / view.units_per_pixel)
        x, y = whole.center_x - view.center_x, whole.center_y - view.center_y
        # Each frame of the map takes a step along; the timer does where none comes any more.
        self._following.start(_TICK_MS if self.sender() is self._following else _WITHOUT_FRAMES_MS)
        near = 1.0 if self._room == 1.0 else _LOOSELY
        arrived = abs(zoom) < near * _NEARLY and math.hypot(x, y) < near * whole.units_per_pixel
        if self._by_hand or arrived:
            self._following.stop()
            if self._room == 1.0:
                self.follow()
            return
        scale = view.units_per_pixel * math.exp(share * zoom)
        self._go(
            View(view.center_x + share * x, view.center_y + share * y, scale, view.width, view.height),
            by_hand=False,
        )

    def _go(self, view: View, *, by_hand: bool, anyway: bool = False) -> None:
        self._by_hand = self._by_hand or by_hand
        if view != self._view or anyway:
            self._view = view
            self.moved.emit(view)
