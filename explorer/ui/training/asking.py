"""What leads to a training: choosing pictures, looking at them, proposing, getting what is missing."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from explorer.core.dataset import Dataset, open_dataset
from explorer.core.errors import ExplorerError
from explorer.core.pixels import Pixels
from explorer.core.progress import Progress
from explorer.core.training import lacking
from explorer.core.training_data import Found, Proposal, look, seconds_of
from explorer.ui.parts.file_dialogs import FileDialog
from explorer.ui.parts.jobs import Job, Jobs
from explorer.ui.training.memory import TrainingMemory
from explorer.ui.training.setup import TrainingSetup

_MOST_KEPT, _SHOWN = 3, 12


@dataclass(frozen=True, eq=False)
class Wanted:
    """A training that is asked for; ``slower`` is the learning rate beside the usual one."""

    dataset: Dataset
    proposal: Proposal
    folder: Path
    slower: float


class TrainingAsking(QObject):
    """Fills the page on which a training is asked for."""

    def __init__(
        self,
        setup: TrainingSetup,
        jobs: Jobs,
        file_dialog: FileDialog,
        memory: TrainingMemory,
        models: Path,
    ) -> None:
        super().__init__(setup)
        self._setup, self._jobs, self._file_dialog = setup, jobs, file_dialog
        self._memory, self._models = memory, models
        self._data: Dataset | None = None
        self._place: Path | None = None
        self._is_chosen = False
        self._looking: Job | None = None
        self._installing: Job | None = None
        setup.folder_asked.connect(lambda: self.choose_data(QFileDialog.FileMode.Directory))
        setup.file_asked.connect(lambda: self.choose_data(QFileDialog.FileMode.ExistingFile))
        setup.place_asked.connect(self.choose_place)
        setup.kind_chosen.connect(self._propose)
        setup.changed.connect(self._estimate)
        setup.install_asked.connect(self.install)
        setup.cancel_asked.connect(self._cancel_install)
        jobs.changed.connect(self._follow)

    def show(self, data: Path | None) -> None:
        """Show what there is; ``data`` are looked at where they are given."""
        self._setup.set_kept(self._memory.unfinished()[:_MOST_KEPT])
        if self._installing is None:
            self._setup.set_lacking(lacking())
        if data is not None:
            self.take_data(data)
        elif self._data is None:
            self._setup.set_data(None)
        else:
            self._propose_place()

    def wanted(self) -> Wanted:
        """What is now asked for. Raises ``ExplorerError`` where that cannot be trained."""
        proposal = self._setup.proposal()
        assert self._data is not None
        assert self._place is not None
        return Wanted(self._data, proposal, self._place, self._setup.slower)

    def begun(self) -> None:
        """What was asked for has begun: the next one goes elsewhere."""
        self._is_chosen = False

    def choose_data(self, mode: QFileDialog.FileMode) -> None:
        """Choose other pictures."""
        dialog = self._file_dialog("Pictures to train on", mode)
        dialog.fileSelected.connect(lambda name: self.take_data(Path(name)))
        dialog.open()

    def choose_place(self) -> None:
        """Choose where the model goes: a folder that is not there yet, or empty."""
        dialog = self._file_dialog("Folder of the new model", QFileDialog.FileMode.AnyFile)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
        dialog.fileSelected.connect(lambda name: self.take_place(Path(name)))
        dialog.open()

    def take_place(self, folder: Path) -> None:
        """The model is to go there."""
        self._place, self._is_chosen = folder, True
        self._setup.set_place(folder)

    def take_data(self, path: Path) -> None:
        """Look at pictures, and propose what suits them."""
        setup = self._setup
        if self._looking is not None:
            self._looking.progress.cancel()
        setup.set_data(path, "Looking at the pictures…")
        self._data = None

        def look_at(progress: Progress) -> tuple[Dataset, Found]:
            progress(0, 0, "Looking at the pictures")
            dataset = open_dataset(path)
            return dataset, look(dataset, progress)

        def show(result: tuple[Dataset, Found]) -> None:
            self._data = result[0]
            setup.set_found(result[1])
            self._propose_place()

        self._looking = self._jobs.start(
            "Looking at the pictures", look_at, show, failed=lambda why: setup.set_data(path, f"▲ {why}")
        )

    def install(self) -> None:
        """Get what training needs into the program's own environment."""
        from explorer.core.training_install import install

        self._setup.refuse("")
        self._setup.set_lacking(lacking(), "Looking for PyTorch")
        self._installing = self._jobs.start(
            "Installing PyTorch", install, lambda _: self._setup.refuse(""), failed=self._setup.refuse
        )

    def close(self) -> None:
        """Follow no job any more."""
        self._jobs.changed.disconnect(self._follow)

    def _cancel_install(self) -> None:
        if self._installing is not None:
            self._installing.progress.cancel()

    def _follow(self) -> None:
        """How far installing is, whether it has ended, and whether looking was cancelled."""
        running = self._jobs.running
        if (job := self._installing) is not None:
            ended = job not in running
            self._installing = None if ended else job
            self._setup.set_lacking(lacking(), None if ended else str(job.report or "Looking for PyTorch"))
        if (job := self._looking) is not None and job not in running:
            self._looking = None
            if job.progress.cancelled:
                self._setup.set_data(None)

    def _propose(self) -> None:
        self._setup.propose()
        self._propose_place()

    def _propose_place(self) -> None:
        """A folder that is not there yet, by the names of the pictures and the kind."""
        if self._data is None or self._is_chosen:
            return
        name, number = f"{Path(self._data.name).stem}-{self._setup.kind}", 1
        while (place := self._models / (name if number == 1 else f"{name}-{number}")).exists():
            number += 1
        self._place = place
        self._setup.set_place(place)

    def _estimate(self) -> None:
        """Say about how long it would take, and show some pictures; behind the window."""
        setup, dataset, found = self._setup, self._data, self._setup.found
        try:
            proposal = setup.proposal()
        except ExplorerError as error:
            setup.set_time(None)
            setup.refuse(str(error))
            return
        setup.refuse("")
        assert found is not None

        def reckon(_: Progress) -> tuple[float, Pixels | None]:
            return seconds_of(proposal, found.count), _some(dataset, proposal) if dataset else None

        def is_wanted() -> bool:
            try:
                return setup.found is found and setup.proposal() == proposal
            except ExplorerError:
                return False

        def show(result: tuple[float, Pixels | None]) -> None:
            setup.set_time(result[0])
            setup.set_examples(result[1])

        self._jobs.start("Estimating", reckon, show, wanted=is_wanted, quiet=True)


def _some(dataset: Dataset, proposal: Proposal) -> Pixels | None:
    """Some of the pictures as the model will be shown them, side by side; None where none can be read."""
    shape, shown = (proposal.height, proposal.width, proposal.channels), []
    for item in np.linspace(0, len(dataset) - 1, min(_SHOWN, len(dataset))).round().astype(int).tolist():
        with suppress(ExplorerError):
            shown.append(dataset.read(item, shape))
    return np.concatenate(shown, axis=1) if shown else None
