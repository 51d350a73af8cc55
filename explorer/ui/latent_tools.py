"""Directions, probes and the comparison with the data: made when first asked for, or a session has some."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from explorer.core.session import Session
from explorer.ui.color.gestures import ColorGestures
from explorer.ui.controller import Controller
from explorer.ui.decode_loop import DecodeLoop
from explorer.ui.edits import Edits
from explorer.ui.main_window import MainWindow
from explorer.ui.parts.jobs import Jobs
from explorer.ui.presenter import Presenter
from explorer.ui.store import SessionStore

if TYPE_CHECKING:
    from explorer.ui.directions.presenter import DirectionPresenter
    from explorer.ui.here.novelty_presenter import NoveltyPresenter
    from explorer.ui.here.probe_presenter import ProbePresenter


class LatentTools(QObject):
    """The actions of tools that live in sections of the right panel."""

    def __init__(
        self,
        window: MainWindow,
        store: SessionStore,
        edits: Edits,
        jobs: Jobs,
        loop: DecodeLoop,
        presenter: Presenter,
        controller: Controller,
        coloring: ColorGestures,
    ) -> None:
        super().__init__(window)
        self._window, self._store, self._edits, self._jobs = window, store, edits, jobs
        self._loop, self._presenter = loop, presenter
        self._controller, self._coloring = controller, coloring
        self._directions: DirectionPresenter | None = None
        self._probes: ProbePresenter | None = None
        self._novelty: NoveltyPresenter | None = None
        store.changed.connect(self._changed)

    @property
    def directions(self) -> DirectionPresenter:
        """The directions."""
        if self._directions is None:
            from explorer.ui.directions.presenter import DirectionPresenter

            self._directions = DirectionPresenter(
                self._window, self._store, self._edits, self._jobs, self._loop, self._presenter
            )
        return self._directions

    @property
    def probes(self) -> ProbePresenter:
        """The probes."""
        if self._probes is None:
            from explorer.ui.here.probe_presenter import ProbePresenter

            self._probes = ProbePresenter(
                self._window, self._store, self._edits, self._jobs, self._presenter, self._coloring.color_by
            )
        return self._probes

    @property
    def novelty(self) -> NoveltyPresenter:
        """What compares the decoded picture with the data."""
        if self._novelty is None:
            from explorer.ui.here.novelty_presenter import NoveltyPresenter

            self._novelty = NoveltyPresenter(
                self._window,
                self._store,
                self._edits,
                self._jobs,
                self._presenter,
                self._controller.go_to_row,
            )
        return self._novelty

    def show_directions(self) -> None:
        """Open the directions, or close them."""
        if self._directions is not None and not self._directions.section.isHidden():
            self._directions.section.hide()
        else:
            section = self.directions.shown()
            if not self._store.session.directions:
                section.open_maker()

    def new_direction(self) -> None:
        """Open where a direction is made."""
        section = self.directions.shown()
        section.open_maker()
        section.maker.end.setFocus()

    def take_start(self) -> None:
        """Take the selection, or what is looked at, as where the next direction starts."""
        self.directions.gestures.take(as_end=False)

    def take_end(self) -> None:
        """Take the selection, or what is looked at, as where the next direction leads."""
        self.directions.gestures.take(as_end=True)

    def make_direction(self) -> None:
        """Make a direction of the two ends."""
        self.directions.gestures.make()

    def make_analogy(self) -> None:
        """Open where an analogy is made."""
        section = self.directions.shown()
        section.open_analogy()
        section.analogy.slots[0].setFocus()

    def rename_direction(self) -> None:
        """Rename the direction that has the focus, else the last one."""
        self._with_direction(self.directions.rename)

    def invert_direction(self) -> None:
        """Let that direction lead the other way."""
        self._with_direction(self.directions.gestures.invert)

    def orthogonal_direction(self) -> None:
        """Take out of that direction what it has in common with all others."""

        def against_others(name: str) -> None:
            others = tuple(one.name for one in self._store.session.directions if one.name != name)
            if others:
                self.directions.gestures.find_again(name, against=others)
            else:
                self._edits.said.emit("There is no other direction to be orthogonal to")

        self._with_direction(against_others)

    def delete_direction(self) -> None:
        """Delete that direction."""
        self._with_direction(self.directions.gestures.remove)

    def toggle_novelty(self) -> None:
        """Say whether what is decoded is new, or no longer."""
        self.novelty.toggle()

    def fit_probe(self) -> None:
        """Choose a column to be told from the latent."""
        probes = self.probes
        probes.offer(probes.shown().menu_place())

    def show_probes(self) -> None:
        """Open the probes, or close them."""
        if self._probes is not None and not self._probes.section.isHidden():
            self._probes.section.hide()
        else:
            self.probes.shown()

    def close(self) -> None:
        """Do nothing more of one's own accord."""
        for one in (self._directions, self._probes, self._novelty):
            if one is not None:
                one.close()

    def _changed(self, old: Session, new: Session) -> None:
        if new.directions is not old.directions and self._directions is None and new.directions:
            _ = self.directions
        if new.probes is not old.probes and self._probes is None and new.probes:
            _ = self.probes

    def _with_direction(self, method: Callable[[str], None]) -> None:
        self.directions.gestures.with_meant(method)
