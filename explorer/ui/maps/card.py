"""The card of the map: which one is shown, how far it may be believed, and the way to others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QAction, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QMenu

from explorer.core.map_settings import MapRecord
from explorer.core.work_maps import WorkMap
from explorer.ui.maps.quality_lines import quality_lines
from explorer.ui.parts.furniture import Card, quiet

if TYPE_CHECKING:
    from explorer.core.map_quality import MapQuality

_NAME = "Map: choose another, or make one"


class MapCard(Card):
    """Shows the present map; pressed, it unfolds the maps there are and what can be done.

    Signals:
        chosen: the ``MapRecord`` of a map that is to be shown.
        deleted: that of one that is to be deleted.
        unfolding: the menu is wanted; it shows what ``unfold`` is given.
    """

    chosen = Signal(object)
    deleted = Signal(object)
    unfolding = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.set_button(_NAME)
        self._details = quiet()
        self._details.setWordWrap(True)
        self._details.setToolTip("What is not as by default")
        self.body.insertWidget(1, self._details)
        self.pressed.connect(self.unfolding)
        self.show_map(None, None)

    def show_map(
        self,
        record: MapRecord | None,
        quality: MapQuality | None,
        *,
        forming: str = "",
        held: bool = False,
    ) -> None:
        """Show a map and its quality (None where that is not known).

        ``forming`` is what is made instead, ``held`` if that waits.
        """
        self._details.hide()
        self._details.setText("")
        if forming:
            self.show_lines(forming, [("Paused" if held else "Forming", "drag on it already", "")])
            return
        if record is None:
            self.show_lines("No map yet", [])
            return
        self.show_lines(record.title, quality_lines(quality))
        self._details.setText(record.details)
        self._details.setVisible(bool(record.details) and not self._is_folded)
        self.setToolTip("Click for other maps of these data, and to make one")
        self.setAccessibleDescription(" ".join([record.title, record.details]))

    def fold(self, folded: bool) -> None:
        """See ``Card``."""
        super().fold(folded)
        self._details.setVisible(bool(self._details.text()) and not folded)

    def unfold(self, maps: Sequence[WorkMap], present: MapRecord | None, actions: Sequence[QAction]) -> None:
        """Show the menu: all maps, then ``actions``."""
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for one in maps:
            action = menu.addAction(name_of(one.record))
            action.setCheckable(True)
            action.setChecked(one.record == present)
            action.triggered.connect(lambda _=False, record=one.record: self.chosen.emit(record))
        if maps:
            menu.addSeparator()
        menu.addActions(actions)
        others = [one for one in maps if one.folder is not None and one.record != present]
        if others:
            menu.addSeparator()
            delete = menu.addMenu("Delete")
            for one in others:
                action = delete.addAction(name_of(one.record))
                action.triggered.connect(lambda _=False, record=one.record: self.deleted.emit(record))
        menu.popup(self.mapToGlobal(QPoint(0, self.height() + 2)))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.palette().placeholderText().color(), 1.5))
        x, y = self.width() - 15.0, self.body.contentsMargins().top() + 8.0
        painter.drawPolyline([QPointF(x - 4, y - 2), QPointF(x, y + 2), QPointF(x + 4, y - 2)])


def name_of(record: MapRecord) -> str:
    """A map's title and what else tells it from others."""
    return f"{record.title} · {record.details}" if record.details else record.title
