"""Models beside each other in a window of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent, QKeySequence
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMainWindow,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from explorer.core.coloring import column_of, default_key, painted
from explorer.core.comparison import Comparison
from explorer.core.dataset_base import Field
from explorer.core.errors import ExplorerError
from explorer.core.progress import Progress
from explorer.ui.compare.bar import CompareBar
from explorer.ui.compare.column import CompareColumn
from explorer.ui.compare.image_drop import ImageDrop
from explorer.ui.compare.links import CompareLinks
from explorer.ui.compare.samples import CompareSamples
from explorer.ui.parts.furniture import quiet
from explorer.ui.parts.jobs import Jobs
from explorer.ui.parts.message_bar import MessageBar
from explorer.ui.parts.status_line import StatusLine
from explorer.ui.parts.theme import DARK, Theme

if TYPE_CHECKING:
    from explorer.core.compared import Compared
    from explorer.ui.compare.metrics import MetricsPanel
    from explorer.ui.compare.tour_panel import TourPanel

_HINT = "Drag on any map · click a point · drop an image · S samples all with one seed · Ctrl+Z undoes"
_MOST_LABELS = 12
_LAID_OUT_MS = 50
_TOLD = {
    "drag": "Look elsewhere",
    "point": "Go to point",
    "drop": "Drop image",
    "sample": "Sample",
    "select": "Select",
}
"""What is said of a deed where it changes what is kept."""


class CompareWindow(QMainWindow):
    """A column for each model, under one hand.

    Attributes:
        comparison: what is compared.
        bar: what can be asked of all.
        columns: the models' views.
        links: what follows the hand.
        samples, images: what is drawn from the models, and what is shown to them.
        jobs: what is under way here.
        metrics, tour: panels that are made when they are asked for.

    Signals:
        changed: a person has changed what ``state`` tells: what was done, in a word or two.
        undo_asked, redo_asked: the last step is to be taken back, or again.
        closed: it is gone; told whether a person closed it.
    """

    changed = Signal(str)
    undo_asked = Signal()
    redo_asked = Signal()
    closed = Signal(bool)

    def __init__(self, comparison: Comparison) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        names = " · ".join(side.name for side in comparison.sides)
        self.setWindowTitle(f"{names} – Latent Explorer")
        self.setAcceptDrops(True)
        self.comparison, self.jobs = comparison, Jobs()
        self.columns = [CompareColumn(side) for side in comparison.sides]
        self.links = CompareLinks(comparison, self.columns)
        self.samples = CompareSamples(comparison, self.columns, self.links, self.jobs)
        self.images = ImageDrop(comparison, self.links, self.jobs)
        self.metrics: MetricsPanel | None = None
        self.tour: TourPanel | None = None
        self._theme, self._closed, self._is_left = DARK, False, False
        self.message, self.status = MessageBar(), StatusLine(_HINT)
        self._legend = quiet()
        self._legend.setTextFormat(Qt.TextFormat.RichText)
        self._legend.setWordWrap(True)
        self._lay_out()
        self.jobs.changed.connect(lambda: self.status.show_jobs(self.jobs))
        self.jobs.failed.connect(self.message.say)
        self.jobs.broke.connect(lambda error: self.message.say(f"Something went wrong: {error}"))
        self.status.cancel_asked.connect(self.jobs.cancel)
        self.links.failed.connect(self.message.say)
        self.images.failed.connect(self.message.say)
        self.links.did.connect(self._tell)
        for number, column in enumerate(self.columns):
            column.map.dropped.connect(self.images.take)
            column.map.set_tool("probe")
            column.map.setObjectName(f"map{number}")
        self.show_maps()
        self._prepare()
        self._look_at_first()

    # What buttons and keys do

    def show_maps(self) -> None:
        """Each model on its own map, or all on the first model's."""
        together, maps = self.bar.together.isChecked(), []
        first = self.comparison.sides[0].name
        for i, (side, column) in enumerate(zip(self.comparison.sides, self.columns, strict=True)):
            shown = self.comparison.map_of(i, on_first=together)
            note = self.comparison.apart[i]
            if not note and i:
                note = "its own map" if shown is side.map else f"on the map of {first}"
            column.show_map(shown, note or ("its own map" if shown is not None else ""))
            column.map.set_selection(self.links.selection if self.comparison.is_linked(0, i) else None)
            maps.append(shown)
        self.links.set_maps(maps)

    def state(self, kept: Compared) -> Compared:
        """What of ``kept`` is as it is now: all but the models."""
        return replace(
            kept,
            together=self.bar.together.isChecked(),
            source=str(self.bar.source.currentData()),
            seed=self.bar.seed.value(),
            sampled=self.samples.shown is not None,
            selection=self.links.selection,
            latents=tuple(self.links.latents),
            step=-1 if self.tour is None else self.tour.at,
        )

    def show_state(self, kept: Compared) -> None:
        """Let all be as it is kept, but for the tour; nothing is told."""
        if self.bar.together.isChecked() != kept.together:
            self.bar.together.setChecked(kept.together)
            self.show_maps()
        self.bar.source.setCurrentIndex(max(0, self.bar.source.findData(kept.source)))
        self.bar.seed.setValue(kept.seed)
        self.links.set_selection(kept.selection)
        self.samples.show((kept.source, kept.seed) if kept.sampled else None)
        if kept.latents:
            self.links.show_latents(kept.latents)
        else:
            self._look_at_first()

    def sample(self) -> None:
        """Draw from each model with the seed that is shown, and look at the first."""
        self.samples.draw(str(self.bar.source.currentData()), self.bar.seed.value(), look=True)

    def next_sample(self) -> None:
        """The same with the next seed."""
        self.bar.seed.setValue(self.bar.seed.value() + 1)
        self.sample()

    def measure(self) -> None:
        """Show the table of metrics, and fill it."""
        if self.metrics is None:
            from explorer.ui.compare.metrics import MetricsPanel

            self.metrics = MetricsPanel(self.comparison, self.jobs)
            self.metrics.failed.connect(self.message.say)
            self._rows.addWidget(self.metrics)
            self._rows.setSizes([3 * self.height() // 5, 2 * self.height() // 5])
        self.metrics.setVisible(self.bar.measuring.isChecked())
        QTimer.singleShot(_LAID_OUT_MS, self, self.fit)  # once the maps have their new height
        if self.bar.measuring.isChecked():
            self.metrics.measure(self.bar.seed.value())

    def show_tour(self, panel: TourPanel) -> None:
        """Put a tour beside the maps."""
        self.tour = panel
        self._room.insertWidget(0, panel)
        self._room.setStretchFactor(0, 0)

    def fit(self) -> None:
        """Show the whole of each map."""
        for column in self.columns:
            column.map.fit()

    def leave(self) -> None:
        """Close the window because a person wants to."""
        self._is_left = True
        self.close()

    def cancel(self) -> None:
        """Stop what is going on, else dismiss the message."""
        if self.jobs.busy:
            self.jobs.cancel()
        else:
            self.message.hide()

    def set_theme(self, theme: Theme) -> None:
        """Recolour what paints itself."""
        self._theme = theme
        for column in self.columns:
            column.set_theme(theme)
        self._show_legend()

    def shut(self, *, by_hand: bool = False) -> None:
        """End every thread and free what was opened; safe to call twice."""
        if self._closed:
            return
        self._closed = True
        pairs = [side.pair for side in self.comparison.sides]

        def interrupt() -> None:
            for pair in pairs:
                pair.stop()

        self.jobs.close(interrupt)
        self.links.close()
        for column in self.columns:
            column.map.shut_down()
        self.closed.emit(by_hand)

    # Qt's calls

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab: to the next control as one reads."""
        from explorer.ui.parts.tab_order import step_focus

        panels = [one for one in (self.tour, *self.columns, self.metrics) if one is not None]
        regions = (self.bar, self.message, *panels, self.status)
        return step_focus(regions, self.focusWidget(), forward=forward)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.shut(by_hand=event.spontaneous() or self._is_left)
        event.accept()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls() or event.mimeData().hasImage():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.images.take(event.mimeData())

    # Inside

    def _lay_out(self) -> None:
        bar = self.bar = CompareBar()
        bar.take_keys(self)
        for asked, do in (
            (bar.together_asked, self._join),
            (bar.fit_asked, self.fit),
            (bar.sample_asked, self.sample),
            (bar.next_asked, self.next_sample),
            (bar.image_asked, lambda: self.images.ask(self)),
            (bar.metrics_asked, self.measure),
        ):
            asked.connect(do)
        for text, keys, do in (
            ("Cancel", QKeySequence("Esc"), self.cancel),
            ("Close", QKeySequence("Ctrl+W"), self.leave),
            ("Undo", QKeySequence("Ctrl+Z"), self.undo_asked.emit),
            ("Redo", QKeySequence("Ctrl+Shift+Z"), self.redo_asked.emit),
        ):
            action = QAction(text, self)
            action.setShortcut(keys)
            action.triggered.connect(lambda _=False, do=do: do())
            self.addAction(action)
        self._room = QSplitter(Qt.Orientation.Horizontal)
        self._rows = QSplitter(Qt.Orientation.Vertical)
        for splitter in (self._room, self._rows):
            splitter.setHandleWidth(1)
            splitter.setChildrenCollapsible(False)
        for column in self.columns:
            self._room.addWidget(column)
            self._room.setStretchFactor(self._room.indexOf(column), 1)
        self._room.setSizes([1000] * len(self.columns))
        self._rows.addWidget(self._room)
        whole = QWidget()
        layout = QVBoxLayout(whole)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(bar)
        layout.addWidget(self.message)
        legend = QHBoxLayout()
        legend.setContentsMargins(12, 4, 12, 0)
        legend.addWidget(self._legend, 1)
        layout.addLayout(legend)
        layout.addWidget(self._rows, 1)
        layout.addWidget(self.status)
        self.setCentralWidget(whole)
        self.setMinimumSize(480, 420)
        self.resize(1320, 820)

    def _prepare(self) -> None:
        """What gestures need, behind them: places of latents, and the data's pictures."""
        maps, sides = self.links.maps, self.comparison.sides

        def work(progress: Progress) -> None:
            for shown in maps:
                progress.check()
                if shown is not None:
                    shown.prepare()
                    shown.placement.support_of(0.0)
            for side in sides:
                if side.work is not None and len(side.work):
                    try:
                        side.work.samples([0])
                    except ExplorerError:
                        pass  # originals are not shown then

        self.jobs.start("Reading pictures", work, lambda _: self.links.set_ready(), quiet=True)

    def _look_at_first(self) -> None:
        for i, shown in enumerate(self.links.maps):
            if shown is not None:
                self.links.probe(i, *shown.densest_place(), "press")
                return

    def _join(self) -> None:
        self.show_maps()
        self.changed.emit("Show on the first map" if self.bar.together.isChecked() else "Show on own maps")

    def _tell(self, did: str) -> None:
        if did in _TOLD:
            self.changed.emit(_TOLD[did])

    def _show_legend(self) -> None:
        work = self.comparison.sides[0].work
        column = column_of(work, default_key(work), {})
        if not isinstance(column, Field) or len(column.names) > _MOST_LABELS:
            self._legend.hide()
            return
        colors = painted(column, 0, self._theme.name).palette
        dots = [
            f'<span style="color:rgb({r},{g},{b})">●</span>&nbsp;{escape(name)}'
            for name, (r, g, b) in zip(column.names, colors.tolist(), strict=False)
        ]
        self._legend.setText("&nbsp;&nbsp; ".join(dots))
        self._legend.setAccessibleName(f"Colours: {', '.join(column.names)}")


def open_compare(
    comparison: Comparison, theme: Theme, after: Sequence[Callable[[CompareWindow], None]] = ()
) -> CompareWindow:
    """Show a window that compares; ``after`` are called with it before it is shown."""
    window = CompareWindow(comparison)
    window.set_theme(theme)
    for call in after:
        call(window)
    window.show()
    window.columns[0].map.setFocus()
    return window
