"""Latents → the plane: a PCA preview at once, and UMAP in a process of its own."""

from __future__ import annotations

import json
import os
import queue
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explorer.core.errors import ExplorerError
from explorer.core.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator

Floats = NDArray[np.float32]

FEWEST = 4
"""Points below which a map of neighbourhoods means nothing."""

FRAME = struct.Struct("<cI")
"""Head of a message from the worker: its kind and the length of what follows."""

_AXES_FROM = 20_000
_WORKER = "explorer.core.projection_worker"


@dataclass(frozen=True)
class MapSettings:
    """UMAP's settings (McInnes, Healy and Melville 2018).

    Attributes:
        neighbours: how many neighbours make a point's neighbourhood; more show the larger structure.
        min_distance: how close points may come on the map; in [0, 1).
        seed: the same seed gives the same map on the same machine.
    """

    neighbours: int = 15
    min_distance: float = 0.1
    seed: int = 42

    def __post_init__(self) -> None:
        if not 2 <= self.neighbours <= 1000:
            raise ExplorerError(
                f"A map cannot be made with {self.neighbours} neighbours; choose from 2 to 1000."
            )
        if not 0.0 <= self.min_distance < 1.0:
            raise ExplorerError(
                f"A least distance of {self.min_distance} is not possible; choose from 0 to 0.99."
            )
        if not 0 <= self.seed < 1 << 32:
            raise ExplorerError(f"The seed {self.seed} is not possible; choose from 0 to {(1 << 32) - 1}.")

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> MapSettings:
        """The settings that a workspace kept; what is missing or not theirs is as by default."""
        return cls(**{one.name: kept[one.name] for one in fields(cls) if one.name in kept})


def pca_preview(latents: Floats) -> Floats:
    """The first two principal components ``(N, 2) float32`` of latents ``(N, D)``.

    Each axis points where its largest loading is positive, so that the same data always lie the same way. A
    row that is not finite has no place (NaN); an axis without any variance is 0.
    """
    rows = np.asarray(latents).view(np.ndarray)
    sample = rows[:: max(1, len(rows) // _AXES_FROM)].astype(np.float64)
    sample = sample[np.isfinite(sample).all(axis=1)]
    places = np.zeros((len(rows), 2), np.float32)
    if len(sample) == 0:
        places[:] = np.nan
        return places
    mean = sample.mean(axis=0)
    variances, axes = np.linalg.eigh((sample - mean).T @ (sample - mean))
    for column in range(min(2, rows.shape[1])):
        axis = axes[:, -1 - column]
        if variances[-1 - column] > 1e-12 * max(float(variances[-1]), 1e-30):
            axis = axis * np.sign(axis[np.argmax(np.abs(axis))])
            places[:, column] = rows @ axis.astype(np.float32) - np.float32(mean @ axis)
    places[~np.isfinite(rows).all(axis=1)] = np.nan
    return places


def fit_map(
    latents: Floats,
    settings: MapSettings,
    progress: Progress,
    on_layout: Callable[[Floats], None] | None = None,
) -> Floats:
    """UMAP's positions ``(N, 2) float32`` of latents ``(N, D)``.

    Runs in a process of its own with low priority, because UMAP's compiled steps would stop every other
    thread here for up to a third of a second at a time. ``on_layout`` is called in the calling thread with
    the layout as it forms, at most 20 times a second. Starts from ``pca_preview``, which the map's
    orientation follows.

    Raises ``ExplorerError`` for fewer than 4 points, for latents that are not finite and where the process
    fails; ``Cancelled`` soon after a cancel, the process being ended.
    """
    count = len(latents)
    if count < FEWEST:
        raise ExplorerError(
            f"A map needs at least {FEWEST} points and here are only {count}; open more data."
        )
    broken = int(count - np.isfinite(latents).all(axis=1).sum())
    if broken:
        raise ExplorerError(
            f"{broken:,} of {count:,} latents are not finite numbers; check the model, then encode again."
        )
    progress(0, 0, "Starting the map")
    preview = pca_preview(latents)
    with _worker() as (process, complaints):
        messages: queue.SimpleQueue[tuple[bytes, bytes]] = queue.SimpleQueue()
        request = {"shape": latents.shape, "neighbours": min(settings.neighbours, count - 1)}
        request |= {"min_distance": settings.min_distance, "seed": settings.seed}
        arrays = (np.asarray(latents, "<f4", order="C"), np.asarray(preview, "<f4", order="C"))
        talk = threading.Thread(target=_talk, args=(process, request, arrays, messages), daemon=True)
        talk.start()
        try:
            return _follow(process, messages, complaints, count, progress, on_layout)
        finally:
            process.kill()
            talk.join()


def _follow(
    process: subprocess.Popen[bytes],
    messages: queue.SimpleQueue[tuple[bytes, bytes]],
    complaints: IO[bytes],
    count: int,
    progress: Progress,
    on_layout: Callable[[Floats], None] | None,
) -> Floats:
    """Pass on what the worker says until it has said the result."""
    report: tuple[int, int, str, str] = (0, 0, "Starting the map", "")
    while True:
        heard: dict[bytes, bytes] = {}
        with suppress(queue.Empty):
            heard = dict([messages.get(timeout=0.1)])
            while True:  # of several waiting messages of a kind the last one counts
                heard |= [messages.get_nowait()]
        if b"p" in heard:
            done, total, text, unit = json.loads(heard[b"p"])
            report = (done, total, text, unit)
        progress(*report)
        if b"l" in heard and on_layout and b"r" not in heard:
            on_layout(_layout(heard[b"l"], count))
        if b"r" in heard:
            places = _layout(heard[b"r"], count)
            if not np.isfinite(places).all():
                raise ExplorerError(
                    "The map came out with places that are not finite; choose other settings."
                )
            return places
        if b"" in heard:
            raise ExplorerError(f"The map could not be computed ({_reason(process, complaints)}); try again.")


def _talk(
    process: subprocess.Popen[bytes],
    request: dict[str, object],
    arrays: tuple[Floats, Floats],
    messages: queue.SimpleQueue[tuple[bytes, bytes]],
) -> None:
    """Hand the worker its request, then queue its messages; an empty one closes the queue.

    The worker's input stays open: its end is how the worker learns that this process is gone.
    """
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        head = json.dumps(request).encode()
        process.stdin.write(struct.pack("<I", len(head)) + head)
        for array in arrays:
            process.stdin.write(array.data)
        process.stdin.flush()
        while len(head := process.stdout.read(FRAME.size)) == FRAME.size:
            kind, length = FRAME.unpack(head)
            body = process.stdout.read(length)
            if len(body) < length:
                break
            messages.put((kind, body))
    except (OSError, ValueError):
        pass  # the worker has gone; its exit says why
    messages.put((b"", b""))


@contextmanager
def _worker() -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
    """The worker process, and the file that collects what it prints; ended when the context is left."""
    environment = dict(os.environ)
    root = str(Path(__file__).parents[2])
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [root, environment.get("PYTHONPATH", "")]))
    environment.setdefault("NUMBA_CACHE_DIR", str(_compiled_folder()))
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.BELOW_NORMAL_PRIORITY_CLASS | subprocess.CREATE_NO_WINDOW
    with tempfile.TemporaryFile() as complaints:
        try:
            process = subprocess.Popen(
                [sys.executable, "-m", _WORKER],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                env=environment,
                creationflags=flags,
            )
        except OSError as error:
            raise ExplorerError(
                f"The map's process could not be started ({error}); close some programs."
            ) from error
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield process, complaints
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
            with suppress(OSError):
                process.stdin.close()


def _compiled_folder() -> Path:
    """Where the worker keeps UMAP's compiled code, which takes most of a first map's time."""
    import platformdirs

    return platformdirs.user_cache_path("latent-explorer", appauthor=False) / "compiled"


def _layout(body: bytes, count: int) -> Floats:
    return np.frombuffer(body, "<f4").astype(np.float32).reshape(count, 2)


def _reason(process: subprocess.Popen[bytes], complaints: IO[bytes]) -> str:
    """Why the worker ended, in its last words or by its exit status."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=5)
    status = process.poll()
    complaints.seek(0)
    lines = complaints.read().decode(errors="replace").strip().splitlines()
    if status is not None and status > 0 and lines:
        return lines[-1].strip()[:200]
    return "its process was ended from outside, perhaps for lack of memory"
