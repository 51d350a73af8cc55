"""Works out behind the window where a path goes, and what it looks like along the way."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from explorer.core.errors import Cancelled
from explorer.core.latent_map import LatentMap
from explorer.core.model_pair import ModelPair
from explorer.core.path_buffer import coarse_to_fine
from explorer.core.path_plan import PathPlan
from explorer.core.path_route import FINE, ROUGH, Route, lay, route_on
from explorer.core.progress import Progress
from explorer.core.session import Session
from explorer.core.workspace import Workspace
from explorer.ui.parts.jobs import Job, Jobs
from explorer.ui.parts.mailbox import Mailbox

Pictures = npt.NDArray[np.uint8]
Film = list[Pictures | None]

_SHOW_EVERY = 0.15


@dataclass(frozen=True, eq=False)
class Wanted:
    """All that a route depends on."""

    plan: PathPlan
    pair: ModelPair
    work: Workspace | None
    map: LatentMap
    extras: Mapping[str, float]

    def decode(self, latents: npt.NDArray[np.float32]) -> Pictures:
        """Pictures ``uint8 (n, H, W, C)`` of latents ``(n, D)``."""
        return self.pair.decode(latents, self.extras)


class PathRouter(QObject):
    """Lays the newest path that is asked for; what it depends on is seen from the session.

    Attributes:
        route: where the path goes; None while that is not known.
        seconds: how long one picture of the path takes to decode, where some have been; else 0.

    Signals:
        routed: there is another ``route``, or none.
        filmed: some of the pictures at equal times along it have been decoded: a ``Film``.
        failed: a sentence: why there is none.
        cancelled: somebody did not want to wait for it; an untimed one may be there.
    """

    routed = Signal()
    filmed = Signal(object)
    failed = Signal(str)
    cancelled = Signal()

    def __init__(self, parent: QObject, jobs: Jobs) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self.route: Route | None = None
        self.seconds = 0.0
        self._wanted: Wanted | None = None
        self._job: Job | None = None
        self._film_job: Job | None = None
        self._is_rough = False
        self._again: Session | None = None
        self._drafts: Mailbox[tuple[Wanted, Route]] = Mailbox(lambda sent: self._take(*sent))
        self._developed: Mailbox[tuple[Route, Film]] = Mailbox(lambda sent: self._show_film(*sent))

    def lay(self, session: Session, *, rough: bool = False) -> None:
        """Lay the session's path; ``rough`` while a hand moves one of its stations."""
        is_laying = self._job is not None and self._job in self._jobs.running
        if rough and is_laying and self._is_rough:
            self._again = session
            return
        if session.pair is None or session.map is None or len(session.path.stations) < 2:
            self.forget()
            return
        self.stop()
        wanted = Wanted(session.path, session.pair, session.work, session.map, session.extras)
        self._wanted, self._is_rough = wanted, rough
        self._job = self._jobs.start(
            "Laying the path",
            lambda progress: self._laid(wanted, progress, rough=rough),
            self._finish,
            wanted=lambda: self._wanted is wanted,
            failed=self._refuse,
            quiet=rough,
        )
        self._job.ended.connect(self._ended)

    def film(self, count: int) -> None:
        """Decode ``count`` pictures at equal times along the route."""
        if self._film_job is not None:
            self._film_job.progress.cancel()
        wanted, route = self._wanted, self.route
        if wanted is None or route is None or not wanted.pair.can_decode or count < 2:
            return

        def done(film: Film) -> None:
            self.filmed.emit(film)

        self._film_job = self._jobs.start(
            "Decoding along the path",
            lambda progress: self._filmed(wanted, route, count, progress),
            done,
            wanted=lambda: self.route is route,
            failed=self.failed.emit,
            quiet=True,
        )

    def forget(self) -> None:
        """There is no route, and none is wanted."""
        self.stop()
        self._put(None)

    def stop(self) -> None:
        """Nothing is wanted any more."""
        self._wanted = self._again = None
        for job in (self._job, self._film_job):
            if job is not None:
                job.progress.cancel()
        self._job = self._film_job = None

    def _laid(self, wanted: Wanted, progress: Progress, *, rough: bool) -> Route:
        """In a job: the route; one with equal visible steps is first shown without them."""
        path = lay(wanted.plan, wanted.pair, wanted.work, progress)
        route = route_on(wanted.map, path, wanted.plan, ROUGH if rough else FINE)
        if rough or not wanted.plan.even or not wanted.pair.can_decode:
            return route
        self._drafts.send((wanted, route))
        path = lay(wanted.plan, wanted.pair, wanted.work, progress, wanted.decode)
        return route_on(wanted.map, path, wanted.plan)

    def _filmed(self, wanted: Wanted, route: Route, count: int, progress: Progress) -> Film:
        """In a job: the pictures, shown as they come; one by one, which tells how long one takes."""
        latents, film = route.path.at(np.linspace(0.0, 1.0, count)), Film([None] * count)
        took: list[float] = []
        shown = time.perf_counter()
        for number in coarse_to_fine(count):
            progress.check()
            began = time.perf_counter()
            film[number] = wanted.decode(latents[number][None])[0].copy()
            took.append(time.perf_counter() - began)
            self.seconds = float(np.median(took))
            if time.perf_counter() - shown > _SHOW_EVERY:
                shown = time.perf_counter()
                self._developed.send((route, list(film)))
        return film

    def _take(self, wanted: Wanted, route: Route) -> None:
        if self._wanted is wanted:
            self._put(route)

    def _show_film(self, route: Route, film: Film) -> None:
        if self.route is route:
            self.filmed.emit(film)

    def _finish(self, route: Route) -> None:
        again, self._again = self._again, None
        self._put(route)
        if again is not None:
            self._job = None
            self.lay(again, rough=True)

    def _ended(self, _: object, error: object) -> None:
        # A job that another has taken the place of is cancelled, too, but is not the present one.
        if isinstance(error, Cancelled) and self._job is not None and self._job.progress.cancelled:
            self.cancelled.emit()

    def _refuse(self, sentence: str) -> None:
        again, self._again = self._again, None
        self._job = None
        self._put(None)
        if again is not None:
            self.lay(again, rough=True)
        else:
            self.failed.emit(sentence)

    def _put(self, route: Route | None) -> None:
        if route is not self.route:
            self.route = route
            self.routed.emit()


def problem_of(session: Session) -> str:
    """Why the session's path cannot be played, a sentence; empty where that is not known to be so."""
    count = len(session.path.stations)
    if session.pair is not None and not session.pair.can_decode:
        return f"{session.pair.name} is an encoder alone: it draws nothing along a path."
    if count < 2:
        found = "one station" if count else "no station"
        return f"A path through {found} leads nowhere; set two or more with the Path tool (5)."
    return ""
