"""Maps that were computed, kept beside their data: what is there need not be computed again.

Plain arrays in folders named by a hash of the latents and of the settings that matter::

    maps/<hash>/             layout.npy (N, 2), map.json: settings, curve, when it was made, whether it was
                             stopped before its end
    maps/<hash>-neighbours/  neighbours.npy, distances.npy (N, k), and the graph as the three arrays of
                             its sparse rows: starts.npy, ends.npy, weights.npy

Another least distance or seed of the same data finds its neighbours here. Two windows that compute the same
map write the same arrays, each file whole.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.core.arrays import open_array, save_array
from explorer.core.bundles import is_bundled
from explorer.core.errors import ExplorerError
from explorer.core.files import atomic_path
from explorer.core.map_settings import MapSettings

Floats = NDArray[np.float32]

_CHUNK = 1 << 24
_FORMAT = 1


@dataclass(frozen=True)
class KeptMap:
    """A map that is kept: its settings, how many points, when it was made (seconds since 1970).

    ``stopped`` if it was kept before its end.
    """

    folder: Path
    settings: MapSettings
    count: int
    made: float
    stopped: bool = False


def maps_folder(workspace: Path) -> Path:
    """Where the maps of a workspace folder are kept: in it, or among the user's files for what is bundled."""
    if not is_bundled(workspace):
        return workspace / "maps"
    from platformdirs import user_cache_path

    return user_cache_path("latent-explorer", appauthor=False) / "maps" / workspace.name


def digest(array: NDArray[Any]) -> str:
    """A hash of an array's shape, type and values."""
    found = hashlib.sha256(f"{array.shape} {array.dtype.str}".encode())
    rows = max(1, _CHUNK // max(1, array[:1].nbytes))
    for first in range(0, len(array), rows):
        found.update(np.ascontiguousarray(array[first : first + rows]).data)
    return found.hexdigest()


def kept_maps(folder: Path) -> list[KeptMap]:
    """The maps in ``folder``, the newest first; what is damaged is passed over."""
    found = []
    for path in folder.glob("*/map.json"):
        with suppress(OSError, ValueError, KeyError, TypeError, ExplorerError):
            facts = json.loads(path.read_text("utf-8"))
            settings = MapSettings.of(facts["settings"])
            count, made, stopped = int(facts["count"]), float(facts["made"]), bool(facts.get("stopped"))
            found.append(KeptMap(path.parent, settings, count, made, stopped))
    return sorted(found, key=lambda one: one.made, reverse=True)


@dataclass
class MapShelf:
    """Where the arrays of one map belong; ``folder`` None keeps nothing.

    Attributes:
        folder: the folder ``maps``.
        count: how many points.
        settings: of the map.
        latents_digest: what ``digest`` says of the latents.
        labels_digest: the same of the labels that supervise it, or "".
        remarks: sentences for the user about what was damaged or could not be kept.
    """

    folder: Path | None
    count: int
    settings: MapSettings
    latents_digest: str = ""
    labels_digest: str = ""
    remarks: list[str] = field(default_factory=list)

    def layout(self, *, stopped: bool = False) -> Floats | None:
        """The layout ``(N, 2)`` if it is kept; ``stopped`` for the one that was stopped before its end."""
        found = self._read(self.map_folder(stopped=stopped), {"layout.npy": (np.float32, (self.count, 2))})
        if found is None or not np.isfinite(found[0]).all():
            return None
        return np.array(found[0])

    def keep_layout(self, places: Floats, curve: Mapping[str, float], *, stopped: bool = False) -> None:
        """Keep a layout ``(N, 2)`` and UMAP's curve parameters; one that was ``stopped`` apart."""
        folder = self.map_folder(stopped=stopped)
        if folder is None:
            return
        facts = {"format": _FORMAT, "count": self.count, "settings": asdict(self.settings)}
        facts |= {"curve": dict(curve), "made": time.time(), "stopped": stopped}

        def describe() -> None:
            with atomic_path(folder / "map.json") as beside:
                beside.write_text(json.dumps(facts, indent=1) + "\n", "ascii")

        self._write(folder, {"layout.npy": np.asarray(places, np.float32)}, describe)

    def neighbours(self) -> tuple[NDArray[np.int32], Floats] | None:
        """Everybody's neighbours ``(N, k)`` and their distances if they are kept."""
        shape = (self.count, min(self.settings.neighbours, self.count - 1))
        found = self._read(
            self._neighbours_folder(),
            {"neighbours.npy": (np.int32, shape), "distances.npy": (np.float32, shape)},
        )
        if found is None or found[0].min() < 0 or found[0].max() >= self.count:
            return None
        return np.array(found[0]), np.array(found[1])

    def keep_neighbours(self, rows: NDArray[np.int32], distances: Floats) -> None:
        """Keep everybody's neighbours."""
        self._write(self._neighbours_folder(), {"neighbours.npy": rows, "distances.npy": distances})

    def graph(self) -> tuple[NDArray[np.float32], NDArray[np.int32], NDArray[np.int32]] | None:
        """The graph's weights, ends and starts of rows, as a sparse matrix takes them, if it is kept."""
        files = {
            "weights.npy": (np.float32, None),
            "ends.npy": (np.int32, None),
            "starts.npy": (np.int32, (self.count + 1,)),
        }
        found = self._read(self._neighbours_folder(), files)
        if found is None:
            return None
        weights, ends, starts = found
        whole = starts[0] == 0 and starts[-1] == len(ends) == len(weights) and (np.diff(starts) >= 0).all()
        if not whole or (len(ends) and (ends.min() < 0 or ends.max() >= self.count)):
            return None
        return np.array(weights), np.array(ends), np.array(starts)

    def keep_graph(
        self, weights: NDArray[np.float32], ends: NDArray[np.int32], starts: NDArray[np.int32]
    ) -> None:
        """Keep the graph's sparse rows."""
        self._write(
            self._neighbours_folder(),
            {
                "weights.npy": weights.astype(np.float32),
                "ends.npy": ends.astype(np.int32),
                "starts.npy": starts.astype(np.int32),
            },
        )

    def map_folder(self, *, stopped: bool = False) -> Path | None:
        """Where the layout belongs; None where nothing is kept."""
        facts: dict[str, Any] = {**asdict(self.settings), "labels": self.labels_digest}
        if self.settings.detail == MapSettings.detail:
            del facts["detail"]  # so that maps from before there was a choice are found
        return self._folder(facts, "-stopped" if stopped else "")

    def _neighbours_folder(self) -> Path | None:
        one = self.settings
        return self._folder({"neighbours": one.neighbours, "metric": one.metric}, "-neighbours")

    def _folder(self, matters: Mapping[str, Any], ending: str) -> Path | None:
        if self.folder is None:
            return None
        text = json.dumps([_FORMAT, self.latents_digest, dict(matters)], sort_keys=True)
        return self.folder / (hashlib.sha256(text.encode()).hexdigest()[:16] + ending)

    def _read(self, folder: Path | None, files: Mapping[str, tuple[type, Any]]) -> list[NDArray[Any]] | None:
        """The arrays, mapped; None where one is missing, and that is said where one is damaged."""
        if folder is None or not all((folder / name).exists() for name in files):
            return None
        found = []
        for name, (kind, shape) in files.items():
            try:
                array = open_array(folder / name)
                if array.dtype != kind or (shape is not None and array.shape != shape) or array.ndim == 0:
                    raise ExplorerError(f"{folder / name} is of another kind.")
            except ExplorerError as error:
                text = str(error).partition(";")[0].rstrip(".")
                self.remarks.append(f"{text}; it was computed anew.")
                return None
            found.append(array)
        return found

    def _write(self, folder: Path | None, arrays: Mapping[str, NDArray[Any]], then: Any = None) -> None:
        if folder is None:
            return
        try:
            for name, array in arrays.items():
                with atomic_path(folder / name) as beside:
                    save_array(beside, array)
            if then is not None:
                then()
        except ExplorerError as error:
            self.remarks.append(f"The map is not kept: {error}")
