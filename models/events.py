"""A run's voice and ear while a program looks on: JSON lines on stdout, words on stdin.

Each line is an object with ``event``:

``started``   kind, epochs, encoder_epochs (the last of them), sharpen (nats; 0 without a critic), epoch and
              done (epochs and steps already done), total (steps), pictures, validation, device, height,
              width, channels, latent_size, losses (their names), history (a list of the figures of earlier
              epochs)
``step``      done, total, epoch (the one under way, from 1), losses {name: value}, minutes_left; four in a
              second at most
``epoch``     epoch, figures {name: value}: means of the losses, and for autoencoders mse, active, beta,
              variance, validation_kl, validation; for GANs sharpness, later the encoder's mse and active
``pictures``  as often as it takes 1% of the time: epoch, samples (a PNG: draws of the same latents each
              time), reconstructions (a PNG: real pictures over reconstructions; null where nothing is encoded
              yet), columns, height, width
``latents``   epoch, file (.npy, (M, D) float32), rows (.npy, (M,) int64: the pictures' places in the data)
``said``      sentence: something worth knowing (batches halved, paused, exporting)
``done``, ``stopped``, ``failed``   the last line: sentence, checkpoint (null where there is none), minutes

A value that is not finite is null. What is understood on stdin, a line each: ``pause``, ``go on``,
``stop`` (keeps all that is done, to the step, and bundles it where that was wanted). The end of stdin means
that who looked on has gone: the run is kept, and nothing more is done.
"""

from __future__ import annotations

import json
import math
import os
import threading
import time
from collections.abc import Mapping
from typing import Any, TextIO

STEPS_EVERY = 0.25  # seconds


class Events:
    """Writes the lines."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._shown = -math.inf

    def send(self, event: str, **facts: Any) -> None:
        """One line."""
        self._out.write(json.dumps({"event": event} | _plain(facts), ensure_ascii=False) + "\n")
        self._out.flush()

    def is_due(self) -> bool:
        """Whether a step may be told again."""
        now = time.monotonic()
        due = now - self._shown >= STEPS_EVERY
        if due:
            self._shown = now
        return due


class Commands:
    """Listens on a file descriptor in a thread; ``go`` is asked after each step."""

    def __init__(self, source: int = 0) -> None:
        self._going, self.stopped, self.gone = threading.Event(), False, False
        self._going.set()
        threading.Thread(target=self._listen, args=(source,), daemon=True).start()

    def _listen(self, source: int) -> None:
        # Read bare: a buffered reader would hold a lock that the end of the interpreter waits for.
        rest = b""
        while part := _read(source):
            *lines, rest = (rest + part).split(b"\n")
            for line in lines:
                self._obey(line.decode("utf-8", "replace").strip())
        self.gone = True
        self._obey("stop")

    def _obey(self, word: str) -> None:
        if word == "pause":
            self._going.clear()
        elif word in ("go on", "stop"):
            self.stopped = self.stopped or word == "stop"
            self._going.set()

    @property
    def paused(self) -> bool:
        """Whether the run is to wait."""
        return not self._going.is_set()

    def go(self) -> bool:
        """Wait while paused; False where the run is to stop."""
        self._going.wait()
        return not self.stopped


def _read(source: int) -> bytes:
    try:
        return os.read(source, 4096)
    except OSError:
        return b""


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return os.fspath(value) if isinstance(value, os.PathLike) else value
