"""A decoder alone, an encoder alone, and a decoder that wants more than a latent."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from explorer.core.dataset_sampled import is_sampled
from explorer.core.provenance import read_provenance
from explorer.core.sampling import SampleRequest
from explorer.ui.parts.pictures import to_qimage
from tests.onnx_generators import write_generator

LEFT = Qt.MouseButton.LeftButton
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def generator(tmp_path, fashion_pictures, few_samples):
    return write_generator(tmp_path / "dcgan" / "netG.onnx", fashion_pictures)


@pytest.fixture
def encoder_alone(tmp_path, fashion_bundle):
    folder = tmp_path / "encoder-only"
    folder.mkdir()
    return Path(shutil.copy(fashion_bundle / "encoder.onnx", folder))


def test_a_decoder_alone_is_mapped_by_samples_of_its_prior_and_dragged_on(open_mapped, generator):
    hand = open_mapped(generator)
    work = hand.session.work
    assert hand.session.pair.kind == "Generator"
    assert is_sampled(work)
    assert work.latents.shape == (300, 8)
    assert np.array_equal(work.samples([7])[0], hand.session.pair.decode(work.latents[7:8])[0])
    assert hand.explorer.window.here.neighbours._heading.text() == "NEAREST SAMPLES"
    start = hand.on_data()
    hand.drag(start, start + QPoint(70, 20))
    assert np.array_equal(hand.shown(), hand.session.pair.decode(hand.cursor.latent[None])[0])


def test_the_samples_of_last_time_are_found_again(open_explorer, open_mapped, generator):
    first = open_mapped(generator)
    folder, positions = first.session.work.folder, first.session.map.positions
    first.explorer.close()
    second = open_explorer()
    assert second.session.work.folder == folder
    assert np.array_equal(second.session.map.positions, positions)


def test_a_decoder_alone_says_in_a_sentence_that_it_encodes_nothing(
    open_mapped, generator, some_data, tmp_path, fashion_pictures
):
    hand = open_mapped(generator)
    message = hand.explorer.window.message
    Image.fromarray(fashion_pictures[0, :, :, 0]).save(tmp_path / "boot.png")
    before = hand.session
    hand.drop(tmp_path / "boot.png")
    hand.wait(message.isVisible)
    assert "has no encoder" in message.text()
    hand.drop(some_data)
    hand.wait(lambda: "some.npz" in message.text())
    assert "decoder alone" in message.text()
    assert hand.session is before


def test_a_generators_exported_picture_returns_to_its_latent(open_mapped, generator, tmp_path):
    hand = open_mapped(generator)
    hand.key(Qt.Key.Key_D)
    hand.key(Qt.Key.Key_K)
    latent = hand.cursor.latent
    with hand.qtbot.waitSignal(hand.explorer.tray.exported):
        hand.explorer.tray.export(tmp_path / "out")
    hand.key(Qt.Key.Key_D)
    assert hand.cursor.latent.tobytes() != latent.tobytes()
    hand.drop(tmp_path / "out" / "0001.png")
    hand.wait(lambda: hand.cursor.latent.tobytes() == latent.tobytes())


def test_an_encoder_alone_maps_data_and_shows_the_nearest_real_picture_as_such(
    open_explorer, encoder_alone, some_data
):
    hand = open_explorer(encoder_alone, wait=False)
    hand.wait(lambda: hand.session.pair is not None)
    hand.drop(some_data)
    hand.wait(lambda: hand.session.work is not None)
    hand.mapped()
    assert hand.session.pair.kind == "Encoder"
    hand.click(hand.on_data())
    nearest = int(hand.session.map.inverse.nearest(hand.cursor.place, 1)[0])
    here = hand.explorer.window.here
    hand.wait(lambda: here._source.text() == f"#{hand.session.work.rows[nearest]}")
    assert here._heading.text() == "NEAREST REAL IMAGE"
    assert here.picture.accessibleName() == "Nearest real image"
    real = hand.session.work.samples([nearest])[0]
    hand.wait(lambda: here.picture.image() == to_qimage(real))
    assert hand.explorer.window.device_chip.text() == "● CPU"


def test_what_an_encoder_alone_cannot_do_is_off_and_says_why(open_explorer, encoder_alone, some_data):
    hand = open_explorer(encoder_alone, wait=False)
    hand.wait(lambda: hand.session.pair is not None)
    hand.drop(some_data)
    hand.wait(lambda: hand.session.work is not None)
    drawing = "sample_one", "keep", "copy_picture", "ask_sample", "toggle_background"
    for name in drawing:
        action = hand.explorer.actions[name]
        assert not action.isEnabled()
        assert "encoder alone" in action.toolTip()
    tray = hand.explorer.window.tray
    assert not tray.sample.isEnabled()
    assert not tray.from_selection.isEnabled()
    assert "encoder alone" in tray.sample.toolTip()
    before = hand.cursor
    hand.key(Qt.Key.Key_K)
    hand.key(Qt.Key.Key_D)
    assert hand.session.tray == ()
    assert hand.cursor is before
    hand.explorer.tray.sample(SampleRequest("prior", 3, 1, 0.0))
    hand.wait(hand.explorer.window.message.isVisible)
    assert "encoder alone" in hand.explorer.window.message.text()


def test_an_encoder_alone_places_a_dropped_picture_and_a_pair_may_follow(
    open_explorer, encoder_alone, some_data, fashion_bundle, tmp_path, fashion_pictures
):
    hand = open_explorer(encoder_alone, wait=False)
    hand.wait(lambda: hand.session.pair is not None)
    hand.drop(some_data)
    hand.wait(lambda: hand.session.work is not None)
    hand.mapped()
    Image.fromarray(fashion_pictures[5, :, :, 0]).save(tmp_path / "one.png")
    hand.drop(tmp_path / "one.png")
    hand.wait(lambda: bool(hand.session.dropped))
    assert hand.session.dropped[0].reconstruction is None
    row = hand.explorer.window.here._dropped
    assert row._views[0].isVisible()
    assert not row._views[1].isVisible()
    hand.explorer.dropping.open_paths([fashion_bundle])
    hand.wait(lambda: hand.session.pair.can_decode)
    assert hand.explorer.actions["keep"].isEnabled()
    assert "encoder alone" not in hand.explorer.actions["keep"].toolTip()
    assert hand.shown().std() > 0
    assert hand.explorer.window.here._heading.text() == "DECODED HERE"


def test_an_amount_beside_the_latent_is_dragged_and_undone_as_one_step(open_mapped, conditional):
    hand = open_mapped(conditional)
    slider = hand.explorer.window.here.extras.controls["truncation"]
    before, old = hand.session.extras, hand.shown().copy()
    middle = slider.rect().center()
    QTest.mousePress(slider, LEFT, pos=middle)
    for step in range(1, 10):
        QTest.mouseMove(slider, middle + QPoint(step * 3, 0))
    QTest.mouseRelease(slider, LEFT, pos=middle + QPoint(27, 0))
    value = hand.session.extras["truncation"]
    assert value == pytest.approx(slider.amount())
    assert not np.array_equal(hand.shown(), old)
    expected = hand.session.pair.decode(hand.cursor.latent[None], {"truncation": value})[0]
    assert np.array_equal(hand.shown(), expected)
    hand.explorer.edits.undo()
    assert hand.session.extras is before
    assert np.array_equal(hand.shown(), old)
    assert slider.amount() == pytest.approx(0.7, abs=0.002)


def test_labels_switches_and_noise_are_set_by_the_keyboard(open_mapped, conditional):
    hand = open_mapped(conditional)
    controls = hand.explorer.window.here.extras.controls
    assert all(control.accessibleName() == name for name, control in controls.items())
    QTest.keyClick(controls["label"], Qt.Key.Key_Down)
    assert hand.session.extras["label"] == 1.0
    height = hand.shown().shape[0]
    assert hand.shown()[height // 4 : height // 2].mean() > 240
    QTest.keyClick(controls["invert"], Qt.Key.Key_Space)
    assert hand.session.extras["invert"] == 1.0
    assert hand.shown()[height // 4 : height // 2].mean() < 15
    quiet = hand.shown().copy()
    QTest.keyClick(controls["noise"], Qt.Key.Key_Up)
    assert hand.session.extras["noise"] == 1.0
    assert not np.array_equal(hand.shown(), quiet)
    for _ in range(3):
        hand.explorer.edits.undo()
    assert dict(hand.session.extras) == {}
    assert not controls["invert"].isChecked()


def test_the_other_inputs_go_with_a_kept_picture_and_with_the_session(
    open_explorer, open_mapped, conditional, tmp_path
):
    hand = open_mapped(conditional)
    QTest.keyClick(hand.explorer.window.here.extras.controls["label"], Qt.Key.Key_End)
    hand.key(Qt.Key.Key_K)
    picture = hand.shown().copy()
    with hand.qtbot.waitSignal(hand.explorer.tray.exported):
        hand.explorer.tray.export(tmp_path / "out")
    assert read_provenance(tmp_path / "out" / "0001.png").extras == {"label": 3.0}
    QTest.keyClick(hand.explorer.window.here.extras.controls["label"], Qt.Key.Key_Home)
    hand.drop(tmp_path / "out" / "0001.png")
    hand.wait(lambda: hand.cursor.source == "kept")
    assert np.array_equal(hand.shown(), picture)
    hand.explorer.close()
    again = open_explorer()
    assert dict(again.session.extras) == {"label": 3.0}
    assert again.explorer.window.here.extras.controls["label"].currentText() == "3"
    assert np.array_equal(again.shown(), picture)
