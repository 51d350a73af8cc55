"""Two fingers on the screen: they zoom between them, and take the map along."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QGestureEvent, QPinchGesture

from explorer.ui.map.camera import Camera


def fingers(event: QGestureEvent) -> QPinchGesture | None:
    """The pinch that an event tells of, if it does."""
    found = event.gesture(Qt.GestureType.PinchGesture)
    return found if isinstance(found, QPinchGesture) else None


class Pinch:
    """Moves a camera as two fingers do."""

    def __init__(self, camera: Camera) -> None:
        self._camera = camera
        self._last, self._total = QPointF(), 1.0

    def follow(self, pinch: QPinchGesture, at: QPointF) -> None:
        """The fingers are at other places, ``at`` (window units) between them."""
        total = max(pinch.totalScaleFactor(), 1e-3)
        if pinch.state() != Qt.GestureState.GestureStarted:
            # From our own last values: Qt repeats its steps in events that bring no new ones.
            step = at - self._last
            self._camera.pan(step.x(), step.y())
            self._camera.zoom(at.x(), at.y(), total / self._total)
        self._last, self._total = at, total
