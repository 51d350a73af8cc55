from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.core.dataset import Dataset, open_dataset
from explorer.core.errors import ExplorerError
from explorer.core.progress import Progress
from explorer.core.training_data import look, pack, propose, seconds_of, told


def saved(path: Path, images: np.ndarray) -> Dataset:
    np.savez(path, images=images)
    return open_dataset(path)


def test_clothes_are_grey_handed_and_few(tmp_path: Path, fashion_pictures: np.ndarray) -> None:
    found = look(saved(tmp_path / "some.npz", fashion_pictures), Progress())
    assert (found.count, found.different, found.height, found.width) == (400, 400, 28, 28)
    assert found.grey
    assert found.handed  # shoes point to the left
    proposal = propose(found, "vae")
    assert (proposal.height, proposal.width, proposal.channels, proposal.flip) == (28, 28, 1, False)
    lines = "\n".join(told(found, proposal, seconds_of(proposal, found.count)))
    assert "400 different pictures are few" in lines


def test_pictures_as_often_mirrored_as_not_may_be_mirrored(
    tmp_path: Path, fashion_pictures: np.ndarray
) -> None:
    turned = fashion_pictures.copy()
    turned[1::2] = turned[1::2, :, ::-1]
    random = np.random.default_rng(0).permutation(400)
    found = look(saved(tmp_path / "some.npz", turned[random]), Progress())
    assert not found.handed
    assert propose(found, "ae").flip


def test_a_folder_of_all_sorts(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    for number in range(60):
        size = (80, 60) if number % 2 else (60, 80)
        noise = random.integers(0, 256, (4, 4, 3), np.uint8)
        Image.fromarray(noise).resize(size).save(tmp_path / f"{number:02}.png")
    (tmp_path / "bad.png").write_bytes(b"no picture")
    found = look(open_dataset(tmp_path), Progress())
    assert (found.count, found.looked_at, found.mixed, found.grey) == (61, 60, True, False)
    assert [name for name, _ in found.unreadable] == ["bad.png"]
    assert any("bad.png" in line for line in found.sentences)
    proposal = propose(found, "gan")
    assert (proposal.height, proposal.width, proposal.channels) == (48, 48, 3)
    assert 0 < proposal.encoder_epochs < proposal.epochs
    done = pack(open_dataset(tmp_path), (48, 48, 3), tmp_path / "packed" / "all.npy", Progress())
    assert [name for name, _ in done.left_out] == ["bad.png"]
    assert np.load(tmp_path / "packed" / "rows.npy").tolist() == done.rows.tolist() == list(range(60))
    packed = np.load(tmp_path / "packed" / "all.npy")
    assert packed.shape == (60, 48, 48, 3)
    assert np.array_equal(packed[1], open_dataset(tmp_path).read(1, (48, 48, 3)))


def test_wide_pictures_stay_wide(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (60, 40, 90, 3), np.uint8)
    proposal = propose(look(saved(tmp_path / "wide.npz", images), Progress()), "vae")
    assert proposal.width > 2 * proposal.height
    assert proposal.width % 8 == proposal.height % 8 == 0


@pytest.mark.parametrize("count", [10, 3000])
def test_too_few_different_pictures_are_refused(
    tmp_path: Path, fashion_pictures: np.ndarray, count: int
) -> None:
    images = fashion_pictures[np.arange(count) % 10]
    with pytest.raises(ExplorerError, match="10 different pictures, too few"):
        look(saved(tmp_path / "few.npz", images), Progress())
