"""What a model makes of pictures: the self-test that one can look at."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from explorer.core.dataset import Dataset
from explorer.core.dataset_sampled import is_sampled
from explorer.core.model_pair import ModelPair
from explorer.core.samples import Samples, mean_squared_error
from explorer.core.sampling import prior_draw
from explorer.core.workspace import Workspace

SHOWN = 6
_JUDGED = 24
_JUDGED_VALUES = 1 << 22
_SEED = 0


@dataclass(frozen=True, eq=False)
class RoundTrip:
    """Pictures and their reconstructions.

    Attributes:
        originals: ``(n, *shape) uint8``: real ones, or drawn by the model where ``real`` is false.
        reconstructions: the same through encoder and decoder; None for half a pair.
        errors: mean squared error of each on [0, 1] pixels, ``(n,)``.
        baseline: that of answering with the mean of ``originals`` always.
    """

    originals: Samples
    reconstructions: Samples | None
    errors: npt.NDArray[np.float64]
    baseline: float
    real: bool

    @property
    def error(self) -> float:
        """The mean of ``errors``."""
        return float(self.errors.mean()) if len(self.errors) else 0.0


def round_trip(pair: ModelPair, work: Workspace | None) -> RoundTrip:
    """Send some pictures of the open data, or else of the model's prior, through encoder and decoder.

    Raises ``ExplorerError`` where the model fails or the data are gone.
    """
    real = pair.can_encode and work is not None and not is_sampled(work)
    if real and work is not None:
        originals = work.samples(_judged(pair, len(work)), pair.sample_shape)
    elif pair.can_decode:
        originals = pair.decode(prior_draw(pair, work, _count(pair), _SEED).latents())
    else:
        originals = np.empty((0, *pair.sample_shape), np.uint8)
    return _sent(pair, originals, real)


def fit(pair: ModelPair, dataset: Dataset) -> RoundTrip:
    """The round trip of some pictures that have not been encoded yet.

    Raises ``ExplorerError`` where the model fails or a picture cannot be read.
    """
    rows = _judged(pair, len(dataset)).tolist()
    return _sent(pair, np.stack([dataset.read(row, pair.sample_shape) for row in rows]), real=True)


def _count(pair: ModelPair) -> int:
    return max(SHOWN, min(_JUDGED, _JUDGED_VALUES // math.prod(pair.sample_shape)))


def _judged(pair: ModelPair, of: int) -> npt.NDArray[np.int64]:
    """Rows of the pictures that are sent, out of ``of``."""
    return np.linspace(0, of - 1, min(_count(pair), of)).round().astype(np.int64)


def _sent(pair: ModelPair, originals: Samples, real: bool) -> RoundTrip:
    baseline = float(np.var(originals / 255.0, axis=0).mean()) if len(originals) else 0.0
    if not (pair.can_encode and pair.can_decode):
        return RoundTrip(originals, None, np.empty(0), baseline, real)
    drawn = pair.decode(pair.encode(originals)[0])
    errors = np.array([mean_squared_error(one, other) for one, other in zip(originals, drawn, strict=True)])
    return RoundTrip(originals, drawn, errors, baseline, real)
