"""A recipe says all that its pictures need: it returns as it was, and gives the same bytes again."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from PIL import Image

from explorer.cli import main
from explorer.core.errors import ExplorerError, Gone
from explorer.core.export.formats import FORMATS
from explorer.core.export.look import LOOKS, Look
from explorer.core.latent_ops.directions import direction_of_label
from explorer.core.model_pair import ModelPair
from explorer.core.opening import own_map
from explorer.core.progress import Progress
from explorer.core.provenance import read_provenance
from explorer.core.recipes import schema
from explorer.core.recipes.document import (
    Comparison,
    Film,
    Filters,
    GalleryRecipe,
    Kept,
    MapLattice,
    Moves,
    NearestReal,
    Reconstructions,
    Samples,
    Traversals,
    What,
)
from explorer.core.recipes.draw import Draw
from explorer.core.recipes.file import SCHEMA, hash_of, load_recipe, save_recipe, text_of
from explorer.core.recipes.filters import farthest
from explorer.core.recipes.gallery import gallery_of
from explorer.core.recipes.ordering import as_path, by_similarity
from explorer.core.recipes.real import RealPictures
from explorer.core.recipes.source import Source
from explorer.core.recipes.writing import Style, open_recipe, recipe_for, write_gallery
from explorer.core.workspace import Workspace
from tests.onnx_pairs import write_pair


@pytest.fixture(scope="module")
def source(fashion_bundle: Path) -> Source:
    """The bundled Fashion-MNIST with its map."""
    work = Workspace.open(fashion_bundle)
    return Source((ModelPair.open(fashion_bundle, "cpu"),), work, own_map(work))


@pytest.fixture(scope="module")
def twins(source: Source, fashion_pictures: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Source:
    """The same beside another model of the same latent size."""
    folder = tmp_path_factory.mktemp("other")
    write_pair(folder, fashion_pictures, source.pair.latent_size)
    return replace(source, pairs=(source.pair, ModelPair.open(folder, "cpu")))


def kinds(source: Source) -> dict[str, What]:
    """One small gallery of each kind."""
    assert source.work is not None
    latents, field = source.work.latents, source.work.fields[0]
    found = direction_of_label(latents, field.codes, 1, name="trousers")
    some = Filters(apart=0.2, pool=2, support=0.05)
    return {
        "prior": Samples(count=5),
        "filtered": Samples(count=6, filters=some, order="similarity"),
        "around": Samples("around", 4, latent=np.array(latents[3]), order="path"),
        "selection": Samples("selection", 4, rows=np.arange(30), order="label", field=field.name),
        "label": Samples("label", 3, field=field.name, label=field.names[2]),
        "labels": Samples("labels", 2, field=field.name),
        "kept": Kept(np.array(latents[:3]), ("one", "two", "three"), (1, None, 2), captions=("a", "b", "c")),
        "traversals": Traversals(np.array(latents[0]), count=2, steps=3),
        "film": Film(np.array(latents[[0, 9]]), frames=5),
        "lattice": MapLattice(5),
        "nearest": NearestReal(Samples(count=2), by="latent"),
        "alike": NearestReal(Samples("mixture", 3, filters=Filters(distance=20.0)), count=2),
        "reconstructions": Reconstructions(count=3, order="error"),
        "moves": Moves(np.array(latents[:2]), found.name, found.vector, found.sigma, steps=3),
    }


NAMES = (
    "prior", "filtered", "around", "selection", "label", "labels", "kept", "traversals", "film", "lattice",
    "nearest", "alike", "reconstructions", "moves", "comparison",
)  # fmt: skip


def of_kind(name: str, source: Source, twins: Source) -> tuple[What, Source]:
    return (Comparison(3), twins) if name == "comparison" else (kinds(source)[name], source)


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_from_its_file_gives_identical_bytes(
    name: str, source: Source, twins: Source, tmp_path: Path
) -> None:
    what, used = of_kind(name, source, twins)
    formats = {key for key, one in FORMATS.items() if not one.missing}
    formats &= formats if name == "film" else {"singles", "sheet", "csv"}
    style = Style("A title", tuple(formats), LOOKS["Paper"])
    first = write_gallery(recipe_for(what, used, tmp_path / "a", style), used, tmp_path / "a")
    jsonschema.validate(json.loads((tmp_path / "a" / "recipe.json").read_text()), schema.schema())
    recipe, found = open_recipe(tmp_path / "a" / "recipe.json", Progress(), device="cpu")
    again = write_gallery(recipe, found, tmp_path / "b")
    assert again.remarks == ()
    names = [path.name for path in first.paths]
    assert names == [path.name for path in again.paths]
    assert len(names) == first.pictures + len(formats)
    for file in names[:-1]:  # the recipe says where it lies itself
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    assert hash_of(load_recipe(again.paths[-1])) == hash_of(recipe)


def test_every_exported_picture_is_dropped_back_as_its_exact_latent(source: Source, tmp_path: Path) -> None:
    check_return(source, tmp_path, 150)


@pytest.mark.slow
def test_a_thousand_exported_pictures_are_a_thousand_exact_latents(source: Source, tmp_path: Path) -> None:
    check_return(source, tmp_path, 1000)


def check_return(source: Source, folder: Path, count: int) -> None:
    recipe = recipe_for(Samples(count=count, seed=9), source, folder, Style(formats=("singles",)))
    done = write_gallery(recipe, source, folder)
    wanted = Draw.prior(count, source.pair.latent_size, 9).latents()
    assert len(done.paths) == count + 1
    for index, path in enumerate(done.paths[:count]):
        note = read_provenance(path)
        assert note is not None
        assert note.latent.tobytes() == wanted[index].tobytes()
        assert (note.seed, note.index, note.fingerprint) == (9, index, source.pair.fingerprint)
        assert (note.recipe, note.place is not None) == (hash_of(recipe), True)


def test_a_picture_is_the_same_whatever_it_is_asked_for_with(source: Source) -> None:
    gallery = gallery_of(recipe_for(Samples(count=150), source, Path(), Style()), source)
    whole = gallery.pictures(0, 150)
    assert whole.shape == (150, 28, 28, 1)
    for start, stop in ((0, 1), (63, 66), (10, 140), (149, 150), (149, 400)):
        assert np.array_equal(gallery.pictures(start, stop), whole[start:stop])


def test_the_published_schema_is_what_is_declared_and_refuses_what_is_not() -> None:
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == json.loads(json.dumps(schema.schema()))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(
            {"format": "latent-explorer recipe", "version": 1, "what": {"kind": "dreams"}, "models": []},
            schema.schema(),
        )


def test_a_recipe_by_hand_needs_little(source: Source, tmp_path: Path) -> None:
    used = json.loads(text_of(recipe_for(Samples(), source, tmp_path, Style())))["models"]
    path = tmp_path / "mine.json"
    by_hand = {"format": "latent-explorer recipe", "version": 1, "models": used, "what": {"kind": "samples"}}
    path.write_text(json.dumps(by_hand))
    recipe, found = open_recipe(path, Progress(), device="cpu")
    assert isinstance(recipe.what, Samples)
    assert len(gallery_of(recipe, found)) == 48
    assert found.map is None


def edited(source: Source, folder: Path, **changes: object) -> Path:
    content = json.loads(text_of(recipe_for(Samples(count=2), source, folder, Style())))
    content.update(changes)
    path = folder / "r.json"
    path.write_text(json.dumps(content))
    return path


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"version": 2}, "version 2.*update"),
        ({"version": None}, "version"),
        ({"format": "a cake"}, "no recipe"),
        ({"colour": "red"}, "field “colour”.*does not know"),
        ({"what": {"kind": "samples", "colour": 1}}, "field “what.colour”"),
        ({"what": {"kind": "dreams"}}, "“what.kind” is 'dreams'"),
        ({"what": {"kind": "samples", "count": "x"}}, "“what.count” is 'x', where a whole number"),
        ({"what": {"kind": "samples", "count": 1e400}}, "“what.count”"),
        (
            {"what": {"kind": "samples", "latent": {"type": "float32-le", "shape": [9], "base64": "AA"}}},
            "latent",
        ),
        ({"what": {"kind": "kept"}}, "“what.latents” is missing"),
        ({"what": [[[]]]}, "“what.kind”"),
        ({"look": {"theme": "pink"}}, "“look.theme”.*dark"),
        ({"models": []}, "no model"),
    ],
)
def test_a_recipe_that_cannot_be_followed_is_one_sentence(
    changes: dict[str, object], words: str, source: Source, tmp_path: Path
) -> None:
    with pytest.raises(ExplorerError, match=words) as caught:
        load_recipe(edited(source, tmp_path, **changes))
    assert "r.json" in str(caught.value)


def test_a_model_that_has_moved_is_known_by_its_hash_or_asked_for(
    source: Source,
    twins: Source,
    fashion_pictures: np.ndarray,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path, other = tmp_path / "r.json", twins.pairs[1].decoder_path
    assert other is not None
    recipe = recipe_for(Samples(count=2), source, tmp_path, Style())
    lost = tuple(
        replace(one, near="", at=str(tmp_path / "gone.onnx"), bundled="") for one in recipe.models[0].files
    )
    save_recipe(replace(recipe, models=(replace(recipe.models[0], files=lost),)), path)
    assert open_recipe(path, Progress())[1].pair.fingerprint == source.pair.fingerprint
    write_pair(tmp_path / "mine", fashion_pictures, 6)
    mine = Source((ModelPair.open(tmp_path / "mine", "cpu"),))
    save_recipe(recipe_for(Samples(count=2), mine, tmp_path, Style()), path)
    (tmp_path / "mine").rename(tmp_path / "moved")
    with pytest.raises(Gone, match="say where it lies"):
        open_recipe(path, Progress())
    with pytest.raises(Gone, match="not the model"):
        open_recipe(path, Progress(), [(other.parent,)])
    assert main(["gallery", str(path), "--out", str(tmp_path / "out")]) == 1
    assert "with --model." in capsys.readouterr().err
    moved = ["--model", str(tmp_path / "moved")]
    assert main(["gallery", str(path), "--out", str(tmp_path / "out"), *moved]) == 0


def test_pictures_that_are_not_the_same_again_are_measured(source: Source, tmp_path: Path) -> None:
    recipe = recipe_for(Samples(count=3), source, tmp_path, Style(formats=("sheet",)))
    write_gallery(recipe, source, tmp_path)
    found = load_recipe(tmp_path / "recipe.json")
    assert found.proof is not None
    levels = found.proof.levels.copy()
    levels[:128] = np.where(levels[:128] > 100, levels[:128] - 2, levels[:128] + 2)
    changed = replace(found, proof=replace(found.proof, device="another card", levels=levels))
    (told,) = write_gallery(changed, source, tmp_path / "again").remarks
    assert "25% of the levels" in told
    assert "by 2 of 255" in told
    assert "another card" in told


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (Samples(count=3, filters=Filters(apart=1e6, tries=7)), "Of 21 samples 1 passed.*3 that are wanted"),
        (Samples(count=20_000, filters=Filters(pool=2)), "at most 10,000"),
        (Samples(count=0), "0 samples"),
        (Samples("label", field="label", label="cake"), "no label “cake”"),
        (Samples("dice"), "no sampler"),
        (Samples("selection", rows=np.array([10**9])), "not one of these data"),
        (Kept(np.zeros((0, 16), np.float32)), "nothing to export"),
        (Kept(np.zeros((2, 3), np.float32)), "16 numbers"),
        (Traversals(np.zeros(3, np.float32)), "16 numbers"),
        (Film(np.zeros((2, 16), np.float32)), "leads nowhere"),
        (MapLattice(100_000), "too large"),
        (MapLattice(2, support=1.5), "ask for less"),
        (Comparison(), "two models"),
    ],
)
def test_what_cannot_be_shown_is_one_sentence(what: What, words: str, source: Source) -> None:
    with pytest.raises(ExplorerError, match=words):
        gallery_of(recipe_for(what, source, Path(), Style()), source)


def test_filters_leave_out_what_they_say(source: Source) -> None:
    assert source.map is not None
    recipe = recipe_for(Samples(count=8, filters=Filters(support=0.5, pool=3)), source, Path(), Style())
    items = list(gallery_of(recipe, source).items)
    assert min(item.facts["support"] for item in items) >= 0.5
    assert len({item.draw for item in items}) == 8
    plain = Draw.prior(items[-1].draw + 1, source.pair.latent_size, 42).latents()
    for item in items:
        assert np.array_equal(item.latent, plain[item.draw])
    far = recipe_for(Samples(count=4, filters=Filters(distance=50.0)), source, Path(), Style())
    assert len(gallery_of(far, source)) == 4


def test_the_nearest_are_found_together_as_one_by_one(source: Source) -> None:
    real = RealPictures(source, Progress())
    pictures = source.pair.decode(Draw.prior(70, source.pair.latent_size, 3).latents())
    rows, apart = real.nearest(pictures, 2)
    for index in (0, 33, 69):
        alone, far = real.nearest(pictures[index : index + 1], 2)
        assert (alone[0].tolist(), far[0].tolist()) == (rows[index].tolist(), apart[index].tolist())


def test_farthest_points_and_orders_are_what_they_are_called() -> None:
    line = np.arange(20, dtype=np.float32)[:, None] * np.ones(3, np.float32)
    assert sorted(farthest(line, 3).tolist()) == [0, 9, 19] or sorted(farthest(line, 3).tolist()) == [
        0,
        10,
        19,
    ]
    shuffled = np.random.default_rng(0).permutation(20)
    assert abs(np.diff(line[shuffled][as_path(line[shuffled]), 0])).tolist() == [1.0] * 19
    grid = np.stack(np.meshgrid(np.arange(6.0), -np.arange(5.0)), axis=-1).reshape(-1, 2).astype(np.float32)
    mixed = np.random.default_rng(1).permutation(30)
    order = by_similarity(grid[mixed], 6, grid[mixed])
    steps = np.linalg.norm(np.diff(grid[mixed][order].reshape(5, 6, 2), axis=1), axis=2)
    assert steps.mean() < 1.6
    assert sorted(order.tolist()) == list(range(30))


def test_a_lattice_is_the_map_seen_from_above(source: Source) -> None:
    assert source.map is not None
    gallery = gallery_of(recipe_for(MapLattice(6), source, Path(), Style()), source)
    places = np.array([item.place for item in gallery.items]).reshape(-1, 6, 2)
    assert (np.diff(places[:, :, 0], axis=1) > 0).all()
    assert (np.diff(places[:, :, 1], axis=0) < 0).all()
    empty = np.array([item.role == "empty" for item in gallery.items])
    assert 0 < empty.sum() < len(empty)
    assert not gallery.pictures(0, len(gallery))[empty].any()
    for item in gallery.items:
        assert (item.role == "empty") == (source.map.inverse.support_at(np.array([item.place]))[0] < 0.5)


def test_reconstructions_stand_beside_what_they_are_of(source: Source) -> None:
    assert source.work is not None
    gallery = gallery_of(recipe_for(Reconstructions(np.array([5, 2])), source, Path(), Style()), source)
    assert [item.role for item in gallery.items] == ["original", "decoded", "difference"] * 2
    first, second, apart = gallery.pictures(0, 3)
    assert np.array_equal(first, source.work.samples([5])[0])
    assert np.array_equal(apart, np.minimum(4 * np.abs(first.astype(int) - second), 255))
    assert gallery.items[2].caption == "Difference × 4"
    error = float(np.square((first / 255.0) - (second / 255.0)).mean())
    assert gallery.items[1].facts["error"] == pytest.approx(error)


def test_models_of_other_sizes_stand_in_one_sheet(
    twins: Source, fashion_pictures: np.ndarray, tmp_path: Path
) -> None:
    write_pair(tmp_path, fashion_pictures[:, ::2, ::2].repeat(3, axis=3), 4)
    small = replace(twins, pairs=(*twins.pairs, ModelPair.open(tmp_path, "cpu")))
    gallery = gallery_of(recipe_for(Comparison(2), small, Path(), Style()), small)
    assert gallery.shape == (28, 28, 3)
    assert [len(item.latent) for item in gallery.items] == [16, 16, 16, 16, 4, 4]
    assert len({item.group for item in gallery.items}) == 3
    grown = gallery.pictures(4, 5)[0]
    assert np.array_equal(grown[::2, ::2], grown[1::2, 1::2])


@pytest.mark.parametrize(
    ("ending", "look", "order"),
    [
        ("back", Look(), [0, 1, 2, 1]),
        ("once", Look(), [0, 1, 2]),
        ("loop", Look(), [0, 1, 2]),
        ("once", Look(play="there and back", rate=5), [0, 1, 2, 1]),
    ],
)
def test_a_film_of_a_path_goes_as_that_ends_unless_its_look_says_otherwise(
    ending: Any, look: Look, order: list[int], source: Source, tmp_path: Path
) -> None:
    assert source.work is not None
    what = Film(np.array(source.work.latents[[0, 9]]), frames=3, seconds=0.5, ending=ending)
    recipe = recipe_for(what, source, tmp_path, Style(formats=("apng", "singles"), look=look))
    write_gallery(recipe, source, tmp_path)
    with Image.open(tmp_path / "film.png") as film:
        assert film.n_frames == len(order)
        assert film.info["loop"] == (1 if ending == "once" and look.play == "auto" else 0)
        film.seek(1)
        film.load()
        assert film.info["duration"] == pytest.approx(1000 / (look.rate or 6), abs=1)
        second = np.array(film.convert("L"))
    with Image.open(tmp_path / "0002.png") as single:
        times = second.shape[0] // 28
        assert np.array_equal(second[::times, ::times], np.array(single))


def test_the_hash_is_of_what_is_shown_and_of_nothing_else(source: Source) -> None:
    recipe: GalleryRecipe = recipe_for(Samples(count=3), source, Path(), Style())
    assert hash_of(replace(recipe, title="x", look=LOOKS["Poster"], formats=("gif",))) == hash_of(recipe)
    assert hash_of(replace(recipe, what=Samples(count=4))) != hash_of(recipe)
    assert hash_of(replace(recipe, extras={"noise": 1.0})) != hash_of(recipe)
