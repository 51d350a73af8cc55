"""Probes: fitted from a column of the data, and what they tell of the picture at the cursor."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QMenu

from explorer.core.coloring import PROBE
from explorer.core.dataset_base import Field, Measure
from explorer.core.latent_ops.told import Probe, probe_of
from explorer.core.session import Session
from explorer.ui.edits import Edits
from explorer.ui.here.probe_section import ProbeSection
from explorer.ui.main_window import MainWindow
from explorer.ui.parts.furniture import reveal
from explorer.ui.parts.jobs import Jobs
from explorer.ui.presenter import Presenter
from explorer.ui.store import SessionStore

RANK = 2
"""Where the section stands among those of the right panel."""

_FOLLOW_MS = 40


class ProbePresenter(QObject):
    """Fits probes, keeps them in the session and shows what they tell.

    Attributes:
        section: the section; it is in the right panel.
    """

    def __init__(
        self,
        window: MainWindow,
        store: SessionStore,
        edits: Edits,
        jobs: Jobs,
        presenter: Presenter,
        color_by: Callable[[str], None],
    ) -> None:
        super().__init__(window)
        self._store, self._edits, self._jobs, self._presenter = store, edits, jobs, presenter
        self._color_by = color_by
        self.section = ProbeSection()
        self.section.hide()
        self._follow = presenter.pauses.task(self._tell, _FOLLOW_MS)
        self.section.add_asked.connect(self.offer)
        self.section.menu_asked.connect(self._show_menu)
        self.section.removed.connect(self.remove)
        self.section.closed.connect(self.section.hide)
        window.here.add_section(self.section, RANK)
        self._show(store.session)
        store.changed.connect(self._changed)

    def shown(self) -> ProbeSection:
        """The section, brought into sight."""
        reveal(self.section)
        return self.section

    def close(self) -> None:
        """Do nothing more of one's own accord."""
        self._follow.stop()

    def columns(self) -> list[Field | Measure]:
        """What can be told: labels, numbers, and what was worked out to colour by."""
        session = self._store.session
        if session.work is None:
            return []
        labels = [one for one in session.work.fields if not one.is_text]
        numbers = [one for key, one in session.measures.items() if not key.startswith(PROBE)]
        return [*labels, *session.work.measures, *numbers]

    def offer(self, at: QPoint) -> None:
        """Offer the columns that a probe can be fitted to, at a place of the screen."""
        columns = self.columns()
        if not columns:
            self._edits.refused.emit(
                "These data have no column to tell from the latent; open data with labels or numbers."
            )
            return
        menu = QMenu(self.section)
        for one in columns:
            kind = "label" if isinstance(one, Field) else "number"
            action = menu.addAction(f"{one.name.replace('_', ' ')} · {kind}".replace("&", "&&"))
            action.triggered.connect(lambda _=False, one=one: self.fit(one))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(at)

    def fit(self, column: Field | Measure) -> None:
        """Fit a probe of a column; it takes the place of one of the same name."""
        work = self._store.session.work
        if work is None:
            return

        def done(probe: Probe) -> None:
            left = [one for one in self._edits.session.probes if one.column != probe.column]
            self._edits.new_gesture()
            self._edits.edit("Fit a probe", probes=(*left, probe))
            self._edits.said.emit(f"{probe.column.replace('_', ' ')}: {probe.score_words()}")

        self._jobs.start(
            "Fitting a probe",
            lambda progress: probe_of(column, work.latents, progress),
            done,
            wanted=lambda: self._store.session.work is work,
        )

    def remove(self, probe: Probe) -> None:
        """Forget a probe."""
        left = tuple(one for one in self._edits.session.probes if one is not probe)
        self._edits.new_gesture()
        self._edits.edit("Delete probe", probes=left)

    def _changed(self, old: Session, new: Session) -> None:
        if new.probes is not old.probes:
            self._show(new)
        if new.probes and (new.cursor is not old.cursor or new.dropped is not old.dropped):
            self._follow.want()

    def _show(self, session: Session) -> None:
        self.section.set_probes(session.probes)
        self._tell()
        if session.probes:
            self.section.show()

    def _tell(self) -> None:
        session = self._store.session
        cursor, dropped = session.cursor, session.dropped
        image = dropped[self._presenter.here.dropped % len(dropped)] if dropped else None
        for row in self.section.rows:
            here = row.probe.words(cursor.latent) if cursor is not None else ""
            same = image is None or (cursor is not None and np.array_equal(image.latent, cursor.latent))
            row.set_told(here, "" if same or image is None else row.probe.words(image.latent))

    def _show_menu(self, probe: Probe, at: QPoint) -> None:
        menu = QMenu(self.section)
        column = next((one for one in self.columns() if one.name == probe.column), None)
        color, again, remove = (
            menu.addAction(text) for text in ("Colour the map by what it tells", "Fit it anew", "Delete")
        )
        color.triggered.connect(lambda _=False: self._color_by(f"{PROBE}{probe.column}"))
        again.setEnabled(column is not None)
        again.triggered.connect(lambda _=False: self.fit(column) if column is not None else None)
        remove.triggered.connect(lambda _=False: self.remove(probe))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(at)
