"""Gestures about sessions as files: saving one, what one refers to in vain, what a crash has left."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QFileDialog

from explorer.core.errors import Gone
from explorer.core.opening import SESSION_SUFFIX, Opened, Plan
from explorer.core.progress import Progress
from explorer.core.workspace import Workspace
from explorer.ui.edits import Edits
from explorer.ui.main_window import MainWindow
from explorer.ui.model.opening import Opening
from explorer.ui.parts.file_dialogs import FileDialog
from explorer.ui.parts.jobs import Jobs
from explorer.ui.session.autosave import Autosave, left_behind, take_over
from explorer.ui.store import SessionStore

_LOOK_AFTER_MS = 600


class SessionGestures(QObject):
    """Saves, asks where things are, and offers what a crash has left.

    Attributes:
        autosave: keeps what is done while the program runs.
    """

    def __init__(
        self,
        window: MainWindow,
        store: SessionStore,
        edits: Edits,
        jobs: Jobs,
        opening: Opening,
        file_dialog: FileDialog,
        folder: Path,
    ) -> None:
        super().__init__(window)
        self._window, self._store, self._edits, self._jobs = window, store, edits, jobs
        self._opening, self._file_dialog, self._folder = opening, file_dialog, folder
        self.autosave = Autosave(self, store, jobs, window.map.view, folder)
        self._look_later = QTimer(self)
        self._look_later.setSingleShot(True)
        self._look_later.setInterval(_LOOK_AFTER_MS)
        self._look_later.timeout.connect(self._look)
        self._has_looked = False
        opening.missed.connect(self._ask)

    def close(self, *, all_is_kept: bool) -> None:
        """Stop, once all jobs have ended; if ``all_is_kept`` elsewhere nothing need be restored."""
        self._look_later.stop()
        self.autosave.close(all_is_kept=all_is_kept)

    def ask_save_session(self) -> None:
        """Choose where the session is written."""
        dialog = self._file_dialog("Save session", QFileDialog.FileMode.AnyFile)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(SESSION_SUFFIX[1:])
        dialog.setNameFilter(f"Sessions (*{SESSION_SUFFIX})")
        dialog.filesSelected.connect(lambda names: self.save_session(Path(names[0])))
        dialog.open()

    def save_session(self, path: Path) -> None:
        """Write the session with all that it needs to open elsewhere, behind the window."""
        from explorer.core.session_file import save_session

        self._edits.settle()
        session, view = self._store.session, self._window.map.view()
        self._jobs.start(
            "Saving",
            lambda _: save_session(path, session, view, include=True),
            lambda _: self._window.status.say(f"The session is in {path}"),
        )

    def restore_crashed(self) -> None:
        """Open the newest session that a crash has left."""
        left = left_behind(self._folder)
        if left:
            self._opening.open_plan(Plan(session=left[0]))
        else:
            self._window.status.say("No crash has left anything")

    def look_after(self, opened: Opened) -> None:
        """Something has been opened: see whether its data are there, and once what a crash has left.

        A little later, for what it takes would hold up the first picture.
        """
        self._look_later.start()

    def _look(self) -> None:
        if not self._has_looked:
            self._has_looked = True
            self._look_for_crashes()
        work = self._store.session.work
        if work is not None:
            self._look_for_data(work)

    def _look_for_crashes(self) -> None:
        left = take_over(self._folder)
        if left:
            when = time.strftime("%d %B, %H:%M", time.localtime(left[0].stat().st_mtime)).lstrip("0")
            self._window.message.say(
                f"The program ended unexpectedly; what was done until {when} is kept.",
                "Restore it",
                lambda: self._opening.open_plan(Plan(session=left[0])),
            )

    def _look_for_data(self, work: Workspace) -> None:
        def look(_: Progress) -> Gone | None:
            from explorer.core.reopening import data_gone

            return data_gone(work)

        def tell(gone: Gone | None) -> None:
            if gone is not None:
                self._window.message.say(str(gone), "Where are they…", lambda: self._ask_data(work))

        self._jobs.start(
            "Looking for the data", look, tell, wanted=lambda: self._store.session.work is work, quiet=True
        )

    def _ask(self, plan: Plan, gone: Gone) -> None:
        """Tell what a session misses, and offer what can be done about it."""
        say = self._window.message.say
        if gone.wanted == "model":
            say(str(gone), "Where is it…", lambda: self._ask_model(plan))
        elif gone.wanted == "other model":
            say(
                str(gone),
                "Take it all the same",
                lambda: self._opening.open_plan(replace(plan, takes_other=True)),
            )
        else:
            say(str(gone), "Where are they…", lambda: self._ask_new_data(Path(gone.place)))

    def _ask_model(self, plan: Plan) -> None:
        dialog = self._file_dialog("Where is the model?", QFileDialog.FileMode.ExistingFiles)
        dialog.setNameFilter("Encoder and decoder (*.onnx);;All files (*)")
        dialog.filesSelected.connect(
            lambda names: self._opening.open_plan(replace(plan, model=tuple(map(Path, names))))
        )
        dialog.open()

    def _ask_data(self, work: Workspace) -> None:
        self._ask_place(work.data.path, lambda path: self._take_data(work, path))

    def _ask_new_data(self, before: Path) -> None:
        self._ask_place(before, lambda path: self._opening.open_plan(Plan(data=path)))

    def _ask_place(self, before: Path, then: Callable[[Path], None]) -> None:
        """Ask for a file, or for a folder where it was one as far as its name says."""
        mode = QFileDialog.FileMode.ExistingFile if before.suffix else QFileDialog.FileMode.Directory
        dialog = self._file_dialog(f"Where is {before.name}?", mode)
        dialog.fileSelected.connect(lambda name: then(Path(name)))
        dialog.open()

    def _take_data(self, work: Workspace, path: Path, *, takes_other: bool = False) -> None:
        """Let the pictures of the open data be those at ``path``, if they are the same."""
        say = self._window.message.say

        def look(_: Progress) -> Workspace | Gone:
            from explorer.core.reopening import with_data

            try:
                return with_data(work, path, takes_other=takes_other)
            except Gone as gone:
                return gone

        def done(found: Workspace | Gone) -> None:
            if isinstance(found, Workspace):
                self._store.replace(work=found)
                self._window.status.say(f"The pictures are those of {path}")
            elif found.wanted == "other data":
                say(
                    str(found),
                    "Take them all the same",
                    lambda: self._take_data(work, path, takes_other=True),
                )
            else:
                say(str(found), "Encode them", lambda: self._opening.open_plan(Plan(data=path)))

        self._jobs.start("Reading the data", look, done, wanted=lambda: self._store.session.work is work)
