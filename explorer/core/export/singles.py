"""Each picture of a gallery as a file of its own, encoded in threads beside the decoding."""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from explorer.core.errors import ExplorerError
from explorer.core.export.ahead import batches
from explorer.core.export.notes import provenance_in
from explorer.core.files import write_error
from explorer.core.priority import step_back
from explorer.core.progress import Progress
from explorer.core.provenance import Provenance, png_files, webp_bytes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from explorer.core.export.item import Gallery

Kind = Literal["png", "webp"]

_MOST_THREADS = 16
_LONGEST_NAME = 60
_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
_ILLEGAL = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]+')


def single_name(index: int, count: int, caption: str = "", kind: Kind = "png") -> str:
    """The name of a picture's file: its number, and what can be kept of its caption.

    It is legal on Windows, macOS and Linux, and no two numbers give the same.
    """
    digits = max(4, len(str(count)))
    if not caption:
        return f"{index + 1:0{digits}}.{kind}"
    words = re.sub(r"\s+", " ", _ILLEGAL.sub("-", caption)).strip(" .-")
    words = words.encode("utf-8", "ignore")[:_LONGEST_NAME].decode("utf-8", "ignore").rstrip(" .-")
    return f"{index + 1:0{digits}}{f' {words}' if words else ''}.{kind}"


def write_singles(
    gallery: Gallery,
    folder: Path,
    progress: Progress,
    *,
    kind: Kind = "png",
    notes: bool = True,
    captions: bool = False,
    start: int = 0,
) -> Iterator[Path]:
    """Write the pictures from number ``start`` on to ``folder``, which is there; gives each path when done.

    A file appears whole or not at all, in the order of the pictures; what ends the iteration early leaves
    those that were given. ``notes`` lets each carry where it comes from, ``captions`` name it too. Raises
    ``ExplorerError`` where a file cannot be written, ``Cancelled`` through ``progress``.
    """
    total = len(gallery)
    threads = min(_MOST_THREADS, os.cpu_count() or 1)
    place = str(folder)  # joined as texts, for these may be very many
    with ThreadPoolExecutor(threads, "encode", step_back) as pool:
        waiting: deque[Future[list[Path]]] = deque()
        try:
            for first, pictures in batches(gallery, progress, "Writing pictures", start):
                # Some at a time: to hand each over by itself would cost as much as a small one's encoding.
                step = max(1, -(-len(pictures) // (2 * threads)))
                for at in range(0, len(pictures), step):
                    items = gallery.items[first + at : first + min(at + step, len(pictures))]
                    shown = [i for i, item in enumerate(items) if item.role != "empty"]
                    names = [
                        single_name(items[i].index, total, items[i].caption if captions else "", kind)
                        for i in shown
                    ]
                    carried = [provenance_in(gallery, items[i]) if notes else None for i in shown]
                    some = pictures[at : at + step]
                    some = some if len(shown) == len(some) else some[shown]
                    waiting.append(pool.submit(_write, place, names, some, carried, kind))
                while len(waiting) > 4 * threads:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _write(
    folder: str,
    names: list[str],
    pictures: NDArray[np.uint8],
    notes: list[Provenance | None],
    kind: Kind,
) -> list[Path]:
    encoded = png_files(pictures, notes) if kind == "png" else map(webp_bytes, pictures, notes)
    for name, data in zip(names, encoded, strict=True):
        path, beside = f"{folder}{os.sep}{name}", f"{folder}{os.sep}.{name}"
        try:
            # A file object costs more than the writing of a small file.
            file = os.open(beside, _NEW)
            try:
                rest = memoryview(data)
                while rest:
                    rest = rest[os.write(file, rest) :]
            finally:
                os.close(file)
            os.replace(beside, path)
        except OSError as error:
            Path(beside).unlink(missing_ok=True)
            raise write_error(Path(path), error) from error
    return [Path(folder, name) for name in names]


def check_folder(folder: Path) -> None:
    """Make ``folder``. Raises ``ExplorerError`` where that cannot be or it is a file."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise ExplorerError(f"{folder} is a file; choose a folder to write to.") from error
    except OSError as error:
        raise write_error(folder, error) from error
