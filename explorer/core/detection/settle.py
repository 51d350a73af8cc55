"""An encoder and a decoder, tried on one another until all that is open about them is settled."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from explorer.core.detection import ranges, settings
from explorer.core.detection.ends import DrawingEnd, Sourced, layout_of, size_source, spec_of, stated_range
from explorer.core.detection.half import Half
from explorer.core.detection.hints import Hints
from explorer.core.detection.outputs import Outputs, codes_of, see_outputs, unfit
from explorer.core.detection.ports import Frame
from explorer.core.detection.posterior import Posterior, find_spread, pick_mean
from explorer.core.errors import ExplorerError
from explorer.core.pixels import ImageSpec, Range, from_tensor, to_tensor
from explorer.core.plan import SelfTest, Source, Spread
from explorer.core.samples import mean_squared_error

Floats = npt.NDArray[np.float32]
Pictures = npt.NDArray[np.uint8]
Limits = tuple[Range, Range]

_HARDLY = 1e-5
_SURVIVES = 0.3
_ALREADY = 0.25
_CLEARLY = 0.05
"""Below this share of the mean picture's error a round trip leaves nothing to be compared."""


class Settled:
    """A pair whose conventions are settled: which output is the mean, and what pixels it wants.

    Attributes:
        encoder, drawing: the two. taking: the pictures at the encoder's end. posterior: its outputs.
        codes: posterior means of the trial pictures, ``(N, D)``. random: whether the mean changes from run to
        run. errors: what was compared. self_test: the proof.
    """

    def __init__(self, encoder: Half, drawing: DrawingEnd, frame: Frame, hints: Hints) -> None:
        self.encoder, self.drawing, self._hints = encoder, drawing, hints
        self.random = False
        self._size = math.prod(drawing.half.shape)
        frame, layout = layout_of(frame, hints, "layout_in", None, like=drawing.spec)
        self._type = encoder.main.type
        choices, known = self._choices(frame)
        if known == drawing.ends.range == "trial run":
            choices = self._try_drawings(frame, choices)
        sure = len(choices) == 1
        self.taking = Sourced(self._spec(frame, choices[0]), layout, known, size_source(hints, frame))
        pictures = drawing.pictures(drawing.raw)
        self.posterior = self._posterior(pictures, frame, choices)
        if not sure and drawing.look_again(self._once):
            pictures = drawing.pictures(drawing.raw)
            choices, _ = self._choices(frame)
            self.posterior = self._posterior(pictures, frame, choices)
        self.self_test = self._prove(pictures)

    def encode(self, pictures: Pictures) -> Floats:
        """Posterior means of ``uint8 (N, H, W, C)``, ``(N, D)``."""
        (answer,) = self.encoder.trial.run([self.posterior.mean], to_tensor(pictures, self.taking.spec))
        return codes_of(answer, self.posterior.halves)

    def round_trip(self, pictures: Pictures) -> Pictures:
        """Pictures encoded and decoded."""
        return self.drawing.pictures(self.drawing.decode(self.encode(pictures)))

    def _choices(self, frame: Frame) -> tuple[list[Limits], Source]:
        """The pixel ranges that the encoder may want, the likeliest first."""
        if self._type == "uint8":
            return [(0.0, 255.0)], "graph"
        stated = stated_range(self._hints, "range_in")
        if stated:
            return [stated[:2]], stated[2]
        graph = self.encoder.graph
        known = ranges.range_at_start(graph, self.encoder.main.name) if graph is not None else None
        if known:
            return [known], "graph"
        out = self.drawing.spec.low, self.drawing.spec.high
        usual = [r for name, r in settings.RANGES.items() if frame.channels == 3 or name != "ImageNet"]
        return sorted(usual, key=lambda limits: limits != out), "trial run"

    def _try_drawings(self, frame: Frame, choices: list[Limits]) -> list[Limits]:
        """The ranges still to be tried: one, where a pair brings simple drawings back in that range.

        The decoder's range, so far only seen, becomes the same then. A model of other pictures spoils
        drawings in any range, and tells nothing.
        """
        count = min(4, len(self.drawing.raw))
        drawings = simple_drawings(count, *self.drawing.spec.picture_shape)
        seen = self._see(drawings, self._spec(frame, choices[0]))
        names, errors = list(seen.steady), []
        for limits in choices:
            answers = self.encoder.trial.run(names, to_tensor(drawings, self._spec(frame, limits)))
            codes = [codes_of(answer, seen.halves) for answer in answers]
            spec = replace(self.drawing.spec, low=limits[0], high=limits[1])
            raws = [self.drawing.decode(code) for code in codes if np.isfinite(code).all()]
            errors.append(min((self._miss(drawings, raw, spec) for raw in raws), default=math.inf))
        best = int(np.argmin(errors))
        if errors[best] > _SURVIVES * float(np.var(drawings / 255.0)):
            return choices
        # The first choice is what was seen. It stays unless another is clearly better, for nearly linear
        # pairs bring drawings back in any range; and values up to 255 would have been seen.
        if errors[0] < 2 * errors[best] or choices[best] == settings.RANGES["[0, 255]"]:
            best = 0
        self.drawing.take(choices[best])
        return [choices[best]]

    def _spec(self, frame: Frame, limits: Limits) -> ImageSpec:
        return spec_of(frame, *limits, self._type)

    def _posterior(self, pictures: Pictures, frame: Frame, choices: Sequence[Limits]) -> Posterior:
        stated = self._hints.get("mean_output")
        if stated and stated[0] in self.encoder.outputs and len(choices) == 1:
            return self._stated_posterior(pictures, stated[0], stated[1])
        seen = self._see(pictures, self._spec(frame, choices[0]))
        halves = seen.halves
        candidates = [stated[0]] if stated and stated[0] in seen.steady else list(seen.steady)
        errors: dict[tuple[int, str], float] = {}
        raws: dict[tuple[int, str], Floats] = {}
        for index, limits in enumerate(choices):
            spec = self._spec(frame, limits)
            answers = self.encoder.trial.run(candidates, to_tensor(pictures, spec)) if index else None
            for place, name in enumerate(candidates):
                codes = codes_of(answers[place], halves) if answers else seen.steady[name]
                if not np.isfinite(codes).all():
                    errors[index, name] = math.inf
                    continue
                raws[index, name] = self.drawing.decode(codes)
                errors[index, name] = self._miss(pictures, raws[index, name])
            if min(errors.values()) < _CLEARLY * float(np.var(pictures / 255.0, axis=0).mean()):
                break
        index, _ = min(errors, key=errors.__getitem__)
        if errors[index, min(candidates, key=lambda n: errors[index, n])] >= 0.5 * min(
            errors[0, n] for n in candidates
        ):
            index = 0
        name, source = pick_mean({name: errors[index, name] for name in candidates})
        if stated and stated[0] == name:
            source = stated[1]
        if (index, name) not in raws:
            raise ExplorerError(
                f"{self.encoder.path} gives latents that are no numbers; export it in float32."
            )
        self.taking = replace(self.taking, spec=self._spec(frame, choices[index]))
        self._once = raws[index, name]
        self.codes = seen.steady[name] if index == 0 else self._encoded(pictures, name, halves)
        return self._with_spread(Posterior(name, halves=halves, mean_source=source), seen)

    def _see(self, pictures: Pictures, spec: ImageSpec) -> Outputs:
        seen = see_outputs(self.encoder, to_tensor(pictures, spec), self._size)
        self.random = not seen.has_steady
        return seen

    def _miss(self, pictures: Pictures, raw: Floats, spec: ImageSpec | None = None) -> float:
        try:
            return mean_squared_error(pictures, from_tensor(raw, spec or self.drawing.spec))
        except ExplorerError:  # not a number
            return math.inf

    def _encoded(self, pictures: Pictures, name: str, halves: bool) -> Floats:
        (answer,) = self.encoder.trial.run([name], to_tensor(pictures, self.taking.spec))
        return codes_of(answer, halves)

    def _stated_posterior(self, pictures: Pictures, name: str, source: Source) -> Posterior:
        (answer,) = self.encoder.trial.run([name], to_tensor(pictures, self.taking.spec))
        halves = answer[0].size == 2 * self._size
        if answer[0].size != (2 if halves else 1) * self._size:
            raise unfit(self.encoder, [name], self._size)
        self.codes = codes_of(answer, halves)
        self._once = self.drawing.decode(self.codes)
        found = Posterior(name, halves=halves, mean_source=source)
        if self._hints.get("spread_output") or self._hints.get("spread"):
            return self._with_spread(found, None)
        return self._with_spread(found, self._see(pictures, self.taking.spec))

    def _with_spread(self, found: Posterior, seen: Outputs | None) -> Posterior:
        name = ""
        unit: Spread = "none"
        source: Source = "graph"
        if found.halves:
            name, unit = found.mean, "logvar"
        elif seen is not None:
            name, unit, source = find_spread(self.encoder.graph, seen, found.mean)
        stated, stated_unit = self._hints.get("spread_output"), self._hints.get("spread")
        if stated and stated[0] in self.encoder.outputs:
            name, source = stated
            unit = unit if unit != "none" else "logvar"
        if stated_unit:
            unit, source = stated_unit  # type: ignore[assignment]
        if unit == "none" or not name:
            name, unit = "", "none"
        return replace(found, spread_output=name, spread=unit, spread_source=source)

    def _prove(self, pictures: Pictures) -> SelfTest:
        """Encode and decode pictures that the pair has itself reconstructed once.

        The first reconstruction brings arbitrary pictures onto what the pair can draw, so that the second is
        a fair question also for an autoencoder whose decoded random latents are garbage. It is not asked
        where the first came back already, nor of what says itself that it is a VAE.
        """
        once = self.drawing.pictures(self._once)
        first = compared(pictures, once)
        if first.passed and (first.error < _ALREADY * first.baseline or self._hints.text("kind") == "VAE"):
            return first
        second = compared(once, self.round_trip(once))
        # Reconstructions that are all alike prove nothing, unless the pictures were not.
        return first if second.passed is None else second


def compared(pictures: Pictures, reconstructed: Pictures) -> SelfTest:
    """The error of reconstructed pictures, against always answering with the mean picture."""
    error = mean_squared_error(pictures, reconstructed)
    baseline = float(np.var(pictures / 255.0, axis=0).mean())
    return SelfTest(error, baseline, None if baseline < _HARDLY else error < baseline)


def simple_drawings(count: int, height: int, width: int, channels: int) -> Pictures:
    """Discs on slopes of light, dark and bright, ``uint8 (count, H, W, C)``: what any picture is made of."""
    rows, columns = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    pictures = np.empty((count, height, width, channels))
    for index in range(count):
        turn, near = 2.4 * index, 0.3 + 0.1 * (index % 3)
        slope = 0.5 + 0.5 * (np.cos(turn) * (columns - 0.5) + np.sin(turn) * (rows - 0.5)) * 1.4
        disc = (rows - 0.5 - 0.2 * np.sin(turn)) ** 2 + (columns - 0.5 + 0.2 * np.cos(turn)) ** 2 < near**2
        for channel in range(channels):
            inside = (index * 0.37 + channel * 0.29) % 1.0
            pictures[index, :, :, channel] = np.where(disc, inside, slope)
    return np.asarray(pictures.clip(0, 1) * 255, np.uint8)
