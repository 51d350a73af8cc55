"""The pictures looked at last: one for each time the hand rested, to come back to exactly."""

from __future__ import annotations

import math
import time
import weakref
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QImage

from explorer.core.latent_map import LatentMap
from explorer.core.session import Cursor, Session, name_of
from explorer.ui.edits import Edits
from explorer.ui.main_window import MainWindow
from explorer.ui.parts.pictures import to_qimage
from explorer.ui.presenter import Presenter
from explorer.ui.store import SessionStore

if TYPE_CHECKING:
    from explorer.ui.session.history_page import HistoryPage

PAGE = "History"
MOST = 60
"""How many pictures are remembered."""

_REST_MS = 400
_SIDE = 192


@dataclass(frozen=True, eq=False)
class Glance:
    """A picture that was looked at: small, with all that is needed to look at it again.

    ``map`` is a weak reference to the map that its place is of.
    """

    cursor: Cursor
    extras: Mapping[str, float]
    image: QImage
    map: weakref.ref[LatentMap] | None


class History(QObject):
    """Remembers what was looked at, and goes back to it. Forgets it with the model.

    Attributes:
        glances: the newest last.
        page: its page in the tool strip, once that has been shown.
    """

    def __init__(self, window: MainWindow, store: SessionStore, edits: Edits, presenter: Presenter) -> None:
        super().__init__(window)
        self._window, self._edits, self._presenter = window, edits, presenter
        self.glances: deque[Glance] = deque(maxlen=MOST)
        self.page: HistoryPage | None = None
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.timeout.connect(self._rested)
        self._pictured_at = 0.0
        presenter.pictured.connect(self._wait_for_rest)
        store.changed.connect(self._follow)

    def toggle_history(self) -> None:
        """Show the pictures looked at last, or close their page."""
        self._window.tool_strip.toggle_page(PAGE, self._make_page)

    def look_back(self) -> None:
        """Look at the picture before."""
        self._step(-1)

    def look_forward(self) -> None:
        """Look at the next picture again."""
        self._step(1)

    def go_to(self, number: int) -> None:
        """Look at exactly one of the pictures again."""
        glance, session = self.glances[number], self._edits.session
        cursor = glance.cursor
        if session.map is not None and (glance.map is None or glance.map() is not session.map):
            cursor = replace(cursor, place=session.map.place_of(cursor.latent), carried=None)
        self._edits.new_gesture()
        self._edits.edit("Look again", cursor=cursor, extras=glance.extras)

    def close(self) -> None:
        """Remember nothing more."""
        self._rest.stop()

    def _step(self, by: int) -> None:
        self._remember()
        number = self._number_of(self._edits.session.cursor)
        if 0 <= number + by < len(self.glances):
            self.go_to(number + by)
        else:
            self._edits.said.emit(
                "This is the " + ("first" if by < 0 else "last") + " picture of the history"
            )

    def _wait_for_rest(self, _: float) -> None:
        self._pictured_at = time.perf_counter()
        if not self._rest.isActive():
            self._rest.start(_REST_MS)

    def _rested(self) -> None:
        # The timer was started for an earlier picture, for starting it anew takes time with each.
        left = _REST_MS - 1000.0 * (time.perf_counter() - self._pictured_at)
        if left >= 1.0:
            self._rest.start(math.ceil(left))
        else:
            self._remember()

    def _remember(self) -> None:
        session, decoded = self._edits.session, self._presenter.decoded
        if decoded is None or session.cursor is None or not decoded.is_of(session):
            return
        number = self._number_of(session.cursor)
        if number < 0:
            image = to_qimage(decoded.picture)
            if max(image.width(), image.height()) > _SIDE:
                keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
                image = image.scaled(_SIDE, _SIDE, keep, smooth)
            shown = weakref.ref(session.map) if session.map is not None else None
            self.glances.append(Glance(session.cursor, session.extras, image.copy(), shown))
            number = len(self.glances) - 1
        if self.page is not None:
            self.page.set_glances(list(self.glances), number)

    def _number_of(self, cursor: Cursor | None) -> int:
        """Which of the pictures a cursor looks at; -1 for none."""
        extras = self._edits.session.extras
        found = [
            i
            for i, one in enumerate(self.glances)
            if cursor is not None and one.cursor.latent is cursor.latent and one.extras == extras
        ]
        return found[-1] if found else -1

    def _make_page(self) -> HistoryPage:
        from explorer.ui.session.history_page import HistoryPage

        self.page = page = HistoryPage()
        page.chosen.connect(self.go_to)
        page.set_glances(list(self.glances), self._number_of(self._edits.session.cursor))
        return page

    def _follow(self, old: Session, new: Session) -> None:
        if new.pair is not old.pair:
            self.glances.clear()
            if self.page is not None:
                self.page.set_glances([], -1)
        elif new.map is not old.map:  # what is carried holds the map that it started from
            for i, one in enumerate(self.glances):
                if one.cursor.carried is not None:
                    self.glances[i] = replace(one, cursor=replace(one.cursor, carried=None))


def tip_of(glance: Glance) -> str:
    """What a picture was, in words."""
    return name_of(glance.cursor) or "A place on the map"
