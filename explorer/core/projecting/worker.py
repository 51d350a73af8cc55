"""The process in which maps are made: ``python -m explorer.core.projecting.worker``.

It makes ready first (UMAP imported, its compiled code loaded), then answers requests one by one, and ends
when its input is closed, for then the process that asked is gone, or when nothing was asked for long.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from explorer.core.arrays import open_array
from explorer.core.errors import ExplorerError
from explorer.core.map_settings import MapSettings
from explorer.core.map_shelf import MapShelf
from explorer.core.projecting import channel
from explorer.core.projecting.fit import Stopped, fit
from explorer.core.projecting.process import COMPILED
from explorer.core.projecting.umap_parts import curve, warm_up

Floats = NDArray[np.float32]

_LAYOUT_INTERVAL = 0.2
_POINTS_A_SECOND = 2e6
"""Of layouts of many points fewer are sent, for the window has to read them all."""
_IDLE_SECONDS = 600.0
_FAILURES = (ArithmeticError, ExplorerError, LookupError, MemoryError, RuntimeError, TypeError, ValueError)


class Reins:
    """What the window wants: the map made, paused, or as it is now."""

    def __init__(self) -> None:
        self._going = threading.Event()
        self._stop = False
        self.reset()

    def reset(self) -> None:
        """A new map: go."""
        self._stop = False
        self._going.set()

    def obey(self, command: bytes) -> None:
        """Take a command; from any thread."""
        if command == channel.PAUSE:
            self._going.clear()
            return
        self._stop = self._stop or command == channel.STOP
        self._going.set()

    def wait(self) -> bool:
        """Wait through a pause; whether the map is wanted as it is now."""
        self._going.wait()
        return self._stop


class Teller:
    """Says to the window how far it is and how the layout forms."""

    def __init__(self, answers: IO[bytes], reins: Reins) -> None:
        self._answers, self._reins = answers, reins
        self._began = time.monotonic()
        self._text, self._total, self._last = "", 0, 0.0

    def stage(self, text: str, total: int = 0) -> None:
        """Say that a stage begins."""
        self._text, self._total = text, total
        self._progress(0)

    def epoch(self, done: int, layout: Callable[[], Floats]) -> None:
        """Say how far the stage is and, not too often, show the layout; obey the window."""
        now = time.monotonic()
        if now - self._last >= _LAYOUT_INTERVAL or done == self._total:
            places = layout()
            self._last = now + len(places) / _POINTS_A_SECOND
            self._progress(done)
            body = channel.layout_body(places, done, self._total, now - self._began)
            channel.send_frame(self._answers, channel.LAYOUT, *body)
        if self._reins.wait() and done < self._total:
            raise Stopped(layout())

    def remark(self, text: str) -> None:
        """Say something that the user should know."""
        channel.send_frame(self._answers, channel.REMARK, text.encode())

    def _progress(self, done: int) -> None:
        body = json.dumps([done, self._total, self._text, "epochs" if self._total else ""])
        channel.send_frame(self._answers, channel.PROGRESS, body.encode())


def main() -> None:
    """Make ready, then answer requests."""
    # What libraries print must not fall between the frames.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    if hasattr(os, "nice"):
        os.nice(15)
    reins = Reins()
    requests: queue.SimpleQueue[tuple[dict[str, Any], list[NDArray[Any]]]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, requests, reins), daemon=True).start()
    warm_up()
    with suppress(OSError, KeyError):  # nowhere to keep it: then it is compiled each time
        (Path(os.environ["NUMBA_CACHE_DIR"]) / COMPILED).touch()
    while True:
        try:
            facts, arrays = requests.get(timeout=_IDLE_SECONDS)
        except queue.Empty:
            return
        try:
            _answer(facts, arrays, answers, reins)
        except BrokenPipeError:
            os._exit(1)
        del arrays


def _answer(facts: dict[str, Any], arrays: list[NDArray[Any]], answers: IO[bytes], reins: Reins) -> None:
    settings = MapSettings.of(facts["settings"])
    start = arrays.pop(0)
    latents = open_array(Path(facts["latents"])) if facts["latents"] else arrays.pop(0)
    labels = arrays.pop(0) if facts["labelled"] else None
    folder = Path(facts["folder"]) if facts["folder"] else None
    shelf = MapShelf(folder, len(latents), settings, *facts["digests"])
    teller = Teller(answers, reins)
    try:
        places, stopped = fit(np.asarray(latents), start, settings, labels, shelf, teller)
    except _FAILURES as error:
        reason = "not enough memory" if isinstance(error, MemoryError) else str(error) or type(error).__name__
        channel.send_frame(answers, channel.FAILURE, reason.splitlines()[-1][:200].encode())
        raise
    shelf.keep_layout(places, dict(zip("ab", curve(settings.min_distance), strict=True)), stopped=stopped)
    for remark in shelf.remarks:
        teller.remark(remark)
    channel.send_frame(answers, channel.RESULT, *channel.layout_body(places, int(stopped), 0, 0.0))


def _listen(
    asked: IO[bytes], requests: queue.SimpleQueue[tuple[dict[str, Any], list[NDArray[Any]]]], reins: Reins
) -> None:
    """Hear what the window wants, and end with it."""
    try:
        while kind := asked.read(1):
            if kind == channel.REQUEST:
                reins.reset()
                requests.put(channel.receive_request(asked))
            else:
                reins.obey(kind)
    except (EOFError, OSError):
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
