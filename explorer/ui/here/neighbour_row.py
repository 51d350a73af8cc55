"""The real images nearest to what is decoded, and what is known of the one that is pointed at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QAccessible, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from explorer.ui.parts.furniture import ElidedLabel, heading, quiet, set_heading
from explorer.ui.parts.pictures import PictureView

NEIGHBOURS = 5


@dataclass(frozen=True, eq=False)
class Neighbour:
    """One real image: its row, its picture ``uint8 (H, W, C)`` if it is at hand, and what is said of it.

    ``short`` stands below the pictures, ``whole`` is the tooltip.
    """

    row: int
    picture: npt.NDArray[np.uint8] | None
    short: str
    whole: str


class NeighbourRow(QWidget):
    """Five pictures with a line below; a click or Return goes to one.

    Signals:
        chosen: a row of the map.
    """

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._heading, self._how = heading(), quiet()
        self._views = [PressedPicture() for _ in range(NEIGHBOURS)]
        self._line = ElidedLabel("quiet")
        self._shown: list[Neighbour] = []
        self._pointed_at = 0
        title, row = QHBoxLayout(), QHBoxLayout()
        title.addWidget(self._heading)
        title.addStretch(1)
        title.addWidget(self._how)
        row.setSpacing(6)
        for i, view in enumerate(self._views):
            view.activated.connect(lambda i=i: self._choose(i))
            view.pointed_at.connect(lambda here, i=i: self._point_at(i if here else 0))
            row.addWidget(view)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(title)
        layout.addLayout(row)
        layout.addWidget(self._line)

    def set_title(self, text: str) -> None:
        """Say what the pictures are."""
        set_heading(self._heading, text)

    def set_neighbours(self, neighbours: list[Neighbour], how: str = "") -> None:
        """Show up to five, the nearest first; ``how`` says by what measure."""
        self._shown = neighbours
        self._how.setText(how)
        for i, view in enumerate(self._views):
            one = neighbours[i] if i < len(neighbours) else None
            view.set_picture(one.picture if one else None)
            view.setToolTip(one.whole if one else "")
            view.setAccessibleName(one.whole.replace("\n", ", ") if one else "No image")
            view.setEnabled(one is not None)
        self._say()

    def _point_at(self, i: int) -> None:
        self._pointed_at = i
        self._say()

    def _say(self) -> None:
        known = self._pointed_at < len(self._shown)
        self._line.setText(self._shown[self._pointed_at].short if known else "")

    def _choose(self, i: int) -> None:
        if i < len(self._shown):
            self.chosen.emit(self._shown[i].row)


class PressedPicture(PictureView):
    """A picture that can be pressed."""

    accessible_role = QAccessible.Role.Button

    def __init__(self) -> None:
        super().__init__(square=True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.activated.emit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: object) -> None:
        self.pointed_at.emit(True)
        self.update()

    def focusOutEvent(self, event: object) -> None:
        self.pointed_at.emit(False)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hasFocus() or self.underMouse():
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(self.palette().highlight().color(), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)

    def enterEvent(self, event: object) -> None:
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: object) -> None:
        super().leaveEvent(event)
        self.update()
