"""Every format that a gallery can be written in, by its key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from explorer.core.export.film import write_film
from explorer.core.export.look import Look
from explorer.core.export.page import write_page
from explorer.core.export.sheet import write_sheet_png, write_sheet_webp
from explorer.core.export.sheet_pdf import write_sheet_pdf
from explorer.core.export.singles import write_singles
from explorer.core.export.tables import write_numbers, write_raw
from explorer.core.progress import Progress

if TYPE_CHECKING:
    from explorer.core.export.item import Gallery


class Write(Protocol):
    """Writes a gallery to a path; what is to be told of it, or None or an empty string."""

    def __call__(
        self, gallery: Gallery, look: Look, path: Path, progress: Progress, /, *, notes: bool = True
    ) -> str | None:
        """Raises ``ExplorerError`` where it cannot be written, ``Cancelled`` through ``progress``."""


@dataclass(frozen=True)
class Format:
    """One format.

    Attributes:
        title: what it is called in the window.
        hint: a line about it.
        file: the name of its file; empty for the single pictures, which have names of their own and whose
            path is the folder that they go to.
        write: writes it.
        wanted: the package that it needs and the extra that brings it; empty for none.
    """

    title: str
    hint: str
    file: str
    write: Write
    wanted: tuple[str, str] | None = None

    @property
    def missing(self) -> str:
        """One sentence where its package is not there; else empty."""
        from importlib.util import find_spec

        if self.wanted is None or find_spec(self.wanted[0]) is not None:
            return ""
        return (
            f"{self.title} needs the package {self.wanted[0]}; "
            f"pip install 'latent-explorer[{self.wanted[1]}]' brings it."
        )


def _singles(gallery: Gallery, _: Look, path: Path, progress: Progress, *, notes: bool = True) -> None:
    for _path in write_singles(gallery, path, progress, notes=notes):
        pass


def _told(write: Callable[[Gallery, Path, Progress], None]) -> Write:
    """A writer of numbers: they have no looks, and say of themselves where they come from."""

    def written(gallery: Gallery, _: Look, path: Path, progress: Progress, *, notes: bool = True) -> None:
        del notes
        write(gallery, path, progress)

    return written


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "singles": Format("Single pictures", "A PNG each, that knows its latent", "", _singles),
        "sheet": Format("Sheet (PNG)", "All pictures on one", "sheet.png", write_sheet_png),
        "sheet webp": Format(
            "Sheet (WebP)", "The same, lossless and smaller", "sheet.webp", write_sheet_webp
        ),
        "sheet pdf": Format(
            "Sheet (PDF)", "Pages to print, captions as letters", "sheet.pdf", write_sheet_pdf
        ),
        "page": Format("Web page", "One file with map and pictures, offline", "gallery.html", write_page),
        "gif": Format("Film (GIF)", "Plays everywhere, 256 colours", "film.gif", write_film),
        "apng": Format("Film (APNG)", "Plays in browsers, all colours", "film.png", write_film),
        "film webp": Format("Film (WebP)", "Plays in browsers, all colours, small", "film.webp", write_film),
        "mp4": Format("Film (MP4)", "For slides and players", "film.mp4", write_film, ("av", "video")),
        "webm": Format("Film (WebM)", "For web pages", "film.webm", write_film, ("av", "video")),
        "csv": Format("Table (CSV)", "Latents, places and facts", "latents.csv", _told(write_numbers)),
        "parquet": Format(
            "Table (Parquet)",
            "Latents, places and facts",
            "latents.parquet",
            _told(write_numbers),
            ("pyarrow", "parquet"),
        ),
        "raw": Format(
            "Raw output (NPY)", "What the decoder itself gave, float32", "raw.npy", _told(write_raw)
        ),
    }
)
"""In the order in which they are offered."""

FILMS = frozenset(key for key, one in FORMATS.items() if one.write is write_film)
"""Those that move."""
