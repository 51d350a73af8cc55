"""The model's card: what is known of a model, by what, and how it is stated otherwise."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QInputDialog

from tests.onnx_pairs import Convention, write_pair

LEFT = Qt.MouseButton.LeftButton
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


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
    before = hand.shown().copy()
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
    assert hand.shown().mean() > before.mean() + 30
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
    hand.mapped()
    work = hand.session.work
    latents = np.array(work.latents)
    hand.key(Qt.Key.Key_I)
    card_of(hand).stated.emit("range_in", "[-1, 1]")
    hand.wait(lambda: hand.session.work is not work)
    assert not np.allclose(hand.session.work.latents, latents, atol=0.1)
    hand.mapped()


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
