"""What a gallery's page weighs, and how soon a browser shows it.

``python -m tests.benchmarks.page [--quick] [--json]``, for pictures of each bundled model on its map:

- ``page_over_pictures``: the page's bytes over those of the same pictures as single PNGs without their notes,
  the larger of the two (of many pictures: the page's own 30 kB count little);
- ``page_opens_s``: until all pictures of the page are decoded and map and wall painted, in a Chromium without
  a window: the median of some starts, the larger of the two; missing where no Chromium is there.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from explorer.core.opening import classify, open_now
from explorer.core.progress import Progress
from explorer.core.provenance import png_bytes
from explorer.core.recipes.document import Kept
from explorer.core.recipes.source import Source
from explorer.core.recipes.writing import Style, recipe_for, write_gallery
from tests.benchmarks.common import BUNDLES, Result, assets, run_at_home
from tests.browser import Page, browser

_COUNT, _QUICK_COUNT = 2_000, 100
_STARTS, _QUICK_STARTS = 5, 1


def main() -> None:
    """Measure and print."""
    run_at_home(__doc__, measure)


def measure(home: Path, *, quick: bool) -> Result:
    """All figures."""
    result = Result()
    count, starts = (_QUICK_COUNT, _QUICK_STARTS) if quick else (_COUNT, _STARTS)
    weights, openings = [], []
    for name in BUNDLES:
        opened = open_now(classify([assets() / name]), None, Progress())
        assert opened.work is not None
        latents = np.array(opened.work.latents[:count])
        source, out = Source((opened.pair,), opened.work, opened.map), home / name
        write_gallery(recipe_for(Kept(latents), source, out, Style(formats=("page",))), source, out)
        own = sum(len(png_bytes(one)) for one in opened.pair.decode(latents))
        weights.append(round((out / "gallery.html").stat().st_size / own, 3))
        result.facts[f"page_over_pictures_{name}"] = weights[-1]
        if browser() is None:
            continue
        seconds = [_opened(out / "gallery.html", home / f"profile {name} {i}") for i in range(starts)]
        openings.append(round(result.time(f"{name}: page of {count:,} pictures opens", seconds), 3))
        result.facts[f"page_opens_s_{name}"] = openings[-1]
    result.facts["page_over_pictures"] = max(weights)
    if openings:
        result.facts["page_opens_s"] = max(openings)
    else:
        print("There is no Chromium, so the page was not opened.", file=sys.stderr)
        result.rows.append(("not opened", [0.0]))
    return result


def _opened(page: Path, profile: Path) -> float:
    with Page(page, profile) as shown:
        return float(shown.run("document.documentElement.dataset.ready")) / 1000


if __name__ == "__main__":
    main()
