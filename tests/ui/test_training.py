"""New model from images…: what is found and proposed, and a real training watched to its end."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton

from explorer.core import dataset_sampled
from explorer.core.training import Kept, kept_in

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def clothes(tmp_path, fashion_pictures):
    """A folder of 120 pictures in three folders, one file of them damaged."""
    folder = tmp_path / "clothes"
    for number, picture in enumerate(fashion_pictures[:120]):
        (folder / str(number % 3)).mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture[..., 0]).save(folder / str(number % 3) / f"{number:03}.png")
    (folder / "0" / "000.png").write_bytes(b"no picture")
    return folder


def press(widget) -> None:
    assert widget.isEnabled()
    QTest.mouseClick(widget, LEFT)


def texts(widget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.isVisibleTo(widget))


def looked(hand, data):
    training = hand.explorer.training
    training.asking.take_data(data)
    hand.wait(lambda: not hand.explorer.jobs.running)
    return training.window.setup


def test_what_was_found_is_told_and_suits_the_kind(hand, clothes, tmp_path):
    hand.explorer.actions["ask_new_model"].trigger()
    training = hand.explorer.training
    assert not training.window.setup.start.isEnabled()
    setup = looked(hand, clothes)
    assert "120 pictures (119 looked at), grey, about 28 × 28" in texts(setup)
    assert "1 cannot be read" in texts(setup)
    assert "few" in texts(setup)
    assert "on this computer's processor" in texts(setup)
    assert "clothes-vae" in texts(setup)
    epochs = setup.epochs.value()
    press(setup.kinds["gan"])
    assert "clothes-gan" in texts(setup)
    assert setup.epochs.value() > epochs
    assert setup.start.isEnabled()
    assert not setup.sharpen.isEnabled()
    assert setup.proposal().sharpen == 0
    press(setup.kinds["vae"])
    press(setup.sharpen)
    assert setup.proposal().sharpen > 0
    few = tmp_path / "few"
    few.mkdir()
    for path in sorted(clothes.glob("1/*.png"))[:10]:
        shutil.copy(path, few)
    assert "too few to learn from" in texts(looked(hand, few))
    assert not setup.start.isEnabled()
    QTest.keyClick(training.window, Qt.Key.Key_Escape)
    assert not training.window.isVisible()


def test_pictures_that_nothing_can_encode_can_be_trained_on(
    open_explorer, fashion_bundle, clothes, tmp_path, monkeypatch
):
    monkeypatch.setattr(dataset_sampled, "COUNT", 300)
    alone = tmp_path / "alone"
    alone.mkdir()
    hand = open_explorer(Path(shutil.copy(fashion_bundle / "decoder.onnx", alone)), wait=False)
    hand.wait(lambda: hand.session.pair is not None)
    hand.drop(clothes)
    message = hand.explorer.window.message
    hand.wait(lambda: "can be trained" in message.text())
    assert "decoder alone" in message.text()
    press(message.offer)
    training = hand.explorer.training
    hand.wait(lambda: training.window.setup.start.isEnabled())
    assert training.window.isVisible()


def test_a_model_that_does_not_know_such_pictures_is_told_of(hand, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (60, 28, 28), np.uint8)
    np.savez(tmp_path / "noise.npz", images=noise)
    hand.drop(tmp_path / "noise.npz")
    message = hand.explorer.window.message
    offer = "Train a model on these 60 pictures?"
    hand.wait(lambda: offer in message.text())
    hand.wait(lambda: len(hand.session.work) == 60)
    assert message.isVisible()
    assert offer in message.text()  # what is open now is what it is about
    hand.explorer.opening.open_bundle("fashion-vae")
    hand.wait(lambda: len(hand.session.work) > 60)
    assert not message.isVisible()


def test_what_a_crash_left_of_a_training_is_offered_once(hand, tmp_path):
    training, message = hand.explorer.training, hand.explorer.window.message
    kept = Kept(tmp_path / "dogs-vae", tmp_path / "dogs", "vae", epochs=100, epoch=12)
    kept.write()
    for name in ("checkpoint.pt", "pictures.npy"):
        (kept.folder / "training" / name).write_bytes(b"half a training")
    training._memory.remember(kept.folder)
    training.offer_unfinished()
    assert "dogs-vae ended at 12 of 100 epochs" in message.text()
    message.hide()
    training.offer_unfinished()
    assert not message.isVisible()
    hand.explorer.actions["ask_new_model"].trigger()
    assert "dogs-vae: VAE, 12 of 100 epochs done" in texts(training.window.setup)
    replace(kept, epoch=100).write()
    training.asking.show(None)
    hand.wait(lambda: "dogs-vae" not in texts(training.window.setup))


@pytest.mark.slow
def test_from_dropped_pictures_to_a_model_that_is_open(hand, clothes):
    explorer = hand.explorer
    training = explorer.training
    training.ask_new_model(clothes)
    hand.wait(lambda: training.window.setup.start.isEnabled())
    window = training.window
    window.setup.epochs.setValue(200)
    press(window.setup.start)
    watch = window.watch
    hand.wait(lambda: len(watch.film._shown) >= 2, 120_000)
    assert "1 of 120 pictures cannot be read" in texts(watch)
    assert [chart.chart.title for chart in watch.charts] == [
        "Reconstruction", "KL divergence", "Validation", "Active dimensions",
    ]  # fmt: skip
    hand.wait(lambda: watch.map.places is not None)
    press(watch.pause)
    hand.wait(lambda: "Paused; all that is done is kept." in texts(watch))
    done = training.run.record.done
    newest = watch.film.samples.image
    watch.film.slider.setFocus()
    QTest.keyClick(watch.film.slider, Qt.Key.Key_Home)
    assert watch.film.epoch.text() == "Epoch 1"
    assert watch.film.samples.image != newest
    assert training.run.record.done == done
    press(watch.pause)
    hand.wait(lambda: training.run.record.done > done)

    if sys.platform != "win32":  # a crash: what was done is offered again
        os.kill(training.run._training.process.pid, signal.SIGKILL)
        hand.wait(lambda: training.run.is_over)
        assert "signal 9" in texts(watch)
        press(watch.again)
        (go_on,) = [one for one in window.setup.findChildren(QPushButton) if one.text() == "Go on"]
        before = kept_in(training.run.folder).epoch
        press(go_on)
        hand.wait(lambda: training.run.record.epoch > before, 120_000)
        assert not training.run.is_over

    hand.wait(watch.stop.isEnabled)
    press(watch.stop)
    hand.wait(lambda: explorer.store.session.pair.name == "clothes-vae", 120_000)
    hand.wait(lambda: explorer.store.session.map is not None and not explorer.jobs.running, 120_000)
    assert training.run.record.last["event"] == "stopped"
    assert len(explorer.store.session.work) == 119
    hand.click(hand.on_data())
    hand.wait_for_picture()
