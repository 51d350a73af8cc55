"""Cost of a frame against the number of points: ``python -m tests.benchmarks.map_plot FILE.svg [--quick]``.

From a run of its own, over more sizes than ``tests.benchmarks.map`` and without the peers.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks import map as map_benchmark
from tests.benchmarks.common import milliseconds
from tests.benchmarks.map_ways import points

_SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000)
_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 640, 360, 60, 46
_LOW, _HIGH = 1.0, 1000.0


def main() -> None:
    """Measure and write the file."""
    quick = "--quick" in sys.argv
    curves: dict[str, list[tuple[int, float]]] = {"under the hand": [], "exact, after it stops": []}
    for count in _SIZES[: 3 if quick else None]:
        places, labels = points(count)
        frames, exact = map_benchmark.frames_of(places, labels, quick=quick)
        for curve, seconds in zip(curves.values(), (frames, exact), strict=True):
            curve.append((count, milliseconds(seconds)))
        print(count, {name: curve[-1][1] for name, curve in curves.items()})
    Path(sys.argv[1]).write_text(svg(curves), encoding="utf-8")


def svg(curves: dict[str, Sequence[tuple[int, float]]]) -> str:
    """Both axes logarithmic; a dashed line shows what linear growth would be."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}"',
        ' font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
    ]
    for exponent in range(4):
        y = _up(10.0**exponent)
        parts.append(f'<path d="M{_LEFT} {y}H{_WIDTH - 20}" stroke="#d5dae1"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">{10**exponent} ms</text>')
    for exponent, name in ((4, "10k"), (5, "100k"), (6, "1M"), (7, "10M")):
        x = _across(10**exponent)
        parts.append(f'<text x="{x}" y="{_HEIGHT - 22}" text-anchor="middle">{name}</text>')
    first = next(iter(curves.values()))
    count, value = first[0]
    grown = min(first[-1][0] / count, _HIGH / value)
    begin, end = (count, value), (count * grown, value * grown)
    parts.append(_line([begin, end], "#8b93a0", ' stroke-dasharray="4 4"'))
    for color, (name, curve) in zip(("#2f62ea", "#d04840"), curves.items(), strict=True):
        parts.append(_line(curve, color))
        x, y = _across(curve[-1][0]), _up(curve[-1][1])
        parts.append(f'<text x="{x}" y="{y - 8}" text-anchor="end" fill="{color}">{name}</text>')
    caption = "points (dashed: linear growth)"
    parts.append(f'<text x="{_WIDTH // 2}" y="{_HEIGHT - 4}" text-anchor="middle">{caption}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _line(curve: Sequence[tuple[float, float]], color: str, more: str = "") -> str:
    inside = [(count, min(value, _HIGH)) for count, value in curve]
    path = " ".join(f"{_across(count)},{_up(value)}" for count, value in inside)
    return f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"{more}/>'


def _across(count: float) -> int:
    return round(_LEFT + (math.log10(count) - 4) / 3 * (_WIDTH - _LEFT - 40))


def _up(value: float) -> int:
    share = math.log(max(value, _LOW) / _LOW) / math.log(_HIGH / _LOW)
    return round(_HEIGHT - _BOTTOM - share * (_HEIGHT - _BOTTOM - 20))


if __name__ == "__main__":
    main()
