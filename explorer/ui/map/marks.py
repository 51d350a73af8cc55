"""What lies over the points of the map, and where: cursor, trail, dropped pictures, lasso, card, read-out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF
from PySide6.QtGui import QFont, QPainter

from explorer.core.view import View
from explorer.ui.map import overlay
from explorer.ui.parts.theme import Theme

if TYPE_CHECKING:
    from explorer.ui.path.marks import PathMarks
    from explorer.ui.session.bookmark_marks import BookmarkMarks

_MARK = 16


class Marks:
    """The state of all marks, and their painting over whatever draws the points.

    Attributes:
        cursor: where the decoded picture lies, in map units; ``cursor_is_own`` marks it as one to be carried.
        trail, dropped: the way of the present drag and where dropped pictures fell, ``(n, 2)`` map units;
            ``dropped_far`` says of each whether it lies far from all data.
        lasso: the polygon being drawn, in window units; ``pointer``: where the pointer is.
        hovered: the place of the hovered point, in map units, and what is said of it in ``card``;
            ``hovered_picture`` is where in the window its picture lies, if it lies on the map.
        path: a path that is laid over the map.
        bookmarks: flags.
        status, message, note: the read-out, what to do while there is no map, what is wrong with this one.
        has_keys: whether the focus came here by a key, which is then shown.
        drop_is_over: whether something is being dragged over the map that may be let go.
    """

    def __init__(self) -> None:
        self.cursor: tuple[float, float] | None = None
        self.cursor_is_own = False
        self.trail: NDArray[np.float64] = np.empty((0, 2))
        self.dropped: NDArray[np.float64] = np.empty((0, 2))
        self.dropped_far: NDArray[np.bool_] = np.empty(0, np.bool_)
        self.lasso: list[QPointF] = []
        self.pointer: QPointF | None = None
        self.hovered: tuple[float, float] | None = None
        self.hovered_picture: QRectF | None = None
        self.card: overlay.HoverCard | None = None
        self.path: PathMarks | None = None
        self.bookmarks: BookmarkMarks | None = None
        self.has_keys = self.drop_is_over = False
        self.status = ""
        self.message = ""
        self.note = ""

    def moving_area(self, view: View) -> QRect:
        """What cursor and trail cover of the window."""
        places = self.trail if self.cursor is None else np.vstack([self.trail, self.cursor])
        if not len(places):
            return QRect()
        (left, top), (right, bottom) = (f(view.to_screen(places), axis=0) for f in (np.min, np.max))
        area = QRectF(left, top, right - left, bottom - top)
        return area.adjusted(-_MARK, -_MARK, _MARK, _MARK).toAlignedRect()

    def paint(
        self, painter: QPainter, view: View, rate: Callable[[], float], font: QFont, theme: Theme
    ) -> None:
        """Paint all marks; ``rate`` gives the pictures a second for the read-out, 0 for none."""
        area = QRectF(0.0, 0.0, view.width, view.height)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.path is not None:
            self.path.paint_line(painter, view, theme)
        if len(self.trail) > 1:
            overlay.paint_trail(painter, view.to_screen(self.trail), theme)
        if len(self.dropped):
            overlay.paint_dropped(painter, view.to_screen(self.dropped), self.dropped_far, theme)
        if self.lasso:
            overlay.paint_lasso(painter, self.lasso, theme)
        self._paint_cursor(painter, view, font, theme)
        if self.message:
            overlay.paint_message(painter, area, self.message, font, theme)
        if self.note or self.status:
            pictures = rate() if self.status else 0.0
            parts = [self.note, self.status, f"{pictures:.0f} fps" if pictures else ""]
            overlay.paint_status(painter, area, "     ".join(filter(None, parts)), font, theme)
        if self.hovered is not None:
            point = on_screen(view, self.hovered)
            overlay.paint_hovered(painter, point, self.hovered_picture, theme)
            if self.card is not None:
                box = overlay.card_rect(self.card, point, self.pointer or point, area, font)
                overlay.paint_card(painter, self.card, box, font, theme)
        if self.has_keys:
            overlay.paint_focus_frame(painter, area, theme)
        if self.drop_is_over:
            overlay.paint_drop_frame(painter, area, theme)

    def _paint_cursor(self, painter: QPainter, view: View, font: QFont, theme: Theme) -> None:
        """Flags, the cursor, and above it the path's stations: the one it is at shows that of itself."""
        if self.bookmarks is not None:
            self.bookmarks.paint(painter, view, theme)
        if self.cursor is not None:
            overlay.paint_cursor(painter, on_screen(view, self.cursor), theme, own=self.cursor_is_own)
        if self.path is not None:
            self.path.paint_stations(painter, view, font, theme)
        if self.bookmarks is not None:
            self.bookmarks.paint_name(painter, view, font, theme)


def on_screen(view: View, place: Sequence[float] | NDArray[np.floating]) -> QPointF:
    """A place in map units as a point of the window."""
    x, y = view.to_screen(np.asarray(place, np.float64)[None])[0].tolist()
    return QPointF(x, y)
