"""Whatever model is opened: half a pair, one that wants more than a latent, a slow one; and its card."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import numpy as np
import platformdirs
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QInputDialog

from explorer.core import dataset_sampled
from explorer.core.ahead import Ahead
from explorer.core.bundles import bundle_folder
from explorer.core.dataset_sampled import is_sampled
from explorer.core.engine import devices
from explorer.core.opening import Plan
from explorer.core.progress import Progress
from explorer.core.provenance import read_provenance
from explorer.core.sampling import SampleRequest
from explorer.ui.parts.pictures import to_qimage
from tests.onnx_generators import write_generator, write_slow_decoder
from tests.onnx_pairs import Convention, write_pair

LEFT = Qt.MouseButton.LeftButton
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def few_samples(monkeypatch):
    monkeypatch.setattr(dataset_sampled, "COUNT", 300)


@pytest.fixture
def generator(tmp_path, fashion_pictures, few_samples):
    return write_generator(tmp_path / "dcgan" / "netG.onnx", fashion_pictures)


@pytest.fixture
def conditional(tmp_path, fashion_pictures, few_samples):
    """A decoder that also wants a truncation, a label, a switch and noise."""
    return write_generator(tmp_path / "conditional" / "G.onnx", fashion_pictures, extras=True)


@pytest.fixture
def encoder_alone(tmp_path, fashion_bundle):
    folder = tmp_path / "encoder-only"
    folder.mkdir()
    return Path(shutil.copy(fashion_bundle / "encoder.onnx", folder))


@pytest.fixture
def some_data(tmp_path, fashion_pictures):
    labels = np.arange(200) % 3
    np.savez(tmp_path / "some.npz", images=fashion_pictures[:200, :, :, 0], label=labels)
    return tmp_path / "some.npz"


def mapped(hand):
    hand.wait(lambda: hand.session.map is not None and not hand.explorer.jobs.running, timeout=120_000)
    return hand


@pytest.fixture
def open_mapped(open_explorer):
    """Open a window and wait until what it maps is mapped, which takes a while at the first time."""
    return lambda path: mapped(open_explorer(path, wait=False))


def shown(hand) -> np.ndarray:
    """The picture that is decoded for the present cursor and inputs, once it is on display."""
    presenter = hand.explorer.presenter
    hand.wait(lambda: presenter.decoded is not None and presenter.decoded.is_of(hand.session))
    return presenter.decoded.picture


# --- a decoder alone -----------------------------------------------------------------------------------


def test_a_decoder_alone_is_mapped_by_samples_of_its_prior_and_dragged_on(open_mapped, generator):
    hand = open_mapped(generator)
    work = hand.session.work
    assert hand.session.pair.kind == "Generator"
    assert is_sampled(work)
    assert work.latents.shape == (300, 8)
    assert np.array_equal(work.pictures([7])[0], hand.session.pair.decode(work.latents[7:8])[0])
    assert hand.explorer.window.here.neighbours._heading.text() == "NEAREST SAMPLES"
    start = hand.on_data()
    hand.drag(start, start + QPoint(70, 20))
    assert np.array_equal(shown(hand), hand.session.pair.decode(hand.cursor.latent[None])[0])


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


# --- an encoder alone ----------------------------------------------------------------------------------


def test_an_encoder_alone_maps_data_and_shows_the_nearest_real_picture_as_such(
    open_explorer, encoder_alone, some_data
):
    hand = open_explorer(encoder_alone, wait=False)
    hand.wait(lambda: hand.session.pair is not None)
    hand.drop(some_data)
    hand.wait(lambda: hand.session.work is not None)
    mapped(hand)
    assert hand.session.pair.kind == "Encoder"
    hand.click(hand.on_data())
    nearest = int(hand.session.map.inverse.nearest(hand.cursor.place, 1)[0])
    here = hand.explorer.window.here
    hand.wait(lambda: here._source.text() == f"#{hand.session.work.rows[nearest]}")
    assert here._heading.text() == "NEAREST REAL IMAGE"
    assert here.picture.accessibleName() == "Nearest real image"
    real = hand.session.work.pictures([nearest])[0]
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
    mapped(hand)
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
    assert shown(hand).std() > 0
    assert hand.explorer.window.here._heading.text() == "DECODED HERE"


# --- other inputs --------------------------------------------------------------------------------------


def test_an_amount_beside_the_latent_is_dragged_and_undone_as_one_step(open_mapped, conditional):
    hand = open_mapped(conditional)
    slider = hand.explorer.window.here.extras.controls["truncation"]
    before, old = hand.session.extras, shown(hand).copy()
    middle = slider.rect().center()
    QTest.mousePress(slider, LEFT, pos=middle)
    for step in range(1, 10):
        QTest.mouseMove(slider, middle + QPoint(step * 3, 0))
    QTest.mouseRelease(slider, LEFT, pos=middle + QPoint(27, 0))
    value = hand.session.extras["truncation"]
    assert value == pytest.approx(slider.amount())
    assert not np.array_equal(shown(hand), old)
    expected = hand.session.pair.decode(hand.cursor.latent[None], {"truncation": value})[0]
    assert np.array_equal(shown(hand), expected)
    hand.explorer.edits.undo()
    assert hand.session.extras is before
    assert np.array_equal(shown(hand), old)
    assert slider.amount() == pytest.approx(0.7, abs=0.002)


def test_labels_switches_and_noise_are_set_by_the_keyboard(open_mapped, conditional):
    hand = open_mapped(conditional)
    controls = hand.explorer.window.here.extras.controls
    assert all(control.accessibleName() == name for name, control in controls.items())
    QTest.keyClick(controls["label"], Qt.Key.Key_Down)
    assert hand.session.extras["label"] == 1.0
    height = shown(hand).shape[0]
    assert shown(hand)[height // 4 : height // 2].mean() > 240
    QTest.keyClick(controls["invert"], Qt.Key.Key_Space)
    assert hand.session.extras["invert"] == 1.0
    assert shown(hand)[height // 4 : height // 2].mean() < 15
    quiet = shown(hand).copy()
    QTest.keyClick(controls["noise"], Qt.Key.Key_Up)
    assert hand.session.extras["noise"] == 1.0
    assert not np.array_equal(shown(hand), quiet)
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
    picture = shown(hand).copy()
    with hand.qtbot.waitSignal(hand.explorer.tray.exported):
        hand.explorer.tray.export(tmp_path / "out")
    assert read_provenance(tmp_path / "out" / "0001.png").extras == {"label": 3.0}
    QTest.keyClick(hand.explorer.window.here.extras.controls["label"], Qt.Key.Key_Home)
    hand.drop(tmp_path / "out" / "0001.png")
    hand.wait(lambda: hand.cursor.source == "kept")
    assert np.array_equal(shown(hand), picture)
    hand.explorer.close()
    again = open_explorer()
    assert dict(again.session.extras) == {"label": 3.0}
    assert again.explorer.window.here.extras.controls["label"].currentText() == "3"
    assert np.array_equal(shown(again), picture)


# --- the model card ------------------------------------------------------------------------------------


@pytest.fixture
def own_pair(tmp_path, fashion_pictures):
    folder = tmp_path / "own"
    write_pair(folder, fashion_pictures, 8, Convention(outputs=("mu", "logvar")))
    return folder


def card_of(hand):
    """The open model card with its pictures."""
    hand.wait(lambda: hand.explorer.model.card is not None)
    card = hand.explorer.model.card
    hand.wait(lambda: card._numbers.text() != "")
    return card


def test_the_card_opens_by_a_click_on_the_model_and_proves_the_pair_on_the_open_data(hand):
    QTest.mouseClick(hand.explorer.window.loaded._model, LEFT)
    card = card_of(hand)
    pair = hand.session.pair
    assert {fact.name for fact in pair.facts} <= {
        card._facts.itemAtPosition(row, 0).widget().text() for row in range(len(pair.facts))
    }
    assert card._facts.itemAtPosition(0, 2).widget().text() == pair.facts[0].source
    assert "passed" in card._verdict.text()
    assert "real pictures" in card._numbers.text()
    original, again = (card._pictures[row][3].image()._pixels for row in (0, 1))
    assert np.array_equal(again, pair.decode(pair.encode(original[None])[0])[0])
    assert not card.reset.isEnabled()


def test_a_fact_is_stated_otherwise_kept_and_reset(open_explorer, own_pair):
    hand = open_explorer(own_pair)
    before = shown(hand).copy()
    hand.key(Qt.Key.Key_I)
    card = card_of(hand)
    combo = card.editors["range_out"]
    assert combo.currentText() == "[0, 1]"
    first = hand.session.pair
    combo.setFocus()
    QTest.keyClick(combo, Qt.Key.Key_Down)
    combo.textActivated.emit(combo.currentText())
    hand.wait(lambda: hand.session.pair is not first)
    assert hand.session.pair.image.low == -1.0
    assert shown(hand).mean() > before.mean() + 30
    assert card.editors["range_out"].currentText() == "[-1, 1]"
    assert card.reset.isEnabled()
    hand.explorer.close()
    again = open_explorer()
    assert again.session.pair.image.low == -1.0
    again.key(Qt.Key.Key_I)
    card = card_of(again)
    stated = again.session.pair
    QTest.mouseClick(card.reset, LEFT)
    again.wait(lambda: again.session.pair is not stated)
    assert again.session.pair.image.low == 0.0
    assert not list(own_pair.glob("*.json"))


def test_what_cannot_be_is_refused_on_the_card_and_the_model_stays(open_mapped, conditional):
    hand = open_mapped(conditional)
    pair = hand.session.pair
    hand.key(Qt.Key.Key_I)
    card = card_of(hand)
    for text in ("a lot", "99"):
        line = card.editors["extra.truncation"]
        line.setFocus()
        line.selectAll()
        QTest.keyClicks(line, text)
        QTest.keyClick(line, Qt.Key.Key_Return)
        hand.wait(card._message.isVisible)
        hand.wait(lambda: not hand.explorer.jobs.running)
        assert text in card._message.text()
        assert hand.session.pair is pair
        assert card.isVisible()
        assert card.editors["extra.truncation"].text() == "0.7"
        card.say("")
    assert not list(conditional.parent.glob("*.json"))


def test_stating_another_range_of_the_encoder_encodes_the_data_anew(open_explorer, own_pair, some_data):
    hand = open_explorer(own_pair)
    hand.drop(some_data)
    hand.wait(lambda: hand.session.work is not None)
    mapped(hand)
    work = hand.session.work
    latents = np.array(work.latents)
    hand.key(Qt.Key.Key_I)
    card_of(hand).stated.emit("range_in", "[-1, 1]")
    hand.wait(lambda: hand.session.work is not work)
    assert not np.allclose(hand.session.work.latents, latents, atol=0.1)
    mapped(hand)


# --- devices -------------------------------------------------------------------------------------------


def test_the_devices_are_listed_with_what_they_lack_and_the_choice_is_remembered(hand, open_explorer):
    QTest.mouseClick(hand.explorer.window.device_chip, LEFT)
    menu = hand.explorer.model.devices
    hand.wait(lambda: len(menu.actions()) == 1 + len(devices.NAMES))
    entries = {action.text().split(":")[0]: action for action in menu.actions()}
    for device in devices.available():
        assert entries[device.name].isEnabled() == (not device.why_not)
        assert device.why_not in entries[device.name].text()
    assert entries["Automatic"].isChecked()
    pair, cursor = hand.session.pair, hand.cursor
    entries["CPU"].trigger()
    hand.wait(lambda: hand.session.pair is not pair)
    assert hand.cursor is cursor
    assert hand.session.work is not None
    menu.hide()
    hand.explorer.close()
    again = open_explorer()
    assert again.explorer.opening.device == "CPU"


def test_a_device_that_is_not_to_be_had_is_told_in_the_chip_and_aloud(hand):
    if not next(one.why_not for one in devices.available() if one.name == "CUDA"):
        pytest.skip("this machine has CUDA")
    hand.explorer.model.use_device("CUDA")
    chip, message = hand.explorer.window.device_chip, hand.explorer.window.message
    hand.wait(lambda: chip.text().startswith("▲ CPU"))
    hand.wait(message.isVisible)
    assert "CUDA cannot be used" in message.text()
    assert "CUDA cannot be used" in chip.toolTip()
    hand.click(hand.on_data())
    hand.wait_for_picture()


# --- a slow decoder ------------------------------------------------------------------------------------


def test_a_slow_decoder_keeps_its_picture_and_says_quietly_that_the_next_is_coming(
    open_mapped, tmp_path, few_samples, monkeypatch
):
    monkeypatch.setattr(dataset_sampled, "FEWEST", 4)
    monkeypatch.setattr(dataset_sampled, "LONGEST", 1.0)
    hand = open_mapped(write_slow_decoder(tmp_path / "slow" / "decoder.onnx", 40))
    view = hand.explorer.window.here.picture
    hand.wait(lambda: not view.is_waiting())
    before = view.image()
    hand.key(Qt.Key.Key_D)
    hand.wait(view.is_waiting)
    assert view.image() == before
    assert "being decoded" in view.accessibleDescription()
    shown(hand)
    hand.wait(lambda: not view.is_waiting())
    assert view.image() != before
    hand.wait(lambda: " · " in hand.explorer.window.device_chip.text())


def test_a_quick_decoder_never_says_that_it_is_waited_for(hand):
    marked, took = [], []
    hand.explorer.presenter.pictured.connect(took.append)
    view = hand.explorer.window.here.picture
    set_waiting = view.set_waiting
    view.set_waiting = lambda waiting: (marked.append(waiting), set_waiting(waiting))
    start = hand.on_data()
    hand.drag(start, start + QPoint(50, 10))
    hand.wait_for_picture()
    hand.qtbot.wait(250)
    assert took
    assert True not in marked or max(took) > 0.1  # a machine that is busy otherwise makes any decoder slow


def test_closing_does_not_wait_for_a_long_run(open_explorer, tmp_path, few_samples, monkeypatch):
    monkeypatch.setattr(dataset_sampled, "FEWEST", 1)
    monkeypatch.setattr(dataset_sampled, "LONGEST", 0.1)
    hand = open_explorer(write_slow_decoder(tmp_path / "slow" / "decoder.onnx", 60), wait=False)
    hand.wait(lambda: hand.explorer.presenter.decoded is not None, timeout=60_000)
    hand.key(Qt.Key.Key_D)
    hand.wait(hand.explorer.window.here.picture.is_waiting)
    began = time.perf_counter()
    hand.explorer.close()
    assert time.perf_counter() - began < 0.5 * hand.explorer.presenter.decoded.seconds


# --- the last session, and the keyboard's lasso ---------------------------------------------------------


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


def test_points_are_selected_by_the_keyboard_in_view_by_label_and_not_at_all(hand):
    hand.key(Qt.Key.Key_A, CONTROL)
    assert len(hand.session.selection) == len(hand.session.work)
    for _ in range(12):
        hand.key(Qt.Key.Key_Plus)
    hand.key(Qt.Key.Key_A, CONTROL)
    inside = hand.session.selection
    x, y = hand.map.view().to_screen(hand.session.map.positions[inside]).T
    assert 0 < len(inside) < len(hand.session.work)
    assert ((x >= 0) & (x <= hand.map.width()) & (y >= 0) & (y <= hand.map.height())).all()
    hand.key(Qt.Key.Key_A)
    field = hand.session.work.fields[0]
    nearest = hand.session.map.inverse.nearest(hand.cursor.place, 1)[0]
    assert np.array_equal(hand.session.selection, np.flatnonzero(field.codes == field.codes[nearest]))
    hand.key(Qt.Key.Key_A, CONTROL | SHIFT)
    assert hand.session.selection is None


def test_fit_and_zoom_have_one_way_each_by_the_keyboard(hand):
    whole = hand.map.view()
    hand.key(Qt.Key.Key_Plus)
    near = hand.map.view().units_per_pixel
    assert near < whole.units_per_pixel
    hand.key(Qt.Key.Key_Minus)
    hand.key(Qt.Key.Key_Minus)
    assert hand.map.view().units_per_pixel > near
    hand.key(Qt.Key.Key_F)
    assert hand.map.view().units_per_pixel == pytest.approx(whole.units_per_pixel)


def test_files_over_the_window_wake_the_process_that_tries_models(hand, own_pair):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(own_pair))])
    with hand.qtbot.waitSignal(hand.explorer.window.files_near):
        hand.drop_mime(mime)
    hand.wait(lambda: hand.session.pair.name != "fashion-vae")


def test_a_pair_that_fails_its_proof_can_be_opened_anyway(
    open_explorer, tmp_path, fashion_pictures, fashion_bundle
):
    hand = open_explorer(fashion_bundle)
    one, _ = write_pair(tmp_path / "one", fashion_pictures, 12)
    _, other = write_pair(tmp_path / "other", 255 - fashion_pictures[::-1, ::-1, ::-1], 12)
    message = hand.explorer.window.message
    hand.drop(one, other)
    hand.wait(message.isVisible)
    assert "do not belong together" in message.text()
    assert hand.session.pair.name == "fashion-vae"
    QTest.mouseClick(message.offer, LEFT)
    hand.wait(lambda: hand.session.pair.name != "fashion-vae")
    assert hand.session.pair.self_test.passed is False
    assert "Self-test" in {fact.name for fact in hand.session.pair.facts}


def test_the_size_of_flat_pictures_that_are_not_square_is_asked_for(
    open_explorer, tmp_path, fashion_pictures, fashion_bundle
):
    hand = open_explorer(fashion_bundle)
    paths = write_pair(
        tmp_path / "wide", np.ascontiguousarray(fashion_pictures[:, 4:24]), convention=Convention("flat")
    )
    message = hand.explorer.window.message
    hand.drop(*paths)
    hand.wait(message.isVisible)
    assert "image_shape" in message.text()
    QTest.mouseClick(message.offer, LEFT)
    question = hand.explorer.window.findChild(QInputDialog)
    question.setTextValue("20x28x1")
    QTest.keyClick(question, Qt.Key.Key_Return)
    hand.wait(lambda: hand.session.pair.name != "fashion-vae")
    assert hand.session.pair.image.picture_shape == (20, 28, 1)
    assert hand.session.pair.self_test.passed
