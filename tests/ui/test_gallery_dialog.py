"""Export gallery…: what can be had is offered, the preview follows, and what it showed is written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
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
from explorer.core.export.look import LOOKS
from explorer.core.model_pair import ModelPair
from explorer.core.opening import own_map
from explorer.core.progress import Progress
from explorer.core.provenance import Provenance, read_provenance, write_png
from explorer.core.recipes.document import Samples
from explorer.core.recipes.from_session import KINDS_SHOWN, Settings
from explorer.core.recipes.gallery import gallery_of
from explorer.core.recipes.source import Source
from explorer.core.recipes.writing import Style, open_recipe, recipe_for, write_gallery
from explorer.core.sampling import SampleRequest
from explorer.core.session import Session
from explorer.core.workspace import Workspace
from explorer.ui.gallery.dialog import GalleryDialog
from explorer.ui.gallery.models import GalleryModels
from explorer.ui.gallery.preview import GalleryPreview
from tests.onnx_pairs import write_pair


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


def exported(hand, dialog: GalleryDialog, out: Path) -> Path:
    """Agree, choose a folder, and wait for the files."""
    QTest.mouseClick(save_of(dialog), Qt.MouseButton.LeftButton)
    (where,) = hand.explorer.window.findChildren(QFileDialog)
    out.mkdir()
    where.setDirectory(str(out))
    with hand.qtbot.waitSignal(hand.explorer.tray.exported, timeout=60_000):
        where.fileSelected.emit(str(out))
        where.reject()
    return out


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
    said: list[str] = []
    hand.explorer.edits.said.connect(said.append)
    out = exported(hand, dialog, tmp_path / "out")
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


def test_a_film_plays_in_the_preview_as_it_will_be_written(hand) -> None:
    dialog = asked(hand)
    drawn(hand, dialog, "48 pictures")
    sheet = dialog.preview.size()
    preview = dialog.findChild(GalleryPreview)
    assert not preview.film_button.isVisible()
    named(dialog, QCheckBox, "Film (GIF)").click()
    hand.wait(preview.film_button.isVisible)
    assert dialog.preview.size() == sheet
    preview.film_button.click()
    seen: list[QImage] = []
    for _ in range(4):
        hand.wait(lambda: all(dialog.preview != one for one in seen))
        seen.append(dialog.preview.copy())
    assert all(one.width() == one.height() <= 392 for one in seen)
    preview.sheet_button.click()
    assert dialog.preview.size() == sheet
    assert not preview.is_playing
    preview.film_button.click()
    dialog.reject()
    hand.wait(lambda: not preview.is_playing)


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


def test_the_tray_is_sifted_models_are_compared_and_a_film_goes_as_chosen(
    hand, tmp_path: Path, fashion_pictures: np.ndarray
) -> None:
    write_pair(tmp_path / "mine", fashion_pictures, 16)
    hand.explorer.tray.sample(SampleRequest("prior", 4, 7, 0.0))
    hand.wait(lambda: len(hand.session.tray) == 4)
    hand.explorer.kept.rate([0, 1], 3)
    hand.explorer.kept.rate([2], 5)
    hand.explorer.kept.tag([0, 2], ("smile",))
    dialog = asked(hand)
    drawn(hand, dialog, "4 pictures")
    pick(named(dialog, QComboBox, "Least stars"), "★★★ or more")
    drawn(hand, dialog, "3 pictures")
    pick(named(dialog, QComboBox, "Tag"), "smile")
    drawn(hand, dialog, "2 pictures")
    wanted = [hand.session.tray[row].provenance.latent.tolist() for row in (0, 2)]
    assert dialog.shows.what().latents.tolist() == wanted
    pick(named(dialog, QComboBox, "Kind of gallery"), "several models")
    drawn(hand, dialog, "add one")
    dialog.findChild(GalleryModels).add(tmp_path / "mine")
    drawn(hand, dialog, "20 pictures")
    for name in ("Single pictures", "Sheet (PNG)", "Film (APNG)"):
        named(dialog, QCheckBox, name).click()
    pick(named(dialog, QComboBox, "How a film goes"), "Once")
    drawn(hand, dialog, "20 pictures")
    out = exported(hand, dialog, tmp_path / "out")
    recipe, source = open_recipe(out / "recipe.json", Progress())
    assert [pair.name for pair in source.pairs] == [hand.session.pair.name, "mine"]
    with Image.open(out / "film.png") as film:
        assert (film.n_frames, film.info["loop"]) == (20, 1)
        again = write_gallery(recipe, source, tmp_path / "again")
        assert again.paths[0].read_bytes() == (out / "film.png").read_bytes()


def test_a_recipe_that_is_dropped_is_asked_about_as_it_says_and_gives_the_same_bytes(
    open_explorer, fashion_bundle: Path, tmp_path: Path
) -> None:
    work = Workspace.open(fashion_bundle)
    source = Source((ModelPair.open(fashion_bundle),), work, own_map(work))
    style = Style("Again", ("singles", "sheet"), replace(LOOKS["Poster"], side=50.0, captions=True))
    what = Samples("fitted", 5, 11, order="similarity")
    first = write_gallery(recipe_for(what, source, tmp_path, style), source, tmp_path / "first")
    hand = open_explorer(first.folder / "recipe.json")  # with nothing else, its model and data are opened
    hand.wait(lambda: len(hand.explorer.window.findChildren(GalleryDialog)) == 1)
    (dialog,) = hand.explorer.window.findChildren(GalleryDialog)
    drawn(hand, dialog, "5 pictures")
    assert named(dialog, QAbstractSpinBox, "Seed").value() == 11
    out = exported(hand, dialog, tmp_path / "out")
    for path in first.paths[:-1]:
        assert path.read_bytes() == (out / path.name).read_bytes()
    hand.drop(out / "recipe.json")
    hand.wait(lambda: len(hand.explorer.window.findChildren(GalleryDialog)) == 1)
    (dialog,) = hand.explorer.window.findChildren(GalleryDialog)
    drawn(hand, dialog, "5 pictures")
    named(dialog, QAbstractSpinBox, "Pictures").setValue(3)
    drawn(hand, dialog, "3 pictures")
    dialog.reject()
    (tmp_path / "bad.json").write_text("{}")
    hand.drop(tmp_path / "bad.json")
    hand.wait(hand.explorer.window.message.isVisible)
    assert "bad.json is no recipe" in hand.explorer.window.message.text()


def test_pictures_return_to_their_latents_with_their_model_which_is_asked_for_where_it_is_not_known(
    hand, tmp_path: Path, fashion_pictures: np.ndarray, fashion_bundle: Path
) -> None:
    explorer, message = hand.explorer, hand.explorer.window.message
    source = Source.of(hand.session)
    done = write_gallery(
        recipe_for(Samples(count=5), source, tmp_path, Style(formats=("singles",))), source, tmp_path
    )
    hand.drop(*done.paths[:5])
    hand.wait(lambda: len(hand.session.dropped) == 5)
    for dropped, path in zip(hand.session.dropped, done.paths[:5], strict=True):
        assert dropped.latent.tobytes() == read_provenance(path).latent.tobytes()
        assert dropped.error == 0
    ours, short = hand.session.pair, np.zeros(3, np.float32)
    write_png(tmp_path / "f.png", np.zeros((28, 28, 1), np.uint8), Provenance(short, "x", ours.fingerprint))
    hand.drop(tmp_path / "f.png")
    assert "3 numbers and not 16: its note is forged" in message.text()
    write_pair(tmp_path / "mine", fashion_pictures, 6)
    pair = ModelPair.open(tmp_path / "mine")
    own = np.linspace(-1, 1, 6).astype(np.float32)
    write_png(tmp_path / "p.png", pair.decode(own[None])[0], Provenance(own, pair.name, pair.fingerprint))
    hand.drop(tmp_path / "p.png")  # it was open before, so that it is known
    hand.wait(lambda: hand.session.pair.name == "mine" and hand.cursor.source == "kept")
    assert hand.cursor.latent.tobytes() == own.tobytes()
    hand.drop(fashion_bundle)
    hand.wait(lambda: hand.session.pair.name == "fashion-vae" and not explorer.jobs.running)
    (tmp_path / "mine").rename(tmp_path / "moved")
    hand.drop(tmp_path / "p.png")
    hand.wait(message.isVisible)
    assert "drawn by the model “mine”" in message.text()
    for folder, halves in ((fashion_bundle, "not the model"), (tmp_path / "moved", "")):
        QTest.mouseClick(message.offer, Qt.MouseButton.LeftButton)
        (where,) = explorer.window.findChildren(QFileDialog)
        where.filesSelected.emit([str(folder / "encoder.onnx"), str(folder / "decoder.onnx")])
        where.reject()
        if halves:
            hand.wait(lambda: "not the model" in message.text())
            hand.wait(lambda: not explorer.window.findChildren(QFileDialog))
    hand.wait(lambda: hand.session.pair.name != "fashion-vae" and hand.cursor.source == "kept")
    assert hand.cursor.latent.tobytes() == own.tobytes()


def test_each_kind_that_is_offered_can_be_made(hand) -> None:
    hand.click(hand.on_data())
    hand.key(Qt.Key.Key_K)
    source = Source.of(hand.session)
    for key, kind in KINDS_SHOWN.items():
        if kind.missing(hand.session) or key == "comparison":
            continue
        settings = Settings(count=2, field=hand.session.work.fields[0].name)
        gallery = gallery_of(recipe_for(kind.make(hand.session, settings), source, Path(), Style()), source)
        assert np.ptp(gallery.pictures(0, len(gallery))) > 0, key
    assert all(
        kind.missing(Session()) for key, kind in KINDS_SHOWN.items() if key not in ("samples", "comparison")
    )
    with pytest.raises(ExplorerError, match="No model"):
        Source.of(Session())
