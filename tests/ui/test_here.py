"""What belongs to the place under the cursor: a picture that is carried, doubt, dropped pictures."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from explorer.core.carry import carried
from explorer.core.dropped import read_dropped
from explorer.core.latent_map import LatentMap
from explorer.core.model_pair import ModelPair
from explorer.core.session import is_own
from explorer.core.session_file import load_session
from explorer.ui.here.carry_control import REACHES


def pick_a_point(hand) -> None:
    hand.click(hand.on_data())
    assert hand.cursor.source == "point"
    wait_for_ring(hand)


def wait_for_ring(hand) -> None:
    """Until the cursor is marked where it is; that follows its picture."""
    marks = hand.map._marks
    hand.wait(lambda: (marks.cursor, marks.cursor_is_own) == (hand.cursor.place, is_own(hand.cursor)))


def test_a_picked_picture_is_carried_by_its_ring_and_stays_itself(hand, tmp_path):
    pick_a_point(hand)
    picked, steps = hand.cursor, hand.explorer.edits.undo_stack.count()
    ring = hand.screen(picked.place)
    hand.click(ring + QPoint(7, 7))
    assert hand.cursor is picked
    assert hand.explorer.edits.undo_stack.count() == steps

    hand.drag(ring + QPoint(7, 7), ring + QPoint(107, 47))
    hand.wait_for_picture()
    here, inverse = hand.cursor, hand.session.map.inverse
    assert here.source == "carried"
    assert here.carried.latent is picked.latent
    scale = hand.map.view().units_per_pixel
    assert math.dist(here.place, picked.place) == pytest.approx(math.hypot(100, 40) * scale, rel=0.1)
    np.testing.assert_array_equal(here.latent, carried(inverse, here.carried, here.place, scale))
    assert not np.array_equal(here.latent, inverse.latent_at(here.place, scale))
    drawn = hand.session.pair.decode(here.latent[None])[0]
    assert np.array_equal(hand.explorer.presenter.decoded.picture, drawn)
    hand.wait(lambda: "carries" in hand.explorer.window.here._source.text())

    hand.explorer.controller.save_session_to(tmp_path / "one.latents")
    kept = load_session(tmp_path / "one.latents").session.cursor
    assert kept.carried.reach == here.carried.reach
    assert np.array_equal(kept.carried.latent, picked.latent)

    hand.key(Qt.Key.Key_Right)
    assert hand.cursor.carried.latent is picked.latent
    assert hand.cursor.place[0] > here.place[0]
    hand.explorer.edits.undo()
    hand.explorer.edits.undo()
    assert hand.cursor is picked


def test_how_far_to_carry_is_chosen_at_once_undone_and_remembered(hand, open_explorer, fashion_bundle):
    pick_a_point(hand)
    picked, ring = hand.cursor, hand.screen(hand.cursor.place)
    hand.drag(ring, ring + QPoint(120, 0))
    wait_for_ring(hand)
    carried_there, slider = hand.cursor, hand.explorer.window.here.carry._slider
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_Right)
    assert hand.cursor.place == carried_there.place
    assert hand.cursor.carried.reach == REACHES[REACHES.index(0.5) + 1]
    assert not np.array_equal(hand.cursor.latent, carried_there.latent)
    hand.explorer.edits.undo()
    assert hand.cursor is carried_there

    hand.map.setFocus()
    hand.key(Qt.Key.Key_C)
    scale = hand.map.view().units_per_pixel
    plain = hand.session.map.inverse.latent_at(carried_there.place, scale)
    np.testing.assert_array_equal(hand.cursor.latent, plain)
    assert np.array_equal(hand.cursor.carried.latent, picked.latent)  # C takes it up again
    wait_for_ring(hand)
    ring = hand.screen(hand.cursor.place)
    hand.drag(ring, ring + QPoint(0, 30))
    assert hand.cursor.source == "map"
    other = open_explorer(fashion_bundle)
    assert other.explorer.controller.reach == 0.0
    other.key(Qt.Key.Key_C)
    assert other.explorer.controller.reach == 0.5


def test_where_data_are_far_the_picture_is_veiled_and_the_words_say_so(hand):
    here = hand.explorer.window.here
    hand.wait(lambda: "random pair" in here.trust._value._full)
    assert here.picture.doubt == 0.0
    hand.drag(hand.on_data(), QPoint(hand.map.width() - 4, hand.map.height() - 4))
    hand.wait(lambda: here.picture.doubt == 1.0)
    assert here.trust._number.text() == "0.00"
    assert "makes something up" in here.trust._bar.toolTip()
    assert "unknown" in here.trust._value._full
    veiled = here.picture.grab().toImage()
    hand.explorer.actions["toggle_doubt"].trigger()
    hand.wait(lambda: here.picture.doubt == 0.0)
    assert here.picture.grab().toImage() != veiled


def test_dropped_pictures_stay_are_stepped_through_and_put_away(hand, tmp_path, fashion_pictures):
    for i in range(2):
        Image.fromarray(fashion_pictures[i, :, :, 0]).save(tmp_path / f"{i}.png")
    hand.drop(tmp_path / "0.png", tmp_path / "1.png")
    hand.wait(lambda: len(hand.session.dropped) == 2)
    first, second = hand.session.dropped
    section = hand.explorer.window.here._dropped
    hand.key(Qt.Key.Key_Period)
    assert hand.cursor.latent is second.latent
    assert (section._name._full, section._count.text()) == ("1.png", "2 of 2")
    hand.click(hand.map.rect().center() + QPoint(0, 120))
    assert len(hand.session.dropped) == 2
    wait_for_ring(hand)
    diamond = hand.screen(first.place)
    hand.drag(diamond + QPoint(3, 3), diamond + QPoint(63, 3))
    assert hand.cursor.carried.latent is first.latent
    assert hand.cursor.carried.name == "0.png"
    assert section._name._full == "0.png"
    hand.explorer.here.put_dropped_away()
    assert not section.isVisible()
    hand.explorer.edits.undo()
    assert section.isVisible()


def test_a_picture_like_none_of_the_data_is_found_far(faces_bundle, tmp_path):
    pair = ModelPair.open(faces_bundle)
    latents, places = np.load(faces_bundle / "latents.npy"), np.load(faces_bundle / "map.npy")
    height, width, _ = pair.image.picture_shape
    y, x = np.mgrid[:height, :width] - height / 2
    Image.fromarray(np.uint8((x**2 + y**2 < (width / 3) ** 2) * 255)).save(tmp_path / "disc.png")
    with np.load(faces_bundle / "faces.npz", allow_pickle=False) as data:
        Image.fromarray(data["images"][7]).save(tmp_path / "face.png")
    sources = [(name, tmp_path / name) for name in ("disc.png", "face.png")]
    placement = LatentMap.of(places, latents).placement
    (disc, face), _ = read_dropped(pair, placement, sources, lambda *_: None)
    assert disc.far
    assert not face.far
    nearest = [placement.nearest(one.latent, 1)[1][0] for one in (disc, face)]
    assert placement.support_of(nearest[0]) < 0.5 < 0.99 < placement.support_of(nearest[1])
