"""The axes along which a decoder's pictures change most."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from explorer.core.errors import ExplorerError
from explorer.core.latent_ops.axes import Axis, scaled_axes, some
from explorer.core.latent_ops.blas import one_thread
from explorer.core.latent_ops.draws import generator
from explorer.core.pca import components
from explorer.core.progress import Progress
from explorer.core.samples import rough_rows

Floats = NDArray[np.float32]
Decode = Callable[[Floats], NDArray[np.uint8]]

STEP = 0.25
"""Half of a finite difference, in standard deviations: far enough for 256 levels, near enough for a slope."""

MOST_BASIS = 512
"""Directions that are tried at each place."""

_SIDE = 64
_BATCH = 64
_LEAST_SPREAD = 1e-6


@one_thread()
def visible_axes(
    decode: Decode,
    places: Floats,
    latents: Floats,
    count: int = 8,
    progress: Progress | None = None,
    seed: int = 0,
) -> tuple[Axis, ...]:
    """At most ``count`` axes of largest visible change at ``places (m, D)``, given the codes ``(N, D)``.

    J is the decoder's Jacobian by central differences, S the codes' principal axes, each one standard
    deviation long. The axes are S·u for the eigenvectors u of the mean of (JS)ᵀ(JS) over the places: of all
    moves of one standard deviation of the data they change the pictures most, and each changes them in
    another way (the pull-back metric of Arvanitidis, Hansen and Hauberg 2018). The weight is the root mean
    square change of a pixel, in levels of 255, per standard deviation. Pictures larger than 64 px are
    averaged down to that.

    Of more than 512 dimensions, 384 principal axes of the codes and 128 random ones beside them stand for
    the whole space. It decodes ``2 m min(D, 512)`` latents. Raises ``ExplorerError`` where the pictures
    do not change, ``Cancelled`` after a cancel.
    """
    progress = progress or Progress()
    rows = some(latents)
    basis = _basis(rows, seed)
    spread = (rows @ basis.T.astype(np.float32)).std(axis=0, dtype=np.float64)
    varies = spread > _LEAST_SPREAD * spread.max(initial=0.0)
    basis, spread = basis[varies], spread[varies]
    steps = basis * spread[:, None]  # (k, D)
    if len(steps) == 0:
        raise ExplorerError("The latents do not differ, so there is no telling how far to move them.")
    metric = np.zeros((len(steps), len(steps)))
    total = 2 * len(places) * len(steps)
    for number, place in enumerate(places):
        slopes = []
        for start in range(0, len(steps), _BATCH):
            progress(2 * (number * len(steps) + start), total, "Measuring what changes", "pictures")
            moves = (STEP * steps[start : start + _BATCH]).astype(np.float32)
            pictures = rough_rows(decode(np.concatenate([place + moves, place - moves])), _SIDE)
            slopes.append((pictures[: len(moves)] - pictures[len(moves) :]) / (2 * STEP))
        jacobian = np.concatenate(slopes)
        metric += (jacobian @ jacobian.T) / (jacobian.shape[1] * len(places))
    progress(total, total, "Measuring what changes", "pictures")
    changes, turns = np.linalg.eigh(metric)
    changes, turns = changes[::-1][:count], turns[:, ::-1][:, :count]
    kept = changes > max(1e-6 * float(changes.max(initial=0.0)), 1e-9)
    if not kept.any():
        raise ExplorerError(
            "The pictures do not change around here, so there are no axes of visible change; go elsewhere."
        )
    turns = turns[:, kept].T
    vectors = turns @ steps
    signs = np.sign(vectors[np.arange(len(vectors)), np.abs(vectors).argmax(axis=1)])[:, None]
    return scaled_axes(
        rows,
        rows.mean(axis=0, dtype=np.float64),
        signs * vectors,
        signs * (turns @ (basis / spread[:, None])),
        [(f"V {i + 1}", f"Visible change {i + 1}") for i in range(len(vectors))],
        np.sqrt(changes[kept]),
        "levels per σ",
    )


def _basis(rows: Floats, seed: int) -> NDArray[np.float64]:
    """Orthonormal rows ``(k, D)`` that span the space in which the codes lie, or what matters of it."""
    size = rows.shape[1]
    found = components(rows, size if size <= MOST_BASIS else MOST_BASIS * 3 // 4)
    known = np.empty((size, 0)) if found is None else found.axes
    if size <= MOST_BASIS:
        return known.T
    random = generator(seed).standard_normal((size, MOST_BASIS - known.shape[1]))
    return np.asarray(np.linalg.qr(np.concatenate([known, random], axis=1))[0].T)
