from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from explorer.cli import main
from explorer.core.dataset import open_dataset
from explorer.core.workspace import Workspace

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def pictures(tmp_path: Path, fashion_pictures: np.ndarray) -> Path:
    path = tmp_path / "clothes.npz"
    np.savez(path, images=fashion_pictures[:120], label=np.arange(120) % 3)
    return path


def test_looking_says_what_is_found_and_proposed(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", str(pictures), "--out", str(tmp_path / "out"), "--look", "--latent-size", "5"]) == 0
    said = capsys.readouterr().err
    assert "120 pictures, grey, about 28 × 28" in said
    assert "5 latent dimensions" in said
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_trained_is_one_sentence(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def sentence(*more: str) -> str:
        assert main(["train", str(pictures), "--out", str(tmp_path / "out"), *more]) == 1
        return capsys.readouterr().err.splitlines()[-1]

    assert "even sides" in sentence("--size", "27x28")
    assert "no checkpoint" in sentence("--resume")
    (tmp_path / "out" / "training").mkdir(parents=True)
    (tmp_path / "out" / "training" / "checkpoint.pt").write_bytes(b"of yesterday")
    assert "--resume" in sentence()
    monkeypatch.setitem(sys.modules, "torch", None)  # as where it is not installed
    assert "pip install" in sentence()
    assert (tmp_path / "out" / "training" / "checkpoint.pt").read_bytes() == b"of yesterday"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["vae", "ae", "gan"])
def test_from_pictures_to_a_mapped_model(pictures: Path, tmp_path: Path, kind: str) -> None:
    out = tmp_path / "my-model"
    command = ["train", str(pictures), "--out", str(out), "--kind", kind, "--features", "4", "--epochs", "3"]
    assert main(command) == 0
    work = Workspace.open(out)
    assert (len(work), work.latents.shape[1]) == (120, 8)
    assert work.positions() is not None
    assert [one.name for one in work.fields] == ["label"]
    assert len(work.dataset()) == len(open_dataset(pictures))
    curves = json.loads((out / "training.json").read_text())
    assert [line["epoch"] for line in curves["epochs"]] == [1, 2, 3]
    assert (out / "README.md").read_text(encoding="utf-8").startswith("# my-model")
    assert main([*command[:4], "--resume", "--epochs", "4"]) == 0
    assert len(json.loads((out / "training.json").read_text())["epochs"]) == 4


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no Ctrl+C to send")
def test_ctrl_c_stops_and_keeps_a_model(pictures: Path, tmp_path: Path) -> None:
    out = tmp_path / "my-model"
    command = ["train", pictures, "--out", out, "--features", "4", "--epochs", "100000"]
    with subprocess.Popen([sys.executable, "-m", "explorer", *command], cwd=ROOT, env=os.environ) as process:
        deadline = time.monotonic() + 120
        while not (out / "training" / "checkpoint.pt").exists():
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        assert process.wait(200) == 0
    assert len(Workspace.open(out)) == 120
