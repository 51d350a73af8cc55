"""The child process in which unknown models are tried, seen from the program: started ahead, asked, ended."""

from __future__ import annotations

import atexit
import contextlib
import json
import logging
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from explorer.core.errors import ExplorerError, Unsettled
from explorer.core.guard.limits import MOST_RUNS, START_SECONDS, crowd, end_text, seconds_allowed
from explorer.core.plan import PairPlan
from explorer.core.progress import Progress

_INSPECTOR = "explorer.core.guard.inspector"
_LOOK_UP = 0.05
"""Seconds after which a cancel is noticed."""

_log = logging.getLogger(__name__)


class _Process:
    """One running inspector; what it says is read by a thread, so that waiting for it can be given up."""

    def __init__(self) -> None:
        environment = dict(os.environ)
        root = str(Path(__file__).parents[3])
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, [root, environment.get("PYTHONPATH", "")]))
        flags = 0
        if sys.platform == "win32":
            flags = subprocess.CREATE_NO_WINDOW
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", _INSPECTOR],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            creationflags=flags,
        )
        self.id = self._process.pid
        self._said: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, name="inspector", daemon=True)
        self._reader.start()

    @property
    def lives(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    def ask(self, request: dict[str, Any]) -> None:
        """Hand over a request; whether it arrived is told by what is heard then."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()

    def hear(self, timeout: float) -> dict[str, Any] | None:
        """The next thing it says; None after ``timeout`` seconds. Raises ``EOFError`` where it has died."""
        try:
            line = self._said.get(timeout=timeout)
        except queue.Empty:
            return None
        if not line:
            raise EOFError
        said: dict[str, Any] = json.loads(line)
        return said

    def end(self) -> int:
        """End it and give its exit status."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            if not self._reader.is_alive():  # it has closed its output: its own status is about to come
                self._process.wait(timeout=2.0)
        self._process.kill()
        status = self._process.wait()
        self._reader.join()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        self._process.stdout.close()
        return status

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.endswith(b"\n"):
                self._said.put(line)
        self._said.put(b"")


class Child:
    """The one child of this program; it answers one question after the other and is replaced when it dies."""

    def __init__(self) -> None:
        self._busy = threading.Lock()
        self._process: _Process | None = None
        atexit.register(self.close)

    @property
    def id(self) -> int | None:
        """The process's number, None while there is none."""
        process = self._process
        return process.id if process is not None and process.lives else None

    def start(self) -> None:
        """Have the process started if there is none; returns at once, and does nothing while one is asked."""
        if self._busy.acquire(blocking=False):
            try:
                with contextlib.suppress(OSError):  # told when it is needed
                    self._running()
            finally:
                self._busy.release()

    def close(self) -> None:
        """End the process."""
        with self._busy:
            self._end()

    def inspect(self, paths: Sequence[Path], overrides: Mapping[str, str], progress: Progress) -> PairPlan:
        """What ``detection.inspect`` finds in ``paths``, found out in the child.

        Raises ``ExplorerError`` with the child's sentence, or one about how it went down; ``Cancelled``.
        """
        request = {"paths": [str(path.absolute()) for path in paths], "overrides": dict(overrides)}
        files = " and ".join(map(str, paths))
        with self._busy:
            try:
                answer = self._answer(request, files, progress)
            except BaseException:
                self._end()  # whatever it is at, nobody wants it any more
                with contextlib.suppress(OSError):
                    self._running()
                raise
        if "bug" in answer:
            raise _misunderstood(files, answer["bug"])
        if "error" in answer:
            key = answer.get("key")
            raise Unsettled(answer["error"], key) if key else ExplorerError(answer["error"])
        return PairPlan.from_json(answer["plan"])

    def _answer(self, request: dict[str, Any], files: str, progress: Progress) -> dict[str, Any]:
        """What the child answers in the end; a child that dies before it begins is replaced once."""
        status = 0
        for _ in range(2):
            process = self._asked(request)
            limits = _Limits(files)
            try:
                return _final_word(process, limits, progress)
            except EOFError:
                status = process.end()
                self._process = None
            if limits.begun:
                raise ExplorerError(
                    f"{files} took down the process that was trying it ({end_text(status)}); "
                    "export the model again."
                )
        raise ExplorerError(
            f"{files} could not be tried: the process for unknown models did not start ({end_text(status)}); "
            "close some programs and open it again."
        )

    def _asked(self, request: dict[str, Any]) -> _Process:
        try:
            process = self._running()
        except OSError as error:
            raise ExplorerError(
                f"The process that tries unknown models could not be started ({error}); close some programs."
            ) from error
        process.ask(request)
        return process

    def _running(self) -> _Process:
        if self._process is None or not self._process.lives:
            self._end()
            self._process = _Process()
        return self._process

    def _end(self) -> None:
        if self._process is not None:
            self._process.end()
            self._process = None


class _Limits:
    """The time that is left to a model; ``begun`` once it is the model's own and not the process's start."""

    def __init__(self, files: str) -> None:
        self.begun = False
        self._files, self._size, self._runs = files, 0, 0
        self._start = time.monotonic()
        self._end = self._start + START_SECONDS

    def begin(self, size: int) -> None:
        """A model of ``size`` bytes is read and opened from now on."""
        self.begun, self._size = True, size
        self._start = time.monotonic()
        self._end = self._start + crowd() * seconds_allowed(size)

    def run(self, numbers: int) -> None:
        """It is run from now on."""
        self._runs += 1
        if self._runs <= MOST_RUNS:
            self._end = max(self._end, time.monotonic() + crowd() * seconds_allowed(self._size, numbers))

    def check(self) -> None:
        """Raise ``ExplorerError`` where there is none left."""
        now = time.monotonic()
        if now > self._end:
            raise ExplorerError(
                f"{self._files} gave no answer within {now - self._start:.0f} seconds when it was tried; "
                "export the model again, with fixed and smaller sizes."
            )


def _final_word(process: _Process, limits: _Limits, progress: Progress) -> dict[str, Any]:
    """Wait for the child's plan, its sentence or its mistake. Raises ``EOFError`` where it dies before."""
    while True:
        progress(0, 0, "Trying the model")
        said = process.hear(_LOOK_UP)
        if said is not None:
            if "begun" in said:
                limits.begin(said["begun"])
            elif "running" in said:
                limits.run(said["running"])
            else:
                return said
        limits.check()


def _misunderstood(files: str, trace: str) -> ExplorerError:
    """The sentence for a mistake in the inspection itself, which is logged as one."""
    _log.error("inspecting %s failed\n%s", files, trace)
    last = trace.strip().splitlines()[-1][:160].rstrip(".")
    return ExplorerError(
        f"{files} could not be understood ({last}); export the encoder and the decoder to ONNX again."
    )


CHILD = Child()
"""The program's child."""
