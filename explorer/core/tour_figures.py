"""The claims of the tour through an autoencoder, a VAE and a GAN: figures first, words after them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from explorer.core.comparison import Side, curves_of
from explorer.core.errors import ExplorerError
from explorer.core.feature_net import Features, features_for
from explorer.core.judge import Judge, Measured
from explorer.core.progress import Progress
from explorer.core.report import checked, decoded, draw_of, of_codes
from explorer.core.report_table import figure_text, short

SAMPLES = 500
TELLING = ("generator", "sharpness", "kl", "mse")
"""Figures of a training's epochs that are drawn, the first two that there are."""

_SEED = 42
_STEADY = 0.02


@dataclass(frozen=True)
class Curve:
    """A figure of each epoch of a training: whose, what, and its values ``(E,)``."""

    of: str
    name: str
    values: tuple[float, ...]


@dataclass(frozen=True)
class Finding:
    """What a step of the tour has measured.

    Attributes:
        figures: name, text of the figure and the number of pictures it rests on.
        said: what follows from them, a sentence or two.
        curves: of trainings, where the step is about them.
    """

    figures: tuple[tuple[str, str, int], ...]
    said: str
    curves: tuple[Curve, ...] = ()


class TourFigures:
    """Measures what the tour claims, once each, with one judge. To be called by one thread at a time."""

    def __init__(self, sides: Sequence[Side], samples: int = SAMPLES) -> None:
        """Raises ``ExplorerError`` where the models lack an autoencoder or a VAE, or data in common."""
        checked(sides)
        self.sides = tuple(sides)
        self._samples = samples
        self._known: dict[tuple[str, ...], Measured] = {}
        kinds = {side.kind: side for side in reversed(self.sides)}
        if "AE" not in kinds or "VAE" not in kinds:
            raise ExplorerError("The tour needs an autoencoder and a VAE of the same data beside each other.")
        self.plain, self.variational, self.adversarial = kinds["AE"], kinds["VAE"], kinds.get("GAN")

    def reconstructions(self, progress: Progress) -> Finding:
        """How near each comes to pictures it was not trained on."""
        found = [(side, self._codes(side, progress)["reconstruction"]) for side in self.sides]
        best, worst = min(found, key=_value), max(found, key=_value)
        said = (
            f"{best[0].name} comes nearest to the originals"
            + _surely(
                best[1], worst[1], f", {worst[0].name} least near: {_times(worst[1], best[1])} its error"
            )
            + ". What a model is trained for shows here: only an autoencoder’s sole aim is this error."
        )
        return Finding(_rows("error", found), said)

    def random_plain(self, progress: Progress) -> Finding:
        """What N(0, I) gives through the autoencoder."""
        figure = self._validity(self.plain, "prior", progress)
        said = (
            f"Of random vectors through {self.plain.name}, {_percent(figure)} look like the data by that "
            "measure, on which real pictures score 95%"
        )
        said += ": most are garbage." if figure["high"] < 0.5 else "."
        return Finding(_rows("valid", [(self.plain, figure)]), said)

    def random_all(self, progress: Progress) -> Finding:
        """The same through the others."""
        found = [(side, self._validity(side, "prior", progress)) for side in self.sides]
        plain, other = (
            found[self.sides.index(self.plain)][1],
            self._validity(self.variational, "prior", progress),
        )
        said = (
            f"The same numbers give {_percent(other)} through {self.variational.name} against "
            f"{_percent(plain)} through {self.plain.name}: its training kept the latents where N(0, I) is."
            if other["low"] > plain["high"]
            else f"Here {self.variational.name} ({_percent(other)}) does no better than {self.plain.name} "
            f"({_percent(plain)})."
        )
        return Finding(_rows("valid", found), said)

    def mixture(self, progress: Progress) -> Finding:
        """What a mixture fitted to the latents does for the autoencoder."""
        found = {name: self._validity(self.plain, name, progress) for name in ("prior", "fitted", "mixture")}
        before, after = found["prior"], found["mixture"]
        names = {"prior": "N(0, I)", "fitted": "one normal", "mixture": "a mixture"}
        rows = tuple((f"{names[key]}, valid", figure_text(one), one["count"]) for key, one in found.items())
        said = (
            f"Drawn from where its latents lie, {_percent(after)} of the autoencoder’s samples are valid "
            f"instead of {_percent(before)}: it was not the decoder that was bad, but the places asked for."
            if after["low"] > before["high"]
            else f"The mixture does not help here: {_percent(after)} against {_percent(before)}."
        )
        return Finding(rows, said)

    def interpolation(self, progress: Progress) -> Finding:
        """Whether the middle between two pictures is a picture."""
        found = [(side, self._middles(side, progress)) for side in self.sides]
        best, worst = max(found, key=_value), min(found, key=_value)
        said = (
            f"Halfway between two random pictures, {best[0].name} is valid most often ({_percent(best[1])})"
            + (
                f" and {worst[0].name} least ({_percent(worst[1])})."
                if best[1]["low"] > worst[1]["high"]
                else ", but the intervals overlap: the three hardly differ in this."
            )
        )
        return Finding(_rows("valid midpoints", found), said)

    def sharpness(self, progress: Progress) -> Finding:
        """Blur against sharpness, with its measure."""
        found = [(side, self._sharpness(side, progress)) for side in self.sides]
        best, worst = max(found, key=_value), min(found, key=_value)
        said = (
            f"Real pictures have 1. {best[0].name}’s samples come to {short(best[1]['value'])}, "
            f"{worst[0].name}’s to {short(worst[1]['value'])}. "
            + (
                "A mean over all that could be meant is blurred; a critic does not let blur pass."
                if best[0] is self.adversarial
                else "Noise counts as sharp, too: look at the samples."
            )
        )
        names = ["of a mixture" if side.pair.prior == "data" else "of the prior" for side in self.sides]
        rows = [
            (f"{side.name}, {name}", figure_text(one), one["count"])
            for (side, one), name in zip(found, names, strict=True)
        ]
        return Finding(tuple(rows), said)

    def training(self, progress: Progress) -> Finding:
        """Collapse and unsteady training, with the curves that came with the models."""
        active = [(side, self._codes(side, progress)["active_units"]) for side in self.sides]
        rows = list(_rows("active units", active))
        curves = [curve for side in reversed(self.sides) for curve in curves_beside(side)]
        side = self.adversarial or self.variational
        covered = self._judged(side, "prior", progress)["coverage"]
        rows.append((f"{side.name}, coverage", figure_text(covered), covered["count"]))
        lost = self.variational.pair.latent_size - active[self.sides.index(self.variational)][1]["value"]
        said = (
            f"{self.variational.name} lets {lost:.0f} of its {self.variational.pair.latent_size} dimensions "
            f"collapse. {side.name} reaches {_percent(covered)} of the real pictures’ surroundings. "
        )
        known = [(curve, amount) for curve in curves if (amount := unsteadiness(curve.values)) is not None]
        curve, amount = max(known, key=lambda one: one[1], default=(None, 0.0))
        if curve is None:
            said += "No curves came with these models."
        elif amount < _STEADY:
            said += (
                f"None of these {len(known)} curves goes back by more than {amount:.1%} of its way: steady."
            )
        else:
            said += (
                f"The least steady curve is {curve.of}’s {curve.name}: {amount:.0%} of its way up and down "
                "goes against its own direction (at most 50%)."
            )
            rows.append((f"{curve.of}, {curve.name} going back", f"{amount:.0%}", len(curve.values)))
        return Finding(tuple(rows), said, tuple(curves))

    def choosing(self, progress: Progress) -> Finding:
        """What to use when: the best of each figure measured so far."""
        rows = []
        errors = [self._codes(side, progress)["reconstruction"] for side in self.sides]
        drawn = [self._judged(side, "prior", progress) for side in self.sides]
        sharp = [self._sharpness(side, progress) for side in self.sides]
        for name, figures, lower in (
            ("To reconstruct, by error", errors, True),
            ("To draw at random, by Fréchet distance", [one["frechet"] for one in drawn], True),
            ("To reach all kinds, by coverage", [one["coverage"] for one in drawn], False),
            ("For sharp pictures, by sharpness", sharp, False),
        ):
            pairs = list(zip(self.sides, figures, strict=True))
            best = min(pairs, key=_value) if lower else max(pairs, key=_value)
            rows.append((name, f"{best[0].name}: {figure_text(best[1])}", best[1]["count"]))
        names = {row[1].split(":")[0] for row in rows}
        said = (
            "No model is best at all of it: choose by what you want it for."
            if len(names) > 1
            else f"By these figures {names.pop()} is best at all of it."
        )
        return Finding(tuple(rows), said)

    @property
    def judged_by(self) -> str:
        """What judges the pictures, a sentence."""
        return self._features.note

    @cached_property
    def _features(self) -> Features:
        first = self.sides[0]
        assert first.work is not None
        return features_for(first.work.data.path, first.pair, first.name)

    @cached_property
    def _judge(self) -> Judge:
        return Judge.of(self.sides[0], self._features, self._samples, _SEED)

    def _codes(self, side: Side, progress: Progress) -> Measured:
        return self._once(("codes", side.name), lambda: of_codes(side, self._judge, progress))

    def _pictures(self, side: Side, sampler: str, progress: Progress) -> npt.NDArray[np.uint8]:
        return decoded(side, draw_of(side, sampler, self._samples, _SEED, progress).latents(), progress)

    def _validity(self, side: Side, sampler: str, progress: Progress) -> Measured:
        return self._once(
            ("validity", side.name, sampler),
            lambda: self._judge.validity(self._pictures(side, sampler, progress), progress),
        )

    def _judged(self, side: Side, sampler: str, progress: Progress) -> Measured:
        return self._once(
            ("all", side.name, sampler),
            lambda: self._judge.judged(self._pictures(side, sampler, progress), progress),
        )

    def _sharpness(self, side: Side, progress: Progress) -> Measured:
        # An autoencoder's prior is none: the mixture is what it can be asked for.
        sampler = "mixture" if side.pair.prior == "data" else "prior"
        return self._once(
            ("sharpness", side.name),
            lambda: self._judge.relative_sharpness(self._pictures(side, sampler, progress)),
        )

    def _middles(self, side: Side, progress: Progress) -> Measured:
        def work() -> Measured:
            latents = side.work.latents if side.work is not None else np.empty((0, 0), np.float32)
            pairs = np.random.Generator(np.random.PCG64(_SEED)).integers(0, len(latents), (self._samples, 2))
            middles = 0.5 * (latents[pairs[:, 0]] + latents[pairs[:, 1]])
            return self._judge.validity(decoded(side, np.asarray(middles, np.float32), progress), progress)

        return self._once(("middles", side.name), work)

    def _once(self, key: tuple[str, ...], work: Any) -> Measured:
        if key not in self._known:
            self._known[key] = work()
        return self._known[key]


def curves_beside(side: Side) -> list[Curve]:
    """What was kept of the trainings in a side's folder: up to two of ``TELLING`` for each."""
    folder = side.work.folder if side.work is not None else Path()
    found = []
    for path in sorted(folder.glob("*.json")):
        epochs = curves_of(folder, path.name).get("epochs", [])
        if not isinstance(epochs, list):
            continue
        name = side.name if path.stem == "training" else path.stem
        curves = []
        for key in TELLING:
            values = tuple(float(one[key]) for one in epochs if one.get(key) is not None)
            if len(values) > 2 and np.isfinite(values).all() and np.ptp(values) > 0:
                curves.append(Curve(name, key, values))
        found += curves[:2]
    return found


def unsteadiness(values: Sequence[float]) -> float | None:
    """The share of a curve's whole way up and down that it spends against its own main direction, [0, 0.5].

    None for fewer than three values, or a curve that does not move.
    """
    steps = np.diff(values)
    way = float(np.abs(steps).sum())
    if len(steps) < 2 or way == 0.0:
        return None
    return float(min(steps[steps > 0].sum(), -steps[steps < 0].sum())) / way


def _rows(name: str, found: Sequence[tuple[Side, Measured]]) -> tuple[tuple[str, str, int], ...]:
    return tuple((f"{side.name}, {name}", figure_text(one), one["count"]) for side, one in found)


def _value(one: tuple[Side, Measured]) -> float:
    return float(one[1]["value"])


def _percent(figure: Measured) -> str:
    return f"{figure['value']:.0%}"


def _times(one: Measured, other: Measured) -> str:
    return f"{one['value'] / other['value']:.1f} times" if other["value"] else "many times"


def _surely(low: Measured, high: Measured, words: str) -> str:
    """``words`` where two figures' intervals do not overlap."""
    return words if low["high"] < high["low"] else ", though by no clear margin"
