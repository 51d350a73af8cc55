"""Choosing points in a real window: search, selection panel, what is done with one picture, tables."""

from __future__ import annotations

import csv
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QObject, QPoint, Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu

from explorer.core.dataset import open_dataset
from explorer.core.encoding import encode
from explorer.core.model_pair import ModelPair
from explorer.core.progress import Progress
from explorer.core.workspace import Workspace
from explorer.ui.selecting.table_dialog import TableDialog
from tests.onnx_pairs import write_pair
from tests.ui.conftest import Hand

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


class Opener(QObject):
    """Stands where the system's programs for files do."""

    def __init__(self) -> None:
        super().__init__()
        self.urls: list[str] = []

    @Slot(QUrl)
    def take(self, url: QUrl) -> None:
        self.urls.append(url.toLocalFile())


@pytest.fixture
def opener() -> Iterator[Opener]:
    made = Opener()
    QDesktopServices.setUrlHandler("file", made, "take")
    yield made
    QDesktopServices.unsetUrlHandler("file")


@pytest.fixture(scope="module")
def folder_work(tmp_path_factory, fashion_pictures) -> Workspace:
    """A mapped workspace of picture files with odd names."""
    folder = tmp_path_factory.mktemp("files")
    write_pair(folder / "model", fashion_pictures, 6)
    for i, pixels in enumerate(fashion_pictures[:60]):
        path = folder / "data" / f"{'ab'[i % 2]} & <b>" / f"Ж “{i}”\n.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels[:, :, 0]).save(path)
    pair = ModelPair.open([folder / "model"])
    work = encode(pair, open_dataset(folder / "data"), folder / "work", Progress())
    work.save_positions(np.asarray(work.latents[:, :2]), {})
    return work


def search(hand: Hand, text: str) -> None:
    """Type into the field and press Return."""
    hand.explorer.actions["find_pictures"].trigger()
    field = hand.map.window().focusWidget()
    field.clear()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


def test_what_is_found_is_selected_stepped_through_and_undone(hand: Hand) -> None:
    label = hand.session.work.fields[0]
    search(hand, "label:coat z03>0")
    hand.wait(lambda: hand.session.selection is not None)
    rows = hand.session.selection
    wanted = (label.codes == label.names.index("Coat")) & (hand.session.work.latents[:, 3] > 0)
    assert rows.tolist() == np.flatnonzero(wanted).tolist()
    field = hand.map.window().focusWidget()
    for row in (rows[0], rows[1]):
        QTest.keyClick(field, Qt.Key.Key_Return)
        assert np.array_equal(hand.cursor.latent, hand.session.work.latents[row])
    QTest.keyClick(field, Qt.Key.Key_Return, SHIFT)
    assert np.array_equal(hand.cursor.latent, hand.session.work.latents[rows[0]])
    # What the filter hides can neither be found nor stays selected, but comes back with it.
    hand.explorer.coloring.isolate(label.names.index("Bag"))
    hand.wait(lambda: not hand.explorer.jobs.running)
    assert hand.map.scene.selected is None
    QTest.keyClick(field, Qt.Key.Key_Return)
    hand.explorer.selecting.invert_selection()
    assert set(label.codes[hand.session.selection]) == {label.names.index("Bag")}
    hand.explorer.edits.undo()
    hand.explorer.coloring.show_all()
    assert hand.map.scene.selected.tolist() == rows.tolist()
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert hand.map.hasFocus()


def test_a_search_that_makes_no_sense_is_answered_in_the_field(hand: Hand) -> None:
    search(hand, "colour>3")
    bar = hand.explorer.finding._bar
    hand.wait(lambda: "“colour”" in bar._note.text())
    assert hand.session.selection is None
    assert not hand.explorer.window.message.isVisible()


def test_the_panel_shows_the_selection_and_reads_only_what_is_in_sight(hand: Hand) -> None:
    hand.key(Qt.Key.Key_A, CONTROL)
    panel = hand.explorer.selection._panel
    assert "10,000" in panel._heading.text()
    assert "10%" in panel._words.text()
    grid, cache = panel.grid, hand.explorer.selection._cache
    hand.wait(lambda: all(cache.get(int(row)) is not None for row in grid.in_sight()))
    assert len(cache._kept) < 200
    QTest.keyClick(grid, Qt.Key.Key_End)
    hand.wait(lambda: cache.get(9999) is not None)
    QTest.keyClick(grid, Qt.Key.Key_Return)
    assert np.array_equal(hand.cursor.latent, hand.session.work.latents[9999])
    QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(20, 5))
    chosen = int(grid._rows[grid._at])
    assert np.array_equal(hand.cursor.latent, hand.session.work.latents[chosen])
    assert chosen < 9999
    hand.key(Qt.Key.Key_A, CONTROL | SHIFT)
    assert panel.isHidden()


def test_like_and_grown_selections_are_those_of_the_nearest_latents(hand: Hand) -> None:
    hand.explorer.controller.go_to_row(42)
    hand.key(Qt.Key.Key_L)
    hand.wait(lambda: hand.session.selection is not None)
    distances = np.linalg.norm(hand.session.work.latents - hand.session.work.latents[42], axis=1)
    assert hand.session.selection[0] == 42
    assert np.mean(np.isin(hand.session.selection, np.argsort(distances)[:50])) > 0.9
    hand.key(Qt.Key.Key_G)
    hand.wait(lambda: len(hand.session.selection) > 50)
    assert hand.session.selection[0] == 42


def test_a_files_picture_is_opened_shown_and_named(open_explorer, folder_work, opener) -> None:
    hand = open_explorer(folder_work.folder)
    points, work = hand.explorer.points, hand.session.work
    path = str(work.item_file(7))
    hand.explorer.controller.go_to_row(7)
    hand.key(Qt.Key.Key_Return, CONTROL)
    points.show_in_folder_of(7)
    assert opener.urls == [path, str(work.item_file(7).parent)]
    hand.key(Qt.Key.Key_C, CONTROL | SHIFT)
    assert QGuiApplication.clipboard().text() == path
    # The menu of a point, by the keyboard: its texts are those of this very point.
    points.show_menu(7, hand.map.mapToGlobal(QPoint(50, 50)))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    texts = {action.text(): action for action in menu.actions()}
    texts[next(text for text in texts if text.startswith("Select all of"))].trigger()
    menu.close()
    label = work.fields[0]
    assert set(label.codes[hand.session.selection]) == {label.codes[7]}
    moved = work.item_file(7).rename(work.item_file(7).with_suffix(".moved"))
    try:
        points.open_file_of(7)
    finally:
        moved.rename(path)
    assert "is not there any more" in hand.explorer.window.message.text()
    assert len(opener.urls) == 2


def test_a_table_of_the_selection_is_written_from_the_window(hand: Hand, tmp_path) -> None:
    hand.explorer.selecting.select(np.array([5, 3, 8]))
    hand.explorer.tables.ask_table()
    dialog = hand.explorer.window.findChild(TableDialog)
    dialog.choose("selection", latents=True)
    dialog.accept()
    files = hand.explorer.window.findChild(QFileDialog)
    files.setDirectory(str(tmp_path))
    files.selectFile("t")
    with hand.qtbot.waitSignal(hand.explorer.tables.exported):
        files.accept()
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["number"] for row in rows] == ["5", "3", "8"]
    assert np.float32(rows[1]["z15"]) == hand.session.work.latents[3, 15]
    hand.explorer.tables.export_table(tmp_path / "t.odt", "all", latents=False)
    hand.wait(lambda: ".csv or .parquet" in hand.explorer.window.message.text())


def test_points_are_selected_by_the_keyboard_in_view_by_label_and_not_at_all(hand):
    hand.key(Qt.Key.Key_A, CONTROL)
    assert len(hand.session.selection) == len(hand.session.work)
    for _ in range(12):
        hand.key(Qt.Key.Key_Plus)
    hand.key(Qt.Key.Key_A, CONTROL)
    inside = hand.session.selection
    x, y = hand.map.view().to_screen(hand.session.map.positions[inside]).T
    assert 0 < len(inside) < len(hand.session.work)
    assert ((x >= 0) & (x <= hand.map.width()) & (y >= 0) & (y <= hand.map.height())).all()
    hand.key(Qt.Key.Key_A)
    field = hand.session.work.fields[0]
    nearest = hand.session.map.inverse.nearest(hand.cursor.place, 1)[0]
    assert np.array_equal(hand.session.selection, np.flatnonzero(field.codes == field.codes[nearest]))
    hand.key(Qt.Key.Key_A, CONTROL | SHIFT)
    assert hand.session.selection is None


def test_fit_and_zoom_have_one_way_each_by_the_keyboard(hand):
    whole = hand.map.view()
    hand.key(Qt.Key.Key_Plus)
    near = hand.map.view().units_per_pixel
    assert near < whole.units_per_pixel
    hand.key(Qt.Key.Key_Minus)
    hand.key(Qt.Key.Key_Minus)
    assert hand.map.view().units_per_pixel > near
    hand.key(Qt.Key.Key_F)
    assert hand.map.view().units_per_pixel == pytest.approx(whole.units_per_pixel)
