"""Pictures that remember where they came from: a latent and its circumstances in a PNG text chunk."""

from __future__ import annotations

import base64
import binascii
import io
import json
import math
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from explorer import __version__
from explorer.core.errors import ExplorerError
from explorer.core.files import atomic_path

KEYWORD = "latent-explorer"
FORMAT = 1

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MOST_BYTES = 1 << 22
_MOST_CHUNKS = 1 << 16


@dataclass(frozen=True, eq=False)
class Provenance:
    """What made a picture.

    Attributes:
        latent: ``(D,) float32``, kept bit by bit.
        model: the pair's name.
        fingerprint: the pair's fingerprint, hexadecimal.
        sampler: in words, how the latent was chosen.
        seed: of the sampler, None where nothing was random.
        index: which of the sampler's pictures this is, from 0.
        place: the map position pointed at or found, in map units, None where there is no map.
        program: the program and version that wrote it.
        extras: what the decoder was fed beside the latent, by the inputs' names.
    """

    latent: NDArray[np.float32]
    model: str
    fingerprint: str
    sampler: str = ""
    seed: int | None = None
    index: int = 0
    place: tuple[float, float] | None = None
    program: str = f"latent-explorer {__version__}"
    extras: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "latent", np.array(self.latent, np.float32).ravel())

    def to_json(self) -> str:
        """The text of the chunk: ASCII JSON with the latent as base64 of little-endian float32."""
        return json.dumps(
            {
                "format": FORMAT,
                "program": self.program,
                "model": {"name": self.model, "fingerprint": self.fingerprint},
                "sampler": {"text": self.sampler, "seed": self.seed, "index": self.index},
                "place": self.place,
                **({"extras": dict(self.extras)} if self.extras else {}),
                "latent": {
                    "type": "float32-le",
                    "size": len(self.latent),
                    "base64": base64.b64encode(self.latent.astype("<f4").tobytes()).decode("ascii"),
                },
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Provenance:
        """Read what ``to_json`` wrote. Raises ``ValueError`` for anything else."""
        provenance = _parse(text.encode(), "The text")
        if provenance is None:
            raise ValueError("no provenance")
        return provenance


def write_png(path: Path, picture: NDArray[np.uint8], provenance: Provenance | None = None) -> None:
    """Write ``picture`` ``uint8 (H, W, 1 or 3)`` as a PNG that carries its provenance.

    Raises ``ExplorerError`` where the file cannot be written.
    """
    with atomic_path(path) as beside:
        beside.write_bytes(png_bytes(picture, provenance))


def png_bytes(picture: NDArray[np.uint8], provenance: Provenance | None = None) -> bytes:
    """The PNG that ``write_png`` writes."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    image = Image.fromarray(picture[:, :, 0] if picture.shape[2] == 1 else picture)
    notes = PngInfo()
    if provenance is not None:
        notes.add_text(KEYWORD, provenance.to_json())
    buffer = io.BytesIO()
    image.save(buffer, "PNG", pnginfo=notes)
    return buffer.getvalue()


def read_provenance(source: Path | bytes) -> Provenance | None:
    """What ``write_png`` noted in a PNG, or None: another kind of file, no note, or one that is damaged.

    The picture itself is not decoded and at most some megabytes are held. Raises ``ExplorerError`` where
    the file cannot be read, and for a note of a later version of the program.
    """
    if isinstance(source, bytes):
        return _parse(_note_in(io.BytesIO(source)), "The picture")
    try:
        with source.open("rb") as file:
            note = _note_in(file)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ExplorerError(f"{source} could not be read ({reason}); choose another picture.") from error
    return _parse(note, str(source))


def _note_in(file: BinaryIO) -> bytes | None:
    """The content of our text chunk, walking the PNG's chunks up to its end."""
    if file.read(8) != _SIGNATURE:
        return None
    wanted = KEYWORD.encode() + b"\0"
    for _ in range(_MOST_CHUNKS):
        head = file.read(8)
        if len(head) < 8 or head[4:] == b"IEND":
            return None
        (length,) = struct.unpack(">I", head[:4])
        if head[4:] != b"tEXt" or not len(wanted) < length <= _MOST_BYTES:
            file.seek(length + 4, io.SEEK_CUR)
            continue
        body, check = file.read(length), file.read(4)
        if body.startswith(wanted) and check == struct.pack(">I", zlib.crc32(head[4:] + body)):
            return body[len(wanted) :]
    return None


def _parse(note: bytes | None, name: str) -> Provenance | None:
    if note is None:
        return None
    try:
        content: dict[str, Any] = json.loads(note)
        version = content["format"]
        if isinstance(version, int) and version > FORMAT:
            raise ExplorerError(
                f"{name} was written by a later latent-explorer; update the program to return to its latent."
            )
        return _provenance(content) if version == FORMAT else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError, binascii.Error):
        return None


def _provenance(content: dict[str, Any]) -> Provenance:
    """Raises one of the usual errors where the content is not what ``to_json`` writes."""
    model, sampler, coded = content["model"], content["sampler"], content["latent"]
    data = base64.b64decode(coded["base64"], validate=True)
    latent = np.frombuffer(data, "<f4")
    if coded["type"] != "float32-le" or len(latent) != coded["size"] or not len(latent):
        raise ValueError
    seed, index, place = sampler["seed"], sampler["index"], content["place"]
    if place is not None:
        x, y = (float(value) for value in place)
        place = (x, y)
    extras = {str(name): float(value) for name, value in dict(content.get("extras", {})).items()}
    numbers = (*(place or ()), *extras.values())
    numbers_hold = np.isfinite(latent).all() and all(math.isfinite(value) for value in numbers)
    if not numbers_hold or type(index) is not int or not (seed is None or type(seed) is int):
        raise ValueError
    texts = (model["name"], model["fingerprint"], sampler["text"], content["program"])
    if not all(isinstance(text, str) and len(text) < 4096 for text in (*texts, *extras)):
        raise ValueError
    return Provenance(latent, texts[0], texts[1], texts[2], seed, index, place, texts[3], extras)
