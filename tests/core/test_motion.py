"""Layouts shown as movement."""

from __future__ import annotations

import numpy as np

from explorer.core.motion import Motion


def test_points_move_from_layout_to_layout_without_a_leap() -> None:
    corner, opposite = np.zeros((3, 2), np.float32), np.ones((3, 2), np.float32)
    motion = Motion(corner, 10.0)
    assert motion.settled(10.0)
    motion.push(opposite, 10.2)
    seen = np.array([motion.at(now)[0, 0] for now in np.arange(10.2, 10.41, 0.01)])
    assert seen[0] == 0
    assert (np.diff(seen) >= 0).all()
    assert np.diff(seen).max() < 0.06
    assert motion.settled(10.41)
    assert motion.at(10.41) is opposite


def test_a_layout_that_comes_early_takes_over_from_what_is_shown() -> None:
    motion = Motion(np.zeros((1, 2), np.float32), 0.0)
    motion.push(np.ones((1, 2), np.float32), 0.4)
    half = motion.at(0.6)
    np.testing.assert_allclose(half, 0.5, atol=1e-6)
    motion.push(np.full((1, 2), -1, np.float32), 0.6)
    np.testing.assert_allclose(motion.at(0.6), half)
    np.testing.assert_allclose(motion.at(0.7), -0.25, atol=1e-6)


def test_a_late_layout_is_reached_in_half_a_second() -> None:
    motion = Motion(np.zeros((1, 2), np.float32), 0.0)
    motion.push(np.ones((1, 2), np.float32), 60.0)
    assert not motion.settled(60.4)
    assert motion.settled(60.51)
