"""Measures that are worked out from the model or the map. All of them may take long: for a job."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import numpy.typing as npt

from explorer.core.arrays import open_array, save_array
from explorer.core.bundles import is_bundled
from explorer.core.color_choices import NOTES, has_normal_prior
from explorer.core.coloring import DENSITY, DISTORTION, ERROR, LATENT, OF_MAP, SUPPORT, VARIANCE, scale_of
from explorer.core.dataset_base import Measure
from explorer.core.encoding import read_batches
from explorer.core.errors import ExplorerError
from explorer.core.files import atomic_path
from explorer.core.latent_map import LatentMap
from explorer.core.map_quality import NEIGHBOURS, distortion
from explorer.core.map_settings import MapSettings
from explorer.core.map_shelf import MapShelf, digest, maps_folder
from explorer.core.model_pair import ModelPair
from explorer.core.progress import Progress
from explorer.core.regression import neighbour_count
from explorer.core.samples import Samples, difference
from explorer.core.workspace import Workspace

Floats = npt.NDArray[np.float32]

_KEPT = (ERROR, VARIANCE, DISTORTION)
_MOST_KEPT = 8
_ROWS = 1 << 16
_FLOATS = 1 << 23
_DECODED = 128
_LOOK_UP = 0.25  # seconds after which a cancel is heard, where a decoder is slow
_WIDEST = 1024
_FITTED = 100_000
_RIDGE = 1e-6


def work_out(
    key: str, pair: ModelPair | None, work: Workspace, latent_map: LatentMap | None, progress: Progress
) -> Measure:
    """The measure of ``key`` for every row: read where it was worked out before, else kept where possible.

    Raises ``ExplorerError`` where the model, the data or the map that it takes is not there, and
    ``Cancelled``.
    """
    measure = kept(key, pair, work, latent_map)
    if measure is None:
        measure = _measure(key, _worker(key, pair, work, latent_map)(progress), pair)
        _keep(_file(key, pair, work, latent_map), measure.values)
    scale_of(measure)
    return measure


def is_quick(key: str) -> bool:
    """Whether the measure of ``key`` takes no longer to work out than to read."""
    return key not in _KEPT


def kept(key: str, pair: ModelPair | None, work: Workspace, latent_map: LatentMap | None) -> Measure | None:
    """The measure of ``key`` if it has been worked out before for the same model, data and map."""
    path = _file(key, pair, work, latent_map)
    if path is None or not path.exists():
        return None
    try:
        values = open_array(path)
    except ExplorerError:
        return None  # cut short: it is worked out anew
    if values.shape != (len(work),) or values.dtype != np.float32:
        return None
    return _measure(key, np.array(values), pair)


def _measure(key: str, values: Floats, pair: ModelPair | None) -> Measure:
    if key.startswith(LATENT):
        number = int(key.removeprefix(LATENT))
        note = f"Number {number} of the latent, counted from 0"
        return Measure(f"z{number:02d}", values, note=note, centre=0.0)
    if key == DENSITY:
        note = NOTES[DENSITY if has_normal_prior(pair) else "fitted"]
        return Measure("log-density", values, "nats", note)
    names = {ERROR: "error", SUPPORT: "support", VARIANCE: "local variance", DISTORTION: "distortion"}
    ends = (0.0, 1.0) if key in (SUPPORT, DISTORTION) else None
    return Measure(names[key], values, "MSE" if key == ERROR else "", NOTES[key], ends=ends)


def _worker(
    key: str, pair: ModelPair | None, work: Workspace, latent_map: LatentMap | None
) -> Callable[[Progress], Floats]:
    if key.startswith(LATENT):
        return lambda progress: latent_dimension(work.latents, int(key.removeprefix(LATENT)), progress)
    if key == DENSITY:
        if has_normal_prior(pair):
            return lambda progress: prior_log_density(work.latents, progress)
        return lambda progress: fitted_log_density(work.latents, progress)
    if key == ERROR:
        if pair is None:
            raise ExplorerError("No model is open; a reconstruction error takes an encoder and a decoder.")
        return lambda progress: reconstruction_errors(pair, work, progress)
    if latent_map is None:
        raise ExplorerError("There is no map yet; wait until it is there, then colour by it.")
    if key == SUPPORT:
        return lambda _: latent_map.inverse.support_of_rows()
    if key == VARIANCE:
        return lambda progress: local_variance(latent_map, progress)
    if key == DISTORTION:
        return lambda progress: map_distortion(latent_map, progress, _kept_neighbours(work))
    raise ExplorerError(f"There is nothing called “{key}” to colour by; choose another.")


def reconstruction_errors(pair: ModelPair, work: Workspace, progress: Progress) -> Floats:
    """Mean squared error ``(N,)`` on [0, 1] pixels between each picture and what its latent decodes to.

    NaN where a picture can no longer be read. Raises ``ExplorerError`` where the data are gone or the model
    fails.
    """
    dataset = work.dataset()
    row_of = np.full(len(dataset), -1, np.int64)
    row_of[work.rows] = np.arange(len(work))
    errors = np.full(len(work), np.nan, np.float32)
    progress(0, len(dataset), "Reconstructing", "pictures")
    size = 1
    with closing(read_batches(dataset, pair.sample_shape, progress)) as batches:
        for batch in batches:
            known = row_of[batch.rows] >= 0
            rows, originals = row_of[batch.rows][known], batch.samples[known]
            first = 0
            while first < len(rows):
                progress.check()
                began, part = time.perf_counter(), slice(first, first + size)
                drawn = pair.decode(np.asarray(work.latents[rows[part]]))
                errors[rows[part]] = _squared_errors(drawn, originals[part])
                first += len(drawn)
                seconds = max(time.perf_counter() - began, 1e-6) / len(drawn)
                size = max(1, min(_DECODED, round(_LOOK_UP / seconds)))
            progress(batch.done, len(dataset), "Reconstructing", "pictures")
    return errors


def _squared_errors(drawn: Samples, originals: Samples) -> npt.NDArray[np.float64]:
    """Mean squared error ``(n,)`` on [0, 1] pixels of each of n pictures."""
    apart = difference(drawn, originals).reshape(len(drawn), -1).astype(np.float32)
    squares = np.einsum("ij,ij->i", apart, apart, dtype=np.float64)
    return np.asarray(squares / (255.0**2 * apart.shape[1]), np.float64)


def latent_dimension(latents: Floats, number: int, progress: Progress) -> Floats:
    """One column ``(N,)`` of ``latents (N, D)``."""
    values = np.empty(len(latents), np.float32)
    for part in _parts(latents, progress):
        values[part] = latents[part, number]
    return values


def prior_log_density(latents: Floats, progress: Progress) -> Floats:
    """Log-density ``(N,)`` of ``latents (N, D)`` under N(0, I), in nats."""
    values = np.empty(len(latents), np.float32)
    constant = 0.5 * latents.shape[1] * math.log(2 * math.pi)
    for part in _parts(latents, progress):
        rows = np.asarray(latents[part], np.float64)
        values[part] = -0.5 * np.einsum("ij,ij->i", rows, rows) - constant
    return values


def fitted_log_density(latents: Floats, progress: Progress) -> Floats:
    """Log-density ``(N,)`` of ``latents (N, D)`` under the Gaussian of their mean and covariance, in nats.

    Of more than 1,024 dimensions each counts by itself. Rows that are not finite have NaN.
    """
    sample = np.asarray(latents[:: max(1, len(latents) // _FITTED)], np.float64)
    sample = sample[np.isfinite(sample).all(axis=1)]
    values = np.full(len(latents), np.nan, np.float32)
    if not len(sample):
        return values
    size = latents.shape[1]
    mean = sample.mean(axis=0)
    wide = size > _WIDEST
    spread = sample.var(axis=0)
    ridge = _RIDGE * float(spread.mean()) + 1e-12
    factor = None
    if not wide:
        factor = np.linalg.cholesky((sample - mean).T @ (sample - mean) / len(sample) + ridge * np.eye(size))
    scales = np.sqrt(spread + ridge) if factor is None else np.diag(factor)
    constant = 0.5 * size * math.log(2 * math.pi) + float(np.log(scales).sum())
    for part in _parts(latents, progress):
        rows = np.asarray(latents[part], np.float64) - mean
        standard = rows / scales if factor is None else np.linalg.solve(factor, rows.T).T
        values[part] = -0.5 * np.einsum("ij,ij->i", standard, standard) - constant
    return values


def local_variance(latent_map: LatentMap, progress: Progress) -> Floats:
    """Spread ``(N,)`` of the latents around each point's place, over the median distance of two latents.

    The root of the variance of its neighbours on the map, in all dimensions together, weighted by the kernel
    of ``regression``. NaN for points without a place.
    """
    from scipy.spatial import cKDTree

    latents = latent_map.latents
    usable = np.flatnonzero(np.isfinite(latent_map.positions).all(axis=1) & np.isfinite(latents).all(axis=1))
    values = np.full(len(latents), np.nan, np.float32)
    if len(usable) < 2:
        return values
    places = latent_map.positions[usable].astype(np.float64)
    tree, count = cKDTree(places), min(neighbour_count(len(usable)), len(usable))
    unit = latent_map.inverse.typical_distance or 1.0
    step = max(1, _FLOATS // (count * latents.shape[1]))
    for first in range(0, len(usable), step):
        progress(first, len(usable), "Measuring local variance", "points")
        part = slice(first, first + step)
        apart, found = tree.query(places[part], k=count, workers=-1)
        cut = np.maximum(apart[:, -1:], 1e-12)
        weights = np.square(1.0 - np.square(np.minimum(apart / cut, 1.0))) + 1e-12
        weights = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
        near = np.asarray(latents[usable[found]], np.float32)
        near -= np.einsum("nk,nkd->nd", weights, near)[:, None]
        squares = np.einsum("nk,nkd,nkd->n", weights, near, near)
        values[usable[part]] = np.sqrt(squares) / unit
    return values


def map_distortion(
    latent_map: LatentMap, progress: Progress, neighbours: npt.NDArray[np.int32] | None = None
) -> Floats:
    """``map_quality.distortion`` of each point ``(N,)`` by its 15 nearest in latent space.

    ``neighbours (N, k)`` are everybody's, the nearest first and itself being the first, where they are at
    hand. NaN for points without a place.
    """
    from explorer.core.projecting.neighbours import nearest

    latents, places = latent_map.latents, latent_map.positions
    values = np.full(len(latents), np.nan, np.float32)
    usable = np.isfinite(places).all(axis=1) & np.isfinite(latents).all(axis=1)
    count = min(NEIGHBOURS + 1, int(usable.sum()))
    if count < 2:
        return values
    progress(0, 0, "Looking for neighbours")
    if neighbours is None or neighbours.shape[1] < count or not usable.all():
        neighbours = nearest(np.ascontiguousarray(latents[usable]), count, 0).rows
    progress.check()
    values[usable] = distortion(places[usable], neighbours[:, :count])
    return values


def _kept_neighbours(work: Workspace) -> npt.NDArray[np.int32] | None:
    """Everybody's neighbours ``(N, k)`` as the map's own computation has left them."""
    settings = MapSettings.of(work.map_settings() or {})
    if settings.metric != "euclidean":
        return None
    shelf = MapShelf(maps_folder(work.folder), len(work), settings, digest(np.asarray(work.latents)))
    found = shelf.neighbours()
    return None if found is None else found[0]


def _parts(latents: Floats, progress: Progress) -> list[slice]:
    progress.check()
    step = max(1, min(_ROWS, _FLOATS // latents.shape[1]))
    return [slice(first, first + step) for first in range(0, len(latents), step)]


def _file(key: str, pair: ModelPair | None, work: Workspace, latent_map: LatentMap | None) -> Path | None:
    """Where a measure is kept: beside the data, or among the user's files for what is bundled.

    The name tells what it was made of, so that nothing outdated is ever found.
    """
    if key not in _KEPT or pair is None or (key in OF_MAP and latent_map is None):
        return None
    parts = [key, pair.fingerprint, str(pair.image), work.data.fingerprint, str(len(work))]
    if key in OF_MAP and latent_map is not None:
        parts.append(digest(latent_map.positions))
    name = f"{key.partition(':')[2]}-{hashlib.sha256(' '.join(parts).encode()).hexdigest()[:16]}.npy"
    if not is_bundled(work.folder):
        return work.folder / "measures" / name
    from platformdirs import user_cache_path

    return user_cache_path("latent-explorer", appauthor=False) / "measures" / work.folder.name / name


def _keep(path: Path | None, values: Floats) -> None:
    """Write a measure; a place that cannot be written only means that it is worked out again."""
    if path is None:
        return
    try:
        with atomic_path(path) as beside:
            save_array(beside, values)
        kind = path.name.partition("-")[0]
        older = sorted(path.parent.glob(f"{kind}-*.npy"), key=lambda one: one.stat().st_mtime, reverse=True)
        for one in older[_MOST_KEPT:]:
            one.unlink()
    except (ExplorerError, OSError):
        return
