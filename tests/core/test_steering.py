"""Directions add up, keep the picture when they change, and come back from a file."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from explorer.core.coded import ArrayList, coded, decoded
from explorer.core.dataset_base import Measure, field_of
from explorer.core.errors import ExplorerError
from explorer.core.latent_ops import steering, told
from explorer.core.latent_ops.directions import direction_between, direction_of_pair
from explorer.core.latent_ops.probes import LabelProbe, ValueProbe
from explorer.core.latent_ops.steering import Steered, how_made, unique_name, worth
from explorer.core.latent_ops.told import probe_of, told_column
from explorer.core.session import Cursor, Session
from explorer.core.session_file import own_fields

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(600, 6)).astype(np.float32)
ROWS[300:, 0] += 3
ROWS[300:, 1] += 1
FIRST = direction_between(ROWS, np.arange(300), np.arange(300, 600), name="a → b")
SECOND = direction_of_pair(ROWS, ROWS[1], ROWS[400], name="pair")


def test_strengths_add_up_and_nothing_of_all_is_the_very_latent() -> None:
    steered = Steered(ROWS[7]).moved("a → b", 1.5).moved("pair", -0.5)
    wanted = ROWS[7] + 1.5 * FIRST.sigma * FIRST.vector - 0.5 * SECOND.sigma * SECOND.vector
    np.testing.assert_allclose(steered.latent((FIRST, SECOND)), wanted, atol=1e-5)
    back = steered.moved("a → b", 0.0).moved("pair", 0.0)
    assert np.array_equal(back.latent((FIRST, SECOND)), ROWS[7])
    np.testing.assert_allclose(steered.settled(FIRST).latent((SECOND,)), wanted, atol=1e-5)
    other = replace(FIRST, name="c")
    np.testing.assert_allclose(steered.renamed("a → b", "c").latent((other, SECOND)), wanted, atol=1e-5)


def test_the_way_back_is_of_the_same_worth() -> None:
    back = FIRST.inverted()
    assert back.name == "b → a"
    assert np.array_equal(back.vector, -FIRST.vector)
    assert back.separation == FIRST.separation
    again = back.found_again(ROWS)
    np.testing.assert_allclose(again.vector, back.vector, atol=1e-6)
    assert replace(FIRST, name="smile").inverted().inverted().name == "smile"
    assert np.array_equal(SECOND.inverted().ends, SECOND.ends[::-1])


def test_how_much_is_left_beside_another_is_told() -> None:
    apart = FIRST.found_again(ROWS, against=(SECOND,))
    assert abs(float(apart.vector @ SECOND.vector)) < 1e-5
    share = float(np.sqrt(1 - float(FIRST.vector @ SECOND.vector) ** 2))
    assert apart.remains == pytest.approx(share, abs=1e-4)
    assert f"Orthogonal to “pair”: {share:.0%}" in how_made(apart)
    with pytest.raises(ExplorerError, match="Nothing is left"):
        FIRST.found_again(ROWS, against=(FIRST,))
    with pytest.raises(ExplorerError, match="not open"):
        FIRST.found_again(ROWS[:100])


def test_a_meaningless_direction_is_called_so() -> None:
    assert worth(FIRST)[0] == "separates well"
    halves = direction_between(ROWS, np.arange(0, 600, 2), np.arange(1, 600, 2))
    assert worth(halves)[0] == "does not separate"
    assert "180 held out" in worth(halves)[1]
    few = direction_between(ROWS, np.arange(3), np.arange(300, 600))
    assert worth(few) == ("not measurable", "3 pictures at one end, fewer than 8")
    assert worth(SECOND)[0] == "not measurable"
    assert unique_name("a", ["a", "a 2"]) == "a 3"


def test_a_probe_tells_in_words_beside_a_score_and_what_knows_nothing() -> None:
    labels = field_of("kind", np.where(ROWS[:, 0] > 1.5, "high", "low"))
    probe = probe_of(labels, ROWS)
    assert isinstance(probe.fit, LabelProbe)
    assert probe.words(ROWS[:300].mean(axis=0) - 3).startswith("low >99%")
    assert "no better" not in probe.score_words()
    chance = probe_of(field_of("chance", RNG.integers(0, 3, 600).astype(str)), ROWS)
    assert "no better" in chance.score_words()
    told_labels = told_column(probe, ROWS)
    assert np.mean(told_labels.codes == labels.codes) > 0.95

    noise = RNG.normal(size=600).astype(np.float32)
    number = probe_of(Measure("height", ROWS[:, 0] + noise, "m"), ROWS)
    assert isinstance(number.fit, ValueProbe)
    assert number.fit.within == pytest.approx(1.96, rel=0.25)
    assert number.fit.usual > number.fit.error
    assert "±" in number.words(ROWS[0])
    assert number.words(ROWS[0]).endswith(" m")
    holed = ROWS.copy()
    holed[3] = np.nan
    assert np.isnan(told_column(number, holed).values[3])
    with pytest.raises(ExplorerError, match="only one value"):
        probe_of(Measure("flat", np.ones(600, np.float32)), ROWS)


def test_all_of_it_comes_back_from_a_file_and_what_does_not_fit_is_known() -> None:
    probes = (
        probe_of(field_of("kind", ROWS[:, 0] > 1.5), ROWS),
        probe_of(Measure("few", ROWS[:20, 0]), ROWS[:20]),  # too few for an interval
    )
    steered = Steered(ROWS[0], {"a → b": 1.5})
    session = Session(
        directions=(FIRST, SECOND), probes=probes, cursor=Cursor(ROWS[1], None, "direction", steered=steered)
    )
    kinds, arrays = own_fields(), ArrayList()
    at = arrays.arrays.__getitem__
    back = {
        name: decoded(coded(getattr(session, name), kinds[name], arrays), kinds[name], at)
        for name in ("directions", "probes", "cursor")
    }
    assert np.array_equal(back["directions"][0].vector, FIRST.vector)
    assert back["directions"][0].separation == FIRST.separation
    assert back["cursor"].steered.amounts == steered.amounts
    assert [one.words(ROWS[5]) for one in back["probes"]] == [one.words(ROWS[5]) for one in probes]
    assert all(steering.fits(one, 6, 600) for one in back["directions"])
    assert all(told.fits(one, 6) for one in back["probes"])
    assert not steering.fits(FIRST, 6, 500)
    assert not steering.fits(replace(SECOND, vector=np.ones(4, np.float32)), 6, 600)
    assert not told.fits(replace(probes[0], names=("one",)), 6)
