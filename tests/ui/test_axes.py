"""Sliders move the latent along dimensions, principal components or what is seen most."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from explorer.core.latent_ops.axes import prior_axes
from explorer.ui.axes.latent_sliders import AT_ONCE, LatentSliders


def sliders_of(hand):
    return list(hand.explorer.window.here.sliders._sliders.values())


def drag(slider, by: int) -> None:
    middle = slider.rect().center()
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=middle)
    for step in range(1, 6):
        QTest.mouseMove(slider, middle + QPoint(by * step // 5, 0))
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=middle + QPoint(by, 0))


def pick_a_point(hand) -> None:
    hand.click(hand.on_data())
    hand.wait_for_picture()
    latent = hand.cursor.latent
    hand.wait(lambda: np.array_equal(hand.explorer.window.here.sliders._latent, latent))


def use_axes(hand, kind: str) -> None:
    hand.explorer.actions["use_axes", kind].trigger()
    hand.wait(lambda: hand.session.axes is not None and hand.session.axes.kind == kind)


def test_dimensions_come_by_information_and_unused_ones_are_made_when_unfolded(open_explorer, faces_bundle):
    hand = open_explorer(faces_bundle)
    section, shown = hand.explorer.window.here.sliders, sliders_of(hand)
    weights = [one.axis.weight for one in shown]
    assert weights == sorted(weights, reverse=True)
    assert all(one.axis.active for one in shown)
    unused = hand.session.pair.latent_size - len(shown)
    (fold,) = (one for one in section.findChildren(QPushButton) if "unused" in one.text())
    assert fold.text() == f"{unused} unused dimensions ▸"
    QTest.mouseClick(fold, Qt.MouseButton.LeftButton)
    assert sum(one.isVisibleTo(section) for one in sliders_of(hand)) == hand.session.pair.latent_size
    QTest.mouseClick(fold, Qt.MouseButton.LeftButton)
    assert sum(one.isVisibleTo(section) for one in sliders_of(hand)) == len(shown)

    pick_a_point(hand)
    slider, own = shown[1], hand.cursor
    inside = slider.axis.coordinate(np.asarray(hand.session.work.latents))
    assert np.mean((inside >= slider.axis.low) & (inside <= slider.axis.high)) == pytest.approx(
        0.99, abs=0.005
    )
    steps = hand.explorer.edits.undo_stack.count()
    drag(slider, 60)
    hand.wait_for_picture()
    assert hand.explorer.edits.undo_stack.count() == steps + 1
    assert hand.cursor.base is own.latent
    hand.wait(lambda: slider._own == pytest.approx(float(slider.axis.coordinate(own.latent))))
    QTest.mouseDClick(slider, Qt.MouseButton.LeftButton, pos=slider.rect().center())
    assert slider.axis.coordinate(hand.cursor.latent) == pytest.approx(slider.axis.middle, abs=1e-5)
    slider.setFocus()
    before = hand.cursor
    QTest.keyClick(slider, Qt.Key.Key_Right)
    assert slider.axis.coordinate(hand.cursor.latent) > slider.axis.middle
    assert hand.cursor.base is own.latent
    hand.explorer.edits.undo()
    assert hand.cursor is before
    while hand.cursor is not own:
        hand.explorer.edits.undo()

    far = own.latent + 9 * slider.axis.vector
    hand.explorer.axes.take(far)
    hand.wait(lambda: slider.amount() == pytest.approx(float(far[slider.axis.dimension]), abs=0.05))
    assert slider.value() == slider.maximum()  # beyond the data its range goes along


def test_principal_components_move_in_deviations_and_are_undone_and_kept(
    hand, open_explorer, fashion_bundle, tmp_path
):
    pick_a_point(hand)
    use_axes(hand, "principal")
    assert hand.explorer.actions["use_axes", "principal"].isChecked()
    slider, others = sliders_of(hand)[0], sliders_of(hand)[1:]
    own = hand.cursor.latent
    assert "σ" in slider._text()
    drag(slider, 50)
    hand.wait_for_picture()
    moved = slider.axis.coordinate(hand.cursor.latent) - slider.axis.coordinate(own)
    assert abs(moved) > 0.05
    np.testing.assert_allclose(hand.cursor.latent, own + moved * slider.axis.vector, atol=1e-4)
    for one in others:
        assert one.axis.coordinate(hand.cursor.latent) == pytest.approx(
            float(one.axis.coordinate(own)), abs=1e-3
        )

    hand.explorer.controller.save_session_to(tmp_path / "one.latents")
    hand.explorer.edits.undo()
    assert hand.cursor.latent is own
    hand.explorer.edits.undo()
    assert hand.session.axes is None
    assert hand.explorer.actions["use_axes", "dimensions"].isChecked()
    assert sliders_of(hand)[0].axis.name.startswith("z")

    again = open_explorer(tmp_path / "one.latents")
    assert again.session.axes.kind == "principal"
    assert np.array_equal(again.cursor.base, own)
    assert sliders_of(again)[0].axis.vector.tobytes() == slider.axis.vector.tobytes()
    again.explorer.opening.open_bundle("faces-vae")
    again.wait(lambda: again.session.pair.name == "faces-vae")
    assert again.session.axes is None


def test_axes_of_visible_change_belong_to_the_picture_they_were_measured_at(hand):
    pick_a_point(hand)
    own, stale = hand.cursor.latent, hand.explorer.window.here.sliders
    hand.key(Qt.Key.Key_V)
    hand.wait(lambda: hand.session.axes is not None)
    found = hand.session.axes
    assert found.kind == "visible"
    assert found.base is own
    drag(sliders_of(hand)[0], 40)
    hand.wait_for_picture()
    hand.wait(lambda: np.array_equal(stale._latent, hand.cursor.latent))
    assert stale._stale is None or not stale._stale.isVisibleTo(stale)  # slides are from the same picture
    hand.click(hand.on_data() + QPoint(60, 30))
    hand.wait(lambda: stale._stale is not None and stale._stale.isVisibleTo(stale))
    assert hand.session.axes is found
    here = hand.cursor.latent
    QTest.mouseClick(stale._stale, Qt.MouseButton.LeftButton)
    hand.wait(lambda: hand.session.axes is not found)
    assert hand.session.axes.base is here
    hand.explorer.edits.undo()
    assert hand.session.axes is found


def test_hundreds_of_dimensions_are_offered_bit_by_bit(qtbot):
    section = LatentSliders()
    qtbot.addWidget(section)
    axes = prior_axes(700)
    section.set_axes(axes, "Dimensions", 700)
    assert len(section._sliders) == AT_ONCE
    (fold,) = (one for one in section.findChildren(QPushButton) if "more" in one.text())
    fold.click()
    assert len(section._sliders) == len(axes) < 700
    latent = np.random.default_rng(0).normal(size=700).astype(np.float32)
    section.set_latent(latent)
    assert section._sliders[200].amount() == pytest.approx(float(latent[200]), abs=0.01)
