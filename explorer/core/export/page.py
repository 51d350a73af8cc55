"""A gallery as one HTML file that needs nothing else: the map, the pictures, and what is known of them.

The pictures lie in lossless mosaics, since a mosaic is smaller than its pictures by themselves; that pays for
what it costs to have bytes among text.
"""

from __future__ import annotations

import io
import json
import math
import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np
from numpy.typing import NDArray

from explorer.core.errors import ExplorerError
from explorer.core.export.ahead import batches
from explorer.core.export.look import Look
from explorer.core.export.notes import description
from explorer.core.export.packing import coded, deflated, packed
from explorer.core.export.page_ground import ground_data
from explorer.core.files import atomic_path
from explorer.core.progress import Progress
from explorer.core.provenance import FORMAT
from explorer.core.xmp import CREATOR

if TYPE_CHECKING:
    from explorer.core.export.item import Gallery

Pictures = NDArray[np.uint8]

_MOSAIC = 1024
_MOST_PICTURES = 20_000
_MOST_THREADS = 8
_DIGITS = 4
_LATENTS_SHARE = 0.2  # of the pictures' bytes; beyond, a page would mostly be numbers
_TEXT = "Writing the page"


def write_page(gallery: Gallery, look: Look, path: Path, progress: Progress, *, notes: bool = True) -> None:
    """Write the page, mosaic by mosaic; ``notes`` lets each picture be saved with its latent.

    Raises ``ExplorerError`` where there are no pictures or the file cannot be written, ``Cancelled`` through
    ``progress``.
    """
    count = sum(item.role != "empty" for item in gallery.items)
    if not count:
        raise ExplorerError("There are no pictures for a page; keep or sample some first.")
    if count > _MOST_PICTURES:
        raise ExplorerError(
            f"A page of {count:,} pictures is more than a browser shows with ease; "
            f"choose at most {_MOST_PICTURES:,}, or a sheet or single pictures for all of them."
        )
    told = _Told.of(gallery)
    shell = (files(__package__) / "web" / "page.html").read_text("utf-8")
    style, script = (
        (files(__package__) / "web" / f"page.{kind}").read_text("utf-8") for kind in ("css", "js")
    )
    about = description(gallery)
    filled = {
        "theme": "dark" if look.theme == "dark" else "light",
        "title": escape(gallery.title or about),
        "about": escape(about),
        "generator": f'<meta name="generator" content="{escape(CREATOR)}">\n' if notes else "",
        "style": style,
        "script": script,
    }
    before, after = shell.split("{{pictures}}")
    with (
        atomic_path(path) as beside,
        beside.open("w", encoding="utf-8", errors="replace", newline="\n") as stream,
    ):
        stream.write(_filled(before, filled))
        cells = _Cells.of(gallery.shape)
        size = 0
        for mosaic in _mosaics(gallery, cells, progress):
            text = packed(mosaic)
            stream.write(f'<script class="mosaic" type="text/plain">{text}</script>\n')
            size += len(text)
        _write_data(stream, gallery, look, told, cells, about, size if notes else 0)
        stream.write(_filled(after, filled))


def _filled(shell: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        shell = shell.replace("{{" + name + "}}", value)
    return shell


@dataclass(frozen=True)
class _Cells:
    """How pictures lie in a mosaic: ``across`` in a row, ``each`` in all but the last."""

    height: int
    width: int
    across: int
    each: int

    @classmethod
    def of(cls, shape: tuple[int, int, int]) -> _Cells:
        height, width, _ = shape
        across = max(1, _MOSAIC // width)
        return cls(height, width, across, across * max(1, _MOSAIC // height))


def _mosaics(gallery: Gallery, cells: _Cells, progress: Progress) -> Iterator[bytes]:
    """Lossless WebPs of the pictures in their order, without the empty places; packed beside each other."""
    threads = min(_MOST_THREADS, os.cpu_count() or 1)
    with ThreadPoolExecutor(threads, "mosaic") as pool:
        waiting: deque[Future[bytes]] = deque()
        try:
            for pictures in _handfuls(gallery, cells.each, progress):
                waiting.append(pool.submit(_mosaic, pictures, cells))
                if len(waiting) > threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _handfuls(gallery: Gallery, each: int, progress: Progress) -> Iterator[list[Pictures]]:
    held: list[Pictures] = []
    for start, pictures in batches(gallery, progress, _TEXT):
        held += [one for i, one in enumerate(pictures) if gallery.items[start + i].role != "empty"]
        while len(held) >= each:
            yield held[:each]
            del held[:each]
    if held:
        yield held


def _mosaic(pictures: list[Pictures], cells: _Cells) -> bytes:
    from PIL import Image

    across = min(cells.across, len(pictures))
    rows = math.ceil(len(pictures) / cells.across)
    sheet = np.zeros((rows * cells.height, across * cells.width, pictures[0].shape[2]), np.uint8)
    for i, picture in enumerate(pictures):
        top, left = i // cells.across * cells.height, i % cells.across * cells.width
        sheet[top : top + cells.height, left : left + cells.width] = picture
    buffer = io.BytesIO()
    image = Image.fromarray(sheet[:, :, 0] if sheet.shape[2] == 1 else sheet).convert("RGB")
    image.save(buffer, "WEBP", lossless=True, quality=75, method=4, exact=True)
    return buffer.getvalue()


@dataclass
class _Told:
    """What is known of each picture, as columns; names that many share are numbers of lists."""

    number: list[int] = field(default_factory=list)
    captions: list[str] = field(default_factory=list)
    group: list[int] = field(default_factory=list)
    groups: dict[str, int] = field(default_factory=dict)
    name: list[int] = field(default_factory=list)
    models: dict[tuple[str, str], int] = field(default_factory=dict)
    sampler: list[int] = field(default_factory=list)
    samplers: dict[str, int] = field(default_factory=dict)
    seeds: list[str] = field(default_factory=list)
    draw: list[int] = field(default_factory=list)
    places: list[tuple[float, float]] = field(default_factory=list)
    facts: dict[str, dict[int, float]] = field(default_factory=dict)
    extras: dict[int, dict[str, float]] = field(default_factory=dict)

    @classmethod
    def of(cls, gallery: Gallery) -> _Told:
        told = cls()
        for item in gallery.items:
            if item.role == "empty":
                continue
            at = len(told.number)
            told.number.append(item.index + 1)
            told.captions.append(item.caption)
            told.group.append(told.groups.setdefault(item.group, len(told.groups)))
            told.name.append(told.models.setdefault((item.model, item.fingerprint), len(told.models)))
            told.sampler.append(told.samplers.setdefault(item.sampler, len(told.samplers)))
            told.seeds.append("" if item.seed is None else str(item.seed))
            told.draw.append(item.draw)
            told.places.append(item.place or (math.nan, math.nan))
            for name, value in item.facts.items():
                if math.isfinite(value):
                    told.facts.setdefault(name, {})[at] = float(f"{value:.{_DIGITS}g}")
            if item.extras:
                told.extras[at] = dict(item.extras)
        return told


def _write_data(
    stream: TextIO, gallery: Gallery, look: Look, told: _Told, cells: _Cells, about: str, room: int
) -> None:
    """Write what the script reads; the latents come along where they are small beside ``room`` bytes."""
    height, width, channels = gallery.shape
    count = len(told.number)
    placed = any(x == x for x, _ in told.places)
    data: dict[str, Any] = {
        "about": about,
        "count": count,
        "height": height,
        "width": width,
        "channels": channels,
        "across": cells.across,
        "each": cells.each,
        "smooth": look.smooth(height, width),
        "number": told.number,
        "captions": told.captions if look.captions else [""] * count,
        "groups": list(told.groups),
        "group": coded(told.group, "<u2") if any(told.groups) and len(told.groups) < 1 << 16 else None,
        "name": told.name,
        "names": [name for name, _ in told.models],
        "fingerprints": [fingerprint for _, fingerprint in told.models],
        "sampler": told.sampler,
        "samplers": list(told.samplers),
        "seeds": told.seeds,
        "draw": told.draw,
        "places": coded(told.places, "<f4") if placed else None,
        "facts": {name: [values.get(i) for i in range(count)] for name, values in sorted(told.facts.items())},
        "extras": told.extras,
        "ground": ground_data(gallery.ground) if placed and gallery.ground is not None else None,
        "latents": None,
    }
    if data["group"] is None:
        data["groups"] = []
    latents = _latents(gallery, count, _LATENTS_SHARE * room)
    if latents is not None:
        data["latents"] = packed(latents.tobytes())
        data["latent"] = latents.shape[1]
        recipe = {"recipe": gallery.recipe} if gallery.recipe else {}
        data["note"] = {"format": FORMAT, "program": gallery.items[0].provenance().program, **recipe}
    # The numbers are packed already; to compress them would gain nothing.
    large = {name: data.pop(name) for name in ("latents", "places", "group")}
    stream.writelines(
        f'<script id="{name}" type="text/plain">{text or ""}</script>\n' for name, text in large.items()
    )
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    stream.write(f'<script id="data" type="text/plain">{deflated(text)}</script>\n')


def _latents(gallery: Gallery, count: int, room: float) -> NDArray[np.float32] | None:
    """The pictures' latents ``(count, D)``; None where their sizes differ or take more than ``room``."""
    size = len(gallery.items[0].latent)
    if 5 * count * size > room:
        return None
    found = np.empty((count, size), "<f4")
    row = 0
    for item in gallery.items:
        if item.role != "empty":
            if len(item.latent) != size:
                return None
            found[row] = item.latent
            row += 1
    return found
