"""Shows the session's path on the map and on its page, and has it laid and played; made with the first."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QColor

from explorer.core.path_route import Route
from explorer.core.session import Session
from explorer.ui.decode_loop import DecodeLoop
from explorer.ui.edits import Edits
from explorer.ui.main_window import MainWindow
from explorer.ui.parts.jobs import Jobs
from explorer.ui.parts.theme import DARK, Theme
from explorer.ui.path.marks import PathMarks
from explorer.ui.path.page import INVITATION, PathPage
from explorer.ui.path.player import PathPlayer
from explorer.ui.path.router import Film, PathRouter, problem_of
from explorer.ui.presenter import Presenter

PAGE = "Path"

_TOLD_MS = 500
_TOO_FEW = 55.0


class PathPresenter(QObject):
    """Keeps map, page and player in step with the session's path.

    Attributes:
        router: where the path goes.
        player: moves along it.
        page: its page in the tool strip, once that has been shown.

    Signals:
        paged: the page has been made.
    """

    paged = Signal(object)

    def __init__(
        self, window: MainWindow, edits: Edits, presenter: Presenter, loop: DecodeLoop, jobs: Jobs
    ) -> None:
        super().__init__(window)
        self._window, self._edits, self._presenter = window, edits, presenter
        self._theme = DARK
        self._problem = ""
        self._here = -2
        self._filmed_for: tuple[Route | None, int] = None, 0
        self._plays_when_laid = False
        self.page: PathPage | None = None
        self.router = PathRouter(self, jobs)
        self.player = PathPlayer(self, edits, presenter, loop, jobs)
        self.router.routed.connect(self._routed)
        self.router.filmed.connect(self._filmed)
        self.router.failed.connect(self._failed)
        self.router.cancelled.connect(self._tell_cancelled)
        self.player.moved.connect(self._moved)
        self.player.changed.connect(self._show_playing)
        presenter.travel.arrived.connect(self._arrived)
        self._rate_later = QTimer(self)
        self._rate_later.setInterval(_TOLD_MS)
        self._rate_later.timeout.connect(self._show_note)

    def close(self) -> None:
        """Do nothing more of one's own accord."""
        self._rate_later.stop()
        self.player.stop()
        self.router.stop()

    def show_page(self) -> None:
        """Bring the page into sight."""
        self._window.tool_strip.show_page(PAGE, self._make_page)
        self._film()

    def toggle_page(self) -> None:
        """Bring the page into sight, or close it."""
        self._window.tool_strip.toggle_page(PAGE, self._make_page)
        self._film()

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self._theme = theme
        if self.page is not None:
            self.page.film.set_warn(QColor(theme.warn))

    def play(self) -> None:
        """Play from where the knob is, or stop; says why where that cannot be."""
        if self.player.is_playing:
            self.player.stop()
            return
        self.show_page()
        problem = problem_of(self._edits.session) or self._problem
        if problem:
            self._edits.refused.emit(problem)
        elif self.router.route is None:
            self._plays_when_laid = True
        else:
            decoded = self._presenter.decoded
            took = decoded.seconds if decoded is not None else 0.0
            self.player.play(self.router.seconds or took)

    def follow(self, old: Session, new: Session, *, rough: bool) -> None:
        """The session is another; ``rough`` while a hand moves a station."""
        self.player.follow(old, new)
        if new.path is not old.path and self.page is not None:
            self.page.set_plan(new.path)
        sources = ("pair", "work", "map", "extras")
        if _way_of(new) != _way_of(old) or any(getattr(new, one) is not getattr(old, one) for one in sources):
            self._lay(rough=rough)
        elif new.path is not old.path:
            self.player.set_route(self.router.route, new.path)
            self._show_note()
        self._mark(new, always=new.path is not old.path or new.map is not old.map)

    def lay_finely(self) -> None:
        """The hand has let go of a station."""
        self._lay(rough=False)

    def _lay(self, *, rough: bool) -> None:
        if self._presenter.travel.is_moving:
            self.router.forget()  # until the points have arrived
        else:
            self._problem = ""
            self.router.lay(self._edits.session, rough=rough)

    def _arrived(self) -> None:
        if self._edits.session.path.stations:
            self._lay(rough=False)
            self._mark(self._edits.session, always=True)

    def _mark(self, session: Session, *, always: bool) -> None:
        """The path on the map; stations that have no place there are not shown."""
        stations = session.path.stations
        looked_at = session.cursor.latent if session.cursor is not None else None
        here = next((i for i, one in enumerate(stations) if one.latent is looked_at), -1)
        if not always and here == self._here:
            return
        self._here = here
        has_place = session.map is not None and all(one.place is not None for one in stations)
        if not stations or not has_place or self._presenter.travel.is_moving:
            self._window.map.set_path(None)
            return
        places = np.array([one.place for one in stations], np.float64)
        self._window.map.set_path(PathMarks(places, here, self.router.route))

    def _routed(self) -> None:
        session, route = self._edits.session, self.router.route
        self.player.set_route(route, session.path)
        self._mark(session, always=True)
        if self.page is not None:
            self._show_route(self.page)
            self._film()
        if self._plays_when_laid and route is not None:
            self._plays_when_laid = False
            self.play()

    def _failed(self, sentence: str) -> None:
        self._problem, self._plays_when_laid = sentence, False
        if self.page is not None:
            self._show_route(self.page)
        else:
            self._edits.refused.emit(sentence)

    def _tell_cancelled(self) -> None:
        if self.router.route is not None:
            self._edits.said.emit("The path is not timed by its pictures: that was cancelled")
        else:
            self._failed("Laying the path was cancelled; change it to lay it again.")

    # The page

    def _make_page(self) -> PathPage:
        self.page = page = PathPage()
        page.film.set_warn(QColor(self._theme.warn))
        page.film.sought.connect(lambda at, begins: self.player.seek(at, begins=begins))
        page.film.capacity_changed.connect(self._film)
        page.play_asked.connect(self.play)
        page.set_plan(self._edits.session.path)
        self._show_route(page)
        self.paged.emit(page)
        return page

    def _show_route(self, page: PathPage) -> None:
        """The route on the page; where there is none, why, or what to do."""
        waits = len(self._edits.session.path.stations) > 1 and not self._problem
        page.set_route(self.router.route, self._problem or ("" if waits else INVITATION))
        page.film.set_time(self.player.time)
        self._show_note()

    def _film(self) -> None:
        """Have pictures decoded along a route that has none yet, or not as many as there is room for."""
        if self.page is None or not self.page.isVisible() or self.player.is_playing:
            return
        wanted = self.router.route, self.page.film.capacity
        if wanted != self._filmed_for:
            self._filmed_for = wanted
            self.router.film(wanted[1])

    def _filmed(self, film: Film) -> None:
        if self.page is not None:
            self.page.film.set_film(film)

    def _moved(self) -> None:
        if self.page is not None:
            self.page.film.set_time(self.player.time)

    def _show_playing(self) -> None:
        playing = self.player.is_playing
        (self._rate_later.start if playing else self._rate_later.stop)()
        if self.page is not None:
            self.page.set_playing(playing)
            self._show_note()
            self._film()

    def _show_note(self) -> None:
        """What there is to know of the path, in a line; the rate only where it is not what it should be."""
        route, stations = self.router.route, self._edits.session.path.stations
        if self.page is None:
            return
        if route is None:
            self.page.set_note(())
            return
        parts = [f"{len(stations)} stations", f"{route.well_supported():.0%} near data"]
        rate = self.player.rate
        if 0.0 < rate < _TOO_FEW:
            parts.append(f"{rate:.0f} pictures a second")
        self.page.set_note(parts)


def _way_of(session: Session) -> tuple[object, ...]:
    """What of a plan its way depends on: not how long it plays."""
    plan = session.path
    return plan.stations, plan.kind, plan.even, plan.ending == "loop"
