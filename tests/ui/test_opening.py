"""What people bring: their own pair, their own folder; and what is broken."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import platformdirs
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtTest import QTest

from explorer.core.ahead import Ahead
from explorer.core.bundles import bundle_folder
from explorer.core.opening import Plan
from explorer.core.progress import Progress
from explorer.core.workspace import find_workspace
from tests.onnx_pairs import write_pair


@pytest.fixture
def own_model(tmp_path, fashion_pictures):
    folder = tmp_path / "my-model"
    write_pair(folder, fashion_pictures, 10)
    return folder


@pytest.fixture
def own_folder(tmp_path, fashion_pictures, fashion_bundle):
    """150 PNGs in a sub-folder for each label, and some files that nobody can read."""
    with np.load(fashion_bundle / "fashion.npz", allow_pickle=False) as data:
        labels = next(data[key] for key in data.files if data[key].shape == (10_000,))[:150]
    folder = tmp_path / "pictures"
    for i, (picture, label) in enumerate(zip(fashion_pictures, labels, strict=False)):
        path = folder / f"class {label}" / f"{i:03d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture[:, :, 0]).save(path)
    (folder / "class 0" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    (folder / "notes.txt").write_text("not a picture")
    return folder


def test_own_model_and_own_folder_become_a_map_to_drag_on(open_explorer, own_model, own_folder):
    hand = open_explorer(own_model)
    assert hand.session.pair.kind == "AE"
    hand.drop(own_folder)
    hand.wait(lambda: hand.session.work is not None)
    hand.wait(lambda: hand.session.map is not None, timeout=5_000)
    preview = hand.session.map
    start = hand.on_data()
    hand.drag(start, start + QPoint(60, 30))
    hand.wait_for_picture()
    hand.wait(lambda: not hand.explorer.jobs.running, timeout=120_000)
    assert hand.session.map is not preview
    work = hand.session.work
    assert len(work.latents) == 150
    assert [name for name, _ in work.unreadable] == ["class 0/broken.png"]
    assert work.fields[0].names[work.fields[0].codes[0]].startswith("class")
    again = find_workspace(hand.session.pair.fingerprint, work.data.fingerprint)
    assert again is not None
    assert np.array_equal(again.positions(), hand.session.map.positions)
    hand.drop(own_folder)
    hand.wait(lambda: hand.session.work is not work)
    assert hand.session.map is not None
    assert not any(job.title == "Mapping" for job in hand.explorer.jobs.running)


def test_encoding_is_cancelled_by_escape_and_the_session_goes_on(hand, tmp_path, fashion_pictures):
    path = tmp_path / "many.npz"
    np.savez(path, images=np.tile(fashion_pictures[:, :, :, 0], (200, 1, 1)))
    work = hand.session.work
    hand.drop(path)
    hand.wait(lambda: any(job.report and job.report.text == "Encoding" for job in hand.explorer.jobs.running))
    hand.key(Qt.Key.Key_Escape)
    hand.wait(lambda: not hand.explorer.jobs.running)
    assert hand.session.work is work
    hand.click(hand.on_data())
    hand.wait_for_picture()


def test_a_map_being_computed_is_cancelled_and_the_window_stays_usable(hand):
    before = hand.session.work.positions()
    hand.key(Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    hand.wait(lambda: any(job.title == "Mapping" and job.report for job in hand.explorer.jobs.running))
    QTest.mouseClick(hand.explorer.window.status._cancel, Qt.MouseButton.LeftButton)
    hand.wait(lambda: not hand.explorer.jobs.running)
    assert np.array_equal(hand.session.work.positions(), before)
    hand.click(hand.on_data())
    hand.wait_for_picture()


BROKEN = {
    "empty.onnx": (b"", "is empty"),
    "text.onnx": (b"hello " * 50, "no ONNX model"),
    "empty.npz": (b"", "empty"),
    "text.npz": (b"not a zip at all", "text.npz"),
    "empty.png": (b"", "empty.png"),
    "text.png": (b"not a picture", "text.png"),
    "old.latents": (b"not a session", "no session"),
    "cut-images-idx3-ubyte": (
        b"\x00\x00\x08\x03\x00\x00\x27\x10\x00\x00\x00\x1c\x00\x00\x00\x1c123",
        "cut-images",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_one_sentence_and_nothing_is_lost(hand, tmp_path, name):
    content, words = BROKEN[name]
    path = tmp_path / name
    path.write_bytes(content)
    if name.endswith(".onnx"):
        (tmp_path / f"other-{name}").write_bytes(content)
        paths = [path, tmp_path / f"other-{name}"]
    else:
        paths = [path]
    before = hand.session
    hand.drop(*paths)
    message = hand.explorer.window.message
    hand.wait(message.isVisible)
    assert words in message.text()
    assert "Traceback" not in message.text()
    assert hand.session.cursor is before.cursor
    assert hand.session.work is before.work
    hand.click(hand.on_data())
    hand.wait_for_picture()
    hand.key(Qt.Key.Key_Escape)
    assert not message.isVisible()


def test_a_folder_without_images_and_a_missing_path_say_so(hand, tmp_path):
    (tmp_path / "nothing").mkdir()
    message = hand.explorer.window.message
    hand.drop(tmp_path / "nothing")
    hand.wait(message.isVisible)
    assert "nothing" in message.text()
    message.hide()
    hand.drop(tmp_path / "gone.png")
    assert "does not exist" in message.text()


def test_the_halves_of_two_models_are_refused_in_the_window(hand, faces_bundle, fashion_bundle):
    pair = hand.session.pair
    hand.drop(fashion_bundle / "encoder.onnx", faces_bundle / "decoder.onnx")
    hand.wait(hand.explorer.window.message.isVisible)
    assert "do not belong together" in hand.explorer.window.message.text()
    assert hand.session.pair is pair


def test_data_without_a_model_ask_for_one(open_explorer, own_folder, qtbot):
    hand = open_explorer(own_folder, wait=False)
    hand.wait(hand.explorer.window.message.isVisible)
    assert "model" in hand.explorer.window.message.text()


def test_a_session_whose_model_is_gone_falls_back_to_the_demo(open_explorer, own_model):
    first = open_explorer(own_model)
    first.explorer.close()
    (own_model / "decoder.onnx").unlink()
    second = open_explorer()
    assert second.session.pair.name == "faces-vae"


def test_a_saved_session_is_dropped_and_opens(hand, tmp_path):
    hand.click(hand.on_data())
    hand.key(Qt.Key.Key_K)
    path = tmp_path / "mine.latents"
    assert hand.explorer.controller.save_session_to(path)
    cursor = hand.cursor
    hand.key(Qt.Key.Key_D)
    hand.drop(path)
    hand.wait(lambda: hand.cursor.latent.tobytes() == cursor.latent.tobytes())
    assert len(hand.session.tray) == 1


def test_an_export_or_a_session_that_cannot_be_written_says_so(hand, tmp_path):
    hand.key(Qt.Key.Key_K)
    blocked = tmp_path / "a file"
    blocked.write_text("in the way")
    hand.explorer.tray.export(blocked / "gallery")
    hand.wait(hand.explorer.window.message.isVisible)
    assert "could not be written" in hand.explorer.window.message.text()
    assert not hand.explorer.controller.save_session_to(blocked / "mine.latents")
    assert blocked.read_text() == "in the way"


def test_a_bug_is_told_in_the_window_and_the_session_goes_on(hand, caplog):
    hand.explorer.jobs.start("t", lambda _: {}["no such key"], print)
    hand.wait(hand.explorer.window.message.isVisible)
    assert "should not have" in hand.explorer.window.message.text()
    hand.click(hand.on_data())
    hand.wait_for_picture()


def test_what_is_dropped_beside_the_map_opens_too(hand, own_model):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(own_model))])
    hand.drop_mime(mime, onto=hand.explorer.window)
    hand.wait(lambda: hand.session.pair.kind == "AE")
    assert hand.session.work is None


@pytest.mark.slow
def test_a_demo_mapped_anew_keeps_its_own_map_on_disk(hand, fashion_bundle):
    before = (fashion_bundle / "map.npy").read_bytes()
    shipped = hand.session.map
    hand.explorer.maps.remap()
    hand.wait(lambda: not hand.explorer.jobs.running, timeout=120_000)
    assert hand.session.map is not shipped
    assert (fashion_bundle / "map.npy").read_bytes() == before


def test_what_is_being_opened_before_the_window_is_there_becomes_its_session(hand):
    plan = Plan(workspace=bundle_folder("faces-vae"))
    begun = Ahead(plan)
    hand.explorer.opening.ahead = begun
    hand.explorer.opening.open_plan(plan)
    pair = begun.result(Progress()).pair
    hand.wait(lambda: hand.session.pair is pair)
    assert hand.explorer.opening.ahead is None
    before = hand.session.pair
    hand.explorer.opening.open_plan(plan)
    hand.wait(lambda: hand.session.pair is not before)


def test_a_last_session_that_cannot_be_opened_is_put_aside_and_told(open_explorer, own_pair):
    first = open_explorer(own_pair)
    first.key(Qt.Key.Key_D)
    first.key(Qt.Key.Key_K)
    first.explorer.close()
    hidden = own_pair.rename(own_pair.with_name("elsewhere"))
    second = open_explorer()
    message = second.explorer.window.message
    second.wait(message.isVisible)
    assert second.session.pair.name == "faces-vae"
    folder = Path(platformdirs.user_data_dir("latent-explorer"))
    aside = next(folder.glob("last-*.latents"))
    assert str(aside) in message.text()
    second.explorer.close()
    hidden.rename(own_pair)
    third = open_explorer(aside)
    assert len(third.session.tray) == 1
    aside.unlink()


def test_files_over_the_window_wake_the_process_that_tries_models(hand, own_pair):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(own_pair))])
    with hand.qtbot.waitSignal(hand.explorer.window.files_near):
        hand.drop_mime(mime)
    hand.wait(lambda: hand.session.pair.name != "fashion-vae")
