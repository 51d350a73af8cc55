"""What a hand can take on the map beside its points: the cursor, dropped pictures, flags, stations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF

from explorer.core.view import View
from explorer.ui.map.drawn import REACH
from explorer.ui.map.marks import Marks
from explorer.ui.map.overlay import RING

Grip = tuple[str, int]
"""What it is, "cursor", "dropped", "bookmark" or "station", and its number."""


def grip_at(marks: Marks, view: View, at: QPointF, *, stations: bool) -> Grip | None:
    """The cursor's dashed ring, a dropped picture or a flag: all of it is a grip, whatever it covers.

    Before all a station of the path, where ``stations`` may be taken.
    """
    here = np.array([at.x(), at.y()])
    if stations and marks.path is not None:
        number = marks.path.station_at(view, at.x(), at.y())
        if number >= 0:
            return "station", number
    cursor = marks.cursor if marks.cursor_is_own else None
    if cursor is not None and _apart(view, cursor, here) <= RING:
        return "cursor", 0
    away = [(_apart(view, place, here), i) for i, place in enumerate(marks.dropped)]
    distance, number = min(away, default=(np.inf, 0))
    if distance <= REACH:
        return "dropped", number
    flag = marks.bookmarks.flag_at(view, at.x(), at.y()) if marks.bookmarks else -1
    return ("bookmark", flag) if flag >= 0 else None


def point_at_flag(marks: Marks, number: int) -> bool:
    """Let a flag show its name, -1 for none; whether that changes anything."""
    flags = marks.bookmarks
    if flags is None or flags.hovered == number:
        return False
    flags.hovered = number
    return True


def _apart(view: View, place: Sequence[float] | NDArray[np.floating], here: NDArray[np.float64]) -> float:
    """How far a place on the map is from one in the window, in window units."""
    return float(np.hypot(*(view.to_screen(np.asarray(place, np.float64)[None])[0] - here)))
