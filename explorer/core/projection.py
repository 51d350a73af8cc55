"""Latents → the plane: a PCA at once, and UMAP in a process of its own."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.core.arrays import open_array
from explorer.core.errors import ExplorerError
from explorer.core.map_settings import MapSettings
from explorer.core.map_shelf import MapShelf, digest
from explorer.core.pca import pca_preview
from explorer.core.progress import Progress
from explorer.core.projecting import channel, process
from explorer.core.projecting.process import is_compiled, prepare, prepare_first, release

__all__ = [
    "FEWEST", "Layout", "Map", "MapSettings", "Reins", "fit_map", "is_compiled", "pca_preview", "prepare",
    "prepare_first", "release",
]  # fmt: skip

Floats = NDArray[np.float32]

FEWEST = 4
"""Points below which a map of neighbourhoods means nothing."""

_HEARING = 0.05
_WIDTH = 10.0


@dataclass(frozen=True, eq=False)
class Layout:
    """A map as it forms.

    Attributes:
        places: ``(N, 2) float32``.
        epoch: how many epochs of its stage it is made of; 0 for the first one, the PCA.
        epochs: of how many; 0 where that is not known yet.
        seconds: when it came about, since the map was begun in the map's process.
    """

    places: Floats
    epoch: int
    epochs: int
    seconds: float


@dataclass(frozen=True, eq=False)
class Map:
    """A finished map.

    Attributes:
        places: ``(N, 2) float32``.
        settings: what it was made with.
        stopped: whether it was kept before its end.
        remarks: sentences for the user about how it was made.
    """

    places: Floats
    settings: MapSettings
    stopped: bool = False
    remarks: tuple[str, ...] = ()


class Reins:
    """Holds a map that is being made; from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wish = channel.GO_ON

    def pause(self) -> None:
        """Wait after the present epoch."""
        self._set(channel.PAUSE)

    def go_on(self) -> None:
        """Go on after a pause."""
        self._set(channel.GO_ON)

    def stop(self) -> None:
        """Let the layout as it is now be the map; before the first layout, the first one."""
        self._set(channel.STOP)

    @property
    def paused(self) -> bool:
        """Whether it waits."""
        return self._wish == channel.PAUSE

    @property
    def stopping(self) -> bool:
        """Whether the layout as it is shall be the map."""
        return self._wish == channel.STOP

    @property
    def wish(self) -> bytes:
        """The command for the map's process."""
        return self._wish

    def _set(self, wish: bytes) -> None:
        with self._lock:
            if self._wish != channel.STOP:
                self._wish = wish


def fit_map(
    latents: Floats,
    settings: MapSettings,
    progress: Progress,
    on_layout: Callable[[Layout], None] | None = None,
    *,
    labels: NDArray[np.integer[Any]] | None = None,
    keep_in: Path | None = None,
    reins: Reins | None = None,
) -> Map:
    """The map of latents ``(N, D)``.

    UMAP runs in a process of its own with low priority, because its compiled steps would stop every other
    thread here for up to a third of a second at a time. ``on_layout`` is called in the calling thread: at
    once with the PCA, which the map starts from and so is oriented like, then with the layouts as they
    form, at most 20 times a second. Up to 10,000 points the map is bit by bit that of plain UMAP with the
    same seed and start; beyond, 10,000 landmarks are arranged first, which the others follow, and then all
    points for 120 epochs instead of 200; beyond two millions only the landmarks are arranged.

    ``labels (N,)`` (-1: none) are used where ``settings.labels`` names their field. ``keep_in`` is a folder
    of kept maps: what lies there is read instead of computed, and what is computed is kept there.

    Raises ``ExplorerError`` for fewer than 4 points that are to be neighbours, for latents that are not
    finite and where the process fails twice; ``Cancelled`` soon after a cancel, the process being ended.
    """
    _check(latents, settings, labels)
    progress(0, 0, "Starting the map")
    if not settings.labels:
        labels = None
    shelf = MapShelf(keep_in, len(latents), settings)
    if keep_in is not None:
        shelf.latents_digest = digest(latents)
        shelf.labels_digest = "" if labels is None else digest(labels)
        kept = shelf.layout()
        if kept is not None:
            return Map(kept, settings, remarks=tuple(shelf.remarks))
    if not settings.has_neighbours:
        places = np.array(latents, np.float32) if settings.method == "latent" else pca_preview(latents)
        shelf.keep_layout(places, {})
        return Map(places, settings, remarks=tuple(shelf.remarks))
    start = first_layout(pca_preview(latents), settings.seed)
    if on_layout:
        on_layout(Layout(start, 0, 0, 0.0))
    found = _Making(latents, start, labels, shelf, progress, on_layout, reins or Reins()).map()
    return replace(found, remarks=tuple(dict.fromkeys((*shelf.remarks, *found.remarks))))


def first_layout(preview: Floats, seed: int) -> Floats:
    """The PCA ``(N, 2)`` as UMAP starts from it: stretched to a square of 10 units.

    With a little noise, so that no two points coincide. An axis along which all points coincide becomes noise
    altogether.
    """
    noise = np.random.Generator(np.random.PCG64(seed)).standard_normal(preview.shape)
    low, high = preview.min(axis=0), preview.max(axis=0)
    extent = high - low
    places = (preview - low) * (_WIDTH / np.where(extent > 0, extent, 1.0))
    return np.asarray(places + np.where(extent > 0, 1e-4, 1.0) * noise, np.float32)


def _check(latents: Floats, settings: MapSettings, labels: NDArray[np.integer[Any]] | None) -> None:
    count = len(latents)
    if count < FEWEST and settings.has_neighbours:
        raise ExplorerError(
            f"A map needs at least {FEWEST} points and here are only {count}; open more data."
        )
    broken = int(count - np.isfinite(latents).all(axis=1).sum())
    if broken:
        raise ExplorerError(
            f"{broken:,} of {count:,} latents are not finite numbers; check the model, then encode again."
        )
    if settings.method == "latent" and latents.shape[1] != 2:
        raise ExplorerError(
            f"The latents have {latents.shape[1]} dimensions, and only two can be a map as they are; "
            "choose another method."
        )
    if settings.labels and labels is None:
        raise ExplorerError(f"The data have no labels “{settings.labels}”; choose another field, or none.")


class _Making:
    """One map in the making, in a process that is started again where it is ended from outside."""

    def __init__(
        self,
        latents: Floats,
        start: Floats,
        labels: NDArray[np.integer[Any]] | None,
        shelf: MapShelf,
        progress: Progress,
        on_layout: Callable[[Layout], None] | None,
        reins: Reins,
    ) -> None:
        self._latents, self._start, self._labels, self._shelf = latents, start, labels, shelf
        self._progress, self._on_layout, self._reins = progress, on_layout, reins
        self._report: tuple[int, int, str, str] = (0, 0, "Starting the map", "")
        self._remarks: list[str] = []

    def map(self) -> Map:
        """Make it; once more where the process was ended from outside."""
        for attempt in range(2):
            found = self._attempt()
            if found is not None:
                return found
            if attempt == 0:
                self._report = (0, 0, "The map's process was ended from outside; starting again", "")
                self._remarks.append("The map's process was ended from outside; the map was begun again.")
        raise ExplorerError(
            "The map could not be computed (its process was ended from outside, perhaps for lack of memory); "
            "close some programs, then try again."
        )

    def _attempt(self) -> Map | None:
        worker = process.take()
        whole = False
        try:
            path = _file_of(self._latents)
            arrays: list[NDArray[Any]] = [self._start]
            if path is None:
                arrays.append(np.asarray(self._latents, np.float32))
            if self._labels is not None:
                arrays.append(np.asarray(self._labels, np.int64))
            facts = {
                "settings": asdict(self._shelf.settings),
                "latents": str(path) if path else "",
                "labelled": self._labels is not None,
                "folder": str(self._shelf.folder) if self._shelf.folder else "",
                "digests": [self._shelf.latents_digest, self._shelf.labels_digest],
            }
            found = self._follow(worker, worker.ask(facts, arrays))
            whole = found is not None
            return found
        finally:
            if whole:
                process.give_back(worker)
            else:
                worker.end()

    def _follow(
        self, worker: process.MapProcess, frames: queue.SimpleQueue[tuple[bytes, bytes]]
    ) -> Map | None:
        """Pass on what the process says until the result; None where it was ended from outside."""
        told = channel.GO_ON
        while True:
            heard: dict[bytes, bytes] = {}
            with suppress(queue.Empty):
                one = frames.get(timeout=_HEARING)
                while True:  # of several waiting frames of a kind the last one counts
                    heard[one[0]] = one[1]
                    if one[0] == channel.REMARK:
                        self._remarks.append(one[1].decode())
                    one = frames.get_nowait()
            if self._reins.wish != told:
                told = self._reins.wish
                worker.command(told)
            if channel.PROGRESS in heard:
                done, total, text, unit = json.loads(heard[channel.PROGRESS])
                self._report = (done, total, text, unit)
            done, total, _, _ = self._report
            paused = (done, total, "Paused at epoch" if total else "Paused", "")
            self._progress(*(paused if self._reins.paused else self._report))
            if channel.LAYOUT in heard and self._on_layout and channel.RESULT not in heard:
                self._on_layout(Layout(*channel.layout_of(heard[channel.LAYOUT])))
            if channel.RESULT in heard:
                places, stopped, _, _ = channel.layout_of(heard[channel.RESULT])
                if not np.isfinite(places).all():
                    raise ExplorerError(
                        "The map came out with places that are not finite; choose other settings."
                    )
                return Map(places, self._shelf.settings, bool(stopped), tuple(self._remarks))
            failure = heard[channel.FAILURE].decode() if channel.FAILURE in heard else ""
            if b"" in heard and not failure:
                failure = worker.reason()
                if not failure:
                    return None
            if failure:
                raise ExplorerError(f"The map could not be computed ({failure}); try again.")


def _file_of(latents: Floats) -> Path | None:
    """The file that ``latents`` are mapped from, if it holds just them: then they need not be sent."""
    if not isinstance(latents, np.memmap) or not latents.filename or not latents.flags.c_contiguous:
        return None
    path = Path(str(latents.filename))
    with suppress(ExplorerError):
        found = open_array(path)
        if found.shape == latents.shape and found.dtype == latents.dtype == np.float32:
            return path
    return None
