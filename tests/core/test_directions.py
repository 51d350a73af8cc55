"""Directions lead where they say, and a meaningless one is seen as such."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.covariance import ledoit_wolf
from sklearn.metrics import roc_auc_score

from explorer.core.errors import ExplorerError
from explorer.core.latent_ops.directions import (
    METHODS,
    analogy,
    direction_between,
    direction_of_label,
    direction_of_pair,
)
from explorer.core.latent_ops.linear import shrunk
from explorer.core.latent_ops.separation import auc
from explorer.core.model_pair import ModelPair
from explorer.core.workspace import Workspace

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(600, 5)).astype(np.float32) * [1, 1, 4, 1, 1]
ROWS[300:, 0] += 3
ROWS[300:, 2] += 1.5
FIRST, SECOND = np.arange(300), np.arange(300, 600)


@pytest.mark.parametrize("method", METHODS)
def test_glasses_are_put_on(method, faces_bundle: Path) -> None:
    work, pair = Workspace.open(faces_bundle), ModelPair.open(faces_bundle)
    glasses = next(one for one in work.fields if one.name == "glasses")
    dark, none = glasses.names.index("dark"), glasses.names.index("none")
    found = direction_of_label(work.latents, glasses.codes, dark, method)
    assert found.separation is not None
    assert found.separation.value > 0.9
    assert found.separation.low > 0.9
    bare = np.asarray(work.latents)[glasses.codes == none][:40]
    changed = found.applied(bare, 2 * found.gap)
    again = pair.encode(pair.decode(changed))[0]
    moved = (again - pair.encode(pair.decode(bare))[0]) @ found.vector
    assert (moved > 0).mean() > 0.9


def test_a_linear_classifier_leaves_out_what_does_not_tell() -> None:
    means, linear = (direction_between(ROWS, FIRST, SECOND, method) for method in METHODS)
    assert means.vector[2] / means.vector[0] == pytest.approx(0.5, abs=0.2)
    assert linear.vector[2] / linear.vector[0] == pytest.approx(0.5 / 16, abs=0.05)
    assert linear.separation.value > means.separation.value > 0.8
    assert np.linalg.norm(linear.vector) == pytest.approx(1, abs=1e-6)
    assert linear.rows == (300, 300)


@pytest.mark.parametrize("method", METHODS)
def test_a_direction_between_random_halves_means_nothing(method) -> None:
    covered = 0
    for seed in range(20):
        rows = np.random.default_rng(seed).permutation(300)
        found = direction_between(ROWS, rows[:150], rows[150:], method, seed=seed).separation
        covered += found.low <= 0.5 <= found.high
    assert covered >= 17


def test_strength_counts_in_standard_deviations_of_the_codes() -> None:
    found = direction_between(ROWS, FIRST, SECOND)
    along = ROWS @ found.vector
    assert found.sigma == pytest.approx(along.std(), rel=1e-3)
    assert found.gap * found.sigma == pytest.approx(along[300:].mean() - along[:300].mean(), rel=1e-3)
    moved = found.applied(ROWS[0], np.array([-1, 0, 2.5]))
    np.testing.assert_allclose(
        (moved - ROWS[0]) @ found.vector, found.sigma * np.array([-1, 0, 2.5]), atol=1e-5
    )
    assert np.array_equal(found.applied(ROWS[0], 0.0), ROWS[0])


@pytest.mark.parametrize("method", METHODS)
def test_a_direction_held_against_others_is_at_right_angles_to_them(method) -> None:
    shape = direction_of_pair(ROWS, np.zeros(5), np.array([1, 0, 0, 0, 0.1]))
    found = direction_between(ROWS, FIRST, SECOND, method, against=[shape, shape])
    assert abs(found.vector @ shape.vector) < 1e-5
    assert found.separation.value < direction_between(ROWS, FIRST, SECOND, method).separation.value - 0.2
    with pytest.raises(ExplorerError, match="Nothing is left"):
        direction_of_pair(ROWS, ROWS[0], ROWS[0] + 2 * shape.vector, against=[shape])


def test_two_pictures_and_analogies() -> None:
    found = direction_of_pair(ROWS, ROWS[1], ROWS[2])
    np.testing.assert_allclose(found.applied(ROWS[1], found.gap), ROWS[2], atol=1e-5)
    assert found.separation is None
    np.testing.assert_allclose(
        analogy(ROWS[2], ROWS[1], ROWS[3]), found.applied(ROWS[3], found.gap), atol=1e-5
    )


def test_few_rows_of_many_dimensions_still_have_a_direction() -> None:
    wide = RNG.normal(size=(12, 400)).astype(np.float32)
    wide[6:, 3] += 9
    found = direction_between(wide, np.arange(6), np.arange(6, 12), "linear")
    assert found.vector[3] > 0.3
    assert found.separation is None


@pytest.mark.parametrize(
    ("start", "end", "method", "word"),
    [
        ([], [1], "means", "none are selected for its start"),
        ([1, 2], [], "means", "its end"),
        ([1, 2], [1, 2], "means", "two different sets"),
        ([1, 2], [2, 1, 3], "means", "wholly within"),
        ([1], [2], "linear", "at least two"),
    ],
)
def test_no_direction_has_a_reason(start, end, method, word: str) -> None:
    with pytest.raises(ExplorerError, match=word):
        direction_between(ROWS, np.array(start, np.int64), np.array(end, np.int64), method)


def test_labels_and_pairs_without_a_direction_say_so() -> None:
    codes = np.repeat([0, -1], 300).astype(np.int32)
    for code, word in ((0, "another one"), (4, "has it")):
        with pytest.raises(ExplorerError, match=word):
            direction_of_label(ROWS, codes, code)
    with pytest.raises(ExplorerError, match="two different pictures"):
        direction_of_pair(ROWS, ROWS[4], ROWS[4])
    with pytest.raises(ExplorerError, match="same mean"):
        direction_between(np.ones((10, 3), np.float32), np.arange(5), np.arange(5, 10))


def test_the_auc_and_the_shrinkage_are_those_of_the_books() -> None:
    low, high = np.round(RNG.normal(size=70), 1), np.round(RNG.normal(0.8, 1, 50), 1)
    found = auc(low, high)
    truth = np.repeat([0, 1], [70, 50])
    assert found.value == pytest.approx(roc_auc_score(truth, np.concatenate([low, high])))
    assert 0 < found.low < found.value - 0.04 < found.value + 0.04 < found.high < 1
    perfect = auc(np.arange(10.0), np.arange(10.0) + 10)
    assert (perfect.value, perfect.high) == (1, pytest.approx(1))
    assert 0.6 < perfect.low < 0.95
    rows = RNG.normal(size=(30, 12)) * np.arange(1, 13)
    rows -= rows.mean(axis=0)
    np.testing.assert_allclose(shrunk(rows), ledoit_wolf(rows, assume_centered=True)[0], atol=1e-6)
