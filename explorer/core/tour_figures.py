"""The claims of the tour through an autoencoder, a VAE and a GAN: figures first, words after them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from explorer.core.comparison import Side
from explorer.core.errors import ExplorerError
from explorer.core.feature_net import Features, features_for
from explorer.core.judge import Judge, Measured
from explorer.core.progress import Progress
from explorer.core.report import checked, decoded, draw_of, of_codes
from explorer.core.report_table import DEFINITIONS, figure_text, short
from explorer.core.tour_trainings import Curve, curves_beside, had_critic, unsteadiness

SAMPLES = 500
_SEED = 42
_STEADY = 0.02


@dataclass(frozen=True)
class Finding:
    """What a step of the tour has measured.

    Attributes:
        figures: name, text of the figure and the number of pictures it rests on.
        said: what follows from them, a sentence or two.
        defined: what the figures are.
        curves: of trainings, where the step is about them.
    """

    figures: tuple[tuple[str, str, int], ...]
    said: str
    defined: str = ""
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
            + (
                ". What a model is trained for shows here: only an autoencoder’s sole aim is this error."
                if best[0] is self.plain
                else f". {self.plain.name} was trained for this error alone, and yet it is not the nearest."
            )
        )
        return Finding(_rows("error", found), said, _defined("reconstruction"))

    def random_plain(self, progress: Progress) -> Finding:
        """What N(0, I) gives through the autoencoder."""
        figure = self._validity(self.plain, "prior", progress)
        said = (
            f"Of random vectors through {self.plain.name}, {_percent(figure)} give a picture that passes for "
            "one of the data"
        )
        said += ": most are garbage." if figure["high"] < 0.5 else "."
        return Finding(_rows("valid", [(self.plain, figure)]), said, _defined("validity"))

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
            else f"Here {self.variational.name} ({_percent(other)}) is not surely better than "
            f"{self.plain.name} ({_percent(plain)})."
        )
        if self.adversarial is not None:
            drawn = found[self.sides.index(self.adversarial)][1]
            said += f" {self.adversarial.name}’s generator never had any other vectors: {_percent(drawn)}."
        return Finding(_rows("valid", found), said, _defined("validity"))

    def mixture(self, progress: Progress) -> Finding:
        """What a mixture fitted to the latents does for the autoencoder."""
        found = {name: self._validity(self.plain, name, progress) for name in ("prior", "fitted", "mixture")}
        before, after = found["prior"], found["mixture"]
        names = {"prior": "N(0, I)", "fitted": "one normal", "mixture": "a mixture"}
        rows = tuple((f"{names[key]}, valid", figure_text(one), one["count"]) for key, one in found.items())
        said = (
            f"Drawn from where its latents lie, {_percent(after)} of the autoencoder’s samples are valid "
            f"instead of {_percent(before)}: so much of it was the places asked for, not the decoder."
            if after["low"] > before["high"]
            else f"The mixture does not surely help here: {_percent(after)} against {_percent(before)}."
        )
        return Finding(rows, said, _defined("validity"))

    def interpolation(self, progress: Progress) -> Finding:
        """Whether the middle between two pictures is a picture."""
        found = [(side, self._middles(side, progress)) for side in self.sides]
        best, worst = max(found, key=_value), min(found, key=_value)
        said = (
            f"Halfway between two random pictures, {best[0].name} is valid most often ({_percent(best[1])})"
            + (
                f" and {worst[0].name} least ({_percent(worst[1])})."
                if best[1]["low"] > worst[1]["high"]
                else ", but the intervals overlap: they hardly differ in this."
            )
        )
        return Finding(_rows("valid midpoints", found), said, _defined("validity"))

    def sharpness(self, progress: Progress) -> Finding:
        """Blur against sharpness, with its measure."""
        found = [(side, self._sharpness(side, progress)) for side in self.sides]
        near = sorted(found, key=lambda one: _blur(one[1]["value"]))
        (best, first), (worst, last) = near[0], near[-1]
        said = (
            f"Real pictures have 1. {best.name}’s samples come nearest with {short(first['value'])}, "
            f"{worst.name}’s least near with {short(last['value'])}."
        )
        if best is self.adversarial:
            said += " A mean over all that could be meant is blurred; a critic does not let blur pass."
        critics = [side.name for side in self.sides if had_critic(side)]
        if critics:
            said += f" Part of the training of {' and '.join(critics)} was a critic, too."
        if any(one["low"] > 1.0 for _, one in found):
            said += " Above 1 is noise that counts as sharp: look at the samples."
        names = {"prior": "of the prior", "mixture": "of a mixture"}
        rows = [
            (f"{side.name}, {names[_usual(side)]}", figure_text(one), one["count"]) for side, one in found
        ]
        return Finding(tuple(rows), said, _defined("sharpness"))

    def training(self, progress: Progress) -> Finding:
        """Collapse and unsteady training, with the curves that came with the models."""
        active = [(side, self._codes(side, progress)["active_units"]) for side in self.sides]
        rows = list(_rows("active units", active))
        curves = [curve for side in reversed(self.sides) for curve in curves_beside(side)]
        side = self.adversarial or self.variational
        covered = self._judged(side, "prior", progress)["coverage"]
        rows.append((f"{side.name}, coverage", figure_text(covered), covered["count"]))
        size = self.variational.pair.latent_size
        lost = round(size - active[self.sides.index(self.variational)][1]["value"])
        said = (
            f"{self.variational.name} lets {lost} of its {size} dimensions collapse. "
            if lost
            else f"{self.variational.name} uses all of its {size} dimensions. "
        )
        said += f"{side.name} reaches {_percent(covered)} of the real pictures’ surroundings. "
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
        return Finding(tuple(rows), said, _defined("active_units", "coverage"), tuple(curves))

    def choosing(self, progress: Progress) -> Finding:
        """What to use when: the best of each figure measured so far."""
        rows = []
        errors = [self._codes(side, progress)["reconstruction"] for side in self.sides]
        drawn = [self._judged(side, _usual(side), progress) for side in self.sides]
        sharp = [self._sharpness(side, progress) for side in self.sides]
        firsts: list[set[str]] = []
        ways: tuple[tuple[str, list[Measured], Callable[[float], float]], ...] = (
            ("To reconstruct, by error", errors, float),
            ("To draw at random, by Fréchet distance", [one["frechet"] for one in drawn], float),
            ("To reach all kinds, by coverage", [one["coverage"] for one in drawn], lambda value: -value),
            ("For sharp pictures, by sharpness", sharp, _blur),
        )
        for name, figures, badness in ways:
            bad = [badness(one["value"]) for one in figures]
            pairs = [(self.sides[at], figures[at]) for at in np.argsort(bad, kind="stable")]
            best = pairs[0][1]
            names = [
                side.name
                for side, one in pairs
                if one is best or (one["low"] <= best["high"] and best["low"] <= one["high"])
            ]
            firsts.append(set(names))
            rows.append((name, f"{_any_of(names)}: {figure_text(best)}", best["count"]))
        always = sorted(set.intersection(*firsts))
        said = (
            f"By these figures {_any_of(always)} is second to none in any of it."
            if always
            else "No model is best at all of it: choose by what you want it for."
        )
        said += " Where intervals overlap, both are named. An autoencoder is drawn from by its mixture."
        return Finding(tuple(rows), said, _defined("frechet", "coverage"))

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
        sampler = _usual(side)
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


def _any_of(names: Sequence[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


def _usual(side: Side) -> str:
    """What one draws from: an autoencoder's prior is none, so a mixture is what it can be asked for."""
    return "mixture" if side.pair.prior == "data" else "prior"


def _blur(sharpness: float) -> float:
    """How far a ratio of sharpness is from that of real pictures, either way."""
    return abs(math.log(sharpness)) if sharpness > 0.0 else math.inf


def _defined(*keys: str) -> str:
    """What some figures of a report are."""
    return " ".join(f"{DEFINITIONS[key].name}: {_small(DEFINITIONS[key].text)}" for key in keys)


def _small(text: str) -> str:
    return text[0].lower() + text[1:]


def _rows(name: str, found: Sequence[tuple[Side, Measured]]) -> tuple[tuple[str, str, int], ...]:
    return tuple((f"{side.name}, {name}", figure_text(one), one["count"]) for side, one in found)


def _value(one: tuple[Side, Measured]) -> float:
    return float(one[1]["value"])


def _percent(figure: Measured) -> str:
    return f"{float(format(figure['value'], '.2f')):.0%}"  # as the figure itself is rounded


def _times(one: Measured, other: Measured) -> str:
    return f"{one['value'] / other['value']:.1f} times" if other["value"] else "many times"


def _surely(low: Measured, high: Measured, words: str) -> str:
    """``words`` where two figures' intervals do not overlap."""
    return words if low["high"] < high["low"] else ", though by no clear margin"
