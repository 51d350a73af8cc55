"""Small runs of a network whose conventions are being found out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from explorer.core.engine.extras import feeds as extra_feeds
from explorer.core.engine.network import Network
from explorer.core.errors import ExplorerError
from explorer.core.plan import ExtraInput

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]

before_run: Callable[[int], None] | None = None
"""Told how many numbers go in and come out of each run that begins, by whoever watches over the time."""


class Trial:
    """A network that takes ``(N, …)`` whatever its batch axis, and gives ``(N, …)``.

    Attributes:
        batch: the fixed batch size, None where it is free, 0 where the input has no batch axis; it becomes 1
            when a batch axis that is said to be free turns out not to be.
        raw_shapes: of each output, its shape in the latest single run, as the network gave it.
        fed: how many samples that run took.
    """

    def __init__(
        self, network: Network, name: str, kind: str, batch: int | None, extras: Sequence[ExtraInput] = ()
    ) -> None:
        self.network, self.batch = network, batch
        self.raw_shapes: dict[str, tuple[int, ...]] = {}
        self.fed = 0
        self._name, self._type, self._extras = name, kind, extras

    def run(self, outputs: Sequence[str], samples: Array) -> list[Floats]:
        """The named outputs for ``samples`` ``(N, …)``, each ``(N, …) float32``.

        Raises ``ExplorerError`` where the network fails.
        """
        step = len(samples) if self.batch is None else max(1, self.batch)
        pieces = []
        for start in range(0, len(samples), step):
            piece = samples[start : start + step]
            try:
                pieces.append(self._once(outputs, piece, step))
            except ExplorerError:
                if self.batch is not None or len(samples) == 1:
                    raise
                self.batch = 1
                return self.run(outputs, samples)
        return [np.concatenate(column) for column in zip(*pieces, strict=True)]

    def gives_batch(self, output: str) -> bool:
        """Whether the latest run's ``output`` had the batch as its first axis."""
        shape = self.raw_shapes[output]
        if self.batch == 0:
            return len(shape) == 4 and shape[0] == 1
        return len(shape) > 0 and shape[0] == self.fed and (self.fed > 1 or len(shape) > 1)

    def _once(self, outputs: Sequence[str], samples: Array, size: int) -> list[Floats]:
        count = len(samples)
        if count < size:
            samples = np.concatenate([samples, np.repeat(samples[-1:], size - count, axis=0)])
        values = samples[0] if self.batch == 0 else samples
        feeds = {self._name: np.ascontiguousarray(values.astype(self._type))}
        feeds |= extra_feeds(self._extras, {}, size)
        if before_run is not None:
            given = [port.sample_size or 0 for port in self.network.outputs if port.name in outputs]
            before_run(samples.size + size * sum(given))
        answers = self.network.run(outputs, feeds)
        self.fed = size
        self.raw_shapes |= {name: answer.shape for name, answer in zip(outputs, answers, strict=True)}
        cut = []
        for name, answer in zip(outputs, answers, strict=True):
            has_batch = self.gives_batch(name)
            if not has_batch and size > 1:
                raise ExplorerError(
                    f"{self.network.path} takes {size} samples but gives “{name}” of the shape "
                    f"{'×'.join(map(str, answer.shape))}; export it with a batch axis."
                )
            cut.append(np.asarray(answer if has_batch else answer[np.newaxis], np.float32)[:count])
        return cut
