"""What a long computation says of itself, and how it is stopped."""

from __future__ import annotations

import threading

import pytest

from explorer.core.errors import Cancelled
from explorer.core.progress import Progress, Report, duration_text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (-3, "0 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (200, "3 min 20 s"),
        (3600, "1 h"),
        (7500, "2 h 5 min"),
    ],
)
def test_durations_read_at_a_glance(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


def test_a_report_knows_rate_and_time_left() -> None:
    report = Report("Encoding", 2500, 10_000, 5.0, "images")
    assert (report.rate, report.remaining, report.fraction) == (500.0, 15.0, 0.25)
    assert str(report) == "Encoding 2,500 of 10,000 · 500 images/s · 15 s left"


def test_nothing_is_claimed_before_it_is_known() -> None:
    assert Report("Encoding", 0, 100, 9.0).remaining is None
    assert Report("Encoding", 50, 100, 0.01).remaining is None
    unknown = Report("Opening", 0, 0, 0.3)
    assert (unknown.fraction, unknown.remaining, str(unknown)) == (None, None, "Opening")


def test_without_a_total_the_time_spent_is_told() -> None:
    assert str(Report("Opening", 0, 0, 3.0)) == "Opening · for 3 s"


def test_a_slow_rate_keeps_its_decimal() -> None:
    assert "0.5 images/s" in str(Report("Encoding", 5, 100, 10.0, "images"))


def test_first_and_last_of_each_stage_are_always_told() -> None:
    seen: list[Report] = []
    progress = Progress(seen.append, interval=3600)
    for stage in ("Reading", "Encoding"):
        for done in range(11):
            progress(done, 10, stage, "images")
    assert [(one.text, one.done) for one in seen] == [
        ("Reading", 0),
        ("Reading", 10),
        ("Encoding", 0),
        ("Encoding", 10),
    ]
    assert seen[0].elapsed == 0.0


def test_without_an_interval_everything_is_told() -> None:
    seen: list[Report] = []
    progress = Progress(seen.append, interval=0)
    for done in range(5):
        progress(done, 10, "Reading")
    assert [one.done for one in seen] == [0, 1, 2, 3, 4]
    assert [one.elapsed for one in seen] == sorted(one.elapsed for one in seen)


def test_cancelling_from_another_thread_stops_the_computation() -> None:
    reached = threading.Event()
    stopped = threading.Event()
    progress = Progress()

    def compute() -> None:
        try:
            while True:
                progress(0, 0, "Working")
                reached.set()
        except Cancelled:
            stopped.set()

    worker = threading.Thread(target=compute)
    worker.start()
    assert reached.wait(10)
    assert not progress.cancelled
    progress.cancel()
    worker.join(10)
    assert stopped.is_set()
    assert progress.cancelled
    with pytest.raises(Cancelled):
        progress.check()


def test_a_cancelled_job_reports_no_more() -> None:
    seen: list[Report] = []
    progress = Progress(seen.append)
    progress.cancel()
    with pytest.raises(Cancelled):
        progress(1, 2, "Working")
    assert seen == []
