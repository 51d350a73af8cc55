"""What every training run has in common: its pictures, its loop, its checkpoint.

A run can stop after any step and be continued from its checkpoint as if it had never stopped: on the CPU bit
by bit, since one generator draws all that is random and its state travels with the weights.
"""

from __future__ import annotations

import math
import os
from abc import ABC, abstractmethod
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from .autoencoder import Autoencoder
from .checkpoint import FORMAT, UNFIT, load_checkpoint
from .config import TrainConfig
from .data import DataError, ImageData

VALIDATION = 2000  # at most so many pictures, and at most a tenth, are set aside to watch the training
LAYOUT = torch.channels_last  # of pictures and weights: steps are up to a sixth quicker, never slower
EXAMPLES = 64  # of those, so many travel in the checkpoint, for the export to compare on


class Watch(Protocol):
    """Who looks on while a run goes."""

    def step(self, run: Run, done: int, total: int, losses: Tensor) -> bool:
        """After a step, with the losses of its batch in the order of ``run.losses``; False stops the run."""
        ...

    def epoch(self, run: Run) -> None:
        """After an epoch; its figures are the last of ``run.history``."""
        ...

    def say(self, sentence: str) -> None:
        """Something worth knowing has happened."""
        ...


class Diverged(Exception):
    """A run whose numbers are no longer finite; the message says what to change."""


def to_batch(images: Tensor) -> Tensor:
    """uint8 (N, C, H, W) → float32 in [0, 1], laid out as the networks are."""
    return images.to(torch.float32, memory_format=LAYOUT) / 255


def to_pictures(data: ImageData) -> Tensor:
    """uint8 (N, H, W, C) of the data as uint8 (N, C, H, W)."""
    return torch.from_numpy(np.array(data.images.transpose(0, 3, 1, 2), order="C", subok=False))


def learning_rate(peak: float, step: int, steps: int) -> float:
    """A short linear rise, then half a cosine down to a hundredth (Loshchilov & Hutter, "SGDR", 2017)."""
    rise = min(500, steps // 10 + 1)
    if step < rise:
        return peak * (step + 1) / rise
    along = (step - rise) / max(1, steps - rise)
    return peak * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, along))))


SomeRun = TypeVar("SomeRun", bound="Run")


class Run(ABC):
    """A training run between two steps: all that ``save`` writes and ``load`` brings back.

    ``model`` is what the optimizers move, ``average`` the running average of its weights, ``best`` the
    average where validation was best so far (with ``patience`` only). ``rows`` are the pictures' places in
    the data: those set aside first.
    """

    losses: ClassVar[tuple[str, ...]] = ()
    """Names of what ``take_step`` returns."""

    def __init__(self, config: TrainConfig, data: ImageData, device: str = "cpu") -> None:
        shape = (config.model.height, config.model.width, config.model.channels)
        if data.images.shape[1:] != shape:
            raise DataError(f"{data.name} holds {data.images.shape[1:]}; the model wants {shape}.")
        self.config, self.data, self.device = config, data, torch.device(device)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            self.build()
        for network in self.networks().values():
            network.to(memory_format=LAYOUT)  # type: ignore[call-overload]  # torch does not tell of it
        self.average.load_state_dict(self.model.state_dict())
        self.average.requires_grad_(False)
        self.generator = torch.Generator().manual_seed(config.seed)
        pictures = to_pictures(data)
        self.rows = torch.randperm(len(pictures), generator=torch.Generator().manual_seed(config.seed))
        kept = min(VALIDATION, len(pictures) // 10)
        self.validation = pictures[self.rows[:kept]].to(self.device)
        self.pictures = pictures[self.rows[kept:]].to(self.device)
        self.epoch, self.done = 0, 0  # of whole epochs, and of steps within the next
        self.order = torch.zeros(0, dtype=torch.int64)
        self.sums = torch.zeros(len(self.losses))
        self.history: list[dict[str, float]] = []
        self.best: dict[str, Any] | None = None

    model: Autoencoder
    average: Autoencoder

    @abstractmethod
    def build(self) -> None:
        """Make the networks, ``model`` and ``average`` among them, on the device, and the optimizers."""

    @abstractmethod
    def networks(self) -> dict[str, nn.Module]:
        """All networks that a checkpoint holds, by name."""

    @abstractmethod
    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        """Likewise."""

    @abstractmethod
    def take_step(self, image: Tensor, done: int, total: int) -> Tensor:
        """One step with pictures (N, C, H, W) in [0, 1], as number ``done`` of ``total``; the losses."""

    @abstractmethod
    def measure(self) -> dict[str, float]:
        """Figures of the averaged weights on the pictures set aside; ``validation`` is what should fall."""

    @property
    def steps(self) -> int:
        """Steps of an epoch."""
        return math.ceil(len(self.pictures) / self.config.batch_size)

    def run(self, watch: Watch, until: int | None = None) -> bool:
        """Train what is left; whether it came to its end (``until`` ends it after that epoch).

        Raises ``Diverged`` once a number is no longer finite.
        """
        last = min(self.config.epochs, until or self.config.epochs)
        while self.epoch < last and not self.is_spent():
            if not self.done:
                self.order = torch.randperm(len(self.pictures), generator=self.generator)
                self.sums = torch.zeros(len(self.losses))
            while self.done < self.steps:
                if not self._step(watch):
                    return False
            self.done = 0
            self.epoch += 1
            self._close(watch)
        return True

    def is_spent(self) -> bool:
        """Whether validation has not become better for ``patience`` epochs."""
        scores = [line["validation"] for line in self.history if "validation" in line]
        patience = self.config.patience
        return bool(patience and scores and len(scores) - 1 - scores.index(min(scores)) >= patience)

    def _step(self, watch: Watch) -> bool:
        config = self.config
        number, total = self.epoch * self.steps + self.done, config.epochs * self.steps
        chosen = self.order[self.done * config.batch_size : (self.done + 1) * config.batch_size]
        try:
            losses = self.take_step(self._batch(chosen), number, total)
        except torch.OutOfMemoryError:
            self._halve(watch)
            return True
        self.sums += losses
        self.done += 1
        return watch.step(self, number + 1, total, losses)

    def _batch(self, chosen: Tensor) -> Tensor:
        image = to_batch(self.pictures[chosen.to(self.device)])
        if self.config.flip:
            flipped = torch.rand(len(image), 1, 1, 1, generator=self.generator) < 0.5
            image = torch.where(flipped.to(self.device), image.flip(3), image)
        return image

    def _halve(self, watch: Watch) -> None:
        """Go on with batches half as large: twice as many steps, of which twice as many are done."""
        size = self.config.batch_size // 2
        if size < 4:
            raise DataError("The device's memory is too small for this model; fewer features would work.")
        self.config = replace(self.config, batch_size=size)
        self.done *= 2
        self.sums *= 2
        watch.say(f"The device's memory is full: batches are halved to {size}.")

    def _close(self, watch: Watch) -> None:
        """What follows an epoch: its figures, and the best weights so far."""
        with torch.no_grad():
            means = dict(zip(self.losses, (self.sums / self.steps).tolist(), strict=True))
            line = {"epoch": self.epoch} | means | self.measure()
        self.history.append({name: value for name, value in line.items() if not math.isnan(value)})
        scores = [line["validation"] for line in self.history if "validation" in line]
        if self.config.patience and scores and scores[-1] == min(scores):
            self.best = {name: value.clone() for name, value in self.average.state_dict().items()}
        watch.epoch(self)

    def draw(self, count: int) -> Tensor:
        """Latents (count, D) of the prior."""
        return torch.randn(count, self.config.model.latent_size, generator=self.generator).to(self.device)

    @torch.no_grad()
    def follow(self, average: nn.Module, network: nn.Module, done: int) -> None:
        """Move a running average of weights; faster at first, so that it forgets the random start."""
        decay = min(self.config.average, (1 + done) / (10 + done))
        torch._foreach_lerp_(list(average.parameters()), list(network.parameters()), 1 - decay)
        for ours, theirs in zip(average.buffers(), network.buffers(), strict=True):
            ours.copy_(theirs)

    def autocast(self) -> torch.autocast:
        """The precision of convolutions and matrix products."""
        return torch.autocast(
            self.device.type, torch.bfloat16, enabled=self.config.precision == "bfloat16", cache_enabled=False
        )

    def save(self, path: Path) -> None:
        """Write a checkpoint that holds everything that made it; a reader never sees half a file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.unfinished")
        data = self.data
        checkpoint = {
            "format": FORMAT,
            "config": self.config.to_dict(),
            "data": {"name": data.name, "count": len(data.images), "fingerprint": data.fingerprint},
            "epoch": self.epoch,
            "done": self.done,
            "order": self.order.to(torch.int32),
            "sums": self.sums,
            "history": self.history,
            "networks": {name: network.state_dict() for name, network in self.networks().items()},
            "best": self.best,
            "optimizers": {name: one.state_dict() for name, one in self.optimizers().items()},
            "generator": self.generator.get_state(),
            "examples": self.validation[:EXAMPLES].cpu(),
        }
        try:
            with beside.open("wb") as file:
                _write(checkpoint, file)
                file.flush()
                os.fsync(file.fileno())  # a power cut must not leave an empty file under the final name
            os.replace(beside, path)
        finally:
            beside.unlink(missing_ok=True)

    @classmethod
    def load(
        cls: type[SomeRun],
        path: Path,
        data: ImageData,
        device: str = "cpu",
        **changes: Any,
    ) -> SomeRun:
        """The run that ``path`` left off, on the same data, with ``changes`` of its configuration.

        Raises ``DataError`` where the data are not those that the checkpoint was trained on.
        """
        checkpoint = load_checkpoint(path)
        if checkpoint["data"]["fingerprint"] != data.fingerprint:
            before = checkpoint["data"]["name"]
            raise DataError(f"{path} was trained on {before}, and {data.name} holds other pictures.")
        foreign = DataError(f"{path} does not hold the run it speaks of; give another checkpoint.")
        try:
            config = TrainConfig.from_dict(checkpoint["config"])
        except UNFIT as error:
            raise foreign from error
        run = cls(replace(config, **changes), data, device)
        try:
            run._restore(checkpoint)
        except UNFIT as error:
            raise foreign from error
        return run

    def _restore(self, checkpoint: dict[str, Any]) -> None:
        for parts, states in (
            (self.networks(), checkpoint["networks"]),
            (self.optimizers(), checkpoint["optimizers"]),
        ):
            for name, part in parts.items():
                if name != "critic" or name in states:  # one that joins a run later starts afresh
                    part.load_state_dict(states[name])
        self.generator.set_state(checkpoint["generator"])
        self.epoch, self.done, self.best = checkpoint["epoch"], checkpoint["done"], checkpoint["best"]
        self.order = checkpoint["order"].to(torch.int64)
        # One of an earlier version, stopped amid an epoch, knew fewer losses.
        later = torch.full((len(self.losses) - len(checkpoint["sums"]),), math.nan)
        self.sums = torch.cat([checkpoint["sums"], later])
        self.history = checkpoint["history"]


def _write(values: dict[str, Any], file: BinaryIO) -> None:
    """``torch.save``, whose complaint about a full disk is a ``RuntimeError``."""
    try:
        torch.save(values, file)
    except RuntimeError as error:
        raise OSError("the checkpoint could not be written") from error


def check(loss: Tensor, *gradients: Tensor) -> None:
    """Raise ``Diverged`` unless the loss and the gradients' lengths are finite."""
    if not bool(torch.isfinite(torch.stack([loss.detach().float(), *gradients])).all()):
        raise Diverged("The loss is no longer finite; a lower learning rate would work.")


def move(optimizer: torch.optim.Optimizer, network: nn.Module, loss: Tensor) -> None:
    """One step of one optimizer down one network's loss. Raises ``Diverged``."""
    optimizer.zero_grad(set_to_none=True)
    torch.autograd.backward(loss)
    check(loss, torch.nn.utils.get_total_norm([p.grad for p in network.parameters() if p.grad is not None]))
    optimizer.step()


def adam(network: nn.Module, rate: float, betas: tuple[float, float] = (0.9, 0.999)) -> torch.optim.Optimizer:
    """Adam in one pass over the weights: a third of the time of the usual loop over its formulas."""
    return torch.optim.Adam(network.parameters(), rate, betas, fused=True)


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """The learning rate of the next step."""
    for group in optimizer.param_groups:
        group["lr"] = rate
