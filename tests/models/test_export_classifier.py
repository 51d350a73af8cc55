"""The network that reports judge by: what is exported is what was trained, and says how good it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from explorer.core.feature_net import Features
from models.classifier import load_classifier
from models.export_classifier import main


@pytest.mark.slow
def test_what_is_exported_is_what_was_trained(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    labels = random.integers(0, 3, 240).astype(np.int64)
    pictures = random.integers(0, 60, (240, 16, 16), np.uint8)
    pictures[np.arange(240), 4 * labels] = 255  # a line whose height is the class
    np.savez(tmp_path / "data.npz", images=pictures, label=labels)
    kept, out, data = tmp_path / "classifier.pt", tmp_path / "classifier.onnx", str(tmp_path / "data.npz")
    train = ["--train", data, "--first", "4", "--epochs", "12", "--name", "lines"]
    assert main([str(kept), "--data", data, "--out", str(out), *train]) == 0
    network = Features.of_network(out)
    assert network.name == "lines"
    assert network.classes == 3
    assert "right about" in network.note
    features, classes = network.of(pictures[..., None])
    model = load_classifier(kept).half().float()
    with torch.no_grad():
        expected = model.features(torch.from_numpy(pictures[:, None]).float() / 255)
        scores = model.scores(expected)
    assert np.allclose(features, expected.numpy(), atol=1e-3)
    assert np.array_equal(classes, scores.argmax(1).numpy())
    assert main([str(tmp_path / "gone.pt"), "--data", data, "--out", str(out)]) == 1
