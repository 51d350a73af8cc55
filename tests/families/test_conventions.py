"""Every family of public models, built from its convention, opens without a question and draws the truth."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from explorer.core.errors import ExplorerError
from explorer.core.model_pair import ModelPair
from explorer.core.samples import mean_squared_error
from tests.families.made import WHOLE, Half, Patches, Whole, pixels, planes, write

NARROW = -5.0
"""The log-variance of the posterior in all of these."""


@dataclass(frozen=True)
class Expected:
    """What must be found, and the network that the files were made from."""

    paths: Path
    kind: str
    latent: tuple[int, ...]
    network: nn.Module
    pictures: np.ndarray
    low: float = 0.0
    high: float = 1.0


@pytest.fixture(scope="module")
def grey(fashion_pictures) -> np.ndarray:
    return fashion_pictures


@pytest.fixture(scope="module")
def colour(faces_bundle) -> np.ndarray:
    with np.load(faces_bundle / "faces.npz", allow_pickle=False) as data:
        return np.ascontiguousarray(data["images"][:200, 8:56, 8:56])  # 48 × 48


@pytest.fixture(scope="module")
def whole(grey) -> Whole:
    return Whole(grey)


@pytest.fixture(scope="module")
def patches(colour) -> Patches:
    return Patches(colour)


def opened(expected: Expected) -> ModelPair:
    """The open pair, after the tests that hold for every family."""
    pair = ModelPair.open(expected.paths, "cpu")
    assert (pair.kind, pair.latent_shape) == (expected.kind, expected.latent)
    assert (pair.image.low, pair.image.high) == (expected.low, expected.high)
    assert pair.image.picture_shape == expected.pictures.shape[1:]
    assert pair.self_test.passed is True
    shown = expected.pictures[:20]
    codes, spread = pair.encode(shown)
    with torch.no_grad():
        truth = expected.network.encode(planes(shown))
        drawn = pixels(expected.network.decode(truth))
    assert np.allclose(codes, truth.flatten(1).numpy(), atol=1e-3)
    assert (spread is not None) == (expected.kind == "VAE")
    if spread is not None:
        assert np.allclose(spread, NARROW, atol=1e-3)
    assert np.abs(pair.decode(codes).astype(int) - drawn).max() <= 1
    baseline = float(np.var(shown / 255.0, axis=0).mean())
    assert mean_squared_error(pair.decode(codes), shown) < baseline
    return pair


def logvar_like(z):
    return z * 0.0 + NARROW


def test_the_framework_s_own_example(tmp_path, whole, grey):
    """Flat pictures, mean and log-variance, a sigmoid at the end; the picture's shape has to be inferred."""
    encoder = Half(whole, lambda net, x: ((z := net.into(x)), logvar_like(z)))
    decoder = Half(whole, lambda net, z: torch.sigmoid(torch.logit(net.back(z).clamp(1e-6, 1 - 1e-6))))
    write(tmp_path / "encoder.onnx", encoder, [torch.rand(2, 784)], ["x"], ["mu", "logvar"])
    write(tmp_path / "decoder.onnx", decoder, [torch.rand(2, WHOLE)], ["z"], ["recon"])
    pair = opened(Expected(tmp_path, "VAE", (WHOLE,), whole, grey))
    assert pair.image.layout == "flat"


def test_a_library_that_returns_dictionaries(tmp_path, whole, grey):
    """The log-covariance comes first, and the reconstruction has a name of its own."""
    encoder = Half(whole, lambda net, x: (logvar_like(z := net.encode(x)), z))
    write(tmp_path / "a.onnx", encoder, [torch.rand(2, 1, 28, 28)], ["data"], ["log_covariance", "embedding"])
    decoder = Half(whole, lambda net, z: net.decode(z))
    write(tmp_path / "b.onnx", decoder, [torch.rand(2, WHOLE)], ["z"], ["reconstruction"])
    opened(Expected(tmp_path, "VAE", (WHOLE,), whole, grey))


def test_channels_last_with_a_random_third_output(tmp_path, whole, grey):
    """As converted from Keras: mean, log-variance, and a sample that changes from run to run."""

    def encode(net, x):
        z = net.encode(x.permute(0, 3, 1, 2))
        return z, logvar_like(z), z + torch.randn_like(z) * float(np.exp(NARROW / 2))

    names = ["z_mean", "z_log_var", "z"]
    write(tmp_path / "encoder.onnx", Half(whole, encode), [torch.rand(2, 28, 28, 1)], ["input_1"], names)
    decoder = Half(whole, lambda net, z: net.decode(z).permute(0, 2, 3, 1))
    write(tmp_path / "decoder.onnx", decoder, [torch.rand(2, WHOLE)], ["input_2"], ["conv2d_transpose_3"])
    pair = opened(Expected(tmp_path, "VAE", (WHOLE,), whole, grey))
    assert pair.image.layout == "NHWC"


@pytest.mark.slow  # for the exporter, not for what is opened
def test_names_that_mean_nothing(tmp_path, whole, grey):
    """As a tracing exporter leaves them; the log-variance comes first."""
    encoder = Half(whole, lambda net, x: (logvar_like(z := net.encode(x)), z))
    write(tmp_path / "m1.onnx", encoder, [torch.rand(2, 1, 28, 28)], ["l_x_"], ["add", "div"], modern=True)
    decoder = Half(whole, lambda net, z: net.decode(z))
    write(tmp_path / "m2.onnx", decoder, [torch.rand(2, WHOLE)], ["getitem_15"], ["clamp"], modern=True)
    opened(Expected(tmp_path, "VAE", (WHOLE,), whole, grey))


def spatial_ports(inputs: list[str], outputs: list[str]) -> dict[str, dict[int, str]]:
    return {name: {0: "batch", 2: f"{name}_height", 3: f"{name}_width"} for name in (*inputs, *outputs)}


def diffusion_decoder(path: Path, patches: Patches) -> None:
    ports = ["latent_sample"], ["sample"]
    decoder = Half(patches, lambda net, z: net.decode(z) * 2.0 - 1.0)
    write(path, decoder, [torch.rand(1, 4, 12, 12)], *ports, spatial_ports(*ports))


def test_a_diffusion_model_s_vae_as_exported_today(tmp_path, patches, colour):
    """Mean and log-variance in one output of twice the channels; pixels on [-1, 1]; free sizes."""

    def encode(net, x):
        z = net.encode((x + 1.0) / 2.0)
        return torch.cat([z, logvar_like(z)], 1)

    ports = ["sample"], ["latent_parameters"]
    path = tmp_path / "vae_encoder" / "model.onnx"
    write(path, Half(patches, encode), [torch.rand(1, 3, 48, 48)], *ports, spatial_ports(*ports))
    diffusion_decoder(tmp_path / "vae_decoder" / "model.onnx", patches)
    config = {"_class_name": "AutoencoderKL", "latent_channels": 4, "in_channels": 3, "sample_size": 48}
    for folder in ("vae_encoder", "vae_decoder"):
        (tmp_path / folder / "config.json").write_text(json.dumps(config))
    opened(Expected(tmp_path, "VAE", (4, 12, 12), patches, colour, -1.0, 1.0))


def test_a_diffusion_model_s_vae_as_exported_before(tmp_path, patches, colour):
    """The encoder draws its sample inside, so that only about its mean can be told."""

    def encode(net, x):
        z = net.encode((x + 1.0) / 2.0)
        return z + torch.randn_like(z) * float(np.exp(NARROW / 2))

    ports = ["sample"], ["latent_sample"]
    path = tmp_path / "vae_encoder" / "model.onnx"
    write(path, Half(patches, encode), [torch.rand(1, 3, 48, 48)], *ports, spatial_ports(*ports))
    diffusion_decoder(tmp_path / "vae_decoder" / "model.onnx", patches)
    for folder in ("vae_encoder", "vae_decoder"):
        (tmp_path / folder / "config.json").write_text(json.dumps({"sample_size": 48}))
    pair = ModelPair.open(tmp_path, "cpu")
    assert (pair.latent_shape, pair.image.low, pair.image.high) == ((4, 12, 12), -1.0, 1.0)
    assert pair.self_test.passed is True
    codes, _ = pair.encode(colour[:8])
    with torch.no_grad():
        truth = patches.encode(planes(colour[:8])).flatten(1).numpy()
    assert np.abs(codes - truth).mean() < float(np.exp(NARROW / 2))
    assert any("random" in fact.value.lower() or "noise" in fact.value.lower() for fact in pair.facts)


def test_a_tiny_autoencoder(tmp_path, patches, colour):
    """Pixels on [0, 1], latents held within ±3 by the decoder, sizes free."""
    ports = ["image"], ["latent"]
    encoder = Half(patches, lambda net, x: net.encode(x))
    write(tmp_path / "encoder.onnx", encoder, [torch.rand(1, 3, 64, 64)], *ports, spatial_ports(*ports))

    class Clamped(nn.Module):
        def encode(self, x):
            return patches.encode(x)

        def decode(self, z):
            return patches.decode(torch.tanh(z / 3.0) * 3.0)

    ports = ["latent"], ["image"]
    decoder = Half(patches, lambda net, z: net.decode(torch.tanh(z / 3.0) * 3.0))
    write(tmp_path / "decoder.onnx", decoder, [torch.rand(1, 4, 16, 16)], *ports, spatial_ports(*ports))
    (tmp_path / "config.json").write_text(json.dumps({"sample_size": 48}))
    opened(Expected(tmp_path, "AE", (4, 12, 12), Clamped(), colour))


def test_a_demo_with_a_fixed_batch(tmp_path, whole, grey):
    encoder = Half(whole, lambda net, x: net.encode(x))
    write(tmp_path / "encoder.onnx", encoder, [torch.rand(3, 1, 28, 28)], ["x"], ["y"], {})
    decoder = Half(whole, lambda net, z: net.decode(z))
    write(tmp_path / "decoder.onnx", decoder, [torch.rand(3, WHOLE)], ["x"], ["y"], {})
    opened(Expected(tmp_path, "AE", (WHOLE,), whole, grey))


def test_a_flat_row_with_logits_behind_the_pixels(tmp_path, whole, grey):
    encoder = Half(whole, lambda net, x: net.into(x))
    write(tmp_path / "encoder.onnx", encoder, [torch.rand(2, 784)], ["x"], ["y"])
    decoder = Half(whole, lambda net, z: torch.cat([net.decode(z).flatten(1), z[:, :10] * 9.0], 1))
    write(tmp_path / "decoder.onnx", decoder, [torch.rand(2, WHOLE)], ["x"], ["y"])
    opened(Expected(tmp_path, "AE", (WHOLE,), whole, grey))


def draws(pair: ModelPair, latents: torch.Tensor, truth: np.ndarray) -> None:
    drawn = pair.decode(latents.flatten(1).numpy())
    assert drawn.shape == truth.shape
    assert np.abs(drawn.astype(int) - truth).max() <= 1


def test_a_demo_that_gives_one_picture_of_bytes(tmp_path, patches):
    """No batch axis, pixels as bytes, and nothing may be scaled twice."""
    decoder = Half(patches, lambda net, z: (net.decode(z)[0] * 255.0 + 0.5).to(torch.uint8).permute(1, 2, 0))
    write(tmp_path / "model.onnx", decoder, [torch.rand(1, 4, 12, 12)], ["z"], ["canvas"], {})
    pair = ModelPair.open(tmp_path, "cpu")
    assert (pair.kind, pair.latent_shape, pair.image.layout) == ("Generator", (4, 12, 12), "HWC")
    latents = torch.randn(3, 4, 12, 12, generator=torch.manual_seed(0))
    with torch.no_grad():
        draws(pair, latents, pixels(patches.decode(latents)))


class Generator(nn.Module):
    """From 100×1×1 by transposed convolutions to 3×32×32, a hyperbolic tangent at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.ConvTranspose2d(100, 32, 4, 1, 0, bias=False), nn.BatchNorm2d(32), nn.ReLU(),
            nn.ConvTranspose2d(32, 16, 4, 2, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(),
            nn.ConvTranspose2d(16, 8, 4, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU(),
            nn.ConvTranspose2d(8, 3, 4, 2, 1), nn.Tanh(),
        )  # fmt: skip

    def forward(self, z):
        return self.layers(z)


def test_a_convolutional_generator(tmp_path):
    torch.manual_seed(0)
    network = Generator().eval()
    path = write(tmp_path / "generator.onnx", network, [torch.rand(2, 100, 1, 1)], ["input"], ["output"])
    pair = ModelPair.open(path, "cpu")
    assert (pair.kind, pair.latent_shape, pair.prior) == ("Generator", (100, 1, 1), "normal")
    assert (pair.image.low, pair.image.high) == (-1.0, 1.0)
    assert pair.encoder_path is None
    latents = torch.randn(5, 100, 1, 1)
    with torch.no_grad():
        draws(pair, latents, pixels((network(latents) + 1.0) / 2.0))


class Styled(nn.Module):
    """Mapping and synthesis: a latent, a truncation, a one-hot label, noise for a layer, and a switch."""

    def __init__(self) -> None:
        super().__init__()
        self.mapping = nn.Sequential(nn.Linear(64 + 10, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64))
        self.centre = nn.Parameter(torch.randn(64))
        self.start, self.up = nn.Linear(64, 16 * 4 * 6), nn.ConvTranspose2d(16, 8, 4, 4)
        self.draw = nn.Conv2d(8, 3, 3, 1, 1)

    def forward(self, z, truncation, label, noise, mirrored):
        w = self.mapping(torch.cat([z, label], 1))
        w = self.centre + (w - self.centre) * truncation
        h = self.up(self.start(w).view(-1, 16, 4, 6)) + noise * 0.01
        drawn = torch.tanh(self.draw(h) * 12.0)
        return torch.where(mirrored, drawn.flip(3), drawn)


def test_a_generator_with_further_inputs(tmp_path):
    """Wider than high, as some are; every further input has a value, and those the user gives are used."""
    torch.manual_seed(0)
    network = Styled().eval()
    names = ["z", "truncation", "label", "noise", "mirrored"]
    example = [
        torch.rand(2, 64),
        torch.tensor([0.5]),
        torch.eye(10)[:2],
        torch.zeros(1, 8, 16, 24),
        torch.tensor(False),
    ]
    free = {name: {0: "N"} for name in ("z", "label", "image")}
    path = write(tmp_path / "generator.onnx", network, example, names, ["image"], free)
    pair = ModelPair.open(path, "cpu")
    assert (pair.kind, pair.latent_shape, pair.image.picture_shape) == ("Generator", (64,), (16, 24, 3))
    kinds = {extra.name: (extra.kind, extra.value) for extra in pair.plan.decoder.extras}
    assert kinds["truncation"] == ("amount", pytest.approx(0.7))
    assert kinds["label"] == ("label", 0)
    assert kinds["mirrored"] == ("switch", 0)
    assert kinds["noise"][0] == "noise"
    given = {"truncation": 0.3, "label": 4.0, "mirrored": 1.0}
    latents = torch.randn(3, 64)
    drawn = pair.decode(latents.numpy(), given)
    assert np.array_equal(drawn, pair.decode(latents.numpy(), given))
    assert not np.array_equal(drawn, pair.decode(latents.numpy()))
    with torch.no_grad():
        label = torch.eye(10)[[4, 4, 4]]
        truth = network(latents, torch.tensor([0.3]), label, torch.zeros(1, 8, 16, 24), torch.tensor(True))
    # The noise is the one thing that is drawn at random; it weighs a hundredth.
    assert np.abs(drawn / 255.0 - pixels((truth + 1.0) / 2.0) / 255.0).mean() < 0.05


def test_latents_on_a_sphere(tmp_path, grey):
    """Unit vectors and a number beside them."""
    network = Whole(grey, 3)

    def encode(net, x):
        z = net.encode(x)
        length = z.norm(dim=1, keepdim=True)
        return z / length, length

    names = ["direction", "kappa"]
    write(tmp_path / "encoder.onnx", Half(network, encode), [torch.rand(2, 1, 28, 28)], ["x"], names)
    decoder = Half(network, lambda net, z: net.decode(z * 1.6))
    write(tmp_path / "decoder.onnx", decoder, [torch.rand(2, 3)], ["z"], ["y"])
    pair = ModelPair.open(tmp_path, "cpu")
    assert (pair.latent_shape, pair.prior) == ((3,), "sphere")
    codes, _ = pair.encode(grey[:20])
    assert np.allclose(np.linalg.norm(codes, axis=1), 1.0, atol=1e-4)
    with torch.no_grad():
        draws(pair, torch.from_numpy(codes), pixels(network.decode(torch.from_numpy(codes) * 1.6)))


class Noisy(nn.Module):
    """A whole VAE in one file: reconstruction, mean, log-variance; the latent is drawn inside."""

    def __init__(self, network: Whole) -> None:
        super().__init__()
        self.network = network

    def forward(self, x):
        mean = self.network.encode(x)
        logvar = logvar_like(mean)
        z = mean + torch.randn_like(mean) * torch.exp(0.5 * logvar)
        return self.network.decode(z), mean, logvar


def test_a_whole_autoencoder_in_one_file(tmp_path, whole, patches, grey, colour):
    path = write(
        tmp_path / "vae.onnx", Noisy(whole), [torch.rand(2, 1, 28, 28)], ["x"], ["recon", "mean", "logvar"]
    )
    opened(Expected(path, "VAE", (WHOLE,), whole, grey))
    plain = Half(patches, lambda net, x: net.decode(net.encode(x)))
    path = write(tmp_path / "plain" / "ae.onnx", plain, [torch.rand(2, 3, 48, 48)], ["x"], ["y"])
    opened(Expected(path, "AE", (4, 12, 12), patches, colour))


class Quantised(nn.Module):
    """The nearest of 32 codes at every place."""

    def __init__(self, patches: Patches) -> None:
        super().__init__()
        self.patches, self.codes = patches, nn.Parameter(torch.randn(32, 4))

    def forward(self, x):
        z = self.patches.encode(x).permute(0, 2, 3, 1)
        distances = (z[..., None, :] - self.codes).pow(2).sum(-1)
        return distances.argmin(-1)


class Looked(nn.Module):
    """Pictures from code numbers."""

    def __init__(self, patches: Patches) -> None:
        super().__init__()
        self.patches, self.codes = patches, nn.Parameter(torch.randn(32, 4))

    def forward(self, indices):
        return self.patches.decode(self.codes[indices].permute(0, 3, 1, 2))


def test_discrete_codes_are_refused(tmp_path, patches):
    encoder = write(
        tmp_path / "encoder.onnx", Quantised(patches), [torch.rand(2, 3, 48, 48)], ["x"], ["codes"]
    )
    indices = torch.zeros(2, 12, 12, dtype=torch.int64)
    decoder = write(tmp_path / "decoder.onnx", Looked(patches), [indices], ["codes"], ["x"])
    for paths in (tmp_path, encoder, decoder):
        with pytest.raises(ExplorerError, match="discrete latents"):
            ModelPair.open(paths, "cpu")
