"""Windows that have become garbage are destroyed by the window's own thread."""

from __future__ import annotations

import gc
import threading
import weakref

from PySide6.QtWidgets import QDialog

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
