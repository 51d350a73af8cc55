"""A reader never sees half a file, whatever goes wrong while it is written."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from explorer.core.errors import Cancelled, ExplorerError
from explorer.core.files import atomic_folder, atomic_path
from tests.full_disk import full_disk


def everything(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def write_file(target: Path, size: int, failure: type[BaseException] | None = None) -> None:
    with atomic_path(target) as beside:
        beside.write_bytes(bytes(size))
        if failure:
            raise failure


def write_folder(target: Path, size: int, failure: type[BaseException] | None = None) -> None:
    with atomic_folder(target) as beside:
        (beside / "small.txt").write_text("fits")
        (beside / "large.bin").write_bytes(bytes(size))
        if failure:
            raise failure


class TestPath:
    def test_the_file_takes_its_place_at_the_end(self, tmp_path: Path) -> None:
        target = tmp_path / "new" / "deep" / "a.txt"
        with atomic_path(target) as beside:
            beside.write_text("new")
            assert not target.exists()
            assert beside.suffix == ".txt"
        assert everything(tmp_path) == {"new/deep/a.txt": b"new"}

    def test_others_may_read_what_was_written(self, tmp_path: Path) -> None:
        with atomic_path(tmp_path / "a.txt") as beside:
            beside.write_text("new")
        if os.name == "posix":
            assert (tmp_path / "a.txt").stat().st_mode & 0o777 == 0o644

    @pytest.mark.parametrize("failure", [Cancelled, ValueError, KeyboardInterrupt])
    def test_a_failure_leaves_what_was_there(self, tmp_path: Path, failure) -> None:
        target = tmp_path / "a.txt"
        target.write_text("old")
        with pytest.raises(failure):
            write_file(target, 9, failure)
        assert everything(tmp_path) == {"a.txt": b"old"}

    def test_a_full_disk_is_a_sentence(self, tmp_path: Path) -> None:
        target = tmp_path / "a.bin"
        target.write_text("old")
        with pytest.raises(ExplorerError, match=r"a\.bin could not be written"), full_disk():
            write_file(target, 100_000)
        assert everything(tmp_path) == {"a.bin": b"old"}

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's device that is always full")
    def test_no_space_left_is_said_in_so_many_words(self, tmp_path: Path) -> None:
        target = tmp_path / "a.bin"

        def write_to_the_full_device() -> None:
            with atomic_path(target) as beside:
                beside.unlink()
                beside.symlink_to("/dev/full")
                beside.write_bytes(b"x")

        with pytest.raises(ExplorerError, match="the disk is full"):
            write_to_the_full_device()
        assert list(tmp_path.iterdir()) == []


def _under_a_file(folder: Path) -> Path:
    (folder / "file").write_text("in the way")
    return folder / "file" / "a"


def _under_proc(folder: Path) -> Path:
    if not Path("/proc/self").exists():
        pytest.skip("needs Linux's /proc")
    return Path("/proc/latent-explorer/a")


def _read_only(folder: Path) -> Path:
    (folder / "locked").mkdir()
    (folder / "locked").chmod(0o555)
    if os.access(folder / "locked", os.W_OK):
        pytest.skip("permissions do not bind this user")
    return folder / "locked" / "a"


@pytest.mark.parametrize("place", [_under_a_file, _under_proc, _read_only])
def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, place: Callable[[Path], Path]) -> None:
    target = place(tmp_path)
    before = everything(tmp_path)
    for writer in (atomic_path, atomic_folder):
        with pytest.raises(ExplorerError, match="could not be written") as caught, writer(target):
            pytest.fail("there is nothing to write to")
        assert str(target) in str(caught.value)
    assert everything(tmp_path) == before


class TestFolder:
    def test_the_files_take_their_places_at_the_end(self, tmp_path: Path) -> None:
        target = tmp_path / "out"
        target.mkdir()
        (target / "mine.txt").write_text("stays")
        (target / "a.txt").write_text("old")
        with atomic_folder(target) as beside:
            (beside / "a.txt").write_text("new")
            (beside / "sub").mkdir()
            (beside / "sub" / "b.txt").write_text("b")
            assert (target / "a.txt").read_text() == "old"
        expected = {"mine.txt": b"stays", "a.txt": b"new", "sub/b.txt": b"b"}
        assert everything(target) == expected
        assert sorted(p.name for p in target.iterdir()) == ["a.txt", "mine.txt", "sub"]

    @pytest.mark.parametrize("failure", [Cancelled, ValueError, KeyboardInterrupt])
    def test_a_failure_leaves_nothing(self, tmp_path: Path, failure) -> None:
        with pytest.raises(failure):
            write_folder(tmp_path / "out", 9, failure)
        assert list(tmp_path.iterdir()) == []

    def test_a_failure_leaves_a_folder_that_was_there(self, tmp_path: Path) -> None:
        target = tmp_path / "out"
        target.mkdir()
        with pytest.raises(Cancelled):
            write_folder(target, 9, Cancelled)
        assert target.is_dir()
        assert list(target.iterdir()) == []

    def test_a_full_disk_leaves_nothing(self, tmp_path: Path) -> None:
        with pytest.raises(ExplorerError, match="could not be written"), full_disk():
            write_folder(tmp_path / "out", 100_000)
        assert list(tmp_path.iterdir()) == []
