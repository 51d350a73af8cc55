"""Gestures with directions: making, applying and changing them; all of it can be undone."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from explorer.core.errors import ExplorerError
from explorer.core.latent_ops.directions import (
    Direction,
    Method,
    analogy,
    direction_between,
    direction_of_pair,
)
from explorer.core.latent_ops.steering import Steered, unique_name, worth
from explorer.core.session import Cursor, Session
from explorer.ui.directions.sources import (
    Source,
    cursor_source,
    direction_name,
    selection_source,
)
from explorer.ui.edits import Edits
from explorer.ui.parts.jobs import Jobs
from explorer.ui.presenter import Presenter

if TYPE_CHECKING:
    from explorer.ui.directions.section import DirectionSection

_MIXED = "A direction leads from pictures to pictures or from one picture to another; take two of a kind."
_NONE = "There is no direction yet; make one first."


class DirectionGestures(QObject):
    """What is done with directions. ``section`` gives the section of the right panel, and shows it."""

    def __init__(
        self, edits: Edits, jobs: Jobs, presenter: Presenter, section: Callable[[], DirectionSection]
    ) -> None:
        super().__init__(edits)
        self._edits, self._jobs, self._presenter, self._section = edits, jobs, presenter, section

    # --- making --------------------------------------------------------------------------------------

    def take(self, as_end: bool) -> None:
        """Take the selection, or the picture that is looked at, as start or end of the next direction."""
        maker = self._section().maker
        self._section().open_maker()
        source = selection_source(self._edits.session) or self.here()
        if source is None:
            self._edits.said.emit("Nothing is selected, and no picture is looked at")
            return
        (maker.end if as_end else maker.start).set_source(source)
        self._edits.said.emit(f"The direction {'leads to' if as_end else 'starts from'}: {source.text}")

    def here(self) -> Source | None:
        """What is looked at, as the end of a direction."""
        self._edits.settle()
        session, decoded = self._edits.session, self._presenter.decoded
        shown = decoded is not None and decoded.is_of(session)
        return cursor_source(session, decoded.picture if decoded is not None and shown else None)

    def make(self) -> None:
        """Find the direction between the two ends that were chosen."""
        maker = self._section().maker
        start, end, method = maker.start.source, maker.end.source, maker.method
        if start is None or end is None:
            self._edits.refused.emit("A direction has two ends; choose where it leads from and to.")
            return
        session = self._edits.session

        def done(found: Direction) -> None:
            now = self._edits.session.directions
            found = replace(found, name=unique_name(found.name, (one.name for one in now)))
            self._edits.new_gesture()
            self._edits.edit("Make direction", directions=(*now, found))
            self._edits.said.emit(f"“{found.name}” {worth(found)[0]}")

        self._find(lambda: _found(session, start, end, method), done)

    def show_analogy(self) -> None:
        """Look at a − b + c."""
        sources = [slot.source for slot in self._section().analogy.slots]
        latents = [one.latent for one in sources if one is not None and one.latent is not None]
        size = {len(one) for one in latents}
        if len(latents) < 3 or len(size) > 1:
            self._edits.refused.emit("An analogy takes three pictures; choose a, b and c.")
            return
        names = [one.name for one in sources if one is not None]
        latent = analogy(*latents)
        self._edits.new_gesture()
        name = f"{names[0]} − {names[1]} + {names[2]}"
        cursor = Cursor(latent, self._place_of(latent), "analogy", name=name)
        self._edits.edit("Analogy", cursor=cursor)

    # --- applying ------------------------------------------------------------------------------------

    def slide(self, name: str, strength: float) -> None:
        """Add so much of a direction to what is looked at, in standard deviations, beside the others."""
        began, session = time.perf_counter(), self._edits.session
        cursor = session.cursor
        if cursor is None:
            return
        steered = (cursor.steered or Steered(cursor.latent)).moved(name, strength)
        latent = steered.latent(session.directions)
        self._presenter.ask_for(latent, began)
        moved = Cursor(latent, self._place_of(latent), "direction", steered=steered)
        self._edits.edit("Move along directions", cursor=moved)

    # --- changing ------------------------------------------------------------------------------------

    def rename(self, old: str, new: str) -> None:
        """Call a direction otherwise."""
        directions = self._edits.session.directions
        new = unique_name(new, (one.name for one in directions if one.name != old))
        found = _named(directions, old)
        if found is not None and new != old:
            self._put("Rename direction", found, replace(found, name=new), lambda it: it.renamed(old, new))

    def invert(self, name: str) -> None:
        """Let a direction lead the other way."""
        directions = self._edits.session.directions
        found = _named(directions, name)
        if found is None:
            return
        back = found.inverted()
        back = replace(
            back, name=unique_name(back.name, (one.name for one in directions if one is not found))
        )

        def turned(steered: Steered) -> Steered:
            amount = steered.amounts.get(name, 0.0)
            return steered.renamed(name, back.name).moved(back.name, -amount) if amount else steered

        self._put("Invert direction", found, back, turned)

    def remove(self, name: str) -> None:
        """Delete a direction; the picture stays as it is."""
        found = _named(self._edits.session.directions, name)
        if found is not None:
            self._put("Delete direction", found, None, lambda steered: steered.settled(found))

    def find_again(self, name: str, *, method: Method | None = None, against: tuple[str, ...] = ()) -> None:
        """Find a direction anew from the same pictures: by another method, or held against others."""
        session = self._edits.session
        found = _named(session.directions, name)
        others = [one for one in session.directions if one.name in against]
        if found is None:
            return
        latents = _latents_of(session)

        def done(new: Direction) -> None:
            if any(one is found for one in self._edits.session.directions):
                text = "Make orthogonal" if against else "Find direction anew"
                self._put(text, found, new, lambda steered: steered.settled(found))
                if against:
                    self._edits.said.emit(f"{new.remains:.0%} of “{name}” remained")

        self._find(lambda: found.found_again(latents, method=method, against=others), done)

    def with_meant(self, method: Callable[[str], None]) -> None:
        """Do something with the direction that has the focus, else with the last one."""
        name = self._section().focused()
        if name:
            method(name)
        else:
            self._edits.said.emit(_NONE)

    def add_actions(self, menu: QObject, name: str) -> None:
        """Put into a menu what can be done with a direction."""
        from PySide6.QtWidgets import QMenu

        assert isinstance(menu, QMenu)
        directions = self._edits.session.directions
        found, row = _named(directions, name), self._section().row_of(name)
        if found is None or row is None:
            return
        others = [one.name for one in directions if one is not found]
        _add(menu, "Rename…", row.rename)
        _add(menu, "Invert", lambda: self.invert(name))
        inner = menu.addMenu("Orthogonal to")
        inner.setEnabled(bool(others) or bool(found.against))
        for other in others:
            _add(inner, other, partial(self.find_again, name, against=(other,)))
        if len(others) > 1:
            inner.addSeparator()
            _add(inner, "All others", lambda: self.find_again(name, against=tuple(others)))
        if found.against:
            inner.addSeparator()
            _add(inner, "None: as it was found", lambda: self.find_again(name))
        if found.ends is None:
            by_means = found.method == "linear"
            text = "Find anew as a difference of means" if by_means else "Find anew by a linear classifier"
            _add(menu, text, lambda: self.find_again(name, method="means" if by_means else "linear"))
        menu.addSeparator()
        _add(menu, "Delete", lambda: self.remove(name))

    # --- what these share ------------------------------------------------------------------------------

    def _find(self, find: Callable[[], Direction], done: Callable[[Direction], None]) -> None:
        session = self._edits.session

        def wanted() -> bool:
            return self._edits.session.work is session.work and self._edits.session.pair is session.pair

        self._jobs.start("Finding the direction", lambda _: find(), done, wanted=wanted)

    def _put(
        self, text: str, old: Direction, new: Direction | None, steer: Callable[[Steered], Steered]
    ) -> None:
        """Put a direction in the place of another, and keep the picture as it is."""
        self._edits.new_gesture()
        session = self._edits.session
        directions = [new if one is old else one for one in session.directions]
        fields: dict[str, Any] = {"directions": tuple(one for one in directions if one is not None)}
        cursor = session.cursor
        if cursor is not None and cursor.steered is not None:
            fields["cursor"] = replace(cursor, steered=steer(cursor.steered))
        self._edits.edit(text, **fields)

    def _place_of(self, latent: np.ndarray) -> tuple[float, float] | None:
        latent_map = self._edits.session.map
        return latent_map.place_of(latent) if latent_map is not None else None


def _found(session: Session, start: Source, end: Source, method: Method) -> Direction:
    """The direction between two sources."""
    latents, name = _latents_of(session), direction_name(start, end)
    if start.kind == "picture" or end.kind == "picture":
        if start.latent is None or end.latent is None:
            raise ExplorerError(_MIXED)
        if len(start.latent) != latents.shape[1] or len(end.latent) != latents.shape[1]:
            raise ExplorerError("These pictures are of another model; choose pictures of the open one.")
        return direction_of_pair(latents, start.latent, end.latent, name=name)
    if start.kind == end.kind == "rest":
        raise ExplorerError("A direction from the rest to the rest says nothing; choose one end.")
    first = start.rows if start.rows is not None else _beside(end, len(latents))
    second = end.rows if end.rows is not None else _beside(start, len(latents))
    if max(first.max(initial=-1), second.max(initial=-1)) >= len(latents):
        raise ExplorerError("These pictures belong to other data; choose both ends again.")
    return direction_between(latents, first, second, method, name=name)


def _beside(source: Source, count: int) -> np.ndarray:
    """All rows that are not those of ``source``."""
    assert source.rows is not None
    left = np.ones(count, np.bool_)
    left[source.rows[source.rows < count]] = False
    return np.flatnonzero(left)


def _latents_of(session: Session) -> np.ndarray:
    if session.work is not None:
        return session.work.latents
    size = session.pair.latent_size if session.pair is not None else 1
    return np.zeros((0, size), np.float32)


def _named(directions: tuple[Direction, ...], name: str) -> Direction | None:
    return next((one for one in directions if one.name == name), None)


def _add(menu: QObject, text: str, method: Callable[[], None]) -> None:
    action = QAction(text.replace("&", "&&"), menu)
    action.triggered.connect(lambda _=False: method())
    menu.addAction(action)  # type: ignore[attr-defined]
