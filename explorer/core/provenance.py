"""Pictures that remember where they came from: a latent and its circumstances in a PNG's text or in XMP."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer import __version__
from explorer.core.errors import ExplorerError
from explorer.core.files import atomic_path
from explorer.core.picture_notes import KEYWORD, find_note
from explorer.core.xmp import NOTE, packet

FORMAT = 1

_FARTHEST = 1e9  # no map and no setting is so large


class DamagedNote(ExplorerError):
    """A picture carries a note of ours that cannot be believed; the picture itself may be well."""


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
        recipe: the hash of the gallery's recipe, hexadecimal; empty where it was made without one.
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
    recipe: str = ""

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
                **({"recipe": self.recipe} if self.recipe else {}),
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
        try:
            return _parse(text.encode(), "The text")
        except (TypeError, KeyError, AttributeError, RecursionError, OverflowError) as error:
            raise ValueError("no provenance") from error


def write_png(path: Path, picture: NDArray[np.uint8], provenance: Provenance | None = None) -> None:
    """Write ``picture`` ``uint8 (H, W, 1 or 3)`` as a PNG that carries its provenance.

    Raises ``ExplorerError`` where the file cannot be written.
    """
    with atomic_path(path) as beside:
        beside.write_bytes(png_bytes(picture, provenance))


def png_bytes(picture: NDArray[np.uint8], provenance: Provenance | None = None) -> bytes:
    """The PNG that ``write_png`` writes."""
    (made,) = png_files(picture[None], [provenance])
    return made


def png_files(pictures: NDArray[np.uint8], provenances: Sequence[Provenance | None]) -> Iterator[bytes]:
    """The same of several ``uint8 (n, H, W, 1 or 3)``, in less time."""
    from explorer.core.export import png

    return png.files(pictures, ({} if one is None else {KEYWORD: one.to_json()} for one in provenances))


def webp_bytes(picture: NDArray[np.uint8], provenance: Provenance | None = None) -> bytes:
    """The same as a lossless WebP, whose XMP says what the PNG's text says."""
    from PIL import Image

    note = {} if provenance is None else {"xmp": packet(**{NOTE: provenance.to_json()})}
    buffer = io.BytesIO()
    image = Image.fromarray(picture[:, :, 0] if picture.shape[2] == 1 else picture)
    image.save(buffer, "WEBP", lossless=True, quality=60, method=3, **note)
    return buffer.getvalue()


def read_provenance(source: Path | bytes) -> Provenance | None:
    """What was noted in a PNG or WebP by this program, or None: another kind of file, or no note.

    The picture itself is not decoded and at most some megabytes are held. Raises ``DamagedNote`` for a note
    that cannot be believed, and ``ExplorerError`` where the file cannot be read and for a note of a later
    version of the program.
    """
    name = "The picture" if isinstance(source, bytes) else str(source)
    try:
        with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
            note = find_note(file)
        return None if note is None else _parse(note, name)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ExplorerError(f"{name} could not be read ({reason}); choose another picture.") from error
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError) as error:
        raise DamagedNote(
            f"{name} says where it comes from in a note that is damaged or forged, so it is taken as an "
            "ordinary picture; export it again to return to its latent."
        ) from error


def _parse(note: bytes, name: str) -> Provenance:
    """Raises one of the usual errors where the note is not ours."""
    content: dict[str, Any] = json.loads(note)
    version = content["format"]
    if isinstance(version, int) and version > FORMAT:
        raise ExplorerError(
            f"{name} was written by a later latent-explorer; update the program to return to its latent."
        )
    if version != FORMAT:
        raise ValueError("no such format")
    return _provenance(content)


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
    numbers_hold = np.isfinite(latent).all() and all(abs(value) < _FARTHEST for value in numbers)
    if not numbers_hold or type(index) is not int or not (seed is None or type(seed) is int):
        raise ValueError
    texts = (
        model["name"], model["fingerprint"], sampler["text"], content["program"], content.get("recipe", "")
    )  # fmt: skip
    if not all(isinstance(text, str) and len(text) < 4096 for text in (*texts, *extras)):
        raise ValueError
    return Provenance(latent, texts[0], texts[1], texts[2], seed, index, place, texts[3], extras, texts[4])
