"""The maps of the open data that are kept: which there are, going from one to another, deleting one."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from explorer.core import work_maps
from explorer.core.errors import ExplorerError
from explorer.core.latent_map import LatentMap
from explorer.core.map_settings import MapRecord
from explorer.core.progress import Progress
from explorer.core.session import Session
from explorer.core.work_maps import WorkMap
from explorer.core.workspace import Workspace
from explorer.ui.maps.mapping import Mapper
from explorer.ui.parts.jobs import Jobs
from explorer.ui.store import SessionStore


class KeptMaps(QObject):
    """Knows the maps of the open data, and shows one or another.

    Attributes:
        maps: those there are, as far as they have been looked for.

    Signals:
        changed: which maps there are has changed.
        said: a passing remark.
        offered: a sentence, what can be done about it, and the function that does it.
    """

    changed = Signal()
    said = Signal(str)
    offered = Signal(str, str, object)

    def __init__(self, store: SessionStore, jobs: Jobs, mapper: Mapper) -> None:
        super().__init__(mapper)
        self._store, self._jobs, self._mapper = store, jobs, mapper
        self.maps: list[WorkMap] = []
        self._own = threading.Lock()
        store.changed.connect(self._follow)

    def has(self, record: MapRecord) -> bool:
        """Whether there is such a map."""
        return any(one.record == record for one in self.maps)

    def look_for_maps(self, then: Callable[[], None] = lambda: None) -> None:
        """Find out which maps there are, and then do something."""
        work = self._store.session.work
        if work is None:
            return

        def found(maps: list[WorkMap]) -> None:
            self.maps = maps
            self.changed.emit()
            then()

        self._jobs.start(
            "Looking for maps",
            lambda _: work_maps.maps_of(work),
            found,
            wanted=lambda: self._is_open(work),
            quiet=True,
        )

    def show(self, record: MapRecord) -> None:
        """Go to a map that is kept; one whose file is damaged is made anew."""
        session = self._store.session
        work = session.work
        if work is None or (session.map is not None and session.map.record == record):
            return
        before = self._mapper.let_go()

        def read(_: Progress) -> LatentMap:
            places = work_maps.positions_of(work, record)
            found = LatentMap.of(places, work.latents, record, like=before)
            found.prepare()
            return found

        self._jobs.start(
            "Reading the map",
            read,
            lambda found: self._mapper.exchange("Show another map", before, found),
            wanted=lambda: self._is_open(work),
            failed=lambda _: self._mapper.make(record.settings),
            quiet=True,
        )

    def step(self, by: int) -> None:
        """Go to the next map, or the one before."""

        def go() -> None:
            present = self._store.session.map
            records = [one.record for one in self.maps]
            record = present.record if present else None
            at = records.index(record) if record in records else 0
            if len(self.maps) > 1:
                self.show(records[(at + by) % len(records)])
            else:
                self.said.emit("There is no other map of these data; Ctrl+Shift+M makes one")

        self.look_for_maps(go)

    def delete(self, record: MapRecord) -> None:
        """Delete a map that is kept and not shown; it can be put back for a moment."""
        work = self._store.session.work
        if work is None:
            return

        def remove(_: Progress) -> npt.NDArray[np.float32] | None:
            try:
                places = work_maps.positions_of(work, record)
            except ExplorerError:
                places = None
            work_maps.delete(work, record)
            return places

        def done(places: npt.NDArray[np.float32] | None) -> None:
            self.look_for_maps()
            sentence = f"The map “{record.title}” is deleted."
            if places is None:
                self.said.emit(sentence)
                return

            def put_back() -> None:
                self._jobs.start(
                    "Keeping the map",
                    lambda _: work_maps.keep(work, record, places),
                    lambda _: self.look_for_maps(),
                    quiet=True,
                )

            self.offered.emit(sentence, "Put it back", put_back)

        self._jobs.start("Deleting the map", remove, done, wanted=lambda: self._is_open(work), quiet=True)

    def _follow(self, old: Session, new: Session) -> None:
        if new.work is not old.work:
            self.maps = []
            self.changed.emit()
        elif new.map is not old.map and new.map is not None and new.map.record is not None:
            self._make_own(new)

    def _make_own(self, session: Session) -> None:
        """Let the map that is shown be the one that opens with the data."""
        work, latent_map = session.work, session.map
        assert work is not None
        assert latent_map is not None
        record, places = latent_map.record, latent_map.positions
        assert record is not None

        def keep(_: Progress) -> None:
            with self._own:
                if self._store.session.map is latent_map:
                    work_maps.make_own(work, record, places)

        self._jobs.start("Keeping the map", keep, lambda _: self.look_for_maps(), quiet=True)

    def _is_open(self, work: Workspace) -> bool:
        return self._store.session.work is work
