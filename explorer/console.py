"""Progress on a terminal: one line that is rewritten, or a line now and then where stderr is a file."""

from __future__ import annotations

import sys

from explorer.core.progress import Progress, Report

_LINE_EVERY = 5.0


def console_progress() -> Progress:
    """A ``Progress`` that writes to stderr."""
    if sys.stderr.isatty():
        return Progress(_rewrite, interval=0.1)
    return Progress(lambda report: print(report, file=sys.stderr, flush=True), interval=_LINE_EVERY)


def _rewrite(report: Report) -> None:
    done = report.total and report.done == report.total
    print(f"\r\x1b[K{report}", end="\n" if done else "", file=sys.stderr, flush=True)
