"""``ModelPair.decode`` of one latent, over the bare run of the same runtime session.

``python -m tests.benchmarks.decode [--quick] [--json]``. In turn, each first every other time, with another
latent each time; for each bundled decoder.
"""

from __future__ import annotations

import time

import numpy as np

from explorer.core.model_pair import ModelPair
from tests.benchmarks.common import BUNDLES, Result, arguments, assets, bare_session, ratio

_ROUNDS, _QUICK_ROUNDS, _WARM_UP = 3000, 60, 20


def main() -> None:
    """Measure and print."""
    options = arguments(__doc__)
    measure(_QUICK_ROUNDS if options.quick else _ROUNDS).show(options.json)


def measure(rounds: int) -> Result:
    """Decode ``rounds`` latents both ways with every bundled pair."""
    result = Result()
    ratios = {}
    for name in BUNDLES:
        pair = ModelPair.open(assets() / name)
        engine, bare = timed(pair, rounds)
        result.time(f"{name}: ModelPair.decode", engine)
        result.time(f"{name}: bare run", bare)
        ratios[name] = ratio(engine, bare)
    result.facts = {"engine_over_run_median": max(ratios.values()), "per_bundle": ratios}
    return result


def timed(pair: ModelPair, rounds: int) -> tuple[list[float], list[float]]:
    """Seconds of the engine's call and of the bare run, for each of ``rounds`` latents."""
    session, port = bare_session(pair)
    latents = np.random.default_rng(0).standard_normal((rounds + _WARM_UP, 1, pair.latent_size))
    engine: list[float] = []
    bare: list[float] = []

    def decode(latent: np.ndarray) -> None:
        began = time.perf_counter()
        pair.decode(latent)
        engine.append(time.perf_counter() - began)

    def run(latent: np.ndarray) -> None:
        began = time.perf_counter()
        session.run(None, {port: latent})
        bare.append(time.perf_counter() - began)

    for number, latent in enumerate(latents.astype(np.float32)):
        for call in (decode, run) if number % 2 else (run, decode):
            call(latent)
    return engine[_WARM_UP:], bare[_WARM_UP:]


if __name__ == "__main__":
    main()
