"""Jobs that open things and put them into the session, and the map as it forms."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Qt, Signal

from explorer.core.bundles import bundle_folder, is_bundled
from explorer.core.latent_map import LatentMap
from explorer.core.opening import Opened, Plan, first_cursor, open_now
from explorer.core.progress import Progress
from explorer.core.session import Session
from explorer.ui.jobs import Jobs
from explorer.ui.store import SessionStore


class Opening(QObject):
    """Opens things and puts them into the session.

    Attributes:
        settings: how the next map is computed, as ``MapSettings`` fields; else as that data's last one was.

    Signals:
        opened: an ``Opened`` has become the session.
        view_wanted: a ``View`` that a saved session had.
        images_wanted: single images that were named beside what was opened.
    """

    opened = Signal(object)
    view_wanted = Signal(object)
    images_wanted = Signal(object)
    _layout_formed = Signal(object, object)

    def __init__(self, store: SessionStore, jobs: Jobs) -> None:
        super().__init__()
        self._store, self._jobs = store, jobs
        self.settings: dict[str, Any] = {}
        self._layout_formed.connect(self._show_layout, Qt.ConnectionType.QueuedConnection)

    def open_bundle(self, name: str) -> None:
        """Open one of the demos that come with the program."""
        self.open_plan(Plan(workspace=bundle_folder(name)), f"Opening {name}")

    def open_plan(self, plan: Plan, title: str = "Opening") -> None:
        """Open all that ``plan`` names, then map what has no map yet."""
        pair = self._store.session.pair
        self._jobs.start(title, lambda progress: open_now(plan, pair, progress), self._settle)

    def reopen(self, saved_path: Path, otherwise: str) -> None:
        """Open the session of last time, or the bundle ``otherwise`` where that is not to be had any more."""
        self._jobs.start(
            "Opening",
            lambda progress: open_now(Plan(session=saved_path), None, progress),
            self._settle,
            failed=lambda _: self.open_bundle(otherwise),
        )

    def map_latents(self) -> None:
        """Project the latents: a PCA at once, then the layout as it forms; all of them can be dragged on."""
        from explorer.core.projection import MapSettings, fit_map, pca_preview

        work = self._store.session.work
        if work is None:
            return
        settings = MapSettings.of(self.settings or work.map_settings() or {})

        def form(positions: npt.NDArray[np.float32]) -> None:
            # All that can be done for a layout is done on the job's thread: many come in a second.
            session = self._store.session
            self._layout_formed.emit(session, moved(session, LatentMap.of(positions, work.latents)))

        def project(progress: Progress) -> None:
            form(pca_preview(work.latents))
            positions = fit_map(work.latents, settings, progress, form)
            if not is_bundled(work.folder):
                work.save_positions(positions, asdict(settings))
            form(positions)

        self._jobs.start("Mapping", project, lambda _: None, wanted=lambda: self._store.session.work is work)

    def _settle(self, opened: Opened) -> None:
        """Make what was opened the session."""
        work, saved = opened.work, opened.saved
        names = [one.name for one in work.fields] if work else []
        cursor = (
            saved.cursor
            if saved and saved.cursor and len(saved.cursor.latent) == opened.pair.latent_size
            else None
        )
        if cursor is None:
            cursor = first_cursor(opened)
        elif cursor.place is None and opened.map:
            cursor = replace(cursor, place=opened.map.place_of(cursor.latent))
        self._store.replace(
            pair=opened.pair,
            work=work,
            map=opened.map,
            color_by=saved.color_by if saved and saved.color_by in names else (names[0] if names else ""),
            hidden=saved.hidden if saved else frozenset(),
            selection=None,
            cursor=cursor,
            dropped=(),
            tray=saved.tray if saved else self._store.session.tray,
            seed=saved.seed if saved else self._store.session.seed,
        )
        self.opened.emit(opened)
        if saved and saved.view:
            self.view_wanted.emit(saved.view)
        if opened.images:
            self.images_wanted.emit(opened.images)
        if work is not None and opened.map is None:
            self.map_latents()

    def _show_layout(self, seen: Session, fields: dict[str, Any]) -> None:
        """Put a layout into the session, unless its data have left; ``fields`` suit the session ``seen``."""
        session = self._store.session
        if session.work is not seen.work:
            return
        if session.cursor is not seen.cursor or session.dropped is not seen.dropped:
            fields = moved(session, fields["map"])
        self._store.replace(**fields)


def moved(session: Session, latent_map: LatentMap) -> dict[str, Any]:
    """Fields of ``session`` on another map: cursor and dropped pictures keep their latents and move along."""
    cursor = session.cursor
    if cursor is not None:
        cursor = replace(cursor, place=latent_map.place_of(cursor.latent))
    dropped = tuple(replace(one, place=latent_map.place_of(one.latent)) for one in session.dropped)
    return {"map": latent_map, "cursor": cursor, "dropped": dropped or session.dropped}
