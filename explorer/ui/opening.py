"""Jobs that open things and put them into the session."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from explorer.core.bundles import bundle_folder
from explorer.core.coloring import default_key, is_known
from explorer.core.dataset_sampled import sampled
from explorer.core.errors import Cancelled, ExplorerError, Unsettled
from explorer.core.latent_map import LatentMap
from explorer.core.model_pair import ModelPair
from explorer.core.opening import Opened, Plan, first_cursor, open_again, open_now
from explorer.core.progress import Progress
from explorer.core.session import extra_inputs, put_aside
from explorer.core.work_maps import record_of
from explorer.core.workspace import Workspace
from explorer.ui.jobs import Job, Jobs
from explorer.ui.mapping import Mapper, moved
from explorer.ui.store import SessionStore


class Opening(QObject):
    """Opens things and puts them into the session.

    Attributes:
        device: what models are opened on: ``auto``, or a device's name.

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

    def __init__(self, store: SessionStore, jobs: Jobs, mapping: Mapper) -> None:
        super().__init__()
        self._store, self._jobs, self._mapping = store, jobs, mapping
        self.device = "auto"

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
                latent_map = LatentMap.of(positions, work.latents, record_of(work))
                fields = moved(self._store.session, latent_map)
            self._store.replace(work=work, color_by="", hidden=frozenset(), range=None, measures={}, **fields)
            if positions is None:
                self._mapping.make()

        self._jobs.start(
            "Sampling", lambda progress: sampled(pair, progress), show, wanted=lambda: self._has(pair, None)
        )

    def _settle(self, opened: Opened) -> None:
        """Make what was opened the session."""
        work, saved = opened.work, opened.saved
        colors = saved if saved and is_known(work, saved.color_by) else None
        cursor = (
            saved.cursor
            if saved and saved.cursor and len(saved.cursor.latent) == opened.pair.latent_size
            else None
        )
        if cursor is None:
            cursor = first_cursor(opened)
        elif opened.map and (
            cursor.place is None or (saved and saved.map and saved.map != opened.map.record)
        ):
            cursor = replace(cursor, place=opened.map.place_of(cursor.latent))
        self._store.replace(
            pair=opened.pair,
            work=work,
            map=opened.map,
            color_by=colors.color_by if colors else default_key(work),
            hidden=colors.hidden if colors else frozenset(),
            range=colors.range if colors else None,
            measures={},
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
            self._mapping.make()
        elif work is None and not opened.pair.can_encode:
            self.sample_latents()

    def _has(self, pair: ModelPair, work: Workspace | None) -> bool:
        session = self._store.session
        return session.pair is pair and session.work is work


def _known(extras: Mapping[str, float], pair: ModelPair) -> dict[str, float]:
    """Those of ``extras`` that the decoder has inputs for."""
    names = [one.name for one in extra_inputs(pair)]
    return {name: value for name, value in extras.items() if name in names}
