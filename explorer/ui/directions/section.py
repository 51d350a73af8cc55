"""The directions in the right panel: each with a slider, and where new ones are made."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from explorer.core.latent_ops.directions import Direction
from explorer.core.latent_ops.steering import Steered
from explorer.ui.directions.maker import AnalogyMaker, DirectionMaker, Fill
from explorer.ui.directions.row import DirectionRow
from explorer.ui.parts.furniture import quiet, section_title, small_button

_EMPTY = "A direction leads from some pictures to others. Choose its two ends; then add it to any picture."


class DirectionSection(QWidget):
    """A section of the right panel.

    Attributes:
        maker, analogy: where new directions and analogies are made.
        rows: one for each direction.

    Signals:
        taken: a slider is taken into the hand: what follows is one step of undo.
        moved: ``(name, strength)`` in standard deviations.
        unfolded: steps along a direction are to be shown, or no longer.
        renamed: ``(old, new)``.
        removed: a name.
        menu_asked: a name, and where a menu about it opens.
        closed: the section is no longer wanted.
    """

    taken = Signal()
    moved = Signal(str, float)
    unfolded = Signal()
    renamed = Signal(str, str)
    removed = Signal(str)
    menu_asked = Signal(str, QPoint)
    closed = Signal()

    def __init__(self, fill: Fill, fill_pictures: Fill) -> None:
        super().__init__()
        self.maker, self.analogy = DirectionMaker(fill), AnalogyMaker(fill_pictures)
        self.rows: list[DirectionRow] = []
        self._new = small_button("+", "New direction", toggles=True)
        self._compare = small_button("a − b + c", "Analogy of three pictures", toggles=True)
        close = small_button("×", "Close the directions; they stay as they are")
        close.clicked.connect(self.closed)
        self._empty = quiet(_EMPTY)
        self._empty.setWordWrap(True)
        self._list = QVBoxLayout()
        self._list.setSpacing(2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 4)
        layout.setSpacing(6)
        layout.addLayout(section_title("Directions", self._compare, self._new, close))
        layout.addWidget(self._empty)
        layout.addWidget(self.maker)
        layout.addWidget(self.analogy)
        layout.addLayout(self._list)
        self._new.toggled.connect(self.maker.setVisible)
        self._compare.toggled.connect(self.analogy.setVisible)
        self.maker.hide()
        self.analogy.hide()

    def open_maker(self) -> None:
        """Show where a direction is made."""
        self._new.setChecked(True)

    def open_analogy(self) -> None:
        """Show where an analogy is made."""
        self._compare.setChecked(True)

    def set_directions(self, directions: tuple[Direction, ...]) -> None:
        """Show these, each in its row; rows keep what is unfolded in them."""
        while len(self.rows) > len(directions):
            stays = [any(row.direction is one for one in directions) for row in self.rows]
            gone = stays.index(False) if False in stays else len(stays) - 1
            row = self.rows.pop(gone)
            row.hide()
            row.deleteLater()
        while len(self.rows) < len(directions):
            self._add_row()
        for row, direction in zip(self.rows, directions, strict=True):
            row.set_direction(direction)
        self._empty.setVisible(not directions)

    def set_steered(self, steered: Steered | None) -> None:
        """Show how much of each is in the picture."""
        for row in self.rows:
            if row.direction is not None:
                row.set_amount(steered.amounts.get(row.direction.name, 0.0) if steered else 0.0)

    def row_of(self, name: str) -> DirectionRow | None:
        """The row of a direction."""
        return next((row for row in self.rows if row.direction and row.direction.name == name), None)

    def focused(self) -> str:
        """The name of the direction whose row has the focus, else of the last one; empty for none."""
        focus = self.window().focusWidget()
        inside = [row for row in self.rows if focus is not None and row.isAncestorOf(focus)]
        return next((_name(row) for row in (*inside, *self.rows[-1:])), "")

    def _add_row(self) -> None:
        row = DirectionRow()
        row.taken.connect(self.taken)
        row.moved.connect(lambda strength: self.moved.emit(_name(row), strength))
        row.unfolded.connect(lambda _: self.unfolded.emit())
        row.renamed.connect(lambda new: self.renamed.emit(_name(row), new))
        row.removed.connect(lambda: self.removed.emit(_name(row)))
        row.menu_asked.connect(lambda at: self.menu_asked.emit(_name(row), at))
        self.rows.append(row)
        self._list.addWidget(row)


def _name(row: DirectionRow) -> str:
    return row.direction.name if row.direction is not None else ""
