"""The map under the hand: tools, pointer, keys, drops. Emits what is wanted; changes nothing but the view."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from PySide6.QtCore import QEvent, QMimeData, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAction,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QGestureEvent, QPinchGesture, QToolButton

from explorer.core.view import View
from explorer.ui.map_canvas import ZOOM_STEP, MapCanvas

Tool = Literal["probe", "pan", "lasso"]

_HOVER_REACH = 10.0
_NUDGE, _WIDE_NUDGE = 4.0, 24.0
_NOTCH = 120.0
_PINCH = Qt.NativeGestureType.ZoomNativeGesture
_BUTTONS = (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton)
_ARROWS: dict[int, tuple[float, float]] = {
    Qt.Key.Key_Left: (-1.0, 0.0),
    Qt.Key.Key_Right: (1.0, 0.0),
    Qt.Key.Key_Up: (0.0, -1.0),
    Qt.Key.Key_Down: (0.0, 1.0),
}


class MapView(MapCanvas):
    """The map in a widget; ``MapCanvas`` has the setters of what is shown.

    Signals:
        probed: x and y in map units, and the phase "press", "move" or "release" of a click or drag.
        nudged: arrow keys; dx and dy in window units, y down.
        hovered: the row of the point under the pointer, -1 for none; only when it changes.
        lassoed: rows ``(n,) int64`` inside the polygon; with Shift, together with the selection.
        dropped: the ``QMimeData`` (files or a picture) let go over the map; to be read at once.
        files_near: files are being dragged over the map.
    """

    probed = Signal(float, float, str)
    nudged = Signal(float, float)
    hovered = Signal(int)
    lassoed = Signal(object)
    dropped = Signal(QMimeData)
    files_near = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAcceptDrops(True)
        self.grabGesture(Qt.GestureType.PinchGesture)
        self.setAccessibleName("Map")
        self.setAccessibleDescription(
            "All pictures as points. Click or drag to decode a place; arrow keys move it."
        )
        self._tool: Tool = "probe"
        self._gesture: Tool | None = None
        self._button = Qt.MouseButton.NoButton
        self._last, self._pinched = QPointF(), 1.0
        self._space = False
        self._lasso_adds = False
        # Hovering waits until the events at hand are done, so that a fast pointer costs one look-up a round.
        self._hover_later = QTimer(self)
        self._hover_later.setSingleShot(True)
        self._hover_later.timeout.connect(self._look_under_pointer)
        self._show_tool()

    def set_tool(self, tool: Tool) -> None:
        """What a drag with the left button does."""
        self._tool = tool
        self._show_tool()

    def add_tools(self, actions: Sequence[QAction]) -> None:
        """Put actions on the floating bar."""
        for action in actions:
            button = QToolButton()
            button.setDefaultAction(action)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            self._buttons.addWidget(button)
        self._bar.show()
        self._place_bar()

    def shut_down(self) -> None:
        """Wait for the drawing thread; to be called before the application ends."""
        self._hover_later.stop()
        super().shut_down()

    def _moved(self, view: View) -> None:
        super()._moved(view)
        if self._marks.pointer is not None:
            self._hover_later.start()

    def _hover(self, row: int) -> None:
        if row != self._hovered:
            super()._hover(row)
            self.hovered.emit(row)

    # The pointer

    def mousePressEvent(self, event: QMouseEvent) -> None:
        button = event.button()
        if self._gesture is not None or button not in _BUTTONS:
            event.ignore()
            return
        pans = button == Qt.MouseButton.MiddleButton or self._space
        self._gesture, self._button = "pan" if pans else self._tool, button
        self._last = event.position()
        if self._gesture == "probe":
            self._probe(event.position(), "press")
        elif self._gesture == "lasso":
            self._marks.lasso = [event.position()]
            self._lasso_adds = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self._hover(-1)
        self._show_tool()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        position = event.position()
        self._marks.pointer = position
        if self._gesture == "probe":
            self._probe(position, "move")
        elif self._gesture == "pan":
            step = position - self._last
            self._last = position
            self._camera.pan(step.x(), step.y())
        elif self._gesture == "lasso":
            self._marks.lasso.append(position)
            self._refresh()
        else:
            self._hover_later.start()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() != self._button:
            event.ignore()
            return
        gesture, self._gesture = self._gesture, None
        self._button = Qt.MouseButton.NoButton
        if gesture == "probe":
            self._probe(event.position(), "release")
        elif gesture == "lasso":
            self._finish_lasso()
        self._show_tool()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._tool != "lasso":
            self.fit()
        else:
            self.mousePressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        delta = event.angleDelta().y() or event.angleDelta().x()
        if delta:
            # Notches of a wheel glide; a touch pad brings its own momentum.
            is_notched = event.phase() == Qt.ScrollPhase.NoScrollPhase and event.pixelDelta().isNull()
            zoom = self._camera.glide if is_notched else self._camera.zoom
            zoom(event.position().x(), event.position().y(), ZOOM_STEP ** (delta / _NOTCH))
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        self._marks.pointer = None
        self._hover(-1)

    def _probe(self, at: QPointF, phase: str) -> None:
        x = min(max(at.x(), 0.0), float(self.width()))
        y = min(max(at.y(), 0.0), float(self.height()))
        self.probed.emit(*self.view().to_map(x, y), phase)

    def _finish_lasso(self) -> None:
        path, self._marks.lasso = self._marks.lasso, []
        self._refresh()
        if len(path) < 3:
            return
        polygon = np.array([self.view().to_map(point.x(), point.y()) for point in path])
        rows = self._scene.raster.lasso(polygon, self._scene.shown)
        if self._lasso_adds and self._scene.selected is not None:
            rows = np.union1d(rows, self._scene.selected)
        self.lassoed.emit(rows)

    def _look_under_pointer(self) -> None:
        pointer, view = self._marks.pointer, self.view()
        if self._gesture is None and pointer is not None:
            x, y = view.to_map(pointer.x(), pointer.y())
            reach = _HOVER_REACH * view.units_per_pixel
            self._hover(self._scene.raster.pick(x, y, reach, self._scene.shown))

    def _show_tool(self) -> None:
        """The pointer's shape."""
        if self._gesture == "pan":
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif self._space or self._tool == "pan":
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        else:
            self.setCursor(Qt.CursorShape.CrossCursor)

    # Keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in _ARROWS:
            step = _WIDE_NUDGE if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else _NUDGE
            self.nudged.emit(_ARROWS[key][0] * step, _ARROWS[key][1] * step)
        elif key == Qt.Key.Key_Space:
            self._space = True
            self._show_tool()
        elif key == Qt.Key.Key_Escape and self._gesture == "lasso":
            self._marks.lasso, self._gesture = [], None
            self._refresh()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = False
            self._show_tool()
        else:
            super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._space = False
        self._show_tool()
        super().focusOutEvent(event)

    # Other events

    def event(self, event: QEvent) -> bool:
        """Also: Escape belongs to a lasso in progress, and a pinch zooms."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if event.key() == Qt.Key.Key_Escape and self._gesture == "lasso":
                event.accept()
                return True
        elif isinstance(event, QNativeGestureEvent) and event.gestureType() == _PINCH:
            self._camera.zoom(event.position().x(), event.position().y(), max(1.0 + event.value(), 0.1))
            return True
        elif isinstance(event, QGestureEvent):
            return self._pinch(event)
        return super().event(event)

    def _pinch(self, event: QGestureEvent) -> bool:
        """Two fingers on the screen: zoom between them, and take the map along."""
        pinch = event.gesture(Qt.GestureType.PinchGesture)
        if not isinstance(pinch, QPinchGesture):
            return False
        if self._gesture is not None:  # the first finger had begun something
            if self._gesture == "probe":
                self._probe(self._last, "release")
            self._marks.lasso, self._gesture, self._button = [], None, Qt.MouseButton.NoButton
        at, total = self.mapFromGlobal(pinch.centerPoint()), max(pinch.totalScaleFactor(), 1e-3)
        if pinch.state() != Qt.GestureState.GestureStarted:
            # From our own last values: Qt repeats its steps in events that bring no new ones.
            step = at - self._last
            self._camera.pan(step.x(), step.y())
            self._camera.zoom(at.x(), at.y(), total / self._pinched)
        self._last, self._pinched = at, total
        event.accept()
        return True

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls() or event.mimeData().hasImage():
            event.acceptProposedAction()
            self._marks.drop_is_over = True
            self._refresh()
        if event.mimeData().hasUrls():
            self.files_near.emit()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._marks.drop_is_over = False
        self._refresh()

    def dropEvent(self, event: QDropEvent) -> None:
        self._marks.drop_is_over = False
        self._refresh()
        event.acceptProposedAction()
        self.dropped.emit(event.mimeData())
