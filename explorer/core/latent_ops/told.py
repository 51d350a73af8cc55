"""A probe with the column that it tells, and what it tells of a latent in words."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.core.dataset_base import Field, Measure, number_text
from explorer.core.latent_ops.probes import LabelProbe, ValueProbe, probe_labels, probe_values
from explorer.core.progress import Progress

Floats = NDArray[np.float32]

_LIKELY = 0.1
_MOST_NAMED = 2
_ROWS = 1 << 16


@dataclass(frozen=True, eq=False)
class Probe:
    """What a column of the data says of a picture, told from the latent alone.

    Attributes:
        column: the name of the column.
        names: those of the labels that ``fit.codes`` are, in that order; empty for numbers.
        unit: of the numbers; may be empty.
        fit: the model behind it.
    """

    column: str
    names: tuple[str, ...]
    unit: str
    fit: LabelProbe | ValueProbe

    def words(self, latent: Floats) -> str:
        """What is told of a latent ``(D,)``: the likely labels with their probabilities, or a number."""
        if isinstance(self.fit, LabelProbe):
            shares = self.fit.probabilities(latent)
            likely = np.argsort(-shares, kind="stable")[:_MOST_NAMED]
            kept = [i for i in likely.tolist() if shares[i] >= _LIKELY] or likely[:1].tolist()
            return " · ".join(f"{self.names[i]} {_percent(float(shares[i]))}" for i in kept)
        value, within = float(self.fit.told(latent)), self.fit.within
        text = number_text(value)
        if math.isfinite(within):
            text += f" ± {number_text(within)}"
        return f"{text} {self.unit}".strip()

    def score_words(self) -> str:
        """How good it is on rows it was not fitted to, beside what knows nothing of the picture."""
        fit = self.fit
        if isinstance(fit, LabelProbe):
            one = fit.accuracy
            better = "" if one.low > fit.majority else ": no better"
            return f"{one.value:.0%} right, commonest {fit.majority:.0%}{better} · {one.rows:,} held out"
        better = "" if fit.r2.low > 0.0 else ": no better"
        error, usual = number_text(fit.error), number_text(fit.usual)
        return f"off by {error}, the mean by {usual}{better} · {fit.r2.rows:,} held out"

    def tip(self) -> str:
        """All that is known of it."""
        fit = self.fit
        if isinstance(fit, LabelProbe):
            one = fit.accuracy
            text = (
                f"Logistic regression on {fit.fitted:,} pictures; the percentages are its probabilities.\n"
                f"Right on {one.value:.1%} ({one.low:.1%} to {one.high:.1%}) of {one.rows:,} held-out ones; "
                f"always the commonest label: {fit.majority:.1%}."
            )
            return text + (f"\n{fit.left_out:,} labels are too rare to be told." if fit.left_out else "")
        one, low, high = fit.r2, number_text(fit.low), number_text(fit.high)
        text = (
            f"Ridge regression on {fit.fitted:,} pictures, of {f'{low} to {high} {self.unit}'.rstrip()}.\n"
            f"R² {one.value:.2f} ({one.low:.2f} to {one.high:.2f}) on {one.rows:,} held-out ones; 0 is as "
            f"good as the mean. Root mean square error {number_text(fit.error)}."
        )
        told = "\n95% of held-out values lie within ± of what was told."
        return text + (told if math.isfinite(fit.within) else "")


def told_column(probe: Probe, latents: Floats, progress: Progress | None = None) -> Field | Measure:
    """What a probe tells of each of ``latents (N, D)``, as a column; none where a latent is not finite.

    Raises ``Cancelled``.
    """
    progress, fit, parts = progress or Progress(), probe.fit, []
    for first in range(0, len(latents), _ROWS):
        progress(first, len(latents), "Telling", "pictures")
        part = np.asarray(latents[first : first + _ROWS])
        finite = np.asarray(np.isfinite(part).all(axis=1))
        known = np.where(finite[:, None], part, np.float32(0))
        if isinstance(fit, LabelProbe):
            parts.append(np.where(finite, (known @ fit.weights + fit.bias).argmax(axis=1), -1))
        else:
            parts.append(np.where(finite, fit.told(known), np.nan))
    told = np.concatenate(parts)
    name = f"{probe.column}, told"
    if isinstance(fit, LabelProbe):
        return Field(name, told.astype(np.int32), probe.names)
    return Measure(name, told.astype(np.float32), probe.unit, "Told from the latents by a probe")


def fits(probe: Probe, size: int) -> bool:
    """Whether a probe that was read from a file tells of latents of ``size`` numbers."""
    fit = probe.fit
    if isinstance(fit, LabelProbe):
        count = len(probe.names)
        return (
            count > 0 and fit.weights.shape == (size, count) and fit.bias.shape == fit.codes.shape == (count,)
        )
    return fit.weights.shape == (size,)


def probe_of(column: Field | Measure, latents: Floats, progress: Progress | None = None) -> Probe:
    """Fit a probe of a column to the latents ``(N, D)`` of the same rows.

    Raises ``ExplorerError`` where the column says too little to be told, ``Cancelled``.
    """
    if isinstance(column, Field):
        fit = probe_labels(latents, column.codes, progress=progress)
        return Probe(column.name, tuple(column.names[code] for code in fit.codes.tolist()), "", fit)
    return Probe(column.name, (), column.unit, probe_values(latents, column.values))


def _percent(share: float) -> str:
    return ">99%" if share > 0.995 else f"{share:.0%}"
