"""A demo with a larger decoder: the shipped architecture, untrained, on enlarged faces, mapped by PCA."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from explorer.core.dataset import open_dataset
from explorer.core.encoding import encode
from explorer.core.model_pair import ModelPair
from explorer.core.progress import Progress
from explorer.core.projection import pca_preview
from tests.benchmarks.common import assets

_COUNT = 400


def make(folder: Path, side: int) -> Path:
    """A workspace in ``folder`` with a pair for ``side``² colour pictures; needs torch."""
    import torch

    from export_onnx import export, facts
    from models.autoencoder import Autoencoder
    from models.config import ModelConfig

    with np.load(assets() / "faces-vae" / "faces.npz", allow_pickle=False) as data:
        small = data["images"][:_COUNT]
    factor = -(-side // small.shape[1])
    images = small.repeat(factor, 1).repeat(factor, 2)[:, :side, :side]
    torch.manual_seed(0)
    model = Autoencoder(ModelConfig("vae", side, side, 3, 24, features=24, hidden=96)).eval()
    about = {"data": {"name": "enlarged faces"}, "config": {"seed": 0}}
    batch = torch.from_numpy(images[:4]).permute(0, 3, 1, 2)
    export(model, folder, facts(model, about, f"made-{side}", "benchmark"), batch)
    np.savez(folder / "data.npz", images=images)
    work = encode(ModelPair.open(folder), open_dataset(folder / "data.npz"), folder, Progress())
    work.save_positions(pca_preview(work.latents), {})
    return folder
