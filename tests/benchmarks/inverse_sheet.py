"""Pictures for the eye: 8 drags of 16 steps, decoded from the program's inverse and from others.

``python -m tests.benchmarks.inverse_sheet OUT.png [--quick] [--data FOLDER] [--layouts FOLDER]``. For each
drag, from above: ours, the nearest point's latent, the plain average, ``umap.inverse_transform`` (not with
``--quick``). The bar over a step is its support; without a bar there is no data near.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from explorer.core.inverse import Inverse
from tests.benchmarks import fashion
from tests.benchmarks.baselines import Baselines
from tests.benchmarks.fashion import Mapped
from tests.benchmarks.inverse import PIXELS, drags, latents_at

_DRAGS, _STEPS = 8, 16
_ZOOM, _GAP, _BAR = 2, 14, 4


def main() -> None:
    """Draw the sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--quick", action="store_true", help="the bundled map, without UMAP")
    fashion.add_arguments(parser)
    options = parser.parse_args()
    drawn = sheet(fashion.load(options), with_umap=not options.quick)
    drawn.quantize(64, dither=Image.Dither.NONE).save(options.out, optimize=True)


def sheet(mapped: Mapped, *, with_umap: bool) -> Image.Image:
    """The sheet as a grey picture."""
    ours = Inverse(mapped.positions, mapped.latents)
    places = _busiest(ours, drags(mapped, 300, _STEPS, long=0.25)).reshape(-1, 2)
    others = Baselines(mapped.positions, mapped.latents)
    rows = [
        latents_at(ours, places, mapped.diameter / PIXELS),
        others.nearest(places),
        others.average(places, ours.neighbours),
    ]
    if with_umap:
        rows.append(np.asarray(mapped.umap.inverse_transform(places.astype(np.float32)), np.float32))
    pictures = [mapped.pair.decode(np.ascontiguousarray(latents))[..., 0] for latents in rows]
    return _drawn(pictures, ours.support_at(places))


def _busiest(ours: Inverse, ways: NDArray[np.float64]) -> NDArray[np.float64]:
    """The ways that keep most to the data, none nearly the same as another."""
    shares = ours.support_at(ways.reshape(-1, 2)).reshape(ways.shape[:2]).mean(axis=1)
    kept: list[NDArray[np.float64]] = []
    for way in ways[np.argsort(-shares)]:
        if all(np.linalg.norm(way - other, axis=1).mean() > 0.1 * ours.diameter for other in kept):
            kept.append(way)
    return np.array(kept[:_DRAGS])


def _drawn(rows: list[NDArray[np.uint8]], support: NDArray[np.float32]) -> Image.Image:
    side = rows[0].shape[1] * _ZOOM
    block = _GAP + len(rows) * side
    page = np.full((_DRAGS * block, _STEPS * side), 96, np.uint8)
    for step, share in enumerate(support):
        drag, column = divmod(step, _STEPS)
        top, left = drag * block + _GAP, column * side
        page[top - _BAR - 2 : top - 2, left : left + round(float(share) * (side - 4))] = 230
        for i, pictures in enumerate(rows):
            large = pictures[step].repeat(_ZOOM, axis=0).repeat(_ZOOM, axis=1)
            page[top + i * side : top + (i + 1) * side, left : left + side] = large
    return Image.fromarray(page)


if __name__ == "__main__":
    main()
