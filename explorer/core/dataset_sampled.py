"""A data set for a decoder alone: latents sampled from its prior, and the pictures that it draws of them."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import numpy.typing as npt

from explorer.core.arrays import ArrayWriter, save_array
from explorer.core.files import atomic_folder
from explorer.core.model_pair import ModelPair
from explorer.core.progress import Progress
from explorer.core.samples import Shape, fitted, thumbnail_shape
from explorer.core.sampling import check_draws, prior_draw
from explorer.core.workspace import Workspace, default_folder, find_workspace
from explorer.core.workspace_file import (
    ARRAYS,
    DESCRIPTION,
    DataReference,
    ModelReference,
    description,
    write_description,
)

COUNT, FEWEST = 4000, 200
SEED = 42
LONGEST = 60.0
"""Seconds that drawing the samples may take unless their number is given; a slow decoder gets fewer."""

_BATCH = 64
_LOOK_UP = 0.5  # seconds after which the progress is told and a cancel is heard
_MARK = "samples-"


class SampledDataset:
    """Latents of a model's prior, as far as a workspace needs to know a data set.

    ``name`` says how they were drawn.
    """

    def __init__(self, pair: ModelPair, seed: int = SEED) -> None:
        self._prior = prior_draw(pair, None, 1, seed).text
        self._seed = seed
        self.name = f"{self._prior}, seed {seed}"

    def fingerprint(self) -> str:
        """What tells these samples from other data; their number may differ."""
        return f"{_MARK}{self._seed}-{self._prior}"


def is_sampled(work: Workspace) -> bool:
    """Whether the pictures of ``work`` were drawn by its own model, and so are not real."""
    return work.data.fingerprint.startswith(_MARK)


def sampled(pair: ModelPair, progress: Progress, seed: int = SEED) -> Workspace:
    """The workspace of samples of the prior of ``pair``: the one made before, or a new one.

    Raises ``ExplorerError`` where the model fails or the workspace cannot be written.
    """
    dataset = SampledDataset(pair, seed)
    found = find_workspace(pair.fingerprint, dataset.fingerprint())
    return found or sample(pair, default_folder(pair, dataset), progress, seed=seed)


def sample(
    pair: ModelPair, folder: Path, progress: Progress, count: int | None = None, seed: int = SEED
) -> Workspace:
    """Draw ``count`` latents and their pictures into a workspace in ``folder``.

    Without ``count`` there are 4,000, or as many as a slow decoder draws in a minute. Nothing is left
    half-written, and a workspace that was in ``folder`` is as it was, where it fails or is cancelled.
    Raises ``ExplorerError`` as ``sampled`` does, and for a model that draws nothing.
    """
    check_draws(pair)
    dataset = SampledDataset(pair, seed)
    latents = prior_draw(pair, None, count or COUNT, seed).latents()
    small = thumbnail_shape(pair.sample_shape)
    with atomic_folder(folder) as beside:
        with ExitStack() as stack:
            thumbnails = stack.enter_context(ArrayWriter(beside / "thumbnails.npy", np.uint8, small))
            done, wanted, batch, began = 0, len(latents), 1, time.perf_counter()
            while done < wanted:
                progress(done, wanted, "Drawing samples", "pictures")
                part = latents[done : min(wanted, done + batch)]
                thumbnails.append(np.stack([fitted(one, small) for one in pair.decode(part)]))
                done += len(part)
                seconds = max(time.perf_counter() - began, 1e-9) / done
                batch = max(1, min(_BATCH, round(_LOOK_UP / seconds)))
                if count is None:
                    wanted = min(len(latents), max(done, FEWEST, round(LONGEST / seconds)))
        latents = latents[:done]
        _describe(pair, dataset, latents, small, folder, beside)
        for name in (DESCRIPTION, *ARRAYS):
            (folder / name).unlink(missing_ok=True)
    return Workspace.open(folder)


def _describe(
    pair: ModelPair,
    dataset: SampledDataset,
    latents: npt.NDArray[np.float32],
    thumbnail: Shape,
    folder: Path,
    beside: Path,
) -> None:
    """Write the arrays and the description of a workspace that is to lie in ``folder``."""
    save_array(beside / "latents.npy", latents)
    save_array(beside / "rows.npy", np.arange(len(latents)))
    data = DataReference(dataset.name, folder / "latents.npy", dataset.fingerprint(), len(latents))
    facts = description(
        folder,
        ModelReference(pair.name, pair.fingerprint, pair.encoder_path, pair.decoder_path),
        data,
        latents_shape=(len(latents), pair.latent_size),
        logvars=False,
        sample_shape=pair.sample_shape,
        thumbnail_shape=thumbnail,
        names=False,
        fields=[],
        unreadable=[],
        reconstruction_mse=None,
    )
    write_description(beside / DESCRIPTION, facts)
