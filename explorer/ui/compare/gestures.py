"""Opening a comparison: with another model, or the one that comes with the program."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from explorer.core.progress import Progress
from explorer.ui.main_window import MainWindow
from explorer.ui.model.opening import Opening
from explorer.ui.parts.file_dialogs import FileDialog
from explorer.ui.parts.jobs import Jobs
from explorer.ui.parts.theme import DARK, Theme
from explorer.ui.store import SessionStore

if TYPE_CHECKING:
    from explorer.core.comparison import Comparison
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
        jobs: Jobs,
        opening: Opening,
        file_dialog: FileDialog,
    ) -> None:
        super().__init__(window)
        self._window, self._store, self._jobs = window, store, jobs
        self._opening, self._file_dialog, self._theme = opening, file_dialog, DARK
        self.compared: CompareWindow | None = None

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
            from explorer.core.comparison import MOST, Comparison, Side, open_side
            from explorer.core.model_pair import ModelPair

            assert session.pair is not None
            first = Side(ModelPair(session.pair.plan, device), session.work, session.map)
            others = [
                Side(ModelPair(one.pair.plan, device), one.work, one.map, one.pair.name)
                for one in sides[1 : MOST - 1]
                if sides[0].pair.fingerprint == first.pair.fingerprint
            ]
            return Comparison.of([first, *others, open_side(paths, session.work, progress, device)])

        self._jobs.start("Opening", work, self._show, wanted=lambda: self._store.session.pair is session.pair)

    def open_tour(self) -> None:
        """Open the bundled comparison with its tour."""
        device = self._opening.device

        def work(progress: Progress) -> Comparison:
            from explorer.core.comparison import open_tour

            return open_tour(progress, device)

        self._jobs.start("Opening AE · VAE · GAN", work, self._show_tour)

    def show_comparison(self, comparison: Comparison) -> CompareWindow:
        """Show a comparison in place of the one before."""
        from explorer.ui.compare.window import open_compare

        self.close()
        self.compared = open_compare(comparison, self._theme)
        self.compared.closed.connect(self._forget)
        return self.compared

    def set_theme(self, theme: Theme) -> None:
        """Recolour what paints itself."""
        self._theme = theme
        if self.compared is not None:
            self.compared.set_theme(theme)

    def close(self) -> None:
        """Close the window that compares."""
        if self.compared is not None:
            self.compared.close()

    def _show(self, comparison: Comparison) -> None:
        self.show_comparison(comparison)

    def _show_tour(self, comparison: Comparison) -> None:
        from explorer.ui.compare.tour_panel import start_tour

        start_tour(self.show_comparison(comparison))

    def _forget(self) -> None:
        self.compared = None
