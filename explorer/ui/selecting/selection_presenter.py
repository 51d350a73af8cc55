"""Shows on the map and in the right panel what is selected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtGui import QColor, QImage

from explorer.core.coloring import painted
from explorer.core.dataset_base import Field
from explorer.core.palette import NO_LABEL
from explorer.core.samples import thumbnail_shape
from explorer.core.session import Session, colored, colored_field, selected_rows
from explorer.core.workspace import Workspace
from explorer.ui.main_window import MainWindow
from explorer.ui.parts.furniture import reveal
from explorer.ui.parts.jobs import Job, Jobs
from explorer.ui.parts.theme import Theme
from explorer.ui.store import SessionStore

if TYPE_CHECKING:
    from explorer.ui.map.thumbnail_cache import ThumbnailCache
    from explorer.ui.selecting.selection_panel import SelectionPanel, Share

Rows = npt.NDArray[np.int64]

_KEPT_BYTES = 24 << 20
_RANK = 1  # among the sections of the right panel
_AT_ONCE = 64
_LARGEST = 96


class SelectionPresenter(QObject):
    """Keeps map and panel in step with the selection. The panel is made when something is first selected.

    Signals:
        fit_asked, table_asked, sample_asked: the panel's buttons.
        chosen, opened: a row of the selection, by a click or a double click on its picture.
        menu_asked: a row, and where a menu about it opens.
    """

    fit_asked = Signal()
    table_asked = Signal()
    sample_asked = Signal()
    chosen = Signal(int)
    opened = Signal(int)
    menu_asked = Signal(int, QPoint)

    def __init__(self, window: MainWindow, store: SessionStore, jobs: Jobs) -> None:
        super().__init__(window)
        self._window, self._store, self._jobs = window, store, jobs
        self._theme: Literal["dark", "light"] = "dark"
        self._panel: SelectionPanel | None = None
        self._cache: ThumbnailCache | None = None
        self._cache_of: Workspace | None = None
        self._reading: Job | None = None
        self._draws = True
        store.changed.connect(self._changed)

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours of labels."""
        self._theme = theme.name
        if self._panel is not None:
            self._show(self._store.session)

    def set_current(self, row: int) -> None:
        """Mark a row's picture."""
        if self._panel is not None:
            self._panel.grid.set_current(row)

    def allow_drawing(self, reason: str) -> None:
        """Turn sampling off where ``reason`` says why it cannot be."""
        self._draws = not reason
        if self._panel is not None:
            self._panel.sample.setEnabled(self._draws)

    def _changed(self, old: Session, new: Session) -> None:
        is_same = (
            new.selection is old.selection
            and new.hidden is old.hidden
            and new.range is old.range
            and colored(new) is colored(old)
            and new.work is old.work
        )
        if not is_same:
            self._show(new)
        elif (new.map is None) != (old.map is None):  # another map's points come without
            self._window.map.set_selection(selected_rows(new))

    def _show(self, session: Session) -> None:
        rows = selected_rows(session)
        self._window.map.set_selection(rows)
        if rows is None or session.work is None or session.selection is None:
            if self._panel is not None:
                self._panel.hide()
            return
        panel = self._panel or self._made()
        self._take_cache(session.work)
        filtered = len(session.selection) - len(rows)
        panel.set_selection(rows, filtered, self._shares(session, rows))
        reveal(panel)

    def _made(self) -> SelectionPanel:
        from explorer.ui.selecting.selection_panel import SelectionPanel

        panel = SelectionPanel(self._picture_of, self._name_of)
        panel.fit.clicked.connect(self.fit_asked)
        panel.table.clicked.connect(self.table_asked)
        panel.sample.clicked.connect(self.sample_asked)
        panel.sample.setEnabled(self._draws)
        panel.grid.chosen.connect(self.chosen)
        panel.grid.opened.connect(self.opened)
        panel.grid.menu_asked.connect(self.menu_asked)
        panel.grid.uncovered.connect(self._read)
        self._window.here.add_section(panel, _RANK)
        self._panel = panel
        return panel

    def _shares(self, session: Session, rows: Rows) -> list[Share]:
        """How many of ``rows`` have which label, the largest share first."""
        field = colored_field(session) or _first_field(session)
        if field is None or field.is_text:
            return []
        codes = field.codes[rows]
        counts = np.bincount(codes[codes >= 0], minlength=len(field.names))
        colors = painted(field, len(field.codes), self._theme).palette
        ranked = np.argsort(-counts, kind="stable")
        shares = [
            (field.names[code], int(counts[code]), QColor(*map(int, colors[code])))
            for code in ranked[: np.count_nonzero(counts)].tolist()
        ]
        if (none := int(np.count_nonzero(codes < 0))) > 0:
            shares.append(("no label", none, QColor(*NO_LABEL)))
        return shares

    # The pictures

    def _take_cache(self, work: Workspace) -> None:
        if work is self._cache_of:
            return
        from explorer.ui.map.thumbnail_cache import ThumbnailCache

        shape = work.sample_shape if work.thumbnails is None else work.thumbnails.shape[1:]
        small = thumbnail_shape(shape, _LARGEST)
        self._cache = ThumbnailCache(lambda rows: work.samples(rows, small), _KEPT_BYTES)
        self._cache_of = work

    def _picture_of(self, row: int) -> QImage | None:
        return self._cache.get(row) if self._cache is not None else None

    def _name_of(self, row: int) -> str:
        work = self._store.session.work
        if work is None or row >= len(work):
            return ""
        labels = [f"{one.name}: {one.value_of(row)}" for one in work.fields if one.value_of(row)]
        return "\n".join([work.item_name(row), *labels])

    def _read(self) -> None:
        """Have those pictures read that are in sight and not there yet, some at a time."""
        panel, cache, work = self._panel, self._cache, self._cache_of
        if panel is None or cache is None or self._reading in self._jobs.running:
            return
        rows = cache.lacking(panel.grid.in_sight())[:_AT_ONCE]
        if not rows:
            return

        def done(images: list[QImage]) -> None:
            cache.keep(rows, images)
            panel.grid.came()
            self._read()

        self._reading = self._jobs.start(
            "Reading pictures",
            lambda _: cache.read(rows),
            done,
            wanted=lambda: self._cache_of is work,
            quiet=True,
        )


def _first_field(session: Session) -> Field | None:
    fields = session.work.fields if session.work is not None else ()
    return next((one for one in fields if not one.is_text), None)
