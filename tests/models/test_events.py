"""The trainer as another program sees it: a real process, its lines and the words it is told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from models.checkpoint import load_checkpoint
from models.data import ImageData
from models.events import Commands

ROOT = Path(__file__).resolve().parent.parent.parent


class Trainer:
    """A running trainer: ``until`` reads its events up to one of that name, ``say`` tells it a word."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.heard: list[dict[str, Any]] = []

    def until(self, name: str) -> dict[str, Any]:
        assert self.process.stdout
        for line in self.process.stdout:
            self.heard.append(json.loads(line))
            if self.heard[-1]["event"] == name:
                return self.heard[-1]
        raise AssertionError(f"it ended without {name}: {self.heard[-3:]}")

    def say(self, word: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()


@contextmanager
def training(data: Path, out: Path, *more: str) -> Iterator[Trainer]:
    shape = ["--latent-size", "3", "--features", "4", "--hidden", "8", "--batch-size", "32"]
    command = [sys.executable, "-m", "models.train", "--data", data, "--out", out, "--events", *shape, *more]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=-1, stdout=-1, encoding="utf-8"
    ) as process:
        try:
            yield Trainer(process)
        finally:
            process.kill()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, clothes: ImageData) -> Path:
    path = tmp_path_factory.mktemp("data") / "clothes.npy"
    np.save(path, clothes.images)
    return path


def test_a_run_is_told_paused_stopped_and_goes_on(tmp_path: Path, data: Path) -> None:
    with training(data, tmp_path, "--epochs", "100000") as trainer:
        started = trainer.until("started")
        assert (started["kind"], started["epochs"], started["pictures"]) == ("vae", 100000, 270)
        figures = trainer.until("epoch")["figures"]
        assert {"reconstruction", "kl", "beta", "mse", "active", "validation"} <= set(figures)
        pictures = trainer.until("pictures")
        for name, rows in (("samples", 2), ("reconstructions", 2)):
            with Image.open(pictures[name]) as strip:
                assert strip.size == (pictures["columns"] * 28, rows * 28)
        latents = trainer.until("latents")
        assert np.load(latents["file"]).shape == (30, 3)
        assert len(set(np.load(latents["rows"]))) == 30
        trainer.say("pause")
        assert "aused" in trainer.until("said")["sentence"]
        paused = load_checkpoint(tmp_path / "checkpoint.pt")
        trainer.say("go on")
        trainer.until("epoch")
        trainer.say("stop")
        last = trainer.until("stopped")
        assert Path(last["checkpoint"]) == tmp_path / "checkpoint.pt"
        assert trainer.process.wait(60) == 0
    kept = load_checkpoint(tmp_path / "checkpoint.pt")
    assert (kept["epoch"], kept["done"]) > (paused["epoch"], paused["done"])
    for line in trainer.heard:
        if line["event"] == "step":
            assert line["done"] <= line["total"]
            assert set(line["losses"]) == set(started["losses"])


def test_commands_arrive_in_pieces_and_their_end_is_heard() -> None:
    reading, writing = os.pipe()
    commands = Commands(reading)
    os.write(writing, b"pau")
    os.write(writing, b"se\nnonsense\ngo ")
    while not commands.paused:
        pass
    os.write(writing, b"on\n")
    assert commands.go()
    os.close(writing)
    while not commands.stopped:
        pass
    assert commands.gone
    os.close(reading)
