from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from models.checkpoint import load_checkpoint, load_model
from models.config import ModelConfig, TrainConfig
from models.data import DataError, ImageData
from models.train import Trainer, main

MODEL = ModelConfig("vae", 28, 28, 1, latent_size=4, features=4, hidden=16)
CONFIG = TrainConfig(MODEL, epochs=4, batch_size=32, learning_rate=3e-3, warmup=1, average=0.9, flip=True)


def quiet(done: int, total: int, text: str) -> None:
    assert 0 < done <= total


def run(trainer: Trainer, path: Path | None = None) -> Trainer:
    trainer.run(lambda now: now.save(path.with_name(f"{now.epoch}.pt")) if path else None, quiet)
    return trainer


def test_a_resumed_run_equals_the_uninterrupted_one(tmp_path: Path, clothes: ImageData) -> None:
    whole = run(Trainer(CONFIG, clothes), tmp_path / "any")
    resumed = run(Trainer.load(tmp_path / "2.pt", clothes))
    assert resumed.history == whole.history
    for ours, theirs in ((whole.model, resumed.model), (whole.average, resumed.average)):
        assert all(torch.equal(ours.state_dict()[name], value) for name, value in theirs.state_dict().items())


def test_the_loss_falls_on_real_pictures(clothes: ImageData) -> None:
    history = run(Trainer(CONFIG, clothes)).history
    assert history[-1]["reconstruction"] < 0.9 * history[0]["reconstruction"]
    assert history[-1]["mse"] < history[0]["mse"]


def test_a_plain_autoencoder_trains_without_kl(clothes: ImageData) -> None:
    config = replace(CONFIG, model=replace(MODEL, kind="ae"), epochs=2)
    history = run(Trainer(config, clothes)).history
    assert [line["kl"] for line in history] == [0, 0]
    assert history[1]["reconstruction"] < history[0]["reconstruction"]


def test_the_seed_decides_everything(clothes: ImageData) -> None:
    before = torch.random.get_rng_state()
    first, again, other = (
        run(Trainer(replace(CONFIG, epochs=1, seed=seed), clothes)).history for seed in (1, 1, 2)
    )
    assert first == again != other
    assert torch.equal(before, torch.random.get_rng_state())


def test_a_checkpoint_holds_what_made_it_and_loads_as_plain_values(
    tmp_path: Path, clothes: ImageData
) -> None:
    trainer = run(Trainer(replace(CONFIG, epochs=1), clothes), tmp_path / "any")
    checkpoint = load_checkpoint(tmp_path / "1.pt")
    assert TrainConfig.from_dict(checkpoint["config"]) == trainer.config
    assert checkpoint["data"] == {"name": "clothes", "count": 300, "fingerprint": clothes.fingerprint}
    model, _ = load_model(tmp_path / "1.pt")
    image = checkpoint["examples"].float() / 255
    assert torch.equal(model.reconstruct(image), trainer.average.reconstruct(image))


def test_resuming_on_other_data_is_refused(tmp_path: Path, clothes: ImageData) -> None:
    run(Trainer(replace(CONFIG, epochs=1), clothes), tmp_path / "any")
    with pytest.raises(DataError, match="other pictures"):
        Trainer.load(tmp_path / "1.pt", ImageData("fewer", clothes.images[:200]))


@pytest.mark.parametrize("content", [b"", b"no checkpoint", None])
def test_a_foreign_checkpoint_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "checkpoint.pt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=r"checkpoint\.pt"):
        load_checkpoint(path)


def test_the_command_line_trains_and_resumes(
    tmp_path: Path, clothes: ImageData, capsys: pytest.CaptureFixture[str]
) -> None:
    np.savez(tmp_path / "clothes.npz", images=clothes.images)
    common = ["--data", str(tmp_path / "clothes.npz"), "--out", str(tmp_path / "run")]
    shape = ["--latent-size", "3", "--features", "4", "--hidden", "8"]
    assert main([*common, *shape, "--epochs", "2", "--variance", "0.3", "--until", "1"]) == 0
    assert load_checkpoint(tmp_path / "run" / "checkpoint.pt")["epoch"] == 1
    assert "min left" in capsys.readouterr().err
    assert main([*common, "--resume", "--variance", "0.4"]) == 0
    checkpoint = load_checkpoint(tmp_path / "run" / "checkpoint.pt")
    config = checkpoint["config"]
    assert (checkpoint["epoch"], config["variance"], config["model"]["latent_size"]) == (2, 0.4, 3)
    assert [file.name for file in (tmp_path / "run").iterdir()] == ["checkpoint.pt"]
    capsys.readouterr()
    assert main(["--data", str(tmp_path / "absent"), "--out", str(tmp_path / "run")]) == 1
    assert capsys.readouterr().err.count("\n") == 1
