"""An export is whole or not there, goes on where it was interrupted, and says what stopped it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from explorer.core.errors import Cancelled, ExplorerError
from explorer.core.export.item import Gallery, Item
from explorer.core.export.look import Look
from explorer.core.export.pipeline import Order, export
from explorer.core.export.size import estimate, size_text
from explorer.core.progress import Progress, Report
from explorer.core.provenance import read_provenance
from tests.full_disk import full_disk

BOTH, SINGLES = Order(), Order(("singles",))


def stripes(latents: np.ndarray) -> np.ndarray:
    """A decoder: one grey stripe for each latent dimension."""
    levels = np.clip(128 + 40 * latents, 0, 255).astype(np.uint8)
    return levels[:, None, :, None].repeat(8, axis=1).repeat(2, axis=2)


def striped(count: int, **changes: object) -> Gallery:
    """A gallery of ``count`` random pictures, 8 × 10 grey."""
    latents = np.random.default_rng(0).normal(size=(count, 5)).astype(np.float32)
    items = [Item(i, latent, "striped", "cafe", "noise", 3, i) for i, latent in enumerate(latents)]
    gallery = Gallery("Stripes", items, (8, 10, 1), lambda a, b: stripes(latents[a:b]), recipe="beef")
    return replace(gallery, **changes)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_pictures_sheet_and_recipe_take_their_places_beside_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    (tmp_path / "0002.png").write_text("of another time")
    heard: list[Report] = []
    done = export(striped(70), replace(BOTH, recipe="{}"), tmp_path, Progress(heard.append, 0))
    assert [path.name for path in done.paths] == [
        *(f"{i:04}.png" for i in range(1, 71)), "sheet.png", "recipe.json"
    ]  # fmt: skip
    assert names_in(tmp_path) == sorted([*(path.name for path in done.paths), "mine.txt"])
    assert done.pictures == 70
    assert heard[-1].fraction == 1
    note = read_provenance(tmp_path / "0002.png")
    assert note is not None
    assert (note.index, note.recipe) == (1, "beef")


def test_without_notes_a_picture_says_nothing(tmp_path: Path) -> None:
    export(striped(2), replace(BOTH, notes=False), tmp_path)
    assert read_provenance(tmp_path / "0001.png") is None
    assert b"beef" not in (tmp_path / "sheet.png").read_bytes()


def cancelling(gallery: Gallery, after: int, progress: Progress) -> Gallery:
    """The gallery cancels its own export once picture ``after`` is drawn."""

    def draw(start: int, stop: int) -> np.ndarray:
        if stop > after:
            progress.cancel()
        return gallery.draw(start, stop)

    return replace(gallery, draw=draw)


def test_a_small_gallery_that_ends_early_leaves_nothing(tmp_path: Path) -> None:
    progress = Progress()
    with pytest.raises(Cancelled):
        export(cancelling(striped(300), 100, progress), BOTH, tmp_path / "new", progress)
    assert names_in(tmp_path) == []

    def fail(start: int, stop: int) -> np.ndarray:
        raise ExplorerError("The decoder failed.")

    (tmp_path / "0001.png").write_text("mine")
    with pytest.raises(ExplorerError, match="decoder failed"):
        export(striped(3, draw=fail), BOTH, tmp_path)
    assert names_in(tmp_path) == ["0001.png"]
    assert (tmp_path / "0001.png").read_text() == "mine"


def test_a_large_gallery_goes_on_where_it_was_interrupted(tmp_path: Path) -> None:
    gallery, progress = striped(700), Progress()  # decoding is some batches ahead of writing
    with pytest.raises(Cancelled):
        export(cancelling(gallery, 600, progress), BOTH, tmp_path / "a", progress, keep_from=100)
    (unfinished,) = (tmp_path / "a").iterdir()
    kept = {path.name: path.stat().st_mtime_ns for path in unfinished.glob("[0-9]*.png")}
    assert 0 < len(kept) < 700
    done = export(gallery, BOTH, tmp_path / "a")
    assert len(done.paths) == 701
    assert names_in(tmp_path / "a") == sorted(path.name for path in done.paths)
    for name, written in kept.items():
        assert (tmp_path / "a" / name).stat().st_mtime_ns == written
    export(gallery, BOTH, tmp_path / "b")
    for path in done.paths:
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_an_export_that_another_version_began_is_not_gone_on_with(tmp_path: Path) -> None:
    gallery, progress = striped(700), Progress()
    with pytest.raises(Cancelled):
        export(cancelling(gallery, 600, progress), SINGLES, tmp_path, progress, keep_from=100)
    (unfinished,) = tmp_path.iterdir()
    state = unfinished / "state.json"
    state.write_text(json.dumps({**json.loads(state.read_text()), "program": "latent-explorer 0.0.9"}))
    with pytest.raises(ExplorerError, match=r"begun by latent-explorer 0\.0\.9.*delete that folder"):
        export(gallery, SINGLES, tmp_path)


def test_a_killed_process_is_gone_on_from(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib, tests.core.test_pipeline as t; from explorer.core.progress import Progress\n"
        "def tell(report):\n    if report.done >= 192: print('now', flush=True); sys.stdin.read()\n"
        f"t.export(t.striped(300), t.SINGLES, pathlib.Path({str(tmp_path)!r}), Progress(tell, 0))"
    )
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"now"
        process.kill()
    done = export(striped(300), SINGLES, tmp_path)
    assert names_in(tmp_path) == sorted(path.name for path in done.paths)
    assert len(done.paths) == 300
    for index in (0, 127, 192, 299):
        note = read_provenance(done.paths[index])
        assert note is not None
        assert note.index == index


def test_a_full_disk_is_one_sentence_and_what_is_whole_is_kept(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (120, 40, 40, 3), np.uint8)
    gallery = striped(120, shape=(40, 40, 3), draw=lambda start, stop: noise[start:stop])
    with (
        full_disk(60_000),
        pytest.raises(ExplorerError, match=r"could not be written.*120 pictures are whole"),
    ):
        export(gallery, BOTH, tmp_path, keep_from=100)
    assert export(gallery, BOTH, tmp_path).paths[-1].name == "sheet.png"
    few = replace(gallery, items=gallery.items[:50])
    with full_disk(60_000), pytest.raises(ExplorerError, match="could not be written"):
        export(few, BOTH, tmp_path / "few")
    assert not (tmp_path / "few").exists()


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="nothing is read-only here")
def test_a_read_only_folder_is_one_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(ExplorerError, match="read-only"):
            export(striped(2), BOTH, tmp_path / "new")
    finally:
        tmp_path.chmod(0o700)


def test_a_file_in_the_way_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(ExplorerError, match="is a file"):
        export(striped(2), BOTH, tmp_path / "out")
    (tmp_path / "dir" / "sheet.png").mkdir(parents=True)
    with pytest.raises(ExplorerError, match=r"sheet\.png could not be written"):
        export(striped(2), BOTH, tmp_path / "dir")


@pytest.mark.parametrize(
    ("count", "formats", "words"),
    [
        (0, ("singles",), "nothing to export"),
        (2, (), "No format"),
        (2, ("jpeg2000",), "no format “jpeg2000”"),
    ],
)
def test_what_cannot_be_ordered_is_one_sentence(
    count: int, formats: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    with pytest.raises(ExplorerError, match=words):
        export(striped(count), Order(formats), tmp_path / "out")
    assert names_in(tmp_path) == []


def test_empty_cells_are_no_pictures_and_stop_nothing(tmp_path: Path) -> None:
    gallery = striped(90)  # of some that are written together all are empty
    items = [replace(item, role="empty") if item.index not in (1, 5, 80) else item for item in gallery.items]
    done = export(replace(gallery, items=items), BOTH, tmp_path)
    assert [path.name for path in done.paths] == ["0002.png", "0006.png", "0081.png", "sheet.png"]
    for path in done.paths[:3]:
        note = read_provenance(path)
        assert note is not None
        assert note.index == int(path.stem) - 1


def test_pictures_are_decoded_once_for_all_formats(tmp_path: Path) -> None:
    asked: list[tuple[int, int]] = []
    gallery = striped(130)

    def draw(start: int, stop: int) -> np.ndarray:
        asked.append((start, stop))
        return gallery.draw(start, stop)

    export(replace(gallery, draw=draw), Order(("singles", "sheet", "gif")), tmp_path)
    assert sorted(asked) == [(0, 64), (64, 128), (128, 130)]


def test_the_estimate_is_of_the_right_size(tmp_path: Path) -> None:
    gallery = striped(400)
    for formats in (("singles",), ("sheet",), ("csv",)):
        folder = tmp_path / formats[0]
        paths = export(gallery, Order(formats), folder).paths
        found = sum(path.stat().st_size for path in paths)
        assert found / 2 < estimate(gallery, formats, BOTH.look) < found * 2
    there, back = (Look(play=play) for play in ("once", "there and back"))
    assert estimate(gallery, ("gif",), back) == pytest.approx(
        2 * estimate(gallery, ("gif",), there), rel=0.01
    )
    assert (size_text(40), size_text(2_300_000), size_text(45_000)) == (
        "less than 1 kB",
        "about 2.3 MB",
        "about 45 kB",
    )
