"""What colours the map, seen in the real window: labels, numbers, and what is worked out."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from explorer.core.dataset_base import Measure
from explorer.core.session import Session, shown_rows
from explorer.core.session_file import load_session, save_session
from explorer.ui.color.legend import Legend


@pytest.fixture
def loaded(hand):
    return hand.explorer.window.loaded


def choose(hand, key: str) -> None:
    """Choose an entry of the box, as a hand does, and wait until it colours the map."""
    box = hand.explorer.window.loaded._choices
    at = next(at for at in range(box.count()) if box.itemData(at) == key and box.model().item(at).isEnabled())
    box.setCurrentIndex(at)
    box.activated.emit(at)
    hand.wait(lambda: hand.session.color_by.startswith(key) and hand.session.color_by != "")


def test_the_reconstruction_error_is_worked_out_when_it_is_chosen(hand, loaded, open_explorer):
    field = hand.session.work.fields[0]
    codes = hand.map._scene.codes
    choose(hand, "model:error")
    measure = hand.session.measures["model:error"]
    assert abs(measure.values.mean() - hand.session.work.reconstruction_mse) < 0.002
    assert loaded.numbers.isVisible()
    assert not loaded.legend.isVisible()
    worst = int(np.nanargmax(measure.values))
    assert hand.map._scene.codes[worst] == 255
    hand.explorer.controller.hover(worst)
    assert hand.map._marks.card.title == f"error {measure.value_of(worst)}"
    hand.explorer.edits.undo()
    assert hand.session.color_by == field.name
    assert hand.map._scene.codes is codes
    assert loaded.legend.isVisible()
    hand.explorer.edits.redo()
    assert hand.map._scene.codes[worst] == 255
    hand.explorer.close()  # what was worked out is found again, and no more is done at the start
    again = open_explorer()
    again.wait(lambda: "model:error" in again.session.measures)
    assert again.session.color_by == "model:error"
    assert np.array_equal(again.session.measures["model:error"].values, measure.values)


def test_handles_filter_by_mouse_keys_and_typing_and_undo(hand, loaded):
    choose(hand, "latent:")
    assert loaded._dimensions.isVisible()
    values = hand.session.measures[hand.session.color_by].values
    bar, steps = loaded.numbers.bar, hand.explorer.edits.undo_stack.count()
    handle = bar.low
    start = handle.rect().center()
    QTest.mousePress(handle, Qt.MouseButton.LeftButton, pos=start)
    for _ in range(10):
        QTest.mouseMove(handle, start + QPoint(8, 0))
        QApplication.processEvents()
    QTest.mouseRelease(handle, Qt.MouseButton.LeftButton, pos=start)
    hand.wait(lambda: hand.session.range is not None)
    QTest.qWait(60)
    low, high = hand.session.range
    assert (low > values.min(), high) == (True, inf)
    shown = shown_rows(hand.session)
    assert np.array_equal(shown, values >= np.float32(low))
    assert hand.map._scene.shown.sum() == shown.sum()
    assert f"{shown.sum():,} of 10,000" in loaded._shown.text()
    assert hand.explorer.edits.undo_stack.count() == steps + 1

    QTest.keyClick(bar.high, Qt.Key.Key_Left)
    hand.wait(lambda: hand.session.range[1] < inf)
    assert hand.session.range[0] == low
    field = loaded.numbers.highest
    field.selectAll()
    QTest.keyClicks(field, "0,5")
    QTest.keyClick(field, Qt.Key.Key_Return)
    hand.wait(lambda: hand.session.range[1] == 0.5)
    field.selectAll()
    QTest.keyClicks(field, "nonsense")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert (hand.session.range, field.text()) == ((low, 0.5), "0.5")
    QTest.mouseDClick(bar, Qt.MouseButton.LeftButton, pos=QPoint(bar.width() // 2, 5))
    hand.wait(lambda: hand.session.range is None)
    assert not loaded._shown.isVisible()
    hand.explorer.edits.undo()
    assert (hand.session.range, bar.high.value() < 1000) == ((low, 0.5), True)
    hand.explorer.coloring.show_all()
    assert hand.session.range is None


def test_another_map_takes_its_own_colours_along(hand):
    choose(hand, "map:support")
    before = hand.session.measures["map:support"]
    hand.explorer.coloring.color_by("label")
    changed = np.array(hand.session.map.positions)
    changed[:200] = changed[200:400] + 0.001
    hand.explorer.store.replace(map=type(hand.session.map).of(changed, hand.session.map.latents))
    hand.wait(lambda: "map:support" not in hand.session.measures)
    hand.explorer.coloring.color_by("map:support")
    hand.wait(lambda: "map:support" in hand.session.measures)
    assert not np.array_equal(hand.session.measures["map:support"].values, before.values)


def test_a_cancelled_colour_leaves_the_one_before(hand, loaded):
    hand.explorer.coloring.color_by("map:variance")
    hand.explorer.jobs.cancel()
    hand.wait(lambda: not hand.explorer.jobs.running)
    QTest.qWait(20)
    assert (hand.session.color_by, loaded._choices.currentText()) == ("label", "label")


def test_a_thousand_labels_are_searched_and_chosen_by_keys(qtbot):
    legend = Legend()
    qtbot.addWidget(legend)
    names = tuple(f"breed {i}" for i in range(1000))
    counts = np.where(np.arange(1000) == 17, 0, 5)
    legend.set_labels(names, counts, np.zeros((1000, 3), np.uint8), 3, QColor("grey"))
    legend.show()
    isolated, toggled = [], []
    legend.isolated.connect(isolated.append)
    legend.toggled.connect(toggled.append)
    model = legend.rows.model()
    assert model.rowCount() == 1000  # but for the one that does not occur, and with those without a label
    assert model.index(999).data(Qt.ItemDataRole.AccessibleTextRole) == "no label, 3 points"
    legend.rows.setCurrentIndex(model.index(20))
    QTest.keyClick(legend.rows, Qt.Key.Key_Down)
    QTest.keyClick(legend.rows, Qt.Key.Key_Space, Qt.KeyboardModifier.ControlModifier)
    assert toggled == [22]
    QTest.keyClicks(legend._search, "reed 99")
    assert [model.index(i).data() for i in range(model.rowCount())] == [
        name for name in names if "99" in name
    ]
    QTest.keyClick(legend._search, Qt.Key.Key_Return)
    assert isolated == [99]
    legend.set_hidden(frozenset({99}))
    assert model.index(0).data(Qt.ItemDataRole.AccessibleTextRole) == "breed 99, 5 points, filtered out"


def test_a_saved_session_keeps_its_range(tmp_path):
    measure = Measure("m", np.zeros(3, np.float32))
    session = Session(color_by="m", range=(0.25, inf), measures={"m": measure})
    save_session(tmp_path / "s.latents", session, None)
    saved = load_session(tmp_path / "s.latents").session
    assert (saved.color_by, saved.range) == ("m", (0.25, inf))


def test_in_a_low_window_the_cards_fold_so_that_the_colouring_is_in_sight(hand):
    window, panel = hand.explorer.window, hand.explorer.window.loaded
    window.resize(900, 600)
    QApplication.processEvents()
    legend = panel.legend.rows
    bottom = legend.mapTo(panel, QPoint(0, legend.height())).y()
    assert 0 < legend.mapTo(panel, QPoint()).y() < bottom <= panel.height()
    window.resize(1280, 900)
    QApplication.processEvents()
    words = {label.text() for label in panel.findChildren(QLabel) if label.isVisibleTo(panel)}
    assert {"Kind", "Images", "Trustworthiness"} <= words
