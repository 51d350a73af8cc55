"""Run with a folder of packages, a file of pictures and a folder to fill: models of pythae, trained."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

STEPS = 120


class Encode(nn.Module):
    """What the library's encoder returns, in the order of the names in ``outputs``."""

    def __init__(self, model: nn.Module, outputs: tuple[str, ...]) -> None:
        super().__init__()
        self.model, self.outputs = model, outputs

    def forward(self, data: torch.Tensor) -> tuple[torch.Tensor, ...]:
        answer = self.model.encoder(data)
        if "log_concentration" in answer:  # the model itself brings its means onto the sphere
            answer["embedding"] = nn.functional.normalize(answer["embedding"], dim=-1)
        return tuple(answer[name] for name in self.outputs)


class Decode(nn.Module):
    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return self.model.decoder(z)["reconstruction"]


def main(packages: str, pictures: str, out: str) -> None:
    sys.path.append(packages)
    from pythae.models import AE, SVAE, VAE, AEConfig, SVAEConfig, VAEConfig

    torch.manual_seed(0)
    images = np.load(pictures, allow_pickle=False)["images"].reshape(-1, 1, 28, 28)[:2000]
    data = torch.from_numpy(images.astype(np.float32) / 255.0)
    shape = (1, 28, 28)
    models = {
        "ae": (AE(AEConfig(input_dim=shape, latent_dim=8)), ("embedding",)),
        "vae": (VAE(VAEConfig(input_dim=shape, latent_dim=8)), ("log_covariance", "embedding")),
        "svae": (SVAE(SVAEConfig(input_dim=shape, latent_dim=4)), ("embedding", "log_concentration")),
    }
    for name, (model, outputs) in models.items():
        optimiser = torch.optim.Adam(model.parameters(), 1e-3)
        for _ in range(STEPS):
            loss = model({"data": data[torch.randint(len(data), (64,))]})["loss"]
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        model.eval()
        folder = Path(out) / name
        folder.mkdir()
        for half, network, example, names in (
            ("encoder", Encode(model, outputs), data[:2], ("data", *outputs)),
            ("decoder", Decode(model), torch.rand(2, model.latent_dim), ("z", "reconstruction")),
        ):
            torch.onnx.export(
                network, (example,), folder / f"{half}.onnx", dynamo=False, opset_version=17,
                input_names=names[:1], output_names=names[1:], dynamic_axes={n: {0: "N"} for n in names},
            )  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
