"""Real pictures as a judge of drawn ones: figures of ``core.metrics`` with intervals, as plain values."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from explorer.core import metrics
from explorer.core.comparison import Side
from explorer.core.dataset_sampled import is_sampled
from explorer.core.errors import ExplorerError
from explorer.core.feature_net import Features
from explorer.core.latent_ops.blas import one_thread
from explorer.core.progress import Progress
from explorer.core.workspace import Workspace

Floats = npt.NDArray[np.float32]
Pictures = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.int64]
Measured = dict[str, Any]
"""A figure is ``{value, low, high, count}``."""

FEWEST = 20
"""Fewer pictures are not measured by."""

DRAWS = 100
"""Bootstrap draws of an interval."""

_MOST = 20_000


@dataclass(frozen=True, eq=False)
class Judge:
    """Real pictures at one size, and what samples are compared with.

    Attributes:
        features: what makes features of pictures.
        reference: features of one half of the data, ``(M, F)``.
        held_features: features of pictures of the other half, ``(N, F)``.
        held_rows: their rows, ``(N,)``.
        held: these pictures, ``uint8 (N, H, W, C)``.
        sharpness: their ``log_sharpness``, ``(N,)``.
        others: other rows of that half, ``(K,)``, at most N: what real pictures themselves score.
        bound: how near to one of the reference a picture must be to be valid; from all of the other half.
    """

    features: Features
    reference: Floats
    held_features: Floats
    held_rows: Rows
    held: Pictures
    sharpness: Floats
    others: Rows
    bound: float

    @classmethod
    @one_thread()
    def of(
        cls, side: Side, features: Features, samples: int, seed: int, progress: Progress | None = None
    ) -> Judge:
        """Split the data of ``side``, at its size; raises ``ExplorerError`` and ``Cancelled``."""
        work = work_of(side)
        progress = progress or Progress()
        shape = side.pair.sample_shape
        # Beyond so many pictures the figures hardly change, and reading them all would take its time.
        order = np.random.Generator(np.random.PCG64(seed)).permutation(len(work))[:_MOST]
        half = order[len(order) // 2 :]
        reference, held = np.sort(order[: len(order) // 2]), np.sort(half[:samples])
        pictures = work.samples(held, shape)
        known = features.of(work.samples(reference, shape), progress)[0]
        others = features.of(work.samples(half, shape), progress)[0]
        return cls(
            features,
            known,
            features.of(pictures, progress)[0],
            held,
            pictures,
            metrics.log_sharpness(planar(pictures)),
            half[samples : 2 * samples],
            metrics.validity_bound(known, others),
        )

    def validity(self, pictures: Pictures, progress: Progress | None = None) -> Measured:
        """``DEFINITIONS["validity"]`` of ``uint8 (N, H, W, C)``."""
        return self._validity(self.features.of(pictures, progress)[0])

    def relative_sharpness(self, pictures: Pictures) -> Measured:
        """``DEFINITIONS["sharpness"]`` of ``uint8 (N, H, W, C)``."""
        mine = metrics.log_sharpness(planar(pictures))
        return told(metrics.interval(_ratio, mine, self.sharpness, draws=DRAWS))

    @one_thread()
    def judged(self, pictures: Pictures, progress: Progress) -> Measured:
        """All that is said of samples ``uint8 (N, H, W, C)``."""
        found, classes = self.features.of(pictures, progress)
        held = self.held_features
        progress.check()
        figures: Measured = {
            "validity": self._validity(found),
            "frechet": told(metrics.interval(metrics.frechet_distance, found, held, draws=DRAWS)),
            "recall": told(metrics.share(metrics.are_recalled(found, held))),
            "coverage": told(metrics.share(metrics.are_covered(found, held))),
            "class_entropy": None,
            "sharpness": self.relative_sharpness(pictures),
        }
        progress.check()
        if classes is not None:
            count = self.features.classes
            figures["class_entropy"] = told(
                metrics.interval(lambda rows: metrics.class_entropy(rows, count), classes, draws=DRAWS)
            )
        return figures

    def _validity(self, found: Floats) -> Measured:
        return told(metrics.share(np.asarray(metrics.nearest_distances(found, self.reference) < self.bound)))


def work_of(side: Side) -> Workspace:
    """The latents of real data that a side has. Raises ``ExplorerError`` where it has none, or too few."""
    if side.work is None or is_sampled(side.work):
        raise ExplorerError(
            f"{side.name} has no latents of the data to be measured on; open its encoder with it."
        )
    if len(side.work) < 2 * FEWEST:
        raise ExplorerError(
            f"{side.work.data.name} has {len(side.work)} pictures, too few to measure by; "
            f"{2 * FEWEST} would work."
        )
    return side.work


def planar(pictures: Pictures) -> Floats:
    """``uint8 (N, H, W, C)`` as ``(N, C, H, W) float32`` in [0, 1]."""
    return np.asarray(pictures.transpose(0, 3, 1, 2), np.float32) / np.float32(255.0)


def told(figure: metrics.Figure) -> Measured:
    """A figure as plain values."""
    return asdict(figure)


def _ratio(ours: Floats, theirs: Floats) -> float:
    return float(np.exp(ours.mean() - theirs.mean()))
