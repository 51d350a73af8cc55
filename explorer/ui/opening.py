"""Jobs that open things and put them into the session, and the map as it forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Qt, Signal

from explorer.core.bundles import bundle_folder, is_bundled
from explorer.core.dataset_sampled import sampled
from explorer.core.errors import Cancelled, ExplorerError, Unsettled
from explorer.core.latent_map import LatentMap
from explorer.core.model_pair import ModelPair
from explorer.core.opening import Opened, Plan, first_cursor, open_again, open_now
from explorer.core.progress import Progress
from explorer.core.session import Session, extra_inputs, put_aside
from explorer.core.workspace import Workspace
from explorer.ui.jobs import Job, Jobs
from explorer.ui.store import SessionStore

if TYPE_CHECKING:
    from explorer.core.projection import Reins


class Opening(QObject):
    """Opens things and puts them into the session.

    Attributes:
        settings: how the next map is computed, as ``MapSettings`` fields; else as that data's last one was.
        device: what models are opened on: ``auto``, or a device's name.
        reins: pause, go on or stop the map that is being made; None before the first.

    Signals:
        opened: an ``Opened`` has become the session.
        view_wanted: a ``View`` that a saved session had.
        images_wanted: single images that were named beside what was opened.
        unsettled: the ``Plan`` of a model that was refused, and the ``Unsettled``.
        remarked: a sentence about what was opened, to be said when it is there.
    """

    opened = Signal(object)
    view_wanted = Signal(object)
    images_wanted = Signal(object)
    remarked = Signal(str)
    unsettled = Signal(object, object)
    _layout_formed = Signal(object, object)

    def __init__(self, store: SessionStore, jobs: Jobs) -> None:
        super().__init__()
        self._store, self._jobs = store, jobs
        self.settings: dict[str, Any] = {}
        self.device = "auto"
        self.reins: Reins | None = None
        self._layout_formed.connect(self._show_layout, Qt.ConnectionType.QueuedConnection)

    def open_bundle(self, name: str, remark: str = "") -> None:
        """Open one of the demos that come with the program; ``remark`` is said when it is there."""
        self.open_plan(Plan(workspace=bundle_folder(name)), f"Opening {name}", remark)

    def open_plan(self, plan: Plan, title: str = "Opening", remark: str = "") -> None:
        """Open all that ``plan`` names, then map what has no map yet."""
        pair, device = self._store.session.pair, self.device

        def settle(opened: Opened) -> None:
            self._settle(opened)
            if remark:
                self.remarked.emit(remark)

        def open_(progress: Progress) -> Opened:
            if plan.data is not None:
                from explorer.core.projection import prepare

                prepare()  # while the data are encoded, the map's process makes ready
            try:
                return open_now(plan, pair, progress, device)
            except Unsettled as error:
                self.unsettled.emit(plan, error)
                raise Cancelled from error  # asked, not told

        self._jobs.start(title, open_, settle)

    def reopen(self, saved_path: Path, otherwise: str) -> None:
        """Open the session of last time, or the bundle ``otherwise`` where that is not to be had any more.

        The session is then put aside, so that it is not overwritten at the end.
        """
        device = self.device

        def put_by(reason: str) -> None:
            try:
                aside = put_aside(saved_path)
            except ExplorerError as error:
                self.open_bundle(otherwise, f"{reason} {error}")
            else:
                self.open_bundle(otherwise, f"{reason} The session of last time is kept as {aside}.")

        self._jobs.start(
            "Opening",
            lambda progress: open_now(Plan(session=saved_path), None, progress, device),
            self._settle,
            failed=put_by,
        )

    def open_again(
        self,
        stated: Mapping[str, str] | None = None,
        *,
        failed: Callable[[str], None] | None = None,
    ) -> Job:
        """Open the model once more, on ``device`` and with what the user ``stated``; see ``core.opening``.

        A refusal leaves the open model as it is and goes to ``failed`` (by default it is shown).
        """
        session, device = self._store.session, self.device

        def open_(progress: Progress) -> Opened:
            return open_again(session, device, stated, progress)

        def settle(opened: Opened) -> None:
            if opened.work is session.work and opened.map is session.map:
                self._store.replace(pair=opened.pair)
                self.opened.emit(opened)
            else:
                self._settle(opened)

        return self._jobs.start(
            "Opening the model",
            open_,
            settle,
            wanted=lambda: self._store.session.pair is session.pair,
            failed=failed,
        )

    def sample_latents(self) -> None:
        """Draw samples of a model that cannot encode; they become its data, and are mapped."""
        pair = self._store.session.pair
        if pair is None:
            return

        def show(work: Workspace) -> None:
            positions = work.positions()
            fields: dict[str, Any] = {"map": None}
            if positions is not None:
                fields = moved(self._store.session, LatentMap.of(positions, work.latents))
            self._store.replace(work=work, **fields)
            if positions is None:
                self.map_latents()

        self._jobs.start(
            "Sampling", lambda progress: sampled(pair, progress), show, wanted=lambda: self._has(pair, None)
        )

    def map_latents(self) -> None:
        """Project the latents: a PCA at once, then the layout as it forms; all of them can be dragged on."""
        from explorer.core.map_shelf import maps_folder
        from explorer.core.projection import MapSettings, Reins, fit_map

        work = self._store.session.work
        if work is None:
            return
        before, reins = self._store.session.map, Reins()
        self.reins = reins
        settings = MapSettings.of(self.settings or work.map_settings() or {})

        def form(positions: npt.NDArray[np.float32]) -> None:
            # All that can be done for a layout is done on the job's thread: many come in a second.
            show(LatentMap.of(positions, work.latents))

        def show(formed: LatentMap) -> None:
            session = self._store.session
            if session.work is work:
                self._layout_formed.emit(session, moved(session, formed))

        def project(progress: Progress) -> None:
            try:
                made = fit_map(
                    work.latents,
                    settings,
                    progress,
                    lambda layout: form(layout.places),
                    labels=work.labels(settings.labels),
                    keep_in=maps_folder(work.folder),
                    reins=reins,
                )
            except (Cancelled, ExplorerError):
                if before is not None:
                    show(before)
                raise
            if not is_bundled(work.folder):
                work.save_positions(made.places, asdict(made.settings))
            form(made.places)
            for remark in made.remarks:
                self.remarked.emit(remark)

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
            extras=_known(saved.extras, opened.pair) if saved else {},
        )
        self.opened.emit(opened)
        if saved and saved.view:
            self.view_wanted.emit(saved.view)
        if opened.images:
            self.images_wanted.emit(opened.images)
        if work is not None and opened.map is None:
            self.map_latents()
        elif work is None and not opened.pair.can_encode:
            self.sample_latents()

    def _has(self, pair: ModelPair, work: Workspace | None) -> bool:
        session = self._store.session
        return session.pair is pair and session.work is work

    def _show_layout(self, seen: Session, fields: dict[str, Any]) -> None:
        """Put a layout into the session, unless its data have left; ``fields`` suit the session ``seen``."""
        session = self._store.session
        if session.work is not seen.work:
            return
        if session.cursor is not seen.cursor or session.dropped is not seen.dropped:
            fields = moved(session, fields["map"])
        self._store.replace(**fields)


def _known(extras: Mapping[str, float], pair: ModelPair) -> dict[str, float]:
    """Those of ``extras`` that the decoder has inputs for."""
    names = [one.name for one in extra_inputs(pair)]
    return {name: value for name, value in extras.items() if name in names}


def moved(session: Session, latent_map: LatentMap) -> dict[str, Any]:
    """Fields of ``session`` on another map: cursor and dropped pictures keep their latents and move along."""
    cursor = session.cursor
    if cursor is not None:
        cursor = replace(cursor, place=latent_map.place_of(cursor.latent))
    dropped = tuple(replace(one, place=latent_map.place_of(one.latent)) for one in session.dropped)
    return {"map": latent_map, "cursor": cursor, "dropped": dropped or session.dropped}
