"""The strip's page for a path: how it is joined and timed, its film, and playing it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from explorer.core.latent_ops.paths import KINDS
from explorer.core.path_plan import LONGEST, SHORTEST, PathPlan
from explorer.core.path_route import Route
from explorer.ui.parts.check import Check
from explorer.ui.parts.furniture import Choice, ElidedLabel
from explorer.ui.path.film import PathFilm

INVITATION = (
    "Click on the map to set stations: a point is taken exactly, anything else as the map decodes it. "
    "Drag a station to move it, Delete takes it away; pictures can be dropped on the map."
)
_SECONDS_WIDTH, _FORGET_FROM = 74, 470
_ENDINGS = {
    "back": ("There and back", "From the last station back the way it came"),
    "loop": ("Loop", "From the last station on to the first"),
    "once": ("Once", "Stop at the last station"),
}


class PathPage(QWidget):
    """What is shown and asked of one path. Setters in, signals out.

    Attributes:
        film: the path in time.
        controls: what stands in the strip's header.

    Signals:
        play_asked: to play, or to stop.
        clear_asked: to forget all stations.
        kind_chosen, ending_chosen: a key; even_chosen: whether; seconds_chosen: how long.
    """

    play_asked = Signal()
    clear_asked = Signal()
    kind_chosen = Signal(str)
    ending_chosen = Signal(str)
    even_chosen = Signal(bool)
    seconds_chosen = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self.film = PathFilm()
        self.play = _PlayButton()
        self.play.clicked.connect(self.play_asked)
        self.kind = _choice("How stations are joined", KINDS)
        self.kind.activated.connect(lambda at: self.kind_chosen.emit(self.kind.itemData(at)))
        self.ending = _choice("What follows the last station", _ENDINGS)
        self.ending.activated.connect(lambda at: self.ending_chosen.emit(self.ending.itemData(at)))
        self.even = Check("Equal visible steps")
        self.even.setToolTip("Time the path so that its pictures change equally fast, not its latents")
        self.even.clicked.connect(self.even_chosen)
        self.seconds = QDoubleSpinBox()
        self.seconds.setRange(SHORTEST, LONGEST)
        self.seconds.setDecimals(1)
        self.seconds.setSingleStep(0.5)
        self.seconds.setSuffix(" s")
        self.seconds.setKeyboardTracking(False)
        self.seconds.setFixedWidth(_SECONDS_WIDTH)
        self.seconds.setAccessibleName("Seconds from the first station to the last")
        self.seconds.setToolTip("How long it plays from the first station to the last")
        self.seconds.valueChanged.connect(self.seconds_chosen)
        self.clear = QPushButton("Forget")
        self.clear.setStyleSheet("padding: 3px 10px;")
        self.clear.setToolTip("Take the path off the map")
        self.clear.clicked.connect(self.clear_asked)
        self.note = ElidedLabel("quiet")
        self.note.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.controls = QWidget()
        _row(self.controls, self.play, self.kind, self.note)
        below = QWidget()
        _row(below, self.even, self.seconds, self.ending, None, self.clear)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 6, 0)
        layout.setSpacing(4)
        layout.addWidget(self.film, 1)
        layout.addWidget(below)

    def set_plan(self, plan: PathPlan) -> None:
        """Show what is asked of the path, without telling anybody."""
        self.kind.setCurrentIndex(self.kind.findData(plan.kind))
        self.ending.setCurrentIndex(self.ending.findData(plan.ending))
        self.even.setChecked(plan.even)
        self.seconds.blockSignals(True)
        self.seconds.setValue(plan.seconds)
        self.seconds.blockSignals(False)
        self.clear.setEnabled(bool(plan.stations))

    def set_route(self, route: Route | None, text: str = INVITATION) -> None:
        """Show where the path goes; where there is none, ``text`` says why."""
        self.film.set_route(route, text)
        self.play.setEnabled(route is not None)

    def set_note(self, parts: Sequence[str]) -> None:
        """Say something of the path beside its name; the last of the parts where there is no room for all."""
        text = " · ".join(parts)
        fits = self.note.fontMetrics().horizontalAdvance(text) <= self.note.width()
        self.note.setText(text if fits or not parts else parts[-1])

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.clear.setVisible(event.size().width() >= _FORGET_FROM)

    def set_playing(self, playing: bool) -> None:
        """Whether the button plays or stops."""
        self.play.set_playing(playing)


class _PlayButton(QPushButton):
    """A triangle, or two bars while something plays."""

    def __init__(self) -> None:
        super().__init__()
        self._plays = False
        self.setObjectName("play")
        self.set_playing(False)

    def set_playing(self, playing: bool) -> None:
        self._plays = playing
        name = "Pause the path" if playing else "Play the path"
        self.setAccessibleName(name)
        self.setToolTip(f"{name} (P)")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(40, 28)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        palette = self.palette()
        painter.setBrush(palette.text() if self.isEnabled() else palette.placeholderText())
        middle = self.rect().center()
        x, y = middle.x() + 0.5, middle.y() + 0.5
        if self._plays:
            painter.drawRoundedRect(int(x) - 5, int(y) - 6, 4, 12, 1, 1)
            painter.drawRoundedRect(int(x) + 2, int(y) - 6, 4, 12, 1, 1)
        else:
            painter.drawPolygon(
                QPolygonF([QPointF(x - 4, y - 6), QPointF(x - 4, y + 6), QPointF(x + 6.5, y)])
            )


def _choice(name: str, entries: Mapping[Any, tuple[str, str]]) -> Choice:
    choice = Choice()
    choice.setAccessibleName(name)
    for key, (text, tip) in entries.items():
        choice.addItem(text, key)
        choice.setItemData(choice.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
    choice.setToolTip(name)
    return choice


def _row(parent: QWidget, *widgets: QWidget | None) -> None:
    """Widgets in a line; room for None."""
    row = QHBoxLayout(parent)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(8)
    for widget in widgets:
        if widget is None:
            row.addStretch(1)
        else:
            row.addWidget(widget, 1 if isinstance(widget, ElidedLabel) else 0)
