"""Where a model runs, and how long it takes."""

from __future__ import annotations

import time

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from explorer.core import dataset_sampled
from explorer.core.engine import devices
from tests.onnx_generators import write_slow_decoder

LEFT = Qt.MouseButton.LeftButton
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


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
    hand.shown()
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
