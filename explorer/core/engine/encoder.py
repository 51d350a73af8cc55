"""Pictures to latents."""

from __future__ import annotations

import numpy as np

from explorer.core.engine import surgery
from explorer.core.engine.coder import Coder, Floats, Pictures
from explorer.core.engine.extras import feeds as extra_feeds
from explorer.core.engine.gate import Gate
from explorer.core.errors import ExplorerError
from explorer.core.pixels import to_tensor
from explorer.core.plan import EncoderPlan, Spread

_LEAST_VARIANCE = 1e-12


class Encoder(Coder):
    """An open encoder. Every method may be called from any thread."""

    def __init__(self, plan: EncoderPlan, device: str = "auto", gate: Gate | None = None) -> None:
        """Open an encoder. Raises ``ExplorerError`` where it cannot be run."""
        self.plan = plan
        self._gate = gate or Gate()
        self._outputs = [plan.output, *([plan.spread_output] if plan.spread_output else [])]
        super().__init__(plan, device)
        self._has_pixels = any(port.name == surgery.PIXELS for port in self._network.inputs)

    def encode(self, pictures: Pictures) -> tuple[Floats, Floats | None]:
        """Encode ``uint8 (N, H, W, C)`` to the posterior's mean and log-variance, ``(N, D) float32``.

        The log-variance is None for a plain autoencoder. Between batches it waits while somebody drags.
        Raises ``ExplorerError`` where the model fails or a mean is not a number, and ``Cancelled`` where it
        is stopped.
        """
        parts = []
        for part in self._parts(pictures):
            self._gate.wait()
            network = self._network
            answers = self._run(part)
            if not np.isfinite(answers[0]).all() and self._widen(network):
                answers = self._run(part)
            parts.append(answers)
        columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
        if not np.isfinite(columns[0]).all():
            raise ExplorerError(f"{self.plan.path} gave a latent that is not a number; export it in float32.")
        return columns[0], columns[1] if len(columns) > 1 else None

    def _growth(self, data: memoryview) -> bytes | None:
        return surgery.pixels_in(data, self.plan.input, self._image)

    def _run(self, pictures: Pictures) -> list[Floats]:
        """Mean and log-variance of at most one batch, flattened."""
        count = len(pictures)
        feeds = extra_feeds(self.plan.extras, {}, self.plan.batch or count)
        if self._has_pixels and pictures.shape[1:] == self._image.picture_shape:
            feeds[surgery.PIXELS] = self._fitted(self._with_alpha(pictures))
        else:
            feeds[self.plan.input] = self._fitted(to_tensor(pictures, self._image))
        answers = self._network.run(self._outputs, feeds)
        if self.plan.batch == 0:
            answers = [one if one.shape[:1] == (1,) else one[np.newaxis] for one in answers]
        answers = [answer[:count] for answer in answers]
        if self.plan.halves:
            answers = np.split(answers[0], 2, axis=1)
        flat = [answer.reshape(count, -1).astype(np.float32, copy=False) for answer in answers]
        if len(flat) == 1 or self.plan.spread == "none":
            return flat[:1]
        return [flat[0], _log_variance(flat[1], self.plan.spread)]

    def _with_alpha(self, pictures: Pictures) -> Pictures:
        if self._image.channels < 4:
            return np.ascontiguousarray(pictures)
        return np.concatenate([pictures, np.full((*pictures.shape[:3], 1), 255, np.uint8)], axis=3)


def _log_variance(values: Floats, unit: Spread) -> Floats:
    if unit == "logvar":
        return values
    return np.log(np.maximum(values if unit == "variance" else np.square(values), _LEAST_VARIANCE))
