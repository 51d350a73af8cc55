"""The child process in which unknown models are tried: ``python -m explorer.core.guard.inspector``.

Speaks JSON lines. A request on standard input, ``{"paths": […], "overrides": {…}}``, is answered on standard
output by ``{"begun": bytes of the model}``, once or as often as more of them are found, by ``{"running":
numbers that go in and come out}`` before each run, and then by one of ``{"plan": …}``, ``{"error": the
sentence}`` and ``{"bug": a traceback}``. It ends when its input is closed: then the program that asked is
gone.

On Linux the system refuses it more memory than ``limits.memory_allowed`` says. Elsewhere there is no such
limit that holds (macOS ignores it, Windows knows none without a job object), so there the time limit alone
ends a model that wants too much.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from explorer.core.bundles import bundle_folder
from explorer.core.errors import ExplorerError, Unsettled
from explorer.core.guard.files import model_files
from explorer.core.guard.limits import memory_allowed

Say = Callable[[dict[str, Any]], None]

_IDLE_SECONDS = 600.0
_LARGEST_WITH_EXTERNAL = 64 << 20
_SMALL_DEMO = "fashion-vae"
_LARGE = 512 << 20
"""Resident bytes above which the process makes room for a fresh one."""


def main() -> None:
    """Answer requests until there are no more."""
    # What libraries print must not fall between the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    _die_quietly()
    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def say(what: dict[str, Any]) -> None:
        answers.write(json.dumps(what).encode() + b"\n")
        answers.flush()

    threading.Thread(target=_listen, args=(sys.stdin.buffer, requests), daemon=True).start()
    from explorer.core.detection import trial

    try:
        _warm_up()
        trial.before_run = lambda numbers: say({"running": numbers})
        held = _held()
        while _resident() < _LARGE:
            answer(json.loads(requests.get(timeout=_IDLE_SECONDS)), held, say)
    except (queue.Empty, BrokenPipeError):
        pass
    except Exception:  # noqa: BLE001  the program tells and logs it
        with suppress(OSError):
            say({"bug": traceback.format_exc()})
    os._exit(0)  # the thread that listens cannot be ended otherwise


def answer(request: dict[str, Any], held: int, say: Say) -> None:
    """Inspect what ``request`` names; ``held`` is the memory that the process takes by itself."""
    from explorer.core.detection.inspection import inspect

    paths = [Path(path) for path in request["paths"]]
    try:
        files = model_files(paths)
        size = 0
        for part in (*(file.stat().st_size for file in files), *map(_external_size, files)):
            size += part
            _limit_memory(held, size)
            say({"begun": size})
        say({"plan": inspect(paths, request["overrides"]).to_json()})
    except ExplorerError as error:
        text = "".join(letter if letter.isprintable() else " " for letter in str(error))
        named = any(path in text for path in request["paths"])
        key = error.key if isinstance(error, Unsettled) else ""
        say({"error": text if named else f"{_names(paths)}: {text}", "key": key})
    except MemoryError:
        say({"error": f"{_names(paths)} wants more memory than a model of its size needs; export it again."})
    except RecursionError:
        say({"error": f"{_names(paths)} nests its parts too deeply; export the model again."})
    except Exception:  # noqa: BLE001  the program tells and logs it
        say({"bug": traceback.format_exc()})


def _warm_up() -> None:
    """Inspect a demo, so that what is set up only once does not make the first real model wait."""
    from explorer.core.detection.inspection import inspect

    with suppress(ExplorerError):
        inspect([bundle_folder(_SMALL_DEMO)], {})


def _external_size(file: Path) -> int:
    """Bytes of the weights that the model ``file`` keeps in other files; 0 where it cannot be read."""
    if file.stat().st_size > _LARGEST_WITH_EXTERNAL or b"location" not in file.read_bytes():
        return 0
    from explorer.core.detection.refusals import load
    from explorer.core.detection.walk import all_tensors
    from explorer.core.detection.weights import external_file

    try:
        model = load(file)
        external = [tensor for tensor in all_tensors(model) if tensor.external_data]
        return sum(part.stat().st_size for part in {external_file(tensor, file) for tensor in external})
    except (ExplorerError, OSError):
        return 0  # the inspection says so with a sentence


def _names(paths: list[Path]) -> str:
    return " and ".join(map(str, paths))


def _limit_memory(held: int, size: int) -> None:
    if sys.platform == "linux":
        import resource

        threads = 4 * (os.cpu_count() or 1)  # an encoder's and a decoder's, each tried and run
        free = _kib("/proc/meminfo", "MemAvailable:")
        limit = held + memory_allowed(size, threads, free)
        resource.setrlimit(resource.RLIMIT_DATA, (limit, resource.RLIM_INFINITY))


def _held() -> int:
    """Bytes of data that the process has been promised, in the sense of the limit; 0 where there is none."""
    return _kib("/proc/self/status", "VmData:")


def _resident() -> int:
    """Bytes of memory that the process really takes, 0 where that cannot be told."""
    return _kib("/proc/self/status", "VmRSS:")


def _kib(place: str, key: str) -> int:
    """A figure that Linux gives in KiB, in bytes; 0 on other systems."""
    try:
        lines = Path(place).read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith(key)), 0)


def _die_quietly() -> None:
    """Leave no core file behind, and open no box that asks a person about a crash."""
    if sys.platform == "win32":
        import ctypes

        failed_load, crashed = 0x0001, 0x0002
        ctypes.windll.kernel32.SetErrorMode(failed_load | crashed)
    else:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _listen(asked: IO[bytes], requests: queue.SimpleQueue[bytes]) -> None:
    for line in asked:
        requests.put(line)
    os._exit(0)  # also in the middle of a model


if __name__ == "__main__":
    main()
