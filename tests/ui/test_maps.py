"""Maps in the window: one that forms, several of the same data, how far to believe one, bad luck."""

from __future__ import annotations

import json
import shutil

import numpy as np
import psutil
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from explorer.core.map_settings import MapRecord, MapSettings
from explorer.core.projecting import process
from explorer.core.workspace import Workspace
from explorer.ui.maps.dialog import MapDialog

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def open_data(open_explorer, fashion_bundle, fashion_pictures, tmp_path):
    """A window on some of the bundled pictures, which the bundled model encodes and which are mapped anew."""
    process.release()

    def open_some(count: int):
        path = tmp_path / f"{count}.npz"
        np.savez(path, images=fashion_pictures[:count, :, :, 0], labels=np.arange(count) % 4)
        return open_explorer(fashion_bundle / "encoder.onnx", path)

    yield open_some
    process.release()


def card_text(hand) -> str:
    return " ".join(label.text() for label in hand.explorer.maps.card.findChildren(QLabel))


def settle(hand) -> None:
    hand.wait(lambda: not hand.explorer.jobs.running and not hand.explorer.presenter.travel.is_moving)


def workers() -> list[psutil.Process]:
    """The map's processes that live."""
    found = [one for one in psutil.Process().children() if one.status() != psutil.STATUS_ZOMBIE]
    return [one for one in found if process.WORKER in one.cmdline()]


def report(hand) -> str:
    return next((str(job.report) for job in hand.explorer.jobs.running if job.title == "Mapping"), "")


def test_maps_of_one_data_set_lie_side_by_side(open_explorer, fashion_bundle, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(fashion_bundle, folder)
    hand = open_explorer(folder)
    kept_maps, first = hand.explorer.kept_maps, hand.session.map
    assert first.record == MapRecord(MapSettings())
    hand.wait(lambda: "Trustworthiness" in card_text(hand) and "…" not in card_text(hand))
    assert "UMAP · 15 neighbours" in card_text(hand)
    assert "Labels agree" in card_text(hand)

    hand.key(Qt.Key.Key_M, CONTROL | SHIFT)
    dialog = hand.explorer.window.findChild(MapDialog)
    dialog._method.setCurrentText("PCA")
    assert "at once" in dialog._time.text()
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    hand.wait(lambda: hand.session.map.record == MapRecord(MapSettings(method="pca")))
    pca = hand.session.map
    seen = []
    hand.wait(
        lambda: seen.append(hand.map._positions[0].copy()) or not hand.explorer.presenter.travel.is_moving
    )
    between = [one for one in seen if not np.isin(one, [first.positions[0], pca.positions[0]]).any()]
    assert between, "the points travel"
    assert np.array_equal(hand.map._positions, pca.positions)
    settle(hand)
    assert np.array_equal(Workspace.open(folder).positions(), pca.positions)

    hand.explorer.edits.undo()
    assert hand.session.map is first
    hand.explorer.edits.redo()
    assert hand.session.map is pca
    settle(hand)
    assert {one.record for one in kept_maps.maps} == {first.record, pca.record}
    hand.explorer.window.activateWindow()
    hand.wait(hand.explorer.window.isActiveWindow)
    hand.key(Qt.Key.Key_BracketRight, CONTROL)
    hand.wait(
        lambda: hand.session.map.record == first.record,
    )
    np.testing.assert_array_equal(hand.session.map.positions, first.positions)
    settle(hand)
    assert np.array_equal(Workspace.open(folder).positions(), first.positions)
    saved = tmp_path / "one.latents"
    assert hand.explorer.controller.save_session_to(saved)

    kept_maps.delete(pca.record)
    hand.wait(lambda: len(kept_maps.maps) == 1)
    message = hand.explorer.window.message
    assert message.offer.text() == "Put it back"
    message.offer.click()
    hand.wait(lambda: len(kept_maps.maps) == 2)
    kept = next(one.folder for one in kept_maps.maps if one.record == pca.record) / "layout.npy"
    kept.write_bytes(kept.read_bytes()[:-40])
    kept_maps.show(pca.record)
    hand.wait(lambda: hand.session.map.record == pca.record)
    assert "cut off" in message.text()
    assert "computed anew" in message.text()
    assert np.array_equal(hand.session.map.positions, pca.positions)
    settle(hand)
    work = hand.session.work
    hand.drop(saved)
    hand.wait(lambda: hand.session.work is not work)
    assert hand.session.map.record == first.record


def test_a_map_that_forms_is_held_kept_and_given_up(open_data):
    hand = open_data(300)
    mapper, first = hand.explorer.mapping, hand.session.map
    pause, keep = hand.explorer.actions["pause_map"], hand.explorer.actions["keep_map"]
    assert not pause.isEnabled()
    mapper.make(MapSettings(seed=7))
    hand.key(Qt.Key.Key_P, CONTROL)
    hand.wait(lambda: report(hand).startswith("Paused at epoch"))
    assert keep.isEnabled()
    buttons = {one.text(): one for one in hand.explorer.maps._reins}
    assert set(buttons) == {"Continue", "Stop here and keep"}
    assert all(one.isVisible() for one in buttons.values())
    hand.click(hand.on_data())  # it can be dragged on
    hand.wait_for_picture()
    (worker,) = workers()
    worker.kill()
    hand.wait(lambda: workers() not in ([], [worker]))
    hand.wait(lambda: report(hand).startswith("Paused at epoch"))
    buttons["Stop here and keep"].click()
    hand.wait(lambda: mapper.forming is None)
    kept = hand.session.map
    assert kept.record == MapRecord(MapSettings(seed=7), stopped=True)
    assert "stopped early" in card_text(hand)
    assert not buttons["Continue"].isVisible()
    hand.explorer.edits.undo()
    assert hand.session.map is first

    mapper.make(MapSettings(seed=8))
    hand.key(Qt.Key.Key_P, CONTROL)
    hand.wait(lambda: report(hand).startswith("Paused at epoch"))
    assert hand.session.map is not first
    hand.key(Qt.Key.Key_Escape)
    hand.wait(lambda: not hand.explorer.jobs.running)
    assert hand.session.map is first
    hand.wait(lambda: not hand.explorer.presenter.travel.is_moving)
    assert np.array_equal(hand.map._positions, first.positions)
    assert [one.record.stopped for one in hand.explorer.kept_maps.maps].count(True) == 1


def test_quiet_work_waits_until_a_map_has_formed(open_data):
    hand = open_data(600)
    settle(hand)
    mapper, jobs = hand.explorer.mapping, hand.explorer.jobs
    seen: dict[bool, set[str]] = {True: set(), False: set()}
    jobs.changed.connect(lambda: seen[mapper.is_forming].update(job.title for job in jobs.running))
    mapper.make(MapSettings(seed=7))
    hand.wait(lambda: "epoch" in report(hand))
    (worker,) = workers()
    worker.suspend()  # a layout that is long in coming
    hand.qtbot.wait(1500)
    assert mapper.is_forming
    assert not hand.explorer.presenter.travel.is_moving
    worker.resume()
    hand.wait(lambda: mapper.forming is None)
    hand.wait(lambda: "Learning what to expect" in seen[False])
    assert "Mapping" in seen[True]
    assert not seen[True] & {"Learning what to expect", "Judging the map"}


def test_too_few_pictures_for_neighbourhoods_are_shown_all_the_same(open_data):
    hand = open_data(3)
    assert hand.session.map.record.settings.method == "pca"
    assert "3 points have no neighbourhoods" in hand.explorer.window.message.text()
    hand.click(hand.on_data())
    hand.wait_for_picture()


def test_latents_that_are_not_finite_have_no_map_and_that_is_said(open_explorer, fashion_bundle, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(fashion_bundle, folder)
    latents = np.load(folder / "latents.npy")
    latents[5, 2] = np.nan
    np.save(folder / "latents.npy", latents)
    description = json.loads((folder / "workspace.json").read_text())
    (folder / "workspace.json").write_text(json.dumps({**description, "map": None}))
    hand = open_explorer(folder)
    hand.wait(lambda: "1 of 10,000 latents are not finite" in hand.explorer.window.message.text())
    settle(hand)
    assert hand.session.map is None
    assert "no map" in hand.map._marks.message
    hand.wait(lambda: "No map yet" in card_text(hand))
