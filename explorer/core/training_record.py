"""What a training has told so far, as it is shown: curves, figures, pictures, latents."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_MOST = 400  # points of a curve: a chart is hardly wider in pixels


class Curve:
    """Points of a line, in order of x; from 400 on neighbours are joined, so that it stays as short.

    ``add`` takes a point; what is not finite, told as None, leaves no point.
    """

    def __init__(self) -> None:
        self.points: list[tuple[float, float]] = []
        self._each, self._waiting = 1, list[tuple[float, float]]()

    def add(self, x: float, y: float | None) -> None:
        """One more point."""
        if y is None:
            return
        self._waiting.append((x, y))
        if len(self._waiting) < self._each:
            return
        self.points.append(_middle(self._waiting))
        self._waiting.clear()
        if len(self.points) >= _MOST:
            self.points = [_middle(self.points[i : i + 2]) for i in range(0, len(self.points), 2)]
            self._each *= 2


def _middle(points: list[tuple[float, float]]) -> tuple[float, float]:
    return sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)


@dataclass(frozen=True)
class Line:
    """A line of a chart: the curve's name, what it is called, whether it has a scale of its own."""

    curve: str
    label: str
    apart: bool = False


@dataclass(frozen=True)
class Chart:
    """A chart: what it shows, in which unit, a sentence that explains it, and its lines.

    ``wanted`` is a value to come near to, ``most`` the fact that is the largest value possible.
    """

    title: str
    unit: str
    note: str
    lines: tuple[Line, ...]
    wanted: float | None = None
    most: str = ""


_RECONSTRUCTION = Chart(
    "Reconstruction", "nats",
    "How far the pictures are from what the model makes of them, as their negative log-likelihood: lower is "
    "better. Where validation rises again, the model begins to learn its pictures by heart.",
    (Line("reconstruction", "training"), Line("validation_reconstruction", "validation")),
)  # fmt: skip
_ACTIVE = Chart(
    "Active dimensions", "", "Latent dimensions that tell pictures apart; the top is all there are.",
    (Line("active", "active"),), most="latent_size",
)  # fmt: skip
_CRITIC = Chart(
    "The critic", "",
    "A critic tells pictures drawn from the prior from real ones; the decoder learns to please it. Its loss "
    "is 2 where it cannot tell them apart, 0 where it is never wrong; its verdict on drawn pictures is the "
    "lower the more real it takes them for. Neither need fall.",
    (Line("critic", "critic"), Line("verdict", "verdict")),
)  # fmt: skip
CHARTS: dict[str, tuple[Chart, ...]] = {
    "vae": (
        _RECONSTRUCTION,
        Chart(
            "KL divergence", "nats",
            "What the latents say about a picture beyond the prior. β is the weight that it has in the loss; "
            "near 0 nats the model has collapsed and its latents say nothing.",
            (Line("kl", "training"), Line("validation_kl", "validation"), Line("beta", "β", apart=True)),
        ),
        Chart(
            "Validation", "nats",
            "Reconstruction and KL together, on pictures that are set aside: what should fall.",
            (Line("validation", "validation"),),
        ),
        _ACTIVE,
    ),
    "ae": (
        _RECONSTRUCTION,
        Chart(
            "Squared error", "", "Mean squared error of pictures that are set aside, of values from 0 to 1.",
            (Line("mse", "validation"),),
        ),
        _ACTIVE,
    ),
    "gan": (
        Chart(
            "The two players", "",
            "Critic and generator play against each other: neither need fall. One that runs away has won, "
            "and the pictures get no better.",
            (Line("critic", "critic"), Line("generator", "generator")),
        ),
        Chart(
            "Sharpness", "× real", "How sharp drawn pictures are beside real ones: 1 is alike.",
            (Line("sharpness", "drawn"),), 1.0,
        ),
        Chart(
            "Encoder", "", "Trained after the game, so that pictures can be dropped: lower is better.",
            (Line("encoder", "training"),),
        ),
        _ACTIVE,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """Pictures of one epoch: files of drawn ones, and of real ones over their reconstructions."""

    epoch: int
    samples: Path
    reconstructions: Path | None


@dataclass
class TrainingRecord:
    """Takes the events of a training, as ``models.events`` tells them.

    Attributes:
        kind: ``vae``, ``ae`` or ``gan``; empty before the training has started.
        facts: what ``started`` told.
        epoch: the epochs that are done.
        done, total: steps.
        seconds_left: as the trainer reckons; None before it can.
        curves: by name; x is in epochs.
        figures: the latest of each name.
        shown: pictures by epoch, the oldest first.
        latents: epoch, file of latents and file of rows, the latest.
        said: the latest remark.
        last: the last event; empty while it goes on.
    """

    kind: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    epoch: int = 0
    done: int = 0
    total: int = 0
    seconds_left: float | None = None
    curves: dict[str, Curve] = field(default_factory=dict)
    figures: dict[str, float] = field(default_factory=dict)
    shown: list[Shown] = field(default_factory=list)
    latents: tuple[int, Path, Path] | None = None
    said: str = ""
    last: dict[str, Any] = field(default_factory=dict)

    def take(self, event: dict[str, Any]) -> None:
        """One more event."""
        match event["event"]:
            case "started":
                self._start(event)
            case "step":
                self.done, self.total = event["done"], event["total"]
                self.seconds_left = 60 * event["minutes_left"]
                for name, value in event["losses"].items():
                    self._curve(name).add(self.done / self._steps, value)
            case "epoch":
                self._close(event["epoch"], event["figures"])
            case "pictures":
                again = event["reconstructions"]
                one = Shown(event["epoch"], Path(event["samples"]), Path(again) if again else None)
                self.shown = [*(old for old in self.shown if old.epoch < one.epoch), one]
            case "latents":
                self.latents = event["epoch"], Path(event["file"]), Path(event["rows"])
            case "said":
                self.said = event["sentence"]
            case "done" | "stopped" | "failed":
                self.last = event

    @property
    def charts(self) -> tuple[Chart, ...]:
        """The charts that suit this kind of model."""
        kept = CHARTS.get(self.kind, ())
        if self.facts.get("sharpen"):
            return (*kept, _CRITIC)
        no_encoder = self.kind == "gan" and not self.facts.get("encoder_epochs")
        return kept[:2] if no_encoder else kept

    @property
    def _steps(self) -> float:
        return self.total / max(1, self.facts.get("epochs", 1)) or 1.0

    def _curve(self, name: str) -> Curve:
        return self.curves.setdefault(name, Curve())

    def _start(self, event: dict[str, Any]) -> None:
        self.kind, self.facts, self.epoch = event["kind"], event, event["epoch"]
        self.done, self.total, self.said = event["done"], event["total"], ""
        for line in event["history"]:
            figures = {name: value for name, value in line.items() if name != "epoch"}
            for name in event["losses"]:
                self._curve(name).add(line["epoch"] - 0.5, figures.get(name))
            self._close(int(line["epoch"]), figures)

    def _close(self, epoch: int, figures: dict[str, float | None]) -> None:
        self.epoch = epoch
        found = {name: value for name, value in figures.items() if value is not None}
        self.figures |= found
        if "validation" in found:
            found["validation_reconstruction"] = found["validation"] - found.get("validation_kl", 0.0)
        for name, value in found.items():
            if name not in self.facts.get("losses", ()):
                self._curve(name).add(epoch, value)


def earlier_pictures(run: Path) -> Iterator[Shown]:
    """What an earlier part of a training has left in its folder, the oldest epoch first."""
    for samples in sorted((run / "watch").glob("*-samples.png")):
        if re.fullmatch(r"\d+-samples\.png", samples.name):
            number = samples.name.split("-")[0]
            again = samples.with_name(f"{number}-reconstructions.png")
            yield Shown(int(number), samples, again if again.exists() else None)
