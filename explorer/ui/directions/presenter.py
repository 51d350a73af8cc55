"""Shows the session's directions in the right panel, and the steps along those that are unfolded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QPoint, QTimer
from PySide6.QtWidgets import QMenu

from explorer.core.latent_ops.directions import Direction
from explorer.core.latent_ops.steering import Steered, reach
from explorer.core.progress import Progress
from explorer.core.session import Pictures, Session
from explorer.ui.decode_loop import DecodeLoop
from explorer.ui.directions.gestures import DirectionGestures
from explorer.ui.directions.maker import Slot, icon_of
from explorer.ui.directions.row import STEPS, DirectionRow
from explorer.ui.directions.section import DirectionSection
from explorer.ui.directions.sources import (
    REST,
    Source,
    dropped_sources,
    kept_sources,
    label_sources,
    selection_source,
)
from explorer.ui.edits import Edits
from explorer.ui.main_window import MainWindow
from explorer.ui.parts.furniture import reveal
from explorer.ui.parts.jobs import Job, Jobs
from explorer.ui.presenter import Presenter
from explorer.ui.store import SessionStore

RANK = 3
"""Where the section stands among those of the right panel."""

_FOLLOW_MS, _REST_MS = 15, 220


@dataclass(frozen=True, eq=False)
class _Steps:
    """What the steps along a direction were drawn of."""

    direction: object
    base: npt.NDArray[np.float32]
    others: tuple[tuple[str, float], ...]
    pair: object
    extras: object

    @classmethod
    def of(cls, session: Session, direction: Direction) -> _Steps:
        steered = _steered(session)
        others = tuple((name, by) for name, by in steered.amounts.items() if name != direction.name and by)
        return cls(direction, steered.base, others, session.pair, session.extras)

    def is_like(self, other: _Steps) -> bool:
        same = all(
            getattr(self, name) is getattr(other, name) for name in ("direction", "base", "pair", "extras")
        )
        return same and self.others == other.others


class DirectionPresenter(QObject):
    """Keeps the section of directions in step with the session.

    Attributes:
        section: the section; it is in the right panel.
        gestures: what is done with directions.
    """

    def __init__(
        self,
        window: MainWindow,
        store: SessionStore,
        edits: Edits,
        jobs: Jobs,
        loop: DecodeLoop,
        presenter: Presenter,
    ) -> None:
        super().__init__(window)
        self._store, self._jobs, self._loop = store, jobs, loop
        self.gestures = DirectionGestures(edits, jobs, presenter, self.shown)
        self.section = DirectionSection(self._fill, self._fill_pictures)
        self.section.hide()
        self._drawn: dict[DirectionRow, _Steps] = {}
        self._drawing: Job | None = None
        self._follow = presenter.pauses.task(self._show_amounts, _FOLLOW_MS)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self._draw_steps)
        section, gestures = self.section, self.gestures
        section.taken.connect(edits.new_gesture)
        section.moved.connect(gestures.slide)
        section.unfolded.connect(lambda: self._rest.start(0))
        section.renamed.connect(gestures.rename)
        section.removed.connect(gestures.remove)
        section.menu_asked.connect(self._show_menu)
        section.closed.connect(section.hide)
        section.maker.make.clicked.connect(gestures.make)
        section.analogy.show_it.clicked.connect(gestures.show_analogy)
        section.maker.start.set_source(REST)
        window.here.add_section(section, RANK)
        self._show(store.session)
        store.changed.connect(self._changed)

    def shown(self) -> DirectionSection:
        """The section, brought into sight."""
        reveal(self.section)
        return self.section

    def rename(self, name: str) -> None:
        """Let another name be typed for a direction."""
        row = self.shown().row_of(name)
        if row is not None:
            row.rename()

    def close(self) -> None:
        """Do nothing more of one's own accord."""
        self._rest.stop()
        self._follow.stop()

    def _changed(self, old: Session, new: Session) -> None:
        if new.directions is not old.directions:
            self._show(new)
        if new.pair is not old.pair or new.work is not old.work:
            self._forget_sources()
        if new.cursor is not old.cursor or new.extras is not old.extras:
            self._follow.want()
            if any(row.is_open for row in self.section.rows):
                self._rest.start()

    def _show(self, session: Session) -> None:
        self.section.set_directions(session.directions)
        self._drawn = {row: one for row, one in self._drawn.items() if row in self.section.rows}
        self._show_amounts()
        self._rest.start()
        if session.directions:
            self.section.show()

    def _show_amounts(self) -> None:
        cursor = self._store.session.cursor
        self.section.set_steered(cursor.steered if cursor is not None else None)

    def _forget_sources(self) -> None:
        self.section.maker.start.set_source(REST)
        for slot in (self.section.maker.end, *self.section.analogy.slots):
            slot.set_source(None)

    # --- steps along a direction ---------------------------------------------------------------------

    def _draw_steps(self) -> None:
        """Draw the steps of what is unfolded and not drawn yet, one row at a time, while no hand drags."""
        if self._drawing in self._jobs.running:
            return
        if not self._loop.is_idle():
            self._rest.start()
            return
        session = self._store.session
        pair, row = session.pair, self._lacking(session)
        if pair is None or row is None or row.direction is None:
            return
        wanted, steered = _Steps.of(session, row.direction), _steered(session)
        strengths = [step * reach(row.direction) for step in STEPS]
        name = row.direction.name
        latents = np.stack([steered.moved(name, one).latent(session.directions) for one in strengths])
        self._drawing = self._jobs.start(
            "Drawing the steps",
            lambda progress: _decoded(pair.decode, latents, session.extras, progress),
            lambda pictures: self._put_steps(row, wanted, pictures),
            quiet=True,
        )

    def _lacking(self, session: Session) -> DirectionRow | None:
        """The first row that is unfolded, and whose steps are not those of the present picture."""
        if session.pair is None or not session.pair.can_decode or session.cursor is None:
            return None
        if self.section.isHidden():
            return None
        for row in self.section.rows:
            if row.is_open and row.direction is not None:
                drawn = self._drawn.get(row)
                if drawn is None or not drawn.is_like(_Steps.of(session, row.direction)):
                    return row
        return None

    def _put_steps(self, row: DirectionRow, wanted: _Steps, pictures: list[Pictures]) -> None:
        if row in self.section.rows and row.direction is wanted.direction:
            self._drawn[row] = wanted
            row.set_steps(pictures)
            for view in row.steps:
                view.setVisible(row.is_open)
        self._rest.start(0)

    # --- menus ---------------------------------------------------------------------------------------

    def _show_menu(self, name: str, at: QPoint) -> None:
        menu = QMenu(self.section)
        self.gestures.add_actions(menu, name)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(at)

    def _fill(self, menu: QMenu, slot: Slot) -> None:
        """Offer all that a direction can lead from and to."""
        session = self._store.session
        _offer(menu, "All the rest", lambda: slot.set_source(REST))
        selected = selection_source(session)
        text = f"The selection · {len(selected.rows):,}" if selected and selected.rows is not None else ""
        _offer(menu, text or "The selection: nothing is selected", lambda: slot.set_source(selected))
        menu.actions()[-1].setEnabled(selected is not None)
        fields = list(label_sources(session))
        for name, labels in fields:
            inner = menu.addMenu("Label" if len(fields) == 1 else name.replace("&", "&&"))
            for label, make in labels:
                _offer(inner, label, partial(_set_made, slot, make))
        menu.addSeparator()
        self._fill_pictures(menu, slot)

    def _fill_pictures(self, menu: QMenu, slot: Slot) -> None:
        """Offer single pictures."""
        session, here = self._store.session, self.gestures.here()
        if here is not None:
            _offer(menu, f"The picture shown: {here.name}", lambda: slot.set_source(here), here)
        for text, sources in (("Dropped", dropped_sources(session)), ("Kept", kept_sources(session))):
            inner = menu.addMenu(text)
            inner.setEnabled(bool(sources))
            for one in sources:
                _offer(inner, one.text, partial(slot.set_source, one), one)


def _set_made(slot: Slot, make: Callable[[], Source]) -> None:
    slot.set_source(make())


def _steered(session: Session) -> Steered:
    """What is looked at, as a sum of directions."""
    assert session.cursor is not None
    return session.cursor.steered or Steered(session.cursor.latent)


def _offer(menu: QMenu, text: str, method: Callable[[], Any], source: Source | None = None) -> None:
    action = menu.addAction(text.replace("&", "&&"))
    if source is not None and source.picture is not None:
        action.setIcon(icon_of(source.picture))
    action.triggered.connect(lambda _=False: method())


def _decoded(
    decode: Callable[..., Pictures], latents: npt.NDArray[np.float32], extras: Any, progress: Progress
) -> list[Pictures]:
    """The pictures of the steps, one by one: a decoder may be of batch 1, and a close may come between."""
    pictures = []
    for latent in latents:
        progress.check()
        pictures.append(decode(latent[None], extras)[0])
    return pictures
