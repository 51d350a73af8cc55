"""Bookmarks and the history of what was looked at, by real events."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from explorer.ui.session.history import MOST

CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)


@pytest.fixture
def marked(hand):
    """A window with three bookmarks and their page; the first is of a data point."""
    for row in (5, 70, 900):
        hand.explorer.controller.go_to_row(row)
        hand.wait_for_picture()
        hand.key(Qt.Key.Key_B, CTRL)
    hand.key(Qt.Key.Key_B, CTRL | SHIFT)
    hand.page = hand.explorer.bookmarks.page
    hand.wait(hand.page.isVisible)
    return hand


def names(hand) -> list[str]:
    return [one.name for one in hand.session.bookmarks]


def click(strip, number: int) -> None:
    at = strip.visualItemRect(strip.item(number)).center()
    QTest.mouseClick(strip.viewport(), Qt.MouseButton.LeftButton, pos=at)


def test_a_bookmark_is_gone_to_exactly_by_its_picture_and_by_its_flag(marked):
    kept = marked.session.bookmarks[1]
    latent = marked.session.map.latents[70].tobytes()
    click(marked.page.strip, 1)
    assert marked.cursor.latent.tobytes() == latent
    assert marked.cursor.place == kept.place
    marked.key(Qt.Key.Key_D)
    assert marked.cursor.latent.tobytes() != latent
    flags = marked.map.bookmarks
    assert list(flags.names) == names(marked)
    at = marked.screen(kept.place) + QPoint(4, -15)
    QTest.mouseMove(marked.map, at)
    marked.wait(lambda: flags.hovered == 1)
    marked.click(at)
    assert marked.cursor.latent.tobytes() == latent
    marked.key(Qt.Key.Key_Z, CTRL)
    assert marked.cursor.source == "prior"


def test_bookmarks_are_renamed_noted_ordered_and_deleted_and_all_is_undone(marked):
    before, page = marked.session.bookmarks, marked.page
    click(page.strip, 0)
    page.name.setFocus()
    page.name.selectAll()
    QTest.keyClicks(page.name, "sleeves")
    QTest.keyClick(page.name, Qt.Key.Key_Return)
    assert names(marked)[0] == "sleeves"
    page.note.setFocus()
    marked.wait(page.note.hasFocus)
    QTest.keyClicks(page.note, "look here")
    marked.map.setFocus()
    marked.wait(lambda: marked.session.bookmarks[0].note == "look here")
    click(page.strip, 0)
    page.strip.setFocus()
    QTest.keyClick(page.strip, Qt.Key.Key_Right, ALT)
    assert names(marked)[1] == "sleeves"
    assert page.strip.currentRow() == 1
    assert page.note.toPlainText() == "look here"
    QTest.keyClick(page.strip, Qt.Key.Key_Delete)
    assert len(marked.session.bookmarks) == 2
    steps = 0
    while marked.session.bookmarks is not before:
        marked.key(Qt.Key.Key_Z, CTRL)
        steps += 1
        assert steps < 9
    assert page.strip.item(0).text() == before[0].name


def test_a_bookmark_dragged_onto_the_map_returns_to_its_latent(marked):
    latent = marked.session.bookmarks[0].kept.provenance.latent.tobytes()
    mime = marked.explorer.bookmarks._mime_of(0)
    marked.drop_mime(mime)
    marked.wait(lambda: marked.cursor.latent.tobytes() == latent)


def test_a_bookmark_of_another_model_stays_and_says_which_model_it_needs(marked):
    marked.explorer.opening.open_bundle("faces-vae")
    marked.wait(lambda: marked.session.pair.name == "faces-vae" and not marked.explorer.jobs.running)
    assert len(marked.session.bookmarks) == 3
    assert marked.map.bookmarks is None
    cursor = marked.cursor
    click(marked.page.strip, 0)
    assert "fashion-vae" in marked.explorer.window.message.text()
    assert marked.cursor is cursor


def test_the_history_remembers_each_rest_and_goes_back_exactly(hand):
    history, seen = hand.explorer.history, []
    for row in (5, 70, 900):
        hand.explorer.controller.go_to_row(row)
        hand.wait_for_picture()
        hand.wait(lambda: bool(history.glances) and history.glances[-1].cursor is hand.cursor)
        seen.append(hand.cursor)
    hand.key(Qt.Key.Key_H)
    strip = history.page.strip
    hand.wait(strip.isVisible)
    number = len(history.glances) - 3
    click(strip, number)
    assert hand.cursor is seen[0]
    hand.wait_for_picture()
    assert len(history.glances) == number + 3  # going back is nothing new
    hand.key(Qt.Key.Key_Right, ALT)
    assert hand.cursor is seen[1]
    hand.key(Qt.Key.Key_Left, ALT)
    assert hand.cursor is seen[0]
    hand.key(Qt.Key.Key_Z, CTRL)
    assert hand.cursor is seen[1]
    for row in range(MOST + 5):
        hand.explorer.controller.go_to_row(row)
        hand.wait_for_picture()
        history._remember()
    assert len(history.glances) == MOST == strip.count()
    QApplication.processEvents()
