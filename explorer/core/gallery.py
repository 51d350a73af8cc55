"""Recipe → latents → pictures → files. The window and the command line take this one way."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from explorer.core.errors import ExplorerError
from explorer.core.files import atomic_folder
from explorer.core.progress import Progress
from explorer.core.provenance import Provenance, read_provenance, write_png
from explorer.core.recipe import Recipe

__all__ = [
    "DARK",
    "LIGHT",
    "Provenance",
    "Recipe",
    "contact_sheet",
    "decoding",
    "export_gallery",
    "provenances",
    "read_provenance",
    "write_png",
]

Floats = NDArray[np.float32]
Pictures = NDArray[np.uint8]
Draw = Callable[[Sequence[Provenance]], Sequence[Pictures]]

DARK, LIGHT = (20, 22, 26), (255, 255, 255)

_CELL = 112
_LARGEST_CELL = 256
_LARGEST_SHEET = 64_000_000
_SHEET_SHAPE = 4 / 3
_BATCH = 64


def provenances(
    recipe: Recipe,
    model: str,
    fingerprint: str,
    places: NDArray[np.floating] | None = None,
    extras: Mapping[str, float] | None = None,
) -> list[Provenance]:
    """What each picture of a recipe will carry, its latent included; ``places`` ``(count, 2)`` if known.

    ``extras`` is what the decoder is fed beside the latents.
    """
    return [
        Provenance(
            latent,
            model,
            fingerprint,
            recipe.text,
            recipe.seed,
            index,
            None if places is None else (float(places[index, 0]), float(places[index, 1])),
            extras=extras or {},
        )
        for index, latent in enumerate(recipe.latents())
    ]


def export_gallery(
    draw: Draw,
    items: Sequence[Provenance],
    folder: Path,
    progress: Progress,
    *,
    sheet: bool = True,
    singles: bool = True,
    columns: int | None = None,
    background: tuple[int, int, int] = DARK,
) -> list[Path]:
    """Write a picture for every item, ``0001.png`` … with its provenance, and ``sheet.png`` with all.

    ``draw`` gives the pictures ``uint8 (H, W, C)`` of some items; see ``decoding``. Returns the paths
    written, the sheet last. Either all files appear in ``folder`` or, on an error or a cancel, none; other
    files there stay.
    """
    if not items:
        raise ExplorerError("There is nothing to export yet; keep a picture or draw some samples first.")
    digits = max(4, len(str(len(items))))
    small: list[Pictures] = []
    names: list[str] = []
    with atomic_folder(folder) as beside:
        for start in range(0, len(items), _BATCH):
            progress(start, len(items), "Writing pictures", "pictures")
            part = items[start : start + _BATCH]
            for item, picture in zip(part, draw(part), strict=True):
                small.append(_at_most(picture, _LARGEST_CELL))
                if singles:
                    names.append(f"{len(small):0{digits}}.png")
                    write_png(beside / names[-1], picture, item)
                progress.check()
        if sheet:
            names.append("sheet.png")
            pictures = _of_one_size(small, background)
            write_png(beside / "sheet.png", contact_sheet(pictures, columns, background=background))
        progress(len(items), len(items), "Writing pictures", "pictures")
    return [folder / name for name in names]


def decoding(decode: Callable[[Floats], Pictures]) -> Draw:
    """A ``draw`` for ``export_gallery`` from a decoder ``(n, D) float32`` → ``uint8 (n, H, W, C)``."""
    return lambda items: list(decode(np.stack([item.latent for item in items])))


def contact_sheet(
    pictures: Pictures,
    columns: int | None = None,
    scale: int | None = None,
    gap: int = 8,
    background: tuple[int, int, int] = DARK,
    captions: Sequence[str] | None = None,
) -> Pictures:
    """All pictures ``uint8 (N, H, W, 1 or 3)`` on one sheet ``uint8 (height, width, 3)``.

    Without ``columns`` the sheet comes out near 4:3 with a well-filled last row. ``scale`` is a whole
    enlargement with hard pixels; without it small pictures grow to about 112 px a cell. ``captions`` stand
    below the cells. Raises ``ExplorerError`` where there are no pictures.
    """
    if len(pictures) == 0:
        raise ExplorerError("There are no pictures for a contact sheet; keep or sample some first.")
    count, height, width = pictures.shape[:3]
    scale = scale or max(1, round(_CELL / max(height, width)))
    line = 18 if captions else 0
    columns = columns or _columns(count, width * scale + gap, height * scale + gap + line)
    columns = min(columns, count)
    rows = math.ceil(count / columns)
    while scale > 1 and columns * rows * height * width * scale * scale > _LARGEST_SHEET:
        scale -= 1
    across, down = width * scale + gap, height * scale + gap + line
    margin = 2 * gap
    size = (rows * down - gap + 2 * margin, columns * across - gap + 2 * margin, 3)
    paper = np.empty(size, np.uint8)
    paper[:] = background
    for index, picture in enumerate(pictures):
        top = margin + index // columns * down
        left = margin + index % columns * across
        enlarged = picture.repeat(scale, axis=0).repeat(scale, axis=1)
        paper[top : top + height * scale, left : left + width * scale] = enlarged
    if captions:
        return _captioned(paper, captions, columns, (margin, margin + height * scale), (across, down), gap)
    return paper


def _columns(count: int, across: int, down: int) -> int:
    """The number of columns that brings a sheet near its shape without a ragged last row."""

    def fault(columns: int) -> float:
        rows = math.ceil(count / columns)
        empty = (columns * rows - count) / (columns * rows)
        return abs(math.log(columns * across / (rows * down) / _SHEET_SHAPE)) + 4.0 * empty

    widest = min(count, 2 * math.ceil(math.sqrt(count * _SHEET_SHAPE * down / across)))
    return min(range(1, widest + 1), key=fault)


def _captioned(
    paper: Pictures,
    captions: Sequence[str],
    columns: int,
    first: tuple[int, int],
    step: tuple[int, int],
    gap: int,
) -> Pictures:
    from PIL import Image, ImageDraw, ImageFont

    image = Image.fromarray(paper)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(12)
    ink = (139, 147, 160) if paper[0, 0].mean() < 128 else (90, 96, 106)
    for index, caption in enumerate(captions):
        text = caption
        while text and draw.textlength(text, font) > step[0] - gap:
            text = text[:-2].rstrip("…") + "…" if len(text) > 2 else ""
        place = (first[0] + index % columns * step[0], first[1] + index // columns * step[1] + 3)
        draw.text(place, text, ink, font)
    return np.array(image)


def _of_one_size(pictures: Sequence[Pictures], background: tuple[int, int, int]) -> Pictures:
    """One array of pictures that may come from models of different sizes, each in the middle of its cell."""
    if len({picture.shape for picture in pictures}) == 1:
        return np.stack(pictures)
    height, width = (max(picture.shape[axis] for picture in pictures) for axis in (0, 1))
    cells = np.empty((len(pictures), height, width, 3), np.uint8)
    cells[:] = background
    for cell, picture in zip(cells, pictures, strict=True):
        top, left = (height - picture.shape[0]) // 2, (width - picture.shape[1]) // 2
        cell[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return cells


def _at_most(picture: Pictures, side: int) -> Pictures:
    """The picture, reduced where it is larger than ``side``, so that a sheet of many stays small."""
    factor = math.ceil(max(picture.shape[:2]) / side)
    if factor <= 1:
        return picture
    from PIL import Image

    image = Image.fromarray(picture[:, :, 0] if picture.shape[2] == 1 else picture).reduce(factor)
    return np.array(image).reshape(image.height, image.width, picture.shape[2])
