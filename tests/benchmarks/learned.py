"""Inverses that are learned: small networks from a place to a latent, fitted on the processor in seconds."""

from __future__ import annotations

import time
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_CENTRES = 1000
_REACH = 1.5
_RIDGE = 1e-3
_BLOCK = 4000
_HIDDEN = (128, 128)
_ROUNDS, _BATCH = 12, 256


class Learned(NamedTuple):
    """What a network answers for some places, ``(n, D)``, and how many seconds it took to fit."""

    latents: Floats
    seconds: float


def learned(
    positions: NDArray[np.floating], latents: Floats, places: NDArray[np.floating]
) -> dict[str, Learned]:
    """Both kinds, fitted on ``positions (N, 2)`` and ``latents (N, D)``, asked for ``places (n, 2)``."""
    middle, width = positions.mean(axis=0), positions.std(axis=0).mean()
    here, there = ((one - middle) / width for one in (positions, places))
    unit = latents.std(axis=0) + 1e-9
    found = {}
    for name, fit in (("radial", _radial), ("perceptron", _perceptron)):
        began = time.perf_counter()
        answer = fit(here, (latents - latents.mean(axis=0)) / unit)
        seconds = time.perf_counter() - began
        found[name] = Learned((answer(there) * unit + latents.mean(axis=0)).astype(np.float32), seconds)
    return found


def _radial(here, latents):  # type: ignore[no-untyped-def]
    """A hidden layer of Gaussians at random points, the second by least squares (Broomhead and Lowe 1988).

    Each is as wide as 1.5 times the distance to its tenth neighbour.
    """
    from scipy.spatial import cKDTree

    chosen = np.random.default_rng(0).choice(len(here), min(_CENTRES, len(here) // 4), replace=False)
    centres = here[np.sort(chosen)]
    widths = _REACH * cKDTree(centres).query(centres, 11)[0][:, -1] + 1e-6

    def hidden(places):  # type: ignore[no-untyped-def]
        squares = ((places[:, None] - centres) ** 2).sum(axis=2)
        features = np.exp(-squares / (2 * widths**2))
        features /= features.sum(axis=1, keepdims=True) + 1e-12
        return np.hstack([features, np.ones((len(places), 1))])

    size = len(centres) + 1
    left, right = _RIDGE * np.eye(size), np.zeros((size, latents.shape[1]))
    for start in range(0, len(here), _BLOCK):
        features = hidden(here[start : start + _BLOCK])
        left += features.T @ features
        right += features.T @ latents[start : start + _BLOCK]
    weights = np.linalg.solve(left, right)
    return lambda places: np.concatenate(
        [hidden(places[start : start + _BLOCK]) @ weights for start in range(0, len(places), _BLOCK)]
    )


def _perceptron(here, latents):  # type: ignore[no-untyped-def]
    """Two hidden layers of 128, by Adam, on the place and its first Fourier features."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPRegressor

    def features(places):  # type: ignore[no-untyped-def]
        waves = [wave(places * scale) for scale in (1.0, 2.0, 4.0, 8.0) for wave in (np.sin, np.cos)]
        return np.hstack([places, *waves]).astype(np.float32)

    network = MLPRegressor(
        hidden_layer_sizes=_HIDDEN, batch_size=_BATCH, learning_rate_init=2e-3, max_iter=_ROUNDS,
        random_state=0,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # seconds, not until it changes no more
        network.fit(features(here), latents.astype(np.float32))
    return lambda places: network.predict(features(places))
