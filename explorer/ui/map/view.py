"""The map under the hand: tools, pointer, keys, drops. Emits what is wanted; changes nothing but the view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAction,
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QGestureEvent

from explorer.core.selection import How
from explorer.core.view import View
from explorer.ui.map.canvas import MapCanvas
from explorer.ui.map.drawn import ZOOM_STEP
from explorer.ui.map.grips import Grip, grip_at, point_at_flag
from explorer.ui.map.marks import on_screen
from explorer.ui.map.outline import Outline, how_of, is_click, pointer
from explorer.ui.map.path_hand import PathHand
from explorer.ui.map.pinch import Pinch, fingers
from explorer.ui.parts.hook import Hook

Tool = Literal["probe", "pan", "lasso", "rectangle", "path"]
Gesture = Literal["probe", "pan", "outline", "path"]

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
_BY_KEYS = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)


class MapView(MapCanvas):
    """The map in a widget; ``MapCanvas`` has the setters of what is shown.

    Hooks:
        probed: x and y in map units, and the phase "press", "move" or "release" of a click or drag.

    Signals:
        grabbed: in place of a press: a hand on the "row" of a point, on a picture "dropped" or on the
            "cursor", and its number. What follows once it has moved is as after a press.
        nudged: arrow keys; dx and dy in window units, y down.
        hovered: the row of the point under the pointer, -1 for none; only when it changes.
        stationed: with the path tool in place of ``probed``: x, y, what was pressed ("station", "place" or as
            with ``grabbed``) or the phase "move" or "release", and the number of what was pressed, else -1.
        path_ended, station_unwanted: a double click or Return, and Delete, with the path tool.
        outlined: rows ``(n,) int64`` inside what was drawn, and ``How`` they join what is selected.
        menu_asked: the row of the point under the pointer or -1, and where a menu about it opens.
        dropped: the ``QMimeData`` (files or a picture) let go over the map; to be read at once.
        files_near: files are being dragged over the map.
    """

    nudged = Signal(float, float)
    hovered = Signal(int)
    grabbed = Signal(str, int)
    stationed = Signal(float, float, str, int)
    path_ended = Signal()
    station_unwanted = Signal()
    outlined = Signal(object, str)
    menu_asked = Signal(int, QPoint)
    dropped = Signal(QMimeData)
    files_near = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.probed = Hook()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAcceptDrops(True)
        self.grabGesture(Qt.GestureType.PinchGesture)
        self.setAccessibleName("Map")
        self.setAccessibleDescription(
            "All pictures as points. Click or drag to decode a place; arrow keys move it. "
            "Shift and drag selects points, the menu key offers what can be done with the nearest."
        )
        self._tool: Tool = "probe"
        self._gesture: Gesture | None = None
        self._outline: Outline | None = None
        self._how: How = "replace"
        self._grabbing: QPointF | None = None
        self._on_grip = False
        self._button = Qt.MouseButton.NoButton
        self._last = QPointF()
        self._path, self._pinch = PathHand(self), Pinch(self._camera)
        self._space = False
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
        self._bar.add(actions)

    def reveal(self, row: int) -> None:
        """Look where a point is, if it is not to be seen."""
        place, view = self._positions[row], self.view()
        if np.isfinite(place).all() and not self.rect().contains(on_screen(view, place).toPoint()):
            x, y = place.tolist()
            self.set_view(replace(view, center_x=x, center_y=y))

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
        self._button, self._last = button, event.position()
        self._show_keys(False)
        self._set_how(event.modifiers())
        if button == Qt.MouseButton.MiddleButton or self._space or self._tool == "pan":
            self._gesture = "pan"
        elif self._tool == "probe" and self._how == "replace":
            self._gesture = "probe"
            self._press(event.position())
        elif self._tool == "path" and self._how == "replace":
            self._gesture = "path"
            self._path.press(event.position())
            self._set_grip(True)
        else:
            self._gesture = "outline"
            self._outline = Outline(event.position(), self._how, is_box=self._tool != "lasso")
        self._hover(-1)
        self._show_tool()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        position = event.position()
        self._marks.pointer = position
        if self._gesture == "probe":
            self._drag(position)
        elif self._gesture == "pan":
            step = position - self._last
            self._last = position
            self._camera.pan(step.x(), step.y())
        elif self._gesture == "path":
            self._path.drag(position)
        elif self._outline is not None:
            self._outline.extend(position)
            self._marks.lasso = self._outline.path
            self._refresh()
        else:
            self._set_how(event.modifiers())
            self._hover_later.start()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() != self._button:
            event.ignore()
            return
        gesture, self._gesture = self._gesture, None
        self._button = Qt.MouseButton.NoButton
        if gesture == "probe":
            self._grabbing = None
            self._probe(event.position(), "release")
        elif gesture == "path":
            self._path.release(event.position())
        elif self._outline is not None:
            self._finish_outline(self._outline)
        self._set_how(event.modifiers())
        self._show_tool()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._tool in ("probe", "pan"):
            self.fit()
        elif event.button() == Qt.MouseButton.LeftButton and self._tool == "path":
            self.path_ended.emit()
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
        self._point_at_flag(-1)
        self._hover(-1)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() != QContextMenuEvent.Reason.Keyboard:
            self.menu_asked.emit(self.row_at(event.pos().x(), event.pos().y()), event.globalPos())
        else:
            at = self.rect().center()
            if self._marks.cursor is not None:
                cursor = on_screen(self.view(), self._marks.cursor).toPoint()
                at = cursor if self.rect().contains(cursor) else at
            self.menu_asked.emit(self.row_at(at.x(), at.y()), self.mapToGlobal(at))

    def _press(self, at: QPointF) -> None:
        """A hand on something exact takes that; else the place is probed."""
        grip = self._grip_at(at)
        row = self.row_at(at.x(), at.y()) if grip is None else -1
        self._set_grip(grip is not None)
        if grip is None and row < 0:
            self._probe(at, "press")
        else:
            self._grabbing = at
            self.grabbed.emit(*(grip or ("row", row)))

    def _drag(self, to: QPointF) -> None:
        """Probe, but let a hand that only clicked on something tremble."""
        if self._grabbing is not None:
            if is_click(self._grabbing, to):
                return
            self._grabbing = None
        self._probe(to, "move")

    def _grip_at(self, at: QPointF) -> Grip | None:
        return grip_at(self._marks, self.view(), at, stations=self._tool == "path")

    def _point_at_flag(self, number: int) -> None:
        if point_at_flag(self._marks, number):
            self._refresh()

    def _set_grip(self, on_grip: bool) -> None:
        if on_grip != self._on_grip:
            self._on_grip = on_grip
            self._show_tool()

    def _probe(self, at: QPointF, phase: str) -> None:
        x = min(max(at.x(), 0.0), float(self.width()))
        y = min(max(at.y(), 0.0), float(self.height()))
        self.probed.emit(*self.view().to_map(x, y), phase)

    def _finish_outline(self, outline: Outline) -> None:
        self._drop_outline()
        if outline.is_click:
            row = self.row_at(outline.path[0].x(), outline.path[0].y())
            rows = np.array([row] if row >= 0 else [], np.int64)
        else:
            rows = self._scene.raster.lasso(outline.polygon(self.view()), self._scene.shown)
        self.outlined.emit(rows, outline.how)

    def _drop_outline(self) -> None:
        self._outline, self._marks.lasso = None, []
        self._refresh()

    def _look_under_pointer(self) -> None:
        pointer = self._marks.pointer
        if self._gesture is None and pointer is not None:
            grip = self._grip_at(pointer)
            on_flag = grip is not None and grip[0] == "bookmark"
            self._hover(-1 if on_flag else self.row_at(pointer.x(), pointer.y()))
            self._point_at_flag(grip[1] if grip is not None and on_flag else -1)
            self._set_grip(grip is not None)

    def _set_how(self, modifiers: Qt.KeyboardModifier) -> None:
        how = how_of(modifiers)
        if how != self._how:
            self._how = how
            self._show_tool()

    def _show_tool(self) -> None:
        """The pointer's shape."""
        if self._gesture == "pan":
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif self._space or self._tool == "pan":
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        elif self._tool in ("probe", "path") and self._how == "replace":
            held, free = Qt.CursorShape.ClosedHandCursor, Qt.CursorShape.OpenHandCursor
            hand = free if self._gesture is None else held
            self.setCursor(hand if self._on_grip else Qt.CursorShape.CrossCursor)
        else:
            how = self._how if self._outline is None else self._outline.how
            self.setCursor(pointer(how, self.devicePixelRatioF()))

    # Keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        self._set_how(event.modifiers())
        if key in _ARROWS:
            step = _WIDE_NUDGE if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else _NUDGE
            self.nudged.emit(_ARROWS[key][0] * step, _ARROWS[key][1] * step)
        elif key == Qt.Key.Key_Space:
            self._space = True
            self._show_tool()
        elif key == Qt.Key.Key_Escape and self._gesture == "outline":
            self._gesture = None
            self._drop_outline()
        elif self._tool != "path" or not self._path.key(key):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        self._set_how(event.modifiers())
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = False
            self._show_tool()
        else:
            super().keyReleaseEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._show_keys(event.reason() in _BY_KEYS)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._show_keys(False)
        self._space, self._how = False, "replace"
        self._show_tool()
        super().focusOutEvent(event)

    def _show_keys(self, shown: bool) -> None:
        if shown != self._marks.has_keys:
            self._marks.has_keys = shown
            self._refresh()

    # Other events

    def event(self, event: QEvent) -> bool:
        """Also: Escape belongs to what is being drawn, and a pinch zooms."""
        if type(event) is QMouseEvent and self._gesture == "probe" and event.isUpdateEvent():
            self.mouseMoveEvent(event)  # a hand that drags does not go the long way through Qt
            return True
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if event.key() == Qt.Key.Key_Escape and self._gesture == "outline":
                event.accept()
                return True
        elif isinstance(event, QNativeGestureEvent) and event.gestureType() == _PINCH:
            self._camera.zoom(event.position().x(), event.position().y(), max(1.0 + event.value(), 0.1))
            return True
        elif isinstance(event, QGestureEvent) and (two := fingers(event)) is not None:
            self._give_up()
            self._pinch.follow(two, self.mapFromGlobal(two.centerPoint()))
            event.accept()
            return True
        return super().event(event)

    def _give_up(self) -> None:
        """End what a first finger had begun before the second came."""
        if self._gesture == "probe":
            self._probe(self._last, "release")
        elif self._gesture == "path":
            self._path.release(self._last)
        if self._gesture is not None:
            self._gesture, self._grabbing, self._button = None, None, Qt.MouseButton.NoButton
            self._drop_outline()

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
