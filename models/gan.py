"""The other player of a GAN, and the DCGAN's pair, which is kept as the unsteady specimen.

The generator of a "hinge" game is the autoencoder's decoder. Shapes as in ``autoencoder``.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .autoencoder import Autoencoder, Residual
from .config import ModelConfig, TrainConfig

SLOPE = 0.2
RESIDUAL_GRID = 8  # the critic works thrice a step; residual blocks on larger maps would cost most of that


class Critic(nn.Module):
    """image (N, C, H, W) in [0, 1] → scores (N,), higher for what looks real.

    Strided convolutions without normalisation, residual blocks on small maps, and the spread over the batch
    as one more feature map, by which a generator that repeats itself is seen (Karras et al., "Progressive
    Growing of GANs", 2018, section 3).
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = config.channels
        for width, grid in zip(config.widths, config.grids, strict=True):
            layers += [nn.Conv2d(before, width, 4, stride=2, padding=1), nn.LeakyReLU(SLOPE)]
            if max(grid) <= RESIDUAL_GRID:
                layers.append(Residual(width))
            before = width
        self.features = nn.Sequential(*layers)
        grid = config.grids[-1]
        self.scores = nn.Sequential(
            nn.Conv2d(before + 1, before, 3, padding=1),
            nn.LeakyReLU(SLOPE),
            nn.Flatten(),
            nn.Linear(before * grid[0] * grid[1], config.hidden),
            nn.LeakyReLU(SLOPE),
            nn.Linear(config.hidden, 1),
        )

    def forward(self, image: Tensor) -> Tensor:
        """(N, C, H, W) → (N,)."""
        found = self.features(image * 2 - 1)
        spread = torch.sqrt(found.float().var(0, unbiased=False) + 1e-8).mean()
        plane = spread.to(found.dtype).expand(len(found), 1, *found.shape[2:])
        scores: Tensor = self.scores(torch.cat([found, plane], 1))[:, 0]
        return scores


class DcganCritic(nn.Module):
    """Radford et al. 2016: strided convolutions, batch normalisation on all but the first, leaky ReLU."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = config.channels
        for width in config.widths:
            layers.append(nn.Conv2d(before, width, 4, stride=2, padding=1))
            layers += [nn.BatchNorm2d(width)] if before != config.channels else []
            layers.append(nn.LeakyReLU(SLOPE))
            before = width
        grid = config.grids[-1]
        self.layers = nn.Sequential(*layers, nn.Flatten(), nn.Linear(before * grid[0] * grid[1], 1))
        start_as_dcgan(self)

    def forward(self, image: Tensor) -> Tensor:
        """(N, C, H, W) → (N,)."""
        scores: Tensor = self.layers(image * 2 - 1)[:, 0]
        return scores


class DcganGenerator(nn.Module):
    """Radford et al. 2016: transposed convolutions, batch normalisation on all but the last, ReLU.

    z (N, D) → image (N, C, H, W) in [0, 1]: the paper's tanh, shifted.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        widths, grid = config.widths[::-1], config.grids[-1]
        layers: list[nn.Module] = [
            nn.Linear(config.latent_size, widths[0] * grid[0] * grid[1]),
            nn.Unflatten(1, (widths[0], *grid)),
        ]
        for width, after in zip(widths, [*widths[1:], config.channels], strict=True):
            layers += [nn.BatchNorm2d(width), nn.ReLU()]
            layers.append(nn.ConvTranspose2d(width, after, 4, stride=2, padding=1))
        self.layers = nn.Sequential(*layers, nn.Tanh())
        start_as_dcgan(self)

    def forward(self, z: Tensor) -> Tensor:
        """(N, D) → (N, C, H, W)."""
        image: Tensor = (self.layers(z) + 1) / 2
        return image


def start_as_dcgan(network: nn.Module) -> None:
    """Weights from N(0, 0.02²), as Radford et al. 2016 start them."""
    for part in network.modules():
        if isinstance(part, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.normal_(part.weight, 0, 0.02)


def make_model(config: TrainConfig) -> Autoencoder:
    """The networks that such a run keeps: an autoencoder, or a generator with its encoder."""
    model = Autoencoder(config.model)
    if config.model.kind == "gan" and config.game == "dcgan":
        model.decoder = DcganGenerator(config.model)
    return model
