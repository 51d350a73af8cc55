"""The folder of a training, what its process tells, and how it ends when it ends early."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from explorer.core.dataset import open_dataset
from explorer.core.errors import Cancelled, ExplorerError
from explorer.core.progress import Progress
from explorer.core.training import (
    CHECKPOINT,
    RUN,
    USUAL_RATES,
    Kept,
    Training,
    adjusted,
    arguments,
    check_place,
    kept_in,
    prepare,
)
from explorer.core.training_data import look, propose, told
from explorer.core.training_install import install
from explorer.core.training_record import Curve, TrainingRecord, earlier_pictures
from explorer.ui.training.map import places_of


@pytest.fixture
def dataset(tmp_path, fashion_pictures):
    np.savez(tmp_path / "some.npz", images=fashion_pictures[:60])
    return open_dataset(tmp_path / "some.npz")


def test_a_training_is_prepared_in_a_folder_of_its_own(dataset, tmp_path):
    proposal = propose(look(dataset, Progress()), "vae")
    out = tmp_path / "model"
    packed = prepare(dataset, proposal, out, Progress())
    assert (len(packed.rows), packed.left_out) == (60, ())
    kept = kept_in(out)
    assert (kept.data, kept.kind, kept.epoch) == (tmp_path / "some.npz", "vae", 0)
    assert not kept.can_go_on
    with pytest.raises(ExplorerError, match="no checkpoint"):
        arguments(out, "some")
    (out / RUN / CHECKPOINT).write_bytes(b"half a training")
    assert kept_in(out).can_go_on
    with pytest.raises(ExplorerError, match="earlier training"):
        prepare(dataset, proposal, out, Progress())
    (out / RUN / "run.json").write_text("[]")
    assert kept_in(out) is None


def test_no_place_for_a_model(dataset, tmp_path):
    taken = tmp_path / "taken"
    (taken / "photos").mkdir(parents=True)
    with pytest.raises(ExplorerError, match="something else"):
        check_place(taken, dataset.path)
    with pytest.raises(ExplorerError, match="among the pictures"):
        check_place(taken / "photos" / "model", taken)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ExplorerError, match="could not be written"):
        prepare(dataset, propose(look(dataset, Progress()), "ae"), tmp_path / "file" / "model", Progress())


def test_what_is_only_begun_leaves_nothing(dataset, tmp_path):
    progress = Progress()
    proposal = propose(look(dataset, progress), "ae")
    progress.cancel()
    with pytest.raises(Cancelled):
        prepare(dataset, proposal, tmp_path / "model", progress)
    assert not (tmp_path / "model").exists()


def test_settings_can_be_stated_otherwise(dataset):
    proposal = propose(look(dataset, Progress()), "gan")
    fewer = adjusted(proposal, epochs=12, latent_size=4)
    assert (fewer.epochs, fewer.encoder_epochs, fewer.latent_size) == (12, 2, 4)
    with pytest.raises(ExplorerError, match="even sides"):
        adjusted(proposal, height=27)
    with pytest.raises(ExplorerError, match="at least 1"):
        adjusted(proposal, epochs=0)


def started(**more) -> dict:
    return {
        "event": "started", "kind": "vae", "epochs": 4, "encoder_epochs": 0, "epoch": 0, "done": 0,
        "total": 40,
        "losses": ["reconstruction", "kl"], "history": [], "latent_size": 8, "validation": 6, "device": "cpu",
    } | more  # fmt: skip


def test_a_record_gathers_curves_and_pictures(tmp_path):
    record = TrainingRecord()
    record.take(started())
    losses = {"reconstruction": 100.0, "kl": None}
    record.take({"event": "step", "done": 5, "total": 40, "epoch": 1, "losses": losses, "minutes_left": 0.5})
    record.take({"event": "epoch", "epoch": 1, "figures": {"validation": 90.0, "validation_kl": 10.0}})
    assert record.curves["reconstruction"].points == [(0.5, 100.0)]
    assert record.curves["kl"].points == []
    assert record.curves["validation_reconstruction"].points == [(1, 80.0)]
    assert (record.epoch, record.seconds_left) == (1, 30.0)
    for epoch in (1, 2, 2):  # told again after it went on from an earlier state
        told = {"epoch": epoch, "samples": str(tmp_path / "s.png"), "reconstructions": None}
        record.take({"event": "pictures", **told})
    assert [one.epoch for one in record.shown] == [1, 2]
    again = TrainingRecord()
    again.take(started(epoch=1, done=10, history=[{"epoch": 1, "reconstruction": 95.0, "validation": 90.0}]))
    assert again.curves["reconstruction"].points == [(0.5, 95.0)]
    assert again.curves["validation"].points == [(1, 90.0)]


def test_a_critic_has_a_chart_where_there_is_one():
    record = TrainingRecord()
    record.take(started())
    assert "The critic" not in [chart.title for chart in record.charts]
    losses = ["reconstruction", "kl", "critic", "verdict"]
    earlier = [{"epoch": 1, "critic": None}, {"epoch": 2, "critic": 1.5, "verdict": 0.5}]
    record.take(started(sharpen=20.0, losses=losses, epoch=2, done=20, history=earlier))
    assert record.charts[-1].title == "The critic"
    assert record.curves["critic"].points == [(1.5, 1.5)]


def test_only_a_vae_is_sharpened(dataset):
    found = look(dataset, Progress())
    plain, sharpened = propose(found, "vae"), propose(found, "vae").sharpened()
    assert f"--sharpen={sharpened.sharpen:g}" in sharpened.arguments()
    assert not any(one.startswith("--sharpen") for one in plain.arguments())
    assert "its draws sharpened" in "\n".join(told(found, sharpened, 60))
    with pytest.raises(ExplorerError, match="choose a VAE"):
        propose(found, "gan").sharpened()


def test_a_long_curve_stays_short_and_true():
    curve = Curve()
    for i in range(20_000):
        curve.add(i, 2.0 * i)
    assert 200 <= len(curve.points) <= 400
    assert all(y == 2 * x for x, y in curve.points)
    assert curve.points[-1][0] > 19_900


def test_earlier_pictures_are_found_again(tmp_path):
    (tmp_path / "watch").mkdir()
    for name in ("0002-samples.png", "0001-samples.png", "0002-reconstructions.png", ".0003-samples.png"):
        (tmp_path / "watch" / name).write_bytes(b"")
    assert [(one.epoch, one.reconstructions is not None) for one in earlier_pictures(tmp_path)] == [
        (1, False),
        (2, True),
    ]


def test_the_small_map_does_not_turn_over():
    latents = np.random.default_rng(0).normal(size=(200, 8)).astype(np.float32) * np.arange(1, 9)
    before = places_of(latents, None)
    turned = places_of(-latents[:, ::-1], before)
    assert np.allclose(before, turned, atol=1e-4)


@pytest.mark.slow
def test_a_trainer_that_ends_early_is_one_sentence(tmp_path):
    Kept(tmp_path, tmp_path / "pictures", "vae", 5).write()
    events = list(Training([*arguments_of(tmp_path), "--no-such-option"], tmp_path).events())
    assert [one["event"] for one in events] == ["failed"]
    assert "unrecognized arguments: --no-such-option" in events[-1]["sentence"]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no locks")
def test_two_trainings_in_one_folder_are_one_too_many(tmp_path):
    Kept(tmp_path, tmp_path / "pictures", "vae", 5).write()
    first = Training(arguments_of(tmp_path), tmp_path)
    with pytest.raises(ExplorerError, match="being trained already"):
        Training(arguments_of(tmp_path), tmp_path)
    (last,) = first.events()
    assert last["event"] == "failed"
    assert len(list(Training(arguments_of(tmp_path), tmp_path).events())) == 1


def arguments_of(folder: Path) -> list[str]:
    return ["--data", str(folder / "none.npy"), "--out", str(folder / RUN)]


@pytest.mark.slow
def test_a_checkpoint_of_another_version_is_refused(dataset, tmp_path):
    import torch

    out = tmp_path / "model"
    proposal = replace(propose(look(dataset, Progress()), "vae"), epochs=2)
    prepare(dataset, proposal, out, Progress())
    torch.save({"format": 99}, out / RUN / CHECKPOINT)
    (last,) = Training(arguments(out, "some"), out).events()
    assert (last["event"], "format 99" in last["sentence"]) == ("failed", True)
    assert json.loads((out / RUN / "run.json").read_text())["epoch"] == 0


@pytest.mark.slow
def test_the_usual_learning_rates_are_the_trainers():
    from models.config import ModelConfig, TrainConfig
    from models.train import RATES

    usual = TrainConfig(ModelConfig("vae", 28, 28, 1, 16)).learning_rate
    assert {"vae": usual, "ae": usual, "gan": RATES["hinge"]} == USUAL_RATES


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_what_training_needs_is_installed_into_an_environment_that_lacks_it(tmp_path):
    """It needs the network, or wheels where pip is told to look."""
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "fresh"], check=True)
    python = tmp_path / "fresh" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    code = (
        "from explorer.core.progress import Progress\n"
        "from explorer.core.training import lacking\n"
        "from explorer.core.training_install import install\n"
        "print(lacking()); install(Progress()); print(lacking())\n"
        "import torch, onnxscript"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [python, "-c", code], cwd=root, env=os.environ | {"PYTHONPATH": str(root)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "not to be had for this system" in done.stderr:
        pytest.skip("no such wheel can be reached")
    assert done.stdout.split("\n")[:2] == ["['torch', 'onnxscript']", "[]"], done.stderr
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_an_installation_that_fails_says_why(monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setattr("explorer.core.training_install.requirements", lambda: ["latent-explorer-no-such==9"])
    with pytest.raises(ExplorerError, match="not to be had"):
        install(Progress())
