"""The points of the map on their way from one layout to the next, frame by frame."""

from __future__ import annotations

import math
import threading
import time

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from explorer.core.motion import Motion
from explorer.core.priority import A_LITTLE, step_back
from explorer.core.raster import Raster
from explorer.core.session import Place, Session
from explorer.core.view import Bounds
from explorer.ui.map.view import MapView
from explorer.ui.parts import animation
from explorer.ui.parts.mailbox import Mailbox

Floats = npt.NDArray[np.float32]
_Frame = tuple[Floats, Raster, Bounds | None, bool]

_FRAME = 1 / 20
# A thread that indexes the points of a frame must leave the others some time too.
_SHARE = 0.5
_TOO_SLOW = 0.25
_TAKEN_WITHIN = 0.2
_ALIKE = 0.15


class Travel(QObject):
    """Moves the points of the map view: layouts come when they come, frames at a steady rate between them.

    The frames are made by a thread that lives as long as points move, and only once the frame before has been
    taken: a busy window gets fewer of them. Where a frame would take too long, points jump.

    Signals:
        moved: the points are elsewhere, and so is what is marked on them (``shown_place``).
        arrived: they are where the last layout has them.
    """

    moved = Signal()
    arrived = Signal()

    def __init__(self, view: MapView) -> None:
        super().__init__(view)
        self._view = view
        self._changed = threading.Condition()
        self._motion: Motion | None = None
        self._target: tuple[Floats, Raster] | None = None
        self._taken = self._working = False
        self._thread: threading.Thread | None = None
        self._frame_seconds = 0.0
        self._marks: dict[Place, Place] = {}
        self._made: Mailbox[_Frame] = Mailbox(self._take)

    @property
    def is_moving(self) -> bool:
        """Whether points are on their way."""
        return self._thread is not None

    def settle(self, positions: Floats) -> None:
        """The points are at ``positions (N, 2)``, wherever they were; the view has been told."""
        self.stop()
        self._motion = Motion(positions, time.perf_counter())

    def go(self, old: Session, new: Session) -> None:
        """Let the points go from the map of ``old`` to that of ``new``, of the same data."""
        assert new.map is not None
        now = time.perf_counter()
        positions, raster = new.map.positions, new.map.raster
        motion = self._motion
        if motion is None or len(motion.at(now)) != len(positions) or not self._can_move(raster):
            self.settle(positions)
            self._view.set_positions(positions, raster)
            self.moved.emit()
            self.arrived.emit()
            return
        self._marks = self._marks_between(old, new)
        before = old.map if old.map and old.map.record and new.map.record else None
        if before is not None and not _alike(before.raster.bounds, raster.bounds):
            self._view.fit_smoothly()  # what a hand looked at lies elsewhere on another map
        with self._changed:
            motion.push(positions, now)
            self._target = positions, raster
            if not self._working:
                self._working = self._taken = True
                self._thread = threading.Thread(target=self._work, args=(motion,), name="travel", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Let nothing move any more."""
        self._frame_seconds = math.inf
        self.stop()

    def stop(self) -> None:
        """Make no more frames, and wait for the one in the making."""
        with self._changed:
            self._target = None
            self._changed.notify_all()
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.join()
        self._marks = {}

    def shown_place(self, place: Place) -> Place:
        """Where something is shown that belongs at ``place`` and is on its way there."""
        before = self._marks.get(place)
        if before is None or self._motion is None:
            return place
        share = self._motion.share(time.perf_counter())
        return before[0] + share * (place[0] - before[0]), before[1] + share * (place[1] - before[1])

    def _marks_between(self, old: Session, new: Session) -> dict[Place, Place]:
        """For each new place of a mark the one where it is shown now."""
        pairs = list(zip(old.dropped, new.dropped, strict=False))
        places = [(one.place, other.place) for one, other in pairs if one.latent is other.latent]
        if old.cursor and new.cursor and old.cursor.latent is new.cursor.latent:
            places.append((old.cursor.place, new.cursor.place))
        return {later: self.shown_place(before) for before, later in places if before and later}

    def _can_move(self, raster: Raster) -> bool:
        is_quick = self._frame_seconds < _TOO_SLOW
        return self._view.isVisible() and is_quick and len(raster) > 0 and animation.is_wanted()

    def _work(self, motion: Motion) -> None:
        step_back(A_LITTLE)
        while True:
            began = time.perf_counter()
            with self._changed:
                target = self._target
                if target is None:
                    self._working = False
                    return
                settled = motion.settled(began)
                positions = target[0] if settled else motion.at(began)
                exactly = settled or motion.eased
            raster = target[1] if settled else Raster(positions)
            took = time.perf_counter() - began
            with self._changed:
                if settled and self._target is target:
                    self._target, self._working = None, False
                elif not settled:
                    self._frame_seconds, self._taken = took, False
            if self._working and settled:
                continue  # another layout has come
            self._made.send((positions, raster, target[1].bounds, exactly))
            if not self._working:
                return
            pause = max(_FRAME - (time.perf_counter() - began), took * (1 / _SHARE - 1))
            with self._changed:
                self._changed.wait_for(lambda: self._target is None, max(pause, 0.0))
                self._changed.wait_for(lambda: self._taken or self._target is None, _TAKEN_WITHIN)

    def _take(self, frame: _Frame) -> None:
        with self._changed:
            self._taken = True
            self._changed.notify_all()
            over = not self._working
        if self._thread is None:
            return  # stopped in the meantime
        if over:
            self.stop()
        self._view.move_positions(*frame)
        self.moved.emit()
        if over:
            self.arrived.emit()


def _alike(one: Bounds | None, other: Bounds | None) -> bool:
    """Whether two maps fill about the same part of the plane."""
    if one is None or other is None:
        return False
    size = max(one[2] - one[0], one[3] - one[1], other[2] - other[0], other[3] - other[1])
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) < _ALIKE * size
