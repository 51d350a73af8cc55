"""The tray: pictures are put in order, rated, tagged, and leave the window with their latents."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QInputDialog

from explorer.core.export import png
from explorer.core.provenance import KEYWORD, Provenance, png_bytes, read_provenance
from explorer.core.sampling import SampleRequest
from explorer.core.session import Kept
from explorer.ui.tray.list import TrayList
from explorer.ui.tray.picture_drag import Hands


def kept(count: int) -> tuple[Kept, ...]:
    pictures = np.random.default_rng(0).integers(0, 256, (count, 8, 8, 1), np.uint8)
    return tuple(
        Kept(one, Provenance(np.full(3, i, np.float32), "m", "f", "drawn", i))
        for i, one in enumerate(pictures)
    )


class OntoItself(QDropEvent):
    """A drop of the strip's own pictures."""

    def __init__(self, strip: TrayList, x: float, mime: QMimeData) -> None:
        actions, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
        super().__init__(QPointF(x, 40), actions, mime, left, Qt.KeyboardModifier.NoModifier)
        self._strip = strip

    def source(self) -> TrayList:
        return self._strip


@pytest.fixture
def sampled(hand):
    hand.explorer.tray.sample(SampleRequest("prior", 5, 7, 0.0))
    hand.wait(lambda: len(hand.session.tray) == 5)
    return hand


def test_pictures_are_put_in_order_rated_and_tagged_and_each_is_one_step_of_undo(
    sampled, tmp_path: Path
) -> None:
    first = sampled.session.tray
    strip = sampled.explorer.window.tray.strip
    strip.setFocus()
    sampled.wait(strip.hasFocus)
    strip.select([0, 1], 1)
    right = strip.visualRect(strip.model().index(3, 0)).center().x() + 10
    drop = OntoItself(strip, right, QMimeData())
    strip.dropEvent(drop)
    assert [first.index(one) for one in sampled.session.tray] == [2, 3, 0, 1, 4]
    assert strip.rows() == [2, 3]
    shifted = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(strip, Qt.Key.Key_Right, shifted)
    assert [first.index(one) for one in sampled.session.tray] == [2, 3, 4, 0, 1]
    QTest.keyClick(strip, Qt.Key.Key_4)
    assert [one.rating for one in sampled.session.tray] == [0, 0, 0, 4, 4]
    # The window's own key 4, of a tool, is not meant here, nor is its way to copy.
    assert sampled.explorer.actions["use_tool", "probe"].isChecked()
    QTest.keyClick(strip, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    copied = [Path(url.toLocalFile()) for url in QGuiApplication.clipboard().mimeData().urls()]
    chosen = [one.provenance.latent.tobytes() for one in sampled.session.tray[3:]]
    assert [read_provenance(path).latent.tobytes() for path in copied] == chosen
    sampled.drop(copied[1])
    sampled.wait(lambda: sampled.cursor.latent.tobytes() == chosen[1])
    sampled.explorer.actions["tag_kept"].trigger()
    dialog = sampled.explorer.window.findChild(QInputDialog)
    dialog.setTextValue("smile,  hat ,smile")
    dialog.accept()
    assert sampled.session.tray[3].tags == ("smile", "hat")
    spoken = strip.model().index(3, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert "4 of 5" in spoken
    assert "4 stars" in spoken
    assert "smile" in spoken
    plain = png_bytes(first[0].picture)
    (tmp_path / "forged.png").write_bytes(plain[:33] + png.texts({KEYWORD: "{}"}) + plain[33:])
    sampled.drop(tmp_path / "forged.png")
    sampled.wait(lambda: sampled.cursor.source == "image")
    assert "damaged or forged" in sampled.explorer.window.message.text()
    for _ in range(6):
        sampled.explorer.edits.undo()
    assert sampled.session.tray == first
    QTest.keyClick(strip, Qt.Key.Key_Delete)
    assert len(sampled.session.tray) == 3


def test_what_leaves_the_window_is_files_and_pixels_that_know_their_latents(qtbot) -> None:
    hands, some = Hands(), kept(12)
    alone = hands.mime(some[:1])
    assert alone.hasImage()
    assert read_provenance(bytes(alone.data("image/png").data())).seed == 0
    places = [[Path(url.toLocalFile()) for url in hands.mime(some).urls()] for _ in range(10)]
    assert [read_provenance(path).latent[0] for path in places[-1]] == list(range(12))
    assert not places[0][0].exists()  # only what was given last is kept on disk
    folder = places[-1][0].parent.parent
    del hands
    assert not folder.exists()


def test_ten_thousand_pictures_cost_no_more_than_those_that_are_seen(qtbot) -> None:
    strip = TrayList()
    qtbot.addWidget(strip)
    strip.resize(900, 108)
    many = kept(10_000)
    strip.set_kept(many)
    strip.show()
    bar = strip.horizontalScrollBar()
    for value in np.linspace(0, bar.maximum(), 60).astype(int):
        bar.setValue(int(value))
        strip.grab()
    assert 0 < len(strip.itemDelegate()._made) <= 256
    strip.select([9_999], 9_999)
    strip.set_kept((many[-1], *many[:-1]))
    assert strip.rows() == [0]
    strip.set_kept(many[:3])
    assert strip.model().rowCount() == 3
    QApplication.processEvents()
