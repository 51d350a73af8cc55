"""The map with its marks, as a widget that follows its setters. Knows no pointer and no key.

Marks lie over all that is drawn, so that a drag of the probe draws no point anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect
from PySide6.QtGui import QAccessible, QImage, QPainter, QPixmap, QRegion, QResizeEvent

from explorer.core.raster import Raster
from explorer.ui.map import overlay
from explorer.ui.map.drawn import DrawnMap
from explorer.ui.map.marks import Marks, on_screen
from explorer.ui.parts.theme import Theme
from explorer.ui.tool_bar import ToolBar

if TYPE_CHECKING:
    from explorer.ui.path.marks import PathMarks
    from explorer.ui.session.bookmark_marks import BookmarkMarks

_CHIP = 60


class MapCanvas(DrawnMap):
    """A picture of the map that follows its setters; ``DrawnMap`` has those of points, layers and view."""

    accessible_role = QAccessible.Role.Canvas

    def __init__(self) -> None:
        super().__init__()
        self._marks = Marks()
        self._hovered = -1
        self._bar = ToolBar(self)

    def set_points(
        self,
        positions: NDArray[np.floating],
        codes: NDArray[np.int32] | None,
        palette: NDArray[np.uint8],
        shown: NDArray[np.bool_] | None,
        raster: Raster | None = None,
    ) -> None:
        """See ``DrawnMap``; the card goes, too."""
        self._hover(-1)
        super().set_points(positions, codes, palette, shown, raster)

    def set_shown(self, shown: NDArray[np.bool_] | None) -> None:
        """See ``DrawnMap``; the card goes, too."""
        super().set_shown(shown)
        self._hover(-1)

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours; those of the classes come with ``set_colors``."""
        self._bar.set_theme(theme)
        super().set_theme(theme)

    def set_cursor(self, place: tuple[float, float] | None, *, own: bool = False) -> None:
        """Where the decoded picture lies, in map units; ``own``: it can be carried, and is marked so."""
        if place != self._marks.cursor or own != self._marks.cursor_is_own:
            before = self._marks.moving_area(self.view())
            self._marks.cursor, self._marks.cursor_is_own = place, own
            self._repaint(before | self._marks.moving_area(self.view()))

    def set_trail(self, places: NDArray[np.floating]) -> None:
        """The way of the present drag ``(n, 2)`` in map units."""
        places = np.asarray(places, np.float64).reshape(-1, 2)
        if len(places) or len(self._marks.trail):
            before = self._marks.moving_area(self.view())
            self._marks.trail = places
            self._repaint(before | self._marks.moving_area(self.view()))

    def set_dropped(self, places: NDArray[np.floating], far: NDArray[np.bool_] | None = None) -> None:
        """Where dropped pictures fell ``(n, 2)`` in map units; rows that are not finite are not drawn.

        Those that are ``far`` ``(n,)`` from all data are drawn hollow.
        """
        places = np.asarray(places, np.float64).reshape(-1, 2)
        finite = np.isfinite(places).all(axis=1)
        if finite.any() or len(self._marks.dropped):
            self._marks.dropped = places[finite]
            self._marks.dropped_far = far[finite] if far is not None else np.zeros(int(finite.sum()), bool)
            self._refresh()

    def set_path(self, path: PathMarks | None) -> None:
        """A path over the points, or none."""
        if path is not None or self._marks.path is not None:
            self._marks.path = path
            self._refresh()

    @property
    def marks(self) -> Marks:
        """What is marked."""
        return self._marks

    @property
    def bookmarks(self) -> BookmarkMarks | None:
        """The flags that are shown."""
        return self._marks.bookmarks

    def set_bookmarks(self, bookmarks: BookmarkMarks | None) -> None:
        """Flags over the points, or none."""
        if bookmarks is not None or self._marks.bookmarks is not None:
            self._marks.bookmarks = bookmarks
            self._refresh()

    def set_hover_card(self, image: QImage | QPixmap | None, title: str, lines: Sequence[str]) -> None:
        """What to show beside the hovered point; all empty for no card."""
        if isinstance(image, QPixmap):
            image = image.toImage()
        wanted = bool(image or title or lines)
        self._marks.card = overlay.HoverCard(image, title, tuple(lines)) if wanted else None
        self._refresh()

    def set_status(self, text: str) -> None:
        """The read-out at the bottom left; the frame rate is added."""
        self._marks.status = text
        self._surface.update(0, self.height() - _CHIP, self.width(), _CHIP)

    def set_message(self, text: str) -> None:
        """What to say in the middle while there is no map."""
        if text != self._marks.message:
            self._marks.message = text
            self._refresh()

    def furniture(self) -> list[QRect]:
        """What covers the map: the tool bar, and the read-out."""
        read_out = self.fontMetrics().horizontalAdvance(self._marks.status) + _CHIP
        covered = [QRect(0, self.height() - _CHIP, read_out, _CHIP)] if self._marks.status else []
        return covered + [self._bar.geometry()] * self._bar.isVisible()

    def point_out(self, row: int) -> None:
        """Mark a point as a pointer over it would, -1 for none; nobody is told."""
        MapCanvas._hover(self, row)

    def _hover(self, row: int) -> None:
        """Mark a point as hovered; its card comes by ``set_hover_card``."""
        if row != self._hovered:
            self._hovered = row
            x, y = self._positions[row].tolist() if row >= 0 else (0.0, 0.0)
            self._marks.hovered = (x, y) if row >= 0 else None
            self._marks.card = None
            self._refresh()

    def _focus(self) -> QPointF:
        """The cursor, where it is to be seen."""
        if self._marks.cursor is not None:
            cursor = on_screen(self.view(), self._marks.cursor)
            if self.rect().contains(cursor.toPoint()):
                return cursor
        return super()._focus()

    def _take_positions(self, positions: NDArray[np.floating], raster: Raster | None) -> None:
        super()._take_positions(positions, raster)
        lost = self._scene.raster.left_out
        self._marks.note = f"{lost:,} point{'s' * (lost > 1)} without a place left out" if lost else ""

    def _refresh(self) -> None:
        """Repaint, but for the tool bar, which nothing here changes."""
        whole = QRegion(self.rect())
        self._surface.update(whole - QRegion(self._bar.geometry()) if self._bar.isVisible() else whole)

    def _paint_marks(self, painter: QPainter) -> None:
        self._marks.hovered_picture = self._above.area_of(self._hovered, self.view())
        self._marks.paint(painter, self.view(), self.frame_rate, self.font(), self._theme)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._bar.fit_into(self.width())
