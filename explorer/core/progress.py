"""How far a long computation is, and the way to stop it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from explorer.core.errors import Cancelled


def duration_text(seconds: float) -> str:
    """A duration in words a person reads at a glance: ``8 s``, ``3 min 20 s``, ``2 h 5 min``."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


@dataclass(frozen=True)
class Report:
    """One moment of a computation: ``done`` of ``total`` units, of them ``since`` in ``elapsed`` seconds.

    ``total`` is 0 where the amount of work is not known, ``since`` how many were done when the stage began.
    """

    text: str
    done: int
    total: int
    elapsed: float
    unit: str = ""
    since: int = 0

    @property
    def rate(self) -> float:
        """Units per second since the stage began; 0 before anything can be said."""
        return (self.done - self.since) / self.elapsed if self.elapsed > 0 else 0.0

    @property
    def remaining(self) -> float | None:
        """Seconds left at the present rate, or None where that is not known yet."""
        if not self.total or self.done <= self.since or self.elapsed < 0.2:
            return None
        return (self.total - self.done) / self.rate

    @property
    def fraction(self) -> float | None:
        """Share done in [0, 1], or None where the amount of work is not known."""
        return min(1.0, self.done / self.total) if self.total else None

    def __str__(self) -> str:
        parts = [self.text]
        if self.total:
            parts[0] = f"{self.text} {self.done:,} of {self.total:,}"
        if self.remaining is not None:
            rate = f"{self.rate:,.0f}" if self.rate >= 10 else f"{self.rate:.1f}"
            parts.append(f"{rate} {self.unit or 'a second'}{'/s' if self.unit else ''}")
            parts.append(f"{duration_text(self.remaining)} left")
        elif not self.total and self.elapsed >= 2.0:
            parts.append(f"for {duration_text(self.elapsed)}")
        return " · ".join(parts)


class Progress:
    """Given to a long computation, which calls it as it goes.

    The computation calls ``progress(done, total, text)``; the call raises ``Cancelled`` once somebody
    has called ``cancel()`` from any thread. ``sink`` receives a ``Report`` at most every ``interval``
    seconds, and always the first and last of a stage (a stage is a run of calls with the same text).
    """

    def __init__(self, sink: Callable[[Report], None] | None = None, interval: float = 0.05) -> None:
        self._sink = sink
        self._interval = interval
        self._cancelled = threading.Event()
        self._stage: str | None = None
        self._since = 0
        self._started = 0.0
        self._last = 0.0
        self._done = -1

    def __call__(self, done: int, total: int, text: str, unit: str = "") -> None:
        """Tell how far it is; raises ``Cancelled`` if nobody wants it any more."""
        self.check()
        now = time.perf_counter()
        first = text != self._stage
        if first:
            self._stage, self._started, self._since, self._done = text, now, done, -1
        last = total > 0 and done == total and done != self._done
        self._done = done
        if self._sink and (first or last or now - self._last >= self._interval):
            self._last = now
            self._sink(Report(text, done, total, now - self._started, unit, self._since))

    def check(self) -> None:
        """Raise ``Cancelled`` if the job has been cancelled."""
        if self._cancelled.is_set():
            raise Cancelled

    def cancel(self) -> None:
        """Ask the computation to stop at its next call; safe from any thread."""
        self._cancelled.set()

    @property
    def cancelled(self) -> bool:
        """Whether ``cancel`` has been called."""
        return self._cancelled.is_set()
