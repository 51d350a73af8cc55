"""Reading what a training run left: plain values and tensors, never code."""

from __future__ import annotations

from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from models.autoencoder import Autoencoder
from models.config import TrainConfig
from models.data import DataError

FORMAT = 1


def load_checkpoint(path: Path) -> dict[str, Any]:
    """The plain values and tensors of a checkpoint; no code in it is run. Raises ``DataError``."""
    try:
        checkpoint: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        if checkpoint["format"] != FORMAT:
            raise DataError(f"{path} has format {checkpoint['format']}; this version reads {FORMAT}.")
    except FileNotFoundError as error:
        raise DataError(f"{path} does not exist; give the checkpoint.pt that models.train wrote.") from error
    except (OSError, RuntimeError, KeyError, TypeError, ValueError, EOFError, UnpicklingError) as error:
        raise DataError(
            f"{path} is no checkpoint; give the checkpoint.pt that models.train wrote."
        ) from error
    return checkpoint


def load_model(path: Path) -> tuple[Autoencoder, dict[str, Any]]:
    """The averaged network of a checkpoint, ready to use, and the checkpoint itself. Raises ``DataError``."""
    checkpoint = load_checkpoint(path)
    model = Autoencoder(TrainConfig.from_dict(checkpoint["config"]).model)
    model.load_state_dict(checkpoint["average"])
    return model.eval().requires_grad_(False), checkpoint
