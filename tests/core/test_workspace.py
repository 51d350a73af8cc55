"""What was computed is found again, moved, and outlives the data; damage is told, not shown."""

from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.core.dataset import open_dataset
from explorer.core.encoding import encode
from explorer.core.errors import ExplorerError
from explorer.core.model_pair import ModelPair
from explorer.core.progress import Progress
from explorer.core.workspace import Workspace, default_folder, find_workspace
from tests.full_disk import full_disk
from tests.onnx_pairs import Convention, write_pair

COUNT = 60


@pytest.fixture(scope="module")
def made(tmp_path_factory, fashion_pictures) -> Path:
    """A folder with a pair, data of both kinds, and the workspaces ``bundle`` and ``files``."""
    root = tmp_path_factory.mktemp("made")
    pictures = fashion_pictures[:COUNT]
    bundle = root / "bundle"
    write_pair(bundle, fashion_pictures, 5, Convention(outputs=("mu", "logvar")))
    kind = np.arange(COUNT) % 4 - 1
    np.savez(bundle / "data.npz", images=pictures, kind=kind, kind_names=np.array(["a", "b", "c"]))
    for i, picture in enumerate(pictures):
        path = root / "data" / "xy"[i % 2] / f"{i:02d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture[:, :, 0]).save(path)
    pair = ModelPair.open(bundle)
    encode(pair, open_dataset(bundle / "data.npz"), bundle, Progress())
    work = encode(pair, open_dataset(root / "data"), root / "files", Progress())
    work.save_positions(np.arange(2 * COUNT, dtype=np.float32).reshape(-1, 2), {"neighbours": 7})
    return root


@pytest.fixture
def place(made: Path, tmp_path: Path) -> Path:
    """A copy of all that, moved to where a test may spoil it; the data folder's own place is kept."""
    return Path(shutil.copytree(made, tmp_path / "place"))


def change(folder: Path, **facts: object) -> None:
    path = folder / "workspace.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **facts}))


def test_a_bundle_moves_as_a_whole(place: Path, fashion_pictures) -> None:
    work = Workspace.open(place / "bundle")
    assert work.data.path == place / "bundle" / "data.npz"
    assert (work.model.encoder, work.model.decoder) == (
        place / "bundle" / "encoder.onnx",
        place / "bundle" / "decoder.onnx",
    )
    assert work.model.fingerprint == ModelPair.open(place / "bundle").fingerprint
    assert str(place.parent) not in (place / "bundle" / "workspace.json").read_text()
    assert work.dataset().path == work.data.path
    np.testing.assert_array_equal(work.samples([3, 1]), fashion_pictures[[3, 1]])
    assert work.samples(np.array([0]), (14, 20, 1)).shape == (1, 14, 20, 1)
    assert work.samples([]).shape == (0, 28, 28, 1)
    assert work.item_name(4) == "#4"


def test_fields_come_back(place: Path) -> None:
    (field,) = Workspace.open(place / "bundle").fields
    assert (field.name, field.names) == ("kind", ("a", "b", "c"))
    np.testing.assert_array_equal(field.codes, np.arange(COUNT) % 4 - 1)


def test_paths_outside_are_kept_whole(made: Path) -> None:
    work = Workspace.open(made / "files")
    assert work.data.path == (made / "data").resolve()
    assert work.model.encoder == (made / "bundle" / "encoder.onnx").resolve()


class TestMap:
    def test_there_is_none_at_first(self, place: Path) -> None:
        work = Workspace.open(place / "bundle")
        assert work.positions() is None
        assert work.map_settings() is None

    def test_it_is_kept_with_its_settings(self, place: Path) -> None:
        work = Workspace.open(place / "bundle")
        positions = np.random.default_rng(0).normal(size=(COUNT, 2)).astype(np.float32)
        work.save_positions(positions, {"neighbours": 15, "min_distance": 0.1})
        for one in (work, Workspace.open(place / "bundle")):
            np.testing.assert_array_equal(one.positions(), positions)
            assert one.map_settings() == {"neighbours": 15, "min_distance": 0.1}
        work.save_positions(positions + 1, {})
        np.testing.assert_array_equal(Workspace.open(place / "bundle").positions(), positions + 1)

    def test_a_place_without_a_number_is_kept(self, place: Path) -> None:
        positions = np.zeros((COUNT, 2), np.float32)
        positions[5] = np.nan
        work = Workspace.open(place / "bundle")
        work.save_positions(positions, {})
        np.testing.assert_array_equal(work.positions(), positions)

    def test_another_length_is_a_fault_of_the_program(self, place: Path) -> None:
        with pytest.raises(ValueError, match="60 rows"):
            Workspace.open(place / "bundle").save_positions(np.zeros((COUNT - 1, 2), np.float32), {})

    def test_a_full_disk_leaves_the_map_of_before(self, place: Path) -> None:
        work = Workspace.open(place / "files")
        before = work.positions()
        with pytest.raises(ExplorerError, match=r"map\.npy could not be written"), full_disk(256):
            work.save_positions(np.zeros((COUNT, 2), np.float32), {"neighbours": 99})
        np.testing.assert_array_equal(work.positions(), before)
        assert work.map_settings() == {"neighbours": 7}
        assert not [p for p in work.folder.iterdir() if p.name.startswith(".")]

    def test_damage_is_a_sentence(self, place: Path) -> None:
        work = Workspace.open(place / "files")
        whole = (work.folder / "map.npy").read_bytes()
        (work.folder / "map.npy").write_bytes(whole[:-8])
        with pytest.raises(ExplorerError, match=r"map\.npy is cut off"):
            work.positions()
        (work.folder / "map.npy").unlink()
        with pytest.raises(ExplorerError, match=r"map\.npy does not exist"):
            work.positions()


class TestDamage:
    @pytest.mark.parametrize(
        "name", ["latents.npy", "logvars.npy", "rows.npy", "fields.npy", "names.npy", "thumbnails.npy"]
    )
    def test_every_array_is_checked(self, place: Path, name: str) -> None:
        path = place / "files" / name
        whole = path.read_bytes()
        damages = (
            (whole[:-1], "cut off"),
            (whole + b"x", "damaged"),
            (whole[:9], "no NumPy array"),
            (b"", "no NumPy array"),
            (b"nonsense, and long enough to be read as a header", "no NumPy array"),
        )
        for content, reason in damages:
            path.write_bytes(content)
            with pytest.raises(ExplorerError, match=rf"{name} (is|holds) .*{reason}|{name} is {reason}"):
                Workspace.open(place / "files")
        np.save(path, np.zeros(3))
        with pytest.raises(ExplorerError, match=f"{name} does not belong"):
            Workspace.open(place / "files")
        path.unlink()
        with pytest.raises(ExplorerError, match=f"{name} does not exist"):
            Workspace.open(place / "files")

    def test_pickles_stay_closed(self, place: Path, tmp_path: Path) -> None:
        class Trap:
            def __reduce__(self) -> tuple:
                return Path.touch, (tmp_path / "sprung",)

        for content in (pickle.dumps(Trap()), None):
            if content is None:
                np.save(place / "files" / "latents.npy", np.array([Trap()], object), allow_pickle=True)
            else:
                (place / "files" / "latents.npy").write_bytes(content)
            with pytest.raises(ExplorerError, match=r"latents\.npy"):
                Workspace.open(place / "files")
        assert not (tmp_path / "sprung").exists()

    def test_a_newer_format_is_told(self, place: Path) -> None:
        change(place / "files", format=2)
        with pytest.raises(ExplorerError, match="newer version"):
            Workspace.open(place / "files")

    @pytest.mark.parametrize(
        "text",
        ["", "{", "[]", "null", "{}", '{"format": 1}', '{"format": "1"}', '{"format": 0}', "\x00\xff"],
    )
    def test_a_description_that_says_nothing(self, place: Path, text: str) -> None:
        (place / "files" / "workspace.json").write_bytes(text.encode("latin-1"))
        with pytest.raises(ExplorerError, match=r"workspace\.json is damaged"):
            Workspace.open(place / "files")

    @pytest.mark.parametrize(
        "key", ["model", "data", "count", "latent_size", "picture", "fields", "unreadable"]
    )
    def test_a_fact_that_is_missing_or_of_another_kind(self, place: Path, key: str) -> None:
        for value in (None, "x", 1.5):
            change(place / "files", **{key: value})
            with pytest.raises(ExplorerError, match=r"damaged|does not belong"):
                Workspace.open(place / "files")

    def test_no_workspace_at_all(self, tmp_path: Path) -> None:
        for folder in (tmp_path, tmp_path / "gone"):
            with pytest.raises(ExplorerError, match="is no workspace"):
                Workspace.open(folder)


class TestWithoutTheData:
    @pytest.fixture
    def moved(self, made: Path, place: Path) -> Workspace:
        change(place / "files", data={**_data(place / "files"), "path": str(place / "gone")})
        return Workspace.open(place / "files")

    def test_everything_but_the_data_opens(self, moved: Workspace, fashion_pictures) -> None:
        assert moved.latents.shape == (COUNT, 5)
        assert moved.positions() is not None
        assert moved.item_name(1) == "x/02.png"
        np.testing.assert_array_equal(moved.samples([1])[0], fashion_pictures[2])
        assert moved.samples([1], (90, 60, 1)).shape == (1, 90, 60, 1)
        for _ in range(2):
            with pytest.raises(ExplorerError, match="gone does not exist"):
                moved.dataset()

    def test_without_thumbnails_pictures_are_refused(self, place: Path) -> None:
        (place / "bundle" / "data.npz").unlink()
        work = Workspace.open(place / "bundle")
        assert work.item_name(2) == "#2"
        with pytest.raises(ExplorerError, match=r"data\.npz does not exist"):
            work.samples([0])

    def test_changed_data_are_not_mistaken_for_the_old(self, place: Path) -> None:
        np.savez(place / "bundle" / "data.npz", images=np.zeros((COUNT, 28, 28), np.uint8))
        with pytest.raises(ExplorerError, match="has changed since"):
            Workspace.open(place / "bundle").samples([0])

    def test_an_added_file_does_not_shift_the_pictures(self, place: Path, fashion_pictures) -> None:
        change(place / "files", data={**_data(place / "files"), "path": str(place / "data")})
        Image.new("L", (28, 28)).save(place / "data" / "x" / "0.png")
        work = Workspace.open(place / "files")
        assert work.samples([0], (60, 60, 1)).max() > 0
        with pytest.raises(ExplorerError, match="has changed since"):
            work.dataset()


def _data(folder: Path) -> dict:
    return json.loads((folder / "workspace.json").read_text())["data"]


class TestFinding:
    def test_by_both_fingerprints(self, made: Path, place: Path) -> None:
        broken = place / "broken"
        broken.mkdir()
        (broken / "workspace.json").write_text("{")
        folders = [broken, place / "nothing", place / "files", place / "bundle"]
        work = Workspace.open(place / "bundle")
        found = find_workspace(work.model.fingerprint, work.data.fingerprint, folders)
        assert found is not None
        assert found.folder == place / "bundle"
        assert find_workspace("other", work.data.fingerprint, folders) is None
        assert find_workspace(work.model.fingerprint, "other", folders) is None

    def test_a_damaged_one_is_passed_over(self, place: Path) -> None:
        work = Workspace.open(place / "bundle")
        (place / "bundle" / "latents.npy").unlink()
        assert find_workspace(work.model.fingerprint, work.data.fingerprint, [place / "bundle"]) is None

    def test_among_the_users_own(self, place: Path) -> None:
        pair, data = ModelPair.open(place / "bundle"), open_dataset(place / "data")
        assert find_workspace(pair.fingerprint, data.fingerprint()) is None
        folder = default_folder(pair, data)
        assert folder == default_folder(pair, open_dataset(place / "data"))
        assert folder != default_folder(pair, open_dataset(place / "bundle" / "data.npz"))
        assert folder.parent.name == "workspaces"
        try:
            encode(pair, data, folder, Progress())
            found = find_workspace(pair.fingerprint, data.fingerprint())
            assert found is not None
            assert found.folder == folder
        finally:
            shutil.rmtree(folder)
