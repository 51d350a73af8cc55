"""The window in which a model is trained: first asked for, then watched."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from explorer.ui.training.run import TrainingRun
from explorer.ui.training.setup import TrainingSetup
from explorer.ui.training.watch import TrainingWatch

_EVERY_MS = 400


class TrainingWindow(QWidget):
    """A window of its own, beside the main one. Closing it lets a training go on.

    Attributes:
        setup, watch: its two pages.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("New model from images")
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setup, self.watch = TrainingSetup(), TrainingWatch()
        self._pages = QStackedWidget()
        self._pages.addWidget(self.setup)
        self._pages.addWidget(self.watch)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._pages)
        self._run: TrainingRun | None = None
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_EVERY_MS)
        self._later.timeout.connect(self._draw)
        room = self.screen().availableSize()
        self.resize(min(1040, room.width() - 40), min(760, room.height() - 60))
        self.setMinimumSize(420, 360)

    @property
    def is_watching(self) -> bool:
        """Whether the second page is shown."""
        return self._pages.currentWidget() is self.watch

    def show_setup(self) -> None:
        """Ask for a training."""
        self._pages.setCurrentWidget(self.setup)

    def show_watch(self) -> None:
        """Watch one."""
        self._pages.setCurrentWidget(self.watch)

    def set_run(self, run: TrainingRun | None) -> None:
        """Which training is watched."""
        self._run = run

    def follow(self) -> None:
        """What is watched has changed: draw it a little later, and only where it is to be seen."""
        if self.isVisible() and not self._later.isActive():
            self._later.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._draw()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def _draw(self) -> None:
        run = self._run
        if run is None or not self.isVisible():
            return
        if run.is_over:
            self.watch.show_end(run)
        else:
            self.watch.show_run(run)
        self.watch.film.set_shown(run.record.shown)
