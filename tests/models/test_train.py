from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from models.autoencoder_run import AutoencoderRun
from models.checkpoint import load_checkpoint, load_model
from models.config import ModelConfig, TrainConfig
from models.data import DataError, ImageData
from models.gan_run import GanRun
from models.run import Run
from models.train import main
from tests.full_disk import full_disk

MODEL = ModelConfig("vae", 28, 28, 1, latent_size=4, features=4, hidden=16)
CONFIG = TrainConfig(MODEL, epochs=4, batch_size=32, learning_rate=3e-3, warmup=1, average=0.9, flip=True)


SHARP = replace(CONFIG, epochs=2, sharpen=5.0)
GAN = TrainConfig(replace(MODEL, kind="gan"), epochs=3, encoder_epochs=1, batch_size=64, learning_rate=5e-4)


class Onlooker:
    """Keeps a checkpoint of each epoch in ``folder``, and stops the run after ``last`` steps."""

    def __init__(self, folder: Path | None = None, last: int | None = None) -> None:
        self.folder, self.last, self.said = folder, last, []

    def step(self, run: Run, done: int, total: int, losses: torch.Tensor) -> bool:
        assert 0 < done <= total
        assert losses.shape == (len(run.losses),)
        return done != self.last

    def epoch(self, run: Run) -> None:
        if self.folder:
            run.save(self.folder / f"{run.epoch}.pt")

    def say(self, sentence: str) -> None:
        self.said.append(sentence)


def run(trainer: Run, folder: Path | None = None) -> Run:
    assert trainer.run(Onlooker(folder))
    return trainer


def same_weights(ours: Run, theirs: Run) -> bool:
    pairs = zip(ours.networks().values(), theirs.networks().values(), strict=True)
    states = [(one.state_dict(), other.state_dict()) for one, other in pairs]
    return all(torch.equal(one[name], other[name]) for one, other in states for name in one)


@pytest.mark.parametrize(
    ("config", "stop"),
    [(CONFIG, 22), (SHARP, 8), (GAN, 2), (GAN, 12), (replace(GAN, game="dcgan"), 7)],
    ids=["vae", "sharpened", "game", "encoder", "dcgan"],
)
def test_a_run_stopped_amid_an_epoch_goes_on_as_if_it_had_not(
    tmp_path: Path, clothes: ImageData, config: TrainConfig, stop: int
) -> None:
    made = GanRun if config.model.kind == "gan" else AutoencoderRun
    whole = run(made(config, clothes))
    stopped = made(config, clothes)
    assert not stopped.run(Onlooker(last=stop))
    assert stopped.done
    stopped.save(tmp_path / "kept.pt")
    resumed = run(made.load(tmp_path / "kept.pt", clothes))
    assert resumed.history == whole.history
    assert same_weights(whole, resumed)


def test_the_loss_falls_on_real_pictures(clothes: ImageData) -> None:
    history = run(AutoencoderRun(CONFIG, clothes)).history
    assert history[-1]["reconstruction"] < 0.9 * history[0]["reconstruction"]
    assert history[-1]["mse"] < history[0]["mse"]


def test_a_plain_autoencoder_trains_without_kl(clothes: ImageData) -> None:
    config = replace(CONFIG, model=replace(MODEL, kind="ae"), epochs=2)
    history = run(AutoencoderRun(config, clothes)).history
    assert [line["kl"] for line in history] == [0, 0]
    assert history[1]["reconstruction"] < history[0]["reconstruction"]


def test_the_seed_decides_everything(clothes: ImageData) -> None:
    before = torch.random.get_rng_state()
    first, again, other = (
        run(AutoencoderRun(replace(CONFIG, epochs=1, seed=seed), clothes)).history for seed in (1, 1, 2)
    )
    assert first == again != other
    assert torch.equal(before, torch.random.get_rng_state())


def test_a_checkpoint_holds_what_made_it_and_loads_as_plain_values(
    tmp_path: Path, clothes: ImageData
) -> None:
    trainer = run(AutoencoderRun(replace(CONFIG, epochs=1), clothes), tmp_path)
    checkpoint = load_checkpoint(tmp_path / "1.pt")
    assert TrainConfig.from_dict(checkpoint["config"]) == trainer.config
    assert checkpoint["data"] == {"name": "clothes", "count": 300, "fingerprint": clothes.fingerprint}
    model, _ = load_model(tmp_path / "1.pt")
    kept, trained = model.state_dict(), trainer.average.state_dict()
    assert all(torch.equal(kept[name], value) for name, value in trained.items())
    assert set(kept) == set(trained)
    assert len(checkpoint["examples"]) > 0


def test_resuming_on_other_data_is_refused(tmp_path: Path, clothes: ImageData) -> None:
    run(AutoencoderRun(replace(CONFIG, epochs=1), clothes), tmp_path)
    with pytest.raises(DataError, match="other pictures"):
        AutoencoderRun.load(tmp_path / "1.pt", ImageData("fewer", clothes.images[:200]))


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


def test_a_run_that_diverges_ends_in_a_sentence_and_keeps_the_last_good_state(
    tmp_path: Path, clothes: ImageData, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save(tmp_path / "clothes.npy", clothes.images)
    common = ["--data", str(tmp_path / "clothes.npy"), "--out", str(tmp_path / "run"), "--features", "4"]
    assert main([*common, "--epochs", "2", "--until", "1"]) == 0
    kept = (tmp_path / "run" / "checkpoint.pt").read_bytes()
    capsys.readouterr()
    assert main([*common, "--resume", "--variance", "1e-45"]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "no longer finite" in said
    assert "last good state" in said
    assert (tmp_path / "run" / "checkpoint.pt").read_bytes() == kept


def test_no_room_for_a_checkpoint_is_a_sentence_and_the_last_one_stays(
    tmp_path: Path, clothes: ImageData, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save(tmp_path / "clothes.npy", clothes.images)
    common = ["--data", str(tmp_path / "clothes.npy"), "--features", "4", "--hidden", "8", "--epochs", "2"]
    out = tmp_path / "run"
    assert main([*common, "--out", str(out), "--until", "1"]) == 0
    kept = (out / "checkpoint.pt").read_bytes()
    (tmp_path / "file").write_bytes(b"")
    capsys.readouterr()
    with full_disk():
        assert main([*common, "--out", str(out), "--resume"]) == 1
    assert main([*common, "--out", str(tmp_path / "file" / "run"), "--until", "1"]) == 1
    said = [line for line in capsys.readouterr().err.splitlines() if "could not be written" in line]
    assert len(said) == 2
    assert all("choose another place" in line for line in said)
    assert (out / "checkpoint.pt").read_bytes() == kept
    assert [one.name for one in out.iterdir()] == ["checkpoint.pt"]


def test_a_full_device_halves_the_batches(clothes: ImageData) -> None:
    class Small(AutoencoderRun):
        """A device on which no more than 16 pictures find room."""

        def take_step(self, image: torch.Tensor, done: int, total: int) -> torch.Tensor:
            if len(image) > 16:
                raise torch.OutOfMemoryError
            return super().take_step(image, done, total)

    watch = Onlooker()
    trainer = Small(replace(CONFIG, epochs=1, batch_size=64), clothes)
    assert trainer.run(watch)
    assert trainer.config.batch_size == 16
    assert [sentence[-4:] for sentence in watch.said] == [" 32.", " 16."]


def test_patience_keeps_the_best_and_ends_the_run(tmp_path: Path, clothes: ImageData) -> None:
    # With a rate this high the validation worsens at once and stays worse.
    config = replace(CONFIG, epochs=30, patience=2, learning_rate=0.2, average=0.0)
    trainer = AutoencoderRun(config, clothes)
    trainer.run(Onlooker())
    scores = [line["validation"] for line in trainer.history]
    assert trainer.epoch == scores.index(min(scores)) + 3 < 30
    trainer.save(tmp_path / "kept.pt")
    model, _ = load_model(tmp_path / "kept.pt")
    trainer.average.load_state_dict(model.state_dict())
    assert trainer.measure()["validation"] == min(scores)


def test_learned_noise_and_free_bits_train(clothes: ImageData) -> None:
    config = replace(CONFIG, noise="learned", free_bits=0.5, epochs=2)
    history = run(AutoencoderRun(config, clothes)).history
    assert history[1]["variance"] == pytest.approx(history[1]["mse"], rel=1e-4)
    assert history[1]["reconstruction"] < history[0]["reconstruction"]


def test_a_critic_may_join_a_run_and_what_it_says_reaches_the_decoder(
    tmp_path: Path, clothes: ImageData
) -> None:
    plain = run(AutoencoderRun(replace(CONFIG, epochs=1), clothes), tmp_path)
    path = tmp_path / "1.pt"
    judged = run(AutoencoderRun.load(path, clothes, epochs=2, sharpen=50.0))
    unjudged = run(AutoencoderRun.load(path, clothes, epochs=2))
    assert "critic" not in plain.history[0]
    assert {"critic", "verdict"} <= judged.history[1].keys()
    assert not torch.equal(
        judged.model.decoder.state_dict()["layers.0.weight"],
        unjudged.model.decoder.state_dict()["layers.0.weight"],
    )
    with pytest.raises(ValueError, match="sharpen"):
        replace(SHARP, model=replace(MODEL, kind="ae"))


@pytest.mark.parametrize("change", ["networks", "config", "optimizers", "format"])
def test_a_checkpoint_that_does_not_fit_is_one_sentence(
    tmp_path: Path, clothes: ImageData, change: str
) -> None:
    run(AutoencoderRun(replace(CONFIG, epochs=1), clothes), tmp_path)
    values = torch.load(tmp_path / "1.pt", weights_only=True)
    values[change] = {"model": {"something": torch.zeros(2)}} if change != "format" else 99
    torch.save(values, tmp_path / "1.pt")
    with pytest.raises(DataError, match=r"1\.pt"):
        AutoencoderRun.load(tmp_path / "1.pt", clothes)


def test_a_hostile_checkpoint_is_refused_and_not_run(tmp_path: Path) -> None:
    class Hostile:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return open, (str(tmp_path / "ran"), "w")  # type: ignore[return-value]

    torch.save({"format": 2, "config": Hostile()}, tmp_path / "checkpoint.pt")
    with pytest.raises(DataError, match=r"checkpoint\.pt"):
        load_checkpoint(tmp_path / "checkpoint.pt")
    assert not (tmp_path / "ran").exists()
