"""Principal components: the first two as a preview of a map, or some more to shorten long latents."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_SAMPLE = 10_000
_SAMPLE_NUMBERS = 4_000_000
_EXACT_SIZE = 64
_CHUNK_NUMBERS = 8_000_000


class Components(NamedTuple):
    """The mean ``(D,)``, the axes as columns ``(D, K)``, and the share of the variance that they hold."""

    mean: NDArray[np.float64]
    axes: NDArray[np.float64]
    share: float


def pca_preview(latents: Floats) -> Floats:
    """The first two principal components ``(N, 2) float32`` of latents ``(N, D)``.

    Each axis points where its largest loading is positive, so that the same data always lie the same way. A
    row that is not finite has no place (NaN); an axis without any variance is 0.
    """
    rows = np.asarray(latents).view(np.ndarray)
    found = components(rows, 2)
    places = np.zeros((len(rows), 2), np.float32)
    if found is None:
        places[:] = np.nan
        return places
    places[:, : found.axes.shape[1]] = project(rows, found)
    # A sum is finite only where all its terms are, save for the few whose sum overflows.
    doubtful = np.flatnonzero(~np.isfinite(rows.sum(axis=1)))
    places[doubtful[~np.isfinite(rows[doubtful]).all(axis=1)]] = np.nan
    return places


def components(rows: Floats, count: int, numbers: int = _SAMPLE_NUMBERS) -> Components | None:
    """At most ``count`` principal components of ``rows (N, D)``, from a sample of at most 10,000 rows.

    ``numbers`` bounds the sample too: of long latents fewer rows are taken. Axes without variance are left
    out. None where no row is finite. Beyond 64 dimensions the axes come by randomised subspace iteration
    (Halko, Martinsson and Tropp 2011).
    """
    size = rows.shape[1]
    wanted = max(1, min(_SAMPLE, numbers // max(size, 1)))
    sample = rows[:: max(1, len(rows) // wanted)].astype(np.float64)
    sample = sample[np.isfinite(sample).all(axis=1)]
    if len(sample) == 0:
        return None
    mean = sample.mean(axis=0)
    sample -= mean
    total = float(np.einsum("ij,ij->", sample, sample))
    if size <= _EXACT_SIZE:
        variances, axes = np.linalg.eigh(sample.T @ sample)
        variances, axes = variances[::-1][:count], axes[:, ::-1][:, :count]
    else:
        basis = np.random.Generator(np.random.PCG64(0)).standard_normal((size, min(count + 10, size)))
        for _ in range(4):
            basis = np.linalg.qr(sample.T @ (sample @ basis))[0]
        _, stretch, turn = np.linalg.svd(sample @ basis, full_matrices=False)
        variances, axes = stretch[:count] ** 2, (basis @ turn.T)[:, :count]
    kept = variances > 1e-12 * max(float(variances[0]), 1e-30)
    variances, axes = variances[kept], axes[:, kept]
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    return Components(mean, axes, float(variances.sum()) / total if total > 0 else 1.0)


def project(rows: Floats, onto: Components) -> Floats:
    """The coordinates ``(N, K) float32`` of ``rows (N, D)`` along the axes."""
    axes = onto.axes.astype(np.float32)
    offset = (onto.mean @ onto.axes).astype(np.float32)
    places = np.empty((len(rows), axes.shape[1]), np.float32)
    step = max(1, _CHUNK_NUMBERS // rows.shape[1])
    for first in range(0, len(rows), step):
        places[first : first + step] = rows[first : first + step] @ axes - offset
    return places
