"""The strip of pictures along the axes, and the place under the map in which it stands."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QListWidget

from explorer.core.latent_ops.axes import STEPS
from explorer.ui.axes.traversal_pictures import Around
from explorer.ui.map.thumbnail_cache import small


def open_strip(hand):
    hand.key(Qt.Key.Key_X)
    strip = hand.explorer.axes._strip
    wait_for_strip(hand, strip)
    return strip


def wait_for_strip(hand, strip) -> None:
    """Until the rows in sight are those around the cursor."""
    hand.wait(
        lambda: (
            strip.around.latent is hand.cursor.latent
            and strip.page.grid.in_sight()
            and set(strip.page.grid.in_sight()) <= strip._came
        )
    )


def press(strip, row: int, column: int, button=Qt.MouseButton.LeftButton) -> None:
    grid = strip.page.grid
    QTest.mouseClick(grid.viewport(), button, pos=grid.rect_of(row, column).center())


def test_the_strip_shows_what_the_axes_do_and_gives_its_pictures(hand, tmp_path):
    strip = open_strip(hand)
    grid, around = strip.page.grid, strip.around
    assert grid.hasFocus()
    drawn = hand.session.pair.decode(around.latents(1))
    for column in (0, STEPS - 1):
        assert grid._images[1, column] == small(drawn[column])

    before, latent = hand.cursor, around.latents(1)[6]
    press(strip, 1, 6)
    hand.wait_for_picture()
    assert np.array_equal(hand.cursor.latent, latent)
    assert hand.cursor.base is before.latent
    wait_for_strip(hand, strip)
    hand.explorer.edits.undo()
    assert hand.cursor is before
    wait_for_strip(hand, strip)

    press(strip, 0, 8, Qt.MouseButton.RightButton)
    hand.wait(lambda: len(hand.session.tray) == 1)
    QTest.keyClick(grid, Qt.Key.Key_Left)
    QTest.keyClick(grid, Qt.Key.Key_K)
    hand.wait(lambda: len(hand.session.tray) == 2)
    kept = [one.provenance.latent for one in hand.session.tray]
    np.testing.assert_array_equal(kept, strip.around.latents(0)[[8, 7]])
    assert hand.cursor is before
    QTest.keyClick(grid, Qt.Key.Key_Return)
    assert np.array_equal(hand.cursor.latent, kept[1])

    strip.export(tmp_path / "strip.png")
    hand.wait((tmp_path / "strip.png").exists)
    with Image.open(tmp_path / "strip.png") as sheet:
        assert sheet.width > STEPS * 28
    hand.wait(lambda: not hand.explorer.jobs.running)
    strip.page.copy.click()
    hand.wait(lambda: QApplication.clipboard().image().width() == sheet.width)

    QTest.keyClick(grid, Qt.Key.Key_Escape)
    assert not grid.isVisible()
    assert hand.map.hasFocus()
    hand.wait(lambda: not strip._pictures.is_busy)


def test_the_strip_follows_axes_and_cursor_and_waits_where_that_takes_long(
    open_explorer, faces_bundle, monkeypatch
):
    hand = open_explorer(faces_bundle)
    strip = open_strip(hand)
    assert all(one.active for one in strip.around.axes)
    assert strip.page.update_button.isHidden()
    hand.explorer.actions["use_axes", "principal"].trigger()
    hand.wait(lambda: strip.around.axes[0].name == "PC 1")
    wait_for_strip(hand, strip)
    hand.drag(hand.on_data(), hand.on_data() / 2)
    wait_for_strip(hand, strip)

    monkeypatch.setattr("explorer.ui.axes.traversal._LONGEST", 0.0)
    around = strip.around
    hand.click(hand.on_data())
    hand.wait(lambda: strip.page.update_button.isVisible())
    assert strip.around is around
    assert strip.page.grid._is_stale
    assert "earlier" in strip.page.words.text()
    QTest.mouseClick(strip.page.update_button, Qt.MouseButton.LeftButton)
    wait_for_strip(hand, strip)
    assert isinstance(strip.around, Around)
    assert not strip.page.grid._is_stale


@pytest.fixture
def made() -> list[str]:
    return []


def test_the_tool_strip_makes_pages_once_and_remembers_its_height(hand, open_explorer, fashion_bundle, made):
    strip, window = hand.explorer.window.tool_strip, hand.explorer.window
    told: list[str] = []
    strip.shown.connect(told.append)
    strip.closed.connect(lambda: told.append(""))

    def page(kind):
        def make():
            made.append(kind.__name__)
            return kind()

        return make

    assert strip.current == ""
    whole = hand.map.height()
    first = strip.show_page("List", page(QListWidget))
    strip.show_page("Line", page(QLineEdit))
    assert not first.isVisible()
    strip.toggle_page("List", page(QListWidget))
    assert (strip.current, made, told) == ("List", ["QListWidget", "QLineEdit"], ["List", "Line", "List"])
    hand.wait(lambda: hand.map.height() < whole - 100)
    handle = strip._splitter.handle(1)
    QTest.mousePress(handle, Qt.MouseButton.LeftButton, pos=handle.rect().center())
    QTest.mouseMove(handle, handle.rect().center() - handle.rect().topLeft().__class__(0, 50))
    QTest.mouseRelease(handle, Qt.MouseButton.LeftButton, pos=handle.rect().center())
    wanted = strip.wanted_height
    assert wanted > 250
    window.resize(700, 400)
    hand.wait(lambda: not first.isVisible())
    window.resize(1200, 800)
    hand.wait(first.isVisible)
    first.setFocus()
    QTest.keyClick(first, Qt.Key.Key_Escape)
    assert strip.current == ""
    assert told[-1] == ""
    assert hand.map.hasFocus()
    hand.explorer.close()
    again = open_explorer(fashion_bundle).explorer.window.tool_strip
    assert again.wanted_height == wanted
