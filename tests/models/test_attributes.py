from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from models.attributes import calibration_error, scores, separability, sureness, temperature
from models.classifier import Classifier, load_classifier, save_classifier


def sided(classes: np.ndarray, margin: float | np.ndarray) -> Tensor:
    """Scores (N, 3) that prefer a class by a margin."""
    return functional.one_hot(torch.from_numpy(classes), 3) * torch.as_tensor(margin).reshape(-1, 1)


def test_a_sample_is_sure_where_a_tempered_classifier_is() -> None:
    random = np.random.default_rng(0)
    truth, drawn = random.integers(0, 3, 2000), random.integers(0, 3, 100)
    said = np.where(np.arange(2000) % 20 == 0, (truth + 1) % 3, truth)  # right about 95%
    real = [sided(said, 6.0), sided(truth, 2.0)]
    samples = [sided(drawn, np.where(np.arange(100) < 40, 6.0, 2.0)), sided(drawn, 6.0)]
    found = sureness(samples, real, {"hair": truth, "skin": truth})
    # It boasts with a probability of 0.995, and half of the real pictures say that it is 0.95.
    assert found["hair"]["temperature"] == pytest.approx(6 / np.log(0.95 * 2 / 0.05), rel=0.01)
    assert found["hair"]["calibration_error"] == pytest.approx(0, abs=0.01)
    assert found["hair"]["accuracy"] == pytest.approx(0.95)
    assert [found[name]["prior"]["value"] for name in ("hair", "skin", "all")] == [0.4, 1.0, 0.4]
    # One that is always right is made no surer than it is: a margin of 2 among three is 0.79.
    assert found["skin"]["temperature"] == pytest.approx(1, abs=1e-3)
    assert [found[name]["real"]["value"] for name in ("hair", "skin", "all")] == [1.0, 0.0, 0.0]


def test_tempering_takes_back_what_a_classifier_exaggerates() -> None:
    random = np.random.default_rng(0)
    chances = random.dirichlet(np.ones(4), 4000)
    truth = (random.random(4000)[:, None] > chances.cumsum(1)).sum(1)
    boasting = torch.from_numpy(3.0 * np.log(chances))
    assert temperature(boasting, torch.from_numpy(truth)) == pytest.approx(3.0, rel=0.1)
    assert calibration_error(boasting.softmax(1).numpy(), truth) > 0.1
    assert calibration_error(chances, truth) < 0.05


def test_a_kept_classifier_tells_the_same_fields(tmp_path: Path) -> None:
    classifier = Classifier(16, 16, 1, 5, 4, (2, 3)).eval()
    save_classifier(classifier, tmp_path / "kept.pt")
    again = load_classifier(tmp_path / "kept.pt")
    pictures = torch.rand(7, 1, 16, 16)
    told = scores(again, pictures)
    assert [one.shape for one in told] == [(7, 2), (7, 3)]
    assert torch.equal(torch.cat(told, 1), classifier(pictures))


def test_a_direction_separates_what_latents_tell_and_nothing_else() -> None:
    random = np.random.default_rng(0)
    labels, codes = random.integers(0, 3, 600), random.normal(size=(600, 5)).astype(np.float32)
    assert separability(codes, labels, ["a", "b", "c"])["mean"] == pytest.approx(0.5, abs=0.15)
    codes[:, 2] += 4.0 * (labels == 1)
    found = separability(codes, labels, ["a", "b", "c"])
    assert found["values"]["b"]["value"] > 0.98
    assert found["least"] == min(one["value"] for one in found["values"].values()) < 0.9
