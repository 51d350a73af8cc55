"""A data set through an encoder into a workspace: aligned, complete, and never half."""

from __future__ import annotations

import struct
import threading
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.core.dataset import Dataset, open_dataset
from explorer.core.encoding import encode
from explorer.core.errors import Cancelled, ExplorerError
from explorer.core.model_pair import ModelPair
from explorer.core.progress import Progress, Report
from explorer.core.samples import mean_squared_error
from explorer.core.workspace import Workspace
from tests.full_disk import full_disk
from tests.onnx_pairs import Convention, write_pair


@pytest.fixture(scope="module")
def pair(tmp_path_factory, fashion_pictures) -> ModelPair:
    folder = tmp_path_factory.mktemp("vae")
    write_pair(folder, fashion_pictures, 12, Convention(outputs=("mu", "logvar")))
    return ModelPair.open(folder)


@pytest.fixture(scope="module")
def plain_pair(tmp_path_factory, fashion_pictures) -> ModelPair:
    folder = tmp_path_factory.mktemp("ae")
    write_pair(folder, fashion_pictures, 12)
    return ModelPair.open(folder)


@pytest.fixture
def npz(tmp_path, fashion_pictures) -> Dataset:
    label = np.array([f"kind {i % 3}" for i in range(len(fashion_pictures))])
    np.savez(tmp_path / "set.npz", images=fashion_pictures, label=label)
    return open_dataset(tmp_path / "set.npz")


def write_files(folder: Path, pictures: np.ndarray) -> Path:
    for i, picture in enumerate(pictures):
        path = folder / "ab"[i % 2] / f"{i:03d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture[:, :, 0]).save(path)
    return folder


def bomb() -> bytes:
    """A PNG whose header says 60,000 × 60,000 pixels."""
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in ((b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b""))
    )


def test_arrays_are_what_the_model_says(pair, npz, fashion_pictures, tmp_path) -> None:
    work = encode(pair, npz, tmp_path / "work", Progress())
    means, logvars = pair.encode(fashion_pictures)
    np.testing.assert_allclose(work.latents, means, atol=1e-5)
    assert work.logvars is not None
    assert logvars is not None
    np.testing.assert_allclose(work.logvars, logvars, atol=1e-5)
    assert isinstance(work.latents, np.memmap)
    np.testing.assert_array_equal(work.rows, np.arange(len(fashion_pictures)))
    assert [work.fields[0].names[code] for code in work.fields[0].codes[:4]] == [
        "kind 0",
        "kind 1",
        "kind 2",
        "kind 0",
    ]
    assert work.unreadable == ()
    assert work.sample_shape == (28, 28, 1)
    expected = mean_squared_error(pair.decode(means), fashion_pictures)
    assert work.reconstruction_mse == pytest.approx(expected, rel=1e-3)
    np.testing.assert_array_equal(work.samples([7, 3]), fashion_pictures[[7, 3]])


def test_a_plain_autoencoder_has_no_logvars(plain_pair, npz, tmp_path) -> None:
    work = encode(plain_pair, npz, tmp_path / "work", Progress())
    assert work.logvars is None
    assert not (tmp_path / "work" / "logvars.npy").exists()


def test_files_keep_their_order_names_and_thumbnails(pair, fashion_pictures, tmp_path) -> None:
    folder = write_files(tmp_path / "data", fashion_pictures[:150])
    work = encode(pair, open_dataset(folder), tmp_path / "work", Progress())
    assert len(work) == 150
    assert work.item_name(0) == "a/000.png"
    assert work.item_name(149) == "b/149.png"
    order = [int(work.item_name(row)[2:5]) for row in range(150)]
    np.testing.assert_allclose(work.latents, pair.encode(fashion_pictures[order])[0], atol=1e-5)
    np.testing.assert_array_equal(work.samples(range(150)), fashion_pictures[order])
    assert [work.fields[0].names[code] for code in work.fields[0].codes] == ["a"] * 75 + ["b"] * 75


def test_thumbnails_of_large_pictures_are_small(fashion_pictures, tmp_path) -> None:
    large = fashion_pictures[:40].repeat(4, axis=1).repeat(3, axis=2)
    write_pair(tmp_path / "pair", large, 6)
    folder = write_files(tmp_path / "data", large[:5])
    work = encode(ModelPair.open(tmp_path / "pair"), open_dataset(folder), tmp_path / "work", Progress())
    assert work.sample_shape == (112, 84, 1)
    assert work.samples([0]).shape == (1, 64, 48, 1)
    np.testing.assert_array_equal(work.samples([0], (112, 84, 1))[0], large[0])


def test_what_cannot_be_read_is_listed_and_the_rest_stays_aligned(pair, fashion_pictures, tmp_path) -> None:
    folder = write_files(tmp_path / "data", fashion_pictures[:20])
    good = (folder / "a" / "000.png").read_bytes()
    (folder / "a" / "001.png").write_bytes(good[: len(good) // 2])
    (folder / "a" / "003.png").write_bytes(bomb())
    (folder / "a" / "005.png").touch()
    (folder / "b" / "002.png").write_text("no picture")
    Image.new("RGB", (1, 1), "white").save(folder / "b" / "one.png")
    Image.new("CMYK", (40, 40), (0, 0, 0, 0)).save(folder / "b" / "ink.jpg")
    Image.fromarray(np.full((30, 30), 65535, np.uint16)).save(folder / "b" / "deep.png")
    work = encode(pair, open_dataset(folder), tmp_path / "work", Progress())
    reasons = dict(work.unreadable)
    assert list(reasons) == ["a/001.png", "a/003.png", "a/005.png", "b/002.png"]
    assert "damaged or incomplete" in reasons["a/001.png"]
    assert "too large" in reasons["a/003.png"]
    assert "empty" in reasons["a/005.png"]
    assert "not a picture" in reasons["b/002.png"]
    assert len(work) == 23
    assert work.data.count == 27
    for row in range(len(work)):
        name = work.item_name(row)
        picture = work.samples([row])[0]
        if name[2:5].isdigit():
            np.testing.assert_array_equal(picture, fashion_pictures[int(name[2:5])])
        else:
            assert (picture == 255).all()
        np.testing.assert_allclose(work.latents[row], pair.encode(picture[None])[0][0], atol=1e-4)
        assert work.fields[0].names[work.fields[0].codes[row]] == name[0]
        assert work.dataset().item_name(int(work.rows[row])) == name


def test_nothing_readable_is_a_sentence(pair, tmp_path) -> None:
    (tmp_path / "data").mkdir()
    for name in ("a.png", "b.png"):
        (tmp_path / "data" / name).write_text("no picture")
    with pytest.raises(ExplorerError, match=r"None of the 2 pictures in .*the first: a\.png is not"):
        encode(pair, open_dataset(tmp_path / "data"), tmp_path / "work", Progress())
    assert not (tmp_path / "work").exists()


def test_progress_goes_from_nothing_to_all(pair, npz, tmp_path) -> None:
    seen: list[Report] = []
    encode(pair, npz, tmp_path / "work", Progress(seen.append, interval=0))
    done = [report.done for report in seen]
    assert (done[0], done[-1]) == (0, 400)
    assert done == sorted(done)
    assert len(done) > 3
    assert {(report.text, report.total, report.unit) for report in seen} == {("Encoding", 400, "images")}


@pytest.mark.parametrize("after", [0, 128, 256])
def test_cancelling_leaves_nothing(pair, npz, tmp_path, after: int) -> None:
    progress = Progress(lambda report: progress.cancel() if report.done >= after else None, interval=0)
    with pytest.raises(Cancelled):
        encode(pair, npz, tmp_path / "work", progress)
    assert not (tmp_path / "work").exists()


def test_cancelling_does_not_wait_for_slow_files(pair, fashion_pictures, tmp_path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    large = Image.fromarray(fashion_pictures[0, :, :, 0]).resize((3000, 3000))
    large.save(folder / "000.png", compress_level=1)
    for i in range(1, 400):
        (folder / f"{i:03d}.png").hardlink_to(folder / "000.png")
    dataset = open_dataset(folder)
    begun = time.perf_counter()
    dataset.read(0, (28, 28, 1))
    one = time.perf_counter() - begun
    progress = Progress()
    timer = threading.Timer(2 * one, progress.cancel)
    begun = time.perf_counter()
    timer.start()
    with pytest.raises(Cancelled):
        encode(pair, dataset, tmp_path / "work", progress)
    assert time.perf_counter() - begun < 100 * one  # all of them on four cores
    assert not (tmp_path / "work").exists()


def test_a_failure_leaves_the_workspace_of_before(pair, npz, tmp_path) -> None:
    before = encode(pair, npz, tmp_path / "work", Progress())
    before.save_positions(np.zeros((400, 2), np.float32), {})
    progress = Progress(lambda report: progress.cancel() if report.done else None, interval=0)
    with pytest.raises(Cancelled):
        encode(pair, npz, tmp_path / "work", progress)
    with pytest.raises(ExplorerError, match="could not be written"), full_disk():
        encode(pair, npz, tmp_path / "work", Progress())
    after = Workspace.open(tmp_path / "work")
    np.testing.assert_array_equal(after.latents, before.latents)
    assert after.positions() is not None
    assert not [p for p in (tmp_path / "work").iterdir() if p.name.startswith(".")]


def test_encoding_again_leaves_nothing_of_the_old(pair, plain_pair, npz, fashion_pictures, tmp_path) -> None:
    folder = write_files(tmp_path / "data", fashion_pictures[:10])
    old = encode(pair, open_dataset(folder), tmp_path / "work", Progress())
    old.save_positions(np.zeros((10, 2), np.float32), {})
    (tmp_path / "work" / "mine.txt").write_text("stays")
    work = encode(plain_pair, npz, tmp_path / "work", Progress())
    assert (len(work), work.logvars, work.thumbnails, work.positions()) == (400, None, None, None)
    found = sorted(p.name for p in (tmp_path / "work").iterdir())
    assert found == ["fields.npy", "latents.npy", "mine.txt", "rows.npy", "workspace.json"]


def test_a_full_disk_leaves_nothing(pair, npz, tmp_path) -> None:
    with pytest.raises(ExplorerError, match="could not be written"), full_disk():
        encode(pair, npz, tmp_path / "work", Progress())
    assert not (tmp_path / "work").exists()


def test_a_place_that_cannot_be_written_is_named(pair, npz, tmp_path) -> None:
    with pytest.raises(ExplorerError, match=r"set\.npz.work could not be written"):
        encode(pair, npz, npz.path / "work", Progress())
