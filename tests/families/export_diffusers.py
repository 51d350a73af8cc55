"""Run with a folder of packages, a file of pictures and a folder to fill: autoencoders of diffusers.

Each is small, and trained on the bundled faces, at half their size, just long enough that the halves are seen
to belong together.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn.functional import mse_loss

STEPS = 120
SIDE = 24


class Encode(nn.Module):
    """The posterior's parameters (``AutoencoderKL``) or the latents (``AutoencoderTiny``)."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, sample: torch.Tensor) -> torch.Tensor:
        encoded = self.model.encode(sample)
        return encoded.latents if hasattr(encoded, "latents") else encoded.latent_dist.parameters


class Decode(nn.Module):
    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, latent_sample: torch.Tensor) -> torch.Tensor:
        return self.model.decode(latent_sample).sample


def latent_of(encoded: torch.Tensor, channels: int) -> torch.Tensor:
    mean = encoded[:, :channels]
    if encoded.shape[1] == channels:
        return mean
    logvar = encoded[:, channels:].clamp(-30, 20)
    return mean + torch.randn_like(mean) * torch.exp(0.5 * logvar)


def train(model: nn.Module, faces: torch.Tensor, channels: int) -> None:
    encode, decode = Encode(model), Decode(model)
    optimiser = torch.optim.Adam(model.parameters(), 2e-3)
    for _ in range(STEPS):
        batch = faces[torch.randint(len(faces), (16,))]
        encoded = encode(batch)
        drawn = decode(latent_of(encoded, channels))
        loss = mse_loss(drawn, batch)
        if encoded.shape[1] > channels:
            mean, logvar = encoded.chunk(2, 1)
            loss = loss + 1e-4 * (mean.square() + logvar.exp() - 1 - logvar).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()


def export(model: nn.Module, folder: Path, encoded: str) -> None:
    """Two folders with a model and its configuration each, as the library's exporter lays them out."""
    model.eval()
    picture = torch.rand(1, 3, SIDE, SIDE)
    with torch.no_grad():
        latent = Encode(model)(picture)[:, : model.config.latent_channels]
    for part, half, example, names in (
        ("vae_encoder", Encode(model), picture, ("sample", encoded)),
        ("vae_decoder", Decode(model), latent, ("latent_sample", "sample")),
    ):
        place = folder / part
        place.mkdir(parents=True)
        model.save_config(place)
        axes = {name: {0: "batch", 2: f"{name}_height", 3: f"{name}_width"} for name in names}
        torch.onnx.export(
            half, (example,), place / "model.onnx", dynamo=False, opset_version=17,
            input_names=names[:1], output_names=names[1:], dynamic_axes=axes,
        )  # fmt: skip


def main(packages: str, pictures: str, out: str) -> None:
    sys.path.append(packages)
    from diffusers import AutoencoderKL, AutoencoderTiny

    torch.manual_seed(0)
    images = np.load(pictures, allow_pickle=False)["images"][:500, ::2, ::2]
    faces = torch.from_numpy(images.transpose(0, 3, 1, 2).astype(np.float32) / 127.5 - 1.0)
    down, up = ("DownEncoderBlock2D",) * 3, ("UpDecoderBlock2D",) * 3
    kl = AutoencoderKL(
        down_block_types=down, up_block_types=up, block_out_channels=(16, 16, 32), layers_per_block=1,
        latent_channels=4, norm_num_groups=8, sample_size=SIDE,
    )  # fmt: skip
    widths, blocks = (24, 24, 24), (1, 1, 1)
    tiny = AutoencoderTiny(
        encoder_block_out_channels=widths, decoder_block_out_channels=widths,
        num_encoder_blocks=blocks, num_decoder_blocks=blocks,
    )  # fmt: skip
    for name, model, encoded in (("kl", kl, "latent_parameters"), ("tiny", tiny, "latent")):
        train(model, faces, 4)
        export(model, Path(out) / name, encoded)


if __name__ == "__main__":
    main(*sys.argv[1:])
