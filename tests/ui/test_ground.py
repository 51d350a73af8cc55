"""The ground of the map, the decoded background and the names, in the window on a bundled demo."""

from __future__ import annotations

import time

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from explorer.core import dataset_sampled
from explorer.ui.map.lattice_pictures import LatticePictures
from explorer.ui.parts.pictures import to_qimage
from tests.onnx_generators import write_slow_decoder
from tests.ui.paints import Paints


def pixels(hand) -> np.ndarray:
    """What the map shows, ``(height, width, 3)``."""
    hand.map.settle()
    image = hand.map.grab().toImage()
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4)
    return rows[:, : image.width(), 2::-1].astype(int)


def at_rest(hand) -> None:
    """Until the ground is shaded and the names are there."""
    hand.wait(lambda: hand.map._scene.support is not None)
    hand.wait(lambda: hand.explorer.ground._names is not None and not hand.explorer.jobs.running)


def names(hand) -> dict[str, QPoint]:
    """The names on the map and their middles in the window."""
    hand.map.settle()
    return {text: box.center().toPoint() for text, box in hand.explorer.ground._names.visible()}


def test_the_ground_shows_support_or_how_latents_differ_or_nothing(hand):
    at_rest(hand)
    left, bottom, right, top = hand.session.map.raster.bounds
    corner = hand.screen((right + 0.02 * (right - left), bottom + 0.02 * (top - bottom)))
    sea = slice(corner.y() - 20, corner.y()), slice(corner.x() - 20, corner.x())
    supported = pixels(hand)
    assert len(np.unique(supported[sea].reshape(-1, 3), axis=0)) > 1  # hatched where there are no data
    hand.explorer.actions["use_ground", "plain"].trigger()
    plain = pixels(hand)
    assert len(np.unique(plain[sea].reshape(-1, 3), axis=0)) == 1
    hand.explorer.actions["use_ground", "spread"].trigger()
    hand.wait(lambda: hand.explorer.ground._spread is not None)
    spread = pixels(hand)
    assert (spread[..., 0] > spread[..., 2] + 25).mean() > (supported[..., 0] > supported[..., 2] + 25).mean()
    low, high = hand.explorer.ground._key._ends
    assert 0.0 < low < high < 2.0
    hand.explorer.actions["use_ground", "support"].trigger()
    assert np.abs(pixels(hand) - supported).mean() < 0.5
    assert not hand.explorer.ground._key.is_active


def test_names_stay_on_their_clusters_and_off_each_other(hand):
    at_rest(hand)
    shown = names(hand)
    assert {"Trouser", "Bag", "Boot", "Sneaker"} <= set(shown)
    boxes = [box for _, box in hand.explorer.ground._names.visible()]
    covered = hand.map.furniture()
    assert not any(a.intersects(b) for k, a in enumerate(boxes) for b in boxes[k + 1 :])
    assert not any(box.toRect().intersects(part) for box in boxes for part in covered)
    # The name of a cluster stands where most points near it have that label.
    field = hand.session.work.fields[0]
    for text, at in shown.items():
        near = hand.session.map.inverse.nearest(hand.map.view().to_map(at.x(), at.y()), 15)
        assert (field.codes[near] == field.names.index(text)).mean() > 0.5
    # Panning takes them along, and changes none that stay in sight.
    hand.map._camera.pan(-40, 25)
    panned = names(hand)
    assert set(shown) & set(panned)
    for text in set(shown) & set(panned):
        assert (panned[text] - shown[text] - QPoint(-40, 25)).manhattanLength() <= 2
    # A label that is filtered out has no name; without names there is none.
    hand.explorer.coloring.toggle(field.names.index("Trouser"))
    hand.wait(lambda: "Trouser" not in names(hand))
    before = pixels(hand)
    hand.key(Qt.Key.Key_N)
    hand.wait(lambda: not hand.explorer.jobs.running)
    assert not hand.explorer.ground._names.is_active
    assert (pixels(hand) != before).any()
    assert hand.explorer.actions["toggle_names"].isChecked() is False


def test_the_background_shows_what_a_click_would_and_waits_for_the_hand(hand):
    at_rest(hand)
    before = pixels(hand)
    hand.key(Qt.Key.Key_B)
    layer = hand.explorer.ground._background
    assert hand.explorer.actions["toggle_background"].isChecked()
    assert (np.abs(pixels(hand) - before).max(axis=2) > 20).mean() > 0.1
    store = layer._pictures
    lattice = store.source.lattice
    cell = max((cell for cell in store._images), key=lambda cell: (cell.level, store.opacity(cell)))
    place = lattice.centres([cell])[0]
    assert store.opacity(cell) == pytest.approx(hand.session.map.inverse.support_at(place[None])[0])
    latent = hand.session.map.inverse.latent_at(place, lattice.side(cell.level) / 64.0)
    own = to_qimage(hand.session.pair.decode(latent[None])[0]).convertToFormat(store.image(cell).format())
    assert all(
        abs(own.pixelColor(x, y).red() - store.image(cell).pixelColor(x, y).red()) <= 1
        for x in range(0, 28, 5)
        for y in range(0, 28, 5)
    )
    # Where data are far there is nothing.
    assert all(store.opacity(cell) > 0.0 for cell in store._images)
    # A hand that drags decodes alone; the rest of a nearer view comes when it rests.
    loop = hand.explorer.loop
    kept = dict(store._images)
    QTest.mousePress(hand.map, Qt.MouseButton.LeftButton, pos=hand.on_data())
    hand.wait(lambda: not loop.is_idle())
    hand.map.set_view(hand.map.view().zoomed_at(300, 300, 4.0))
    longest, at = 0.0, time.perf_counter()
    for step in range(20):
        QTest.mouseMove(hand.map, hand.on_data() + QPoint(step, step % 3))
        QTest.qWait(8)
        longest, at = max(longest, time.perf_counter() - at), time.perf_counter()
    # On a machine that is busy otherwise, a hand may seem to rest.
    assert len(store._images) == len(kept) or longest > 0.1
    QTest.mouseRelease(hand.map, Qt.MouseButton.LeftButton, pos=hand.on_data())
    hand.wait(lambda: len(store._images) > len(kept))
    assert all(store._images[cell] is image for cell, image in kept.items())  # nothing is decoded twice
    # At rest nothing is painted.
    hand.map.settle()
    QTest.qWait(200)
    paints = Paints(hand.map)
    QTest.qWait(300)
    assert paints.count == 0
    hand.key(Qt.Key.Key_B)
    hand.map.fit()
    assert not layer.is_active
    assert np.abs(pixels(hand) - before).mean() < 2.0


def test_pictures_that_were_used_last_are_kept(hand, monkeypatch):
    monkeypatch.setattr("explorer.ui.map.lattice_pictures.KEPT_BYTES", 60 * 28 * 28 * 4)
    at_rest(hand)
    hand.key(Qt.Key.Key_B)
    hand.map.settle()
    store: LatticePictures = hand.explorer.ground._background._pictures
    for factor in (2.0, 2.0):
        hand.map.set_view(hand.map.view().zoomed_at(300, 300, factor))
        hand.map.settle()
        assert 0 < store.bytes <= 64 * 28 * 28 * 4
        assert store.bytes == sum(image.sizeInBytes() for image in store._images.values())


def test_a_slow_decoder_fills_the_background_coarsely_and_closes_at_once(
    open_explorer, tmp_path, monkeypatch
):
    monkeypatch.setattr(dataset_sampled, "FEWEST", 4)
    monkeypatch.setattr(dataset_sampled, "LONGEST", 1.0)
    hand = open_explorer(write_slow_decoder(tmp_path / "slow" / "decoder.onnx", 40), wait=False)
    hand.wait(lambda: hand.session.map is not None, timeout=60_000)
    hand.wait(lambda: hand.explorer.ground._rests is not None, timeout=60_000)
    hand.key(Qt.Key.Key_B)
    layer = hand.explorer.ground._background
    told: list[str] = []
    layer.told.connect(told.append)
    hand.wait(lambda: layer._pictures is not None and len(layer._pictures._images) > 0)
    hand.wait(lambda: bool(told), timeout=30_000)
    assert "background" in told[0]
    began = time.perf_counter()
    hand.explorer.close()
    assert time.perf_counter() - began < 2.0
