"""Windows that have become garbage are destroyed by the window's own thread."""

from __future__ import annotations

import gc
import threading
import weakref
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QDialog

from explorer.ui.app import Explorer
from explorer.ui.parts.garbage import Garbage


class _Cycle(QDialog):
    """A dialog that holds itself, as one with a lambda on its own signal does."""

    def __init__(self) -> None:
        super().__init__()
        self.itself = self


def test_no_other_thread_collects_and_the_window_does_at_rest(qtbot) -> None:
    rests = False
    garbage = Garbage(lambda: rests)
    gone_in: list[threading.Thread] = []
    gone = weakref.ref(_Cycle(), lambda _: gone_in.append(threading.current_thread()))
    worker = threading.Thread(target=lambda: [[i] for i in range(5_000)])
    worker.start()
    worker.join()
    assert not gc.isenabled()
    assert gone() is not None
    qtbot.wait(1_200)  # a hand that drags is not held up
    assert gone() is not None
    rests = True
    kept = [[i] for i in range(5_000)]
    qtbot.waitUntil(lambda: gone() is None, timeout=10_000)
    assert gone_in == [threading.main_thread()]
    assert len(kept) == 5_000
    garbage.deleteLater()


def _opened_and_closed(qtbot, bundle: Path) -> list[weakref.ref]:
    explorer = Explorer()
    explorer.start([bundle])
    qtbot.waitUntil(lambda: explorer.presenter.decoded is not None, timeout=90_000)
    qtbot.waitUntil(lambda: not explorer.jobs.running, timeout=90_000)
    session = explorer.store.session
    held = [weakref.ref(one) for one in (explorer, explorer.window, session.pair, session.map)]
    explorer.close()
    explorer.window.close()
    explorer.window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    return held


@pytest.mark.usefixtures("open_explorer")  # leaves nothing on the disk
def test_a_closed_window_goes_with_all_that_it_held(qtbot, fashion_bundle: Path) -> None:
    held = _opened_and_closed(qtbot, fashion_bundle)

    def are_gone() -> bool:
        gc.collect()
        return [one() for one in held] == [None] * 4

    qtbot.waitUntil(are_gone, timeout=60_000)  # a thread of the window may be about to end
