"""Latents to pictures."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

import numpy as np
import onnxruntime as ort

from explorer.core.engine import surgery
from explorer.core.engine.coder import Array, Coder, Floats, Pictures
from explorer.core.engine.devices import CPU
from explorer.core.engine.extras import feeds as extra_feeds
from explorer.core.engine.gate import Gate
from explorer.core.engine.lane import Lane, lane_on
from explorer.core.errors import ExplorerError
from explorer.core.pixels import ImageSpec, from_tensor
from explorer.core.plan import DecoderPlan

Extras = Mapping[str, float]


class Decoder(Coder):
    """An open decoder. Every method may be called from any thread; one latent at a time is fastest."""

    _recorded = True

    def __init__(
        self, plan: DecoderPlan, latent_shape: tuple[int, ...], device: str = "auto", gate: Gate | None = None
    ) -> None:
        """Open a decoder of latents of ``latent_shape``. Raises ``ExplorerError`` where it cannot be run."""
        self.plan = plan
        self._latent_shape = latent_shape
        self._is_flat = len(latent_shape) == 1
        self._gate = gate or Gate()
        self._lane: Lane | None = None
        self._lane_extras: Extras = {}
        self._lane_is_free = threading.Lock()
        super().__init__(plan, device)
        self._has_pixels = any(port.name == surgery.PIXELS for port in self._network.outputs)
        self._outputs = [surgery.PIXELS, surgery.TOTAL] if self._has_pixels else [plan.output]
        sides = (plan.image.height, plan.image.width, plan.image.channels)
        self._rgba = ImageSpec(*sides, "NHWC", type="uint8")
        self._pictures_shape, self._picture_size = (-1, *sides), math.prod(sides)
        if self.device != CPU:
            self._warm_up()

    def decode(self, latents: Floats, extras: Extras | None = None) -> Pictures:
        """Decode ``(N, D)`` latents to pictures, ``uint8 (N, H, W, C)``.

        ``extras`` are the values of the other inputs by name; those not named have the plan's.
        Raises ``ExplorerError`` where the model fails or draws something that is not a number, and
        ``Cancelled`` where it is stopped.
        """
        extras = extras or {}
        if len(latents) != 1:
            parts = [self._some(part, extras) for part in self._parts(latents)]
            return np.concatenate(parts) if parts else np.empty((0, *self._image.picture_shape), np.uint8)
        self._gate.close()
        return self._one(latents, extras)

    def decode_raw(self, latents: Floats, extras: Extras | None = None) -> Array:
        """The decoder's own output for ``(N, D)`` latents, in its own layout, range and type."""
        raws = [self._raw(part, extras or {}) for part in self._parts(latents)]
        return np.concatenate(raws if self._image.has_batch else [raw[np.newaxis] for raw in raws])

    def preview(self, latents: Floats, factor: int, extras: Extras | None = None) -> Pictures | None:
        """Pictures of ``1 / factor`` of height and width, from spatial latents averaged over as much.

        Averaging takes away contrast, so each channel is given back its spread. None where the decoder does
        not take smaller latents.
        """
        shape, spec = self._latent_shape, self._image
        sizes = next(port.shape for port in self._network.inputs if port.name == self.plan.input)
        scalable = len(shape) == 3 and sizes[-2:] == (None, None) and not spec.is_flat
        if not scalable or any(size % factor for size in (*shape[1:], spec.height, spec.width)):
            return None
        blocks = latents.reshape(-1, shape[0], shape[1] // factor, factor, shape[2] // factor, factor)
        smaller_latents = _respread(blocks.mean(axis=(3, 5)), latents.reshape(-1, *shape))
        try:
            raw = self._raw(smaller_latents, extras or {})
            smaller = replace(spec, height=spec.height // factor, width=spec.width // factor)
            return from_tensor(raw, smaller)[: len(latents)]
        except ExplorerError:
            return None

    def _warm_up(self) -> None:
        """Let a device choose its algorithms, and show that it works, before anybody waits for a picture."""
        nought = np.zeros((1, math.prod(self._latent_shape)), np.float32)
        for _ in range(3):  # to learn the shapes, to run in them, to record
            with suppress(ExplorerError):  # a picture that is no number is said when it is wanted
                self.decode(nought)

    def _growth(self, data: memoryview) -> bytes | None:
        return surgery.pixels_out(data, self.plan.output, self._image)

    def _one(self, latents: Floats, extras: Extras) -> Pictures:
        if not self._lane_is_free.acquire(blocking=False):
            return self._some(latents, extras)
        try:
            outputs = self._network.attempt(self._run_lane, latents, extras)
            pictures = self._pictures(outputs, 1)
        except ExplorerError:
            pictures = None
        finally:
            self._lane_is_free.release()
        return self._carefully(latents, extras) if pictures is None else pictures

    def _run_lane(
        self, session: ort.InferenceSession, options: ort.RunOptions, latents: Floats, extras: Extras
    ) -> list[Array]:
        lane = self._lane
        if lane is None or lane.session is not session:
            feeds = self._feeds(latents, extras)
            lane = self._lane = lane_on(self.device, session, feeds, self._outputs)
            self._lane_extras = dict(extras)
        else:
            lane.feed(self.plan.input, latents if self._is_flat else latents.reshape(self._latent_shape))
        if extras != self._lane_extras:
            for name, array in extra_feeds(self.plan.extras, extras, self.plan.batch or 1).items():
                lane.feed(name, array)
            self._lane_extras = dict(extras)
        return lane.run(options)

    def _some(self, latents: Floats, extras: Extras) -> Pictures:
        """Decode at most one batch."""
        try:
            outputs = self._network.run(self._outputs, self._feeds(latents, extras))
            pictures = self._pictures(outputs, len(latents))
        except ExplorerError:
            pictures = None
        return self._carefully(latents, extras) if pictures is None else pictures

    def _pictures(self, outputs: list[Array], count: int) -> Pictures | None:
        """What a run gave as pictures; None where they are not what they should be."""
        if not self._has_pixels:
            return from_tensor(outputs[0], self._image)[:count]
        pixels, total = outputs
        if not math.isfinite(total) or pixels.size != self._picture_size * (self.plan.batch or count):
            return None
        pictures: Pictures = pixels.reshape(self._pictures_shape)
        if self._image.channels == 4:
            pictures = from_tensor(pictures, self._rgba)
        return pictures if len(pictures) == count else pictures[:count]

    def _carefully(self, latents: Floats, extras: Extras) -> Pictures:
        """The same step by step, so that what is wrong is told, or mended where it is half precision."""
        network = self._network
        try:
            raw = self._raw(latents, extras)
            with np.errstate(over="ignore"):  # beyond all bounds is white
                return from_tensor(raw, self._image)
        except ExplorerError:
            if not self._widen(network):
                raise
        return self._some(latents, extras)

    def _raw(self, latents: Floats, extras: Extras) -> Array:
        raw = self._network.run([self.plan.output], self._feeds(latents, extras))[0]
        return raw[: len(latents)] if self._image.has_batch else raw

    def _feeds(self, latents: Floats, extras: Extras) -> dict[str, Array]:
        """What a batch of latents, flat or in their shape, is fed as."""
        shape = self._latent_shape if latents.ndim == 2 else latents.shape[1:]
        rows = latents.reshape(len(latents), *shape).astype(self._latent_type, copy=False)
        feeds = extra_feeds(self.plan.extras, extras, self.plan.batch or len(latents))
        feeds[self.plan.input] = self._fitted(rows)
        return feeds


def _respread(small: Floats, large: Floats) -> Floats:
    """``small (N, c, h, w)`` with the standard deviation over each channel that ``large`` has."""
    middle = small.mean(axis=(2, 3), keepdims=True)
    spread, wanted = (part.std(axis=(2, 3), keepdims=True) for part in (small, large))
    spread_again: Floats = middle + (small - middle) * (wanted / np.maximum(spread, 1e-6))
    return spread_again
