"""What a run looks like: sheets of pictures, as PNG files."""

from __future__ import annotations

import os
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from .autoencoder import Autoencoder

COLUMNS = 16
GAP = 6


def stack(blocks: list[Tensor], gap: int = GAP, scale: int = 2) -> Image.Image:
    """Blocks of pictures (N, C, H, W), N a multiple of 16, under each other, ``scale`` times as large."""
    parts = []
    for block in blocks:
        count, channels, height, width = block.shape
        grid = block.reshape(count // COLUMNS, COLUMNS, channels, height, width).permute(0, 3, 1, 4, 2)
        pixels = grid.reshape(-1, COLUMNS * width, channels).expand(-1, -1, 3)
        parts += [pixels, torch.full((gap, COLUMNS * width, 3), 0.5)]
    joined = (torch.cat(parts[:-1]) * 255).round().clamp(0, 255).to(torch.uint8).numpy()
    picture = Image.fromarray(joined if blocks[0].shape[1] == 3 else joined[..., 0])
    if scale == 1:
        return picture
    return picture.resize((picture.width * scale, picture.height * scale), Image.Resampling.BICUBIC)


@torch.no_grad()
def encode(model: Autoencoder, pictures: Tensor) -> Tensor:
    """Codes (N, D), for a variational model posterior means, of pictures (N, C, H, W) in [0, 1]."""
    return torch.cat([model.encoder(rows)[0] for rows in torch.split(pictures, 500)])


@torch.no_grad()
def decode(model: Autoencoder, codes: Tensor) -> Tensor:
    """Pictures (N, C, H, W) in [0, 1] of latents (N, D)."""
    return torch.cat([model.decoder(rows) for rows in torch.split(codes, 500)])


def prior_draws(model: Autoencoder, count: int, seed: int) -> Tensor:
    """Draws (count, D) of N(0, I), always the same for a seed."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, model.config.latent_size, generator=generator)


def code_draws(codes: Tensor, count: int, seed: int) -> Tensor:
    """Draws (count, D) of one normal distribution with the codes' mean and covariance.

    For a plain autoencoder, whose codes follow no prior.
    """
    centred = (codes - codes.mean(0)).double()
    covariance = centred.T @ centred / max(1, len(codes) - 1)
    factor = torch.linalg.cholesky(covariance + 1e-6 * torch.eye(codes.shape[1], dtype=torch.float64))
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randn(count, codes.shape[1], generator=generator, dtype=torch.float64)
    found: Tensor = (drawn @ factor.T).float() + codes.mean(0)
    return found


def save_png(picture: Image.Image, path: Path) -> None:
    """Write a picture; a reader never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.unfinished")
    try:
        picture.save(beside, "PNG")
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
