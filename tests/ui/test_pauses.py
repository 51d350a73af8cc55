"""What is to be done a little later is done in the pauses behind the pictures."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QObject

from explorer.ui.parts.pauses import Pauses


class Watched(QObject):
    """Tasks that note that they were done, and a picture that may be under way."""

    def __init__(self) -> None:
        super().__init__()
        self.under_way, self.done = False, []
        self.pauses = Pauses(self, lambda: self.under_way)
        self.first = self.pauses.task(lambda: self.done.append("first"), 10)
        self.second = self.pauses.task(lambda: self.done.append("second"), 20)


@pytest.fixture
def watched(qtbot) -> Watched:
    return Watched()


def test_a_task_is_done_once_after_its_time(watched: Watched, qtbot) -> None:
    for _ in range(3):
        watched.first.want()
    assert watched.first.is_wanted
    qtbot.wait(60)
    assert watched.done == ["first"]
    assert not watched.first.is_wanted


def test_a_task_waits_for_the_picture_that_is_under_way(watched: Watched, qtbot) -> None:
    watched.under_way = True
    watched.first.want()
    watched.second.want()
    qtbot.wait(60)
    assert watched.done == []
    watched.pauses.begin()
    qtbot.wait(5)
    assert watched.done == ["first"]  # one for each pause
    watched.pauses.begin()
    qtbot.wait(5)
    assert watched.done == ["first", "second"]


def test_a_slow_picture_does_not_hold_a_task_up_for_ever(watched: Watched, qtbot) -> None:
    watched.under_way = True
    watched.first.want()
    qtbot.waitUntil(lambda: watched.done == ["first"], timeout=1000)


def test_what_is_stopped_is_not_done(watched: Watched, qtbot) -> None:
    watched.under_way = True
    watched.first.want()
    qtbot.wait(30)
    watched.second.want()
    watched.pauses.stop()
    watched.pauses.begin()
    qtbot.wait(60)
    assert watched.done == []
