"""A convolutional autoencoder and a variational autoencoder of the same shape.

The variational one follows Kingma & Welling, "Auto-Encoding Variational Bayes", 2014
(https://arxiv.org/abs/1312.6114): the encoder gives the mean and log-variance of a diagonal normal
posterior, the prior is the standard normal. The plain one uses the mean alone as its code. A GAN's
generator is the same decoder, and the encoder trained for it the plain one, so that the three compare.

Shapes: N pictures, C channels, H×W pixels, D latent dimensions.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .config import ModelConfig

RESIDUAL_GRID = 16  # residual blocks on larger feature maps would cost most of the time for little


class Residual(nn.Module):
    """x + g · conv(act(conv(act(x)))), with the gain g starting at 0.

    Starting as the identity makes normalisation layers unnecessary (De & Smith, "Batch Normalization
    Biases Residual Blocks Towards the Identity Function", 2020).
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        self.gain = nn.Parameter(torch.zeros(()))
        self.act = nn.SiLU()

    def forward(self, x: Tensor) -> Tensor:
        """(N, K, h, w) → the same shape."""
        change: Tensor = self.second(self.act(self.first(self.act(x))))
        return x + self.gain * change


class Encoder(nn.Module):
    """image (N, C, H, W) in [0, 1] → mu (N, D) and logvar (N, D); a plain autoencoder has no logvar."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        widths, grids = config.widths, config.grids
        layers: list[nn.Module] = []
        before = config.channels
        for width, grid in zip(widths, grids, strict=True):
            layers.append(nn.Conv2d(before, width, 4, stride=2, padding=1))
            layers.append(Residual(width) if max(grid) <= RESIDUAL_GRID else nn.SiLU())
            before = width
        self.features = nn.Sequential(*layers, nn.SiLU(), nn.Flatten())
        self.hidden = nn.Sequential(nn.Linear(before * grids[-1][0] * grids[-1][1], config.hidden), nn.SiLU())
        self.mu = nn.Linear(config.hidden, config.latent_size)
        self.logvar = nn.Linear(config.hidden, config.latent_size) if config.kind == "vae" else None

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor | None]:
        """(N, C, H, W) → mu (N, D), logvar (N, D) or None."""
        hidden = self.hidden(self.features(image * 2 - 1))
        return self.mu(hidden), None if self.logvar is None else self.logvar(hidden)


class Decoder(nn.Module):
    """z (N, D) → image (N, C, H, W) in [0, 1]."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        widths, grids = config.widths[::-1], config.grids[::-1]
        after = [*widths[1:], config.channels]
        layers: list[nn.Module] = [
            nn.Linear(config.latent_size, config.hidden),
            nn.SiLU(),
            nn.Linear(config.hidden, widths[0] * grids[0][0] * grids[0][1]),
            nn.Unflatten(1, (widths[0], *grids[0])),
        ]
        for width, grid, out in zip(widths, grids, after, strict=True):
            if max(grid) <= RESIDUAL_GRID:
                layers.append(Residual(width))
            layers += [nn.SiLU(), nn.ConvTranspose2d(width, out, 4, stride=2, padding=1)]
        self.layers = nn.Sequential(*layers, nn.Sigmoid())

    def forward(self, z: Tensor) -> Tensor:
        """(N, D) → (N, C, H, W)."""
        image: Tensor = self.layers(z)
        return image


class Autoencoder(nn.Module):
    """Encoder and decoder together; ``config.kind`` says whether the code is variational."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.decoder: nn.Module = Decoder(config)

    def forward(
        self, image: Tensor, generator: torch.Generator | None = None
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """The reconstruction (N, C, H, W), mu (N, D) and logvar (N, D) or None.

        A variational model decodes a draw from the posterior, z = μ + σ·ε with ε from ``generator``.
        """
        mu, logvar = self.encoder(image)
        if logvar is None:
            return self.decoder(mu), mu, None
        noise = torch.randn(mu.shape, generator=generator).to(mu)  # drawn on the CPU: the same everywhere
        return self.decoder(mu + torch.exp(0.5 * logvar) * noise), mu, logvar

    def reconstruct(self, image: Tensor) -> Tensor:
        """Pictures decoded from the posterior means, with no noise."""
        picture: Tensor = self.decoder(self.encoder(image)[0])
        return picture
