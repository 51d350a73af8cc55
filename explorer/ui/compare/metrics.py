"""The table of metrics under a comparison."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from explorer.core.comparison import Comparison
from explorer.core.feature_net import features_for
from explorer.core.judge import Measured
from explorer.core.progress import Progress
from explorer.core.report import checked, measured, written
from explorer.core.report_table import lines
from explorer.ui.parts.furniture import heading, quiet
from explorer.ui.parts.jobs import Jobs

_SAMPLES = 1000


class MetricsPanel(QWidget):
    """Measures the sides of a comparison and shows the figures.

    Attributes:
        report: what was measured last.

    Signals:
        failed: a sentence.
    """

    failed = Signal(str)

    def __init__(self, comparison: Comparison, jobs: Jobs) -> None:
        super().__init__()
        self._comparison, self._jobs = comparison, jobs
        self.report: Measured | None = None
        self._about = quiet("Measuring…")
        self._about.setWordWrap(True)
        self._save = QPushButton("Save…")
        self._save.setToolTip("Write all figures, with their definitions, as JSON")
        self._save.setEnabled(False)
        self._save.clicked.connect(self._ask_where)
        self.table = QTableWidget()
        self.table.setAccessibleName("Metrics")
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setAlternatingRowColors(True)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(24)
        head = QHBoxLayout()
        head.addWidget(heading("Metrics"))
        head.addWidget(self._about, 1)
        head.addWidget(self._save)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 6)
        layout.addLayout(head)
        layout.addWidget(self.table, 1)

    def measure(self, seed: int) -> None:
        """Measure, unless that has been done with this seed."""
        if self.report is not None and self.report["seed"] == seed:
            return
        sides = [side for i, side in enumerate(self._comparison.sides) if not self._comparison.apart[i]]

        def work(progress: Progress) -> Measured:
            latents = checked(sides)
            features = features_for(latents.data.path, sides[0].pair, sides[0].name)
            return measured(sides, features, _SAMPLES, seed, progress)

        self._about.setText("Measuring…")
        self._jobs.start("Measuring", work, self._show, failed=self._fail)

    def _show(self, report: Measured) -> None:
        self.report = report
        rows, models = lines(report), report["models"]
        heads = ["", *(f"{one['name']} ({one['kind']})" for one in models), "Real pictures"]
        self.table.setColumnCount(len(heads))
        self.table.setHorizontalHeaderLabels(heads)
        self.table.setRowCount(len(rows))
        for at, (name, definition, cells) in enumerate(rows):
            for column, text in enumerate([name, *cells]):
                item = QTableWidgetItem(text)
                item.setToolTip(definition)
                if column:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(at, column, item)
        sizes = self.table.horizontalHeader()
        sizes.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        sizes.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self._about.setText(
            f"{report['samples']:,} samples and as many real pictures of {report['data']['name']} · 95% "
            f"bootstrap intervals · judged by {report['features']['name']}"
        )
        self._about.setToolTip(report["features"]["note"])
        self._save.setEnabled(True)

    def _fail(self, sentence: str) -> None:
        self._about.setText(sentence)
        self.failed.emit(sentence)

    def _ask_where(self) -> None:
        dialog = QFileDialog(self, "Save the figures", "figures.json", "JSON (*.json)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("json")
        dialog.fileSelected.connect(lambda name: self.save_to(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def save_to(self, path: Path) -> None:
        """Write the figures as JSON."""
        report = self.report
        if report is not None:
            self._jobs.start("Saving", lambda _: written(report, path), lambda _: None)
