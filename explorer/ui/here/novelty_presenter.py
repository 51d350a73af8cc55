"""Compares the decoded picture with the data, behind it: what it is nearest to, and whether it is new."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from explorer.core.likeness import Likeness, Nearness
from explorer.core.session import Pictures, Session
from explorer.ui.edits import Edits
from explorer.ui.here.neighbour_row import NEIGHBOURS, Neighbour
from explorer.ui.here.novelty_section import NoveltySection
from explorer.ui.main_window import MainWindow
from explorer.ui.parts.furniture import reveal
from explorer.ui.parts.jobs import Job, Jobs
from explorer.ui.presenter import Presenter
from explorer.ui.store import SessionStore

RANK = 0
"""Where the section stands among those of the right panel."""

_FOLLOW_MS = 90
_WAITING = "The data’s pictures are being read …"


class NoveltyPresenter(QObject):
    """What is needed is read once for a model and its data, when the section is first opened.

    Attributes:
        section: the section; it is in the right panel.
        likeness: what compares; None until it is there.
    """

    def __init__(
        self,
        window: MainWindow,
        store: SessionStore,
        edits: Edits,
        jobs: Jobs,
        presenter: Presenter,
        go_to_row: Callable[[int], None],
    ) -> None:
        super().__init__(window)
        self._window, self._store, self._edits = window, store, edits
        self._jobs, self._presenter = jobs, presenter
        self.likeness: Likeness | None = None
        self._of: tuple[object, ...] = ()
        self._job: Job | None = None
        self.section = NoveltySection()
        self.section.hide()
        self.section.closed.connect(self.close_section)
        self.section.by_picture.chosen.connect(go_to_row)
        self._follow = presenter.pauses.task(self._compare, _FOLLOW_MS)
        window.here.add_section(self.section, RANK)
        presenter.here.shown.connect(self._want)
        store.changed.connect(self._changed)

    @property
    def is_open(self) -> bool:
        """Whether the section is wanted."""
        return not self.section.isHidden()

    def toggle(self) -> None:
        """Open the section or close it."""
        if self.is_open:
            self.close_section()
        else:
            self._open()

    def close_section(self) -> None:
        """No longer compare."""
        self.section.hide()
        self._presenter.here.compare_latents(False)
        if self._job is not None:
            self._job.progress.cancel()

    def close(self) -> None:
        """Do nothing more of one's own accord."""
        self._follow.stop()

    def _open(self) -> None:
        session = self._store.session
        if session.work is None or session.map is None or session.pair is None:
            self._edits.refused.emit("There are no data and no map to compare with yet; open data first.")
            return
        if not session.pair.can_decode:
            return
        reveal(self.section)
        self._presenter.here.compare_latents(True)
        self._prepare()

    def _prepare(self) -> None:
        """Have read what is needed, unless it is there."""
        session = self._store.session
        pair, work, latent_map, extras = session.pair, session.work, session.map, session.extras
        if pair is None or work is None or latent_map is None:
            return
        wanted = (pair, work, latent_map.latents)
        if self.likeness is not None and _same(self._of, wanted):
            self._want()
            return
        self.likeness, self._of = None, wanted
        self.section.set_found(_WAITING, "", (), "", "")

        def done(found: Likeness) -> None:
            self.likeness = found
            self._want()

        def failed(sentence: str) -> None:
            self.close_section()
            self._edits.refused.emit(sentence)

        def still() -> bool:
            return _same(self._of, wanted)

        self._job = self._jobs.start(
            "Comparing with the data",
            lambda progress: Likeness.learnt(pair, work, latent_map.placement, extras, progress),
            done,
            wanted=still,
            failed=failed,
        )

    def _changed(self, old: Session, new: Session) -> None:
        if new.pair is not old.pair or new.work is not old.work:
            self.likeness, self._of = None, ()
            if self.is_open:
                self.close_section()

    def _want(self) -> None:
        if self.is_open and self.likeness is not None:
            self._follow.want()

    def _compare(self) -> None:
        session, decoded, likeness = self._store.session, self._presenter.decoded, self.likeness
        if not self.is_open or likeness is None or decoded is None or not decoded.is_of(session):
            return
        latent = decoded.latent
        by_latent = likeness.of_latent(latent, NEIGHBOURS)
        by_picture = likeness.of_picture(decoded.picture, latent, NEIGHBOURS)
        itself = " (its own picture left out)" if likeness.row_of(latent) >= 0 else ""
        tip = (
            f"Compared with {likeness.compared:,} pictures of the data, which need not be those that the "
            f"model was trained on.\nWhat is usual was learnt from {likeness.learnt_from:,} of them, each "
            "left out: by latent its own, by picture its reconstruction, for what is decoded is smoother "
            "than what is real."
        )
        self.section.set_found(
            f"By latent: {_first_low(by_latent.words)}{itself}.",
            f"By picture: {_first_low(by_picture.words)}{itself}.",
            self._neighbours(by_picture),
            "by pixels",
            tip,
        )

    def _neighbours(self, found: Nearness) -> list[Neighbour]:
        work = self._store.session.work
        if work is None:
            return []
        pictures: list[Pictures | None] = [*self._presenter.pictures_of(found.rows)]
        pictures += [None] * (len(found.rows) - len(pictures))
        shown = []
        for row, picture, distance in zip(found.rows, pictures, found.distances, strict=True):
            away = f"pixels differ by {distance:.3f}"
            label = self._presenter.label_of(row) or work.item_name(row)
            tip = f"{work.item_name(row)}\n{away}, root mean square on [0, 1]"
            shown.append(Neighbour(row, picture, f"{label} · {away}", tip))
        return shown


def _first_low(text: str) -> str:
    return text[:1].lower() + text[1:]


def _same(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))
