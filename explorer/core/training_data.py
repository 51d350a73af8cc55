"""Pictures that a model is to be trained on: what they are like, what would suit them, and packing them.

A data set is read as it is for encoding, so that a model is trained on what it will be shown.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from explorer.core.arrays import ArrayWriter, save_array
from explorer.core.dataset import ArrayDataset, Dataset
from explorer.core.encoding import read_batches
from explorer.core.errors import ExplorerError
from explorer.core.files import atomic_path
from explorer.core.pixels import Pixels
from explorer.core.progress import Progress

Kind = Literal["vae", "ae", "gan"]

LOOKED_AT = 3000
FEWEST, FEW = 50, 1000
"""Different pictures without which training is refused, and below which it is advised against."""

_LOOK = 24  # side of what is looked at
_GREY = 6  # of 255: channels this near are one
_HANDED = 0.56
"""Share of pictures nearer to others than their mirror images are, above which mirroring would do harm."""

_SIDES = (28, 32, 48, 64, 96, 128)
_SHOWN = 600_000  # pictures that a training shows in all, repeats included, where there are enough
_MOST_EPOCHS = 100


@dataclass(frozen=True)
class Found:
    """What pictures are like, as far as looked at.

    Attributes:
        count: pictures in the data set.
        looked_at: how many of them were read, evenly spread.
        different: how many of those differ from all others.
        unreadable: name and reason of those that could not be read.
        height, width: of the middle one by its shorter side, in pixels.
        mixed: whether shapes differ by more than a crop hides.
        grey: whether they are all grey.
        handed: whether left and right differ, so that mirrored pictures would be foreign.
    """

    count: int
    looked_at: int
    different: int
    unreadable: tuple[tuple[str, str], ...]
    height: int
    width: int
    mixed: bool
    grey: bool
    handed: bool

    @property
    def sentences(self) -> tuple[str, ...]:
        """All that a person should know before training, the plain facts first."""
        looked = "" if self.looked_at >= self.count else f" ({self.looked_at:,} looked at)"
        color = "grey" if self.grey else "colour"
        lines = [f"{self.count:,} pictures{looked}, {color}, about {self.width} × {self.height}"]
        if self.mixed:
            lines.append("Their shapes differ; each is cropped around its centre.")
        if self.unreadable:
            name, reason = self.unreadable[0]
            lines.append(f"{len(self.unreadable):,} cannot be read and are left out, first {name}: {reason}")
        repeated = self.looked_at - self.different
        if repeated:
            lines.append(f"{repeated:,} of {self.looked_at:,} repeat another one.")
        if self._different_in_all < FEW:
            lines.append(
                f"About {self._different_in_all:,} different pictures are few: the model will remember them "
                f"rather than learn what they share; {FEW:,} or more would do better."
            )
        return tuple(lines)

    @property
    def _different_in_all(self) -> int:
        return round(self.count * self.different / max(1, self.looked_at))


SHARPEN = 20.0
"""Nats that a critic's verdict on a VAE's draws weighs, where it has one."""

SHARPENED_STEP = 2.6
"""How much longer a VAE's step takes with a critic: 2.5 at 28 × 28 grey, 2.6 at 64 × 64 colour, in the
processor's time."""


@dataclass(frozen=True)
class Proposal:
    """Settings that suit some pictures. ``epochs`` include the ``encoder_epochs`` of a GAN.

    ``sharpen`` is what a critic's verdict on drawn pictures weighs in nats, of a VAE alone; 0 for no critic.
    """

    kind: Kind
    height: int
    width: int
    channels: int
    latent_size: int
    features: int
    hidden: int
    epochs: int
    encoder_epochs: int
    batch_size: int
    patience: int
    flip: bool
    sharpen: float = 0.0

    def sharpened(self) -> Proposal:
        """The same with a critic of drawn pictures. Raises ``ExplorerError`` for any kind but a VAE."""
        if self.kind != "vae":
            raise ExplorerError(
                f"Drawn pictures are sharpened in a VAE alone, not in {'an' if self.kind == 'ae' else 'a'} "
                f"{self.kind.upper()}; leave it away, or choose a VAE."
            )
        return replace(self, sharpen=SHARPEN)

    def arguments(self) -> list[str]:
        """For the trainer's command line."""
        given = [
            f"--kind={self.kind}", f"--size={self.height}x{self.width}", f"--channels={self.channels}",
            f"--latent-size={self.latent_size}", f"--features={self.features}", f"--hidden={self.hidden}",
            f"--epochs={self.epochs}", f"--encoder-epochs={self.encoder_epochs}",
            f"--batch-size={self.batch_size}", f"--patience={self.patience}",
        ]  # fmt: skip
        given += ["--flip"] if self.flip else []
        return [*given, f"--sharpen={self.sharpen:g}"] if self.sharpen else given


def look(dataset: Dataset, progress: Progress) -> Found:
    """What the pictures of ``dataset`` are like.

    Raises ``ExplorerError`` where none can be read, or fewer than 50 different ones are there.
    """
    chosen = np.unique(np.linspace(0, len(dataset) - 1, min(len(dataset), LOOKED_AT)).round().astype(int))
    seen: list[Pixels] = []
    unreadable: list[tuple[str, str]] = []
    with ThreadPoolExecutor(4, "look") as pool:
        for done, one in enumerate(pool.map(lambda item: _read(dataset, int(item)), chosen), 1):
            if isinstance(one, ExplorerError):
                unreadable.append((dataset.item_name(int(chosen[done - 1])), str(one)))
            else:
                seen.append(one)
            progress(done, len(chosen), "Looking at the pictures", "pictures")
    if not seen:
        raise ExplorerError(f"None of the pictures in {dataset.path} can be read; {unreadable[0][1]}")
    pictures = np.stack(seen)
    different = len(Counter(hashlib.sha256(one.tobytes()).digest() for one in pictures))
    heights, widths = _sizes(dataset, chosen)
    if round(len(dataset) * different / len(pictures)) < FEWEST:
        raise ExplorerError(
            f"{dataset.path} holds {different:,} different pictures, too few to learn from; "
            f"{FEWEST} are the least, {FEW:,} or more would do well."
        )
    middle = int(np.argsort(np.minimum(heights, widths))[len(heights) // 2])
    shapes = np.log(widths / heights)
    spread = int((pictures.max(axis=3) - pictures.min(axis=3)).max(initial=0))
    return Found(
        len(dataset),
        len(pictures),
        different,
        tuple(unreadable),
        int(heights[middle]),
        int(widths[middle]),
        bool(shapes.max() - shapes.min() > 0.1),
        spread <= _GREY,
        _is_handed(pictures),
    )


def propose(found: Found, kind: Kind) -> Proposal:
    """Settings for a model of ``kind`` that a common computer trains in minutes to an hour."""
    height, width = _shape(found)
    area = height * width
    channels = 1 if found.grey else 3
    latent_size = 8 if found.count < 500 else 16 if area * channels <= 64 * 64 else 32
    shown = _SHOWN // (2 if area > 48 * 48 else 1)
    epochs = int(np.clip(shown / found.count, 12, _MOST_EPOCHS))
    encoder_epochs = max(1, epochs // 6) if kind == "gan" else 0
    return Proposal(
        kind,
        height,
        width,
        channels,
        latent_size,
        features=24 if area <= 48 * 48 else 16,
        hidden=96 if area <= 48 * 48 else 128,
        epochs=epochs + encoder_epochs,
        encoder_epochs=encoder_epochs,
        batch_size=64 if kind == "gan" or found.count < 5000 else 128,
        patience=0 if kind == "gan" else max(10, epochs // 4),
        flip=not found.handed,
    )


def seconds_of(proposal: Proposal, count: int) -> float:
    """About how long training takes on this machine's processor.

    Multiplications of the networks, three times for the way there and back, over the speed of a matrix
    product measured now; within a factor of two where the machine is free.
    """
    import time

    side = np.ones((512, 512), np.float32)
    speeds = []
    for _ in range(4):
        started = time.perf_counter()
        side @ side
        speeds.append(2 * 512**3 / (time.perf_counter() - started))
    more = 2.2 if proposal.kind == "gan" else SHARPENED_STEP if proposal.sharpen else 1.0
    work = 2 * _products(proposal) * 3 * count * more
    return float(work * proposal.epochs / (0.5 * max(speeds)))


class Packed(NamedTuple):
    """What was packed: the pictures' places in the data set ``(n,)``; names and reasons of the others."""

    rows: npt.NDArray[np.int64]
    left_out: tuple[tuple[str, str], ...]


def pack(dataset: Dataset, shape: tuple[int, int, int], path: Path, progress: Progress) -> Packed:
    """Write the pictures in ``shape`` (H, W, C) as one array ``path``, and their rows as ``rows.npy`` beside.

    Raises ``ExplorerError`` where none can be read or a file cannot be written.
    """
    left_out: list[tuple[str, str]] = []
    rows: list[npt.NDArray[np.int64]] = []
    with atomic_path(path) as beside:
        with ArrayWriter(beside, np.uint8, shape) as writer:
            for batch in read_batches(dataset, shape, progress):
                left_out += batch.failures
                rows.append(batch.rows)
                writer.append(batch.samples)
                progress(batch.done, len(dataset), "Reading the pictures", "pictures")
        packed = Packed(np.concatenate(rows), tuple(left_out))
        if not len(packed.rows):
            raise ExplorerError(f"None of the pictures in {dataset.path} can be read; {left_out[0][1]}")
    with atomic_path(path.with_name("rows.npy")) as beside:
        save_array(beside, packed.rows)
    return packed


def _read(dataset: Dataset, item: int) -> Pixels | ExplorerError:
    try:
        return dataset.read(item, (_LOOK, _LOOK, 3))
    except ExplorerError as error:
        return error


def _sizes(
    dataset: Dataset, chosen: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Heights and widths of the chosen pictures, from the heads of their files."""
    if isinstance(dataset, ArrayDataset):
        height, width = dataset.side_lengths
        return np.full(1, float(height)), np.full(1, float(width))
    from PIL import Image

    sizes: list[tuple[int, int]] = []
    for item in chosen:
        try:
            with Image.open(dataset.path / dataset.item_name(int(item))) as image:
                sizes.append(image.size)
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            continue
    widths, heights = np.array(sizes or [(64, 64)], np.float64).T
    return heights, widths


def _is_handed(pictures: Pixels) -> bool:
    """Whether pictures ``(N, h, w, 3)`` are nearer to each other than their mirror images are.

    Each of one half is compared with the other half, as it is and mirrored; where left and right mean
    nothing, either is nearer as often.
    """
    rows = pictures.mean(axis=3, dtype=np.float32)
    some, others = rows[::2][:500], rows[1::2][:1500]
    if len(some) < 20:
        return True
    flat = others.reshape(len(others), -1)
    near = [_nearest(one.reshape(len(some), -1), flat) for one in (some, some[:, :, ::-1])]
    share = np.mean(np.where(near[0] == near[1], 0.5, near[0] < near[1]))
    return bool(share > _HANDED)


def _nearest(points: npt.NDArray[np.float32], reference: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    squares = np.square(points).sum(1)[:, None] + np.square(reference).sum(1) - 2 * (points @ reference.T)
    return np.asarray(squares.min(1).round(1))


def _shape(found: Found) -> tuple[int, int]:
    """Height and width to train at: at most 64 by the shorter side, and no larger than the pictures are."""
    short = min(found.height, found.width)
    side = max([one for one in _SIDES[:4] if one <= short], default=_SIDES[0])
    aspect = max(found.height, found.width) / short
    if found.mixed or aspect < 1.2:
        return side, side
    long = int(min(128, 8 * round(side * aspect / 8)))
    side = 8 * round(side / 8)
    return (side, long) if found.width > found.height else (long, side)


def _products(proposal: Proposal) -> float:
    """Multiplications of encoder and decoder for one picture."""
    total, before = 0.0, proposal.channels
    height, width, stage = proposal.height, proposal.width, 0
    while height % 2 == 0 and width % 2 == 0 and min(height, width) >= 12 and stage < 4:
        height, width = height // 2, width // 2
        channels = proposal.features * min(4, 2**stage)
        total += height * width * channels * before * 16
        total += 18.0 * height * width * channels**2 if max(height, width) <= 16 else 0
        before, stage = channels, stage + 1
    return 2 * (total + before * height * width * proposal.hidden)


def told(found: Found, proposal: Proposal, seconds: float) -> Sequence[str]:
    """What was found and what is proposed, a line each."""
    from explorer.core.progress import duration_text

    size = f"{proposal.width} × {proposal.height} {'grey' if proposal.channels == 1 else 'colour'}"
    unit = 300 if seconds > 1200 else 60  # no finer than the estimate is
    mirrored = ", mirrored half of the time" if proposal.flip else ""
    network = f"{proposal.kind.upper()} of {size}, {proposal.latent_size} latent dimensions"
    network += ", its draws sharpened" if proposal.sharpen else ""
    return (
        *found.sentences,
        f"{network}, {proposal.epochs} epochs{mirrored}",
        f"About {duration_text(unit * max(1, round(seconds / unit)))} on this machine's processor",
    )
