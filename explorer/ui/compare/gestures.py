"""Opening a comparison: with another model, or the one that comes with the program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from explorer.core.errors import ExplorerError
from explorer.core.progress import Progress
from explorer.core.session import Session
from explorer.ui.edits import Edits
from explorer.ui.main_window import MainWindow
from explorer.ui.model.opening import Opening
from explorer.ui.parts.file_dialogs import FileDialog, ask_model
from explorer.ui.parts.jobs import Jobs
from explorer.ui.parts.theme import DARK, Theme
from explorer.ui.store import SessionStore

if TYPE_CHECKING:
    from explorer.core.compared import Compared
    from explorer.core.comparison import Comparison
    from explorer.core.recomparing import SideGone
    from explorer.ui.compare.window import CompareWindow


class CompareGestures(QObject):
    """Owns the window that compares.

    Attributes:
        compared: that window while it is open.
    """

    def __init__(
        self,
        window: MainWindow,
        store: SessionStore,
        edits: Edits,
        jobs: Jobs,
        opening: Opening,
        file_dialog: FileDialog,
    ) -> None:
        super().__init__(window)
        self._window, self._store, self._edits, self._jobs = window, store, edits, jobs
        self._opening, self._file_dialog, self._theme = opening, file_dialog, DARK
        self.compared: CompareWindow | None = None
        self._is_own = False
        store.changed.connect(self._follow)

    def ask_compare(self) -> None:
        """Choose a model or a workspace to compare the open one with."""
        if self._store.session.pair is None:
            self._window.status.say("No model is open")
            return
        dialog = self._file_dialog("Compare with a model or a workspace", QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(lambda name: self.compare_with([Path(name)]))
        dialog.open()

    def compare_with(self, paths: Sequence[Path]) -> None:
        """Compare the open model, and those compared already, with what ``paths`` are."""
        session, device = self._store.session, self._opening.device
        sides = self.compared.comparison.sides if self.compared is not None else ()

        def work(progress: Progress) -> Comparison:
            from explorer.core.compared import MOST
            from explorer.core.comparison import Comparison, Side, open_side
            from explorer.core.model_pair import ModelPair

            assert session.pair is not None
            first = Side(ModelPair(session.pair.plan, device), session.work, session.map)
            others = [
                Side(ModelPair(one.pair.plan, device), one.work, one.map, one.pair.name)
                for one in sides[1 : MOST - 1]
                if sides[0].pair.fingerprint == first.pair.fingerprint
            ]
            return Comparison.of([first, *others, open_side(paths, session.work, progress, device)])

        self._jobs.start(
            "Opening", work, self.show_comparison, wanted=lambda: self._store.session.pair is session.pair
        )

    def open_tour(self) -> None:
        """Open the bundled comparison with its tour."""
        device = self._opening.device

        def work(progress: Progress) -> Comparison:
            from explorer.core.comparison import open_tour

            return open_tour(progress, device)

        self._jobs.start("Opening AE · VAE · GAN", work, lambda found: self.show_comparison(found, step=0))

    def show_comparison(self, comparison: Comparison, step: int = -1) -> None:
        """Show a comparison in place of the one before, at a step of the tour if there is one."""
        from explorer.core.recomparing import kept_of

        window = self._show(comparison, step)
        kept = window.state(kept_of(comparison))
        self._edits.new_gesture()
        self._edit("Compare", replace(kept, latents=()))

    def set_theme(self, theme: Theme) -> None:
        """Recolour what paints itself."""
        self._theme = theme
        if self.compared is not None:
            self.compared.set_theme(theme)

    def close(self) -> None:
        """Close the window that compares; what it compares stays in the session."""
        if self.compared is not None:
            self.compared.close()

    # Inside

    def _show(self, comparison: Comparison, step: int) -> CompareWindow:
        from explorer.ui.compare.window import open_compare

        self.close()
        window = self.compared = open_compare(comparison, self._theme)
        window.closed.connect(self._forget)
        window.changed.connect(self._keep)
        window.undo_asked.connect(self._edits.undo)
        window.redo_asked.connect(self._edits.redo)
        if step >= 0:
            from explorer.ui.compare.tour_panel import start_tour

            start_tour(window, step=step)
        return window

    def _keep(self, said: str) -> None:
        """A person has done something in the window."""
        kept = self._store.session.compared
        if kept is not None and self.compared is not None:
            self._edits.new_gesture()
            self._edit(said, self.compared.state(kept))

    def _edit(self, said: str, compared: Compared | None) -> None:
        self._is_own = True
        try:
            self._edits.edit(said, compared=compared)
        finally:
            self._is_own = False

    def _forget(self, by_hand: bool) -> None:
        self.compared = None
        if by_hand and self._store.session.compared is not None:
            self._edits.new_gesture()
            self._edit("Close comparison", None)

    def _follow(self, old: Session, new: Session) -> None:
        """A comparison has come into the session, or gone, by an undo or with a session that was opened."""
        kept = new.compared
        if self._is_own or kept is old.compared:
            return
        if kept is None:
            self.close()
        elif self.compared is not None and old.compared is not None and kept.sides is old.compared.sides:
            self.compared.show_state(kept)
        else:
            self._open_again(kept)

    def _open_again(self, kept: Compared, *, takes_other: bool = False) -> None:
        session, device = self._store.session, self._opening.device

        def work(progress: Progress) -> Comparison | SideGone:
            from explorer.core.comparison import Side
            from explorer.core.model_pair import ModelPair
            from explorer.core.recomparing import SideGone, compared_again

            pair = session.pair
            first = None if pair is None else Side(ModelPair(pair.plan, device), session.work, session.map)
            try:
                return compared_again(kept, progress, device, first=first, takes_other=takes_other)
            except SideGone as gone:
                return gone

        def done(found: Comparison | SideGone) -> None:
            if isinstance(found, ExplorerError):
                self._tell_gone(kept, found)
            else:
                self._show(found, kept.step).show_state(self._store.session.compared or kept)

        self._jobs.start(
            "Opening the comparison", work, done,
            wanted=lambda: (now := self._store.session.compared) is not None and now.sides is kept.sides,
        )  # fmt: skip

    def _tell_gone(self, kept: Compared, gone: SideGone) -> None:
        """Say which model of a comparison is missing, and offer what can be done; all else works without."""
        say = self._window.message.say
        if gone.wanted == "other model":
            say(str(gone), "Take it all the same", lambda: self._open_again(kept, takes_other=True))
        else:
            find = partial(self._found, kept, gone.number)
            say(str(gone), "Where is it…", lambda: ask_model(self._file_dialog, find))

    def _found(self, kept: Compared, number: int, files: tuple[Path, ...]) -> None:
        found = kept.with_files(number, files)
        self._edits.new_gesture()
        self._edit("Find the model", found)
        self._open_again(found)
