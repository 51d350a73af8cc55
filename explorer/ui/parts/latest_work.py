"""Work behind the window of which only the newest request counts."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from explorer.core.priority import A_LITTLE, step_back

Wanted = TypeVar("Wanted")
log = logging.getLogger(__name__)


class LatestWork(Generic[Wanted]):
    """Does ``work`` for the newest request, in a thread that lives as long as there is something to do.

    A request is known by its identity. The work looks from time to time whether it ``is_wanted`` still. All
    methods may be called from any thread.

    Attributes:
        latest: what was asked for last, begun or not; None once it is no longer wanted.
    """

    def __init__(self, name: str, work: Callable[[Wanted], None]) -> None:
        self._name, self._work = name, work
        self._changed = threading.Condition()
        self._waiting: Wanted | None = None
        self._thread: threading.Thread | None = None
        self.latest: Wanted | None = None

    @property
    def is_busy(self) -> bool:
        """Whether there is something left to do."""
        return self._thread is not None

    def request(self, wanted: Wanted) -> None:
        """Do this next, in place of what has not begun."""
        with self._changed:
            self._waiting = self.latest = wanted
            self._changed.notify_all()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def forget(self) -> None:
        """Nothing is wanted any more."""
        with self._changed:
            self._waiting = self.latest = None
            self._changed.notify_all()

    def finish(self, seconds: float | None = None) -> bool:
        """Wait until all is done, at most so long; whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: self._thread is None, seconds)

    def is_wanted(self, wanted: Wanted) -> bool:
        """Whether nothing else has been asked for since."""
        return self.latest is wanted

    def wait(self, wanted: Wanted, seconds: float) -> bool:
        """In the work: wait so long, unless this is no longer wanted; whether it still is."""
        with self._changed:
            return not self._changed.wait_for(lambda: self.latest is not wanted, seconds)

    def _run(self) -> None:
        step_back(A_LITTLE)
        while True:
            with self._changed:
                wanted, self._waiting = self._waiting, None
                if wanted is None:
                    self._thread = None
                    self._changed.notify_all()
                    return
            try:
                self._work(wanted)
            except Exception:
                log.exception("%s failed", self._name)
