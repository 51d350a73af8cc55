"""Jobs that open things and put them into the session."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from explorer.core import ahead
from explorer.core.bookmarks import placed
from explorer.core.bundles import bundle_folder
from explorer.core.coloring import default_key, is_known
from explorer.core.dataset_sampled import sampled
from explorer.core.errors import Cancelled, ExplorerError, Gone, Unsettled
from explorer.core.latent_map import LatentMap
from explorer.core.model_pair import ModelPair
from explorer.core.opening import Opened, Plan, first_cursor, open_again, open_now
from explorer.core.progress import Progress
from explorer.core.session import Session, defaults, extra_inputs
from explorer.core.work_maps import record_of
from explorer.core.workspace import Workspace
from explorer.ui.maps.mapping import Mapper, moved
from explorer.ui.parts.jobs import Job, Jobs
from explorer.ui.store import SessionStore

if TYPE_CHECKING:
    from explorer.core.session_file import SavedSession

_STAY = ("tray", "bookmarks", "seed", "compared")
"""Fields of the session that outlast another model."""


class Opening(QObject):
    """Opens things and puts them into the session.

    Attributes:
        device: what models are opened on: ``auto``, or a device's name.
        ahead: what is being opened already; taken by the first to ask for it.

    Signals:
        opened: an ``Opened`` has become the session.
        view_wanted: a ``View`` that a saved session had.
        images_wanted: single images that were named beside what was opened.
        unsettled: the ``Plan`` of a model that was refused, and the ``Unsettled``.
        remarked: a sentence about what was opened, to be said when it is there.
        missed: the ``Plan`` of a session, and the ``Gone`` that says what it refers to in vain.
    """

    opened = Signal(object)
    view_wanted = Signal(object)
    images_wanted = Signal(object)
    remarked = Signal(str)
    unsettled = Signal(object, object)
    missed = Signal(object, object)

    def __init__(self, store: SessionStore, jobs: Jobs, mapping: Mapper) -> None:
        super().__init__()
        self._store, self._jobs, self._mapping = store, jobs, mapping
        self.device = ahead.DEVICE
        self.ahead: ahead.Ahead | None = None

    def open_bundle(self, name: str, remark: str = "") -> None:
        """Open one of the demos that come with the program; ``remark`` is said when it is there."""
        self.open_plan(Plan(workspace=bundle_folder(name)), f"Opening {name}", remark)

    def open_plan(
        self,
        plan: Plan,
        title: str = "Opening",
        remark: str = "",
        then: Callable[[], None] = lambda: None,
    ) -> None:
        """Open all that ``plan`` names, then map what has no map yet; ``then`` is called when it is there."""
        pair, device = self._store.session.pair, self.device

        def settle(opened: Opened) -> None:
            self._settle(opened)
            if remark:
                self.remarked.emit(remark)
            then()

        def open_(progress: Progress) -> Opened:
            if plan.data is not None:
                from explorer.core.projection import prepare

                prepare()  # while the data are encoded, the map's process makes ready
            try:
                return self._open_now(plan, pair, progress, device)
            except Unsettled as error:
                self.unsettled.emit(plan, error)
                raise Cancelled from error  # asked, not told
            except Gone as error:
                self.missed.emit(plan, error)
                raise Cancelled from error

        self._jobs.start(title, open_, settle)

    def reopen(self, saved_path: Path, otherwise: str) -> None:
        """Open the session of last time, or the bundle ``otherwise`` where that is not to be had any more.

        The session is then put aside, so that it is not overwritten at the end.
        """
        device, missed = self.device, list[Gone]()

        def put_by(reason: str) -> None:
            from explorer.core.session_file import put_aside

            try:
                aside = put_aside(saved_path)
            except ExplorerError as error:
                self.open_bundle(otherwise, f"{reason} {error}")
                return
            kept = f"{reason} The session of last time is kept as {aside}."
            bundle = Plan(workspace=bundle_folder(otherwise))
            if missed:
                gone = Gone(kept, missed[0].wanted)
                self.open_plan(bundle, then=lambda: self.missed.emit(Plan(session=aside), gone))
            else:
                self.open_plan(bundle, remark=kept)

        def open_(progress: Progress) -> Opened:
            try:
                return self._open_now(Plan(session=saved_path), None, progress, device)
            except Gone as error:
                missed.append(error)
                raise

        self._jobs.start("Opening", open_, self._settle, failed=put_by)

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

    def _open_now(self, plan: Plan, pair: ModelPair | None, progress: Progress, device: str) -> Opened:
        """As ``core.opening`` does, or what has been begun ahead."""
        begun, self.ahead = self.ahead, None
        if begun is not None and begun.plan == plan and device == begun.device:
            return begun.result(progress)
        return open_now(plan, pair, progress, device)

    def _settle(self, opened: Opened) -> None:
        """Make what was opened the session."""
        work, saved = opened.work, opened.saved
        fields = _fields(opened, self._store.session)
        self._store.replace(pair=opened.pair, work=work, map=opened.map, measures={}, **fields)
        self.opened.emit(opened)
        if saved is not None:
            self._tell_of(saved, opened)
        if saved and saved.view:
            self.view_wanted.emit(saved.view)
        if opened.images:
            self.images_wanted.emit(opened.images)
        if work is not None and opened.map is None:
            self._mapping.make()
        elif work is None and not opened.pair.can_encode:
            self.sample_latents()

    def _tell_of(self, saved: SavedSession, opened: Opened) -> None:
        """Say what of a saved session is not as it was."""
        if saved.work is not None and opened.work is None:
            sentence = (
                f"{saved.work.name}, the data of {saved.path.name}, are not there any more, and neither is "
                f"what {opened.pair.name} made of them."
            )
            self.missed.emit(Plan(), Gone(sentence, "new data", saved.work.data.name))
        elif saved.session.unknown:
            names = ", ".join(sorted(saved.session.unknown))
            self.remarked.emit(
                f"{saved.path.name} was saved by a newer version of this program; what this one does not "
                f"know ({names}) is kept with it."
            )

    def _has(self, pair: ModelPair, work: Workspace | None) -> bool:
        session = self._store.session
        return session.pair is pair and session.work is work


def _fields(opened: Opened, before: Session) -> dict[str, Any]:
    """What becomes of all that was done: as it was saved, or as at the beginning but for what stays."""
    saved, work = opened.saved, opened.work
    fields = defaults()
    if saved is None:
        stays = {name: getattr(before, name) for name in _STAY}
        return {
            **fields,
            **stays,
            "bookmarks": placed(before.bookmarks, opened.pair.fingerprint, opened.map),
            "cursor": first_cursor(opened),
            "color_by": default_key(work),
            "unknown": {},
        }
    session = saved.session
    size = saved.model.latent_size if saved.model else 0
    fits = opened.pair.latent_size == size or (session.cursor is None and not size)
    names = fields if fits else _STAY  # what was done with latents of another size says nothing of these
    fields |= {name: getattr(session, name) for name in names} | {"unknown": session.unknown}
    if not is_known(work, session.color_by):
        fields |= {"color_by": default_key(work), "hidden": frozenset(), "range": None}
    rows = fields["selection"]
    if rows is not None and (work is None or rows.max() >= len(work)):
        fields["selection"] = None
    fields["extras"] = _known(fields["extras"], opened.pair)
    fields |= _vectors(fields, opened.pair.latent_size, len(work) if work is not None else 0)
    cursor = fields["cursor"]
    if cursor is None or len(cursor.latent) != opened.pair.latent_size:
        fields["cursor"] = first_cursor(opened)
    elif opened.map is not None and (cursor.place is None or (saved.map and saved.map != opened.map.record)):
        fields |= moved(replace(Session(pair=opened.pair), **fields), opened.map)
        del fields["map"]
    return fields


def _vectors(fields: dict[str, Any], size: int, count: int) -> dict[str, Any]:
    """Those directions, probes and stations that are of latents of this ``size`` and of so many rows."""
    directions, probes = fields["directions"], fields["probes"]
    if directions:
        from explorer.core.latent_ops import steering

        directions = tuple(one for one in directions if steering.fits(one, size, count))
    if probes:
        from explorer.core.latent_ops import told

        probes = tuple(one for one in probes if told.fits(one, size))
    cursor = fields["cursor"]
    if cursor is not None and cursor.steered is not None and len(cursor.steered.base) != size:
        cursor = replace(cursor, steered=None)
    path = fields["path"]
    if path.stations and path.latents.shape[1] != size:
        path = replace(path, stations=())
    return {"directions": directions, "probes": probes, "cursor": cursor, "path": path}


def _known(extras: Mapping[str, float], pair: ModelPair) -> dict[str, float]:
    """Those of ``extras`` that the decoder has inputs for."""
    names = [one.name for one in extra_inputs(pair)]
    return {name: value for name, value in extras.items() if name in names}
