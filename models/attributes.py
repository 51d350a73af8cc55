"""Whether what a model draws is decided, and whether its latents are ordered, by fields of the data.

*Confidence* asks of drawn pictures whether a classifier is sure of each field: the share whose most likely
class has a probability of at least 0.9. A classifier that is too sure of everything would say yes to
anything, so its probabilities are first tempered until they are as often right as they say, on real held-out
pictures; how far that succeeded, and what real pictures themselves reach, stand beside the figure.

*Separability* asks of the codes of real pictures whether one direction tells each value of a field from all
others: the AUC of the program's own linear direction on pictures that it was not found from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from explorer.core import metrics
from explorer.core.latent_ops.directions import direction_between

from .classifier import Classifier

SURE = 0.9
BINS = 15

Floats = NDArray[np.float32]
Codes = NDArray[np.int64]


@torch.no_grad()
def scores(classifier: Classifier, pictures: Tensor) -> list[Tensor]:
    """The scores (N, k) of each field, of pictures (N, C, H, W), uint8 or float in [0, 1]."""
    parts = [
        classifier.by_field(rows.float() / 255 if rows.dtype == torch.uint8 else rows)
        for rows in torch.split(pictures, 1000)
    ]
    return [torch.cat(field) for field in zip(*parts, strict=True)]


def temperature(told: Tensor, truth: Tensor) -> float:
    """What scores (N, k) are to be divided by, that their softmax is as likely as can be; ``truth`` (N,).

    Guo et al., "On Calibration of Modern Neural Networks", 2017, section 4.2; by golden section of its
    logarithm, in which the likelihood has one maximum. It is at least 1: a classifier that is always right
    would otherwise be made sure of anything.
    """
    low, high = 0.0, np.log(20.0)
    golden = (5**0.5 - 1) / 2

    def loss(logarithm: float) -> float:
        return functional.cross_entropy(told.double() / np.exp(logarithm), truth).item()

    for _ in range(30):
        left, right = high - golden * (high - low), low + golden * (high - low)
        low, high = (low, right) if loss(left) < loss(right) else (left, high)
    return float(np.exp((low + high) / 2))


def calibration_error(probabilities: Floats, truth: Codes) -> float:
    """How far the probability (N, k) of the likeliest class is from how often it is right, on average.

    The expected calibration error in 15 bins of equal width (ibid., equation 3); ``truth`` (N,).
    """
    sure, right = probabilities.max(1), probabilities.argmax(1) == truth
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    away = [abs(float(sure[bins == one].sum()) - int(right[bins == one].sum())) for one in set(bins.tolist())]
    return sum(away) / len(truth)


def confidence(
    classifier: Classifier, drawn: Tensor, real: Tensor, labels: Mapping[str, Codes]
) -> dict[str, Any]:
    """How often the classifier is sure of each field of ``drawn`` pictures (N, C, H, W) in [0, 1].

    ``real`` uint8 (M, C, H, W) with ``labels`` (M,) by field were not trained on. See ``sureness``.
    """
    return sureness(scores(classifier, drawn), scores(classifier, real), labels)


def sureness(drawn: Sequence[Tensor], real: Sequence[Tensor], labels: Mapping[str, Codes]) -> dict[str, Any]:
    """For each field, of scores (N, k) of drawn and (M, k) of real pictures: how often one class has 0.9.

    ``labels`` (M,) are the real ones' by field. One half of these tempers the scores, the other says how
    right and how sure they are of real pictures. With them comes, as ``all``, how often every field is sure.
    """
    found: dict[str, Any] = {}
    sure: list[list[NDArray[np.bool_]]] = []
    for (name, codes), told, of_real in zip(labels.items(), drawn, real, strict=True):
        half = len(codes) // 2
        heat = temperature(of_real[:half], torch.from_numpy(codes[:half]))
        ours, theirs = ((one / heat).softmax(1).numpy() for one in (told, of_real[half:]))
        sure.append([one.max(1) >= SURE for one in (ours, theirs)])
        found[name] = {
            "prior": asdict(metrics.share(sure[-1][0])),
            "real": asdict(metrics.share(sure[-1][1])),
            "accuracy": float((theirs.argmax(1) == codes[half:]).mean()),
            "temperature": heat,
            "calibration_error": calibration_error(theirs, codes[half:]),
        }
    ours, theirs = (np.logical_and.reduce(one) for one in zip(*sure, strict=True))
    found["all"] = {"prior": asdict(metrics.share(ours)), "real": asdict(metrics.share(theirs))}
    return found


def separability(codes: Floats, labels: Codes, names: Sequence[str]) -> dict[str, Any]:
    """How well a linear direction tells each value of a field from the others.

    ``codes`` (N, D), ``labels`` (N,) as numbers of ``names``. A direction is found from 7 of 10 codes of
    each side and measured on the other 3: AUC, its mean over the values and its least. Values of fewer than 8
    codes are left out.
    """
    values = {}
    for value, name in enumerate(names):
        inside, outside = np.flatnonzero(labels == value), np.flatnonzero(labels != value)
        if min(len(inside), len(outside)):
            score = direction_between(codes, outside, inside, "linear").separation
            if score is not None:
                values[name] = {"value": score.value, "low": score.low, "high": score.high}
    areas = [one["value"] for one in values.values()]
    return {"mean": float(np.mean(areas)), "least": float(np.min(areas)), "values": values} if areas else {}
