from __future__ import annotations

import shutil

import numpy as np
import pytest

from explorer.cli import main
from explorer.core import dataset_sampled
from explorer.core.dataset_sampled import is_sampled, sample, sampled
from explorer.core.errors import Cancelled, ExplorerError
from explorer.core.latent_ops.draws import sample_fitted, sample_prior
from explorer.core.model_pair import ModelPair
from explorer.core.progress import Progress
from explorer.core.provenance import read_provenance
from explorer.core.round_trip import round_trip
from explorer.core.sampling import prior_draw
from explorer.core.session import Session
from explorer.core.session_file import put_aside, save_session
from explorer.core.workspace import Workspace
from tests.onnx_generators import write_generator, write_slow_decoder


@pytest.fixture
def generator(tmp_path, fashion_pictures):
    return write_generator(tmp_path / "gan" / "generator.onnx", fashion_pictures)


@pytest.fixture
def encoder_alone(tmp_path, fashion_bundle):
    (tmp_path / "alone").mkdir()
    return shutil.copy(fashion_bundle / "encoder.onnx", tmp_path / "alone")


def test_samples_are_a_workspace_that_the_seed_repeats(generator, tmp_path):
    pair = ModelPair.open(generator)
    work = sample(pair, tmp_path / "one", Progress(), 70, 5)
    again = sample(pair, tmp_path / "two", Progress(), 70, 5)
    assert is_sampled(work)
    assert np.array_equal(work.latents, sample_prior(70, pair.latent_size, 5))
    assert np.array_equal(work.samples(np.arange(70)), pair.decode(np.array(work.latents)))
    assert np.array_equal(again.thumbnails, work.thumbnails)
    assert (work.data.name, work.item_name(3)) == ("prior N(0, I), seed 5", "#3")
    assert Workspace.open(tmp_path / "one").model.decoder == generator


def test_samples_made_before_are_found_and_others_are_not(generator, monkeypatch):
    monkeypatch.setattr(dataset_sampled, "COUNT", 30)
    pair = ModelPair.open(generator)
    first = sampled(pair, Progress(), seed=1)
    assert sampled(pair, Progress(), seed=1).folder == first.folder
    assert sampled(pair, Progress(), seed=2).folder != first.folder


def test_a_slow_decoder_draws_fewer_samples_but_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(dataset_sampled, "FEWEST", 3)
    monkeypatch.setattr(dataset_sampled, "LONGEST", 0.05)
    pair = ModelPair.open(write_slow_decoder(tmp_path / "slow" / "decoder.onnx", 10))
    work = sample(pair, tmp_path / "work", Progress())
    assert 3 <= len(work) < dataset_sampled.COUNT
    assert len(work.thumbnails) == len(work)
    assert np.array_equal(work.latents, sample_prior(4000, 4, dataset_sampled.SEED)[: len(work)])


def test_a_cancelled_sampling_leaves_nothing(generator, tmp_path):
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        sample(ModelPair.open(generator), tmp_path / "work", progress, 50)
    assert not (tmp_path / "work" / "workspace.json").exists()


def test_an_encoder_alone_has_nothing_to_sample_and_no_proof(encoder_alone, tmp_path):
    pair = ModelPair.open(tmp_path / "alone")
    with pytest.raises(ExplorerError, match="encoder alone"):
        sample(pair, tmp_path / "work", Progress(), 5)
    trip = round_trip(pair, None)
    assert trip.reconstructions is None
    assert len(trip.originals) == 0


def test_the_round_trip_of_a_pair_is_that_of_its_data(fashion_bundle):
    pair, work = ModelPair.open(fashion_bundle), Workspace.open(fashion_bundle)
    trip = round_trip(pair, work)
    assert trip.real
    assert np.array_equal(trip.reconstructions, pair.decode(pair.encode(trip.originals)[0]))
    assert 0 < trip.error < 0.3 * trip.baseline
    assert not round_trip(pair, None).real


@pytest.mark.parametrize("law", ["normal", "uniform", "sphere"])
def test_priors_have_the_moments_they_should_and_fewer_are_the_first_of_more(law):
    samples = sample_prior(20_000, 3, 4, law)
    assert np.abs(samples.mean(axis=0)).max() < 0.03
    variance = {"normal": 1.0, "uniform": 1 / 3, "sphere": 1 / 3}[law]
    assert samples.var(axis=0) == pytest.approx(variance, abs=0.03)
    if law == "sphere":
        assert np.linalg.norm(samples, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert np.array_equal(sample_prior(10, 3, 4, law), samples[:10])


def test_a_fitted_normal_has_the_datas_mean_and_covariance():
    rng = np.random.default_rng(0)
    data = (rng.standard_normal((500, 4)) @ rng.standard_normal((4, 4)) + [1, 2, 3, 4]).astype(np.float32)
    samples = sample_fitted(data, 20_000, 1)
    assert samples.mean(axis=0) == pytest.approx(data.mean(axis=0), abs=0.1)
    assert np.cov(samples.T) == pytest.approx(np.cov(data.T), abs=0.05 * np.cov(data.T).max())


def test_a_plain_autoencoder_is_sampled_like_its_data(fashion_bundle):
    work, pair = Workspace.open(fashion_bundle), ModelPair.open(fashion_bundle)
    assert prior_draw(pair, work, 5, 1).text == "prior N(0, I)"
    pair.prior = "data"
    recipe = prior_draw(pair, work, 5, 1)
    assert recipe.text == "normal distribution fitted to the data"
    assert recipe.latents().shape == (5, 16)
    assert prior_draw(pair, None, 5, 1).text == "prior N(0, I)"


def test_a_decoder_alone_goes_all_the_way_on_the_command_line(generator, tmp_path, capsys):
    work = str(tmp_path / "work")
    assert main(["encode", str(generator), "--prior", "60", "--seed", "3", "--out", work]) == 0
    assert main(["map", work, "--method", "pca"]) == 0
    x, y = Workspace.open(tmp_path / "work").positions()[7]
    assert main(["decode", work, f"--at={x},{y}", "--out", str(tmp_path / "there.png")]) == 0
    assert read_provenance(tmp_path / "there.png").model == ModelPair.open(generator).name
    assert main(["gallery", str(generator), "--prior", "3", "--out", str(tmp_path / "out")]) == 0
    assert len(list((tmp_path / "out").iterdir())) == 5
    np.save(tmp_path / "data.npy", np.zeros((5, 28, 28), np.uint8))
    assert main(["encode", str(generator), str(tmp_path / "data.npy"), "--out", work + "2"]) == 1
    assert "decoder alone" in capsys.readouterr().err


def test_an_encoder_alone_encodes_on_the_command_line_and_draws_nothing(
    encoder_alone, tmp_path, fashion_pictures, capsys
):
    np.save(tmp_path / "data.npy", fashion_pictures[:40])
    work = str(tmp_path / "work")
    assert main(["encode", str(encoder_alone), str(tmp_path / "data.npy"), "--out", work]) == 0
    opened = Workspace.open(tmp_path / "work")
    assert opened.latents.shape == (40, 16)
    assert opened.reconstruction_mse is None
    assert main(["decode", work, "--prior", "2", "--out", str(tmp_path / "no.png")]) == 1
    assert main(["gallery", str(encoder_alone), "--prior", "2", "--out", str(tmp_path / "no")]) == 1
    assert capsys.readouterr().err.count("encoder alone and draws nothing") == 2
    assert not (tmp_path / "no.png").exists()


def test_sessions_put_aside_do_not_take_each_others_place(tmp_path):
    places = []
    for seed in range(3):
        save_session(tmp_path / "last.latents", Session(seed=seed), None)
        places.append(put_aside(tmp_path / "last.latents"))
    assert len({*places}) == 3
    assert all(place.exists() for place in places)
    assert not (tmp_path / "last.latents").exists()
