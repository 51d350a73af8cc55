"""Watching a training: how far it is, its curves, its pictures, a small map, and holding it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from explorer.core.dataset_base import number_text
from explorer.core.progress import duration_text
from explorer.core.training_record import TrainingRecord
from explorer.ui.parts.accessible import announce
from explorer.ui.parts.check import Check
from explorer.ui.parts.furniture import ElidedLabel, clear, quiet, scrolling
from explorer.ui.training.chart import TrainingChart
from explorer.ui.training.film import TrainingFilm
from explorer.ui.training.map import TrainingMap
from explorer.ui.training.run import TrainingRun


class TrainingWatch(QWidget):
    """Shows one training. Setters in, signals out.

    Attributes:
        charts: as suit the kind of model.
        film, map: its pictures and latents.
        pause, stop, further, again, open: the buttons.
        opens: whether the model is to be opened once it is there.

    Signals:
        pause_asked, stop_asked, further_asked, again_asked, open_asked: a button was pressed.
    """

    pause_asked = Signal()
    stop_asked = Signal()
    further_asked = Signal()
    again_asked = Signal()
    open_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.charts: list[TrainingChart] = []
        self.film, self.map = TrainingFilm(), TrainingMap()
        self.title, self.state = ElidedLabel("apptitle"), QLabel()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Steps that are done")
        self.far, self.numbers = quiet(), quiet()
        self.numbers.setWordWrap(True)
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.note.setAccessibleName("What is to be said")
        self.note.hide()
        self.pause = _button("Pause", "Hold the training; what is done is kept", self.pause_asked)
        self.stop = _button(
            "Stop and keep", "End it here: what is done becomes a model; it can go on later", self.stop_asked
        )
        self.further = _button(
            "Go on training", "Go on from the last checkpoint to the end that was planned", self.further_asked
        )
        self.again = _button("Another model…", "Choose pictures and settings again", self.again_asked)
        self.open = _button("Open the model", "Open it in the main window", self.open_asked)
        self.open.setObjectName("primary")
        self.opens = Check("Open it when it is done")
        self.opens.setToolTip("What is open in the main window then makes room for the new model")
        self.opens.setChecked(True)
        self._kind, self._said = "", ""
        self._grid = QGridLayout()
        self._lay_out()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self.title, 1)
        head.addWidget(self.state)
        self._grid.setSpacing(10)
        charts = QWidget()
        charts.setLayout(self._grid)
        self._grid.setContentsMargins(0, 0, 0, 0)
        upper = QHBoxLayout()
        upper.setSpacing(14)
        upper.addWidget(charts, 5)
        upper.addWidget(self.map, 2)
        middle = QWidget()
        inside = QVBoxLayout(middle)
        inside.setContentsMargins(0, 0, 4, 0)
        inside.setSpacing(10)
        inside.addLayout(upper, 5)
        inside.addWidget(self.numbers)
        inside.addWidget(self.film, 4)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.opens)
        foot.addStretch(1)
        for button in (self.again, self.further, self.pause, self.stop, self.open):
            foot.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self.bar)
        layout.addWidget(self.far)
        layout.addWidget(scrolling(middle), 1)
        layout.addWidget(self.note)
        layout.addLayout(foot)

    def begin(self, title: str, shows: TrainingRecord) -> None:
        """A training begins, or goes on; nothing of the one before stays."""
        self.title.setText(title)
        self._kind, self._said = "", ""
        clear(self._grid)
        self.charts = []
        self.numbers.setText("")
        self.map.wait("A small map follows the first epoch")
        self.film.slider.setValue(self.film.slider.maximum())
        self.film.set_shown(shows.shown)
        self.say("")
        self.bar.setRange(0, 0)

    def show_preparing(self, text: str) -> None:
        """Before there is a run."""
        self.state.setText("Preparing")
        self.far.setText(text)
        self._show_buttons(None)

    def show_run(self, run: TrainingRun) -> None:
        """How far it is, with its curves."""
        record = run.record
        if record.kind != self._kind:
            self._make_charts(record)
        self.state.setText(state_of(run))
        self.far.setText(_far(run))
        self.bar.setRange(0, max(1, record.total) if record.kind or record.last else 0)
        self.bar.setValue(record.done)
        for chart in self.charts:
            most = record.facts[chart.chart.most] if chart.chart.most else 0.0
            chart.set_curves(record.curves, record.facts["epochs"], most)
        self.numbers.setText(_numbers(record.figures, record.facts))
        if record.said and record.said != self._said:
            self._said = record.said
            self.say(record.said)
        self._show_buttons(run)

    def show_end(self, run: TrainingRun) -> None:
        """How it ended."""
        self.show_run(run)
        last = run.record.last
        sentence = last["sentence"]
        self.say(f"▲ {sentence}" if last["event"] == "failed" else sentence)

    def say(self, sentence: str) -> None:
        """Something worth knowing; an empty sentence takes it away."""
        self.note.setText(sentence)
        self.note.setVisible(bool(sentence))
        announce(self.note, sentence)

    def _show_buttons(self, run: TrainingRun | None) -> None:
        over = run is not None and run.is_over
        able = run is not None and run.can_be_told
        for button in (self.pause, self.stop):
            button.setVisible(not over)
            button.setEnabled(able)
        self.pause.setText("Go on" if run is not None and run.paused else "Pause")
        self.opens.setVisible(not over)
        self.again.setVisible(over)
        last = run.record.last if run is not None else {}
        self.further.setVisible(over and last["event"] != "done" and bool(last["checkpoint"]))
        self.open.setVisible(over and run is not None and run.record.last["event"] != "failed")

    def _make_charts(self, record: TrainingRecord) -> None:
        self._kind = record.kind
        if record.kind == "gan":
            encodes = record.facts["encoder_epochs"]
            self.map.wait(
                "A small map follows once the encoder is trained" if encodes else "No encoder, no map"
            )
        clear(self._grid)
        self.charts = [TrainingChart(chart) for chart in record.charts]
        columns = 2
        for at, chart in enumerate(self.charts):
            span = columns if len(self.charts) % 2 and at == 0 else 1
            place = at + (1 if len(self.charts) % 2 and at else 0)
            self._grid.addWidget(chart, place // columns, place % columns, 1, span)


def state_of(run: TrainingRun) -> str:
    """One word or two."""
    if run.is_over:
        return {"done": "✓ Done", "stopped": "Stopped, kept", "failed": "✗ Failed"}[run.record.last["event"]]
    if run.stopping:
        return "Stopping…"
    if run.paused:
        return "Paused"
    return "Training" if run.record.kind else "Starting"


def _far(run: TrainingRun) -> str:
    record = run.record
    if not record.kind:
        return "" if run.is_over else "The trainer is starting; this takes some seconds"
    facts = record.facts
    parts = [f"{record.epoch:,} of {facts['epochs']:,} epochs", f"{record.done:,} of {record.total:,} steps"]
    if not run.is_over and not run.paused:
        if run.rate:
            parts.append(f"{run.rate:,.0f} steps/s" if run.rate >= 10 else f"{run.rate:.1f} steps/s")
        if record.seconds_left is not None:
            parts.append(f"{duration_text(record.seconds_left)} left")
    device = "graphics card" if str(facts["device"]).startswith("cuda") else "processor"
    return " · ".join([*parts, f"on the {device}"])


def _numbers(figures: dict[str, float], facts: dict[str, Any]) -> str:
    """The latest figures, in words."""
    parts = []
    if "active" in figures:
        parts.append(f"{figures['active']:.0f} of {facts['latent_size']} latent dimensions active")
    for name, text in (("mse", "squared error"), ("beta", "β"), ("sharpness", "sharpness"), ("r1", "R1")):
        if figures.get(name) and not (name == "beta" and facts["kind"] == "ae"):
            parts.append(f"{text} {number_text(figures[name])}")
    if parts and facts["validation"]:
        parts.append(f"measured on {facts['validation']:,} pictures set aside")
    return " · ".join(parts)


def _button(text: str, tip: str, pressed: Any) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    button.clicked.connect(pressed)
    return button
