"""The map's process as the window sees it: started ahead, lent to one map, ended with the window."""

from __future__ import annotations

import atexit
import os
import queue
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from explorer.core.errors import ExplorerError
from explorer.core.projecting import channel

WORKER = "explorer.core.projecting.worker"

COMPILED = f"compiled-by-{sys.implementation.cache_tag}"
"""A file beside compiled code, which says that all of it is there."""


class MapProcess:
    """A running process that makes maps."""

    def __init__(self) -> None:
        flags = 0
        if sys.platform == "win32":
            flags = subprocess.BELOW_NORMAL_PRIORITY_CLASS | subprocess.CREATE_NO_WINDOW
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 - closed by end()
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", WORKER],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._complaints,
                env=_environment(),
                creationflags=flags,
            )
        except OSError as error:
            self._complaints.close()
            raise ExplorerError(
                f"The map's process could not be started ({error}); close some programs."
            ) from error
        self._lock = threading.Lock()
        self._talk: threading.Thread | None = None

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def ask(
        self, facts: dict[str, Any], arrays: list[NDArray[Any]]
    ) -> queue.SimpleQueue[tuple[bytes, bytes]]:
        """Ask for a map; the queue receives the answering frames, and an empty one where the process ends."""
        frames: queue.SimpleQueue[tuple[bytes, bytes]] = queue.SimpleQueue()

        def talk() -> None:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            try:
                with self._lock:
                    channel.send_request(self._process.stdin, facts, arrays)
                arrays.clear()
                while True:
                    kind, body = channel.receive_frame(self._process.stdout)
                    frames.put((kind, body))
                    if kind in (channel.RESULT, channel.FAILURE):
                        return
            except (EOFError, OSError, ValueError):
                frames.put((b"", b""))  # the process has gone; its exit says why

        self._talk = threading.Thread(target=talk, daemon=True)
        self._talk.start()
        return frames

    def command(self, one: bytes) -> None:
        """Send a command; a process that has gone does not mind."""
        assert self._process.stdin is not None
        with self._lock, suppress(OSError, ValueError):
            self._process.stdin.write(one)
            self._process.stdin.flush()

    def reason(self) -> str:
        """Why it ended, in its last words or by its exit status; "" where it was ended from outside."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=5)
        status = self._process.poll()
        self._complaints.seek(0)
        lines = self._complaints.read().decode(errors="replace").strip().splitlines()
        return lines[-1].strip()[:200] if status is not None and status > 0 and lines else ""

    def end(self) -> None:
        """End it now."""
        self._process.kill()
        self._process.wait()
        if self._talk is not None:
            self._talk.join()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdout.close()
        with suppress(OSError):
            self._process.stdin.close()
        self._complaints.close()


_idle: list[MapProcess] = []
_idle_lock = threading.Lock()


def prepare() -> None:
    """Start the process ahead, so that it is ready when a map is wanted; without effect where one waits.

    Takes some milliseconds; what the process does then, it does at low priority. Raises nothing.
    """
    with _idle_lock, suppress(ExplorerError):
        if not any(one.alive for one in _idle):
            _idle.append(MapProcess())


def prepare_first() -> None:
    """Start the process ahead where its code was never compiled here; the first map would wait for that."""
    if not is_compiled():
        prepare()


def is_compiled() -> bool:
    """Whether the process has compiled its code before, and kept it."""
    return (Path(_environment()["NUMBA_CACHE_DIR"]) / COMPILED).exists()


def take() -> MapProcess:
    """A process for one map: the one that waits, else a new one. Raises ``ExplorerError``."""
    with _idle_lock:
        while _idle:
            one = _idle.pop()
            if one.alive:
                return one
            one.end()
    return MapProcess()


def give_back(one: MapProcess) -> None:
    """It has made its map and waits for the next."""
    with _idle_lock:
        if not _idle:
            _idle.append(one)
            return
    one.end()


@atexit.register
def release() -> None:
    """End the process that waits, if there is one."""
    with _idle_lock:
        while _idle:
            _idle.pop().end()


def _environment() -> dict[str, str]:
    environment = dict(os.environ)
    root = str(Path(__file__).parents[3])
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [root, environment.get("PYTHONPATH", "")]))
    environment.setdefault("NUMBA_CACHE_DIR", str(_compiled_folder()))
    # Several threads multiply small matrices at the same time: no threads of threads.
    environment.setdefault("OPENBLAS_NUM_THREADS", "1")
    return environment


def _compiled_folder() -> Path:
    """Where the process keeps UMAP's compiled code, which takes most of a first map's time."""
    import platformdirs

    for folder in (
        platformdirs.user_cache_path("latent-explorer", appauthor=False) / "compiled",
        Path(tempfile.gettempdir()) / f"latent-explorer-{os.environ.get('USERNAME') or os.getuid()}-compiled",
    ):
        with suppress(OSError):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return folder
    return Path(tempfile.mkdtemp(prefix="latent-explorer-compiled-"))
