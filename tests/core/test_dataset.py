"""Folders, IDX and NPZ as data sets: what is found in them, and what is said of broken ones."""

from __future__ import annotations

import gzip
import io
import os
import struct
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from explorer.core.dataset import Dataset, open_dataset
from explorer.core.errors import ExplorerError


def picture(path: Path, level: int = 100, size: tuple[int, int] = (8, 8)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size, level).save(path)
    return path


def names(data: Dataset) -> list[str]:
    return [data.item_name(i) for i in range(len(data))]


def labels(data: Dataset, field: int = 0) -> list[str | None]:
    column = data.fields[field]
    assert column.codes.dtype == np.int32
    return [column.names[code] if code >= 0 else None for code in column.codes]


def idx(array: np.ndarray) -> bytes:
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return header + array.astype(np.uint8).tobytes()


def images(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


class TestFolder:
    def test_pictures_in_the_order_of_their_names(self, tmp_path: Path) -> None:
        for level, name in enumerate(("b.PNG", "a.jpg", "c/d.webp", "c/a.bmp")):
            picture(tmp_path / name, level * 10)
        data = open_dataset(tmp_path)
        assert names(data) == ["a.jpg", "b.PNG", "c/a.bmp", "c/d.webp"]
        assert data.read(1, (8, 8, 1)).max() == 0
        assert data.read(2, (4, 6, 3)).shape == (4, 6, 3)
        assert data.name == tmp_path.name
        assert data.stored_as_files

    def test_sub_folders_are_labels(self, tmp_path: Path) -> None:
        for name in ("dogs/1.png", "cats/1.png", "cats/2.png", "0.png"):
            picture(tmp_path / name)
        data = open_dataset(tmp_path)
        assert data.fields[0].name == "label"
        assert data.fields[0].names == ("cats", "dogs")
        assert dict(zip(names(data), labels(data), strict=True)) == {
            "0.png": None, "cats/1.png": "cats", "cats/2.png": "cats", "dogs/1.png": "dogs",
        }  # fmt: skip

    def test_a_shared_folder_is_no_label(self, tmp_path: Path) -> None:
        for name in ("set/train/a/1.png", "set/train/b/1.png", "set/test/b/1.png"):
            picture(tmp_path / name)
        assert labels(open_dataset(tmp_path)) == ["test/b", "train/a", "train/b"]
        assert open_dataset(tmp_path / "set" / "test").fields == ()

    def test_what_is_hidden_or_no_picture_is_passed_over(self, tmp_path: Path) -> None:
        picture(tmp_path / "a.png")
        picture(tmp_path / ".hidden.png")
        picture(tmp_path / ".cache" / "b.png")
        (tmp_path / "notes.txt").write_text("x")
        (tmp_path / "deep").mkdir()
        (tmp_path / "deep" / "table.csv").write_text("x")
        data = open_dataset(tmp_path)
        assert names(data) == ["a.png"]
        assert data.skipped == 2

    def test_links_in_a_circle_end(self, tmp_path: Path) -> None:
        picture(tmp_path / "data" / "a" / "1.png")
        outside = picture(tmp_path / "elsewhere" / "2.png")
        try:
            (tmp_path / "data" / "a" / "up").symlink_to(tmp_path / "data", target_is_directory=True)
            (tmp_path / "data" / "self.png").symlink_to(tmp_path / "data" / "self.png")
            (tmp_path / "data" / "nowhere.png").symlink_to(tmp_path / "gone.png")
            (tmp_path / "data" / "b").symlink_to(outside.parent, target_is_directory=True)
        except OSError:
            pytest.skip("this system lets no links be made")
        data = open_dataset(tmp_path / "data")
        assert names(data) == ["a/1.png", "b/2.png"]
        assert data.skipped == 2

    def test_the_fingerprint_follows_the_files(self, tmp_path: Path) -> None:
        path = picture(tmp_path / "data" / "a.png")
        first = open_dataset(tmp_path / "data").fingerprint()
        assert open_dataset(tmp_path / "data").fingerprint() == first
        (tmp_path / "data").rename(tmp_path / "moved")
        path = tmp_path / "moved" / path.name
        assert open_dataset(tmp_path / "moved").fingerprint() == first
        os.utime(path, ns=(1, 1))
        changed = open_dataset(tmp_path / "moved").fingerprint()
        picture(tmp_path / "moved" / "b.png")
        assert len({first, changed, open_dataset(tmp_path / "moved").fingerprint()}) == 3

    def test_an_unreadable_picture_is_named(self, tmp_path: Path) -> None:
        picture(tmp_path / "x" / "good.png")
        (tmp_path / "x" / "bad.png").write_bytes(b"nonsense")
        with pytest.raises(ExplorerError, match=r"^x/bad\.png is not a picture"):
            open_dataset(tmp_path).read(0, (8, 8, 1))

    @pytest.mark.skipif(os.name == "nt", reason="names are Unicode there")
    def test_a_name_in_another_encoding_is_read(self, tmp_path: Path) -> None:
        try:
            picture(tmp_path / os.fsdecode(b"caf\xe9.png"), 70)
        except OSError:
            pytest.skip("this file system takes UTF-8 only")
        data = open_dataset(tmp_path)
        assert names(data) == ["caf\ufffd.png"]
        assert data.read(0, (8, 8, 1)).max() == 70
        assert data.fingerprint()

    def test_a_folder_without_pictures(self, tmp_path: Path) -> None:
        with pytest.raises(ExplorerError, match="empty folder"):
            open_dataset(tmp_path)
        (tmp_path / "a.txt").write_text("x")
        with pytest.raises(ExplorerError, match=r"holds no pictures \(1 file"):
            open_dataset(tmp_path)
        (tmp_path / "train.npz").write_bytes(b"x")
        with pytest.raises(ExplorerError, match=r"train\.npz inside it"):
            open_dataset(tmp_path)


class TestIdx:
    @given(
        shape=st.tuples(st.integers(1, 5), st.integers(1, 6), st.integers(1, 6)),
        packed=st.booleans(),
        colour=st.booleans(),
    )
    @settings(deadline=None, max_examples=30)
    def test_what_was_written_is_read(self, tmp_path_factory, shape, packed, colour) -> None:
        array = images(*shape, *([3] if colour else []))
        path = tmp_path_factory.mktemp("idx") / "pictures"
        path.write_bytes(gzip.compress(idx(array)) if packed else idx(array))
        data = open_dataset(path)
        assert len(data) == shape[0]
        for i, expected in enumerate(array.reshape(*shape, -1)):
            np.testing.assert_array_equal(data.read(i, expected.shape), expected)
        assert data.fields == ()

    @pytest.mark.parametrize("part", ["train", "t10k"])
    @pytest.mark.parametrize("ends", [("", ""), (".gz", ".gz"), ("", ".gz"), (".gz", "")])
    @pytest.mark.parametrize("dot", ["-", "."])
    def test_labels_are_found_beside(self, tmp_path: Path, part, ends, dot) -> None:
        path = tmp_path / f"{part}-images{dot}idx3-ubyte{ends[0]}"
        beside = tmp_path / f"{part}-labels{dot}idx1-ubyte{ends[1]}"
        for file, array in ((path, images(3, 4, 4)), (beside, np.array([2, 0, 2]))):
            file.write_bytes(gzip.compress(idx(array)) if file.suffix == ".gz" else idx(array))
        data = open_dataset(path)
        assert labels(data) == ["2", "0", "2"]
        assert data.name == f"{tmp_path.name} {part}"
        before = data.fingerprint()
        beside.unlink()
        assert open_dataset(path).fields == ()
        assert open_dataset(path).fingerprint() != before

    @pytest.mark.parametrize("file", ["labels.txt", "classes.txt"])
    def test_classes_are_named(self, tmp_path: Path, file: str) -> None:
        (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(images(3, 4, 4)))
        (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(np.array([2, 0, 2])))
        (tmp_path / file).write_text("shirt\nboot\nbag\n", "utf-8")
        assert labels(open_dataset(tmp_path / "train-images-idx3-ubyte")) == ["bag", "shirt", "bag"]
        (tmp_path / file).write_text("shirt\nboot\n", "utf-8")  # too few: the numbers are truer
        assert labels(open_dataset(tmp_path / "train-images-idx3-ubyte")) == ["2", "0", "2"]

    def test_labels_of_another_set_are_refused(self, tmp_path: Path) -> None:
        (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(images(3, 4, 4)))
        (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(np.arange(4)))
        with pytest.raises(ExplorerError, match="4 labels for the 3 pictures"):
            open_dataset(tmp_path / "train-images-idx3-ubyte")
        with pytest.raises(ExplorerError, match="holds labels, not pictures"):
            open_dataset(tmp_path / "train-labels-idx1-ubyte")

    @pytest.mark.parametrize("packed", [False, True])
    @pytest.mark.parametrize("cut", [6, 20, -1])
    def test_a_cut_file(self, tmp_path: Path, packed: bool, cut: int) -> None:
        path = tmp_path / "images"
        data = idx(images(5, 8, 8))[:cut]
        path.write_bytes(gzip.compress(data) if packed else data)
        with pytest.raises(ExplorerError, match=r"images is cut off"):
            open_dataset(path)

    def test_a_cut_gzip(self, tmp_path: Path) -> None:
        path = tmp_path / "images.gz"
        whole = gzip.compress(idx(images(5, 8, 8)))
        for length in (3, 12, 25, len(whole) // 2, len(whole) - 4):
            path.write_bytes(whole[:length])
            with pytest.raises(ExplorerError, match=r"images\.gz is (cut off|no)"):
                open_dataset(path)

    def test_more_than_the_header_says(self, tmp_path: Path) -> None:
        for packed in (False, True):
            data = idx(images(5, 8, 8)) + b"more"
            (tmp_path / "images").write_bytes(gzip.compress(data) if packed else data)
            with pytest.raises(ExplorerError, match="damaged"):
                open_dataset(tmp_path / "images")

    @pytest.mark.parametrize("packed", [False, True])
    def test_a_header_that_claims_terabytes_allocates_nothing(self, tmp_path: Path, packed: bool) -> None:
        data = struct.pack(">BBBB3I", 0, 0, 8, 3, 2**31, 2**12, 2**12) + bytes(100)
        (tmp_path / "images").write_bytes(gzip.compress(data) if packed else data)
        tracemalloc.start()
        try:
            with pytest.raises(ExplorerError, match="cut off"):
                open_dataset(tmp_path / "images")
            assert tracemalloc.get_traced_memory()[1] < 16 << 20
        finally:
            tracemalloc.stop()

    def test_other_types_are_refused(self, tmp_path: Path) -> None:
        (tmp_path / "floats").write_bytes(struct.pack(">BBBB3I", 0, 0, 0x0D, 3, 1, 1, 1) + bytes(4))
        with pytest.raises(ExplorerError, match="0x0d"):
            open_dataset(tmp_path / "floats")

    def test_no_pictures_at_all(self, tmp_path: Path) -> None:
        for shape in ((0, 4, 4), (4, 0, 4)):
            (tmp_path / "none").write_bytes(idx(np.zeros(shape, np.uint8)))
            with pytest.raises(ExplorerError, match="holds no pictures"):
                open_dataset(tmp_path / "none")


class TestNpz:
    @given(
        shape=st.tuples(st.integers(1, 6), st.integers(1, 6), st.integers(1, 6)),
        channels=st.sampled_from((0, 1, 3)),
        packed=st.booleans(),
        texts=st.lists(st.text("abcäöü ", min_size=1), min_size=6, max_size=6),
        numbers=st.lists(st.integers(-5, 10), min_size=6, max_size=6),
    )
    @settings(deadline=None, max_examples=30)
    def test_what_was_written_is_read(
        self, tmp_path_factory, shape, channels, packed, texts, numbers
    ) -> None:
        count = shape[0]
        array = images(*shape, *([channels] if channels else []))
        path = tmp_path_factory.mktemp("npz") / "set.npz"
        columns: dict[str, Any] = {"word": np.array(texts[:count]), "number": np.array(numbers[:count])}
        (np.savez_compressed if packed else np.savez)(path, images=array, **columns)
        data = open_dataset(path)
        assert (len(data), data.name) == (count, "set")
        for i, expected in enumerate(array.reshape(*shape, -1)):
            np.testing.assert_array_equal(data.read(i, expected.shape), expected)
        assert [field.name for field in data.fields] == ["word", "number"]
        assert labels(data, 0) == columns["word"].tolist()
        assert labels(data, 1) == [str(number) for number in numbers[:count]]

    def test_names_of_codes_and_of_the_set(self, tmp_path: Path) -> None:
        path = tmp_path / "a.npz"
        np.savez(
            path,
            images=images(3, 4, 4),
            hair=np.array([1, -1, 0], np.int64),
            hair_names=np.array(["curly", "long", "none"]),  # as long as the data, and yet no field
            glasses=np.array([True, False, True]),
            weight=np.array([0.5, 1.5, 2.5]),
            name=np.array("Some faces"),
        )
        data = open_dataset(path)
        assert data.name == "Some faces"
        assert [field.name for field in data.fields] == ["hair", "glasses"]
        assert [measure.name for measure in data.measures] == ["weight"]
        assert labels(data, 0) == ["long", None, "curly"]
        assert labels(data, 1) == ["yes", "no", "yes"]

    def test_one_array_of_pictures_needs_no_name(self, tmp_path: Path) -> None:
        np.savez(tmp_path / "a.npz", images(3, 4, 4, 3), label=np.array(["x", "y", "x"]))
        assert labels(open_dataset(tmp_path / "a.npz")) == ["x", "y", "x"]
        np.savez(tmp_path / "b.npz", x_train=images(3, 4, 4), x_test=images(2, 4, 4))
        with pytest.raises(ExplorerError, match=r"no array called images .*x_test, x_train"):
            open_dataset(tmp_path / "b.npz")

    def test_a_code_without_a_name_is_refused(self, tmp_path: Path) -> None:
        np.savez(tmp_path / "a.npz", images=images(2, 4, 4), y=np.array([0, 2]), y_names=np.array(["a", "b"]))
        with pytest.raises(ExplorerError, match="y_names names 2"):
            open_dataset(tmp_path / "a.npz")

    @pytest.mark.parametrize("part", ["images", "label"])
    def test_pickles_stay_closed(self, tmp_path: Path, part: str) -> None:
        parts: dict[str, Any] = {"images": images(2, 4, 4), "label": np.array(["a", "b"])}
        parts[part] = np.array([{"a": 1}, None], object)
        np.savez(tmp_path / "a.npz", **parts)
        with pytest.raises(ExplorerError, match=f"{part}.npy in .* holds Python objects"):
            open_dataset(tmp_path / "a.npz")

    def test_damage_is_a_sentence(self, tmp_path: Path) -> None:
        path = tmp_path / "a.npz"
        np.savez_compressed(path, images=images(20, 8, 8), label=np.arange(20))
        whole = path.read_bytes()
        for length in range(2, len(whole), 97):
            path.write_bytes(whole[:length])
            with pytest.raises(ExplorerError, match=r"a\.npz"):
                open_dataset(path)
        path.write_bytes(whole[:300] + bytes(200) + whole[500:])
        with pytest.raises(ExplorerError, match=r"a\.npz is cut off or damaged"):
            open_dataset(path)

    def test_a_lying_header_allocates_nothing(self, tmp_path: Path) -> None:
        stream = io.BytesIO()
        header = {"descr": "|u1", "fortran_order": False, "shape": (2**30, 64, 64)}
        np.lib.format.write_array_header_1_0(stream, header)
        with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
            archive.writestr("images.npy", stream.getvalue() + bytes(10))
        with pytest.raises(ExplorerError, match="cut off"):
            open_dataset(tmp_path / "a.npz")

    @pytest.mark.parametrize(
        ("array", "reason"),
        [
            (np.zeros((4, 3, 8, 8), np.uint8), "channels go last"),
            (np.zeros((4, 8), np.uint8), "N×H×W"),
            (np.zeros((0, 8, 8), np.uint8), "holds no pictures"),
            (np.zeros((4, 8, 8), np.int64), "uint8, uint16 or floats"),
        ],
    )
    def test_what_is_no_picture_is_refused(self, tmp_path: Path, array, reason: str) -> None:
        np.savez(tmp_path / "a.npz", images=array)
        np.save(tmp_path / "a.npy", array)
        for name in ("a.npz", "a.npy"):
            with pytest.raises(ExplorerError, match=reason):
                open_dataset(tmp_path / name)

    def test_sixteen_bits_and_unit_floats_are_scaled(self, tmp_path: Path) -> None:
        for array in (np.full((1, 2, 2), 65535, np.uint16), np.ones((1, 2, 2), np.float32)):
            np.savez(tmp_path / "a.npz", images=array)
            assert (open_dataset(tmp_path / "a.npz").read(0, (2, 2, 1)) == 255).all()

    def test_npy_is_mapped(self, tmp_path: Path) -> None:
        array = images(4, 5, 6, 3)
        for order in ("C", "F"):
            np.save(tmp_path / "a.npy", np.asarray(array, order=order))
            data = open_dataset(tmp_path / "a.npy")
            np.testing.assert_array_equal(data.read(3, (5, 6, 3)), array[3])
        whole = (tmp_path / "a.npy").read_bytes()
        (tmp_path / "a.npy").write_bytes(whole[:-1])
        with pytest.raises(ExplorerError, match="cut off"):
            open_dataset(tmp_path / "a.npy")


class TestOther:
    def test_what_is_no_data_set(self, tmp_path: Path) -> None:
        with pytest.raises(ExplorerError, match="does not exist"):
            open_dataset(tmp_path / "gone")
        (tmp_path / "empty.npz").touch()
        with pytest.raises(ExplorerError, match="empty"):
            open_dataset(tmp_path / "empty.npz")
        (tmp_path / "readme.md").write_text("hello")
        with pytest.raises(ExplorerError, match="no data set"):
            open_dataset(tmp_path / "readme.md")
        (tmp_path / "notes.gz").write_bytes(gzip.compress(b"hello"))
        with pytest.raises(ExplorerError, match="no data set"):
            open_dataset(tmp_path / "notes.gz")
        with pytest.raises(ExplorerError, match="single picture"):
            open_dataset(picture(tmp_path / "one.png"))

    def test_the_fingerprint_follows_the_content(self, tmp_path: Path) -> None:
        array = images(4, 5, 6)
        prints = []
        for value in (0, 0, 1):
            array[3, 4, 5] = value
            np.save(tmp_path / "a.npy", array)
            prints.append(open_dataset(tmp_path / "a.npy").fingerprint())
        assert prints[0] == prints[1] != prints[2]
