"""What probes tell of the picture at the cursor: quiet lines in the right panel."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from explorer.core.latent_ops.told import Probe
from explorer.ui.parts.furniture import ElidedLabel, quiet, section_title, small_button

_NAME_WIDTH = 88


class ProbeRow(QWidget):
    """One probe: its column, what it tells here and of a dropped picture, and how good it is.

    Signals:
        menu_asked: where a menu about it opens.
        removed: it is no longer wanted.
    """

    menu_asked = Signal(QPoint)
    removed = Signal()

    def __init__(self, probe: Probe) -> None:
        super().__init__()
        self.probe = probe
        name = probe.column.replace("_", " ")
        self._name, self.told, self.dropped = ElidedLabel("quiet"), ElidedLabel(), ElidedLabel("quiet")
        self._name.setText(name)
        score = ElidedLabel("quiet")
        score.setText(probe.score_words())
        self._more = small_button("⋯", f"More about the probe of {name}")
        self._more.setToolTip("Colour the map by it, fit it anew, delete it")
        self._more.clicked.connect(
            lambda: self.menu_asked.emit(self._more.mapToGlobal(QPoint(0, self._more.height())))
        )
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 4)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(1)
        grid.addWidget(self._name, 0, 0)
        self.told.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.dropped.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        grid.addWidget(self.told, 0, 1)
        grid.addWidget(self._more, 0, 2)
        grid.addWidget(self.dropped, 1, 0, 1, 2)
        grid.addWidget(score, 2, 0, 1, 3)
        width = self._name.fontMetrics().horizontalAdvance(name) + 2
        self._name.setFixedWidth(min(width, _NAME_WIDTH))
        grid.setColumnStretch(1, 1)
        self.setToolTip(probe.tip())
        self.dropped.hide()

    def set_told(self, here: str, dropped: str) -> None:
        """Show what it tells of the picture at the cursor, and of a dropped one if that is another."""
        self.told.setText(here)
        self.setAccessibleName(f"{self._name.text()}: {here}")
        self.dropped.setText(f"dropped image: {dropped}")
        self.dropped.setVisible(bool(dropped))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete:
            self.removed.emit()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_asked.emit(event.globalPos())


class ProbeSection(QWidget):
    """A section of the right panel.

    Attributes:
        rows: one for each probe.

    Signals:
        add_asked: where a menu of columns opens.
        menu_asked: a probe, and where a menu about it opens.
        removed: a probe.
        closed: the section is no longer wanted.
    """

    add_asked = Signal(QPoint)
    menu_asked = Signal(object, QPoint)
    removed = Signal(object)
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[ProbeRow] = []
        self._add = small_button("+", "Fit another probe")
        self._add.clicked.connect(lambda: self.add_asked.emit(self.menu_place()))
        close = small_button("×", "Close the probes; they stay as they are")
        close.clicked.connect(self.closed)
        self._empty = quiet("A probe tells a column of the data from the latent. Choose one with +.")
        self._empty.setWordWrap(True)
        self._list = QVBoxLayout()
        self._list.setSpacing(2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 4)
        layout.setSpacing(4)
        layout.addLayout(section_title("Probes", self._add, close))
        layout.addWidget(self._empty)
        layout.addLayout(self._list)

    def menu_place(self) -> QPoint:
        """Where a menu of what can be added opens, on the screen."""
        return self._add.mapToGlobal(QPoint(0, self._add.height()))

    def set_probes(self, probes: tuple[Probe, ...]) -> None:
        """Show these in their order."""
        known = {row.probe: row for row in self.rows}
        for row in self.rows:
            self._list.removeWidget(row)
            if not any(row.probe is one for one in probes):
                row.hide()
                row.deleteLater()
        self.rows = [known.get(one) or self._made(one) for one in probes]
        for row in self.rows:
            self._list.addWidget(row)
        self._empty.setVisible(not probes)

    def _made(self, probe: Probe) -> ProbeRow:
        row = ProbeRow(probe)
        row.menu_asked.connect(lambda at: self.menu_asked.emit(probe, at))
        row.removed.connect(lambda: self.removed.emit(probe))
        return row
