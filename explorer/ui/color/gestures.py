"""Gestures that choose what colours the map, and which of its labels or numbers are shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QTimer

from explorer.core.coloring import (
    DENSITY,
    ERROR,
    LATENT,
    OF_MAP,
    PROBE,
    column_of,
    default_key,
    is_computed,
    is_known,
    is_prepared,
    scale_of,
)
from explorer.core.dataset_base import Field, Measure
from explorer.core.progress import Progress
from explorer.core.session import Session, colored, colored_field
from explorer.ui.edits import Edits
from explorer.ui.main_window import MainWindow
from explorer.ui.parts.jobs import Job, Jobs
from explorer.ui.store import SessionStore

_FOLLOW_MS = 30
_REST_MS = 600


class ColorGestures(QObject):
    """What is coloured by what; what takes long is worked out when it is first chosen, as a job."""

    def __init__(self, window: MainWindow, store: SessionStore, edits: Edits, jobs: Jobs) -> None:
        super().__init__(window)
        self._window, self._store, self._edits, self._jobs = window, store, edits, jobs
        self._wanted = ""
        self._job: Job | None = None
        # A dragged handle filters a few times a second, the hand's last word always.
        self._pending: list[tuple[float, float] | None] = []
        self._follow = QTimer(self)
        self._follow.setSingleShot(True)
        self._follow.setInterval(_FOLLOW_MS)
        self._follow.timeout.connect(self._settle)
        edits.add_pending(self._settle)
        # What tells of the map is worked out anew for another one, when it has come to rest.
        self._anew = QTimer(self)
        self._anew.setSingleShot(True)
        self._anew.setInterval(_REST_MS)
        self._anew.timeout.connect(self._work_out_anew)
        jobs.changed.connect(self._jobs_changed)
        store.changed.connect(self._keep_up)

    def color_by(self, key: str) -> None:
        """Colour the map by a column of the data or a key of ``core.coloring``; its filter starts empty."""
        session = self._edits.session
        if key == LATENT:
            key = _best_dimension(session)
        self._stop()
        if not is_known(session.work, key):
            return
        column = column_of(session.work, key, session.measures)
        if is_prepared(column) and (column is not None or not is_computed(key)):
            self._choose(key)
        else:
            self._work_out(key, lambda: self._choose(key))

    def choose_coloring(self) -> None:
        """Let the keyboard choose what to colour by."""
        self._window.loaded.open_choices()

    def isolate(self, code: int) -> None:
        """Show only one label (-1: what has none), or all again if it is already alone."""
        field = colored_field(self._edits.session)
        if field is not None:
            alone = _codes_of(field) - {code}
            self._filter(hidden=frozenset() if self._edits.session.hidden == alone else alone)

    def toggle(self, code: int) -> None:
        """Turn one label on or off."""
        self._filter(hidden=self._edits.session.hidden ^ {code})

    def take_range(self) -> None:
        """A handle is taken into the hand: what follows is one step of undo."""
        self._edits.new_gesture()

    def limit(self, limits: tuple[float, float] | None) -> None:
        """Show only numbers within ``limits``; ``take_range`` begins the gesture."""
        self._pending = [limits]
        if not self._follow.isActive():
            self._follow.start()

    def show_all(self) -> None:
        """Take the filter away."""
        self._filter(hidden=frozenset(), range=None)

    def close(self) -> None:
        """Do nothing more of one's own accord."""
        self._follow.stop()
        self._anew.stop()

    def _settle(self) -> None:
        self._follow.stop()
        if self._pending:
            limits = self._pending.pop()
            self._edits.edit("Filter", range=limits)

    def _filter(self, **fields: Any) -> None:
        self._edits.new_gesture()
        self._edits.edit("Filter", **fields)

    def _choose(self, key: str) -> None:
        self._edits.new_gesture()
        self._edits.edit("Colour by", color_by=key, hidden=frozenset(), range=None)

    def _work_out(self, key: str, done: Callable[[], None], *, at_once: bool = False) -> None:
        """Have the measure of ``key`` worked out and put into the session, then call ``done``.

        With ``at_once`` only where that is quick, or has been done before; else another colour is chosen.
        """
        session = self._edits.session
        pair, work, latent_map = session.pair, session.work, session.map
        if work is None:
            return
        column = column_of(work, key, {})
        probe = next((one for one in session.probes if key == f"{PROBE}{one.column}"), None)

        def work_out(progress: Progress) -> Field | Measure | None:
            if key.startswith(PROBE):
                from explorer.core.latent_ops.told import told_column

                return told_column(probe, work.latents, progress) if probe is not None else None
            from explorer.core import coloring_work

            if isinstance(column, Measure):
                scale_of(column)
                return column
            if at_once and not coloring_work.is_quick(key):
                return coloring_work.kept(key, pair, work, latent_map)
            return coloring_work.work_out(key, pair, work, latent_map, progress)

        def wanted() -> bool:
            now = self._store.session
            return self._wanted == key and now.work is work and (key not in OF_MAP or now.map is latent_map)

        def put(measure: Field | Measure | None) -> None:
            if measure is None:
                self._store.replace(color_by=default_key(work))
                return
            if column is None:
                self._store.replace(measures={**self._store.session.measures, key: measure})
            done()

        self._wanted = key
        self._job = self._jobs.start("Colouring", work_out, put, wanted=wanted)

    def _jobs_changed(self) -> None:
        if self._job is not None and self._job not in self._jobs.running:
            self._job = None
            QTimer.singleShot(0, self, self._ended)  # its result, if there is one, comes first

    def _ended(self) -> None:
        """However it ended, the box says what colours the map."""
        if self._job is None:
            self._wanted = ""
            self._window.loaded.set_choice(self._edits.session.color_by)

    def _stop(self) -> None:
        """What was chosen before, and is still being worked out, is no longer wanted."""
        self._wanted = ""
        if self._job is not None:
            self._job.progress.cancel()
            self._job = None

    def _keep_up(self, old: Session, new: Session) -> None:
        """What was worked out belongs to its model and its map."""
        if new.pair is not None and old.pair is not None and new.pair.plan != old.pair.plan:
            left = {key: one for key, one in new.measures.items() if key not in (ERROR, DENSITY)}
            if len(left) < len(new.measures):
                self._store.replace(measures=left)
                return
        if new.probes is not old.probes:
            gone = {f"{PROBE}{one.column}" for one in old.probes if not any(one is it for it in new.probes)}
            if self._wanted in gone:
                self._stop()
            if gone & new.measures.keys():
                left = {key: one for key, one in new.measures.items() if key not in gone}
                self._store.replace(measures=left)
                return
        if new.map is not old.map and any(key in OF_MAP for key in (new.color_by, *new.measures)):
            self._anew.start(_REST_MS)
        elif is_computed(new.color_by) and colored(new) is None and new.color_by != self._wanted:
            self._anew.start(0)  # a saved session was coloured by it, or the model has changed

    def _work_out_anew(self) -> None:
        session = self._store.session
        key = session.color_by
        left = {name: one for name, one in session.measures.items() if name == key or name not in OF_MAP}
        if len(left) < len(session.measures):
            self._store.replace(measures=left)
        if is_computed(key) and (session.map is not None or key not in OF_MAP):
            self._stop()
            self._work_out(key, lambda: None, at_once=colored(session) is None)


def _best_dimension(session: Session) -> str:
    """The most informative one."""
    from explorer.ui.model.loaded_presenter import information_of

    information = information_of(session)
    return f"{LATENT}{int(information.order[0]) if information is not None else 0}"


def _codes_of(field: Field) -> frozenset[int]:
    """All codes that occur in the legend, -1 where something has no label."""
    codes = frozenset(range(len(field.names)))
    return codes | {-1} if (field.codes < 0).any() else codes
