"""Everything about the cursor that may come a moment after its picture."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from explorer.core.dataset_base import Field, Measure
from explorer.core.latent_map import LatentMap
from explorer.core.session import Cursor, Pictures, Place, Session, colored, name_of
from explorer.core.workspace import Workspace
from explorer.ui.here.belief import Belief, belief_in, support_words
from explorer.ui.here.neighbour_row import NEIGHBOURS, Neighbour
from explorer.ui.main_window import MainWindow
from explorer.ui.maps.mapping import Mapper
from explorer.ui.parts.jobs import Jobs
from explorer.ui.parts.pauses import Pauses
from explorer.ui.store import SessionStore

_SETTLE_MS, _FADE_MS = 30, 16
_LEARN_MS, _SHARPEN_MS = 800, 150
_FADE = 0.25


class HerePresenter(QObject):
    """Shows what surrounds the cursor: its truth, its neighbours, dropped pictures, the map's read-out.

    ``pictures_of`` gives the real pictures of some rows, if they are at hand, and ``label_of`` the label of
    one.

    Attributes:
        later: the task that shows it all.

    Signals:
        shown: that has been done.
    """

    shown = Signal()

    def __init__(
        self,
        window: MainWindow,
        store: SessionStore,
        jobs: Jobs,
        mapper: Mapper,
        pauses: Pauses,
        pictures_of: Callable[[list[int]], list[Pictures]],
        label_of: Callable[[int], str],
        shown_place: Callable[[Place], Place],
    ) -> None:
        super().__init__(window)
        self._window, self._store, self._jobs, self._mapper = window, store, jobs, mapper
        self._pictures_of, self._label_of, self._shown_place = pictures_of, label_of, shown_place
        self._latencies: list[float] = []
        self._nearest: tuple[Workspace, int] | None = None
        self._dropped = 0
        self._learnt: LatentMap | None = None
        self._doubt = self._faded = 0.0
        self._shows_doubt, self._compares = True, False
        self.later = pauses.task(self._show, _SETTLE_MS)
        self._fade = pauses.task(self._fade_on, _FADE_MS)
        self._sharpen_later = _after(self, _SHARPEN_MS, self._sharpen)
        # While a map forms it changes many times a second; what it means is learnt where it comes to rest.
        self._learn_later = _after(self, _LEARN_MS, self._learn)
        store.changed.connect(self._changed)
        mapper.changed.connect(self._learn_later.start)

    def close(self) -> None:
        """Do nothing more of one's own accord."""
        self._sharpen_later.stop()
        self._learn_later.stop()

    def painted(self, seconds: float) -> None:
        """A picture has been painted so long after it was asked for."""
        self._latencies = [*self._latencies[-15:], seconds]
        self._nearest = None

    def show_doubt(self, shown: bool) -> None:
        """Whether the picture is faded and hatched where data are far."""
        self._shows_doubt = shown
        self._fade.want()

    def compare_latents(self, wanted: bool) -> None:
        """Whether the nearest images are always those of the latent, and never those on the map."""
        self._compares = wanted
        self.later.want()

    def _changed(self, old: Session, new: Session) -> None:
        if new.map is not old.map:
            self._learn_later.start()
        if new.dropped is not old.dropped or new.cursor is not old.cursor:
            self._show_dropped(old, new)

    def _show_dropped(self, old: Session, new: Session) -> None:
        """Mark dropped pictures on the map and show the one that is looked at or carried, else the last."""
        before = self._dropped
        if new.dropped is not old.dropped:
            before = -1
            self.mark_dropped()
            self._dropped = 0
        cursor = new.cursor
        if cursor is not None and new.dropped:
            seen = cursor.carried.latent if cursor.carried else cursor.latent
            self._dropped = next(
                (i for i, one in enumerate(new.dropped) if one.latent is seen), self._dropped
            )
        if self._dropped != before:
            usual = new.work.reconstruction_mse if new.work else None
            self._window.here.set_dropped(new.dropped, self._dropped, usual)

    def mark_dropped(self) -> None:
        """Mark dropped pictures on the map, at where they are on their way to their places."""
        found = [(one.place, one.far) for one in self._store.session.dropped if one.place is not None]
        places = np.asarray([self._shown_place(place) for place, _ in found], np.float32).reshape(-1, 2)
        self._window.map.set_dropped(places, np.array([far for _, far in found], np.bool_))

    @property
    def dropped(self) -> int:
        """Which of the dropped pictures is shown."""
        return self._dropped

    def _learn(self) -> None:
        """Learn from the data what support and error of the present map mean."""
        latent_map = self._store.session.map
        if latent_map is None or latent_map is self._learnt or self._mapper.is_forming:
            return

        def learn(_: object) -> None:
            latent_map.inverse.trust_at(latent_map.positions[0])
            latent_map.placement.support_of(0.0)

        def done(_: object) -> None:
            self._learnt = latent_map
            self.later.want()

        self._jobs.start(
            "Learning what to expect",
            learn,
            done,
            wanted=lambda: self._store.session.map is latent_map,
            quiet=True,
        )

    def _show(self) -> None:
        session, here = self._store.session, self._window.here
        cursor, latent_map, work = session.cursor, session.map, session.work
        if cursor is None:
            return
        self.shown.emit()
        draws = session.pair is not None and session.pair.can_decode
        here.set_source(f"carries {cursor.carried.name}" if cursor.carried else name_of(cursor))
        here.carry.setVisible(draws and latent_map is not None)
        if cursor.carried is not None:
            here.carry.set_reach(cursor.carried.reach)
        if latent_map is None or cursor.place is None or work is None:
            here.trust.set_belief(Belief(None, support_words(None)))
            here.neighbours.set_neighbours([])
            self._window.map.set_status("")
            self._fade_to(0.0)
            return
        scale, learnt = self._window.map.view().units_per_pixel, latent_map is self._learnt
        belief = belief_in(cursor, cursor.place, latent_map, scale, learnt=learnt)
        here.trust.set_belief(belief)
        self._fade_to(0.0 if belief.support is None or not draws else 1.0 - belief.support)
        rows = self._show_neighbours(session, work, cursor, cursor.place, latent_map)
        if not draws:
            self._show_nearest(work, rows[0])
        self._window.map.set_status(self._status(cursor, cursor.place, rows[0], latent_map, draws))

    def _show_neighbours(
        self,
        session: Session,
        work: Workspace,
        cursor: Cursor,
        place: tuple[float, float],
        latent_map: LatentMap,
    ) -> list[int]:
        """Show the nearest real images and return their rows: on the map, or of the latent if it is exact."""
        by_latent = (cursor.source != "map" or self._compares) and latent_map is self._learnt
        if by_latent:
            rows = [int(row) for row in latent_map.placement.nearest(cursor.latent, NEIGHBOURS)[0]]
        else:
            rows = [int(row) for row in latent_map.inverse.nearest(place, NEIGHBOURS)]
        away = [""] * len(rows)
        if latent_map is self._learnt and (unit := latent_map.inverse.typical_distance) > 0.0:
            apart = np.linalg.norm(latent_map.latents[rows].astype(np.float64) - cursor.latent, axis=1)
            away = [_away(float(one) / unit) for one in apart]
        pictures: list[Pictures | None] = [*self._pictures_of(rows)]
        pictures += [None] * (len(rows) - len(pictures))
        shown = []
        for row, picture, distance in zip(rows, pictures, away, strict=True):
            short = " · ".join(filter(None, [self._label_of(row), distance or work.item_name(row)]))
            whole = "\n".join(filter(None, [self._describe(session, row), distance]))
            shown.append(Neighbour(row, picture, short, whole))
        self._window.here.neighbours.set_neighbours(shown, "by latent" if by_latent else "on the map")
        return rows

    def _status(
        self, cursor: Cursor, place: tuple[float, float], row: int, latent_map: LatentMap, draws: bool
    ) -> str:
        """The map's read-out."""
        x, y = place
        label = self._label_of(row)
        parts = [f"x {x:.2f}  y {y:.2f}".replace("-", "−"), f"nearest {label}" if label else ""]
        if draws:
            latencies = sorted(self._latencies)
            milliseconds = latencies[len(latencies) // 2] * 1000 if latencies else 0.0
            parts.append(f"input→picture {milliseconds:.1f} ms")
        if cursor.carried is not None:
            share = cursor.carried.share_at(place, latent_map.inverse.diameter)
            parts.append(f"carries {share:.0%} of {cursor.carried.name}")
        return "     ".join(part for part in parts if part)

    def _describe(self, session: Session, row: int) -> str:
        assert session.work is not None
        work, column = session.work, colored(session)
        columns: list[Field | Measure] = [*work.fields, *work.measures]
        if column is not None and column not in columns:
            columns.append(column)
        labels = [f"{one.name}: {one.value_of(row)}" for one in columns if one.value_of(row)]
        return "\n".join([session.work.item_name(row), *labels])

    # --- fading ------------------------------------------------------------------------------------

    def _fade_to(self, doubt: float) -> None:
        self._doubt = doubt
        self._fade.want()

    def _fade_on(self) -> None:
        """One step towards the present doubt: a support that comes and goes must not flicker."""
        picture = self._window.here.picture
        wanted = self._doubt if self._shows_doubt else 0.0
        self._faded += max(-_FADE, min(_FADE, wanted - self._faded))
        picture.set_doubt(self._faded)
        if self._faded != wanted:
            self._fade.want()

    # --- a model that draws nothing ----------------------------------------------------------------

    def _show_nearest(self, work: Workspace, row: int) -> None:
        """The real picture nearest to the cursor, for a model that draws none: small at once, then whole."""
        here, small = self._window.here, self._pictures_of([row])
        here.set_source(work.item_name(row))
        if self._nearest == (work, row):
            return
        here.picture.set_picture(small[0] if small else None)
        self._nearest = (work, row) if small else None
        if small and small[0].shape != work.sample_shape:
            self._sharpen_later.start()

    def _sharpen(self) -> None:
        """Read the picture at the cursor in full, where only a small one was at hand."""
        nearest = self._nearest
        if nearest is None or nearest[0] is not self._store.session.work:
            return
        work, row = nearest
        self._jobs.start(
            "Reading the picture",
            lambda _: work.samples([row], work.sample_shape)[0],
            self._window.here.picture.set_picture,
            wanted=lambda: self._nearest is nearest,
            failed=lambda _: None,
            quiet=True,
        )


def _away(distance: float) -> str:
    """How far a neighbour lies, in the same unit."""
    return "this very latent" if distance < 1e-6 else f"{distance:.2f} of a random pair away"


def _after(parent: QObject, milliseconds: int, work: Callable[[], None]) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(milliseconds)
    timer.timeout.connect(work)
    return timer
