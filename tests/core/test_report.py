"""Figures of models on one data set."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from explorer.cli import main
from explorer.commands.report import table
from explorer.core.comparison import Comparison, Side, open_side
from explorer.core.errors import Cancelled, ExplorerError
from explorer.core.feature_net import Features, features_for
from explorer.core.judge import Judge
from explorer.core.progress import Progress
from explorer.core.report import measured
from explorer.core.report_table import DEFINITIONS, figure_text
from explorer.core.tour_figures import TourFigures
from explorer.core.tour_trainings import unsteadiness
from tests.thinned import thinned_tour


@pytest.fixture(scope="module")
def tour() -> Comparison:
    return thinned_tour(1000)


def test_every_figure_has_its_count_and_interval_and_says_what_the_tour_is_about(tour: Comparison) -> None:
    side = tour.sides[0]
    features = features_for(side.work.data.path, side.pair, side.name)
    found = measured(tour.sides[:2], features, 100, 42, None, ("prior", "mixture"))
    plain, variational = found["models"]
    assert plain["kl"] is None
    assert len(variational["kl_per_dimension"]) == 16
    total = sum(one["value"] for one in variational["kl_per_dimension"])
    assert variational["kl"]["value"] == pytest.approx(total, rel=1e-4)
    for model in found["models"]:
        drawn = [
            one[key] for one in model["samplers"].values() for key in ("validity", "frechet", "sharpness")
        ]
        for figure in [model["reconstruction"], model["active_units"], *drawn]:
            assert figure["low"] <= figure["value"] <= figure["high"]
            assert figure["count"] == 100
    assert plain["samplers"]["prior"]["validity"]["high"] < plain["samplers"]["mixture"]["validity"]["low"]
    assert found["real"]["validity"]["value"] == pytest.approx(0.95, abs=0.08)
    assert plain["reconstruction"]["value"] < variational["reconstruction"]["value"]


def test_the_command_writes_all_of_it_as_json_and_the_table_reads_the_same(
    fashion_bundle: Path, tmp_path: Path
) -> None:
    out = tmp_path / "figures"
    command = [
        "report",
        str(fashion_bundle),
        "--data",
        str(fashion_bundle / "fashion.npz"),
        "--samples",
        "40",
    ]
    assert main([*command, "--json", "--out", str(out)]) == 0
    found = json.loads(out.read_text("utf-8"))
    assert set(found["definitions"]) == set(DEFINITIONS)
    assert found["features"]["name"] == "the small Fashion-MNIST classifier"
    assert found["samples"] == 40
    text = table(found)
    assert figure_text(found["models"][0]["reconstruction"]) in text
    assert all(one.name in text and one.text in text for one in DEFINITIONS.values())


def test_another_network_or_none_is_named_as_what_it_is(tour: Comparison, tmp_path: Path) -> None:
    side = tour.sides[1]
    own = features_for(tmp_path / "data.npz", side.pair, side.name)
    assert own.name == "the encoder of fashion-vae"
    assert "for want of a network" in own.note
    features, classes = own.of(side.work.samples([0, 1]))
    assert features.shape == (2, 16)
    assert classes is None
    assert np.allclose(features, side.work.latents[:2], atol=1e-3)
    judge = Judge.of(side, own, 40, 0)
    assert len(set(judge.held_rows) & set(judge.others)) == 0
    grey = np.full((30, 28, 28, 1), 128, np.uint8)
    assert judge.validity(side.work.samples(judge.others))["value"] == pytest.approx(0.95, abs=0.1)
    assert judge.relative_sharpness(grey)["value"] < 0.01


def test_bad_input_is_one_sentence(
    tour: Comparison,
    fashion_bundle: Path,
    faces_bundle: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(ExplorerError, match="gives no features of pictures"):
        Features.of_network(fashion_bundle / "decoder.onnx")
    faces = open_side([faces_bundle], None, Progress())
    own = Features.of_encoder(faces.pair, "faces")
    with pytest.raises(ExplorerError, match="encoded from other data"):
        measured([tour.sides[0], faces], own)
    with pytest.raises(ExplorerError, match="has no latents of the data"):
        measured([Side(tour.sides[0].pair, name="one")], own)
    cancelled = Progress()
    cancelled.cancel()
    with pytest.raises(Cancelled):
        measured(tour.sides, own, 40, 0, cancelled)
    data = str(fashion_bundle / "fashion.npz")
    assert main(["report", str(fashion_bundle), "--data", data, "--samples", "3"]) == 1
    shutil.copy(fashion_bundle / "decoder.onnx", tmp_path)
    assert main(["report", str(tmp_path / "decoder.onnx"), "--data", data]) == 1
    errors = capsys.readouterr().err
    assert "20 would work" in errors
    assert "decoder alone" in errors


def test_figures_read_alike_and_unsteadiness_is_what_it_says() -> None:
    assert figure_text(None) == "–"
    assert figure_text({"value": 14.0, "low": 14.0, "high": 14.0, "count": 9}) == "14"
    assert figure_text({"value": 0.5, "low": 0.4512, "high": 0.549, "count": 9}) == "0.50 (0.45–0.55)"
    assert unsteadiness([3.0, 2.0, 1.0]) == 0.0
    assert unsteadiness([0.0, 1.0, 0.0, 1.0, 0.0]) == 0.5
    assert unsteadiness([1.0, 1.0, 1.0]) is None


def figure(value: float) -> dict[str, float]:
    return {"value": value, "low": 0.95 * value, "high": 1.05 * value, "count": 500}


def test_the_tours_sentences_follow_from_its_figures_whichever_they_are(tour: Comparison) -> None:
    plain, variational, adversarial = (side.name for side in tour.sides)
    told = TourFigures(tour.sides)
    for name, error, valid, near, sharp in (
        (plain, 0.02, 0.9, 30.0, 2.0),
        (variational, 0.01, 0.9, 9.0, 0.5),
        (adversarial, 0.03, 0.2, 40.0, 1.5),
    ):
        told._known |= {
            ("codes", name): {"reconstruction": figure(error), "active_units": figure(16.0)},
            ("sharpness", name): figure(sharp),
            **{("validity", name, drawn): figure(valid) for drawn in ("prior", "fitted", "mixture")},
            **{
                ("all", name, drawn): {"frechet": figure(near), "coverage": figure(valid)}
                for drawn in ("prior", "mixture")
            },
        }
    progress = Progress()
    assert f"{variational} comes nearest" in told.reconstructions(progress).said
    assert f"{plain} was trained for this error alone, and yet" in told.reconstructions(progress).said
    assert "garbage" not in told.random_plain(progress).said
    assert "is not surely better" in told.random_all(progress).said
    assert "does not surely help" in told.mixture(progress).said
    sharpness = told.sharpness(progress).said
    assert f"{adversarial}’s samples come nearest with 1.5" in sharpness  # as far from 1 as a factor says
    assert "noise that counts as sharp" in sharpness
    assert f"{variational} uses all of its 16 dimensions" in told.training(progress).said
    best = dict(row[:2] for row in told.choosing(progress).figures)
    assert best["To draw at random, by Fréchet distance"].startswith(f"{variational}: 9")
    assert best["To reach all kinds, by coverage"].startswith(f"{plain} or {variational}: 0.90")
    assert best["For sharp pictures, by sharpness"].startswith(f"{adversarial}: 1.5")
