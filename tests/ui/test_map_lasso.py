"""Points that a hand on the map encloses or takes."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from explorer.ui.map.view import MapView, Tool
from tests.ui.map_hand import CENTRES, LEFT, at, drag, look, whitish

pytestmark = pytest.mark.usefixtures("compiled")


def test_the_lasso_gives_the_rows_inside(view: MapView) -> None:
    caught: list[tuple[np.ndarray, str]] = []
    view.outlined.connect(lambda *args: caught.append(args))
    view.set_tool("lasso")
    corners = [at(view, p) for p in ((-6, -2), (-2, -2), (-2, 2), (-6, 2))]
    drag(view, *corners)
    assert caught[0][0].tolist() == list(range(400))
    assert caught[0][1] == "replace"
    before = look(view)
    view.set_selection(caught[0][0])
    after = look(view)
    # Edges appear around the selected points, and only there.
    assert whitish(after, at(view, CENTRES[0])) > whitish(before, at(view, CENTRES[0])) + 40
    assert whitish(after, at(view, CENTRES[1])) == whitish(before, at(view, CENTRES[1]))
    # A filter keeps points out.
    view.set_shown(np.arange(1200) % 2 == 0)
    drag(view, *(at(view, p) for p in ((2, -2), (6, -2), (6, 2), (2, 2))))
    assert caught[1][0].tolist() == [*range(400, 800, 2)]


@pytest.mark.parametrize(
    ("tool", "key", "how"),
    [
        ("probe", Qt.KeyboardModifier.ShiftModifier, "add"),
        ("probe", Qt.KeyboardModifier.AltModifier, "subtract"),
        ("rectangle", Qt.KeyboardModifier.NoModifier, "replace"),
        ("rectangle", Qt.KeyboardModifier.ControlModifier, "subtract"),
        ("lasso", Qt.KeyboardModifier.ShiftModifier, "add"),
    ],
)
def test_keys_say_what_drawing_around_points_does(
    view: MapView, tool: Tool, key: Qt.KeyboardModifier, how: str
) -> None:
    caught: list[tuple[np.ndarray, str]] = []
    view.outlined.connect(lambda *args: caught.append(args))
    view.probed.connect(lambda *args: caught.append(args))
    view.set_tool(tool)
    shape = view.cursor().pixmap().toImage()
    QTest.mouseMove(view, QPoint(5, 5))
    start, end = at(view, (-6, -2)), at(view, (-2, 2))
    QTest.mousePress(view, LEFT, key, start)
    assert (view.cursor().pixmap().toImage() == shape) == (how == "replace")
    for point in (at(view, (-2, -2)), end, *([at(view, (-6, 2))] if tool == "lasso" else [])):
        QTest.mouseMove(view, point)
    QTest.mouseRelease(view, LEFT, key, end)
    # A click, with a little tremble, means the one point under it.
    one = at(view, view._positions[17])
    QTest.mousePress(view, LEFT, key, one)
    QTest.mouseMove(view, one + QPoint(1, 1))
    QTest.mouseRelease(view, LEFT, key, one + QPoint(1, 1))
    assert [rows.tolist() for rows, _ in caught] == [list(range(400)), [view.row_at(one.x(), one.y())]]
    assert [said for _, said in caught] == [how, how]


def test_a_hand_on_a_point_takes_it_and_probes_once_it_moves(view: MapView) -> None:
    said: list[tuple[object, ...]] = []
    view.grabbed.connect(lambda *args: said.append(args))
    view.probed.connect(lambda x, y, phase: said.append((phase,)))
    spot = at(view, view._positions[17])
    row = view.row_at(spot.x(), spot.y())
    drag(view, spot, spot + QPoint(2, 1))
    assert said == [("row", row), ("release",)]
    said.clear()
    drag(view, spot, spot + QPoint(2, 1), spot + QPoint(9, 1), spot + QPoint(8, 1))
    assert said == [("row", row), ("move",), ("move",), ("release",)]
    said.clear()
    drag(view, at(view, (0.0, -2.0)), at(view, (0.0, -2.1)))
    assert said == [("press",), ("move",), ("release",)]


def test_escape_gives_a_lasso_up(view: MapView) -> None:
    caught: list[np.ndarray] = []
    view.outlined.connect(lambda rows, _: caught.append(rows))
    view.set_tool("lasso")
    QTest.mousePress(view, LEFT, pos=QPoint(10, 10))
    for point in (QPoint(500, 10), QPoint(500, 300), QPoint(10, 300)):
        QTest.mouseMove(view, point)
    QTest.keyClick(view, Qt.Key.Key_Escape)
    QTest.mouseRelease(view, LEFT, pos=QPoint(10, 300))
    assert caught == []
