from __future__ import annotations

import pytest
import torch

from models.autoencoder import Autoencoder
from models.config import Kind, ModelConfig, TrainConfig


def small(kind: Kind = "vae", height: int = 28, width: int = 28, channels: int = 1) -> ModelConfig:
    return ModelConfig(kind, height, width, channels, latent_size=5, features=4, hidden=16)


@pytest.mark.parametrize("kind", ["vae", "ae"])
@pytest.mark.parametrize(
    ("height", "width", "channels"), [(28, 28, 1), (48, 48, 3), (64, 32, 3), (12, 12, 1)]
)
def test_shapes_and_range(kind: Kind, height: int, width: int, channels: int) -> None:
    model = Autoencoder(small(kind, height, width, channels))
    image = torch.rand(3, channels, height, width)
    again, mu, logvar = model(image, torch.Generator().manual_seed(0))
    assert again.shape == image.shape
    assert mu.shape == (3, 5)
    assert (logvar is None) == (kind == "ae")
    wild = model.decoder(100 * torch.randn(8, 5))
    assert 0 <= wild.min() <= wild.max() <= 1


def test_posterior_noise_comes_from_the_generator_alone() -> None:
    model = Autoencoder(small())
    image = torch.rand(2, 1, 28, 28)
    first, again, other = (model(image, torch.Generator().manual_seed(seed))[0] for seed in (7, 7, 8))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(model.reconstruct(image), model.decoder(model.encoder(image)[0]))


def test_plain_and_variational_have_the_same_shape() -> None:
    plain, variational = (Autoencoder(small(kind)).state_dict() for kind in ("ae", "vae"))
    extra = {name for name in variational if name not in plain}
    assert extra == {"encoder.logvar.weight", "encoder.logvar.bias"}
    assert all(variational[name].shape == value.shape for name, value in plain.items())


def test_every_parameter_learns() -> None:
    model = Autoencoder(small())
    for name, parameter in model.named_parameters():
        if name.endswith("gain"):
            torch.nn.init.ones_(parameter)  # blocks start as the identity, which stops the gradient inside
    again, mu, logvar = model(torch.rand(4, 1, 28, 28))
    (again.square().sum() + mu.sum() + logvar.sum()).backward()
    assert [
        name for name, value in model.named_parameters() if value.grad is None or not value.grad.any()
    ] == []


def test_state_dict_round_trip() -> None:
    model, other = Autoencoder(small()), Autoencoder(small())
    other.load_state_dict(model.state_dict())
    image = torch.rand(2, 1, 28, 28)
    assert torch.equal(model.reconstruct(image), other.reconstruct(image))


def test_configuration_survives_plain_values() -> None:
    config = TrainConfig(small("ae", 64, 32, 3), epochs=3, variance=0.5, flip=True)
    assert TrainConfig.from_dict(config.to_dict()) == config


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"height": 27}, "28, 48 or 64"),
        ({"channels": 4}, "1 .grey. or 3"),
        ({"latent_size": 0}, "latent_size"),
    ],
)
def test_impossible_shapes_say_what_would_work(change: dict[str, int], words: str) -> None:
    values = {"height": 28, "width": 28, "channels": 1, "latent_size": 4} | change
    with pytest.raises(ValueError, match=words):
        ModelConfig("vae", **values)
