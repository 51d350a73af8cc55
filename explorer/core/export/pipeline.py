"""A gallery → files in a folder: whole or not there, in any formats, continued where it was interrupted.

What is written gathers in a folder of its own inside, and takes its place once all of it is whole. Of a large
gallery that folder stays where something goes wrong, and exporting the same again goes on from there.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from explorer import __version__
from explorer.core.errors import Cancelled, ExplorerError
from explorer.core.export.ahead import batch_size
from explorer.core.export.formats import FORMATS
from explorer.core.export.item import Gallery
from explorer.core.export.look import Look
from explorer.core.export.singles import check_folder, single_name, write_singles
from explorer.core.files import atomic_path, write_error
from explorer.core.progress import Progress

KEPT_FROM = 1000
"""Of at least so many pictures, what is whole is kept for the next time where an export ends early."""

RECIPE = "recipe.json"

_STATE = "state.json"
_PROGRAM = f"latent-explorer {__version__}"
_HELD_BYTES = 48 << 20


@dataclass(frozen=True)
class Order:
    """What is to be written of a gallery.

    Attributes:
        formats: keys of ``FORMATS``.
        look: how it looks.
        notes: whether files say where their pictures come from.
        recipe: the text of the recipe that is laid beside; empty for none.
    """

    formats: tuple[str, ...] = ("singles", "sheet")
    look: Look = field(default_factory=Look)
    notes: bool = True
    recipe: str = ""


@dataclass(frozen=True)
class Exported:
    """What has been written.

    Attributes:
        folder: where.
        names: of the files, single pictures first.
        pictures: how many pictures.
        remarks: what is to be told of them.
    """

    folder: Path
    names: tuple[str, ...]
    pictures: int
    remarks: tuple[str, ...] = ()

    @property
    def paths(self) -> list[Path]:
        """The files."""
        return [self.folder / name for name in self.names]


def export(
    gallery: Gallery,
    order: Order,
    folder: Path,
    progress: Progress | None = None,
    *,
    keep_from: int = KEPT_FROM,
) -> Exported:
    """Write ``gallery`` into ``folder``; other files there stay.

    Raises ``ExplorerError`` where that is not possible, and ``Cancelled`` through ``progress``. Then nothing
    is left in ``folder``, or of ``keep_from`` pictures and more what is whole, in a hidden folder of its own.
    """
    progress = progress or Progress()
    check_order(gallery, order)
    existed = folder.exists()
    check_folder(folder)
    work = _Unfinished(folder, gallery, order)
    try:
        work.begin()
        remarks = [] if work.is_whole else work.write(progress)
        return Exported(folder, work.settle(), len(work.shown), tuple(remarks))
    except (ExplorerError, Cancelled) as error:
        done = work.leave(keep_from)
        if isinstance(error, ExplorerError) and done:
            raise ExplorerError(
                f"{str(error).rstrip('.')}; {done:,} pictures are whole and kept, and exporting the same "
                "again goes on from there."
            ) from error
        raise
    except OSError as error:
        work.leave(keep_from)
        raise write_error(folder, error) from error
    finally:
        if not existed:
            with suppress(OSError):  # where there is something in it
                folder.rmdir()


def check_order(gallery: Gallery, order: Order) -> None:
    """Raise ``ExplorerError`` where there are no pictures, and for formats that cannot be written."""
    if all(item.role == "empty" for item in gallery.items):
        raise ExplorerError("There is nothing to export yet; keep a picture or draw some samples first.")
    if not order.formats:
        raise ExplorerError(f"No format is chosen; {', '.join(FORMATS)} would work.")
    for key in order.formats:
        if key not in FORMATS:
            raise ExplorerError(f"There is no format “{key}”; {', '.join(FORMATS)} would work.")
        if FORMATS[key].missing:
            raise ExplorerError(FORMATS[key].missing)


class _Unfinished:
    """The folder in which an export gathers."""

    def __init__(self, folder: Path, gallery: Gallery, order: Order) -> None:
        self._target, self._gallery, self._order = folder, gallery, order
        self._key = _key(gallery, order)
        self.folder = folder / f".unfinished-{self._key[:12]}"
        self.is_whole = False

    @cached_property
    def shown(self) -> NDArray[np.int64]:
        """The numbers of those items that are pictures."""
        roles = (item.role != "empty" for item in self._gallery.items)
        return np.flatnonzero(np.fromiter(roles, np.bool_, len(self._gallery)))

    def begin(self) -> None:
        """Make the folder, or take up the one that is there."""
        state = self.folder / _STATE
        if not state.exists():
            shutil.rmtree(self.folder, ignore_errors=True)
            check_folder(self.folder)
            self._note(whole=False)
            return
        try:
            found = json.loads(state.read_text(encoding="utf-8"))
            program, key, self.is_whole = str(found["program"]), found["key"], bool(found["whole"])
        except (ValueError, KeyError, TypeError):
            program, key = "another program", ""
        if program != _PROGRAM or key != self._key:
            raise ExplorerError(
                f"{self.folder} holds an export begun by {program}, which {_PROGRAM} cannot go on with; "
                "delete that folder, or finish it with that version."
            )
        for path in self.folder.iterdir():  # what was under way when it ended
            if path.name.startswith("."):
                path.unlink(missing_ok=True)

    def write(self, progress: Progress) -> list[str]:
        """Write what is not there yet; what is to be told of it."""
        order, remarks = self._order, []
        gallery = _held(self._gallery) if len(order.formats) > 1 else self._gallery
        for key in sorted(order.formats, key=list(FORMATS).index):
            file = FORMATS[key].file
            if not file:
                start = self._first_missing()
                for _ in write_singles(gallery, self.folder, progress, notes=order.notes, start=start):
                    pass
            elif not (self.folder / file).exists():
                told = FORMATS[key].write(
                    gallery, order.look, self.folder / file, progress, notes=order.notes
                )
                remarks += [told] if told else []
        if order.recipe:
            with atomic_path(self.folder / RECIPE) as beside:
                beside.write_text(order.recipe, encoding="utf-8")
        total = len(self._gallery)
        progress(total, total, "Putting files into place", "pictures")
        self._note(whole=True)
        return remarks

    def settle(self) -> tuple[str, ...]:
        """Let all files take their places."""
        source, target = str(self.folder), str(self._target)  # joined as texts, for these may be very many
        for name in sorted(self._names()):
            if name == _STATE:
                continue
            try:
                os.replace(f"{source}{os.sep}{name}", f"{target}{os.sep}{name}")
            except OSError as error:
                raise write_error(self._target / name, error) from error
        shutil.rmtree(self.folder, ignore_errors=True)
        singles = self._single_names() if "singles" in self._order.formats else []
        files = [FORMATS[key].file for key in FORMATS if key in self._order.formats and FORMATS[key].file]
        beside = [RECIPE] if self._order.recipe else []
        return (*singles, *files, *beside)

    def leave(self, keep_from: int) -> int:
        """After something went wrong: how many pictures are kept for the next time."""
        if not self.folder.is_dir():
            return 0
        with suppress(OSError):
            done = sum(path.name[:1].isdigit() for path in self.folder.iterdir())
            if len(self._gallery) >= keep_from and done:
                return done
        shutil.rmtree(self.folder, ignore_errors=True)
        return 0

    def _first_missing(self) -> int:
        """From which picture on there is something to write."""
        there, total = self._names(), len(self._gallery)
        if len(there) < 2:  # nothing but the state
            return 0
        return next((one for one in self.shown.tolist() if single_name(one, total) not in there), total)

    def _names(self) -> set[str]:
        with os.scandir(self.folder) as entries:
            return {entry.name for entry in entries}

    def _single_names(self) -> list[str]:
        total = len(self._gallery)
        return [single_name(one, total) for one in self.shown.tolist()]

    def _note(self, *, whole: bool) -> None:
        with atomic_path(self.folder / _STATE) as beside:
            facts = {"program": _PROGRAM, "key": self._key, "whole": whole}
            beside.write_text(json.dumps(facts), encoding="utf-8")


def _key(gallery: Gallery, order: Order) -> str:
    """What tells one export from another: its pictures and how they are written."""
    digest = hashlib.sha256(f"{len(gallery)} {gallery.shape} {gallery.title} {gallery.recipe}".encode())
    digest.update(f"{sorted(order.formats)} {order.look} {order.notes}".encode())
    if not gallery.recipe:
        for item in gallery.items:
            digest.update(np.ascontiguousarray(item.latent, "<f4").tobytes())
    return digest.hexdigest()


def _held(gallery: Gallery) -> Gallery:
    """The same, with pictures that are kept once they were decoded where they are few enough."""
    if len(gallery) * int(np.prod(gallery.shape)) > _HELD_BYTES:
        return gallery
    blocks: dict[int, NDArray[np.uint8]] = {}
    size, total = batch_size(gallery.shape), len(gallery)

    def block(number: int) -> NDArray[np.uint8]:
        if number not in blocks:
            blocks[number] = gallery.pictures(number * size, min((number + 1) * size, total))
        return blocks[number]

    def draw(start: int, stop: int) -> NDArray[np.uint8]:
        parts: Sequence[NDArray[np.uint8]] = [
            block(number)[max(start - number * size, 0) : stop - number * size]
            for number in range(start // size, -(-stop // size))
        ]
        return np.concatenate(parts) if len(parts) != 1 else parts[0]

    return replace(gallery, draw=draw)
