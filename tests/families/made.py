"""Networks that follow the documented conventions of public models, small and true: what they lose is known.

Their weights are principal components, of whole pictures or of patches, so that the round trip holds without
training. Every network is written from its convention's description and exported by torch.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

WHOLE = 12
"""Components of whole pictures: elements of a flat latent."""


def components(rows: np.ndarray, size: int, mean: np.ndarray) -> tuple[Tensor, Tensor]:
    """Matrices from ``(N, M)`` rows less ``mean`` to whitened codes, ``(size, M)``, and back."""
    _, singular, axes = np.linalg.svd(rows - mean, full_matrices=False)
    scale = singular[:size, None] / np.sqrt(len(rows))
    into, back = axes[:size] / scale, (axes[:size] * scale).T
    return torch.tensor(into, dtype=torch.float32), torch.tensor(back, dtype=torch.float32)


def planes(pictures: np.ndarray) -> Tensor:
    """``uint8 (N, H, W, C)`` as ``float32 (N, C, H, W)`` on [0, 1]."""
    return torch.from_numpy(pictures.transpose(0, 3, 1, 2).astype(np.float32) / 255.0)


def pixels(unit: Tensor) -> np.ndarray:
    """``(N, C, H, W)`` on [0, 1] as ``uint8 (N, H, W, C)``, rounded half up."""
    values = np.floor(unit.detach().numpy().clip(0.0, 1.0) * 255.0 + 0.5)
    return values.astype(np.uint8).transpose(0, 2, 3, 1)


class Whole(nn.Module):
    """A linear autoencoder of whole pictures ``(N, C, H, W)`` on [0, 1]."""

    def __init__(self, pictures: np.ndarray, size: int = WHOLE) -> None:
        super().__init__()
        unit = planes(pictures)
        self.shape = unit.shape[1:]
        rows = unit.flatten(1).numpy()
        into, back = components(rows, size, rows.mean(axis=0))
        mean = torch.tensor(rows.mean(axis=0))
        self.into, self.back = nn.Linear(len(mean), size), nn.Linear(size, len(mean))
        with torch.no_grad():
            self.into.weight.copy_(into)
            self.into.bias.copy_(-into @ mean)
            self.back.weight.copy_(back)
            self.back.bias.copy_(mean)

    def encode(self, unit: Tensor) -> Tensor:
        return self.into(unit.flatten(1))

    def decode(self, z: Tensor) -> Tensor:
        return self.back(z).clamp(0.0, 1.0).view(-1, *self.shape)


class Patches(nn.Module):
    """A convolutional autoencoder of ``(N, C, H, W)`` on [0, 1]: a patch of 4×4 becomes ``size`` channels."""

    SIDE = 4

    def __init__(self, pictures: np.ndarray, size: int = 4) -> None:
        super().__init__()
        unit, side = planes(pictures), self.SIDE
        channels = unit.shape[1]
        patches = unit.unfold(2, side, side).unfold(3, side, side).permute(0, 2, 3, 1, 4, 5)
        rows = patches.reshape(-1, channels * side * side).numpy()[::7]
        # A transposed convolution has one bias for a channel, so patches differ from their channel's mean.
        tint = np.repeat(rows.reshape(len(rows), channels, -1).mean(axis=(0, 2)), side * side)
        into, back = components(rows, size, tint)
        self.into = nn.Conv2d(channels, size, side, side)
        self.back = nn.ConvTranspose2d(size, channels, side, side)
        with torch.no_grad():
            self.into.weight.copy_(into.view(self.into.weight.shape))
            self.into.bias.copy_(-into @ torch.tensor(tint, dtype=torch.float32))
            self.back.weight.copy_(back.T.reshape(self.back.weight.shape))
            self.back.bias.copy_(torch.tensor(tint[:: side * side], dtype=torch.float32))

    def encode(self, unit: Tensor) -> Tensor:
        return self.into(unit)

    def decode(self, z: Tensor) -> Tensor:
        return self.back(z).clamp(0.0, 1.0)


class Half(nn.Module):
    """One file: what it computes, given as a function of a network whose weights it carries."""

    def __init__(self, network: nn.Module, compute) -> None:
        super().__init__()
        self.network, self.compute = network, compute

    def forward(self, *inputs: Tensor):
        return self.compute(self.network, *inputs)


def write(
    path: Path,
    half: nn.Module,
    example: Sequence[Tensor],
    inputs: Sequence[str],
    outputs: Sequence[str],
    free: dict[str, dict[int, str]] | None = None,
    *,
    modern: bool = False,
) -> Path:
    """Export one half; ``free`` names the free axes of each port, by default the batch of all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = half.eval()
    ports = free if free is not None else {name: {0: "N"} for name in (*inputs, *outputs)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # both exporters announce their own changes
        if modern:
            axes = tuple(dict.fromkeys(ports.get(name, {}), torch.export.Dim.DYNAMIC) for name in inputs)
            torch.onnx.export(
                half,
                tuple(example),
                path,
                dynamo=True,
                dynamic_shapes=(axes,),
                external_data=False,
                verbose=False,
            )
        else:
            torch.onnx.export(
                half, tuple(example), path, dynamo=False, opset_version=17, input_names=list(inputs),
                output_names=list(outputs), dynamic_axes=ports,
            )  # fmt: skip
    return path
