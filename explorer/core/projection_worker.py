"""The process in which UMAP runs: ``python -m explorer.core.projection_worker``.

Reads one request from standard input (a length, JSON, the latents and their PCA as float32), writes frames
to standard output (``projection.FRAME``: ``p`` progress as JSON, ``l`` a layout, ``r`` the result) and
ends. It ends at once when its input is closed: then the process that asked is gone.
"""

from __future__ import annotations

import json
import os
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import ModuleType
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from explorer.core.projection import FRAME

Floats = NDArray[np.float32]
Say = Callable[[bytes, bytes], None]

_LAYOUT_INTERVAL = 0.05
_EXACT_PRODUCTS = 4e11
"""Multiplications up to which neighbours are found exactly (some tens of seconds of one core)."""


def main() -> None:
    """Answer the one request."""
    # What libraries print must not fall between the frames.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    if hasattr(os, "nice"):
        os.nice(10)
    asked = sys.stdin.buffer
    (length,) = struct.unpack("<I", asked.read(4))
    request = json.loads(asked.read(length))
    count, size = request["shape"]
    latents = np.frombuffer(asked.read(4 * count * size), "<f4").astype(np.float32).reshape(count, size)
    preview = np.frombuffer(asked.read(8 * count), "<f4").astype(np.float32).reshape(count, 2)
    threading.Thread(target=_end_with_parent, args=(asked,), daemon=True).start()

    def say(kind: bytes, body: bytes) -> None:
        answers.write(FRAME.pack(kind, len(body)) + body)
        answers.flush()

    try:
        places = fit(latents, preview, request, say)
        say(b"r", places.astype("<f4").tobytes())
    except BrokenPipeError:
        os._exit(1)


def fit(latents: Floats, preview: Floats, request: dict[str, Any], say: Say) -> Floats:
    """UMAP's positions ``(N, 2)``, saying how far it is and how the layout forms."""
    stage(say, "Finding neighbours")
    arguments = umap_arguments(latents, preview, request)
    stage(say, "Preparing the map")
    if "precomputed_knn" in arguments:
        leave_out_approximate_search()
    import umap

    keep_compiled()
    with reported_epochs(int(arguments["n_epochs"]), say):
        return np.asarray(umap.UMAP(**arguments).fit_transform(latents), np.float32)


def umap_arguments(latents: Floats, preview: Floats, request: dict[str, Any]) -> dict[str, Any]:
    """What ``umap.UMAP`` is called with: neighbours given where they are cheap, a start from the PCA."""
    neighbours, seed = int(request["neighbours"]), int(request["seed"])
    arguments: dict[str, Any] = {
        "n_neighbors": neighbours,
        "min_dist": request["min_distance"],
        "random_state": seed,
        "n_jobs": 1,
        "n_epochs": 500 if len(latents) <= 10_000 else 200,  # UMAP's own rule
        "init": start(preview, seed),
    }
    if len(latents) ** 2 * latents.shape[1] <= _EXACT_PRODUCTS:
        from sklearn.neighbors import NearestNeighbors

        search = NearestNeighbors(n_neighbors=neighbours, algorithm="brute").fit(latents)
        distances, rows = search.kneighbors(latents)
        arguments["precomputed_knn"] = (rows.astype(np.int32), distances.astype(np.float32))
    return arguments


def start(preview: Floats, seed: int) -> Floats:
    """The PCA as the first layout: 10 units wide, with a little noise so that no two points coincide.

    An axis along which all points coincide becomes noise altogether, else its scaling would divide by 0.
    """
    noise = np.random.Generator(np.random.PCG64(seed)).standard_normal(preview.shape)
    extent = np.ptp(preview, axis=0)
    widest = float(extent.max()) or 1.0
    places = (preview - preview.min(axis=0)) * (10.0 / widest)
    return np.asarray(places + np.where(extent > 0, 1e-4, 1.0) * noise, np.float32)


def keep_compiled() -> None:
    """Have numba keep the compiled code of UMAP's slow functions on disk, which UMAP does not ask for."""
    from umap import layouts, umap_

    with suppress(RuntimeError):  # nowhere to write: then it is compiled anew each time
        for function in (
            umap_.smooth_knn_dist,
            umap_.compute_membership_strengths,
            layouts._nb_optimize_layout_euclidean_single_epoch,
        ):
            function.enable_caching()


def leave_out_approximate_search() -> None:
    """Let UMAP be imported without its neighbour search, where the neighbours are known already.

    pynndescent compiles some hundred functions while it is imported, for which a first map would wait longer
    than for all the rest. UMAP names but never calls them then.
    """
    if "pynndescent" in sys.modules:
        return
    package, distances, sparse = (
        ModuleType(name) for name in ("pynndescent", "pynndescent.distances", "pynndescent.sparse")
    )
    package.__dict__.update(
        NNDescent=type("NNDescent", (), {}), distances=distances, sparse=sparse, __path__=[]
    )
    distances.__dict__["named_distances"] = {"euclidean": None}
    sparse.__dict__["sparse_named_distances"] = {}
    sys.modules.update({module.__name__: module for module in (package, distances, sparse)})


@contextmanager
def reported_epochs(total: int, say: Say) -> Iterator[None]:
    """Put a report after each of UMAP's epochs, by its private function that hands out the epoch's code.

    The epoch itself stays as it is, and so does the result.
    """
    from umap import layouts

    inner = layouts._get_optimize_layout_euclidean_single_epoch_fn

    def watched(parallel: bool = False) -> Callable[..., None]:
        run = inner(parallel)
        done, last = 0, 0.0

        def epoch(head_embedding: Floats, *rest: Any) -> None:
            nonlocal done, last
            run(head_embedding, *rest)
            done += 1
            now = time.monotonic()
            if now - last >= _LAYOUT_INTERVAL or done == total:
                last = now
                stage(say, "Arranging the map", done, total, "epochs")
                say(b"l", head_embedding.astype("<f4").tobytes())

        return epoch

    layouts._get_optimize_layout_euclidean_single_epoch_fn = watched
    try:
        yield
    finally:
        layouts._get_optimize_layout_euclidean_single_epoch_fn = inner


def stage(say: Say, text: str, done: int = 0, total: int = 0, unit: str = "") -> None:
    """Say how far it is."""
    say(b"p", json.dumps([done, total, text, unit]).encode())


def _end_with_parent(asked: IO[bytes]) -> None:
    asked.read(1)
    os._exit(1)


if __name__ == "__main__":
    main()
