"""Models beside each other under one hand, and the tour through them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from explorer.core.comparison import Comparison, Side, open_side
from explorer.core.progress import Progress
from explorer.core.session_file import save_session
from explorer.ui.compare.tour_panel import start_tour
from explorer.ui.compare.tour_steps import STEPS
from explorer.ui.compare.window import CompareWindow, open_compare
from explorer.ui.parts.theme import DARK
from tests.thinned import thinned_tour


@pytest.fixture(scope="module")
def opened() -> Comparison:
    return thinned_tour(1500)


@pytest.fixture
def window(qtbot, opened: Comparison) -> Iterator[CompareWindow]:
    made = open_compare(opened, DARK)
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
    qtbot.addWidget(made)
    qtbot.waitUntil(lambda: not made.jobs.running, timeout=30_000)
    qtbot.waitUntil(lambda: all(latent is not None for latent in made.links.latents), timeout=30_000)
    yield made
    made.close()


def on_point(window: CompareWindow, number: int, row: int) -> QPoint:
    column = window.columns[number]
    place = window.links.maps[number].positions[row]
    x, y = column.map.view().to_screen(np.asarray([place]))[0]
    return QPoint(round(x), round(y))


def shown(window: CompareWindow, number: int) -> np.ndarray:
    side, latent = window.comparison.sides[number], window.links.latents[number]
    return side.pair.decode(latent[None])[0]


def pixels(view) -> np.ndarray:
    image = view.image()
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())[
        :, : image.width()
    ]


def test_a_drag_on_one_map_is_decoded_by_all_and_marked_on_each(qtbot, window: CompareWindow) -> None:
    view = window.columns[1].map
    start = on_point(window, 1, 5)
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
    for i in range(1, 9):
        QTest.mouseMove(view, start + QPoint(4 * i, 2 * i))
        QApplication.processEvents()
    end = start + QPoint(32, 16)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=end)
    place = view.view().to_map(end.x(), end.y())
    expected = window.comparison.at(1, window.links.maps[1], place, view.view().units_per_pixel)
    for i, latent in enumerate(expected):
        assert np.allclose(window.links.latents[i], latent, atol=1e-5)
    qtbot.waitUntil(
        lambda: all(
            np.array_equal(pixels(window.columns[i].picture), shown(window, i)[..., 0]) for i in range(3)
        ),
        timeout=20_000,
    )
    qtbot.waitUntil(lambda: all(place is not None for place in window.links._places))


def test_a_point_is_the_same_picture_in_each_with_its_error(qtbot, window: CompareWindow) -> None:
    at = on_point(window, 0, 42)
    row = window.columns[0].map.row_at(at.x(), at.y())
    QTest.mouseClick(window.columns[0].map, Qt.MouseButton.LeftButton, pos=at)
    for side, latent in zip(window.comparison.sides, window.links.latents, strict=True):
        assert np.array_equal(latent, side.work.latents[row])
    qtbot.waitUntil(
        lambda: all("error 0.0" in column.error_text() for column in window.columns), timeout=20_000
    )
    original = window.comparison.sides[0].work.samples([row])[0]
    for column in window.columns:
        assert column.original.isVisible()
        assert np.array_equal(pixels(column.original), original[..., 0])
    QTest.mouseMove(window.columns[2].map, on_point(window, 2, 7))
    qtbot.waitUntil(lambda: all(column.map._hovered >= 0 for column in window.columns))
    assert len({column.map._hovered for column in window.columns}) == 1


def test_a_dropped_image_is_encoded_by_each_and_a_seed_is_shared(
    qtbot, window: CompareWindow, tmp_path: Path, fashion_pictures: np.ndarray
) -> None:
    path = tmp_path / "shoe.png"
    Image.fromarray(fashion_pictures[3][..., 0]).save(path)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    view, copy = window.columns[0].map, Qt.DropAction.CopyAction
    hand = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(view, QDragEnterEvent(QPoint(9, 9), copy, mime, *hand))
    QApplication.sendEvent(view, QDropEvent(QPointF(9, 9), copy, mime, *hand))
    qtbot.waitUntil(lambda: all("error" in column.error_text() for column in window.columns), timeout=20_000)
    for side, latent in zip(window.comparison.sides, window.links.latents, strict=True):
        assert np.allclose(latent, side.pair.encode(fashion_pictures[3:4])[0][0], atol=1e-4)
    view.setFocus()
    with qtbot.waitSignal(window.samples.sampled, timeout=30_000):
        QTest.keyClick(window, Qt.Key.Key_S)
    assert all(column.strip.count() for column in window.columns)
    assert all("seed 42" in column.sampled.accessibleName() for column in window.columns)
    assert np.array_equal(window.links.latents[0], window.links.latents[1])
    window.bar.together.click()
    positions = [one.positions for one in window.links.maps]
    assert np.array_equal(positions[0], positions[2])
    assert "on the map of fashion-ae" in window.columns[2].note.text()


def test_closing_ends_every_thread_and_what_is_under_way(qtbot, window: CompareWindow) -> None:
    window.bar.measuring.click()
    qtbot.waitUntil(lambda: bool(window.jobs.running))
    window.close()
    assert not window.jobs.running
    assert all(not loop._thread.is_alive() for loop in window.links.loops)


def test_the_whole_tour_ends_with_every_claims_figure_on_the_screen(qtbot, window: CompareWindow) -> None:
    start_tour(window, samples=60)
    tour = window.tour
    following = next(one for one in tour.findChildren(QPushButton) if one.text() == "Next")
    for at, step in enumerate(STEPS):
        assert tour.at == at
        if "point" in step.deeds:
            QTest.mouseClick(window.columns[0].map, Qt.MouseButton.LeftButton, pos=on_point(window, 0, at))
        elif "drag" in step.deeds:
            QTest.mousePress(window.columns[1].map, Qt.MouseButton.LeftButton, pos=QPoint(3, 3))
            QTest.mouseMove(window.columns[1].map, QPoint(60, 60))
            QTest.mouseRelease(window.columns[1].map, Qt.MouseButton.LeftButton, pos=QPoint(60, 60))
        else:
            source = step.deeds[0].removeprefix("sample:")
            window.bar.source.setCurrentIndex(window.bar.source.findData(source))
            QTest.keyClick(window, Qt.Key.Key_N)
        qtbot.waitUntil(lambda at=at: at in tour.done and at in tour.findings, timeout=120_000)
        finding = tour.findings[at]
        assert finding.figures
        assert finding.said
        for name, text, count in finding.figures:
            qtbot.waitUntil(lambda text=text: text in tour.figures_text())
            assert name
            assert count > 0
        if at + 1 < len(STEPS):
            QTest.mouseClick(following, Qt.MouseButton.LeftButton)
    assert tour.findings[6].curves
    QTest.mouseClick(following, Qt.MouseButton.LeftButton)
    assert window.tour is None


def test_models_of_other_data_say_so_and_have_no_tour(qtbot, opened: Comparison, faces_bundle: Path) -> None:
    faces = open_side([faces_bundle], None, Progress())
    made = open_compare(
        Comparison.of([opened.sides[0], faces, Side(opened.sides[1].pair, name="alone")]), DARK
    )
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
    qtbot.addWidget(made)
    assert "encoded from other data" in made.columns[1].note.text()
    assert "has no latents" in made.columns[2].note.text()
    start_tour(made)
    assert made.tour is None
    assert "alone has no latents" in made.message.text()
    made.close()


def test_from_the_main_window_to_a_comparison_and_back(qtbot, open_explorer, fashion_bundle: Path) -> None:
    hand = open_explorer(fashion_bundle)
    comparing = hand.explorer.comparing
    comparing.compare_with([fashion_bundle / "fashion.npz"])
    hand.wait(lambda: "is no model" in hand.explorer.window.message.text())
    comparing.compare_with([fashion_bundle.parent / "fashion-ae"])
    hand.wait(lambda: comparing.compared is not None)
    first = comparing.compared
    assert [side.kind for side in first.comparison.sides] == ["VAE", "AE"]
    assert (
        first.comparison.sides[0].pair is not hand.session.pair
    )  # what is stopped there is not stopped here
    comparing.compare_with([fashion_bundle.parent / "fashion-gan"])
    hand.wait(lambda: comparing.compared not in (None, first))
    assert len(comparing.compared.comparison.sides) == 3
    hand.explorer.actions["open_tour"].trigger()
    hand.wait(lambda: comparing.compared is not None and comparing.compared.tour is not None)
    comparing.compared.close()  # while it measures
    hand.wait(lambda: comparing.compared is None)


def test_a_comparison_is_undone_kept_and_opened_again(
    qtbot, open_explorer, fashion_bundle: Path, tmp_path: Path
) -> None:
    hand = open_explorer(fashion_bundle)
    comparing, plain = hand.explorer.comparing, fashion_bundle.parent / "fashion-ae"
    comparing.compare_with([plain])
    hand.wait(lambda: comparing.compared is not None and not comparing.compared.jobs.running)
    window, first = comparing.compared, hand.session.compared
    window.bar.together.click()
    QTest.mouseClick(window.columns[1].map, Qt.MouseButton.LeftButton, pos=on_point(window, 1, 42))
    with qtbot.waitSignal(window.samples.sampled, timeout=30_000):
        QTest.keyClick(window, Qt.Key.Key_N)
    kept = hand.session.compared
    assert (kept.together, kept.seed, kept.sampled) == (True, 43, True)
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert (hand.session.compared.seed, window.bar.seed.value()) == (42, 42)
    while hand.session.compared is not first:
        hand.explorer.edits.undo()
    assert not window.bar.together.isChecked()
    hand.explorer.edits.undo()
    assert hand.session.compared is comparing.compared is None
    while hand.explorer.edits.undo_stack.canRedo():
        hand.explorer.edits.redo()
    assert hand.session.compared is kept
    hand.wait(lambda: comparing.compared is not None and comparing.compared.columns[0].strip.count() > 0)

    path = tmp_path / "two.latents"
    hand.explorer.sessions.save_session(path)
    hand.wait(lambda: not hand.explorer.jobs.running)
    QTest.keyClick(comparing.compared, Qt.Key.Key_W, Qt.KeyboardModifier.ControlModifier)
    assert hand.session.compared is comparing.compared is None
    hand.explorer.dropping.open_paths([path])
    hand.wait(lambda: comparing.compared is not None and comparing.compared.columns[0].strip.count() > 0)
    again = comparing.compared
    assert again.comparison.is_linked(0, 1)
    assert again.bar.together.isChecked()
    for now, before in zip(again.links.latents, kept.latents, strict=True):
        assert np.array_equal(now, before)

    gone = hand.session.compared.with_files(1, (tmp_path / "gone.onnx",))
    save_session(path, replace(hand.session, compared=gone), None)
    again.close()
    hand.explorer.dropping.open_paths([path])
    hand.wait(lambda: "not there any more" in hand.explorer.window.message.text())
    assert len(hand.session.compared.sides) == 2  # nothing is lost
    comparing._found(hand.session.compared, 1, (plain / "encoder.onnx", plain / "decoder.onnx"))
    hand.wait(lambda: comparing.compared is not None)
