"""Reading what a training run left: plain values and tensors, never code."""

from __future__ import annotations

from pathlib import Path
from pickle import UnpicklingError
from typing import Any
from zipfile import is_zipfile

import torch

from .autoencoder import Autoencoder
from .config import TrainConfig
from .data import DataError
from .gan import make_model

FORMAT = 2
UNFIT = (KeyError, TypeError, ValueError, AttributeError, RuntimeError)
"""What comes of a checkpoint whose parts are there but do not fit."""


class ParityError(Exception):
    """An exported model computes something else than the network it came from."""


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
    if checkpoint.get("format") not in (1, FORMAT):
        raise DataError(f"{path} has format {checkpoint.get('format')}; this version reads up to {FORMAT}.")
    try:
        return _upgraded(checkpoint) if checkpoint["format"] == 1 else checkpoint
    except KeyError as error:
        raise DataError(f"{path} lacks {error}; give one that models.train wrote.") from error


def _upgraded(old: dict[str, Any]) -> dict[str, Any]:
    """A checkpoint of format 1, which had one network, one optimizer and only whole epochs."""
    return old | {
        "networks": {"model": old["model"], "average": old["average"]},
        "optimizers": {"model": old["optimizer"]},
        "best": None,
        "done": 0,
        "order": torch.zeros(0, dtype=torch.int32),
        "sums": torch.zeros(2),
    }


def load_model(path: Path) -> tuple[Autoencoder, dict[str, Any]]:
    """The averaged network of a checkpoint, ready to use, and the checkpoint itself. Raises ``DataError``."""
    checkpoint = load_checkpoint(path)
    try:
        model = make_model(TrainConfig.from_dict(checkpoint["config"]))
        model.load_state_dict(checkpoint["best"] or checkpoint["networks"]["average"])
    except UNFIT as error:
        raise DataError(f"{path} does not hold the model it speaks of; give another checkpoint.") from error
    return model.eval().requires_grad_(False), checkpoint
