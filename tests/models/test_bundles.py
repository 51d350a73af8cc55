"""The models that ship hold the figures of their cards, in the runtime that the app uses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from explorer.core.workspace import Workspace

FASHION = "../fashion-vae/fashion.npz"
# name, data, bound of the reconstruction error on [0, 1] pixels, least active units
BUNDLES = [
    ("fashion-ae", FASHION, 0.0095, 16),
    ("fashion-gan", FASHION, 0.025, 14),
    ("fashion-vae", FASHION, 0.012, 10),
    ("faces-vae", "faces.npz", 0.004, 10),
]


def run(path: Path, name: str, values: np.ndarray) -> list[np.ndarray]:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    found: list[np.ndarray] = session.run(None, {name: values})
    return found


@pytest.fixture(scope="module", params=BUNDLES, ids=[name for name, *_ in BUNDLES])
def bundle(request: pytest.FixtureRequest, fashion_bundle: Path) -> tuple[Path, np.ndarray, float, int]:
    """Folder, 600 pictures float32 (600, C, H, W) in [0, 1], and the two bounds."""
    name, data, error, active = request.param
    folder = fashion_bundle.parent / name
    with np.load(folder / data, allow_pickle=False) as archive:
        images = archive["images"][:600]
    images = images if images.ndim == 4 else images[..., None]
    return folder, images.transpose(0, 3, 1, 2).astype(np.float32) / 255, error, active


def test_reconstructions_and_active_units(bundle: tuple[Path, np.ndarray, float, int]) -> None:
    folder, pictures, error, active = bundle
    mu, *spread = run(folder / "encoder.onnx", "image", pictures)
    again = run(folder / "decoder.onnx", "z", mu)[0]
    assert np.square(again - pictures).mean() <= error
    assert (mu.var(axis=0) > 0.01).sum() >= active
    assert len(spread) == folder.name.endswith("vae")
    assert np.isfinite(spread).all()


def test_prior_samples_vary_as_real_pictures_do(bundle: tuple[Path, np.ndarray, float, int]) -> None:
    folder, pictures, *_ = bundle
    if folder.name == "fashion-ae":
        pytest.skip("a plain autoencoder has no prior")
    size = run(folder / "encoder.onnx", "image", pictures[:1])[0].shape[1]
    codes = np.random.default_rng(0).standard_normal((600, size)).astype(np.float32)
    samples = run(folder / "decoder.onnx", "z", codes)[0]
    assert 0 <= samples.min() <= samples.max() <= 1
    assert np.abs(samples.mean(0) - pictures.mean(0)).mean() < 0.1
    assert 0.5 < samples.var(0).mean() / pictures.var(0).mean() < 1.2


@pytest.mark.parametrize(("name", "data"), [bundle[:2] for bundle in BUNDLES])
def test_data_follow_the_convention(fashion_bundle: Path, name: str, data: str) -> None:
    folder = fashion_bundle.parent / name
    with np.load(folder / data, allow_pickle=False) as archive:
        count = len(archive["images"])
        assert count >= 5000
        assert archive["images"].dtype == np.uint8
        fields = [key for key in archive.files if archive[key].shape == (count,)]
        assert fields
        for key in fields:
            if archive[key].dtype.kind != "U":
                assert archive[key].max() < len(archive[f"{key}_names"])
    for text in ("README.md", "LICENSE"):
        assert (folder / text).stat().st_size > 500
    work = Workspace.open(folder)
    assert len(work) == len(work.dataset()) == count
    assert work.positions() is not None
    curves = json.loads((folder / "training.json").read_text())["epochs"]
    assert [line["epoch"] for line in curves] == list(range(1, len(curves) + 1))
    assert len(curves) > 5


def test_all_assets_stay_small(fashion_bundle: Path) -> None:
    size = sum(file.stat().st_size for file in fashion_bundle.parent.rglob("*") if file.is_file())
    assert size <= 25 * 2**20
