"""From the event of a drag to the painted picture, over the bare run of the decoder; and the window's rhythm.

``python -m tests.benchmarks.drag [--quick] [--json]``. A real window without a display, real mouse events,
for each bundled decoder and each made one. Stretches of a drag alternate with the same latents through a
runtime session of their own, at the same 125 a second, so that both meet the same machine in the same
state. The picture is painted at its native size, the map at its usual size. A decoder that is slower than
events come is dragged with an event every 8 ms. Then a precise timer of the window is listened to: at rest,
during a drag of 125 events a second, and while UMAP makes a map.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from tests.benchmarks.common import (
    BUNDLES,
    Result,
    assets,
    milliseconds,
    ratio,
    run_at_home,
)
from tests.benchmarks.hand import EVENT_MS, Hand
from tests.benchmarks.made_pair import MADE, make, names

_STEPS, _QUICK_STEPS = 600, 40
_SECONDS, _QUICK_SECONDS = 10.0, 0.5
_TICK_SECONDS, _QUICK_TICK_SECONDS = 60.0, 0.5


def main() -> None:
    """Measure and print."""
    run_at_home(__doc__, measure)


def measure(home: Path, *, quick: bool) -> Result:
    """Drag in every bundled demo and on every made pair; listen to the timer in the first."""
    result = Result()
    found: dict[str, dict[str, object]] = {}
    ticks: dict[str, float] = {}
    for name in names(quick=quick):
        hand = Hand(prepared(name, home))
        found[name] = {"name": name, **dragged(hand, name, result, quick=quick)}
        if name == BUNDLES[0]:
            ticks = listened(hand, result, _QUICK_TICK_SECONDS if quick else _TICK_SECONDS)
        hand.close()
    result.facts = {
        "paint_over_decode_median": found[BUNDLES[0]]["paint_over_decode_median"],
        **ticks,
        "bundled": [figures for name, figures in found.items() if name in BUNDLES],
        "decoders": [figures for name, figures in found.items() if name not in BUNDLES],
    }
    return result


def prepared(name: str, home: Path) -> Path:
    """A workspace of the bundled or made pair ``name`` in ``home``."""
    if name in MADE:
        return make(home / name, name)
    shutil.copytree(assets() / name, home / name)  # a copy, because a new map is saved into it
    return home / name


def dragged(hand: Hand, name: str, result: Result, *, quick: bool) -> dict[str, object]:
    """Drag and compare; puts its lines into the table."""
    drag = hand.drag(_QUICK_STEPS)
    slow = float(np.median(drag.bare)) * 1000 > EVENT_MS
    if slow:
        drag = hand.stream(_QUICK_SECONDS if quick else _SECONDS)
    elif not quick:
        drag = hand.drag(_STEPS)
    result.time(f"{name}: event to painted picture", drag.painted)
    result.time(f"{name}: bare run of the decoder", drag.bare)
    result.time(f"{name}: bare run, handed to a thread and back", drag.handed)
    result.time(f"{name}: bare run without a pause", drag.tight)
    return {
        "paint_over_decode_median": ratio(drag.painted, drag.bare),
        "paint_over_decode_p95": ratio(drag.painted, drag.bare, 95),
        "handed_over_decode_median": ratio(drag.handed, drag.bare),
        "bare_ms_median": milliseconds(drag.bare),
        "bare_without_pause_ms_median": milliseconds(drag.tight),
        "bare_ms_p95": milliseconds(drag.bare, 95),
        "painted_ms_median": milliseconds(drag.painted),
        "painted_ms_p95": milliseconds(drag.painted, 95),
        "slower_than_events": slow,
    }


def listened(hand: Hand, result: Result, seconds: float) -> dict[str, float]:
    """The window's rhythm while it is busy over that at rest."""
    ticks = hand.ticks(seconds)
    for state, gaps in ticks.items():
        result.time(f"{BUNDLES[0]}: tick, {state}", gaps)
    idle = float(np.percentile(ticks["idle"], 99))
    return {
        f"tick_p99_over_idle_{state}": round(float(np.percentile(gaps, 99)) / idle, 3)
        for state, gaps in ticks.items()
        if state != "idle"
    }


if __name__ == "__main__":
    main()
