"""The status line: what is going on, with progress and a way to cancel, else a hint."""

from __future__ import annotations

import time

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget

from explorer.ui.parts.accessible import announce
from explorer.ui.parts.furniture import ElidedLabel, quiet
from explorer.ui.parts.jobs import Jobs

HINT = "Drag on the map to decode · drop an image to place it · K keeps the picture · hold Space to pan"
_QUIET_FOR = 0.2


class StatusLine(QWidget):
    """One line at the bottom of the window.

    Signals:
        cancel_asked: the user wants the running work to stop.
    """

    cancel_asked = Signal()

    def __init__(self, hint: str = HINT) -> None:
        super().__init__()
        self.setObjectName("statusline")
        self.setFixedHeight(30)
        self._hint, self._said = hint, ""
        self._state = QLabel("Ready")
        self._text = ElidedLabel("quiet")
        self._text.setText(hint)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(160)
        self._cancel = QPushButton("Cancel")
        self._cancel.setStyleSheet("padding: 1px 10px;")
        self._cancel.setToolTip("Stop what is going on (Esc)")
        self._cancel.clicked.connect(self.cancel_asked)
        self._right = quiet()
        self._after = QTimer(self)
        self._after.setSingleShot(True)
        self._after.timeout.connect(lambda: self._text.setText(hint))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 0, 14, 0)
        layout.setSpacing(12)
        layout.addWidget(self._state)
        layout.addWidget(self._text, 1)
        layout.addWidget(self._bar)
        layout.addWidget(self._cancel)
        layout.addWidget(self._right)
        self._bar.hide()
        self._cancel.hide()

    def add_control(self, button: QPushButton) -> None:
        """Put a button beside the progress, before Cancel."""
        button.setStyleSheet(self._cancel.styleSheet())
        row = self.layout()
        assert isinstance(row, QHBoxLayout)
        row.insertWidget(row.indexOf(self._cancel), button)

    def show_jobs(self, jobs: Jobs) -> None:
        """Show the newest running job: text, rate, time left; nothing for one that ends at once."""
        told = [job for job in jobs.running if not job.quiet]
        lasting = [job for job in told if time.perf_counter() - job.started > _QUIET_FOR]
        if len(lasting) < len(told):
            QTimer.singleShot(round(_QUIET_FOR * 1000), self, lambda: self.show_jobs(jobs))
        job = lasting[-1] if lasting else None
        self._state.setText(job.title if job else "Ready")
        self._bar.setVisible(job is not None)
        self._cancel.setVisible(job is not None)
        if job is None:
            if not self._after.isActive():
                self._text.setText(self._hint)
            return
        report = job.report
        fraction = report.fraction if report else None
        self._bar.setRange(0, 0 if fraction is None else 1000)
        self._bar.setValue(round((fraction or 0) * 1000))
        self._after.stop()
        self._text.setText(str(report) if report else "")

    def say(self, text: str, *, aloud: bool = True) -> None:
        """Show a passing remark for a few seconds; ``aloud`` to those who hear the window, too."""
        self._said = text
        self._text.setText(text)
        self._after.start(6000)
        if aloud:
            announce(self, text)

    def take_back(self, text: str) -> None:
        """End a remark that is true no more, if it is still the last one."""
        if self._after.isActive() and self._said == text:
            self._after.stop()
            self._text.setText(self._hint)

    def set_right(self, text: str) -> None:
        """The quiet text at the right end."""
        self._right.setText(text)
