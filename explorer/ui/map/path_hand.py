"""The hand with the path tool: it sets stations, takes and moves them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt

from explorer.ui.map.grips import grip_at
from explorer.ui.map.outline import is_click

if TYPE_CHECKING:
    from explorer.ui.map.view import MapView

_ENDS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_REMOVES = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)


class PathHand:
    """Turns what the hand does into the path's signals of the map."""

    def __init__(self, view: MapView) -> None:
        self._view = view
        self._pressed: QPointF | None = None

    def press(self, at: QPointF) -> None:
        """A hand on a station takes it, on anything exact makes it one, and else makes the place one."""
        view = self._view
        grip = grip_at(view.marks, view.view(), at, stations=True)
        phase, number = grip or ("row", view.row_at(at.x(), at.y()))
        self._pressed = at
        self._say(at, phase if number >= 0 else "place", number)

    def drag(self, to: QPointF) -> None:
        """Move the station, but let a hand that only clicked tremble."""
        if self._pressed is not None:
            if is_click(self._pressed, to):
                return
            self._pressed = None
        self._say(to, "move")

    def release(self, at: QPointF) -> None:
        """Let the station go."""
        self._pressed = None
        self._say(at, "release")

    def key(self, key: int) -> bool:
        """Return ends the path, Delete takes a station away; whether it was one of these."""
        if key in _ENDS:
            self._view.path_ended.emit()
        elif key in _REMOVES:
            self._view.station_unwanted.emit()
        else:
            return False
        return True

    def _say(self, at: QPointF, phase: str, number: int = -1) -> None:
        view = self._view
        x = min(max(at.x(), 0.0), float(view.width()))
        y = min(max(at.y(), 0.0), float(view.height()))
        view.stationed.emit(*view.view().to_map(x, y), phase, number)
