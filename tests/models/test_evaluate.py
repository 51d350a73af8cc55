from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from models import evaluate
from models.autoencoder_run import AutoencoderRun
from models.classifier import (
    accuracy,
    load_classifier,
    save_classifier,
    train_classifier,
)
from models.config import ModelConfig, TrainConfig
from models.data import DataError, ImageData
from models.watch import Keeper

SMALL = TrainConfig(ModelConfig("vae", 28, 28, 1, 4, features=4, hidden=8), epochs=1)


@pytest.fixture(scope="module")
def stripes() -> tuple[torch.Tensor, torch.Tensor]:
    """400 noisy pictures of upright or lying stripes, uint8 (400, 1, 16, 16), and which they are."""
    random = torch.Generator().manual_seed(0)
    labels = torch.randint(0, 2, (400,), generator=random)
    stripe = (torch.arange(16) // 2 % 2 * 200.0).expand(16, 16)
    clean = torch.where(labels[:, None, None] == 1, stripe, stripe.T)
    noise = torch.rand(400, 16, 16, generator=random) * 50
    return (clean + noise).to(torch.uint8)[:, None], labels


def test_a_judge_tells_real_pictures_from_foreign_ones(stripes: tuple[torch.Tensor, torch.Tensor]) -> None:
    images, labels = stripes
    model = train_classifier(images[:200], labels[:200], epochs=8)
    assert accuracy(model, images[200:], labels[200:]) > 0.95
    judge = evaluate.Judge.of(model, images[:200], images[200:])
    real, foreign = judge.judge_real(), judge.judge(1 - images[200:] / 255)
    assert real["validity"]["value"] > 0.85
    assert foreign["validity"]["value"] < 0.5
    assert foreign["frechet"]["value"] > 3 * real["frechet"]["value"]
    assert foreign["sharpness"]["value"] == pytest.approx(1, abs=0.05)
    assert real["class_entropy"]["value"] > 0.9


def test_a_kept_classifier_is_the_same(tmp_path: Path, stripes: tuple[torch.Tensor, torch.Tensor]) -> None:
    images, labels = stripes
    model = train_classifier(images[:64], labels[:64], epochs=1)
    save_classifier(model, tmp_path / "classifier.pt")
    again = load_classifier(tmp_path / "classifier.pt")
    assert torch.equal(model(images[:9].float()), again(images[:9].float()))
    (tmp_path / "other.pt").write_bytes(b"something else")
    with pytest.raises(DataError, match=r"other\.pt"):
        load_classifier(tmp_path / "other.pt")


def test_figures_agree_with_the_networks_own(clothes: ImageData) -> None:
    trainer = AutoencoderRun(SMALL, clothes)
    found = evaluate.reconstruction(trainer.average, trainer.validation)
    assert found["mse"]["value"] == pytest.approx(trainer.measure()["mse"], rel=1e-5)
    assert found["kl"] == pytest.approx(sum(found["kl_per_dimension"]), abs=0.01)
    assert found["count"] == 30


def test_the_command_line_leaves_figures_and_a_sheet(
    tmp_path: Path, clothes: ImageData, fashion_bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with np.load(fashion_bundle / "fashion.npz", allow_pickle=False) as archive:
        labels = archive["label"][:300]
    np.savez(tmp_path / "clothes.npz", images=clothes.images, label=labels)
    trainer = AutoencoderRun(SMALL, clothes)
    trainer.run(Keeper(tmp_path))
    data = str(tmp_path / "clothes.npz")
    out = tmp_path / "out"
    command = [str(tmp_path / "checkpoint.pt"), "--train", data, "--test", data, "--out", str(out)]
    assert evaluate.main(command) == 0
    assert sorted(file.name for file in out.iterdir()) == ["classifier.pt", "figures.json", "sheet.png"]
    figures = json.loads((out / "figures.json").read_text())
    for part in ("prior", "codes"):
        validity = figures[part]["validity"]
        assert validity["low"] <= validity["value"] <= validity["high"]
    assert len(figures["reconstruction"]["kl_per_dimension"]) == 4
    with Image.open(out / "sheet.png") as sheet:
        assert sheet.size == (2 * 16 * 28, 2 * (14 * 28 + 2 * 6))
    capsys.readouterr()
    assert evaluate.main([str(tmp_path / "gone.pt"), "--train", data, "--test", data, "--out", str(out)]) == 1
    assert capsys.readouterr().err.count("\n") == 1
