"""An individual keeps what is its own while the map changes the rest."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.core.carry import Individual, carried, faded
from explorer.core.inverse import Inverse


@pytest.fixture
def inverse() -> Inverse:
    rng = np.random.default_rng(0)
    positions = rng.random((3000, 2)).astype(np.float32)
    latents = np.column_stack([positions, rng.normal(size=(3000, 6))]).astype(np.float32)
    return Inverse(positions, latents)


OWN = np.arange(8, dtype=np.float32) / 3
START = (0.25, 0.5)


def test_it_starts_as_exactly_itself(inverse: Inverse) -> None:
    for scale in (0.0, 1e-5, 1e-3, 0.1):
        assert np.array_equal(carried(inverse, Individual(OWN, START), START, scale), OWN)
        beside = carried(inverse, Individual(OWN, START), (START[0] + 1e-9, START[1]), scale)
        np.testing.assert_allclose(beside, OWN, atol=1e-4)


def test_within_its_reach_it_stays_itself_and_moves_as_the_map_does(inverse: Inverse) -> None:
    there = carried(inverse, Individual(OWN, START, reach=np.inf), (0.75, 0.5), 0.001)
    moved = inverse.latent_at((0.75, 0.5), 0.001) - inverse.latent_at(START, 0.001)
    np.testing.assert_allclose(there, OWN + moved, atol=1e-5)
    assert moved[0] == pytest.approx(0.5, abs=0.05)


def test_beyond_its_reach_only_the_map_speaks(inverse: Inverse) -> None:
    there = carried(inverse, Individual(OWN, START, reach=0.2), (0.9, 0.9), 0.001)
    assert np.array_equal(there, inverse.latent_at((0.9, 0.9), 0.001))


def test_it_fades_steadily(inverse: Inverse) -> None:
    one = Individual(OWN, START, reach=0.4)
    steps = [(START[0] + 0.6 * share, START[1]) for share in np.linspace(0.0, 1.0, 2000)]
    path = np.array([carried(inverse, one, place) for place in steps])
    deviation = [np.linalg.norm(z - inverse.latent_at(at)) for z, at in zip(path, steps, strict=True)]
    assert np.linalg.norm(np.diff(path, axis=0), axis=1).max() < 0.1
    assert (np.diff(deviation) <= 1e-4).all()
    assert deviation[-1] == 0


def test_the_fading_itself() -> None:
    assert faded(0.0, 0.3) == 1
    assert faded(0.0, 0.0) == 1
    assert faded(0.1, 0.0) == 0
    assert faded(0.3, 0.3) == 0
    assert 0.5 < faded(0.15, 0.3) < 0.6
    assert faded(100.0, np.inf) == 1
