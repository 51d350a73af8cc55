"""Rows of pictures along axes, the place of the present latent marked under each."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen

from explorer.core.latent_ops.axes import STEPS, Axis
from explorer.ui.parts.cells import GAP, CellField

_LABEL, _BELOW = 78, 11
_LEAST, _LARGEST, _LINES = 22, 128, 3
_FADED = 0.35

_SHORT = {"variance": "var.", "% of variance": "%", "levels per σ": "levels"}
_TIP = "Click: look at this picture. Right click: keep it"

Cell = tuple[int, int]
"""Row and column."""


class TraversalGrid(CellField):
    """A row for each axis, nine pictures from its low to its high; two blocks side by side where they fit.

    Signals:
        chosen: row and column, by a click, Return or Space.
        kept: row and column, by the right button or K.
    """

    chosen = Signal(int, int)
    kept = Signal(int, int)

    def __init__(self) -> None:
        super().__init__()
        self._axes: tuple[Axis, ...] = ()
        self._here: tuple[float, ...] = ()
        self._images: dict[Cell, QImage] = {}
        self._at: Cell = (0, STEPS // 2)
        self._hovered: Cell | None = None
        self._is_stale = False
        self.setMinimumHeight(60)
        self.viewport().setAutoFillBackground(False)
        self._tell()

    def set_axes(self, axes: tuple[Axis, ...]) -> None:
        """Make empty rows for these."""
        self._axes, self._images, self._here, self._hovered = axes, {}, (), None
        self._at = (min(self._at[0], max(len(axes) - 1, 0)), self._at[1])
        self.verticalScrollBar().setValue(0)
        self._measure()
        self._tell()
        self.viewport().update()

    def set_here(self, coordinates: tuple[float, ...]) -> None:
        """Mark where the present latent lies on each axis."""
        self._here = coordinates
        self.viewport().update()

    def set_images(self, row: int, column: int, images: list[QImage]) -> None:
        """Show these from a column of a row on."""
        self._images |= {(row, column + i): image for i, image in enumerate(images)}
        self.viewport().update()

    def set_stale(self, stale: bool) -> None:
        """Whether the pictures are those around another latent; they are pale then."""
        if stale != self._is_stale:
            self._is_stale = stale
            self.viewport().update()

    def in_sight(self) -> tuple[int, ...]:
        """The rows that are to be seen, from the top."""
        top, pitch = self.verticalScrollBar().value(), self._pitch
        first, last = int(top / pitch), int((top + self.viewport().height() - 1) / pitch)
        blocks = self._blocks
        return tuple(range(first * blocks, min((last + 1) * blocks, len(self._axes))))

    # Where the cells are

    @property
    def _blocks(self) -> int:
        """How many rows stand side by side."""
        wide = self.viewport().width()
        return 2 if wide >= 2 * (_LABEL + STEPS * (56 + GAP)) and len(self._axes) > _LINES else 1

    @property
    def _side(self) -> float:
        """Of a cell: three rows fill the height, nine cells at most the width."""
        across = (self.viewport().width() / self._blocks - _LABEL) / STEPS - GAP
        down = self.viewport().height() / _LINES - _BELOW
        return max(float(_LEAST), min(across, max(down, 46.0), float(_LARGEST)))

    @property
    def _pitch(self) -> float:
        return self._side + _BELOW

    def _cell(self, cell: Cell) -> QRectF:
        line, block = divmod(cell[0], self._blocks)
        left = block * self.viewport().width() / self._blocks + _LABEL
        top = line * self._pitch - self.verticalScrollBar().value()
        return QRectF(left + cell[1] * (self._side + GAP), top, self._side, self._side)

    def cell_at(self, at: QPoint) -> Cell | None:
        """Row and column of the picture under a point of the viewport."""
        for row in self.in_sight():
            for column in range(STEPS):
                if self._cell((row, column)).contains(at):
                    return row, column
        return None

    def rect_of(self, row: int, column: int) -> QRect:
        """Where a picture lies in the viewport."""
        return self._cell((row, column)).toRect()

    def _measure(self) -> None:
        self._fit_bar(-(-len(self._axes) // self._blocks))

    def _is_empty(self) -> bool:
        return not self._axes

    def _step(self, across: int, down: int) -> None:
        self._move_to((self._at[0] + down * self._blocks, self._at[1] + across))

    def _take(self) -> None:
        self.chosen.emit(*self._at)

    def _move_to(self, cell: Cell) -> None:
        self._at = (max(0, min(cell[0], len(self._axes) - 1)), max(0, min(cell[1], STEPS - 1)))
        self._bring_into_sight(self._cell(self._at).adjusted(0, 0, 0, GAP))
        self._tell()
        self.viewport().update()

    def _value(self, cell: Cell) -> str:
        axis = self._axes[cell[0]]
        return axis.words(float(axis.places()[cell[1]]))

    def _tell(self) -> None:
        """Say where the mark is to who cannot see it."""
        self.setAccessibleName(f"Pictures along {len(self._axes)} axes")
        self.setAccessibleDescription(
            f"{self._axes[self._at[0]].title} at {self._value(self._at)}. Return takes it, K keeps it"
            if self._axes
            else ""
        )

    # Events

    def sizeHint(self) -> QSize:
        return QSize(400, 190)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for row in self.in_sight():
            self._paint_label(painter, row)
            for column in range(STEPS):
                self._paint_cell(painter, (row, column))
            if row < len(self._here):
                self._paint_here(painter, row, self._here[row])

    def _paint_label(self, painter: QPainter, row: int) -> None:
        axis, palette, first = self._axes[row], self.palette(), self._cell((row, 0))
        line = painter.fontMetrics().height()
        box = QRectF(first.left() - _LABEL, first.center().y() - line, _LABEL - 8, line)
        painter.setPen(palette.text().color())
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, axis.name)
        shown = self._hovered or (self._at if self.hasFocus() else None)
        if shown is not None and shown[0] == row:
            below = self._value(shown)
        else:
            painter.setPen(palette.placeholderText().color())
            below = f"{axis.weight:.2g} {_SHORT.get(axis.unit, axis.unit)}" if axis.unit else ""
        painter.drawText(box.translated(0, line), Qt.AlignmentFlag.AlignVCenter, below)

    def _paint_cell(self, painter: QPainter, cell: Cell) -> None:
        box, palette = self._cell(cell), self.palette()
        painter.setOpacity(_FADED if self._is_stale and cell in self._images else 1.0)
        self._paint_picture(painter, box, self._images.get(cell))
        painter.setOpacity(1.0)
        is_current = cell == self._at and self.hasFocus()
        if is_current or cell == self._hovered:
            self._paint_ring(painter, box, (palette.highlight() if is_current else palette.text()).color())

    def _paint_here(self, painter: QPainter, row: int, coordinate: float) -> None:
        """A dot under the pictures between which the present latent lies; hollow where it lies beyond."""
        axis, left, right = (
            self._axes[row],
            self._cell((row, 0)).center(),
            self._cell((row, STEPS - 1)).center(),
        )
        share = (coordinate - axis.low) / (axis.high - axis.low)
        x = left.x() + float(np.clip(share, -0.06, 1.06)) * (right.x() - left.x())
        color = self.palette().text().color()
        painter.setPen(QPen(color, 1.2))
        painter.setBrush(color if 0.0 <= share <= 1.0 else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(QPointF(x, self._cell((row, 0)).bottom() + 4.5), 2.2, 2.2)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        self._hover(self.cell_at(at))
        self.viewport().setToolTip(self._tip_at(at))

    def _tip_at(self, at: QPoint) -> str:
        """What a click does, or beside the pictures what the axis is."""
        if self._hovered is not None:
            return _TIP
        for row in self.in_sight():
            first = self._cell((row, 0))
            if first.translated(-_LABEL, 0).united(first).contains(at):
                axis = self._axes[row]
                return f"{axis.title}: {axis.weight:.2f} {axis.unit}" if axis.unit else axis.title
        return ""

    def leaveEvent(self, event: Any) -> None:
        self._hover(None)

    def _hover(self, cell: Cell | None) -> None:
        if cell != self._hovered:
            self._hovered = cell
            self.viewport().setCursor(
                Qt.CursorShape.ArrowCursor if cell is None else Qt.CursorShape.PointingHandCursor
            )
            self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        cell = self.cell_at(event.position().toPoint())
        if cell is None:
            return
        self._move_to(cell)
        if event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(*cell)
        elif event.button() == Qt.MouseButton.RightButton:
            self.kept.emit(*cell)

    def event(self, event: QEvent) -> bool:
        """K is the strip's own while it has the focus: it keeps the picture under the mark."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
            if plain and event.key() == Qt.Key.Key_K and self._axes:
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_K and self._axes:
            self.kept.emit(*(self._hovered or self._at))
        else:
            super().keyPressEvent(event)
