"""The window: where everything stands. No logic."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMainWindow, QMenuBar, QSplitter, QVBoxLayout, QWidget

from explorer.ui.here.panel import HerePanel
from explorer.ui.map.view import MapView
from explorer.ui.model.loaded_panel import LoadedPanel
from explorer.ui.parts.furniture import chip, chip_button
from explorer.ui.parts.message_bar import MessageBar
from explorer.ui.parts.status_line import StatusLine
from explorer.ui.tool_strip import ToolStrip
from explorer.ui.tray.tray import Tray

_LEFT, _RIGHT = 248, 330
_LEAST_LEFT, _LEAST_RIGHT = 236, 268
_LEAST = 200, 150
# Below so many units of width or height a part makes room for the map.
_LOADED_FROM, _HERE_FROM, _ENDS_FROM = 800, 560, 620
_STRIP_FROM, _TRAY_FROM, _HERE_HIGH_FROM, _STATUS_FROM = 520, 440, 330, 240


class MainWindow(QMainWindow):
    """The map in the middle, furniture around it.

    Signals:
        closing: the user closes the window.
        dropped: the ``QMimeData`` of what was let go over the furniture; to be read at once.
        files_near: files are being dragged over the window.
    """

    closing = Signal()
    dropped = Signal(QMimeData)
    files_near = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("Latent Explorer")
        self.setAcceptDrops(True)
        self._shown = False
        self.map = MapView()
        self.loaded, self.here = LoadedPanel(), HerePanel()
        self.tray, self.status, self.message = Tray(), StatusLine(), MessageBar()
        self.title = QLabel("Latent Explorer")
        self.title.setObjectName("apptitle")
        self.menus = QMenuBar()
        self.device_chip, self.points_chip = chip_button(), chip()
        self.map.files_near.connect(self.files_near)
        self.device_chip.hide()
        self.points_chip.hide()

        centre = QWidget()
        middle = QVBoxLayout(centre)
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(0)
        middle.addWidget(self.message)
        room = QSplitter(Qt.Orientation.Vertical)
        room.setHandleWidth(1)
        room.setChildrenCollapsible(False)
        room.addWidget(self.map)
        middle.addWidget(room, 1)
        self.tool_strip = ToolStrip(room, self.map)
        columns = QSplitter(Qt.Orientation.Horizontal)
        columns.setHandleWidth(1)
        columns.setChildrenCollapsible(False)
        for widget, stretch in ((self.loaded, 0), (centre, 1), (self.here, 0)):
            columns.addWidget(widget)
            columns.setStretchFactor(columns.indexOf(widget), stretch)
        self._columns, self._centre = columns, centre
        self.loaded.setMinimumWidth(_LEAST_LEFT)
        self.here.setMinimumWidth(_LEAST_RIGHT)
        whole = QWidget()
        rows = QVBoxLayout(whole)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(columns, 1)
        rows.addWidget(self.tray)
        rows.addWidget(self.status)
        self.setCentralWidget(whole)
        self._above = self._top()
        self.setMenuWidget(self._above)
        self.setMinimumSize(*_LEAST)
        self.resize(1440, 900)

    def _top(self) -> QWidget:
        """The line with the model's name, the menus and the chips."""
        top = QWidget()
        top.setObjectName("top")
        row = QHBoxLayout(top)
        row.setContentsMargins(14, 5, 14, 5)
        row.setSpacing(10)
        self.menus.setNativeMenuBar(False)
        self._chips = QWidget()
        chips = QHBoxLayout(self._chips)
        chips.setContentsMargins(0, 0, 0, 0)
        chips.addWidget(self.device_chip)
        chips.addWidget(self.points_chip)
        row.addWidget(self.title, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.menus, 1, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._chips, 0, Qt.AlignmentFlag.AlignVCenter)
        return top

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._shown:
            self._shown = True
            right = min(_RIGHT, 3 * self.width() // 10)
            self._columns.setSizes([_LEFT, self.width() - _LEFT - right, right])

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a small window the map comes first, and what has no room beside it is folded away."""
        super().resizeEvent(event)
        wide, high = self.width(), self.height()
        for part, has_room in (
            (self.loaded, wide >= _LOADED_FROM),
            (self.here, wide >= _HERE_FROM and high >= _HERE_HIGH_FROM),
            (self.title, wide >= _ENDS_FROM),
            (self._chips, wide >= _ENDS_FROM),
            (self.tray, high >= _TRAY_FROM),
            (self.status, high >= _STATUS_FROM),
        ):
            if part.isHidden() == has_room:
                part.setVisible(has_room)
        self.tool_strip.set_room(high >= _STRIP_FROM)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab: to the next control as one reads, for many are made later than those that follow them."""
        from explorer.ui.parts.tab_order import step_focus

        regions = (self._above, self.loaded, self._centre, self.here, self.tray, self.status)
        return step_focus(regions, self.focusWidget(), forward=forward)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls() or event.mimeData().hasImage():
            event.acceptProposedAction()
        if event.mimeData().hasUrls():
            self.files_near.emit()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.dropped.emit(event.mimeData())

    def closeEvent(self, event: QCloseEvent) -> None:
        self.closing.emit()
        event.accept()
