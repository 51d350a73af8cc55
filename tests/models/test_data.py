from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.data import DataError, ImageData, load_images, load_labels


def idx(values: np.ndarray) -> bytes:
    head = bytes([0, 0, 8, values.ndim]) + np.array(values.shape, ">u4").tobytes()
    return head + values.tobytes()


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_idx_files_and_their_labels(tmp_path: Path, clothes: ImageData, suffix: str) -> None:
    labels = np.arange(len(clothes.images), dtype=np.uint8) % 10
    for name, values in [("images-idx3", clothes.images[..., 0]), ("labels-idx1", labels)]:
        content = idx(values)
        (tmp_path / f"train-{name}-ubyte{suffix}").write_bytes(gzip.compress(content) if suffix else content)
    file = load_images(tmp_path / f"train-images-idx3-ubyte{suffix}")
    folder = load_images(tmp_path)
    assert np.array_equal(file.images, clothes.images)
    assert folder.fingerprint == file.fingerprint == clothes.fingerprint
    assert np.array_equal(load_labels(tmp_path), labels)


def test_npz_with_string_labels(tmp_path: Path, clothes: ImageData) -> None:
    names = np.array(["shoe", "bag", "shoe"])
    np.savez_compressed(tmp_path / "some.npz", images=clothes.images[:3], kind=names)
    assert np.array_equal(load_images(tmp_path / "some.npz").images, clothes.images[:3])
    assert load_labels(tmp_path / "some.npz", "kind").tolist() == [1, 0, 1]
    with pytest.raises(DataError, match="label"):
        load_labels(tmp_path / "some.npz")


def test_folder_of_mixed_images(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    Image.new("L", (90, 40), 200).save(tmp_path / "in" / "grey.png")
    Image.new("RGBA", (40, 90), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    (tmp_path / "notes.txt").write_text("no picture")
    data = load_images(tmp_path, size=(32, 32))
    assert data.images.shape == (2, 32, 32, 3)
    assert (data.images[0] == 255).all()
    assert (data.images[1] == 200).all()
    assert load_images(tmp_path, size=(32, 32), channels=1).images.shape == (2, 32, 32, 1)


def test_a_damaged_file_among_many_is_left_out_and_named(tmp_path: Path) -> None:
    Image.new("RGB", (20, 20), "red").save(tmp_path / "good.png")
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    data = load_images(tmp_path, size=(12, 12))
    assert (len(data.images), data.left_out) == (1, (tmp_path / "bad.jpg",))


def test_an_npy_file_is_as_its_npz(tmp_path: Path, clothes: ImageData) -> None:
    np.save(tmp_path / "some.npy", clothes.images)
    assert load_images(tmp_path / "some.npy").fingerprint == clothes.fingerprint


def test_fingerprint_tells_data_apart(clothes: ImageData) -> None:
    changed = clothes.images.copy()
    changed[0, 0, 0, 0] ^= 1
    assert ImageData("clothes", changed).fingerprint != clothes.fingerprint


def test_bad_data_is_named(tmp_path: Path, clothes: ImageData) -> None:
    short = tmp_path / "short-idx3-ubyte"
    short.write_bytes(idx(clothes.images[..., 0])[:-5])
    foreign = tmp_path / "foreign"
    foreign.write_bytes(b"something else")
    unzipped = tmp_path / "images-idx3-ubyte.gz"
    unzipped.write_bytes(b"not gzip")
    (tmp_path / "none.npz").write_bytes(b"")
    np.savez(tmp_path / "floats.npz", images=np.zeros((2, 8, 8)))
    broken = tmp_path / "folder"
    broken.mkdir()
    with pytest.raises(DataError, match="no image"):
        load_images(broken)
    (broken / "a.png").write_bytes(b"not a picture")
    for path in (
        short,
        foreign,
        unzipped,
        tmp_path / "none.npz",
        tmp_path / "floats.npz",
        broken,
        tmp_path / "gone",
    ):
        with pytest.raises(DataError, match=path.name):
            load_images(path)
