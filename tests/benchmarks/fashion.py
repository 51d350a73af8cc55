"""Fashion-MNIST encoded and mapped, with pictures held out: what the map's two ways are measured on."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.core.map_shelf import digest
from explorer.core.model_pair import ModelPair
from explorer.core.placement import Placement
from models.data import read_idx
from tests.benchmarks.common import assets, say

Floats = NDArray[np.float32]

FOLDER = Path("/usr/share/datasets/fashion-mnist")
"""Where Debian's package ``dataset-fashion-mnist`` puts the four files."""

LEFT_OUT = 4000
_QUICK_HELD = 1000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``--data``, ``--layouts`` and ``--minutes``."""
    parser.add_argument("--data", type=Path, default=FOLDER, help="folder of the four IDX files (.gz)")
    parser.add_argument(
        "--layouts", type=Path, help="folder in which UMAP's layouts are kept, each by its latents"
    )
    parser.add_argument(
        "--minutes", type=float, default=60.0, help="begin no further part after so long (60)"
    )


@dataclass(frozen=True, eq=False)
class Mapped:
    """A map and pictures that it was not made of.

    Attributes:
        name: what is mapped and what is held out, in words.
        pair: the model.
        latents, positions, labels, pictures: of the map; ``(N, D)``, ``(N, 2)``, ``(N,)``,
            ``uint8 (N, H, W, C)``.
        held_latents, held_labels, held_pictures: of the pictures held out.
        held_places: where ``Placement`` puts them, ``(n, 2)``.
    """

    name: str
    pair: ModelPair
    latents: Floats
    positions: Floats
    labels: NDArray[np.int64]
    pictures: NDArray[np.uint8]
    held_latents: Floats
    held_labels: NDArray[np.int64]
    held_pictures: NDArray[np.uint8]

    @cached_property
    def held_places(self) -> Floats:
        return Placement(self.latents, self.positions).place(self.held_latents)

    @cached_property
    def diameter(self) -> float:
        """Diagonal of the map."""
        return float(np.hypot(*np.ptp(self.positions, axis=0)))

    @cached_property
    def umap(self) -> Any:
        """A fitted UMAP with this layout, for its own ``transform`` and ``inverse_transform``."""
        from umap import UMAP

        model = UMAP(init=self.positions, n_epochs=0, random_state=42, n_jobs=1).fit(self.latents)
        model.embedding_, model.n_epochs = self.positions, None
        return model

    def left_out(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows of the map that stay, and rows left out, which have places of UMAP's own; drawn once."""
        shuffled = np.random.default_rng(1).permutation(len(self.latents))
        count = min(LEFT_OUT, len(shuffled) // 4)
        return np.sort(shuffled[count:]), np.sort(shuffled[:count])


def load(options: argparse.Namespace) -> Mapped:
    """The full set, or the bundled part where that is absent or ``--quick`` is given."""
    pair = ModelPair.open(assets() / "fashion-vae")
    if options.quick or not options.data.is_dir():
        return _bundled(pair)
    say("encoding")
    train, test = (read(options.data, part) for part in ("train", "t10k"))
    latents, held = pair.encode(train[0])[0], pair.encode(test[0])[0]
    return Mapped(
        "Fashion-MNIST: 60,000 training images mapped, 10,000 test images held out",
        pair,
        latents,
        _layout(latents, options.layouts),
        train[1],
        train[0],
        held,
        test[1],
        test[0],
    )


def read(folder: Path, part: str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    pictures = read_idx(folder / f"{part}-images-idx3-ubyte.gz")[..., None]
    return pictures, read_idx(folder / f"{part}-labels-idx1-ubyte.gz").astype(np.int64)


def _layout(latents: Floats, folder: Path | None) -> Floats:
    kept = None if folder is None else folder / f"umap-{digest(latents)[:16]}.npy"
    if kept is not None and kept.is_file():
        return np.load(kept)
    from umap import UMAP

    say("UMAP of the training pictures")
    positions = np.asarray(UMAP(random_state=42, n_jobs=1).fit_transform(latents), np.float32)
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.save(kept, positions)
    return positions


def _bundled(pair: ModelPair) -> Mapped:
    """The bundled test set: some of its points play the pictures held out, though UMAP knew them."""
    folder = assets() / "fashion-vae"
    with np.load(folder / "fashion.npz", allow_pickle=False) as archive:
        pictures, labels = archive["images"][..., None], archive["label"].astype(np.int64)
    latents, positions = np.load(folder / "latents.npy"), np.load(folder / "map.npy")
    held = np.zeros(len(latents), bool)
    held[np.random.default_rng(0).permutation(len(latents))[:_QUICK_HELD]] = True
    return Mapped(
        f"bundled part of Fashion-MNIST: {np.sum(~held):,} of 10,000 test images mapped, the others held out",
        pair,
        np.ascontiguousarray(latents[~held]),
        np.ascontiguousarray(positions[~held]),
        labels[~held],
        pictures[~held],
        latents[held],
        labels[held],
        pictures[held],
    )
