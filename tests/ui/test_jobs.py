from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from explorer.core.errors import ExplorerError
from explorer.core.model_pair import ModelPair
from explorer.ui.decode_loop import DecodeLoop
from explorer.ui.parts.jobs import Jobs
from explorer.ui.store import SessionStore


@pytest.fixture
def jobs(qtbot):
    jobs = Jobs()
    yield jobs
    jobs.close()


def test_work_runs_elsewhere_and_its_end_is_told_on_the_windows_thread(jobs, qtbot):
    threads = []
    jobs.start(
        "t",
        lambda _: threads.append(threading.current_thread()),
        lambda _: threads.append(threading.current_thread()),
    )
    qtbot.waitUntil(lambda: len(threads) == 2)
    assert threads[0] is not threading.main_thread()
    assert threads[1] is threading.main_thread()
    assert not jobs.running


def test_progress_arrives_and_cancel_stops_without_a_word(jobs, qtbot):
    ended, failures = [], []
    jobs.failed.connect(failures.append)
    jobs.broke.connect(failures.append)

    def work(progress):
        for i in range(10_000):
            progress(i, 10_000, "Counting", "steps")
            time.sleep(0.001)

    job = jobs.start("Counting", work, ended.append)
    qtbot.waitUntil(lambda: job.report is not None and job.report.done > 20)
    assert "of 10,000" in str(job.report)
    jobs.cancel()
    qtbot.waitUntil(lambda: not jobs.running)
    assert ended == failures == []


def test_a_result_nobody_wants_any_more_is_dropped(jobs, qtbot):
    results = []
    jobs.start("t", lambda _: 1, results.append, wanted=lambda: False)
    jobs.start("t", lambda _: 2, results.append, wanted=lambda: True)
    qtbot.waitUntil(lambda: not jobs.running)
    assert results == [2]


def test_a_users_error_is_a_sentence_and_a_bug_is_reported(jobs, qtbot, caplog):
    sentences, bugs = [], []
    jobs.failed.connect(sentences.append)
    jobs.broke.connect(bugs.append)

    def refuse(_):
        raise ExplorerError("That file is empty.")

    jobs.start("t", refuse, print)
    jobs.start("t", lambda _: 1 / 0, print)
    qtbot.waitUntil(lambda: not jobs.running)
    assert sentences == ["That file is empty."]
    assert [type(bug) for bug in bugs] == [ZeroDivisionError]
    assert "ZeroDivisionError" in caplog.text


def test_closing_cancels_and_waits_for_what_runs(qtbot):
    jobs, stopped = Jobs(), []

    def work(progress):
        try:
            while True:
                progress.check()
                time.sleep(0.001)
        finally:
            stopped.append(True)

    jobs.start("t", work, print)
    jobs.close()
    assert stopped == [True]


def test_the_latest_latent_wins_and_what_was_overtaken_is_never_decoded(qtbot, fashion_bundle):
    pair, loop, answers = ModelPair.open(fashion_bundle), DecodeLoop(), []
    loop.decoded.connect(answers.append)
    latents = np.random.default_rng(0).standard_normal((400, pair.latent_size)).astype(np.float32)
    for latent in latents:
        loop.request(pair, latent, {})
    qtbot.waitUntil(lambda: bool(answers) and np.array_equal(answers[-1].latent, latents[-1]))
    loop.close()
    assert len(answers) < 200
    assert np.array_equal(answers[-1].picture, pair.decode(latents[-1:])[0])


def test_a_latent_that_cannot_be_decoded_is_a_sentence_and_the_next_works(qtbot, fashion_bundle):
    pair, loop, answers, sentences = ModelPair.open(fashion_bundle), DecodeLoop(), [], []
    loop.decoded.connect(answers.append)
    loop.failed.connect(sentences.append)
    loop.request(pair, np.full(pair.latent_size, np.nan, np.float32), {})
    qtbot.waitUntil(lambda: bool(sentences))
    loop.request(pair, np.zeros(pair.latent_size, np.float32), {})
    qtbot.waitUntil(lambda: bool(answers))
    loop.close()
    assert "NaN" in sentences[0]


def test_the_store_says_what_was_and_what_became_and_nothing_where_nothing_changed(qtbot):
    store, changes = SessionStore(), []
    store.changed.connect(lambda old, new: changes.append((old, new)))
    store.replace(seed=7)
    store.replace(seed=store.session.seed)
    assert [(old.seed, new.seed) for old, new in changes] == [(42, 7)]
