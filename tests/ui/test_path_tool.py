"""A path is laid, shaped and played by hand and keys; every step is undone, and what cannot be is said."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from explorer.core.path_route import frames
from explorer.ui.path import player as path_player

ROWS = (3, 700, 1500)


def press_tool(hand) -> None:
    hand.key(Qt.Key.Key_5)
    QTest.qWait(1)  # the strip takes its room, and the map its new size


def lay_through(hand, rows=ROWS) -> None:
    """Take the tool and click on points."""
    press_tool(hand)
    for count, row in enumerate(rows, 1):
        hand.click(hand.screen(hand.session.map.positions[row]))
        assert len(hand.session.path.stations) == count
    hand.wait(lambda: shown(hand).router.route is not None and not hand.explorer.jobs.running)


def shown(hand):
    return hand.explorer.paths.shown


def route(hand):
    return shown(hand).router.route


def message(hand) -> str:
    return hand.explorer.window.message._text.text()


def test_stations_are_set_moved_and_taken_away_each_a_step_of_undo(hand):
    lay_through(hand, ROWS[:2])
    stack, positions = hand.explorer.edits.undo_stack, hand.session.map.positions
    two = hand.session.path
    for station in two.stations:
        row = int(np.flatnonzero((hand.session.map.latents == station.latent).all(axis=1))[0])
        assert station.source == "point"
        assert station.place == tuple(map(float, positions[row]))
    assert hand.cursor.latent is two.stations[1].latent

    far, steps = QPoint(hand.map.width() - 30, 90), stack.count()
    hand.drag(far, far + QPoint(-40, 25))
    three = hand.session.path
    assert stack.count() == steps + 1
    placed = three.stations[2]
    assert hand.screen(placed.place) == far + QPoint(-40, 25)
    scale = hand.map.view().units_per_pixel
    assert np.array_equal(placed.latent, hand.session.map.inverse.latent_at(placed.place, scale))
    hand.wait_for_picture()

    grip = hand.screen(two.stations[0].place)
    hand.drag(grip, grip + QPoint(50, 40))
    moved = hand.session.path
    assert stack.count() == steps + 2
    assert moved.stations[1:] == three.stations[1:]
    assert hand.screen(moved.stations[0].place) == grip + QPoint(50, 40)
    hand.wait(lambda: not hand.explorer.jobs.running)
    assert np.array_equal(route(hand).path.at(0.0), moved.stations[0].latent)

    hand.key(Qt.Key.Key_Right)
    nudged = hand.session.path.stations[0].place
    assert hand.screen(nudged) == grip + QPoint(54, 40)
    hand.explorer.edits.undo()
    assert hand.session.path is moved

    hand.key(Qt.Key.Key_Delete)  # that which is looked at
    assert hand.session.path.stations == three.stations[1:]
    hand.explorer.actions["add_station"].trigger()
    assert hand.session.path.stations[-1].latent is hand.cursor.latent
    for step in (3, 4):
        hand.explorer.edits.undo()
        assert hand.session.path is not moved or step == 4
    assert hand.session.path is moved
    hand.explorer.edits.undo()
    hand.explorer.edits.undo()
    assert hand.session.path is two
    hand.explorer.edits.redo()
    assert hand.session.path is three
    QTest.mouseDClick(hand.map, Qt.MouseButton.LeftButton, pos=far)
    assert hand.explorer.actions["use_tool", "probe"].isChecked()


def test_the_line_lies_where_pictures_of_the_path_lie_and_the_page_shows_them(hand):
    lay_through(hand)
    page, found = shown(hand).page, route(hand)
    marks = hand.map._marks.path
    assert marks.route is found
    fallen = hand.session.map.placement.place(found.path.at(found.times))
    inner = ~np.isin(found.times, found.stations)
    np.testing.assert_array_equal(found.places[inner], fallen[inner])
    film = page.film._film
    assert len(film) == page.film.capacity
    latents = found.path.at(np.linspace(0, 1, len(film)))
    assert np.array_equal(film[1], hand.session.pair.decode(latents[1][None])[0])
    assert "near data" in page.note._full

    page.even.click()
    hand.wait(lambda: not hand.explorer.jobs.running)
    assert hand.session.path.even
    assert not np.allclose(route(hand).stations, found.stations, atol=1e-3)
    page.ending.setCurrentIndex(page.ending.findData("loop"))
    page.ending.activated.emit(page.ending.currentIndex())
    hand.wait(lambda: route(hand) is not None and route(hand).path.closed and not hand.explorer.jobs.running)
    hand.explorer.edits.undo()
    hand.explorer.edits.undo()
    assert not page.even.isChecked()
    assert page.ending.currentData() == "back"

    steps = hand.explorer.edits.undo_stack.count()
    QTest.mouseClick(page.film, Qt.MouseButton.LeftButton, pos=QPoint(page.film.width() // 2, 20))
    assert 0.45 < shown(hand).player.time < 0.55
    assert np.array_equal(hand.cursor.latent, route(hand).path.at(shown(hand).player.time))
    QTest.keyClick(page.film, Qt.Key.Key_PageDown)
    assert shown(hand).player.time in route(hand).stations
    hand.wait_for_picture()
    hand.explorer.edits.undo()
    hand.explorer.edits.undo()
    assert hand.explorer.edits.undo_stack.index() < steps


@pytest.mark.parametrize("decodes", ["as it plays", "beforehand"])
def test_playing_shows_each_place_of_the_path_and_is_one_step_of_undo(hand, monkeypatch, decodes):
    if decodes == "beforehand":
        monkeypatch.setattr(path_player, "FAST", 0.0)
    lay_through(hand)
    player, before, steps = shown(hand).player, hand.cursor, hand.explorer.edits.undo_stack.index()
    seen: dict[bytes, tuple[np.ndarray, np.ndarray]] = {}
    times: list[float] = []

    def note(_: float) -> None:
        decoded = hand.explorer.presenter.decoded
        if times:
            seen[decoded.latent.tobytes()] = decoded.latent, decoded.picture.copy()

    hand.explorer.presenter.pictured.connect(note)
    player.moved.connect(lambda: times.append(player.time))
    hand.key(Qt.Key.Key_P)
    assert player.is_playing
    hand.wait(lambda: len(seen) > 20)
    hand.key(Qt.Key.Key_P)
    assert not player.is_playing
    assert hand.explorer.edits.undo_stack.index() == steps + 1
    assert hand.cursor.source == "path"
    assert hand.cursor.place == route(hand).place_at(player.time)
    assert len(set(times)) > 20
    assert set(seen) <= {route(hand).path.at(at).tobytes() for at in times}
    for latent, picture in list(seen.values())[::7]:
        assert np.array_equal(picture, hand.session.pair.decode(latent[None])[0])
    assert (player._buffer is not None) == (decodes == "beforehand")
    hand.explorer.edits.undo()
    assert hand.cursor is before

    hand.key(Qt.Key.Key_P)
    hand.wait(lambda: hand.cursor is not before)
    hand.explorer.actions["use_tool", "probe"].trigger()
    hand.drag(hand.on_data(), hand.on_data() + QPoint(25, 12))
    assert not player.is_playing
    assert hand.cursor.source == "map"


def test_pictures_that_are_dropped_or_marked_are_stations(hand, tmp_path, fashion_pictures):
    press_tool(hand)
    for i in range(2):
        Image.fromarray(fashion_pictures[i, :, :, 0]).save(tmp_path / f"{i}.png")
    steps = hand.explorer.edits.undo_stack.count()
    hand.drop(tmp_path / "0.png", tmp_path / "1.png")
    hand.wait(lambda: len(hand.session.path.stations) == 2)
    assert hand.explorer.edits.undo_stack.count() == steps + 1
    for station, image in zip(hand.session.path.stations, hand.session.dropped, strict=True):
        assert station.latent is image.latent
        assert (station.source, station.name) == ("image", image.name)
    hand.explorer.edits.undo()
    assert not hand.session.path.stations
    assert not hand.session.dropped

    hand.explorer.actions["add_bookmark"].trigger()
    marked = hand.session.bookmarks[0]
    hand.click(hand.on_data() + QPoint(40, 0))
    hand.click(hand.screen(marked.place) - QPoint(0, 12))  # its flag
    assert hand.session.path.stations[-1].latent is marked.kept.provenance.latent
    assert hand.session.path.stations[-1].name == marked.name


def test_what_leads_nowhere_is_said_in_a_sentence(hand):
    press_tool(hand)
    hand.key(Qt.Key.Key_P)
    assert "no station" in message(hand)
    hand.click(hand.on_data())
    hand.key(Qt.Key.Key_P)
    assert "one station" in message(hand)
    hand.explorer.actions["clear_path"].trigger()
    latent = np.array(hand.session.map.latents[5])
    for one in (latent, -latent):
        hand.explorer.store.replace(cursor=type(hand.cursor)(one, hand.cursor.place, "slider"))
        hand.explorer.actions["add_station"].trigger()
    shown(hand).page.kind.setCurrentIndex(1)
    shown(hand).page.kind.activated.emit(1)
    hand.wait(lambda: "opposite sides" in shown(hand).page.film._text)
    assert route(hand) is None
    hand.key(Qt.Key.Key_P)
    assert "opposite sides" in message(hand)
    assert not shown(hand).player.is_playing
    hand.explorer.edits.undo()
    hand.wait(lambda: route(hand) is not None)


def test_a_path_through_the_labels_shown_is_kept_with_the_session(hand, open_explorer, tmp_path):
    field = hand.session.work.fields[0]
    hand.explorer.store.replace(hidden=frozenset(range(3, len(field.names))))
    hand.explorer.actions["path_through_labels"].trigger()
    hand.wait(lambda: len(hand.session.path.stations) == 3)
    latents = hand.session.map.latents
    rows = [int(np.flatnonzero((latents == one.latent).all(axis=1))[0]) for one in hand.session.path.stations]
    assert field.codes[rows].tolist() == [0, 1, 2]
    shown(hand).page.seconds.setValue(2.5)
    kept = hand.session.path
    hand.explorer.controller.save_session_to(tmp_path / "one.latents")
    again = open_explorer(tmp_path / "one.latents").session
    assert [one.place for one in again.path.stations] == [one.place for one in kept.stations]
    assert again.path.seconds == 2.5
    wanted = frames(kept, 8, hand.session.pair, hand.session.work)
    assert np.array_equal(frames(again.path, 8, again.pair, again.work), wanted)
