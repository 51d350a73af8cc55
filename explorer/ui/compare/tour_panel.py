"""The guided tour beside the maps: a text, something to do, and the figures that are claimed."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from explorer.core.errors import ExplorerError
from explorer.core.tour_figures import SAMPLES, Finding, TourFigures
from explorer.ui.compare.tour_curves import TourCurves
from explorer.ui.compare.tour_steps import STEPS
from explorer.ui.compare.window import CompareWindow
from explorer.ui.parts.accessible import announce
from explorer.ui.parts.furniture import clear, heading, quiet, scrolling, small_button

_WIDTH, _LONG = 320, 24
_TITLE, _MEASURING = "Measuring the tour", "Measuring what this step claims…"


class TourPanel(QWidget):
    """Leads through ``STEPS``; each measures what it claims when it opens.

    Attributes:
        at: the number of the step.
        findings: what has been measured, by step.
        done: the steps whose request was followed.

    Signals:
        told: a step's figures are on the screen: its number.
    """

    told = Signal(int)

    def __init__(self, window: CompareWindow, samples: int = SAMPLES, step: int = 0) -> None:
        """Raises ``ExplorerError`` where the models are none to tour."""
        super().__init__()
        self._window, self._figures = window, TourFigures(window.comparison.sides, samples)
        self.at = min(step, len(STEPS) - 1)
        self.findings: dict[int, Finding] = {}
        self.done: set[int] = set()
        self.setAccessibleName("Tour")
        self.setObjectName("panel")
        self.setMinimumWidth(290)
        self.setMaximumWidth(_WIDTH)
        self._dots = quiet()
        self._title, self._text, self._ask, self._said = (QLabel() for _ in range(4))
        self._title.setObjectName("apptitle")
        for label in (self._title, self._text, self._ask, self._said):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._state = quiet()
        self._state.setWordWrap(True)
        self._box = QFrame()
        self._box.setObjectName("card")
        box = QVBoxLayout(self._box)
        box.setContentsMargins(12, 10, 12, 10)
        self._answered = QLabel()
        self._answered.setWordWrap(True)
        box.addWidget(self._ask)
        box.addWidget(self._answered)
        self._defined = quiet()
        self._defined.setWordWrap(True)
        self._figures_shown = QVBoxLayout()
        self._figures_shown.setSpacing(4)
        self._curves = TourCurves()
        self._back, self._next = QPushButton("Back"), QPushButton("Next")
        self._back.setToolTip("The step before (Alt+Left)")
        self._next.setToolTip("The next step (Alt+Right)")
        self._back.setShortcut("Alt+Left")
        self._next.setShortcut("Alt+Right")
        self._back.clicked.connect(self.back)
        self._next.clicked.connect(self.next)
        close = small_button("✕", "Close the tour")
        close.clicked.connect(self.leave)
        head, foot = QHBoxLayout(), QHBoxLayout()
        head.addWidget(heading("Tour"))
        head.addStretch(1)
        head.addWidget(close)
        foot.addWidget(self._back)
        foot.addWidget(self._dots, 1, Qt.AlignmentFlag.AlignCenter)
        foot.addWidget(self._next)
        inside = QWidget()
        rows = QVBoxLayout(inside)
        rows.setContentsMargins(0, 0, 6, 0)
        rows.setSpacing(10)
        for part in (self._title, self._text, self._box, self._state):
            rows.addWidget(part)
        rows.addLayout(self._figures_shown)
        rows.addWidget(self._said)
        rows.addWidget(self._defined)
        rows.addWidget(self._curves)
        rows.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 8, 8, 8)
        layout.addLayout(head)
        layout.addWidget(scrolling(inside), 1)
        layout.addLayout(foot)
        window.links.did.connect(self._did)
        window.samples.sampled.connect(self._sampled)
        self._open()

    def next(self) -> None:
        """The next step; after the last the tour ends."""
        if self.at + 1 < len(STEPS):
            self.at += 1
            self._open()
        else:
            self.leave()

    def back(self) -> None:
        """The step before."""
        if self.at:
            self.at -= 1
            self._open()

    def leave(self) -> None:
        """End the tour; the comparison stays."""
        self._window.tour = None
        self._window.links.did.disconnect(self._did)
        self._window.samples.sampled.disconnect(self._sampled)
        self.hide()
        self.deleteLater()

    def figures_text(self) -> str:
        """All figures of the step as they stand on the screen."""
        labels = self.findChildren(QLabel, "tourfigure")
        return " · ".join(label.text() for label in labels if label.isVisible())

    def _open(self) -> None:
        step, at = STEPS[self.at], self.at
        self._title.setText(f"{at + 1}. {step.title}")
        self._text.setText(step.text)
        self._ask.setText(f"▸ {step.ask}")
        self._show_done()
        self._dots.setText(" ".join("●" if i == at else "○" for i in range(len(STEPS))))
        self._dots.setAccessibleName(f"Step {at + 1} of {len(STEPS)}")
        self._back.setEnabled(at > 0)
        self._next.setText("Next" if at + 1 < len(STEPS) else "Finish")
        announce(self, f"Step {at + 1} of {len(STEPS)}: {step.title}. {step.text} {step.ask}")
        self._said.setText("")
        self._defined.setText("")
        self._curves.set_curves(())
        clear(self._figures_shown)
        if at in self.findings:
            self._show(at, self.findings[at])
            return
        self._state.setText(_MEASURING)
        if any(job.title == _TITLE for job in self._window.jobs.running):
            return  # the one under way asks again when it ends
        self._measure(at)

    def _measure(self, at: int) -> None:
        figures = self._figures

        def show(finding: Finding) -> None:
            self.findings[at] = finding
            if at == self.at:
                self._show(at, finding)
            elif self.at not in self.findings:
                self._measure(self.at)

        job = self._window.jobs.start(
            _TITLE,
            lambda progress: STEPS[at].measure(figures, progress),
            show,
            wanted=lambda: self._window.tour is self,
            failed=self._state.setText,
        )
        job.ended.connect(self._ended)

    def _show(self, at: int, finding: Finding) -> None:
        clear(self._figures_shown)
        for name, text, count in finding.figures:
            line, is_long = QWidget(), len(text) > _LONG
            row = QVBoxLayout(line) if is_long else QHBoxLayout(line)
            row.setContentsMargins(0, 0, 0, 0)
            label, value = quiet(name), QLabel(text)
            label.setWordWrap(True)
            value.setWordWrap(is_long)
            value.setObjectName("tourfigure")
            value.setAlignment(Qt.AlignmentFlag.AlignLeft if is_long else Qt.AlignmentFlag.AlignRight)
            value.setToolTip(f"From {count:,}; in brackets the 95% bootstrap interval")
            value.setAccessibleName(f"{name}: {text}")
            row.addWidget(label, 1)
            row.addWidget(value)
            self._figures_shown.addWidget(line)
        self._curves.set_curves(finding.curves)
        self._said.setText(finding.said)
        self._defined.setText(finding.defined)
        count = max(one[2] for one in finding.figures)
        self._state.setText(f"Measured just now on {count:,} pictures; 95% intervals in brackets.")
        self._state.setToolTip(self._figures.judged_by)
        announce(self, finding.said)
        self.told.emit(at)

    def _sampled(self, source: str) -> None:
        self._did(f"sample:{source}")

    def _ended(self, *_: object) -> None:
        """A measurement has ended, perhaps because it was cancelled."""
        under_way = any(job.title == _TITLE for job in self._window.jobs.running)
        if self.at not in self.findings and not under_way and self._state.text() == _MEASURING:
            self._state.setText("Cancelled. Go to another step and back to measure this one.")

    def _did(self, deed: str) -> None:
        if deed in STEPS[self.at].deeds and self.at not in self.done:
            self.done.add(self.at)
            self._show_done()
            announce(self, "Done")

    def _show_done(self) -> None:
        done = self.at in self.done
        self._answered.setText("✓ Done: compare with the figures below." if done else "○ Not yet")
        self._answered.setObjectName("good" if done else "quiet")
        self._answered.style().unpolish(self._answered)
        self._answered.style().polish(self._answered)


def start_tour(window: CompareWindow, samples: int = SAMPLES, step: int = 0) -> None:
    """Begin the tour in a window that compares, at a step; where its models are none to tour, say so.

    Each figure rests on so many ``samples``.
    """
    try:
        window.show_tour(TourPanel(window, samples, step))
    except ExplorerError as error:
        window.message.say(str(error))
