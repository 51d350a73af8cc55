"""Export gallery…: what can be had is offered, the preview follows, and what it showed is written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QDialogButtonBox,
    QFileDialog,
    QLineEdit,
    QWidget,
)

from explorer.core.errors import ExplorerError
from explorer.core.progress import Progress
from explorer.core.provenance import read_provenance
from explorer.core.recipes.from_session import KINDS_SHOWN, Settings
from explorer.core.recipes.gallery import gallery_of
from explorer.core.recipes.source import Source
from explorer.core.recipes.writing import Style, open_recipe, recipe_for, write_gallery
from explorer.core.session import Session
from explorer.ui.gallery.dialog import GalleryDialog


def asked(hand) -> GalleryDialog:
    hand.explorer.actions["ask_export"].trigger()
    (dialog,) = hand.explorer.window.findChildren(GalleryDialog)
    return dialog


def named(dialog: GalleryDialog, kind: type, name: str) -> QWidget:
    return next(one for one in dialog.findChildren(kind) if one.accessibleName() == name)


def pick(box: QComboBox, text: str) -> None:
    box.setCurrentIndex(next(i for i in range(box.count()) if text in box.itemText(i)))


def drawn(hand, dialog: GalleryDialog, words: str) -> None:
    hand.wait(lambda: words in dialog.note and not hand.explorer.jobs.running)


def save_of(dialog: GalleryDialog) -> QWidget:
    return dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Save)


def test_the_preview_follows_and_the_export_is_what_it_showed(hand, tmp_path: Path) -> None:
    dialog = asked(hand)
    drawn(hand, dialog, "48 pictures")
    first = dialog.preview.copy()
    pick(named(dialog, QComboBox, "Kind of gallery"), "The map")
    named(dialog, QAbstractSpinBox, "Columns").setValue(6)
    named(dialog, QLineEdit, "Title").setText("Seen from above")
    hand.wait(lambda: dialog.preview is not None and dialog.preview != first and "about" in dialog.note)
    for name in ("Single pictures", "Sheet (PNG)"):
        named(dialog, QCheckBox, name).click()
    assert not save_of(dialog).isEnabled()
    hand.wait(lambda: "Choose at least one format" in dialog.note)
    for name in ("Single pictures", "Web page"):
        named(dialog, QCheckBox, name).click()
    drawn(hand, dialog, "pictures · about")
    count = int(dialog.note.split()[0])
    QTest.mouseClick(save_of(dialog), Qt.MouseButton.LeftButton)
    (where,) = hand.explorer.window.findChildren(QFileDialog)
    out = tmp_path / "out"
    out.mkdir()
    where.setDirectory(str(out))
    said: list[str] = []
    hand.explorer.edits.said.connect(said.append)
    with hand.qtbot.waitSignal(hand.explorer.tray.exported, timeout=20_000):
        where.fileSelected.emit(str(out))
        where.reject()
    names = sorted(path.name for path in out.iterdir())
    assert names[-2:] == ["gallery.html", "recipe.json"]
    assert len(names) == count + 2
    assert said == [f"{count} pictures are in {out}"]
    recipe, source = open_recipe(out / "recipe.json", Progress())
    assert (recipe.title, recipe.formats) == ("Seen from above", ("singles", "page"))
    again = write_gallery(recipe, source, tmp_path / "again")
    assert all(path.read_bytes() == (out / path.name).read_bytes() for path in again.paths[:-1])
    hand.drop(again.paths[0])
    hand.wait(lambda: hand.cursor.source == "kept")
    assert hand.cursor.latent.tobytes() == read_provenance(again.paths[0]).latent.tobytes()


def test_what_was_chosen_is_there_the_next_time(hand) -> None:
    dialog = asked(hand)
    pick(named(dialog, QComboBox, "Look"), "Poster")
    named(dialog, QCheckBox, "Film (GIF)").click()
    drawn(hand, dialog, "48 pictures")
    dialog.style_rows.keep()
    dialog.reject()
    hand.wait(lambda: not hand.explorer.window.findChildren(GalleryDialog))
    style = asked(hand).style_rows.style()
    assert style.formats == ("singles", "sheet", "gif")
    assert style.look.gap == 2


def test_with_a_tray_that_is_offered_first_and_nothing_blocks_on_what_cannot_be_had(hand) -> None:
    hand.key(Qt.Key.Key_K)
    dialog = asked(hand)
    assert dialog.shows.kind() == "tray"
    drawn(hand, dialog, "1 picture ")
    kinds = named(dialog, QComboBox, "Kind of gallery")
    offered = [kinds.itemData(i) for i in range(kinds.count())]
    assert {"tray", "samples", "labels", "lattice", "traversals", "reconstructions"} <= set(offered)
    assert not {"film", "moves"} & set(offered)
    for kind in (QComboBox, QAbstractSpinBox, QCheckBox):
        for control in dialog.findChildren(kind):
            assert control.accessibleName() or control.text()
    dialog.reject()
    hand.wait(lambda: not hand.explorer.jobs.running)


def test_each_kind_that_is_offered_can_be_made(hand) -> None:
    hand.click(hand.on_data())
    hand.key(Qt.Key.Key_K)
    source = Source.of(hand.session)
    for key, kind in KINDS_SHOWN.items():
        if kind.missing(hand.session):
            continue
        settings = Settings(count=2, field=hand.session.work.fields[0].name)
        gallery = gallery_of(recipe_for(kind.make(hand.session, settings), source, Path(), Style()), source)
        assert np.ptp(gallery.pictures(0, len(gallery))) > 0, key
    assert all(kind.missing(Session()) for key, kind in KINDS_SHOWN.items() if key != "samples")
    with pytest.raises(ExplorerError, match="No model"):
        Source.of(Session())
