"""Directions, analogies, probes and the comparison with the data, by mouse and keyboard in a real window."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu

from explorer.core.coloring import PROBE
from explorer.core.dataset_base import Field
from explorer.core.latent_ops.steering import worth
from explorer.ui.parts.pictures import to_qimage


def choose(hand, button, *texts: str) -> None:
    """Press a button that opens a menu, and choose an entry by the beginnings of its texts."""
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    hand.wait(lambda: QApplication.activePopupWidget() is not None)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    top = menu
    for text in texts:
        action = next(one for one in menu.actions() if one.text().startswith(text))
        assert action.isEnabled()
        menu = action.menu() or menu
    action.trigger()
    top.close()
    hand.explorer.window.activateWindow()
    hand.wait(hand.explorer.window.isActiveWindow)


def make(hand, start: tuple[str, ...], end: tuple[str, ...]) -> None:
    count = len(hand.session.directions)
    hand.explorer.actions["new_direction"].trigger()
    maker = hand.explorer.tools.directions.section.maker
    choose(hand, maker.start, *start)
    choose(hand, maker.end, *end)
    QTest.mouseClick(maker.make, Qt.MouseButton.LeftButton)
    hand.wait(lambda: len(hand.session.directions) == count + 1)


def rows_of(hand):
    return hand.explorer.tools.directions.section.rows


def shows_what_it_says(hand) -> None:
    hand.wait_for_picture()
    drawn = hand.session.pair.decode(hand.cursor.latent[None])[0]
    assert np.array_equal(hand.explorer.presenter.decoded.picture, drawn)


def test_directions_are_made_added_up_changed_and_undone(hand, tmp_path):
    hand.explorer.controller.go_to_row(17)
    base = hand.cursor.latent
    make(hand, ("All the rest",), ("Label", "Dress"))
    make(hand, ("Label", "Coat"), ("Label", "Sandal"))
    dress, sandal = hand.session.directions
    assert (dress.name, sandal.name) == ("Dress", "Coat → Sandal")
    assert worth(dress)[0] == "separates well"
    first, second = rows_of(hand)
    assert "separates well" in first._worth.text()
    assert "2,758 held out" in first._figure._full

    steps = hand.explorer.edits.undo_stack.count()
    QTest.mouseClick(first.slider, Qt.MouseButton.LeftButton, pos=QPoint(first.slider.width() * 2 // 3, 10))
    second.slider.setFocus()
    QTest.keyClick(second.slider, Qt.Key.Key_Right)
    amounts = hand.cursor.steered.amounts
    assert amounts["Dress"] > 0.5
    assert amounts["Coat → Sandal"] > 0
    wanted = base + amounts["Dress"] * dress.sigma * dress.vector
    wanted = wanted + amounts["Coat → Sandal"] * sandal.sigma * sandal.vector
    np.testing.assert_allclose(hand.cursor.latent, wanted, atol=1e-5)
    assert hand.explorer.edits.undo_stack.count() == steps + 2
    shows_what_it_says(hand)

    # What is done to a direction leaves the picture as it is, and what it added a part of it.
    here, gestures = hand.cursor.latent, hand.explorer.tools.directions.gestures
    gestures.invert("Dress")
    assert hand.session.directions[0].name == "not Dress"
    assert hand.cursor.steered.amounts["not Dress"] == -amounts["Dress"]
    first.name.setFocus()
    QTest.keyClick(first.name, Qt.Key.Key_F2)
    hand.wait(lambda: isinstance(QApplication.focusWidget(), QLineEdit))
    editor = QApplication.focusWidget()
    QTest.keyClicks(editor, "gown")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    assert hand.session.directions[0].name == "gown"
    gestures.find_again("gown", against=("Coat → Sandal",))
    hand.wait(lambda: bool(hand.session.directions[0].against))
    assert abs(float(hand.session.directions[0].vector @ sandal.vector)) < 1e-5
    assert "gown" not in hand.cursor.steered.amounts
    assert hand.cursor.latent is here

    hand.explorer.controller.save_session_to(tmp_path / "one.latents")
    kept = hand.session
    QTest.keyClick(second.slider, Qt.Key.Key_0)
    QTest.keyClick(second, Qt.Key.Key_Delete)
    assert [one.name for one in hand.session.directions] == ["gown"]
    while hand.explorer.edits.undo_stack.canUndo() and hand.cursor.latent is not base:
        hand.explorer.edits.undo()
    assert [one.name for one in hand.session.directions] == ["Dress", "Coat → Sandal"]
    assert hand.session.directions[0] is dress
    hand.wait(lambda: first.slider._text() == "0 σ")

    hand.drop(tmp_path / "one.latents")
    hand.wait(lambda: hand.session.directions and hand.session.directions[0] is not dress)
    assert [one.name for one in hand.session.directions] == ["gown", "Coat → Sandal"]
    assert hand.cursor.steered.amounts == kept.cursor.steered.amounts


def test_steps_along_a_direction_are_pictures_to_be_taken(hand):
    make(hand, ("All the rest",), ("Label", "Dress"))
    (row,) = rows_of(hand)
    QTest.mouseClick(row.name, Qt.MouseButton.LeftButton)
    hand.wait(lambda: bool(row.steps) and row.steps[-1].image() is not None)
    row.steps[-1].setFocus()
    QTest.keyClick(row.steps[-1], Qt.Key.Key_Return)
    strength = hand.cursor.steered.amounts["Dress"]
    assert strength == pytest.approx(row.slider._high)
    hand.wait_for_picture()
    assert row.steps[-1].image() == to_qimage(hand.explorer.presenter.decoded.picture)


def test_ends_are_taken_from_selections_and_pictures_and_refused_in_a_sentence(hand):
    said, actions = hand.explorer.edits, hand.explorer.actions
    sentences: list[str] = []
    said.refused.connect(sentences.append)
    hand.explorer.jobs.failed.connect(sentences.append)
    order = np.random.default_rng(0).permutation(2000)
    for key, rows in ((Qt.Key.Key_BracketLeft, order[:1000]), (Qt.Key.Key_BracketRight, order[1000:])):
        hand.explorer.selecting.select(rows)
        hand.key(key)
    actions["make_direction"].trigger()
    hand.wait(lambda: len(hand.session.directions) == 1)
    assert worth(hand.session.directions[0])[0] == "does not separate"
    assert rows_of(hand)[0]._worth.objectName() == "bad"

    hand.explorer.selecting.select_none()
    hand.explorer.controller.go_to_row(3)
    hand.key(Qt.Key.Key_BracketLeft)
    actions["make_direction"].trigger()  # one picture, and a selection
    hand.wait(lambda: bool(sentences))
    assert "two of a kind" in sentences.pop()
    hand.key(Qt.Key.Key_BracketRight)
    actions["make_direction"].trigger()
    hand.wait(lambda: bool(sentences))
    assert "same latent" in sentences.pop()
    hand.explorer.controller.go_to_row(400)
    hand.key(Qt.Key.Key_BracketRight)
    actions["make_direction"].trigger()
    hand.wait(lambda: len(hand.session.directions) == 2)
    assert worth(hand.session.directions[1])[0] == "not measurable"
    actions["orthogonal_direction"].trigger()
    hand.wait(lambda: bool(hand.session.directions[1].against))

    # a − b + c, of a picture that is kept and two that are looked at
    latents = np.asarray(hand.session.work.latents)
    hand.explorer.tray.keep()
    actions["make_analogy"].trigger()
    analogy = hand.explorer.tools.directions.section.analogy
    assert not analogy.show_it.isEnabled()
    choose(hand, analogy.slots[0], "Kept", "Kept 1")
    for slot, row in zip(analogy.slots[1:], (7, 12), strict=True):
        hand.explorer.controller.go_to_row(row)
        choose(hand, slot, "The picture shown")
    QTest.mouseClick(analogy.show_it, Qt.MouseButton.LeftButton)
    np.testing.assert_allclose(hand.cursor.latent, latents[400] - latents[7] + latents[12], atol=1e-5)
    assert hand.cursor.source == "analogy"
    shows_what_it_says(hand)
    hand.explorer.edits.undo()
    assert np.array_equal(hand.cursor.latent, latents[12])


def test_a_probe_is_fitted_tells_at_the_cursor_and_colours_the_map(hand, tmp_path, fashion_pictures):
    hand.explorer.controller.go_to_row(17)
    tools, work = hand.explorer.tools, hand.session.work
    hand.explorer.actions["show_probes"].trigger()
    tools.probes.fit(tools.probes.columns()[0])
    hand.wait(lambda: len(hand.session.probes) == 1)
    (probe,), (row,) = hand.session.probes, tools.probes.section.rows
    assert probe.fit.accuracy.low > probe.fit.majority
    assert row.told._full == probe.words(hand.cursor.latent)
    dress = int(np.flatnonzero(work.fields[0].codes == 3)[0])
    hand.explorer.controller.go_to_row(dress)
    hand.wait(lambda: row.told._full == probe.words(hand.cursor.latent))

    Image.fromarray(fashion_pictures[0, :, :, 0]).save(tmp_path / "dropped.png")
    hand.drop(tmp_path / "dropped.png")
    hand.wait(lambda: len(hand.session.dropped) == 1)
    hand.wait(lambda: row.told._full == probe.words(hand.session.dropped[0].latent))
    assert row.dropped.isHidden()
    hand.explorer.controller.go_to_row(dress)
    hand.wait(row.dropped.isVisible)
    assert probe.words(hand.session.dropped[0].latent) in row.dropped._full

    hand.explorer.coloring.color_by(f"{PROBE}label")
    hand.wait(lambda: hand.session.color_by == f"{PROBE}label")
    told = hand.session.measures[f"{PROBE}label"]
    assert isinstance(told, Field)
    agree = float((told.codes == work.fields[0].codes).mean())
    assert agree == pytest.approx(probe.fit.accuracy.value, abs=0.05)
    tools.probes.remove(probe)
    assert hand.session.probes == ()
    hand.wait(lambda: hand.session.color_by == "label")
    assert tools.probes.section.rows == []


def test_what_is_decoded_is_compared_with_the_data_when_asked(hand):
    hand.explorer.controller.go_to_row(17)
    hand.key(Qt.Key.Key_M)
    novelty = hand.explorer.tools.novelty
    hand.wait(lambda: "left out" in novelty.section.picture_words.text())
    shown = novelty.section.by_picture._shown
    assert 17 not in [one.row for one in shown]
    novelty.section.by_picture.chosen.emit(shown[0].row)
    hand.wait(lambda: novelty.section.by_picture._shown[0] is not shown[0])
    assert hand.cursor.source == "point"
    assert shown[0].row not in [one.row for one in novelty.section.by_picture._shown]
    hand.drag(hand.on_data(), QPoint(hand.map.width() - 4, hand.map.height() - 4))
    hand.wait(lambda: "left out" not in novelty.section.latent_words.text())
    neighbours = hand.explorer.window.here.neighbours
    hand.wait(lambda: neighbours._how.text() == "by latent")
    hand.key(Qt.Key.Key_M)
    assert novelty.section.isHidden()
    hand.wait(lambda: neighbours._how.text() == "on the map")
