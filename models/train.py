"""Train an autoencoder or a variational one.

    python -m models.train --kind vae --data /usr/share/datasets/fashion-mnist --out runs/fashion-vae

writes ``checkpoint.pt`` in the folder after every epoch; ``--resume`` goes on from it as if never stopped.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from torch import Tensor

from models.autoencoder import Autoencoder
from models.checkpoint import FORMAT, load_checkpoint
from models.config import ModelConfig, TrainConfig
from models.data import DataError, ImageData, load_images
from models.losses import active_units, kl_loss, kl_weight, reconstruction_loss

VALIDATION = 2000  # at most so many pictures, and at most a tenth, are set aside to watch the training
EXAMPLES = 64  # of those, so many travel in the checkpoint, for the export to compare on


def to_batch(images: Tensor) -> Tensor:
    """uint8 (N, C, H, W) → float32 in [0, 1]."""
    return images.to(torch.float32) / 255


def to_pictures(data: ImageData) -> Tensor:
    """uint8 (N, H, W, C) of the data as uint8 (N, C, H, W)."""
    return torch.from_numpy(data.images).permute(0, 3, 1, 2).contiguous()


def learning_rate(config: TrainConfig, step: int, steps: int) -> float:
    """A short linear rise, then half a cosine down to a hundredth (Loshchilov & Hutter, "SGDR", 2017)."""
    rise = min(500, steps // 10 + 1)
    if step < rise:
        return config.learning_rate * (step + 1) / rise
    along = (step - rise) / max(1, steps - rise)
    return config.learning_rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, along))))


@dataclass(eq=False)
class Trainer:
    """A training run between two epochs: all that ``save`` writes and ``load`` brings back.

    ``model`` is what the optimizer moves, ``average`` the running average of its weights. One generator
    draws the order of the pictures, the flips and the posterior noise, so that its state is the only
    randomness a checkpoint has to hold.
    """

    config: TrainConfig
    data: ImageData
    model: Autoencoder = field(init=False)
    average: Autoencoder = field(init=False)
    optimizer: torch.optim.Optimizer = field(init=False)
    generator: torch.Generator = field(init=False)
    epoch: int = field(init=False, default=0)
    history: list[dict[str, float]] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        shape = (self.config.model.height, self.config.model.width, self.config.model.channels)
        if self.data.images.shape[1:] != shape:
            raise DataError(f"{self.data.name} holds {self.data.images.shape[1:]}; the model wants {shape}.")
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.config.seed)
            self.model = Autoencoder(self.config.model)
            self.average = Autoencoder(self.config.model)
        self.average.load_state_dict(self.model.state_dict())
        self.average.requires_grad_(False)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=self.config.learning_rate)
        self.generator = torch.Generator().manual_seed(self.config.seed)
        pictures = to_pictures(self.data)
        order = torch.randperm(len(pictures), generator=torch.Generator().manual_seed(self.config.seed))
        kept = min(VALIDATION, len(pictures) // 10)
        self.validation = pictures[order[:kept]]
        self.pictures = pictures[order[kept:]]

    def run(
        self,
        after_epoch: Callable[[Trainer], None],
        progress: Callable[[int, int, str], None],
        until: int | None = None,
    ) -> None:
        """Train the epochs that are left, calling ``after_epoch`` after each and ``progress`` each step.

        ``until`` stops after that epoch, on a schedule made for all of them.
        """
        steps = math.ceil(len(self.pictures) / self.config.batch_size)
        total = steps * self.config.epochs
        while self.epoch < min(self.config.epochs, until or self.config.epochs):
            order = torch.randperm(len(self.pictures), generator=self.generator)
            sums = torch.zeros(2)
            for step in range(steps):
                done = self.epoch * steps + step
                rows = order[step * self.config.batch_size : (step + 1) * self.config.batch_size]
                sums += self._step(self.pictures[rows], done, steps, total)
                progress(done + 1, total, f"epoch {self.epoch + 1} of {self.config.epochs}")
            self.epoch += 1
            means = sums / steps
            trained = {"epoch": self.epoch, "reconstruction": means[0].item(), "kl": means[1].item()}
            self.history.append(trained | self.measure())
            after_epoch(self)

    def _step(self, rows: Tensor, done: int, steps: int, total: int) -> Tensor:
        """One step of the optimizer; reconstruction loss and KL of the batch, (2,)."""
        config = self.config
        image = to_batch(rows)
        if config.flip:
            flipped = torch.rand(len(image), 1, 1, 1, generator=self.generator) < 0.5
            image = torch.where(flipped, image.flip(3), image)
        with torch.autocast("cpu", torch.bfloat16, enabled=config.precision == "bfloat16"):
            target, mu, logvar = self.model(image, self.generator)
        reconstruction = reconstruction_loss(image, target.float(), config.variance)
        kl = torch.zeros(()) if logvar is None else kl_loss(mu.float(), logvar.float())
        loss = reconstruction + kl_weight(done / steps, config.warmup) * kl
        if not torch.isfinite(loss):
            raise FloatingPointError("the loss is no longer finite; a lower --learning-rate would work")
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(config, done, total)
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 200.0)
        self.optimizer.step()
        # The average follows faster at first, so that it does not remember the random start.
        decay = min(config.average, (1 + done) / (10 + done))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.model.parameters()), 1 - decay)
        return torch.stack([reconstruction.detach(), kl.detach()])

    @torch.no_grad()
    def measure(self) -> dict[str, float]:
        """Mean squared error and active units of the averaged weights, on the pictures set aside."""
        pictures = self.validation if len(self.validation) else self.pictures[:1]
        errors, means = [], []
        for rows in torch.split(pictures, 500):
            image = to_batch(rows)
            mu, _ = self.average.encoder(image)
            errors.append((self.average.decoder(mu) - image).square().flatten(1).mean(1))
            means.append(mu)
        active = active_units(torch.cat(means)).sum().item() if len(pictures) > 1 else 0.0
        return {"mse": torch.cat(errors).mean().item(), "active": float(active)}

    def save(self, path: Path) -> None:
        """Write a checkpoint that holds everything that made it; a reader never sees half a file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.unfinished")
        checkpoint = {
            "format": FORMAT,
            "config": self.config.to_dict(),
            "data": {
                "name": self.data.name,
                "count": len(self.data.images),
                "fingerprint": self.data.fingerprint,
            },
            "epoch": self.epoch,
            "history": self.history,
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "generator": self.generator.get_state(),
            "examples": self.validation[:EXAMPLES].clone(),
        }
        try:
            torch.save(checkpoint, beside)
            os.replace(beside, path)
        finally:
            beside.unlink(missing_ok=True)

    @staticmethod
    def load(
        path: Path, data: ImageData, epochs: int | None = None, variance: float | None = None
    ) -> Trainer:
        """The run that ``path`` left off, on the same data, with ``epochs`` in all or ``variance`` changed.

        Raises ``DataError`` where the data are not those that the checkpoint was trained on.
        """
        checkpoint = load_checkpoint(path)
        if checkpoint["data"]["fingerprint"] != data.fingerprint:
            before = checkpoint["data"]["name"]
            raise DataError(f"{path} was trained on {before}, and {data.name} holds other pictures.")
        config = TrainConfig.from_dict(checkpoint["config"])
        changed = replace(config, epochs=epochs or config.epochs, variance=variance or config.variance)
        trainer = Trainer(changed, data)
        trainer.model.load_state_dict(checkpoint["model"])
        trainer.average.load_state_dict(checkpoint["average"])
        trainer.optimizer.load_state_dict(checkpoint["optimizer"])
        trainer.generator.set_state(checkpoint["generator"])
        trainer.epoch = checkpoint["epoch"]
        trainer.history = checkpoint["history"]
        return trainer


class Watch:
    """Progress with the time left on stderr: a line an epoch, and on a terminal one rewritten in place."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.first: int | None = None
        self.shown = 0.0
        self.left = 0.0  # minutes

    def step(self, done: int, total: int, text: str) -> None:
        """After a step of the optimizer."""
        now = time.monotonic()
        if self.first is None:
            self.first = done - 1
        self.left = (now - self.started) / (done - self.first) * (total - done) / 60
        if sys.stderr.isatty() and now - self.shown >= 0.5:
            self.shown = now
            line = f"{text} · {done:,} of {total:,} steps · {self.left:.1f} min left"
            print(f"\r{line}\033[K", end="", file=sys.stderr)

    def epoch(self, figures: dict[str, float]) -> None:
        """After an epoch, with what was measured."""
        numbers = "  ".join(f"{name} {value:.5g}" for name, value in figures.items())
        clear = "\r\033[K" if sys.stderr.isatty() else ""
        print(f"{clear}{numbers}  {self.left:.1f} min left", file=sys.stderr, flush=True)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    defaults = TrainConfig(ModelConfig("vae", 28, 28, 1, 16))
    parser = argparse.ArgumentParser(
        prog="python -m models.train",
        description="Train a convolutional autoencoder or variational autoencoder.",
        epilog="example: python -m models.train --kind vae --data /usr/share/datasets/fashion-mnist "
        "--out runs/fashion-vae",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--kind", choices=["vae", "ae"], default="vae")
    add("--data", type=Path, required=True, help="an IDX file, an NPZ file or a folder of images")
    add("--out", type=Path, required=True, help="folder for checkpoint.pt")
    add("--size", type=int, help="side of the square pictures are fitted to (a folder: 64 unless given)")
    add("--channels", type=int, choices=[1, 3], help="grey or colour; the data's own unless given")
    add("--latent-size", type=int, default=defaults.model.latent_size)
    add("--features", type=int, default=defaults.model.features, help="channels of the finest feature map")
    add("--hidden", type=int, default=defaults.model.hidden, help="width of the layer before the code")
    add("--epochs", type=int, help=f"passes over the data; {defaults.epochs} unless given")
    add("--until", type=int, help="stop after this epoch of them, to go on later with --resume")
    add("--batch-size", type=int, default=defaults.batch_size)
    add("--learning-rate", type=float, default=defaults.learning_rate)
    add("--variance", type=float, help=f"σ² of the likelihood; {defaults.variance} unless given")
    add("--warmup", type=float, default=defaults.warmup, help="epochs until the full KL weight")
    add("--flip", action="store_true", help="mirror half of the pictures")
    add("--precision", choices=["float32", "bfloat16"], default=defaults.precision)
    add("--seed", type=int, default=defaults.seed)
    add(
        "--resume",
        action="store_true",
        help="go on from the checkpoint in --out, with its settings but for epochs and variance",
    )
    return parser.parse_args(arguments)


def prepare(options: argparse.Namespace) -> Trainer:
    """The run that the command line describes, new or resumed. Raises ``DataError`` or ``ValueError``."""
    data = load_images(options.data, options.size, options.channels)
    if options.resume:
        return Trainer.load(options.out / "checkpoint.pt", data, options.epochs, options.variance)
    height, width, channels = data.images.shape[1:]
    model = ModelConfig(
        options.kind, height, width, channels, options.latent_size, options.features, options.hidden
    )
    names = ["epochs", "batch_size", "learning_rate", "variance", "warmup", "flip", "precision", "seed"]
    settings = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    return Trainer(TrainConfig(model, **settings), data)


def main(arguments: list[str] | None = None) -> int:
    """Train as the command line says; 0, or 1 after one sentence on stderr."""
    options = parse(arguments)

    watch = Watch()

    def after_epoch(trainer: Trainer) -> None:
        trainer.save(options.out / "checkpoint.pt")
        watch.epoch(trainer.history[-1])

    try:
        prepare(options).run(after_epoch, watch.step, options.until)
    except (DataError, ValueError, FloatingPointError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
