"""The window without a mouse and without eyes: the way of Tab, names and roles, and what is said aloud."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QMenu,
    QScrollBar,
    QWidget,
)

from explorer.ui.parts.tab_order import tab_order

CONTROLS = (
    QAbstractButton, QAbstractItemView, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit,
)  # fmt: skip
SURFACES = (QAccessible.Role.Client, QAccessible.Role.NoRole, QAccessible.Role.Border)


@pytest.fixture
def heard(monkeypatch) -> Iterator[list[str]]:
    """What is said aloud, with somebody listening."""
    said: list[str] = []
    QAccessible.setActive(True)
    if not QAccessible.isActive():
        pytest.skip("this Qt speaks only where a reader of the system listens")
    real = QAccessible.updateAccessibility

    def listen(event) -> None:
        if event.type() == QAccessible.Event.Announcement:
            said.append(event.message())
        real(event)

    monkeypatch.setattr(QAccessible, "updateAccessibility", listen)
    yield said
    QAccessible.setActive(False)


def controls_of(window: QWidget) -> list[QWidget]:
    return [
        one
        for one in window.findChildren(QWidget)
        if (isinstance(one, CONTROLS) or one.focusPolicy() & Qt.FocusPolicy.TabFocus)
        and not isinstance(one, QScrollBar)
        and one.focusProxy() is None
        and not one.objectName().startswith("qt_")
        and not isinstance(one.parentWidget(), CONTROLS)
        and one.window() is window
        and one.isVisibleTo(window)
    ]


def picture_of(widget: QWidget) -> np.ndarray:
    """The widget and what is just around it, as it looks in its window."""
    area = widget.rect().translated(widget.mapTo(widget.window(), QPoint())).adjusted(-3, -3, 3, 3)
    image = widget.window().grab(area).toImage().convertToFormat(QImage.Format.Format_RGB32)
    flat = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    return flat[..., :3].astype(np.int16)


def test_every_control_has_a_name_a_role_and_a_description(hand):
    hand.explorer.tray.keep()
    bare = []
    for one in controls_of(hand.explorer.window):
        told = QAccessible.queryAccessibleInterface(one)
        # What has no name at all is mute; a combo box tells its value as its text, and its name besides.
        name = one.accessibleName() or told.text(QAccessible.Text.Name)
        explained = told.text(QAccessible.Text.Description) or isinstance(one, QAbstractItemView | QLineEdit)
        if not name or not explained or told.role() in SURFACES:
            bare.append((type(one).__name__, name, told.text(QAccessible.Text.Description), told.role()))
    assert not bare, bare


def test_tab_goes_through_the_window_as_one_reads_and_shows_where_it_is(hand):
    window = hand.explorer.window
    window.resize(1280, 900)
    hand.explorer.tray.keep()
    hand.wait(lambda: hand.explorer.jobs.running == [])
    regions = (window.menuWidget(), window.loaded, window.map, window.here, window.tray)
    wanted = tab_order(regions)
    seen, invisible = [], []
    window.map.setFocus(Qt.FocusReason.OtherFocusReason)
    window.map.settle()
    for _ in range(2 * len(wanted)):
        left = window.focusWidget()
        QTest.keyClick(left, Qt.Key.Key_Tab)
        now = window.focusWidget()
        if now in seen:
            break
        seen.append(now)
        focused = picture_of(now)
        left.setFocus(Qt.FocusReason.OtherFocusReason)
        if (np.abs(focused - picture_of(now)).max(axis=-1) > 40).sum() < 12:
            invisible.append((type(now).__name__, now.accessibleName()))
        now.setFocus(Qt.FocusReason.TabFocusReason)
    assert set(wanted) <= set(seen)
    assert invisible == []
    places = [next(i for i, one in enumerate(regions) if one is it or one.isAncestorOf(it)) for it in wanted]
    assert places == sorted(places)
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert window.focusWidget() is seen[seen.index(now) - 1]


def test_menus_open_by_their_letters(hand):
    bar = hand.explorer.window.menus
    found = bar.findChildren(QMenu, options=Qt.FindChildOption.FindDirectChildrenOnly)
    menus = [menu for menu in found if menu.title()]  # the bar has one of its own for what does not fit
    assert len(menus) == len(bar.actions())
    letters = [menu.title()[menu.title().index("&") + 1].casefold() for menu in menus]
    assert len(set(letters)) == len(letters)
    for action in hand.explorer.actions.all.values():
        assert action.toolTip()
        assert any(action in menu.actions() for menu in menus)


def test_the_map_says_what_it_is_and_where_the_probe_has_come_to_rest(hand, heard):
    assert hand.map.accessibleName() == "Map of 10,000 points, coloured by label"
    start = hand.on_data()
    hand.drag(start, start + QPoint(30, 8), steps=15, every_ms=5)
    assert heard == []  # not while the hand moves
    hand.wait(lambda: bool(heard))
    assert "nearest" in heard[0]
    assert "support" in heard[0]
    QTest.qWait(50)
    assert len(heard) == 1
    assert hand.map.accessibleDescription().startswith(heard[0])
    hand.explorer.window.message.say("It did not work.")
    assert heard[-1] == "It did not work."
    QTest.mouseMove(hand.map, hand.on_data())
    hand.wait(lambda: heard[-1].startswith("Pointer on "))
    assert "#" in heard[-1]
    hand.explorer.actions["select_in_view"].trigger()
    assert heard[-1].startswith("10,000 points selected")


def test_with_a_listener_the_window_is_told_whole_and_goes_without_harm(open_explorer, fashion_bundle, heard):
    hand = open_explorer(fashion_bundle)

    def walk(told, depth: int) -> int:
        assert depth < 40
        if told is None or not told.isValid():
            return 0
        told.rect(), told.state(), told.text(QAccessible.Text.Name)
        return 1 + sum(walk(told.child(i), depth + 1) for i in range(told.childCount()))

    top = QAccessible.queryAccessibleInterface(hand.explorer.window)
    assert walk(top, 0) > 60
    told = QAccessible.queryAccessibleInterface(hand.map)
    assert told.role() == QAccessible.Role.Canvas
    assert told.state().focusable
    inner = told.child(0)
    assert told.indexOfChild(inner) == 0
    assert inner.parent().object() is hand.map
    middle = hand.map.mapToGlobal(inner.object().geometry().center())
    assert told.childAt(middle.x(), middle.y()).object() is inner.object()
    QApplication.processEvents()
