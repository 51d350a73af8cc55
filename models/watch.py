"""Looking on while a run goes: checkpoints, the terminal's line, and events for a program."""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .events import Commands, Events
from .pictures import COLUMNS, code_draws, decode, encode, prior_draws, save_png, stack
from .run import Run, to_batch

KEEP_EVERY = 300.0  # seconds between checkpoints within an epoch
KEPT, SHOWING = 0.005, 0.01  # of the time: what checkpoints, and pictures to look at, may take
SHOWN = 2 * COLUMNS
MAPPED = 2000


class Sparing:
    """Lets something be done as often as it takes no more than a share of the time."""

    def __init__(self, share: float) -> None:
        self.share, self.rest = share, -math.inf

    @property
    def is_due(self) -> bool:
        """Whether it may be done again."""
        return time.monotonic() >= self.rest

    @contextmanager
    def doing(self) -> Iterator[None]:
        """While it is done."""
        began = time.monotonic()
        yield
        now = time.monotonic()
        self.rest = now + (now - began) / self.share


class Keeper:
    """Writes ``checkpoint.pt``, and knows the time left.

    It is written after an epoch, each five minutes within one, and on stopping. Where epochs are short, and
    writing takes more than 0.5% of the time, some are left out: never more than two hundred times as long as
    writing takes is lost.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "checkpoint.pt"
        self.started = self.kept = time.monotonic()
        self.keeping, self.state = Sparing(KEPT), (-1, -1)
        self.first: int | None = None
        self.left = 0.0  # minutes

    @property
    def deserted(self) -> bool:
        """Whether nobody waits for the outcome any more."""
        return False

    def start(self, run: Run) -> None:
        """Before the first step."""

    def step(self, run: Run, done: int, total: int, losses: Tensor) -> bool:  # noqa: ARG002
        """After a step of the optimizer."""
        now = time.monotonic()
        if self.first is None:
            self.first = done - 1
        self.left = (now - self.started) / (done - self.first) * (total - done) / 60
        if now - self.kept >= KEEP_EVERY:
            self.keep(run)
        return True

    def epoch(self, run: Run) -> None:
        """After an epoch."""
        if self.keeping.is_due or run.epoch >= run.config.epochs:
            self.keep(run)

    def finish(self, run: Run) -> None:
        """After the last step, whichever that was: nothing that is done is lost."""
        if self.state != (run.epoch, run.done):
            self.keep(run)

    def say(self, sentence: str) -> None:
        """Something worth knowing has happened."""

    def keep(self, run: Run) -> None:
        """Write the checkpoint now."""
        with self.keeping.doing():
            run.save(self.path)
        self.kept, self.state = time.monotonic(), (run.epoch, run.done)


class Terminal(Keeper):
    """Progress on stderr: a line an epoch, and on a terminal one rewritten in place."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.shown = 0.0

    def step(self, run: Run, done: int, total: int, losses: Tensor) -> bool:
        """After a step of the optimizer."""
        super().step(run, done, total, losses)
        now = time.monotonic()
        if sys.stderr.isatty() and now - self.shown >= 0.5:
            self.shown = now
            line = f"epoch {run.epoch + 1} of {run.config.epochs} · {done:,} of {total:,} steps"
            print(f"\r{line} · {self.left:.1f} min left\033[K", end="", file=sys.stderr)
        return True

    def epoch(self, run: Run) -> None:
        """After an epoch, with what was measured."""
        super().epoch(run)
        numbers = "  ".join(f"{name} {value:.5g}" for name, value in run.history[-1].items())
        self.say(f"{numbers}  {self.left:.1f} min left")

    def say(self, sentence: str) -> None:
        """A line of its own."""
        clear = "\r\033[K" if sys.stderr.isatty() else ""
        print(f"{clear}{sentence}", file=sys.stderr, flush=True)


class Teller(Keeper):
    """Tells a program, as ``events`` describes, and obeys it. Pictures and latents go into ``watch/``."""

    def __init__(self, folder: Path, events: Events, commands: Commands) -> None:
        super().__init__(folder)
        self.events, self.commands = events, commands
        self.watched, self.showing = folder / "watch", Sparing(SHOWING)

    @property
    def deserted(self) -> bool:
        """Whether the program that looked on has gone."""
        return self.commands.gone

    def start(self, run: Run) -> None:
        """Before the first step: what is going to happen."""
        config, model = run.config, run.config.model
        facts: dict[str, Any] = {
            name: getattr(model, name) for name in ("kind", "height", "width", "channels")
        }
        facts |= {"latent_size": model.latent_size, "losses": list(run.losses), "epoch": run.epoch}
        facts |= {"epochs": config.epochs, "encoder_epochs": config.encoder_epochs, "sharpen": config.sharpen}
        facts |= {"total": config.epochs * run.steps, "done": run.epoch * run.steps + run.done}
        facts |= {"pictures": len(run.pictures), "validation": len(run.validation)}
        self.events.send("started", **facts, device=str(run.device), history=run.history)

    def step(self, run: Run, done: int, total: int, losses: Tensor) -> bool:
        """After a step of the optimizer; False once a stop is wanted."""
        super().step(run, done, total, losses)
        if self.events.is_due():
            values = dict(zip(run.losses, losses.tolist(), strict=True))
            self.events.send(
                "step", done=done, total=total, epoch=run.epoch + 1, losses=values, minutes_left=self.left
            )
        if self.commands.paused:
            self.keep(run)
            self.say("Paused; all that is done is kept.")
            before = time.monotonic()
            self.commands.go()
            self.started += time.monotonic() - before
        return self.commands.go()

    def epoch(self, run: Run) -> None:
        """After an epoch: its figures, now and then what the model draws, more seldom its codes for a map."""
        super().epoch(run)
        figures = {name: value for name, value in run.history[-1].items() if name != "epoch"}
        self.events.send("epoch", epoch=run.epoch, figures=figures)
        mapped = run.epoch == 1 or run.epoch % max(1, run.config.epochs // 10) == 0
        if mapped or self.showing.is_due:
            with self.showing.doing():
                self._look(run, mapped)

    def _look(self, run: Run, mapped: bool) -> None:
        model, shown = run.average, to_batch(run.validation[:SHOWN])
        encodes = run.config.model.kind != "gan" or run.epoch > run.config.epochs - run.config.encoder_epochs
        codes = encode(model, to_batch(run.validation[:MAPPED])) if encodes and len(shown) else None
        self._show(run, shown, codes)
        if codes is not None and mapped:
            self._map(run, codes)

    def _show(self, run: Run, shown: Tensor, codes: Tensor | None) -> None:
        config, named = run.config.model, f"{run.epoch:04d}"
        draws = prior_draws(run.average, SHOWN, 0)
        if config.kind == "ae" and codes is not None and len(codes) > 1:
            draws = code_draws(codes.cpu(), SHOWN, 0)
        samples = self.watched / f"{named}-samples.png"
        save_png(stack([decode(run.average, draws.to(run.device)).cpu()], scale=1), samples)
        again = None
        if codes is not None and len(shown) >= COLUMNS:
            again = self.watched / f"{named}-reconstructions.png"
            rows = [shown[:COLUMNS], decode(run.average, codes[:COLUMNS])]
            save_png(stack([torch.cat(rows).cpu()], scale=1), again)
        self.events.send(
            "pictures", epoch=run.epoch, samples=samples, reconstructions=again, columns=COLUMNS,
            height=config.height, width=config.width,
        )  # fmt: skip

    def _map(self, run: Run, codes: Tensor) -> None:
        file, rows = self.watched / f"{run.epoch:04d}-latents.npy", self.watched / "rows.npy"
        save_array(rows, run.rows[: len(codes)].numpy())
        save_array(file, codes.cpu().numpy())
        self.events.send("latents", epoch=run.epoch, file=file, rows=rows)

    def say(self, sentence: str) -> None:
        """An event of its own."""
        self.events.send("said", sentence=sentence)


def save_array(path: Path, values: np.ndarray[Any, Any]) -> None:
    """Write an ``.npy`` file; a reader never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.unfinished")
    try:
        with beside.open("wb") as file:
            np.save(file, values, allow_pickle=False)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
