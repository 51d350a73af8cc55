"""The axes along which a decoder's pictures change most."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from explorer.core.errors import ExplorerError
from explorer.core.latent_ops.axes import Axis, ranges
from explorer.core.latent_ops.draws import generator
from explorer.core.latent_ops.pixel_rows import pixel_rows
from explorer.core.pca import components
from explorer.core.progress import Progress

Floats = NDArray[np.float32]
Decode = Callable[[Floats], NDArray[np.uint8]]

STEP = 0.25
"""Half of a finite difference, in standard deviations: far enough for 256 levels, near enough for a slope."""

MOST_BASIS = 512
"""Directions that are tried at each place."""

_SIDE = 64
_BATCH = 64


def visible_axes(
    decode: Decode,
    places: Floats,
    latents: Floats,
    count: int = 8,
    progress: Progress | None = None,
    seed: int = 0,
) -> tuple[Axis, ...]:
    """At most ``count`` axes of largest visible change at ``places (m, D)``, given the codes ``(N, D)``.

    J is the decoder's Jacobian by central differences, S the codes' standard deviation in each dimension. The
    axes are S·u for the eigenvectors u of the mean of (JS)ᵀ(JS) over the places: of all moves of one standard
    deviation they change the pictures most, and each changes them in another way (the pull-back metric of
    Arvanitidis, Hansen and Hauberg 2018). The weight is the root mean square change of a pixel, in levels
    of 255, per standard deviation. Pictures larger than 64 px are averaged down to that.

    Of more than 512 dimensions, 384 principal axes of the codes and 128 random ones beside them stand for
    the whole space. It decodes ``2 m min(D, 512)`` latents. Raises ``ExplorerError`` where the pictures
    do not change, ``Cancelled`` after a cancel.
    """
    progress = progress or Progress()
    spread = np.asarray(latents[:: max(1, len(latents) // 20_000)], np.float64).std(axis=0)
    steps = _basis(latents, seed) * spread  # (k, D): each move is one standard deviation long
    metric = np.zeros((len(steps), len(steps)))
    total = 2 * len(places) * len(steps)
    for number, place in enumerate(places):
        slopes = []
        for start in range(0, len(steps), _BATCH):
            progress(2 * (number * len(steps) + start), total, "Measuring what changes", "pictures")
            moves = (STEP * steps[start : start + _BATCH]).astype(np.float32)
            pictures = pixel_rows(decode(np.concatenate([place + moves, place - moves])), _SIDE)
            slopes.append((pictures[: len(moves)] - pictures[len(moves) :]) / (2 * STEP))
        jacobian = np.concatenate(slopes)
        metric += (jacobian @ jacobian.T) / (jacobian.shape[1] * len(places))
    progress(total, total, "Measuring what changes", "pictures")
    changes, turns = np.linalg.eigh(metric)
    changes, turns = changes[::-1][:count], turns[:, ::-1][:, :count]
    kept = changes > max(1e-6 * float(changes[0]), 1e-9)
    if not kept.any():
        raise ExplorerError(
            "The pictures do not change around here, so there are no axes of visible change; go elsewhere."
        )
    vectors = turns[:, kept].T @ steps
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors *= np.sign(vectors[np.arange(len(vectors)), np.abs(vectors).argmax(axis=1)])[:, None]
    narrow = np.ascontiguousarray(vectors, np.float32)
    low, high = ranges(latents, narrow)
    return tuple(
        Axis(f"visible {i + 1}", vector, float(low[i]), float(high[i]), float(change) ** 0.5, "levels per σ")
        for i, (vector, change) in enumerate(zip(narrow, changes[kept], strict=True))
    )


def _basis(latents: Floats, seed: int) -> NDArray[np.float64]:
    """Orthonormal rows ``(k, D)`` that span the space, or what matters of it."""
    size = latents.shape[1]
    if size <= MOST_BASIS:
        return np.eye(size)
    found = components(latents, MOST_BASIS * 3 // 4)
    random = generator(seed).standard_normal(
        (size, MOST_BASIS - (0 if found is None else found.axes.shape[1]))
    )
    columns = random if found is None else np.concatenate([found.axes, random], axis=1)
    return np.asarray(np.linalg.qr(columns)[0].T)
