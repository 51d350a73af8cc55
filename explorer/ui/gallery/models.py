"""Export gallery…: the models that a comparison takes beside the open one."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QPushButton, QVBoxLayout, QWidget

from explorer.core.model_pair import ModelPair
from explorer.core.plan import PairPlan
from explorer.core.progress import Progress
from explorer.ui.parts.check import Check
from explorer.ui.parts.file_dialogs import FileDialog
from explorer.ui.parts.furniture import quiet
from explorer.ui.parts.jobs import Jobs


class GalleryModels(QWidget):
    """A row for each model that can be taken, and a button that brings another.

    Signals:
        changed: others are taken.
    """

    changed = Signal()

    def __init__(
        self, own: ModelPair, proposed: Sequence[PairPlan], jobs: Jobs, file_dialog: FileDialog, device: str
    ) -> None:
        super().__init__()
        self._jobs, self._file_dialog, self._device = jobs, file_dialog, device
        self._rows: list[tuple[PairPlan, Check]] = []
        self._known, self._opened = {own.fingerprint}, dict[str, ModelPair]()
        self._lock = threading.Lock()
        self._closed = False
        first = quiet(own.name)
        first.setToolTip("The open model comes first")
        self._add = QPushButton("Add a model…")
        self._add.setToolTip("Choose a workspace, or a folder with a model’s ONNX files")
        self._add.clicked.connect(self._ask)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 3, 0, 0)
        self._layout.setSpacing(6)
        self._layout.addWidget(first)
        self._layout.addWidget(self._add)
        for plan in proposed:
            self._take(plan)

    def chosen(self) -> list[PairPlan]:
        """The further models that are taken, in their order."""
        return [plan for plan, check in self._rows if check.isChecked()]

    def open(self, plans: Sequence[PairPlan]) -> tuple[ModelPair, ...]:
        """These models, opened once; for a job. Raises ``ExplorerError`` for one that cannot be."""
        with self._lock:
            for plan in plans:
                if plan.fingerprint not in self._opened:
                    self._opened[plan.fingerprint] = ModelPair(plan, self._device)
            return tuple(self._opened[plan.fingerprint] for plan in plans)

    def close(self) -> bool:
        """What is still being opened is for nobody."""
        self._closed = True
        return super().close()

    def _take(self, plan: PairPlan) -> None:
        if plan.fingerprint in self._known:
            return
        self._known.add(plan.fingerprint)
        check = Check(plan.name)
        check.setAccessibleName(f"Compare with {plan.name}")
        check.setToolTip(str(plan.files[-1]) if plan.files else plan.name)
        check.setChecked(True)
        check.toggled.connect(self.changed)
        self._rows.append((plan, check))
        self._layout.insertWidget(self._layout.count() - 1, check)

    def _ask(self) -> None:
        dialog = self._file_dialog("Another model or workspace", QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(lambda name: self.add(Path(name)))
        dialog.open()

    def add(self, path: Path) -> None:
        """Take the model in a folder or workspace."""
        device = self._device

        def work(progress: Progress) -> ModelPair:
            from explorer.core.known_models import open_model
            from explorer.core.sampling import check_draws

            pair = open_model([path], device, progress)
            check_draws(pair)
            return pair

        def done(pair: ModelPair) -> None:
            with self._lock:
                self._opened.setdefault(pair.fingerprint, pair)
            self._take(pair.plan)
            self.changed.emit()

        self._jobs.start("Opening the model", work, done, wanted=lambda: not self._closed)
