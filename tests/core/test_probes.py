"""Probes tell what the latents hold, with a score that was not fitted to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from explorer.core.errors import Cancelled, ExplorerError
from explorer.core.latent_ops.probes import probe_labels, probe_values
from explorer.core.progress import Progress
from explorer.core.workspace import Workspace

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(900, 4)).astype(np.float32) * [1, 10, 0, 0.1] + 5


def test_clothes_are_told_from_their_latents(fashion_bundle: Path) -> None:
    work = Workspace.open(fashion_bundle)
    latents, codes = np.asarray(work.latents[:4000]), work.fields[0].codes[:4000]
    probe = probe_labels(latents, codes)
    assert probe.majority < 0.15
    assert 0.7 < probe.accuracy.low < probe.accuracy.value < probe.accuracy.high < 0.9
    shares = probe.probabilities(latents)
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-5)
    told = probe.told(latents)
    assert np.array_equal(told, probe.codes[shares.argmax(axis=1)])
    peer = LogisticRegression(max_iter=300).fit((latents - latents.mean(0)) / latents.std(0), codes)
    peers = peer.predict((latents - latents.mean(0)) / latents.std(0))
    assert (told == peers).mean() > 0.96
    assert probe.told(latents[3]) == told[3]


def test_a_label_that_the_latents_do_not_hold_is_not_told() -> None:
    probe = probe_labels(ROWS, RNG.integers(0, 3, 900).astype(np.int32))
    assert probe.accuracy.low < 0.36
    assert probe.accuracy.high < 0.5


def test_rare_and_missing_labels_are_left_out() -> None:
    codes = np.where(ROWS[:, 1] > 5, 7, 2).astype(np.int32)
    codes[:3], codes[3:40] = 5, -1
    rows = ROWS.copy()
    rows[50] = np.nan
    probe = probe_labels(rows, codes)
    assert probe.codes.tolist() == [2, 7]
    assert probe.left_out == 1
    assert probe.accuracy.value > 0.97


def test_a_number_is_told_with_its_error() -> None:
    values = 3 * ROWS[:, 0] - ROWS[:, 3] + RNG.normal(0, 0.5, 900)
    values[10:60] = np.nan
    probe = probe_values(ROWS, values)
    assert probe.r2.low < probe.r2.value < probe.r2.high
    assert probe.r2.value == pytest.approx(1 - 0.25 / np.nanvar(values), abs=0.02)
    assert probe.error == pytest.approx(0.5, abs=0.08)
    np.testing.assert_allclose(probe.told(ROWS[10:60]), 3 * ROWS[10:60, 0] - ROWS[10:60, 3], atol=0.3)
    assert np.ndim(probe.told(ROWS[0])) == 0
    assert probe_values(ROWS, RNG.normal(size=900)).r2.value < 0.05


def test_few_rows_of_many_dimensions_are_not_learnt_by_heart() -> None:
    wide = RNG.normal(size=(60, 500)).astype(np.float32)
    values = RNG.normal(size=60)
    assert probe_values(wide, values).r2.value < 0.2
    assert probe_labels(wide, (values > 0).astype(np.int32)).accuracy.low < 0.55


def test_columns_that_cannot_be_told_say_so() -> None:
    with pytest.raises(ExplorerError, match="1 label "):
        probe_labels(ROWS, np.zeros(900, np.int32))
    with pytest.raises(ExplorerError, match="0 labels"):
        probe_labels(ROWS, np.arange(900, dtype=np.int32))
    with pytest.raises(ExplorerError, match="0 labels"):
        probe_labels(ROWS, np.full(900, -1, np.int32))
    with pytest.raises(ExplorerError, match="only one value"):
        probe_values(ROWS, np.ones(900))
    with pytest.raises(ExplorerError, match="0 values"):
        probe_values(ROWS, np.full(900, np.nan))
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        probe_labels(ROWS, RNG.integers(0, 3, 900).astype(np.int32), progress=progress)
