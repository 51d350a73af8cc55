"""Reading what a training run left: plain values and tensors, never code."""

from __future__ import annotations

from pathlib import Path
from pickle import UnpicklingError
from typing import Any
from zipfile import is_zipfile

import torch

from models.autoencoder import Autoencoder
from models.config import TrainConfig
from models.data import DataError

FORMAT = 1


def load_values(path: Path, wanted: str) -> dict[str, Any]:
    """The plain values and tensors that ``torch.save`` wrote; no code in the file is run.

    Raises ``DataError`` where ``path`` is anything else; ``wanted`` says what would work.
    """
    if not path.exists():
        raise DataError(f"{path} does not exist; give {wanted}.")
    try:
        # What torch writes is a zip archive; anything else would go to its reader of old pickles.
        values = torch.load(path, map_location="cpu", weights_only=True) if is_zipfile(path) else None
    except (OSError, RuntimeError, UnpicklingError) as error:
        raise DataError(f"{path} cannot be read; give {wanted}.") from error
    if not isinstance(values, dict):
        raise DataError(f"{path} holds something else; give {wanted}.")
    return values


def load_checkpoint(path: Path) -> dict[str, Any]:
    """All that a training run left in ``path``. Raises ``DataError``."""
    checkpoint = load_values(path, "the checkpoint.pt that models.train wrote")
    if checkpoint.get("format") != FORMAT:
        raise DataError(f"{path} has format {checkpoint.get('format')}; this version reads {FORMAT}.")
    return checkpoint


def load_model(path: Path) -> tuple[Autoencoder, dict[str, Any]]:
    """The averaged network of a checkpoint, ready to use, and the checkpoint itself. Raises ``DataError``."""
    checkpoint = load_checkpoint(path)
    model = Autoencoder(TrainConfig.from_dict(checkpoint["config"]).model)
    model.load_state_dict(checkpoint["average"])
    return model.eval().requires_grad_(False), checkpoint
