"""What the program is for, with real events on a real window."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from explorer.core.provenance import read_provenance
from explorer.core.sampling import SampleRequest
from explorer.ui.gallery.sample_dialog import SampleDialog
from explorer.ui.welcome import Welcome


def test_the_first_run_opens_the_bundled_faces_and_decodes(open_explorer):
    hand = open_explorer()
    assert hand.session.pair.name == "faces-vae"
    assert hand.explorer.window.here.picture.image() is not None
    assert hand.explorer.presenter.decoded.picture.std() > 10
    hand.wait(lambda: bool(hand.map.findChildren(Welcome)))
    (welcome,) = hand.map.findChildren(Welcome)
    tour = next(button for button in welcome.findChildren(QPushButton) if "Tour" in button.text())
    assert tour.toolTip() == hand.explorer.actions["open_tour"].toolTip()
    hand.explorer.window.resize(500, 420)
    hand.wait(lambda: not welcome.isVisible())  # there it would hide the map
    hand.explorer.window.resize(1200, 800)
    hand.wait(welcome.isVisible)
    hand.explorer.opening.open_bundle("fashion-vae")
    hand.wait(lambda: not hand.map.findChildren(Welcome))


def test_a_click_decodes_the_place_under_the_pointer(hand):
    at = hand.on_data()
    hand.click(at)
    hand.wait_for_picture()
    assert hand.screen(hand.cursor.place) == at
    expected = hand.session.pair.decode(hand.cursor.latent[None])[0]
    assert np.array_equal(hand.explorer.presenter.decoded.picture, expected)


def test_a_drag_shows_pictures_on_its_way_and_is_one_step_of_undo(hand):
    first = hand.cursor
    shown = []
    hand.explorer.presenter.pictured.connect(shown.append)
    start = hand.on_data()
    hand.drag(start, start + QPoint(120, 40), steps=30, every_ms=8)
    hand.wait_for_picture()
    hand.qtbot.wait(30)
    assert len(shown) >= 3
    last = hand.cursor
    hand.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert hand.cursor is first
    hand.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert hand.cursor is last
    assert hand.explorer.edits.undo_stack.count() == 1


def test_arrows_move_the_probe_and_dice_throw_a_latent_that_the_seed_repeats(hand):
    place = hand.cursor.place
    hand.key(Qt.Key.Key_Right)
    assert hand.cursor.place[0] > place[0]
    seed = hand.session.seed
    hand.key(Qt.Key.Key_D)
    thrown = hand.cursor
    assert thrown.seed == seed
    assert hand.session.seed == seed + 1
    hand.explorer.edits.undo()
    hand.key(Qt.Key.Key_D)
    assert np.array_equal(hand.cursor.latent, thrown.latent)


def test_a_dropped_image_is_placed_reconstructed_and_compared(hand, tmp_path, fashion_pictures):
    path = tmp_path / "trousers.png"
    Image.fromarray(fashion_pictures[2, :, :, 0]).resize((300, 420)).convert("RGBA").save(path)
    hand.drop(path)
    hand.wait(lambda: bool(hand.session.dropped))
    dropped = hand.session.dropped[0]
    assert dropped.name == "trousers.png"
    assert 0 < dropped.error < 0.05
    assert np.array_equal(hand.cursor.latent, dropped.latent)
    nearest = hand.session.map.inverse.nearest(dropped.place, 8)
    label = next(one for one in hand.session.work.fields if one.name == "label")
    assert label.names[np.bincount(label.codes[nearest]).argmax()] == label.names[label.codes[2]]
    here = hand.explorer.window.here
    assert all(view.image() is not None for view in here._dropped._views)


def test_several_images_are_all_placed_and_a_bad_one_is_named(hand, tmp_path, fashion_pictures):
    for i in range(3):
        Image.fromarray(fashion_pictures[i, :, :, 0]).save(tmp_path / f"{i}.png")
    (tmp_path / "3.png").write_bytes(b"not a picture at all")
    hand.drop(*(tmp_path / f"{i}.png" for i in range(4)))
    hand.wait(lambda: len(hand.session.dropped) == 3)
    assert "3.png" in hand.explorer.window.message.text()


def test_an_image_is_pasted_and_a_copied_picture_returns_to_its_latent(hand, fashion_pictures):
    hand.click(hand.on_data())
    hand.wait_for_picture()
    latent = hand.cursor.latent.copy()
    hand.key(Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    hand.key(Qt.Key.Key_D)
    hand.key(Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    hand.wait(lambda: np.array_equal(hand.cursor.latent, latent))
    image = hand.explorer.window.here.picture.image()
    QGuiApplication.clipboard().setImage(image.copy())
    hand.key(Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    hand.wait(lambda: bool(hand.session.dropped))
    assert hand.session.dropped[0].name == "pasted image"


def test_a_picture_copied_in_the_middle_of_a_drag_is_that_of_its_latent(hand):
    start = hand.on_data()
    QTest.mousePress(hand.map, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(hand.map, start + QPoint(60, 20))
    hand.explorer.gestures.copy_picture()
    mime = QGuiApplication.clipboard().mimeData()
    png = bytes(mime.data("image/png").data())
    QTest.mouseRelease(hand.map, Qt.MouseButton.LeftButton, pos=start + QPoint(60, 20))
    latent = read_provenance(png).latent
    assert latent.tobytes() == hand.cursor.latent.tobytes()
    with Image.open(io.BytesIO(png)) as image:
        assert np.array_equal(np.array(image), hand.session.pair.decode(latent[None])[0, :, :, 0])


def test_more_images_than_are_placed_are_counted_aloud(hand, tmp_path, fashion_pictures):
    Image.fromarray(fashion_pictures[0, :, :, 0]).save(tmp_path / "one.png")
    hand.explorer.dropping.place_images([("one.png", tmp_path / "one.png")] * 203)
    hand.wait(lambda: len(hand.session.dropped) == 200)
    assert "first 200 of 203" in hand.explorer.window.message.text()


def test_kept_pictures_are_exported_and_one_dropped_back_returns_to_its_exact_latent(hand, tmp_path):
    hand.click(hand.on_data())
    hand.key(Qt.Key.Key_K)
    kept = hand.cursor
    hand.explorer.tray.sample(SampleRequest("prior", 5, 7, 0.0))
    hand.wait(lambda: len(hand.session.tray) == 6)
    out = tmp_path / "gallery"
    with hand.qtbot.waitSignal(hand.explorer.tray.exported):
        hand.explorer.tray.export(out)
    assert sorted(path.name for path in out.iterdir()) == [
        *(f"{i:04d}.png" for i in range(1, 7)),
        "recipe.json",
        "sheet.png",
    ]
    hand.key(Qt.Key.Key_D)
    hand.drop(out / "0001.png")
    hand.wait(lambda: hand.cursor.source == "kept")
    assert hand.cursor.latent.tobytes() == kept.latent.tobytes()
    assert hand.cursor.place == kept.place
    hand.drop(out / "0004.png")
    wanted = read_provenance(out / "0004.png")
    hand.wait(lambda: hand.cursor.seed == 7)
    assert hand.cursor.latent.tobytes() == wanted.latent.tobytes()


def test_a_picture_of_another_model_that_is_known_opens_that_model(hand, open_explorer, tmp_path):
    faces = open_explorer()
    faces.key(Qt.Key.Key_K)
    with faces.qtbot.waitSignal(faces.explorer.tray.exported):
        faces.explorer.tray.export(tmp_path / "faces")
    hand.drop(tmp_path / "faces" / "0001.png")
    wanted = read_provenance(tmp_path / "faces" / "0001.png")
    hand.wait(lambda: hand.session.pair.name == "faces-vae" and hand.cursor.source == "kept")
    assert hand.cursor.latent.tobytes() == wanted.latent.tobytes()


def test_the_tray_goes_back_and_lets_go(hand):
    hand.click(hand.on_data())
    hand.key(Qt.Key.Key_K)
    kept = hand.cursor
    hand.key(Qt.Key.Key_D)
    hand.key(Qt.Key.Key_K)
    tray = hand.explorer.window.tray.strip
    rectangle = tray.visualRect(tray.model().index(0, 0))
    QTest.mouseClick(tray.viewport(), Qt.MouseButton.LeftButton, pos=rectangle.center())
    assert hand.cursor.latent.tobytes() == kept.latent.tobytes()
    QTest.keyClick(tray, Qt.Key.Key_Delete)
    assert len(hand.session.tray) == 1
    hand.explorer.edits.undo()
    assert len(hand.session.tray) == 2


def test_the_legend_isolates_toggles_and_hidden_points_cannot_be_picked(hand):
    rows = hand.explorer.window.loaded.legend.rows

    def click(row: int, modifiers=Qt.KeyboardModifier.NoModifier) -> None:
        at = rows.visualRect(rows.model().index(row, 0)).center()
        QTest.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, modifiers, at)

    click(1)
    assert hand.session.hidden == frozenset(range(10)) - {1}
    click(4, Qt.KeyboardModifier.ControlModifier)
    assert hand.session.hidden == frozenset(range(10)) - {1, 4}
    hand.explorer.edits.undo()
    assert hand.session.hidden == frozenset(range(10)) - {1}
    click(1)
    assert hand.session.hidden == frozenset()


def test_a_lasso_selects_points_and_new_pictures_are_drawn_from_them(hand):
    hand.key(Qt.Key.Key_3)
    x, y = hand.on_data().toTuple()
    corners = [QPoint(x + dx, y + dy) for dx, dy in ((-50, -50), (50, -50), (50, 50), (-50, 50), (-50, -48))]
    QTest.mousePress(hand.map, Qt.MouseButton.LeftButton, pos=corners[0])
    for corner in corners[1:]:
        QTest.mouseMove(hand.map, corner)
    QTest.mouseRelease(hand.map, Qt.MouseButton.LeftButton, pos=corners[-1])
    hand.wait(lambda: hand.session.selection is not None)
    places = hand.map.view().to_screen(hand.session.map.positions)
    inside = (np.abs(places - (x, y)) < 45).all(axis=1)
    assert set(np.flatnonzero(inside)) <= set(hand.session.selection)
    assert len(hand.session.selection) < len(hand.session.work.latents)
    hand.explorer.gestures.ask_sample_selection()
    dialog = hand.explorer.window.findChild(SampleDialog)
    assert dialog.request().kind == "selection"
    dialog.accept()
    hand.wait(lambda: len(hand.session.tray) == 12)
    centre = hand.session.work.latents[hand.session.selection].mean(axis=0)
    drawn = np.stack([kept.provenance.latent for kept in hand.session.tray]).mean(axis=0)
    assert np.linalg.norm(drawn - centre) < 0.6 * np.linalg.norm(centre)


def test_sampling_from_nothing_is_a_sentence_and_not_something_else(hand):
    hand.explorer.tray.sample(SampleRequest("selection", 3, 1, 0.0))
    hand.wait(hand.explorer.window.message.isVisible)
    assert "lasso" in hand.explorer.window.message.text()
    assert hand.session.tray == ()


def test_samples_around_the_cursor_stay_near_it_and_those_of_shown_points_keep_their_label(hand):
    hand.explorer.tray.sample(SampleRequest("around", 8, 1, 0.2))
    hand.wait(lambda: len(hand.session.tray) == 8)
    deviation = np.exp(0.5 * hand.session.work.logvars).max(axis=0)
    for kept in hand.session.tray:
        assert np.abs((kept.provenance.latent - hand.cursor.latent) / deviation).max() < 1.2
    hand.explorer.coloring.isolate(1)
    hand.explorer.tray.sample(SampleRequest("shown", 8, 1, 0.0))
    hand.wait(lambda: len(hand.session.tray) == 16)
    label = hand.session.work.fields[0]
    near = [hand.session.map.inverse.nearest(kept.provenance.place, 5) for kept in hand.session.tray[8:]]
    assert np.mean(label.codes[np.concatenate(near)] == 1) > 0.8


def test_a_slider_changes_the_latent_and_undoes_as_one_step(hand):
    before = hand.cursor
    slider = hand.explorer.window.here.sliders._sliders[0]
    dimension = int(slider.axis.vector.argmax())
    hand.wait(lambda: abs(slider.amount() - before.latent[dimension]) < 0.02)
    middle = slider.rect().center()
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=middle)
    for step in range(1, 20):
        QTest.mouseMove(slider, middle + QPoint(step * 2, 0))
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=middle)
    changed = np.flatnonzero(hand.cursor.latent != before.latent)
    assert changed.tolist() == [dimension]
    hand.explorer.edits.undo()
    assert hand.cursor is before


def test_hovering_shows_the_points_picture_and_label(hand):
    row = int(hand.session.map.inverse.nearest(hand.session.map.densest_place(), 1)[0])
    at = hand.screen(hand.session.map.positions[row])
    QTest.mouseMove(hand.map, at + QPoint(200, 0))
    QTest.mouseMove(hand.map, at)

    def distance() -> float:
        shown = hand.explorer.controller.hovered
        if shown < 0:
            return np.inf
        return float(
            np.linalg.norm(hand.screen(hand.session.map.positions[shown]).toTuple() - np.array(at.toTuple()))
        )

    hand.wait(lambda: distance() < 10)
    card = hand.map._marks.card
    assert card.title in hand.session.work.fields[0].names
    assert card.image.width() == 28


def test_the_session_is_kept_on_exit(open_explorer, fashion_bundle):
    first = open_explorer(fashion_bundle)
    first.click(first.on_data())
    first.key(Qt.Key.Key_K)
    first.wait_for_picture()
    latent, place = first.cursor.latent.copy(), first.cursor.place
    first.explorer.close()
    second = open_explorer()
    assert second.session.pair.name == "fashion-vae"
    assert second.cursor.latent.tobytes() == latent.tobytes()
    assert second.cursor.place == place
    assert len(second.session.tray) == 1
    assert np.array_equal(second.session.tray[0].picture, first.session.tray[0].picture)


def test_light_and_dark_recolour_the_window(hand):
    def brightness() -> float:
        image = hand.explorer.window.grab().toImage()
        return sum(image.pixelColor(x, 5).lightness() for x in range(300, 900, 50)) / 12

    hand.explorer.actions["use_theme", "light"].trigger()
    light = brightness()
    hand.explorer.actions["use_theme", "dark"].trigger()
    assert light > 180 > 80 > brightness()


def test_any_action_is_found_by_name_and_done(hand):
    hand.key(Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    from explorer.ui.find_action import FindAction

    finder = hand.explorer.window.findChild(FindAction)
    QTest.keyClicks(finder._line, "keep pic")
    QTest.keyClick(finder, Qt.Key.Key_Return)
    hand.wait(lambda: len(hand.session.tray) == 1)
