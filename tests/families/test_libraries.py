"""Models of public libraries, by their own code, exported as their users do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from explorer.core.model_pair import ModelPair
from explorer.core.samples import mean_squared_error
from tests.families.cache import built

pytestmark = pytest.mark.slow

# numpy, pillow and torch are the tests' own; what else the libraries import is named here.
DIFFUSERS = ("diffusers==0.42.1",)
PYTHAE = ("pythae==0.1.2", "pydantic>=2", "pydantic_core", "annotated_types", "typing_inspection", "imageio")


def packages(name: str, requirements: tuple[str, ...], *flags: str) -> Path:
    """A folder with the requirements, beside the running Python's own packages."""

    def install(folder: Path) -> None:
        command = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "-q",
            "--target",
            str(folder),
            *flags,
            *requirements,
        ]
        subprocess.run(command, check=True, capture_output=True, text=True)

    try:
        return built(f"packages/{name}", install)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"{name} cannot be installed here: {error.stderr.strip().splitlines()[-1:]}")


def exported(script: str, name: str, source: Path, data: Path) -> Path:
    def export(folder: Path) -> None:
        path = Path(__file__).with_name(script)
        command = [sys.executable, "-W", "ignore", str(path), str(source), str(data), str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]

    return built(f"models/{name}", export)


@pytest.fixture(scope="module")
def diffusion(faces_bundle) -> Path:
    source = packages("diffusers-0.42.1", DIFFUSERS)
    return exported("export_diffusers.py", "diffusers-0.42.1", source, faces_bundle / "faces.npz")


@pytest.fixture(scope="module")
def pythae(fashion_bundle) -> Path:
    source = packages("pythae-0.1.2", PYTHAE, "--no-deps")
    return exported("export_pythae.py", "pythae-0.1.2", source, fashion_bundle / "fashion.npz")


@pytest.fixture(scope="module")
def faces(faces_bundle) -> np.ndarray:
    with np.load(faces_bundle / "faces.npz", allow_pickle=False) as data:
        return np.ascontiguousarray(data["images"][:40, ::2, ::2])


def raw(path: Path, tensor: np.ndarray) -> list[np.ndarray]:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: tensor})


def error_share(pair: ModelPair, pictures: np.ndarray) -> float:
    """The reconstruction's error over that of the mean picture."""
    error = mean_squared_error(pair.decode(pair.encode(pictures)[0]), pictures)
    return error / float(np.var(pictures / 255.0, axis=0).mean())


@pytest.mark.parametrize(("name", "kind"), [("kl", "VAE"), ("tiny", "AE")])
def test_autoencoders_of_diffusers(diffusion, faces, name, kind):
    pair = ModelPair.open(diffusion / name, "cpu")
    assert (pair.kind, pair.latent_shape[0]) == (kind, 4)
    assert pair.image.picture_shape[2] == 3
    assert (pair.image.low, pair.image.high) == (-1.0, 1.0)
    height, width = pair.image.height, pair.image.width
    tiled = np.tile(faces, (1, -(-height // 24), -(-width // 24), 1))[:, :height, :width]
    codes, logvar = pair.encode(tiled)
    tensor = tiled.transpose(0, 3, 1, 2).astype(np.float32) / 127.5 - 1.0
    (truth,) = raw(diffusion / name / "vae_encoder" / "model.onnx", tensor)
    assert np.allclose(codes, truth[:, :4].reshape(len(codes), -1), atol=1e-3)
    if kind == "VAE":
        assert logvar is not None
        assert np.allclose(logvar, truth[:, 4:].reshape(len(codes), -1), atol=1e-3)
    # The two are trained too little for fine pictures; what they draw is what the bare runtime gives.
    (drawn,) = raw(diffusion / name / "vae_decoder" / "model.onnx", codes.reshape(-1, *pair.latent_shape))
    wanted = np.floor((drawn.clip(-1.0, 1.0) + 1.0) * 127.5 + 0.5).transpose(0, 2, 3, 1)
    assert np.abs(pair.decode(codes) - wanted).max() <= 1


@pytest.mark.parametrize(
    ("name", "kind", "size", "prior"),
    [("ae", "AE", 8, "data"), ("vae", "VAE", 8, "normal"), ("svae", None, 4, "sphere")],
)
def test_models_of_pythae(pythae, fashion_pictures, name, kind, size, prior):
    pair = ModelPair.open(pythae / name, "cpu")
    assert (pair.latent_shape, pair.prior) == ((size,), prior)
    assert kind in (None, pair.kind)
    assert (pair.image.low, pair.image.high) == (0.0, 1.0)
    shown = fashion_pictures[:50]
    answers = raw(pythae / name / "encoder.onnx", shown.transpose(0, 3, 1, 2).astype(np.float32) / 255.0)
    assert np.allclose(pair.encode(shown)[0], answers[1 if name == "vae" else 0], atol=1e-3)
    assert error_share(pair, shown) < 0.9
