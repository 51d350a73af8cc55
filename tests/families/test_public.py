"""Files that strangers put on the web, as they are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from explorer.core.errors import ExplorerError
from explorer.core.model_pair import ModelPair
from explorer.core.samples import mean_squared_error
from tests.families import public
from tests.families.cache import OutOfReachError, built

pytestmark = pytest.mark.slow


def folder_of(project: public.Public) -> Path:
    try:
        return project.folder()
    except OutOfReachError as error:
        pytest.skip(f"there is no way to it now: {error}")


def alone(project: public.Public) -> Path:
    (file,) = folder_of(project).glob("*.onnx")
    return file


def raw(path: Path, *inputs: np.ndarray) -> np.ndarray:
    """The first output of the bare runtime."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [port.name for port in session.get_inputs()]
    return session.run(None, dict(zip(names, inputs, strict=True)))[0]


def bytes_of(values: np.ndarray, low: float = 0.0) -> np.ndarray:
    """Values on [low, 1] as pixels, rounded half up."""
    return np.floor((values.clip(low, 1.0) - low) / (1.0 - low) * 255.0 + 0.5).astype(np.uint8)


def latents(count: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((count, *shape)).astype(np.float32)


def same(pictures: np.ndarray, truth: np.ndarray) -> bool:
    return pictures.shape == truth.shape and int(np.abs(pictures.astype(int) - truth).max()) <= 1


def reconstructs(pair: ModelPair, pictures: np.ndarray, share: float) -> bool:
    """Whether the error is below this share of always drawing the mean picture."""
    error = mean_squared_error(pair.decode(pair.encode(pictures)[0]), pictures)
    return error < share * float(np.var(pictures / 255.0, axis=0).mean())


def test_a_decoder_of_digits_whose_picture_axes_are_free():
    path = alone(public.DIGITS_DECODER)
    pair = ModelPair.open(path, "cpu")
    assert (pair.kind, pair.latent_shape, pair.prior) == ("Generator", (2,), "normal")
    z = latents(20, 2)
    assert same(pair.decode(z), bytes_of(raw(path, z)).reshape(20, 28, 28, 1))


def test_a_decoder_of_sunrises_with_channels_last():
    path = alone(public.SUNRISES_DECODER)
    pair = ModelPair.open(path, "cpu")
    assert (pair.kind, pair.latent_shape, pair.image.layout) == ("Generator", (2,), "NHWC")
    z = latents(20, 2)
    assert same(pair.decode(z), bytes_of(raw(path, z)))


def test_a_generator_of_sprites_of_one_at_a_time():
    path = alone(public.SPRITES_GENERATOR)
    pair = ModelPair.open(path, "cpu")
    assert (pair.kind, pair.latent_shape) == ("Generator", (16, 1, 1))
    assert (pair.image.low, pair.image.high) == (-1.0, 1.0)
    z = latents(5, 16, 1, 1)
    truth = np.concatenate([raw(path, one[None]) for one in z]).transpose(0, 2, 3, 1)
    assert same(pair.decode(z.reshape(5, 16)), bytes_of(truth, -1.0))


def test_a_denoising_pair_of_batch_128(fashion_pictures):
    pair = ModelPair.open(folder_of(public.DENOISER_PAIR), "cpu")
    assert (pair.kind, pair.latent_shape) == ("AE", (2,))
    assert (pair.plan.encoder.batch, pair.plan.encoder.image.low) == (128, 0.0)
    assert reconstructs(pair, fashion_pictures[:150], 0.7)


@pytest.mark.parametrize("label", [None, 3])
def test_decoders_of_digits_with_and_without_a_label(label):
    path = alone(public.DIGITS_VAE if label is None else public.LABELLED_VAE)
    pair = ModelPair.open(path, "cpu")
    assert (pair.kind, pair.latent_shape) == ("Generator", (16,))
    z = latents(6, 16)
    if label is None:
        assert same(pair.decode(z), bytes_of(raw(path, z)).reshape(6, 28, 28, 1))
        return
    (extra,) = pair.plan.decoder.extras
    assert (extra.name, extra.kind, extra.value, extra.high) == ("label", "label", 0, 9)
    truth = bytes_of(raw(path, z, np.full(6, label))).reshape(6, 28, 28, 1)
    assert same(pair.decode(z, {"label": float(label)}), truth)
    assert not np.array_equal(pair.decode(z), truth)


def test_a_pair_whose_latents_all_have_one_length(fashion_pictures):
    pair = ModelPair.open(folder_of(public.RADIO_PAIR), "cpu")
    assert (pair.kind, pair.latent_shape) == ("AE", (128,))
    assert reconstructs(pair, fashion_pictures[:50], 0.2)
    lengths = np.linalg.norm(pair.encode(fashion_pictures[:50])[0], axis=1)
    assert np.allclose(lengths, np.sqrt(128), rtol=1e-3)


def test_a_decoder_that_draws_on_a_canvas():
    """Bytes, with alpha, one picture at a time and no batch axis, whatever the file declares."""
    path = alone(public.CANVAS_DECODER)
    pair = ModelPair.open(path, "cpu")
    assert (pair.kind, pair.latent_shape, pair.image.type) == ("Generator", (2,), "uint8")
    z = latents(4, 2)
    truth = np.stack([raw(path, one[None]) for one in z])
    assert truth[..., 3].min() == 255
    assert same(pair.decode(z), truth[..., :3])


_EXPORT = """
import sys, torch
folder, out = sys.argv[1:]
sys.path.insert(0, folder)
from taesd import TAESD
model = TAESD(folder + "/taef2_encoder.pth", folder + "/taef2_decoder.pth").eval()
axes = {0: "batch", 2: "height", 3: "width"}
halves = {"encoder": (model.encoder, (1, 3, 128, 128)), "decoder": (model.decoder, (1, 32, 16, 16))}
for name, (net, shape) in halves.items():
    torch.onnx.export(
        net, (torch.rand(shape),), f"{out}/{name}.onnx", dynamo=False, opset_version=17,
        input_names=["x"], output_names=["y"], dynamic_axes={"x": axes, "y": axes},
    )
"""


def test_a_tiny_autoencoder_with_its_trained_weights(faces_bundle):
    source = folder_of(public.TINY_AUTOENCODER)

    def export(folder: Path) -> None:
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", _EXPORT, str(source), str(folder)],
            check=True,
            capture_output=True,
        )

    pair = ModelPair.open(built("taef2", export), "cpu")
    assert pair.kind == "AE"
    assert pair.latent_shape[0] == 32
    assert pair.self_test.passed is True
    for image in (pair.plan.encoder.image, pair.image):
        assert (image.low, image.high) == (0.0, 1.0)
    with np.load(faces_bundle / "faces.npz", allow_pickle=False) as data:
        faces = data["images"][:6]
    side = -(-pair.image.height // faces.shape[1])
    large = faces.repeat(side, 1).repeat(side, 2)[:, : pair.image.height, : pair.image.width]
    assert reconstructs(pair, np.ascontiguousarray(large), 0.1)


@pytest.mark.parametrize(
    ("project", "words"),
    [
        (public.COORDINATES_PAIR, "pictures|encoders|encoder or decoder"),
        (public.SIGNAL_ENCODER, "no encoder or decoder of pictures"),
    ],
)
def test_what_is_no_model_of_pictures_is_refused(project, words):
    with pytest.raises(ExplorerError, match=words):
        ModelPair.open(folder_of(project), "cpu")
