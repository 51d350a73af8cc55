"""A path played in the app's window: how many of its pictures are really painted in a second."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from tests.benchmarks.hand import Hand
from tests.benchmarks.made_pair import make

SLOW = "made-256"
"""A decoder that is too slow to be played as it goes."""

_STATIONS, _SECONDS, _WANTED = 3, 3.0, 60.0
_MARGIN = 0.5


def path_fps(bundle: Path, seconds: float) -> dict[str, object]:
    """Play a path on ``bundle`` for some seconds; counts pictures that differ from the one before.

    ``decode_ms`` is how long one takes, ``prepared_s`` how long it took until all were there, where they are
    decoded beforehand; the rate then counts from there.
    """
    hand = Hand(bundle)
    try:
        explorer = hand._explorer
        shown, view = explorer.paths.shown, explorer.window.here.picture
        rows = np.linspace(0, len(explorer.store.session.map.positions) - 1, _STATIONS).astype(int)
        stations = tuple(explorer.paths._station_of(int(row)) for row in rows)
        plan = type(explorer.store.session.path)(stations, seconds=_SECONDS)
        explorer.store.replace(path=plan)
        shown.show_page()
        hand.wait(lambda: shown.router.route is not None and not explorer.jobs.running)
        began = time.perf_counter()
        explorer.paths.play_path()
        hand.wait(lambda: not explorer.jobs.running)
        prepared = time.perf_counter() - began
        hand.settle(_MARGIN)
        painted: list[int] = []
        view.painted.connect(lambda _: painted.append(id(view.image())))
        until = time.perf_counter() + seconds
        hand.wait(lambda: time.perf_counter() > until)
        assert shown.player.is_playing
        shown.player.stop()
        return {
            "decode_ms": round(1000 * shown.router.seconds, 2),
            "fps": round(len(painted) / seconds, 1),
            "fps_over_60": round(len(painted) / seconds / _WANTED, 3),
            "prepared_s": round(prepared, 2) if shown.player.is_buffered else None,
        }
    finally:
        hand.close()


def slow_pair(home: Path) -> Path:
    """A workspace with the slow decoder."""
    return make(home / SLOW, SLOW)
