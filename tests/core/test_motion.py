"""Layouts shown as movement."""

from __future__ import annotations

import numpy as np

from explorer.core.motion import Motion


def at(value: float) -> np.ndarray:
    return np.full((3, 2), value, np.float32)


def test_the_way_to_another_map_starts_and_ends_slowly() -> None:
    motion, other = Motion(at(0), 10.0), at(1)
    assert motion.settled(10.0)
    motion.push(other, 20.0)
    seen = np.array([motion.at(now)[0, 0] for now in np.arange(20.0, 20.711, 0.01)])
    steps = np.diff(seen)
    assert seen[0] == 0
    assert (steps >= 0).all()
    assert steps.max() < 0.025
    assert steps[0] < 0.1 * steps.max() > steps[-2]
    assert motion.settled(20.71)
    assert motion.at(20.71) is other


def test_layouts_that_form_are_followed_and_their_shaking_is_not() -> None:
    motion, rng, seen = Motion(at(0), 0.0), np.random.default_rng(0), []
    shaken = rng.normal(0, 0.1, (20, 3, 2)).astype(np.float32)
    for frame in range(200):  # a layout every tenth of a second, a frame every hundredth
        now = 0.01 * frame
        if frame % 10 == 0:
            motion.push(at(now + 1) + shaken[frame // 10], now)
        seen.append(motion.at(now))
    steps = np.diff(seen, axis=0)
    assert np.abs(steps).max() < 0.1
    assert seen[-1].min() > 2.4, "it keeps up"
    own = np.array(seen[100::10]).mean(axis=(1, 2))
    assert np.abs(np.array(seen[100::10]) - own[:, None, None]).mean() < 0.6 * np.abs(shaken).mean()


def test_a_layout_that_comes_early_takes_over_from_what_is_shown_and_is_reached() -> None:
    motion, last = Motion(at(0), 0.0), at(-1)
    motion.push(at(1), 1.0)
    half = motion.at(1.35)
    np.testing.assert_allclose(half, 0.5, atol=1e-6)
    motion.push(last, 1.35)
    np.testing.assert_allclose(motion.at(1.35), half)
    assert -1 < motion.at(1.5)[0, 0] < 0.5
    assert np.abs(motion.at(2.24) - motion.at(2.26)).max() < 0.01
    assert motion.at(2.26) is last
