"""The map as a figure: files of each format read back, and the ways to them."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QDialogButtonBox, QFileDialog

from explorer.cli import main
from explorer.core.dataset_base import Field, Measure
from explorer.core.errors import Cancelled, ExplorerError
from explorer.core.latent_map import LatentMap
from explorer.core.lattice import Lattice
from explorer.core.map_settings import MapRecord, MapSettings
from explorer.core.opening import pair_of
from explorer.core.palette import categorical
from explorer.core.progress import Progress
from explorer.core.raster import Raster, paint
from explorer.core.raster_plan import LIGHT
from explorer.core.view import View
from explorer.core.workspace import Workspace
from explorer.ui.figure import files
from explorer.ui.figure.dialog import FigureDialog
from explorer.ui.figure.figure import MOST, THEMES, FigureSize
from explorer.ui.figure.files import SUFFIXES, draw, figure_bytes, write_figure
from explorer.ui.figure.layout import Layout
from explorer.ui.figure.source import FigureChoice, Mapped, figure_of
from explorer.ui.map.lattice_pictures import Source
from explorer.ui.map.lattice_still import LatticeStill
from explorer.ui.map.renderer import Scene, plan_in_pixels, style_of
from explorer.ui.map.thumbnail_still import ThumbnailStill
from explorer.ui.parts.check import Check

pytestmark = pytest.mark.usefixtures("qapp")
SMALL = FigureSize.of_pixels(480, 360)
SVG = "{http://www.w3.org/2000/svg}"


def mapped(column=None, *, shown=None, selected=None, count=600) -> Mapped:
    """Three clouds of points."""
    places = np.random.default_rng(0).normal(size=(count, 2)).astype(np.float32)
    places += np.array([[0, 0], [9, 1], [2, 8]])[np.arange(count) % 3]
    scene = Scene(Raster(places), None, categorical(1), shown, selected, None, LIGHT)
    return Mapped(scene, column, MapRecord(MapSettings(seed=7)))


def kinds(count=600) -> Field:
    return Field("kind", (np.arange(count) % 3).astype(np.int32), ("ants", "bees & wasps", "moths"))


def pixels(image: QImage) -> np.ndarray:
    """``(H, W, 4) float`` in the order blue, green, red, alpha."""
    image = image.convertToFormat(QImage.Format.Format_ARGB32)
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4).astype(float)


def texts(svg: bytes) -> list[str]:
    return [one.text.strip() for one in ET.fromstring(svg).iter(f"{SVG}text")]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_same_figure_gives_the_same_bytes(suffix):
    figure = figure_of(mapped(kinds()), FigureChoice(title="A map"))
    first = figure_bytes(figure, SMALL, suffix, Progress())
    assert first == figure_bytes(figure, SMALL, suffix, Progress())
    if suffix == ".pdf":
        assert re.findall(rb"Date \((.*?)\)", first)[0].startswith(b"D:20000101000000")
        assert len(re.findall(rb"/Subtype\s*/Image", first)) >= 1


def test_text_and_legend_of_an_svg_are_text_and_the_points_one_picture():
    figure = figure_of(mapped(kinds()), FigureChoice(title="A <map> & more"))
    svg = figure_bytes(figure, SMALL, ".svg", Progress())
    words = texts(svg)
    assert {"A <map> & more", "kind", "ants", "bees & wasps", "moths", "UMAP 1", "UMAP 2"} <= set(words)
    assert words.count("200") == 3
    caption = " ".join(words).replace("\u00a0", " ")
    for part in ("15 neighbours", "minimum distance 0.1", "euclidean", "seed 7", "600 points"):
        assert part in caption
    assert len(list(ET.fromstring(svg).iter(f"{SVG}image"))) == 1
    assert b"sans-serif" in svg


def test_svg_and_png_look_alike_and_a_png_knows_its_size():
    figure = figure_of(mapped(kinds()), FigureChoice(title="A map", theme="dark"))
    size = FigureSize.of_paper(60, 45, 200)
    png = QImage.fromData(figure_bytes(figure, size, ".png", Progress()))
    assert (png.width(), png.height(), png.dotsPerMeterX()) == (472, 354, 7874)
    assert png.text("Title") == "A map"
    drawn = QImage(png.size(), QImage.Format.Format_ARGB32)
    painter = QPainter(drawn)
    QSvgRenderer(figure_bytes(figure, size, ".svg", Progress())).render(painter)
    painter.end()
    blocks = [pixels(one)[:352, :464].reshape(44, 8, 58, 8, 4).mean(axis=(1, 3)) for one in (png, drawn)]
    assert np.abs(blocks[0] - blocks[1]).mean() < 2.0
    assert np.ptp(blocks[0]) > 50


def test_a_large_figure_is_drawn_in_parts_without_a_seam_by_the_painter_of_the_map():
    figure = figure_of(mapped(kinds()), FigureChoice(legend=False, caption=False, axes=False))
    size = FigureSize.of_pixels(2600, 300)
    image, layout = pixels(draw(figure, size, Progress())), Layout(figure, size)
    left, top = (round(at * size.ratio) for at in (layout.plot.left(), layout.plot.top()))
    scene = Scene(*(getattr(figure.scene, name) for name in ("raster", "codes", "palette")), None, None, None,
                  style_of(THEMES["print"]))  # fmt: skip
    whole = paint(plan_in_pixels(scene, layout.view, size.ratio)).astype(float)
    height, width = whole.shape[:2]
    assert width > 2048
    drawn = image[top : top + height, left : left + width, :3]
    assert np.abs(drawn - whole[..., :3]).max() <= 1.0
    assert whole[..., :3].min() < 150


def test_a_transparent_figure_over_its_ground_is_the_opaque_one():
    one = mapped(kinds())
    clear = pixels(draw(figure_of(one, FigureChoice(transparent=True)), SMALL, Progress()))
    solid = pixels(draw(figure_of(one, FigureChoice()), SMALL, Progress()))
    assert clear[0, 0, 3] == 0
    alpha = clear[..., 3:] / 255.0
    over = clear[..., :3] * alpha + 255.0 * (1.0 - alpha)
    assert np.abs(over - solid[..., :3]).max() <= 3.0


def uniform(rows) -> np.ndarray:
    """Pictures whose colour tells the row."""
    rows = np.asarray(rows)
    colors = np.stack([rows // 256 * 40 + 40, rows % 256, np.full(len(rows), 200)], axis=1).astype(np.uint8)
    return np.broadcast_to(colors[:, None, None], (len(rows), 12, 12, 3)).copy()


def test_thumbnails_are_in_the_figure_where_the_window_shows_them(monkeypatch):
    thumbnails = ThumbnailStill(uniform, everywhere=True)
    pictured = replace(mapped(kinds()), above=(thumbnails,))
    figure = figure_of(pictured, FigureChoice())
    image = draw(figure, SMALL, Progress())
    layout = Layout(figure, SMALL)
    assert len(thumbnails._cache.lacking(np.arange(600))) < 560
    places, found = layout.view.to_screen(figure.scene.raster.index.places), 0
    corner = (layout.plot.topLeft() * SMALL.ratio).toPoint()
    for row, (x, y) in zip(figure.scene.raster.index.rows.tolist(), places.tolist(), strict=True):
        if thumbnails._cache.get(row) is not None:
            seen = image.pixelColor(round(x) + corner.x(), round(y) + corner.y()).getRgb()[:3]
            found += bool(np.abs(np.array(seen) - uniform([row])[0, 0, 0]).max() <= 2)
    assert found > 30
    monkeypatch.setattr(files, "_TILE", 150)
    assert np.abs(pixels(draw(figure, SMALL, Progress())) - pixels(image)).max() <= 1.0
    svg = figure_bytes(figure, SMALL, ".svg", Progress())
    assert len(list(ET.fromstring(svg).iter(f"{SVG}image"))) == 1
    without = draw(figure_of(pictured, FigureChoice(thumbnails=False)), SMALL, Progress())
    assert np.array_equal(
        pixels(without), pixels(draw(figure_of(mapped(kinds()), FigureChoice()), SMALL, Progress()))
    )


def test_the_decoded_background_is_in_the_figure_below_the_points(fashion_bundle, monkeypatch):
    work = Workspace.open(fashion_bundle)
    latent_map = LatentMap.of(work.positions(), work.latents)
    raster = latent_map.raster
    source = Source(pair_of(work), latent_map.inverse, {}, Lattice.over(raster.bounds))
    scene = Scene(raster, None, categorical(1), None, None, None, LIGHT)
    background = LatticeStill(source)
    figure = figure_of(Mapped(scene, None, None, below=(background,)), FigureChoice(transparent=True))
    image = draw(figure, SMALL, Progress())
    layout, likeness = Layout(figure, SMALL), []
    corner = (layout.plot.topLeft() * SMALL.ratio).toPoint()
    for cell, decoded in background._pictures._images.items():
        left, bottom, right, top = source.lattice.box(cell)
        (x0, y0), (x1, y1) = layout.view.to_screen(np.array([(left, top), (right, bottom)])).round()
        seen = image.copy(int(x0) + corner.x(), int(y0) + corner.y(), int(x1 - x0) - 1, int(y1 - y0) - 1)
        one, other = (
            pixels(each.scaled(seen.size(), mode=Qt.TransformationMode.SmoothTransformation))[..., 0].ravel()
            for each in (seen, decoded)
        )
        likeness.append(np.corrcoef(one, other)[0, 1])
    assert len(likeness) > 40
    assert np.median(likeness) > 0.6
    monkeypatch.setattr(files, "_TILE", 150)
    assert np.mean(np.abs(pixels(draw(figure, SMALL, Progress())) - pixels(image)) > 1.0) < 5e-3


def test_the_legend_tells_what_is_shown_filtered_and_without_a_label():
    codes = np.repeat(np.array([0, 1, 2, -1], np.int32), 150)
    field = Field("kind", codes, ("ants", "bees", "moths"))
    source = mapped(field, shown=codes != 1, selected=np.arange(20))
    figure = figure_of(source, FigureChoice(selection=True))
    found = [(one.name, one.count) for one in figure.key.entries]
    assert found == [("ants", 150), ("moths", 150), ("no label", 150), ("filtered out", 150)]
    assert "450 of 600 points" in figure.caption.replace("\u00a0", " ")
    assert "20 selected" in figure.caption.replace("\u00a0", " ")


def test_more_labels_than_there_is_room_for_are_counted():
    field = Field("name", np.arange(600, dtype=np.int32), tuple(f"item {i}" for i in range(600)))
    words = texts(figure_bytes(figure_of(mapped(field), FigureChoice()), SMALL, ".svg", Progress()))
    listed = sum(word.startswith("item ") for word in words)
    more = next(word for word in words if word.startswith("and "))
    assert listed > 5
    assert more == f"and {600 - listed} more"


def test_numbers_have_a_scale_that_says_what_lies_beyond_it():
    values = np.linspace(0.0, 1.0, 600, dtype=np.float32)
    values[0], values[1] = 900.0, np.nan
    svg = figure_bytes(
        figure_of(mapped(Measure("speed", values, "m/s")), FigureChoice()), SMALL, ".svg", Progress()
    )
    words = texts(svg)
    assert "speed (m/s)" in words
    assert any(word.startswith("≥") for word in words)
    assert "no value" in words
    assert b"linearGradient" in svg


@pytest.mark.parametrize("where", [(64, 64), (64, 2000), (2000, 64), (90, 120)])
def test_what_has_no_room_is_left_out_and_the_points_stay(where):
    figure = figure_of(mapped(kinds()), FigureChoice(title="A title that is far too long for this " * 3))
    image = pixels(draw(figure, FigureSize.of_pixels(*where), Progress()))
    assert image.shape[:2] == where[::-1]
    assert (image[..., :3].min(axis=2) < 200).any()


def test_no_points_and_points_without_a_place_make_a_figure_that_says_so():
    nothing = Scene(Raster(np.zeros((0, 2), np.float32)), None, categorical(1), None, None, None, LIGHT)
    figure = figure_of(Mapped(nothing, None, None), FigureChoice())
    assert figure_bytes(figure, SMALL, ".png", Progress())
    places = np.array([[0, 0], [1, 1], [np.nan, 0]], np.float32)
    some = Scene(Raster(places), None, categorical(1), None, None, None, LIGHT)
    said = figure_of(Mapped(some, None, None), FigureChoice()).caption.replace("\u00a0", " ")
    assert "1 without a place left out" in said


def test_what_the_window_shows_is_in_the_figure_whatever_its_shape():
    view = View(9.0, 1.0, 0.01, 300, 500)
    source = Mapped(**{**vars(mapped(kinds())), "view": view})
    shown = Layout(figure_of(source, FigureChoice(whole=False)), SMALL).view.bounds
    wanted = view.bounds
    assert shown[0] <= wanted[0] + 1e-6
    assert shown[3] >= wanted[3] - 1e-6
    assert shown[3] - shown[1] == pytest.approx(5.0)


@pytest.mark.parametrize(
    ("words", "size", "dpi"),
    [
        ("1600x1200", (1600, 1200), 96),
        ("180x135mm", (2126, 1594), 300),
        ("25.4×50.8 mm@100dpi", (100, 200), 100),
    ],
)
def test_sizes_are_read(words, size, dpi):
    found = FigureSize.parse(words.replace(" ", ""))
    assert (found.width, found.height, found.dpi) == (*size, dpi)


@pytest.mark.parametrize(
    "words", ["0x0", "1000000x1000000", f"{MOST}x{MOST}", "10x10", "big", "16.5x20", "-5x5", "180x135mm@5"]
)
def test_sizes_that_cannot_be_drawn_are_a_sentence(words):
    with pytest.raises(ExplorerError, match=r"^[^\n]+\.$"):
        FigureSize.parse(words)


def test_a_cancelled_figure_leaves_nothing(tmp_path):
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        write_figure(tmp_path / "f.png", figure_of(mapped(), FigureChoice()), SMALL, progress)
    assert not list(tmp_path.iterdir())


def test_the_command_draws_a_map_that_is_there_without_computing_it(fashion_bundle, tmp_path, capsys):
    before = Workspace.open(fashion_bundle).positions()
    options = ["--size", "600x400", "--theme", "light", "--color-by", "latent:3", "--title", "Third"]
    out = tmp_path / "sub" / "map.svg"
    assert main(["map", str(fashion_bundle), "--figure", str(out), *options]) == 0
    words = texts(out.read_bytes())
    assert {"Third", "z03"} <= set(words)
    assert "10,000" in " ".join(words).replace("\u00a0", " ")
    assert "mapped" not in capsys.readouterr().err
    pictured = tmp_path / "pictured.svg"
    more = ["--thumbnails", "--background"]
    assert main(["map", str(fashion_bundle), "--figure", str(pictured), *options, *more]) == 0
    assert texts(pictured.read_bytes()) == words
    assert pictured.read_bytes() != out.read_bytes()
    assert np.array_equal(before, Workspace.open(fashion_bundle).positions())


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("map.gif", [], ".png, .svg or .pdf"),
        ("map.png", ["--size", "0x5"], "0×5"),
        ("map.png", ["--color-by", "nose"], "“nose”"),
        ("a file/map.png", [], "could not be written"),
    ],
)
def test_the_command_refuses_with_a_sentence(fashion_bundle, tmp_path, capsys, name, options, said):
    (tmp_path / "a file").write_text("")
    assert main(["map", str(fashion_bundle), "--figure", str(tmp_path / name), *options]) == 1
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert said in last
    assert last.endswith(".")
    assert [path.name for path in tmp_path.iterdir()] == ["a file"]


def test_the_window_exports_what_the_dialog_shows(hand, tmp_path):
    for key in (Qt.Key.Key_T, Qt.Key.Key_B):
        hand.key(key)
    keys = {"thumbnails", "background"}
    hand.wait(lambda: keys <= {still.key for stills in hand.map.stills() for still in stills})
    hand.explorer.actions["ask_figure"].trigger()
    dialog = hand.explorer.window.findChild(FigureDialog)
    assert dialog.choice().thumbnails
    assert dialog.choice().background
    for name in ("Thumbnails", "Decoded background"):
        next(box for box in dialog.findChildren(Check) if box.text() == name).click()
    assert not dialog.choice().thumbnails
    hand.wait(lambda: dialog.preview is not None)
    first = dialog.preview
    boxes = {box.accessibleName(): box for box in dialog.findChildren(QComboBox)}
    QTest.keyClick(boxes["Colours"], Qt.Key.Key_End)
    hand.wait(lambda: dialog.preview is not first)
    assert pixels(dialog.preview)[0, 0, 0] < 60  # dark
    QTest.keyClick(boxes["Format"], Qt.Key.Key_Down)
    dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Save).click()
    where = hand.explorer.window.findChild(QFileDialog)
    where.setDirectory(str(tmp_path))
    where.selectFile("fashion.svg")
    where.accept()
    hand.wait((tmp_path / "fashion.svg").exists)
    assert {"fashion-vae · Fashion-MNIST", "Trouser"} <= set(texts((tmp_path / "fashion.svg").read_bytes()))
    QApplication.processEvents()
    hand.explorer.actions["ask_figure"].trigger()
    again = hand.explorer.window.findChildren(FigureDialog)[-1]
    assert again.choice().theme == "dark"
    again.reject()
    hand.wait(lambda: not hand.explorer.jobs.running)
