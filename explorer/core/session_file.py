"""The file of a session: a zip of ``session.json`` and the arrays that it numbers; no pickle.

What is open is referred to, by relative and absolute path and by hash; what was done is kept field by field
as ``Session`` declares it. A field that a later version added is kept as it is and written again, so that
nothing is lost on the way through an older one; where a later version changed what is known here, the file is
refused. Nothing is ever unpacked by the names in the file.
"""

from __future__ import annotations

import json
import lzma
import struct
import time
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt

from explorer import __version__
from explorer.core.arrays import read_error, read_header, write_array
from explorer.core.coded import LATE, ArrayList, UnknownName, coded, coded_raw, decoded, kinds_of, raw
from explorer.core.errors import ExplorerError
from explorer.core.files import atomic_path, write_error
from explorer.core.map_settings import MapRecord
from explorer.core.references import ModelOf, WorkOf, model_of, work_of
from explorer.core.session import OPEN, Session
from explorer.core.view import View

FORMAT = 2
MOST_BYTES = 1 << 30
"""Bytes that all of a session may unpack to."""

_MOST_TEXT, _MOST_ENTRIES = 64 << 20, 60_000
_DESCRIPTION = "session.json"
DAMAGE: tuple[type[Exception], ...] = (
    OSError, ValueError, TypeError, LookupError, AttributeError, EOFError, ArithmeticError, RecursionError,
    NotImplementedError, RuntimeError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error,
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class SavedSession:
    """A session as it lies on disk.

    Attributes:
        path: the file.
        session: what was done; its ``pair``, ``work`` and ``map`` are None.
        model, work: what was open.
        map: how the map was made that was shown.
        positions: that map ``(N, 2) float32``, where the file holds it.
        view: what of it was in sight.
    """

    path: Path
    session: Session
    model: ModelOf | None = None
    work: WorkOf | None = None
    map: MapRecord | None = None
    positions: npt.NDArray[np.float32] | None = None
    view: View | None = None


@dataclass(frozen=True, eq=False)
class _Head:
    """What the file says beside the fields of the session."""

    model: ModelOf | None = None
    work: WorkOf | None = None
    positions: npt.NDArray[np.float32] | None = None
    view: View | None = None
    map: Mapping[str, Any] = field(default_factory=dict)


def own_fields() -> dict[str, Any]:
    """The fields of a session that its file keeps, and the types that they are declared with."""
    if not LATE:  # what session.py imports for type checkers alone
        from explorer.core.compared import Compared
        from explorer.core.latent_ops import directions, steering, told

        LATE.update(
            Compared=Compared, Direction=directions.Direction, Steered=steering.Steered, Probe=told.Probe
        )
    return {name: kind for name, kind in kinds_of(Session).items() if name not in OPEN}


def save_session(
    path: Path, session: Session, view: View | None, *, include: bool = False, small: bool = True
) -> None:
    """Write ``session`` and the map's view to one file.

    ``include`` puts the workspace in, where that is small enough, so that the file opens on another machine.
    One that is not ``small`` is written quickly. Raises ``ExplorerError`` where the file cannot be written;
    what was there before stays.
    """
    from explorer.core.session_work import included

    base, arrays = path.absolute().parent, ArrayList()
    parts = included(session) if include and session.work is not None else {}
    try:
        document = _document(session, view, base, arrays, include=include, is_included=bool(parts))
    except ValueError as error:
        raise ExplorerError(f"{path} could not be written: a value is not a number ({error}).") from error
    total = sum(array.nbytes for array in arrays.arrays) + sum(map(len, parts.values()))
    if total > MOST_BYTES:
        raise ExplorerError(
            f"{path} would hold {total / 1e9:.1f} GB, more than a session may; "
            "export the tray as a gallery and empty it."
        )
    method = zipfile.ZIP_DEFLATED if small else zipfile.ZIP_STORED
    try:
        with atomic_path(path) as beside, zipfile.ZipFile(beside, "w", method) as file:
            file.writestr(_DESCRIPTION, json.dumps(document, allow_nan=False))
            for number, array in enumerate(arrays.arrays):
                with file.open(f"arrays/{number}.npy", "w") as stream:
                    write_array(stream, array)
            for name, content in parts.items():
                file.writestr(name, content)
    except ValueError as error:  # the name is none that this system could have
        raise ExplorerError(f"{path} could not be written ({error}); choose another place.") from error


def load_session(path: Path) -> SavedSession:
    """Read a file of ``save_session``, of this version or of one before.

    Raises ``ExplorerError`` for a file that is missing, cut short, foreign, crafted or of a newer version.
    """
    with opened(path) as file, _told(path):
        if "session.npy" in file.namelist():
            from explorer.core.session_format1 import read

            return read(path, file)
        document = json.loads(_content(file, _DESCRIPTION, _MOST_TEXT), parse_constant=_refused)
        if document["format"] > FORMAT:
            raise newer(path)
        found: dict[int, npt.NDArray[Any]] = {}

        def array(number: int) -> npt.NDArray[Any]:
            if number not in found:
                found[number] = read_npy(file, f"arrays/{number}.npy")
            return found[number]

        known = {one.name for one in fields(_Head)}
        head = decoded({name: one for name, one in document.items() if name in known}, _Head, array)
        kinds, kept = own_fields(), document["session"]
        own = {name: decoded(kept[name], kind, array) for name, kind in kinds.items() if name in kept}
        unknown = {name: raw(one, array) for name, one in kept.items() if name not in kinds}
        unknown = {name: one for name, one in unknown.items() if name not in OPEN}
        record = MapRecord.of(head.map) if head.map else None
        session = Session(**own, unknown=unknown)
        if session.compared is not None:
            session = replace(session, compared=session.compared.found_from(path.absolute().parent))
        saved = SavedSession(path, session, head.model, head.work, record, head.positions, head.view)
        check(saved)
        return saved


def check(saved: SavedSession) -> None:
    """Raise ``ValueError`` for what the types do not say: shapes, sizes, signs."""
    session, model = saved.session, saved.model
    size = model.latent_size if model else None
    kept = list(session.tray) + [one.kept for one in session.bookmarks]
    latents = [one.latent for one in session.dropped]
    if session.cursor is not None:
        latents.append(session.cursor.latent)
        latents += [session.cursor.carried.latent] if session.cursor.carried else []
    pictures = [one.picture for one in kept] + [one.original for one in session.dropped]
    pictures += [one.reconstruction for one in session.dropped if one.reconstruction is not None]
    holds = (
        all(latent.ndim == 1 and (size is None or len(latent) == size) for latent in latents)
        and all(one.ndim == 3 and one.shape[2] in (1, 3) and one.size for one in pictures)
        and 0 <= session.seed < 1 << 63
        and (session.selection is None or _are_rows(session.selection))
        and (session.range is None or session.range[0] <= session.range[1])
        and (session.compared is None or session.compared.is_sound())
        and (saved.positions is None or (saved.positions.ndim == 2 and saved.positions.shape[1] == 2))
    )
    view = saved.view
    if view is not None:
        holds = holds and view.units_per_pixel > 0 and 0 < view.width < 1 << 16 and 0 < view.height < 1 << 16
    if not holds:
        raise ValueError("a value is out of range")


@contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """The zip of a session, once its entries have been looked over. Raises ``ExplorerError``."""
    try:
        stream = path.open("rb")
    except FileNotFoundError as error:
        raise ExplorerError(f"{path} does not exist; choose a saved session.") from error
    except (OSError, ValueError) as error:
        raise read_error(path, error if isinstance(error, OSError) else OSError(str(error))) from error
    with stream:
        with _told(path):
            file = zipfile.ZipFile(stream)
            entries = file.infolist()
        total = sum(one.file_size for one in entries)
        if total > MOST_BYTES or len(entries) > _MOST_ENTRIES:
            raise ExplorerError(
                f"{path} would unpack to {total / 1e9:,.1f} GB in {len(entries):,} parts, which no session "
                "of this program does; it was not opened."
            )
        for one in entries:
            if ".." in PurePosixPath(one.filename).parts or one.filename[:1] == "/" or ":" in one.filename:
                raise ExplorerError(
                    f"{path} names a part “{one.filename[:60]}” outside its own folder, which no session of "
                    "this program does; it was not opened."
                )
        yield file


def read_npy(file: zipfile.ZipFile, name: str) -> npt.NDArray[Any]:
    """An array in the zip; nothing is allocated by what its header claims. Raises as ``_told`` tells."""
    size = file.getinfo(name).file_size
    with file.open(name) as stream:
        header = read_header(stream, name)
        if header.data_bytes != size - stream.tell():
            raise ValueError(f"{name} is of another length than it says")
        order: Any = "F" if header.fortran_order else "C"
        return np.frombuffer(bytearray(stream.read()), header.dtype).reshape(header.shape, order=order)


def newer(path: Path) -> ExplorerError:
    """The sentence for a session of a later version."""
    return ExplorerError(f"{path} was saved by a newer version of this program; open it with that version.")


def put_aside(path: Path) -> Path:
    """Rename a session that cannot be opened, so that it is not overwritten; returns its new place.

    Raises ``ExplorerError`` where that is not possible.
    """
    stem = f"{path.stem}-{time.strftime('%Y-%m-%d')}"
    aside = path.with_name(stem + path.suffix)
    number = 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{stem}-{number}{path.suffix}")
    try:
        return path.rename(aside)
    except OSError as error:
        raise write_error(aside, error) from error


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """All that damage can lead to, as one sentence."""
    try:
        yield
    except UnknownName as error:
        raise newer(path) from error
    except ExplorerError as error:
        if str(path) in str(error):
            raise
        raise _no_session(path) from error
    except DAMAGE as error:
        raise _no_session(path) from error


def _no_session(path: Path) -> ExplorerError:
    return ExplorerError(f"{path} is no session of this program or was damaged; choose another.")


def _content(file: zipfile.ZipFile, name: str, most: int) -> bytes:
    if file.getinfo(name).file_size > most:
        raise ValueError(f"{name} is too large")
    return file.read(name)


def _refused(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


def _are_rows(rows: npt.NDArray[np.int64]) -> bool:
    return rows.ndim == 1 and len(rows) > 0 and int(rows.min()) >= 0


def _document(
    session: Session,
    view: View | None,
    base: Path,
    arrays: ArrayList,
    *,
    include: bool,
    is_included: bool,
) -> dict[str, Any]:
    """The JSON of a session that is to lie in the folder ``base``; arrays go into ``arrays``."""
    shown = session.map if session.map and session.map.record else None
    head = _Head(
        model_of(session.pair, base) if session.pair else None,
        work_of(session.work, base, is_included=is_included) if session.work else None,
        shown.positions if shown and include and not is_included else None,
        view,
        shown.record.facts() if shown and shown.record else {},
    )
    if session.compared is not None:
        session = replace(session, compared=session.compared.kept_in(base))
    own = {name: coded(getattr(session, name), kind, arrays) for name, kind in own_fields().items()}
    unknown = {name: coded_raw(one, arrays) for name, one in session.unknown.items()}
    program = f"latent-explorer {__version__}"
    return {"format": FORMAT, "program": program, **coded(head, _Head, arrays), "session": {**unknown, **own}}
