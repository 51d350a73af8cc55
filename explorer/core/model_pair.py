"""A model that is open: samples to latents, latents to samples."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from explorer.core.engine.decoder import Decoder
from explorer.core.engine.encoder import Encoder
from explorer.core.engine.gate import Gate
from explorer.core.errors import ExplorerError
from explorer.core.pixels import ImageSpec
from explorer.core.plan import Fact, PairPlan
from explorer.core.progress import Progress
from explorer.core.samples import Samples, Shape

Floats = npt.NDArray[np.float32]


class ModelPair:
    """An encoder and a decoder that are open, or one of the two. Every method may be called from any thread.

    Attributes:
        plan: what was found out about it.
        name, kind, prior, radius, fingerprint, self_test: see ``PairPlan``.
        latent_shape: the axes of one latent.
        latent_size: elements of one latent, D.
        sample_shape: the axes of one sample that it draws, or takes where it draws none.
        image: what its pictures are like to itself.
        encoder_path, decoder_path: the files that were opened; an autoencoder in one file is the decoder's.
        can_encode, can_decode: which halves are there.
    """

    def __init__(self, plan: PairPlan, device: str = "auto") -> None:
        """Open what ``plan`` describes. Raises ``ExplorerError`` where the runtime does not take it."""
        self._gate, self._device = Gate(), device
        self.plan = plan
        self.can_encode, self.can_decode = plan.encoder is not None, plan.decoder is not None
        self._decoder = Decoder(plan.decoder, plan.latent_shape, device, self._gate) if plan.decoder else None
        # The first picture needs no encoder, so that of a pair is opened when it is first asked for.
        self._encoder: Encoder | None = None
        self._opening = threading.Lock()
        if self._decoder is None:
            self._reading()
        self.name, self.kind = plan.name, plan.kind
        self.prior, self.radius = plan.prior, plan.radius
        self.fingerprint, self.self_test = plan.fingerprint, plan.self_test
        self.latent_shape, self.latent_size = plan.latent_shape, plan.latent_size
        half = plan.decoder or plan.encoder
        assert half is not None
        self.image: ImageSpec = half.image
        self.sample_shape: Shape = half.image.picture_shape
        self.decoder_path = plan.files[-1] if plan.decoder else None
        self.encoder_path = plan.files[0] if plan.encoder and plan.files[0] != self.decoder_path else None

    @classmethod
    def open(
        cls,
        paths: Path | Sequence[Path],
        device: str = "auto",
        overrides: Mapping[str, str] | None = None,
        progress: Progress | None = None,
    ) -> ModelPair:
        """Open a folder, two files in any order, or one file.

        ``device`` is ``"auto"`` or a name of ``engine.devices.NAMES``; ``overrides`` are facts by their keys.
        Raises ``ExplorerError`` for anything that is no model of pictures and latents, and ``Cancelled``.
        """
        from explorer.core.guard import inspected

        return cls(inspected(paths, overrides, progress), device)

    @property
    def device(self) -> str:
        """The device that decodes, or encodes where there is no decoder."""
        return self._halves()[-1].device

    @property
    def fell_back(self) -> str:
        """What the user should know of how it runs: another device or precision than wanted; else empty."""
        return next((half.fell_back for half in reversed(self._halves()) if half.fell_back), "")

    @property
    def facts(self) -> tuple[Fact, ...]:
        """Every finding with its source, and the device."""
        return (*self.plan.facts, Fact("Device", self.device, "trial run"))

    def encode(self, samples: Samples) -> tuple[Floats, Floats | None]:
        """Encode samples ``(N, *sample_shape)`` to the posterior mean and log-variance, ``(N, D) float32``.

        The log-variance is None for a plain autoencoder. Raises ``ExplorerError`` where there is no encoder
        or the model fails, and ``Cancelled`` after ``stop``.
        """
        return self._reading().encode(samples)

    def decode(self, latents: Floats, extras: Mapping[str, float] | None = None) -> Samples:
        """Decode ``(N, D) float32`` to samples ``(N, *sample_shape)``.

        ``extras`` are the values of the decoder's other inputs by name; those not named have their plan's.
        Raises ``ExplorerError`` where there is no decoder, the model fails, or draws something that is not a
        number, and ``Cancelled`` after ``stop``.
        """
        return self._drawing().decode(latents, extras)

    def decode_raw(
        self, latents: Floats, extras: Mapping[str, float] | None = None
    ) -> npt.NDArray[np.generic]:
        """The decoder's own output for ``(N, D)`` latents, in its own layout, range and type."""
        return self._drawing().decode_raw(latents, extras)

    def preview(
        self, latents: Floats, factor: int, extras: Mapping[str, float] | None = None
    ) -> Samples | None:
        """Samples of ``1 / factor`` of each side, quicker; None where the decoder gives none."""
        return self._drawing().preview(latents, factor, extras)

    def stop(self) -> None:
        """End what is being encoded and decoded; those who wait for it get ``Cancelled``."""
        for half in self._halves():
            half.stop()

    def _drawing(self) -> Decoder:
        if self._decoder is None:
            raise ExplorerError(
                f"{self.name} has no decoder, so it cannot draw; open its encoder and decoder together."
            )
        return self._decoder

    def _reading(self) -> Encoder:
        if self.plan.encoder is None:
            raise ExplorerError(
                f"{self.name} has no encoder and takes no pictures; open its encoder and decoder together."
            )
        with self._opening:
            if self._encoder is None:
                self._encoder = Encoder(self.plan.encoder, self._device, self._gate)
            return self._encoder

    def _halves(self) -> list[Encoder | Decoder]:
        return [half for half in (self._encoder, self._decoder) if half is not None]
