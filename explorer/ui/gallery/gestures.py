"""Galleries and what they were made from: asked for, made again, and the model of a picture that returns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSettings
from PySide6.QtWidgets import QFileDialog

from explorer.core.errors import ExplorerError, Gone
from explorer.core.opening import Plan, classify
from explorer.core.progress import Progress
from explorer.core.provenance import Provenance
from explorer.ui.compare.gestures import CompareGestures
from explorer.ui.controller import Controller
from explorer.ui.main_window import MainWindow
from explorer.ui.model.opening import Opening
from explorer.ui.parts.file_dialogs import FileDialog, ask_model
from explorer.ui.parts.jobs import Jobs
from explorer.ui.store import SessionStore
from explorer.ui.tray.gestures import TrayGestures

if TYPE_CHECKING:
    from explorer.ui.gallery.dialog import GalleryDialog, Redone

Files = tuple[Path, ...]
_FIND = "Find the model…"
_LONGEST_NAME = 60


class GalleryGestures(QObject):
    """Export gallery…; a recipe that is brought; a picture of a model that is not open."""

    def __init__(
        self,
        window: MainWindow,
        store: SessionStore,
        jobs: Jobs,
        opening: Opening,
        controller: Controller,
        tray: TrayGestures,
        comparing: CompareGestures,
        settings: QSettings,
        file_dialog: FileDialog,
    ) -> None:
        super().__init__(window)
        self._window, self._store, self._jobs, self._settings = window, store, jobs, settings
        self._opening, self._controller, self._tray = opening, controller, tray
        self._comparing, self._file_dialog = comparing, file_dialog
        controller.model_wanted.connect(self.return_with_model)

    def ask_export(self) -> None:
        """Ask which gallery is wanted, and write it."""
        from explorer.core.recipes.from_session import tray_of

        try:
            self._ask("tray" if tray_of(self._store.session) else "samples")
        except ExplorerError as error:
            self._window.status.say(str(error))

    # --- a recipe --------------------------------------------------------------------------------------

    def open_recipe(self, path: Path, moved: Sequence[Files] = ()) -> None:
        """Ask as a recipe's file does; ``moved`` are its models, where they are not where they were.

        What is open stays: a recipe of another model is asked about beside it.
        """
        session, device = self._store.session, self._opening.device

        def work(progress: Progress) -> Redone | Gone:
            from explorer.core.recipes.writing import open_recipe
            from explorer.ui.gallery.dialog import Redone

            try:
                return Redone(path, *open_recipe(path, progress, moved, device, session))
            except Gone as gone:
                return gone

        def done(found: Redone | Gone) -> None:
            if isinstance(found, Gone):
                self._ask_model(str(found), lambda files: self.open_recipe(path, [*moved, files]))
            elif self._store.session.pair is None:  # the window is not to stay empty
                self._opening.open_plan(_plan_of(found), then=lambda: self.open_recipe(path, moved))
            else:
                self._ask("recipe", found)

        self._jobs.start(f"Reading {path.name}", work, done)

    def _ask(self, kind: str, redone: Redone | None = None) -> GalleryDialog:
        from explorer.ui.gallery.dialog import GalleryDialog

        compared = self._comparing.compared
        sides = compared.comparison.sides if compared is not None else ()
        dialog = GalleryDialog(
            self._window, self._store.session, self._jobs, self._settings, kind, self._file_dialog,
            [side.pair.plan for side in sides], self._opening.device, redone,
        )  # fmt: skip

        def ask_where(*asked: object) -> None:
            where = self._file_dialog("Export the gallery into", QFileDialog.FileMode.Directory)
            where.fileSelected.connect(lambda name: self._tray.write(Path(name), *asked))  # type: ignore[arg-type]
            where.open()

        dialog.asked.connect(ask_where)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    # --- a picture of another model ----------------------------------------------------------------------

    def return_with_model(self, provenance: Provenance, name: str, opens: bool) -> None:
        """Open the model that drew a picture, and return to its latent; a stranger's model is asked for.

        One that is known is opened at once only if it ``opens``; else that is offered.
        """

        def look(_: Progress) -> Plan | None:
            from explorer.core.known_models import known_model

            return known_model(provenance.fingerprint)

        def done(plan: Plan | None) -> None:
            if plan is not None and opens:
                self._open_for(plan, provenance, name)
            elif plan is not None:
                self._window.message.say(
                    f"{name} was drawn by {_name_of(provenance)}, which is not the model that is open.",
                    f"Open {_name_of(provenance)}",
                    lambda: self._open_for(plan, provenance, name),
                )
            else:
                self._ask_model(
                    f"{name} was drawn by the model “{_name_of(provenance)}”, which is neither open nor "
                    "known; say where it lies to return to exactly this latent.",
                    lambda files: self._try(files, provenance, name),
                )

        self._jobs.start("Looking for the model", look, done)

    def _try(self, files: Files, provenance: Provenance, name: str) -> None:
        """Open ``files`` if they are the model that drew a picture."""
        device = self._opening.device

        def look(progress: Progress) -> bool:
            from explorer.core.known_models import open_model

            return open_model(files, device, progress).fingerprint == provenance.fingerprint

        def done(is_it: bool) -> None:
            if is_it:
                self._open_for(classify(files), provenance, name)
            else:
                self._ask_model(
                    f"{files[-1]} is not the model “{_name_of(provenance)}” that drew {name}, or its file "
                    "has changed since.",
                    lambda others: self._try(others, provenance, name),
                )

        self._jobs.start("Opening the model", look, done)

    def _open_for(self, plan: Plan, provenance: Provenance, name: str) -> None:
        def back() -> None:
            pair = self._store.session.pair
            if pair is not None and pair.fingerprint == provenance.fingerprint:
                self._controller.return_to(provenance, name)
                self._window.status.say(f"{name} was drawn by {pair.name}, which has been opened")

        self._opening.open_plan(plan, then=back)

    def _ask_model(self, sentence: str, then: Callable[[Files], None]) -> None:
        """Say what is missing, with a button that asks where it is."""
        self._window.message.say(sentence, _FIND, lambda: ask_model(self._file_dialog, then))


def _name_of(provenance: Provenance) -> str:
    """What its model is called, as far as a note can be trusted with that."""
    return " ".join(provenance.model.split())[:_LONGEST_NAME] or "another model"


def _plan_of(redone: Redone) -> Plan:
    """How to open in the window what a recipe was made from."""
    work = redone.source.work
    plan = Plan(model=redone.source.pair.plan.files)
    return plan if work is None else replace(plan, workspace=work.folder)
