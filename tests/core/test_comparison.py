"""Models beside each other: what links them, and what does not."""

from __future__ import annotations

import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from explorer.core.comparison import Comparison, Side, draw_from, open_side, open_tour, place_on
from explorer.core.errors import ExplorerError
from explorer.core.progress import Progress
from explorer.core.recomparing import SideGone, compared_again, kept_of
from explorer.core.session import Session
from explorer.core.session_file import load_session, save_session
from explorer.core.workspace import DataReference


@pytest.fixture(scope="module")
def tour() -> Comparison:
    return open_tour(Progress())


def test_one_place_is_the_same_weighing_of_rows_in_every_model(tour: Comparison) -> None:
    assert [side.kind for side in tour.sides] == ["AE", "VAE", "GAN"]
    assert tour.apart == ("", "", "")
    shown = tour.map_of(1)
    assert shown is not None
    random = np.random.default_rng(0)
    low, high = shown.positions.min(axis=0) - 1, shown.positions.max(axis=0) + 1
    for scale in (0.0, 0.003, 0.03, 0.3):
        for place in random.uniform(low, high, (20, 2)):
            rows, weights = shown.inverse.weights_at(place, scale)
            assert len(set(rows.tolist())) == len(rows)
            assert weights.min() >= 0
            assert weights.sum() == pytest.approx(1, abs=1e-5)
            found = tour.at(1, shown, place, scale)
            assert np.allclose(found[1], shown.inverse.latent_at(place, scale), atol=1e-5)
            assert np.allclose(found[0], weights @ np.asarray(tour.sides[0].work.latents[rows]), atol=1e-6)


def test_a_points_own_place_gives_exactly_its_own_latent_in_every_model(tour: Comparison) -> None:
    for number in range(3):
        shown = tour.map_of(number)
        for row in (0, 17, 9999):
            found = tour.at(number, shown, shown.positions[row].tolist(), 0.0)
            for side, latent, exact in zip(tour.sides, found, tour.of_row(number, row), strict=True):
                assert np.array_equal(latent, side.work.latents[row])
                assert np.array_equal(exact, side.work.latents[row])


def test_all_on_the_first_map_places_a_latent_by_its_own_models_neighbours(tour: Comparison) -> None:
    first = tour.map_of(0)
    other = tour.map_of(1, on_first=True)
    assert np.array_equal(other.positions, first.positions)
    assert other.latents is tour.sides[1].work.latents
    row = 123
    place = place_on(other, np.array(tour.sides[1].work.latents[row]))
    assert np.allclose(place, first.positions[row], atol=1e-4)
    assert place_on(other, np.full(16, 1e4, np.float32)) is None  # too far from all data to say
    assert tour.map_of(1) is tour.sides[1].map


def test_a_seed_is_shared_and_each_draws_from_what_is_asked(tour: Comparison) -> None:
    draws = [draw_from(side, "prior", 4, 7).latents() for side in tour.sides]
    assert np.array_equal(draws[0], draws[1])
    assert np.array_equal(draws[1], draws[2])
    own = draw_from(tour.sides[0], "own", 4, 7)
    assert "fitted" in own.text
    alone = Side(tour.sides[0].pair, name="alone")
    with pytest.raises(ExplorerError, match="alone has no latents of data"):
        draw_from(alone, "mixture", 4, 7)


def test_what_is_not_linked_says_so_in_a_sentence(tour: Comparison, faces_bundle: Path) -> None:
    faces = open_side([faces_bundle], None, Progress())
    found = Comparison.of([tour.sides[0], faces])
    assert "encoded from other data" in found.apart[1]
    shown = found.map_of(0)
    assert found.at(0, shown, (0.0, 0.0), 0.0)[1] is None
    assert found.map_of(1, on_first=True) is faces.map
    work = tour.sides[1].work
    fewer = replace(work, latents=work.latents[:50], rows=work.rows[:50], logvars=None)
    found = Comparison.of([tour.sides[0], Side(tour.sides[1].pair, fewer)])
    assert "holds other pictures" in found.apart[1]
    sampled = replace(work, data=DataReference("x", Path("x"), "other", 3))
    assert Comparison.of([tour.sides[0], Side(tour.sides[1].pair, sampled)]).apart[1]


def test_a_decoder_alone_shares_only_the_seed(tour: Comparison, fashion_bundle: Path, tmp_path: Path) -> None:
    shutil.copy(fashion_bundle / "decoder.onnx", tmp_path)
    alone = open_side([tmp_path / "decoder.onnx"], tour.sides[0].work, Progress())
    found = Comparison.of([tour.sides[0], alone])
    assert "is a decoder alone: it shares the seed" in found.apart[1]
    assert found.map_of(1) is None
    assert draw_from(alone, "prior", 2, 1).latents().shape == (2, 16)


def test_what_cannot_be_compared_is_refused_in_a_sentence(
    tour: Comparison, fashion_bundle: Path, tmp_path: Path
) -> None:
    with pytest.raises(ExplorerError, match="two or three would work"):
        Comparison.of(tour.sides[:1])
    with pytest.raises(ExplorerError, match="is no model"):
        open_side([tmp_path], None, Progress())
    with pytest.raises(ExplorerError, match="does not exist"):
        open_side([tmp_path / "gone"], None, Progress())
    (tmp_path / "half").mkdir()
    shutil.copy(fashion_bundle / "encoder.onnx", tmp_path / "half")
    with pytest.raises(ExplorerError, match="encoder alone"):
        open_side([tmp_path / "half"], None, Progress())
    shutil.copytree(fashion_bundle, tmp_path / "bundle")
    (tmp_path / "bundle" / "decoder.onnx").unlink()
    with pytest.raises(ExplorerError, match=r"decoder\.onnx"):
        open_side([tmp_path / "bundle"], None, Progress())


def test_a_comparison_is_kept_by_a_session_and_found_where_it_has_moved(
    tour: Comparison, fashion_bundle: Path, tmp_path: Path
) -> None:
    home, away = tmp_path / "home", tmp_path / "away"
    shutil.copytree(fashion_bundle.parent / "fashion-ae", home / "models" / "fashion-ae")
    (home / "models" / "fashion-vae").symlink_to(fashion_bundle)  # where its data lie
    (home / "sessions").mkdir()
    mine = open_side([home / "models" / "fashion-ae"], None, Progress())
    latents = (np.zeros(16, np.float32), None)
    kept = replace(
        kept_of(Comparison.of([tour.sides[1], mine])), together=True, seed=7, latents=latents, step=3
    )
    save_session(home / "sessions" / "s.latents", Session(compared=kept), None)
    home.rename(away)
    found = load_session(away / "sessions" / "s.latents").session.compared
    assert found is not None
    assert (found.together, found.seed, found.step) == (True, 7, 3)
    assert np.array_equal(found.latents[0], latents[0])
    assert found.latents[1] is None
    again = compared_again(found, Progress(), first=tour.sides[1])
    assert again.sides[0].pair is tour.sides[1].pair
    assert again.sides[1].pair.plan.files[0].is_relative_to(away)
    assert again.is_linked(0, 1)
    for name, other in (("encoder.onnx", "fashion-gan"), ("decoder.onnx", "fashion-gan")):
        (away / "models" / "fashion-ae" / name).write_bytes(
            (fashion_bundle.parent / other / name).read_bytes()
        )
    (away / "models" / "fashion-ae" / "plan.json").unlink()
    with pytest.raises(SideGone, match="not the model that the comparison was made with") as other_one:
        compared_again(found, Progress(), first=tour.sides[1])
    assert (other_one.value.number, other_one.value.wanted) == (1, "other model")
    shutil.rmtree(away / "models" / "fashion-ae")
    with pytest.raises(SideGone, match="fashion-ae of the comparison, is not there any more") as gone:
        compared_again(found, Progress(), first=tour.sides[1])
    assert (gone.value.number, gone.value.wanted) == (1, "model")


@pytest.mark.parametrize(
    "change",
    [{"seed": -1}, {"sides": []}, {"latents": [None]}, {"selection": "all"}, {"together": 3}],
)
def test_a_crafted_comparison_is_one_sentence(tour: Comparison, tmp_path: Path, change) -> None:
    path, again = tmp_path / "s.latents", tmp_path / "crafted.latents"
    save_session(path, Session(compared=kept_of(tour)), None)
    with zipfile.ZipFile(path) as file, zipfile.ZipFile(again, "w") as crafted:
        document = json.loads(file.read("session.json"))
        document["session"]["compared"] |= change
        crafted.writestr("session.json", json.dumps(document))
    with pytest.raises(ExplorerError, match=r"crafted\.latents is no session"):
        load_session(again)
