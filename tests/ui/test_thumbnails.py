from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.core.dataset_folder import FolderDataset
from explorer.core.view import View
from explorer.ui.map.thumbnail_cache import KEPT_BYTES, ThumbnailCache
from explorer.ui.map.thumbnail_sheet import Sheet
from explorer.ui.map.view import MapView
from explorer.ui.parts import theme
from explorer.ui.parts.pictures import Pictures
from tests.ui.paints import Paints

COUNT = 1200


def colored(rows: Sequence[int]) -> Pictures:
    """Pictures whose colour tells the row."""
    rows = np.asarray(rows)
    colors = np.stack([rows // 256 * 40 + 40, rows % 256, np.full(len(rows), 200)], axis=1).astype(np.uint8)
    return np.broadcast_to(colors[:, None, None], (len(rows), 30, 30, 3)).copy()


@pytest.fixture
def view(view: MapView) -> MapView:
    """The map of three clusters, with pictures of its points."""
    view.set_pictures(colored)
    return view


def settled(view: MapView, qtbot: QtBot) -> Sheet | None:
    qtbot.waitUntil(lambda: view._thumbnails.is_settled)
    return view._thumbnails.sheet


def zoom(view: MapView, place: Sequence[float], pixels_per_unit: float) -> None:
    view.set_view(View(float(place[0]), float(place[1]), 1.0 / pixels_per_unit, 600, 400))


def look(view: MapView) -> QImage:
    view.settle()
    return view.grab().toImage()


def middles(view: MapView, sheet: Sheet) -> list[tuple[int, QPoint]]:
    """Rows whose pictures are well inside the window, and where in the window."""
    half = 0.5 * sheet.layout.side / view.view().units_per_pixel
    found = []
    for row, (x, y) in zip(
        sheet.layout.rows.tolist(), view.view().to_screen(sheet.layout.centers), strict=True
    ):
        if half < x < 600 - half and 60 + half < y < 340 - half:
            found.append((row, QPoint(round(x), round(y))))
    return found


def is_picture_of(color: QColor, row: int) -> bool:
    expected = colored([row])[0, 0, 0]
    return bool(np.abs(np.array(color.getRgb()[:3]) - expected.astype(int)).max() <= 2)


def test_pictures_replace_points_where_few_are_in_view(view: MapView, qtbot: QtBot) -> None:
    assert settled(view, qtbot) is None
    zoom(view, (4.0, 0.0), 1200)
    sheet = settled(view, qtbot)
    assert sheet is not None
    assert sheet.wanted.roomy
    image, seen = look(view), middles(view, sheet)
    assert len(seen) > 10
    dots = view.view().to_screen(np.concatenate([sheet.layout.other_places, sheet.layout.places]))
    for row, at in seen:
        if np.abs(dots - (at.x(), at.y())).max(axis=1).min() > 6:  # a dot may lie on it
            assert is_picture_of(image.pixelColor(at), row)
    row, at = seen[0]
    edge = at - QPoint(round(0.5 * sheet.layout.side * 1200), 0)
    frame = [image.pixelColor(edge + QPoint(i, 0)).getRgb()[:3] for i in range(3)]
    assert any(g > 150 > max(r, b) for r, g, b in frame)  # the colour of the label
    view.fit()
    assert settled(view, qtbot) is None


def test_pictures_over_the_whole_map_at_any_zoom(view: MapView, qtbot: QtBot) -> None:
    view.set_thumbnails(True)
    sheet = settled(view, qtbot)
    assert sheet is not None
    image = look(view)
    assert {int(row) // 400 for row in sheet.layout.rows} == {0, 1, 2}
    assert all(is_picture_of(image.pixelColor(at), row) for row, at in middles(view, sheet))
    view.set_thumbnails(False)
    assert settled(view, qtbot) is None


def test_the_pictures_move_with_the_map_in_the_same_frame(view: MapView, qtbot: QtBot) -> None:
    view.set_thumbnails(True)
    zoom(view, (0.0, 1.5), 60)
    sheet = settled(view, qtbot)
    assert sheet is not None
    before = dict(middles(view, sheet))
    view.set_view(view.view().panned(17, -9))
    image = view.grab().toImage()
    assert view._thumbnails.sheet is sheet
    for row, at in before.items():
        assert is_picture_of(image.pixelColor(at + QPoint(17, -9)), row)
    zoom(view, (0.0, 1.5), 66)
    image = view.grab().toImage()
    shown = [is_picture_of(image.pixelColor(at), row) for row, at in middles(view, sheet)]
    assert len(shown) > 3
    assert all(shown)


def test_a_picture_is_picked_wherever_it_is_touched(view: MapView, qtbot: QtBot) -> None:
    view.set_thumbnails(True)
    sheet = settled(view, qtbot)
    assert sheet is not None
    row, at = middles(view, sheet)[0]
    corner = at + QPoint(*[round(0.5 * sheet.layout.side / view.view().units_per_pixel) - 2] * 2)
    assert view.row_at(corner.x(), corner.y()) == row
    with qtbot.waitSignal(view.hovered) as hovered:
        QTest.mouseMove(view, corner - QPoint(1, 0))
        QTest.mouseMove(view, corner)
    assert hovered.args == [row]
    bare = look(view).pixelColor(at)
    assert is_picture_of(bare, row)  # its frame is marked, and no ring drawn over it


def test_dots_over_pictures_are_points_of_their_own(view: MapView, qtbot: QtBot) -> None:
    zoom(view, (4.0, 0.0), 1200)
    sheet = settled(view, qtbot)
    assert sheet is not None
    places = view.view().to_screen(sheet.layout.other_places)
    inside = np.flatnonzero(((places > 80) & (places < (520, 320))).all(axis=1))
    assert len(inside)
    for i in inside.tolist():
        near = np.abs(places - places[i]).max(axis=1) < 9
        if near.sum() == 1:
            assert view.row_at(*places[i].tolist()) == sheet.layout.others[i]


def test_what_is_filtered_out_has_no_picture_and_what_is_selected_stands_out(
    view: MapView, qtbot: QtBot
) -> None:
    view.set_thumbnails(True)
    view.set_shown(np.arange(COUNT) >= 400)
    sheet = settled(view, qtbot)
    assert sheet is not None
    assert {int(row) // 400 for row in sheet.layout.rows} == {1, 2}
    row, at = middles(view, sheet)[0]
    side = sheet.layout.side / view.view().units_per_pixel
    edge = at - QPoint(round(0.5 * side) - 1, 0)
    plain = look(view).pixelColor(edge)
    view.set_selection(np.array([row]))
    chosen = look(view).pixelColor(edge)
    text = QColor(theme.DARK.text)
    assert _apart(chosen, text) < 90 < _apart(plain, text)


def test_nothing_is_painted_at_rest(view: MapView, qtbot: QtBot) -> None:
    view.set_thumbnails(True)
    settled(view, qtbot)
    QTest.qWait(100)  # the last picture is painted
    paints = Paints(view)
    QTest.qWait(400)
    assert paints.count == 0


def test_a_layout_that_forms_shows_its_pictures_once_it_rests(view: MapView, qtbot: QtBot) -> None:
    view.set_thumbnails(True)
    assert settled(view, qtbot) is not None
    places = np.array(view._positions)
    for step in range(3):
        view.set_positions(places * (1.0 + 0.1 * step))
        assert view._thumbnails.sheet is None
    sheet = settled(view, qtbot)
    assert sheet is not None
    assert np.allclose(sheet.layout.places, places[sheet.layout.rows] * 1.2, atol=1e-4)


def test_files_that_vanished_leave_a_placeholder(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        Image.new("RGB", (20, 20), "red").save(tmp_path / f"{name}.png")
    data = FolderDataset(tmp_path)
    (tmp_path / "b.png").unlink()
    cache = ThumbnailCache(lambda rows: np.stack([data.read(row, (20, 20, 3)) for row in rows]))
    cache.load([0, 1, 2])
    assert cache.get(1) is cache.missing
    for row in (0, 2):
        image = cache.get(row)
        assert image is not None
        assert image.pixelColor(10, 10) == QColor("red")
    assert cache.missing.pixelColor(64, 64).alpha() > 100  # there is something to see


def test_pictures_take_a_bounded_place() -> None:
    cache = ThumbnailCache(lambda rows: np.zeros((len(rows), 256, 300, 3), np.uint8))
    for first in range(0, 2000, 100):
        cache.load(range(first, first + 100))
        assert cache.bytes <= KEPT_BYTES
    assert cache.get(0) is None
    assert cache.get(1999) is not None


def test_the_key_shows_pictures_of_the_data(open_explorer, fashion_bundle) -> None:
    hand = open_explorer(fashion_bundle)
    hand.key(Qt.Key.Key_T)
    action = hand.explorer.actions["toggle_thumbnails"]
    assert action.isChecked()
    hand.wait(lambda: hand.map._thumbnails.sheet is not None and hand.map._thumbnails.is_settled)
    sheet = hand.map._thumbnails.sheet
    assert len(sheet.layout) > 20
    row = int(sheet.layout.rows[0])
    real = hand.session.work.samples([row])[0, :, :, 0]
    shown = hand.map._thumbnails._worker._cache.get(row)
    assert shown.pixelColor(14, 14).red() == real[14, 14]
    again = open_explorer(fashion_bundle)  # it is remembered
    assert again.explorer.actions["toggle_thumbnails"].isChecked()
    again.wait(lambda: again.map._thumbnails is not None and again.map._thumbnails.sheet is not None)
    action.trigger()
    assert not action.isChecked()
    hand.wait(lambda: hand.map._thumbnails.sheet is None)


def _apart(first: QColor, second: QColor) -> int:
    return max(abs(a - b) for a, b in zip(first.getRgb()[:3], second.getRgb()[:3], strict=True))
