"""How large the files of a gallery will be, roughly, told from some of its pictures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from explorer.core.export.film import Reel
from explorer.core.export.item import Gallery
from explorer.core.export.look import Look
from explorer.core.export.sheet import draw_sheet
from explorer.core.progress import Progress
from explorer.core.provenance import png_bytes

_LOOKED_AT = 32
_FILM_SIDE = 384
_NOTE_BYTES = 420
# Bytes as a share of what PNGs would take, so that the bundled models' files come out within a factor of 3.
_SHARES = {"sheet webp": 0.7, "gif": 1.2, "apng": 0.45, "film webp": 0.18, "mp4": 0.17, "webm": 0.14}


def estimate(gallery: Gallery, formats: tuple[str, ...], look: Look, *, notes: bool = True) -> int:
    """Bytes, for a line such as “about 12 MB”; decodes at most one batch.

    Raises ``ExplorerError`` where the pictures cannot be had.
    """
    count = len(gallery)
    some = min(count, _LOOKED_AT)
    pictures = gallery.pictures(0, some)
    items = gallery.items[:some]
    shown = [place for place, item in enumerate(items) if item.role != "empty"]
    of_all = count * len(shown) / max(1, some)
    each = float(np.mean([len(png_bytes(pictures[place])) for place in shown])) if shown else 0.0
    height, width, channels = gallery.shape
    numbers = len(items[0].latent)
    note = (_NOTE_BYTES + 5.4 * numbers) * notes
    frame = each * (max(1.0, (look.side or _FILM_SIDE) / max(height, width)) ** 1.2)
    part = replace(gallery, items=items)
    found = 0.0
    for key in formats:
        if key == "singles":
            found += of_all * (each + note)
        elif key in ("sheet", "sheet webp"):
            found += count / some * len(png_bytes(draw_sheet(part, look))) * _SHARES.get(key, 1.0)
        elif key in ("sheet pdf", "page"):
            found += of_all * (1.05 * each + 60 + (5.4 * numbers if key == "page" else 0.0))
            found += 75_000 if key == "page" else 30_000
        elif key == "csv":
            found += of_all * (11.0 * numbers + 120)
        elif key == "parquet":
            found += of_all * (4.3 * numbers + 30) + 12_000
        elif key == "raw":
            found += of_all * 4.0 * height * width * channels
        elif shown:
            found += len(Reel(gallery, look, Progress())) * frame * _SHARES[key]
    return round(found)


def size_text(size: int) -> str:
    """``about 12 MB``."""
    for unit, bytes_ in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= bytes_:
            value = size / bytes_
            return f"about {value:.1f} {unit}" if value < 10 else f"about {value:,.0f} {unit}"
    return "less than 1 kB"
