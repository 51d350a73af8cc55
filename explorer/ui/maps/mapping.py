"""The map that forms: made, paused, kept or given up; and how one map takes the place of another."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QSettings, Signal

from explorer.core import work_maps
from explorer.core.bookmarks import placed
from explorer.core.errors import Cancelled, ExplorerError
from explorer.core.latent_map import LatentMap
from explorer.core.map_settings import MapRecord, MapSettings
from explorer.core.progress import Progress
from explorer.core.session import Session
from explorer.core.workspace import Workspace
from explorer.ui.edits import Edits
from explorer.ui.parts.jobs import Job, Jobs
from explorer.ui.parts.mailbox import Mailbox
from explorer.ui.store import SessionStore

if TYPE_CHECKING:
    from explorer.core.projection import Map, Reins

_RATE = "map/points by epochs by neighbours in a second"
_USUAL_RATE = 8e6


@dataclass(eq=False)
class Forming:
    """A map that is being made.

    Attributes:
        work: of whose latents.
        settings: with what.
        before: the map that was there, which comes back where this one is cancelled.
        reins: pause, go on or stop it.
    """

    work: Workspace
    settings: MapSettings
    before: LatentMap | None
    reins: Reins
    job: Job | None = None
    formed: bool = field(default=False, init=False)
    paused: bool = field(default=False, init=False)


_Formed = tuple[Forming, Session, dict[str, Any]]
"""A layout as fields of a session, and the one that they suit."""


class Mapper(QObject):
    """Makes maps, and puts one in the place of another.

    Attributes:
        settings: how the next map is made unless it is said; None for as that data's last one was.
        forming: the map that is being made, or None.

    Signals:
        changed: what forms, or whether it waits, has changed.
        remarked: a sentence about a map.
    """

    changed = Signal()
    remarked = Signal(str)

    def __init__(self, store: SessionStore, jobs: Jobs, edits: Edits, settings: QSettings) -> None:
        super().__init__(edits)
        self._store, self._jobs, self._edits, self._kept_settings = store, jobs, edits, settings
        self.settings: MapSettings | None = None
        self.forming: Forming | None = None
        self._layouts: Mailbox[_Formed] = Mailbox(self._show_layout)
        store.changed.connect(self._follow)

    @property
    def is_forming(self) -> bool:
        """Whether another layout will soon take the place of the present one."""
        return self.forming is not None and not self.forming.reins.paused

    # Making one

    def make(self, settings: MapSettings | None = None) -> None:
        """Project the latents: a PCA at once, then the layout as it forms; all of them can be dragged on."""
        from explorer.core.map_shelf import maps_folder
        from explorer.core.projection import FEWEST, Reins, fit_map

        session = self._store.session
        work = session.work
        if work is None:
            return
        chosen = settings or self.settings or self.present_settings()
        if len(work) < FEWEST and chosen.has_neighbours:
            chosen = replace(chosen, method="pca")
            self.remarked.emit(
                f"{len(work)} points have no neighbourhoods to make a map of; "
                "they are shown along their principal components."
            )
        before = self.let_go()
        forming = self.forming = Forming(work, chosen, before, Reins())

        def show(formed: LatentMap) -> None:
            seen = self._store.session
            self._layouts.send((forming, seen, moved(seen, formed)))

        def form(places: npt.NDArray[np.float32]) -> None:
            # All that can be done for a layout is done on the job's thread: many come in a second.
            forming.formed = True
            show(LatentMap.of(places, work.latents, like=before))

        def project(progress: Progress) -> tuple[Map, LatentMap, float]:
            began = time.perf_counter()
            try:
                made = fit_map(
                    work.latents,
                    chosen,
                    progress,
                    lambda layout: form(layout.places),
                    labels=work.labels(chosen.labels),
                    keep_in=maps_folder(work.folder),
                    reins=forming.reins,
                )
            except (Cancelled, ExplorerError):
                if before is not None:
                    show(before)
                raise
            seconds = time.perf_counter() - began
            record = MapRecord(chosen, made.stopped)
            found = LatentMap.of(made.places, work.latents, record, like=before)
            found.prepare()
            return made, found, seconds

        def finish(result: tuple[Map, LatentMap, float]) -> None:
            made, found, seconds = result
            if forming.formed and not forming.paused and not made.stopped:
                self._learn(chosen, len(work), seconds)
            if self.forming is forming:
                self.exchange("New map", before, found)
            for remark in made.remarks:
                self.remarked.emit(remark)

        forming.job = self._jobs.start(
            "Mapping", project, finish, wanted=lambda: self._is_open(work), after=lambda: self._end(forming)
        )
        self.changed.emit()

    def present_settings(self) -> MapSettings:
        """What the map that is shown was made with, as far as that is known."""
        session = self._store.session
        record = session.map.record if session.map else None
        if record is None and session.work is not None:
            record = work_maps.record_of(session.work)
        return record.settings if record else MapSettings()

    def pause(self) -> None:
        """Hold the map that is being made, or let it go on."""
        forming = self.forming
        if forming is not None:
            (forming.reins.go_on if forming.reins.paused else forming.reins.pause)()
            forming.paused = True
            self.changed.emit()

    def stop_and_keep(self) -> None:
        """Let the map that is being made stay as it is now."""
        if self.forming is not None:
            self.forming.reins.stop()
            self.changed.emit()

    def seconds_for(self, settings: MapSettings, count: int) -> tuple[float, bool]:
        """How long a map of ``count`` points will take, and whether that was measured here."""
        from explorer.core.projecting.fit import effort

        if not settings.has_neighbours:
            return count / 2e6, False
        rate = float(str(self._kept_settings.value(_RATE, 0.0)))
        return effort(settings, count) / (rate or _USUAL_RATE), rate > 0

    def close(self) -> None:
        """Show nothing more of what forms."""
        self.let_go()

    def exchange(self, text: str, before: LatentMap | None, found: LatentMap) -> None:
        """Let ``found`` be the map; one step of undo leads back to ``before``, if there was a map before."""
        self._edits.new_gesture()
        session = self._store.session
        if before is None:
            self._store.replace(**moved(session, found))
            return
        earlier = None  # as it is now, to the bit
        if session.map is not before:
            self._edits.undo_stack.clear()  # what was done on a layout that has gone
            earlier = moved(session, before)
        self._edits.edit(text, earlier, **moved(session, found))

    def let_go(self) -> LatentMap | None:
        """Cancel the map that is being made, if any; returns the one to come back to."""
        forming, self.forming = self.forming, None
        if forming is not None and forming.job is not None:
            forming.job.progress.cancel()
        is_there = forming is not None and self._is_open(forming.work)
        return forming.before if forming is not None and is_there else self._store.session.map

    def _show_layout(self, formed: _Formed) -> None:
        """Put a layout into the session, unless nobody waits for it."""
        forming, seen, fields = formed
        session = self._store.session
        if self.forming is not forming or session.work is not forming.work:
            return
        if any(getattr(session, name) is not getattr(seen, name) for name in fields if name != "map"):
            fields = moved(session, fields["map"])
        self._store.replace(**fields)

    def _end(self, forming: Forming) -> None:
        if self.forming is forming:
            self.forming = None
            self.changed.emit()

    def _follow(self, old: Session, new: Session) -> None:
        if new.work is not old.work:
            self.let_go()
            self.changed.emit()

    def _learn(self, settings: MapSettings, count: int, seconds: float) -> None:
        from explorer.core.projecting.fit import effort

        if settings.has_neighbours and seconds > 1.0:
            self._kept_settings.setValue(_RATE, effort(settings, count) / seconds)

    def _is_open(self, work: Workspace) -> bool:
        return self._store.session.work is work


def moved(session: Session, latent_map: LatentMap) -> dict[str, Any]:
    """Fields of ``session`` on another map: whatever lies on it keeps its latent."""
    cursor = session.cursor
    if cursor is not None:
        place = latent_map.place_of(cursor.latent)
        cursor = replace(cursor, place=place, carried=None)  # what is carried starts from a place of its map
    dropped = tuple(replace(one, place=latent_map.place_of(one.latent)) for one in session.dropped)
    path = session.path.marked_at([latent_map.place_of(one.latent) for one in session.path.stations])
    bookmarks = session.bookmarks
    if bookmarks and session.pair is not None:
        bookmarks = placed(bookmarks, session.pair.fingerprint, latent_map)
    on_it = {"cursor": cursor, "dropped": dropped or session.dropped, "path": path, "bookmarks": bookmarks}
    return {"map": latent_map, **on_it}
