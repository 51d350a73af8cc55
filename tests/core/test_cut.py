"""Whole autoencoders, as torch's two exporters write them, are cut where they can be."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from explorer.core.detection.cut import cut
from explorer.core.detection.refusals import check, load
from explorer.core.errors import ExplorerError

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::torch.jit.TracerWarning")


# The second one takes more than a second for each network.
EXPORTERS = pytest.mark.parametrize(
    "modern", [pytest.param(False, id="tracing"), pytest.param(True, id="dynamo", marks=pytest.mark.slow)]
)


class Plain(nn.Module):
    """Convolutions down to 2×H/8×W/8 and up again."""

    def __init__(self) -> None:
        super().__init__()
        self.encode = nn.Sequential(
            nn.Conv2d(3, 8, 3, 2, 1),
            nn.ReLU(),
            nn.Conv2d(8, 16, 3, 2, 1),
            nn.ReLU(),
            nn.Conv2d(16, 2, 3, 2, 1),
        )
        self.decode = nn.Sequential(
            nn.ConvTranspose2d(2, 16, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(16, 8, 4, 2, 1), nn.ReLU(),
            nn.ConvTranspose2d(8, 3, 4, 2, 1), nn.Sigmoid(),
        )  # fmt: skip

    def forward(self, x):
        return self.decode(self.encode(x))


class ToInputSize(Plain):
    """The decoder resizes to the size of the picture, which it learns behind the bottleneck's back."""

    def forward(self, x):
        return nn.functional.interpolate(self.encode(x), size=x.shape[2:])[:, [0, 1, 0]]


class Reshaping(nn.Module):
    """Through 10 numbers, reshaped by sizes that were read from the picture."""

    def __init__(self) -> None:
        super().__init__()
        self.down, self.up = nn.Conv2d(1, 8, 4, 4), nn.ConvTranspose2d(8, 1, 4, 4)
        self.into, self.back = nn.Linear(8 * 49, 10), nn.Linear(10, 8 * 49)

    def forward(self, x):
        h = torch.relu(self.down(x))
        z = self.into(h.flatten(1))
        return torch.tanh(self.up(self.back(z).view(x.size(0), 8, x.size(2) // 4, x.size(3) // 4)))


class Variational(nn.Module):
    """Draws its latent at random; gives reconstruction, picture, mean and log-variance."""

    def __init__(self, spread: str = "logvar") -> None:
        super().__init__()
        self.into, self.back = nn.Linear(784, 60), nn.Linear(60, 784)
        self.mean, self.width, self.from_latent = nn.Linear(60, 6), nn.Linear(60, 6), nn.Linear(6, 60)
        self.spread = spread

    def forward(self, x):
        h = torch.relu(self.into(x.flatten(1)))
        mean, width = self.mean(h), self.width(h)
        sigma = {
            "logvar": lambda: torch.exp(0.5 * width),
            "halved": lambda: torch.exp(width / 2),
            "root": lambda: torch.sqrt(torch.exp(width)),
            "std": lambda: nn.functional.softplus(width),
        }[self.spread]()
        z = mean + torch.randn_like(sigma) * sigma
        drawn = torch.sigmoid(self.back(torch.relu(self.from_latent(z)))).view(-1, 1, 28, 28)
        return drawn, x * 1.0, mean, width


class Skipping(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.down, self.up = nn.Conv2d(1, 1, 4, 4), nn.ConvTranspose2d(1, 1, 4, 4)

    def forward(self, x):
        return self.up(self.down(x)) + x


class Wide(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(1, 8, 3, 1, 1), nn.Conv2d(8, 1, 3, 1, 1)

    def forward(self, x):
        return self.second(torch.relu(self.first(x)))


class Enlarging(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(1, 1, 4, 2, 1)

    def forward(self, x):
        return self.up(x)


class Counting(nn.Module):
    """Grey from colour: pictures of another kind than it takes."""

    def __init__(self) -> None:
        super().__init__()
        self.mix = nn.Conv2d(3, 1, 3, 1, 1)

    def forward(self, x):
        return self.mix(x)


GREY, COLOUR = (2, 1, 28, 28), (2, 3, 32, 32)


def export(path: Path, network: nn.Module, shape, free=(0,), modern: bool = False) -> Path:
    torch.manual_seed(0)
    network = network.eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        x = torch.rand(shape)
        if modern:
            axes = dict.fromkeys(free, torch.export.Dim.DYNAMIC)
            torch.onnx.export(
                network, (x,), path, dynamo=True, dynamic_shapes=(axes,), external_data=False, verbose=False
            )
        else:
            names = {"x": {axis: f"axis_{axis}" for axis in free}}
            torch.onnx.export(network, (x,), path, dynamo=False, input_names=["x"], dynamic_axes=names)
    return path


def session(path: Path) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def run(path: Path, tensor: np.ndarray) -> list[np.ndarray]:
    opened = session(path)
    return opened.run(None, {opened.get_inputs()[0].name: tensor})


def pictures(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).random(shape, dtype=np.float32)


CASES = {
    "spatial": (Plain(), COLOUR, (0,), (5, 3, 32, 32), (5, 2, 4, 4)),
    "free size": (Plain(), COLOUR, (0, 2, 3), (5, 3, 48, 64), (5, 2, 6, 8)),
    "fixed batch": (Plain(), COLOUR, (), (2, 3, 32, 32), (2, 2, 4, 4)),
    "reshaping": (Reshaping(), GREY, (0,), (5, 1, 28, 28), (5, 10)),
    "to the input's size": (ToInputSize(), COLOUR, (0, 2, 3), (5, 3, 48, 64), (5, 2, 6, 8)),
}


@EXPORTERS
@pytest.mark.parametrize("case", CASES)
def test_the_halves_together_are_the_whole(tmp_path, case, modern):
    network, shape, free, fed, latent = CASES[case]
    whole = export(tmp_path / "whole.onnx", network, shape, free, modern)
    check(load(whole), whole)
    encoder, decoder = cut(whole, tmp_path / "cut")
    x = pictures(*fed)
    (code,) = run(encoder, x)
    assert code.shape == latent
    assert np.array_equal(run(decoder, code)[0], run(whole, x)[0])
    for half in (encoder, decoder):
        check(load(half), half)
        onnx.checker.check_model(onnx.load(half))


@EXPORTERS
@pytest.mark.parametrize("spread", ["logvar", "halved", "root", "std"])
def test_a_vae_gives_its_mean_and_spread_and_its_decoder_begins_behind_the_noise(tmp_path, spread, modern):
    network = Variational(spread)
    whole = export(tmp_path / "whole.onnx", network, GREY, modern=modern)
    encoder, decoder = cut(whole, tmp_path / "cut")
    names = [port.name for port in session(encoder).get_outputs()]
    assert names == ["mu", "std" if spread == "std" else "logvar"]
    x = pictures(5, 1, 28, 28)
    mean, width = run(encoder, x)
    _, _, mean_of_whole, width_of_whole = run(whole, x)
    assert np.allclose(mean, mean_of_whole, atol=1e-6)
    softplus = np.log1p(np.exp(width_of_whole))
    assert np.allclose(width, softplus if spread == "std" else width_of_whole, atol=1e-5)
    with torch.no_grad():
        h = torch.relu(network.from_latent(torch.from_numpy(mean)))
        drawn = torch.sigmoid(network.back(h)).view(-1, 1, 28, 28).numpy()
    assert np.allclose(run(decoder, mean)[0], drawn, atol=1e-5)


@pytest.mark.parametrize(
    ("network", "shape", "words"),
    [
        (Skipping(), GREY, "skip connections"),
        (Wide(), GREY, "no bottleneck"),
        (Enlarging(), GREY, "super-resolution does"),
        (Counting(), COLOUR, "something else than the picture"),
    ],
)
def test_networks_without_a_bottleneck_are_refused(tmp_path, network, shape, words):
    whole = export(tmp_path / "whole.onnx", network, shape)
    with pytest.raises(ExplorerError, match=words) as caught:
        cut(whole, tmp_path / "cut")
    assert str(whole) in str(caught.value)
    assert not (tmp_path / "cut").exists()


def test_noise_as_an_input_stays_out_of_both_halves(tmp_path):
    weights = {
        "mean": np.ones((36, 3)), "width": np.ones((36, 3)) * 0.1, "back": np.ones((3, 36)),
    }  # fmt: skip
    nodes = [
        helper.make_node("MatMul", ["x", "mean"], ["m"]),
        helper.make_node("MatMul", ["x", "width"], ["s"]),
        helper.make_node("Mul", ["noise", "s"], ["spread"]),
        helper.make_node("Add", ["spread", "m"], ["z"]),
        helper.make_node("MatMul", ["z", "back"], ["y"]),
    ]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes, "g",
        [value("noise", TensorProto.FLOAT, ["N", 3]), value("x", TensorProto.FLOAT, ["N", 36])],
        [value("y", TensorProto.FLOAT, ["N", 36])],
        [numpy_helper.from_array(array.astype(np.float32), name) for name, array in weights.items()],
    )  # fmt: skip
    whole = tmp_path / "whole.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), whole)
    encoder, decoder = cut(whole, tmp_path)
    x = pictures(4, 36)
    mean, sigma = run(encoder, x)
    assert [port.name for port in session(encoder).get_inputs()] == ["x"]
    assert np.allclose(mean, x @ weights["mean"], rtol=1e-4)
    assert np.allclose(sigma, x @ weights["width"], rtol=1e-4)
    assert np.allclose(run(decoder, mean)[0], mean @ weights["back"], rtol=1e-4)


def test_external_weights_come_along_and_metadata_names_one_pair(tmp_path):
    inside = export(tmp_path / "plain.onnx", Plain(), COLOUR)
    model = onnx.load(inside)
    model.metadata_props.add(key="author", value="somebody")
    (tmp_path / "outside").mkdir()
    outside = tmp_path / "outside" / "plain.onnx"
    onnx.save(model, outside, save_as_external_data=True, location="plain.data", size_threshold=0)
    encoder, decoder = cut(outside, tmp_path / "cut")
    x = pictures(3, 3, 32, 32)
    assert np.array_equal(run(decoder, run(encoder, x)[0])[0], run(inside, x)[0])
    facts = [dict(session(half).get_modelmeta().custom_metadata_map) for half in (encoder, decoder)]
    assert [fact["latent_explorer.role"] for fact in facts] == ["encoder", "decoder"]
    assert facts[0]["latent_explorer.pair"] == facts[1]["latent_explorer.pair"]
    assert {fact["author"] for fact in facts} == {"somebody"}
    assert {fact["latent_explorer.name"] for fact in facts} == {"plain"}


def test_cutting_again_gives_the_same_bytes(tmp_path):
    whole = export(tmp_path / "plain.onnx", Plain(), COLOUR)
    first = [half.read_bytes() for half in cut(whole, tmp_path / "one")]
    assert first == [half.read_bytes() for half in cut(whole, tmp_path / "other")]
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == [
        "plain-decoder.onnx",
        "plain-encoder.onnx",
    ]
