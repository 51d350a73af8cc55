"""What encoders and decoders share: how they are opened, cut into batches, stopped, and mended."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from explorer.core.engine import surgery
from explorer.core.engine.network import Network
from explorer.core.engine.widen import widened
from explorer.core.errors import ExplorerError
from explorer.core.plan import NetworkPlan

Floats = npt.NDArray[np.float32]
Pictures = npt.NDArray[np.uint8]
Array = npt.NDArray[Any]

BATCH = 128
"""The most latents or pictures in one run."""
_BATCH_VALUES = 1 << 21  # the inner layers take some fifty times the memory of the pictures


class Coder:
    """An open encoder or decoder."""

    _recorded = False

    def __init__(self, plan: NetworkPlan, device: str) -> None:
        """Open the file of ``plan``. Raises ``ExplorerError`` where it cannot be run."""
        self._image, self._latent_type = plan.image, plan.latent_type
        self._network_plan = plan
        self._wide = False
        self._widening = threading.Lock()
        self._remark = ""
        self._network = self._open(device)

    @property
    def device(self) -> str:
        """The device that really runs, a name of ``devices.NAMES``."""
        return self._network.device

    @property
    def fell_back(self) -> str:
        """What the user should know of how it runs, in a sentence: another device or precision."""
        return " ".join(filter(None, (self._network.fell_back, self._remark)))

    def stop(self) -> None:
        """End what is under way; those who wait for it get ``Cancelled``. It can be used again."""
        self._network.stop()

    def _growth(self, data: memoryview) -> bytes | None:
        """What gives the model's bytes uint8 pixels at the image end; None where that cannot be."""
        raise NotImplementedError

    def _open(self, device: str) -> Network:
        path = self._network_plan.path
        try:
            return Network(path, device, rebuilt=self._rebuilt, recorded=self._recorded)
        except ExplorerError:
            if self._wide:
                raise
            return Network(path, device, recorded=self._recorded)  # says whether the file itself is to blame

    def _rebuilt(self) -> bytes | None:
        path = self._network_plan.path
        if not self._wide:
            return surgery.grown(path, self._growth)
        model = widened(path)
        return surgery.grown(model, self._growth) or model if model else None

    def _widen(self, failed: Network) -> bool:
        """Go over from half to single precision, once; whether it is worth another try after ``failed``."""
        with self._widening:
            return self._network is not failed or self._go_over()

    def _go_over(self) -> bool:
        path = self._network_plan.path
        if self._wide or widened(path) is None:
            return False
        self._wide = True
        if self._image.type == "float16":
            self._image = replace(self._image, type="float32")
        if self._latent_type == "float16":
            self._latent_type = "float32"
        overflow = f"{path.name} overflows in half precision, so it runs in single precision."
        self._remark = " ".join(filter(None, (self._network.fell_back, overflow)))
        self._network = self._open(self._network.device)
        return True

    def _parts(self, rows: Array) -> Iterator[Array]:
        """Rows by batches."""
        height, width, channels = self._image.picture_shape
        batch = self._network_plan.batch
        if batch is None:
            batch = min(BATCH, max(1, _BATCH_VALUES // (height * width * channels)))
        step = max(1, batch) if self._image.has_batch else 1
        return (rows[start : start + step] for start in range(0, len(rows), step))

    def _fitted(self, rows: Array) -> Array:
        """A batch as the model wants it: filled up with its last row, or without its axis."""
        batch = self._network_plan.batch
        if batch is None or batch == len(rows):
            return rows
        if batch == 0:
            return np.asarray(rows[0])
        padding = np.repeat(rows[-1:], batch - len(rows), axis=0)
        return np.concatenate([rows, padding])
