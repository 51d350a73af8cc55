"""Gestures that make a new model of pictures: asking, training, watching, opening."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QSettings
from PySide6.QtWidgets import QPushButton

from explorer.core.errors import ExplorerError
from explorer.core.opening import Opened, Plan
from explorer.core.progress import Progress
from explorer.ui.main_window import MainWindow
from explorer.ui.model.opening import Opening
from explorer.ui.parts.file_dialogs import FileDialog
from explorer.ui.parts.jobs import Job, Jobs
from explorer.ui.store import SessionStore
from explorer.ui.training.memory import TrainingMemory

if TYPE_CHECKING:
    from explorer.core.dataset import Dataset
    from explorer.core.model_pair import ModelPair
    from explorer.core.training import Kept
    from explorer.ui.training.asking import TrainingAsking
    from explorer.ui.training.run import TrainingRun
    from explorer.ui.training.window import TrainingWindow

_POORLY = 0.5  # of the error that one mean picture would have


class TrainingGestures(QObject):
    """Makes new models of pictures.

    Attributes:
        window: where a training is asked for and watched, once it has been wanted.
        asking: what fills its first page.
        run: the training that goes on, or was the last.
    """

    def __init__(
        self,
        window: MainWindow,
        store: SessionStore,
        jobs: Jobs,
        opening: Opening,
        file_dialog: FileDialog,
        settings: QSettings,
        models: Path,
    ) -> None:
        super().__init__(window)
        self._main, self._store, self._jobs, self._opening = window, store, jobs, opening
        self._file_dialog, self._models = file_dialog, models
        self.window: TrainingWindow | None = None
        self.run: TrainingRun | None = None
        self._button = QPushButton()
        self._button.setToolTip("Watch the training")
        self._button.clicked.connect(lambda _: self.ask_new_model())
        self._button.hide()
        window.status.add_control(self._button)
        self.asking: TrainingAsking | None = None
        self._memory = TrainingMemory(settings)
        self._data: Dataset | None = None  # what the run is trained on
        self._preparing: Job | None = None
        self._offered: tuple[ModelPair | None, str] = None, ""  # the pair that data fit poorly, the offer

    # --- asking ------------------------------------------------------------------------------------

    def ask_new_model(self, data: Path | None = None) -> None:
        """Show the window: what goes on, or else what could be trained, of ``data`` where that is given."""
        window = self._made_window()
        busy = self._preparing is not None or (self.run is not None and not self.run.is_over)
        if busy or (self.run is not None and data is None and window.is_watching):
            window.show_watch()
        else:
            self._show_setup(data)
        window.show()
        window.raise_()
        window.activateWindow()

    def offer(self, data: Path, sentence: str) -> None:
        """Say what the open model cannot do with ``data``, and offer to train one that can."""
        self._main.message.say(
            f"{sentence} A model of these pictures can be trained.",
            "Train a model…",
            lambda: self.ask_new_model(data),
        )

    def look_at_fit(self, data: Path) -> None:
        """While data are encoded: see whether the model knows such pictures, and offer another if not."""
        pair = self._store.session.pair
        if pair is None or not pair.can_decode:
            return
        self._offered = None, ""

        def judge(_: Progress) -> tuple[float, int]:
            from explorer.core.dataset import open_dataset
            from explorer.core.round_trip import fit

            dataset = open_dataset(data)
            trip = fit(pair, dataset)
            return trip.error / trip.baseline if trip.baseline else 0.0, len(dataset)

        def tell(found: tuple[float, int]) -> None:
            share, count = found
            if share > _POORLY:
                sentence = (
                    f"{pair.name} redraws these pictures poorly: of what tells them apart it keeps "
                    f"{max(0, round(100 - 100 * share))}%. Train a model on these {count:,} pictures?"
                )
                self._offered = pair, sentence
                self._main.message.say(sentence, "Train a model…", lambda: self.ask_new_model(data))

        self._jobs.start(
            "Comparing", judge, tell, wanted=lambda: self._store.session.pair is pair,
            failed=lambda _: None, quiet=True,
        )  # fmt: skip

    def offers_for(self, opened: Opened) -> bool:
        """Whether the message that is shown is an offer for the very data that have been ``opened``."""
        pair, sentence = self._offered  # which stays the pair where data alone are opened
        return opened.pair is pair and self._main.message.text() == sentence

    def offer_unfinished(self) -> None:
        """Tell once of a training that ended before its time, such as by a crash."""
        if self._main.message.isVisible():
            return
        kept = self._memory.left_behind()
        if kept is not None:
            self._main.message.say(
                f"The training of {kept.folder.name} ended at {kept.epoch} of {kept.epochs} epochs; what was "
                "done is kept.",
                "Go on training",
                partial(self.go_on, kept),
            )

    def _made_window(self) -> TrainingWindow:
        if self.window is None:
            from explorer.ui.training.asking import TrainingAsking
            from explorer.ui.training.window import TrainingWindow

            self.window = TrainingWindow()
            self._jobs.changed.connect(self._follow_jobs)
            setup, watch = self.window.setup, self.window.watch
            self.asking = TrainingAsking(setup, self._jobs, self._file_dialog, self._memory, self._models)
            setup.start_asked.connect(self.start)
            setup.go_on_asked.connect(self.go_on)
            watch.pause_asked.connect(self.pause)
            watch.stop_asked.connect(self.stop)
            watch.further_asked.connect(self.go_further)
            watch.open_asked.connect(self.open)
            watch.again_asked.connect(self._show_setup)
        return self.window

    def _show_setup(self, data: Path | None = None) -> None:
        window = self._made_window()
        assert self.asking is not None
        self.asking.show(data)
        window.show_setup()

    # --- training ----------------------------------------------------------------------------------

    def start(self) -> None:
        """Train what is asked for."""
        window = self._made_window()
        asking = self.asking
        assert asking is not None
        try:
            wanted = asking.wanted()
        except ExplorerError as error:
            window.setup.refuse(str(error))
            return
        from explorer.core.training import arguments, check_torch, prepare

        dataset, folder = wanted.dataset, wanted.folder

        def pack(progress: Progress) -> int:
            check_torch()
            return len(prepare(dataset, wanted.proposal, folder, progress).left_out)

        def begin(left_out: int) -> None:
            self._memory.remember(folder)
            asking.begun()
            self._begin(
                folder, dataset, arguments(folder, dataset.name, wanted.proposal, slower=wanted.slower)
            )
            if left_out:
                window.watch.say(
                    f"{left_out:,} of {len(dataset):,} pictures cannot be read and are left out."
                )

        def refuse(sentence: str) -> None:
            window.show_setup()
            window.setup.refuse(sentence)

        self._prepare("Reading the pictures", pack, begin, refuse, f"Reading {len(dataset):,} pictures")

    def go_on(self, kept: Kept) -> None:
        """Go on with a training that ended."""
        from explorer.core.training import arguments, check_torch

        window = self._made_window()

        def read(progress: Progress) -> tuple[Dataset | None, list[str]]:
            from explorer.core.dataset import open_dataset

            check_torch()
            progress(0, 0, "Looking at the pictures")
            dataset = open_dataset(kept.data) if kept.data.exists() else None
            return dataset, arguments(kept.folder, kept.data.name)

        def begin(found: tuple[Dataset | None, list[str]]) -> None:
            self._begin(kept.folder, *found)

        def refuse(sentence: str) -> None:
            self._show_setup()
            window.setup.refuse(sentence)

        window.show()
        window.raise_()
        self._prepare("Looking at the pictures", read, begin, refuse, "Looking for the pictures")

    def go_further(self) -> None:
        """Go on with the training that has just ended before its time."""
        from explorer.core.training import kept_in

        kept = kept_in(self.run.folder) if self.run is not None else None
        if kept is not None:
            self.go_on(kept)

    def _prepare(
        self,
        title: str,
        work: Callable[[Progress], Any],
        then: Callable[[Any], None],
        refuse: Callable[[str], None],
        text: str,
    ) -> None:
        """Do what comes before a training, watched."""
        if self._preparing is not None or (self.run is not None and not self.run.is_over):
            return
        window = self._made_window()
        from explorer.core.training_record import TrainingRecord

        window.set_run(None)
        window.watch.begin("New model", TrainingRecord())
        window.watch.show_preparing(text)
        window.show_watch()
        self._preparing = self._jobs.start(title, work, then, failed=refuse)

    def _begin(self, folder: Path, dataset: Dataset | None, given: list[str]) -> None:
        from explorer.ui.training.run import TrainingRun

        window, self._data = self._made_window(), dataset
        if self.run is not None:
            self.run.deleteLater()
        self.run = run = TrainingRun(given, folder)
        window.set_run(run)
        window.watch.begin(f"{folder.name} · {dataset.name}" if dataset else folder.name, run.record)
        run.changed.connect(self._changed)
        run.ended.connect(self._ended)
        self._button.setText("Training…")
        self._button.show()
        window.follow()

    def pause(self) -> None:
        """Hold the training, or let it go on."""
        if self.run is not None:
            self.run.pause()
            self._changed({"event": "paused"})

    def stop(self) -> None:
        """End the training and keep what is done."""
        if self.run is not None:
            self.run.stop()
            self._changed({"event": "stopping"})

    def _changed(self, event: dict[str, Any]) -> None:
        run, window = self.run, self.window
        if run is None or window is None:
            return
        record = run.record
        share = f"{100 * record.done // max(1, record.total)}%"
        self._button.setText(f"Training {share}" if not run.paused else f"Paused at {share}")
        if event["event"] == "latents":
            self._draw_map(run)
        window.follow()

    def _draw_map(self, run: TrainingRun) -> None:
        """Show the latents of the latest epoch, coloured by the first column of the data."""
        window, told, dataset = self._made_window(), run.record.latents, self._data
        if told is None:
            return
        epoch, file, rows_file = told
        before = window.watch.map.places

        def work(_: Progress) -> tuple[Any, Any, int, str]:
            try:
                return _mapped(epoch, file, rows_file, run.folder, dataset, before)
            except (OSError, ValueError) as error:  # the folder has gone, of which the trainer will tell
                raise ExplorerError(str(error)) from error

        self._jobs.start(
            "Drawing a small map", work, lambda found: window.watch.map.set_places(*found),
            wanted=lambda: self.run is run and run.record.latents == told, failed=lambda _: None, quiet=True,
        )  # fmt: skip

    def _ended(self, last: dict[str, Any]) -> None:
        window, run = self._made_window(), self.run
        assert run is not None
        self._button.hide()
        window.watch.show_end(run)
        window.watch.film.set_shown(run.record.shown)
        if last["event"] == "failed":
            if not window.isVisible():
                self._main.message.say(last["sentence"], "Look…", self.ask_new_model)
        elif window.watch.opens.isChecked():
            self.open()
        else:
            self._main.message.say(f"{run.folder.name} is trained.", "Open it", self.open)

    def open(self) -> None:
        """Encode the pictures with the trained model and open it in the main window."""
        run, dataset = self.run, self._data
        if run is None or not run.is_over:
            return
        folder = run.folder

        def encode(progress: Progress) -> None:
            from explorer.core.projection import prepare
            from explorer.core.training import encode_trained

            prepare()  # while the pictures are encoded, the map's process makes ready
            if dataset is not None:
                encode_trained(folder, dataset, progress)

        def show(_: None) -> None:
            plan = Plan(workspace=folder) if dataset is not None else Plan(model=(folder,))
            self._opening.open_plan(plan, f"Opening {folder.name}")

        self._jobs.start("Encoding the pictures", encode, show)

    def _follow_jobs(self) -> None:
        """How far preparing is, and whether it was cancelled."""
        job = self._preparing
        if job is None:
            return
        if job in self._jobs.running:
            self._made_window().watch.show_preparing(str(job.report or job.title))
            return
        self._preparing = None
        if job.progress.cancelled:
            self._show_setup()

    def close(self) -> None:
        """The program ends: a training keeps what is done, and ends too."""
        if self.run is not None and not self.run.is_over:
            self.run.close()
        if self.window is not None:
            self._jobs.changed.disconnect(self._follow_jobs)
            if self.asking is not None:
                self.asking.close()
            self.window.close()
            self.window.deleteLater()
            self.window = None


def _mapped(
    epoch: int, file: Path, rows_file: Path, folder: Path, dataset: Dataset | None, before: Any
) -> tuple[Any, Any, int, str]:
    """Places, codes, how many codes there are, and what the small map shows."""
    import numpy as np

    from explorer.core.training import RUN
    from explorer.ui.training.map import places_of

    latents, rows = (np.load(path, allow_pickle=False) for path in (file, rows_file))
    places = places_of(latents, before)
    field = dataset.fields[0] if dataset is not None and dataset.fields else None
    items = np.load(folder / RUN / "rows.npy", allow_pickle=False)[rows]
    if field is None or items.max(initial=0) >= len(field.codes):  # none, or the data are others by now
        return places, np.zeros(len(places), np.int32), 1, f"Epoch {epoch}"
    return places, field.codes[items], len(field.names), f"Epoch {epoch} · by {field.name}"
