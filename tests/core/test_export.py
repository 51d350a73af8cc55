"""What a gallery's files hold: sheets, films, tables and the rest, read back by other programs' code."""

from __future__ import annotations

import csv
import io
import re
import sys
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageSequence

from explorer.core.errors import Cancelled, ExplorerError
from explorer.core.export import png
from explorer.core.export.film import write_film
from explorer.core.export.formats import FORMATS
from explorer.core.export.item import Gallery, Ground, Item
from explorer.core.export.look import LOOKS, Look
from explorer.core.export.sheet import draw_sheet, layout_of, write_sheet_png, write_sheet_webp
from explorer.core.export.sheet_pdf import write_sheet_pdf
from explorer.core.export.singles import single_name, write_singles
from explorer.core.export.tables import write_numbers, write_raw
from explorer.core.export.typeface import default_face, face_for
from explorer.core.progress import Progress
from explorer.core.provenance import read_provenance

PLAIN = Look(captions=False, headings=False, title=False)


def gallery(count: int, channels: int = 3, side: int = 8, groups: int = 0, **changes: object) -> Gallery:
    """Random pictures, captioned; in so many groups."""
    rng = np.random.default_rng(count)
    pictures = rng.integers(0, 256, (count, side, side, channels), np.uint8)
    latents = rng.normal(size=(count, 5)).astype(np.float32)
    each = -(-count // groups) if groups else count
    items = [
        Item(
            i, latents[i], "noisy", "cafe", "noise", 2**70, i, f"picture {i}",
            f"axis {i // each}" if groups else "", (0.1 * i, 0.5), {"support": 0.25},
        )
        for i in range(count)
    ]  # fmt: skip
    made = Gallery(
        "Noise", items, (side, side, channels), lambda a, b: pictures[a:b],
        lambda a, b: pictures[a:b].transpose(0, 3, 1, 2).astype(np.float32) / 255, recipe="beef",
        ground=Ground(rng.normal(size=(500, 2)).astype(np.float32)),
    )  # fmt: skip
    return replace(made, **changes)


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.array(image.convert("RGB"))


# --- sheets -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_a_sheet_is_the_same_as_png_webp_and_on_the_screen_and_again(look: Look, tmp_path: Path) -> None:
    shown = gallery(40, groups=5)
    drawn = draw_sheet(shown, look)
    for _ in range(2):
        write_sheet_png(shown, look, tmp_path / "s.png", Progress())
        (tmp_path / "s.png").rename(tmp_path / f"{_}.png")
    assert (tmp_path / "0.png").read_bytes() == (tmp_path / "1.png").read_bytes()
    write_sheet_webp(shown, look, tmp_path / "s.webp", Progress())
    assert np.array_equal(pixels(tmp_path / "0.png"), drawn)
    assert np.array_equal(pixels(tmp_path / "s.webp"), drawn)
    edge = np.concatenate([drawn[:20].reshape(-1, 3), drawn[:, :20].reshape(-1, 3)])
    assert (edge == look.inks.ground).all()
    with Image.open(tmp_path / "0.png") as image:
        assert image.text["Title"] == "Noise"
        assert image.text["latent-explorer-recipe"] == "beef"
    write_sheet_png(shown, look, tmp_path / "bare.png", Progress(), notes=False)
    with Image.open(tmp_path / "bare.png") as image:
        assert image.text == {}


@pytest.mark.parametrize(
    ("count", "side", "layout"),
    [
        (1, 28, (1, 1)),
        (2, 28, (2, 1)),
        (12, 28, (4, 3)),
        (64, 28, (8, 8)),
        (100, 48, (10, 10)),
        (24, 64, (6, 4)),
        (7, 32, (4, 2)),
    ],
)
def test_a_sheet_is_well_composed(count: int, side: int, layout: tuple[int, int]) -> None:
    shown = gallery(count, 1, side, draw=lambda a, b: np.full((b - a, side, side, 1), 255, np.uint8))
    sheet = draw_sheet(shown, PLAIN)
    scale = max(1, round(112 / side))
    assert sheet.shape[1::-1] == tuple(n * (side * scale + 8) + 24 for n in layout)
    inked = (sheet == 255).all(axis=2)
    assert inked.sum() == count * (side * scale) ** 2
    for rim in (inked[:16], inked[-16:], inked[:, :16], inked[:, -16:]):
        assert not rim.any()


def test_pixels_stay_hard_and_in_order_and_an_empty_cell_stays_empty() -> None:
    shown = gallery(6)
    shown = replace(shown, items=[*shown.items[:4], replace(shown.items[4], role="empty"), shown.items[5]])
    sheet = draw_sheet(shown, replace(PLAIN, columns=3, side=16, gap=4, margin=10))
    pictures = shown.pictures(0, 6)
    assert sheet.shape == (2 * 20 - 4 + 20, 3 * 20 - 4 + 20, 3)
    assert np.array_equal(sheet[10:26:2, 10:26:2], pictures[0])
    assert np.array_equal(sheet[30:46:2, 50:66:2], pictures[5])
    assert (sheet[30:46, 30:46] == PLAIN.inks.ground).all()


def test_short_groups_are_named_beside_their_rows_and_long_ones_above() -> None:
    short, long = gallery(24, groups=4), gallery(60, groups=2)
    beside = layout_of(short, Look())
    assert [row.heading for row in beside.rows] == [f"axis {i}" for i in range(4)]
    assert beside.beside > 0
    above = layout_of(long, Look(columns=10))
    assert [row.heading for row in above.rows] == ["axis 0", "", "", "axis 1", "", ""]
    assert above.beside == 0
    assert all(a.top + a.height <= b.top for a, b in zip(above.rows, above.rows[1:], strict=False))


def test_captions_are_cut_to_their_cells_and_letters_that_lack_are_found_elsewhere() -> None:
    face = default_face()
    cut = face.elided("a caption far too long for its cell", 12, 80)
    assert cut.endswith("…")
    assert face.width(cut, 12) <= 80
    assert face.font(12).getlength(cut) <= 88
    assert face.elided("line\nbreaks  too", 12, 999) == "line breaks too"
    assert face.shown("日") == "?"
    assert face_for(["plain"]) is face
    other = face_for(["über σ"])
    assert other.lacks(["über σ"]) <= face.lacks(["über σ"])


@settings(deadline=None)
@given(
    st.integers(1, 40), st.lists(st.integers(1, 30), min_size=1, max_size=6), st.sampled_from([1, 3]),
    st.booleans(),
)  # fmt: skip
def test_a_png_in_bands_is_the_picture(width: int, heights: list[int], channels: int, repeated: bool) -> None:
    rng = np.random.default_rng(width)
    bands = [rng.integers(0, 256, (height, width, channels), np.uint8) for height in heights]
    stream = io.BytesIO()
    png.write_bands(
        stream,
        (width, sum(heights)),
        bands,
        {"Title": "Größe", "Comment": "日本 \ud800"} if width % 2 else {},
        repeated=repeated,
    )
    with Image.open(stream) as image:
        image.load()
        assert np.array_equal(np.array(image).reshape(-1, width, channels), np.concatenate(bands))


@pytest.mark.parametrize("shape", [(5, 7, 9, 3), (4, 1, 6, 1), (3, 6, 1, 3), (1, 700, 600, 1)])
def test_pictures_written_together_are_those_written_alone(shape: tuple[int, ...]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    smooth = (np.indices(shape).sum(axis=0) * 3).astype(np.uint8)
    for pictures in (noise, smooth, noise // 128 * 255):
        notes = [{"Title": str(number)} for number in range(len(pictures))]
        for picture, note, made in zip(pictures, notes, png.files(pictures, notes), strict=True):
            assert made == next(png.files(picture[None], [note]))
            with Image.open(io.BytesIO(made)) as image:
                assert image.text == note
                assert np.array_equal(np.array(image).reshape(picture.shape), picture)


def test_a_sheet_too_large_for_webp_and_one_of_nothing_are_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ExplorerError, match="choose PNG"):
        write_sheet_webp(gallery(40), replace(PLAIN, columns=1, side=600), tmp_path / "s.webp", Progress())
    with pytest.raises(ExplorerError, match="no pictures"):
        draw_sheet(replace(gallery(1), items=[]), PLAIN)
    assert list(tmp_path.iterdir()) == []


def test_a_cancelled_sheet_leaves_nothing(tmp_path: Path) -> None:
    progress = Progress()
    shown = gallery(300)

    def draw(start: int, stop: int) -> np.ndarray:
        if start:
            progress.cancel()
        return np.zeros((stop - start, 8, 8, 3), np.uint8)

    with pytest.raises(Cancelled):
        write_sheet_png(replace(shown, draw=draw), PLAIN, tmp_path / "s.png", progress)
    assert list(tmp_path.iterdir()) == []


def test_a_pdf_holds_the_pictures_and_its_words_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "s.pdf"
    shown = gallery(150, groups=3)
    write_sheet_pdf(shown, LOOKS["Paper"], path, Progress())
    data = path.read_bytes()
    write_sheet_pdf(shown, LOOKS["Paper"], path, Progress())
    assert path.read_bytes() == data
    start = int(data.rsplit(b"startxref\n", 1)[1].split()[0])
    lines = data[start:].split(b"\n")
    for number, line in enumerate(lines[3 : 2 + int(lines[1].split()[1])], 1):
        assert data[int(line[:10]) :].startswith(b"%d 0 obj" % number)
    streams = re.findall(rb"<<([^\n]*)/Length (\d+)>>\nstream\n", data)
    found, at = [], 0
    for entries, length in streams:
        at = data.index(b"stream\n", data.index(entries, at)) + 7
        body = data[at : at + int(length)]
        found.append((entries, zlib.decompress(body) if b"FlateDecode" in entries else body))
    images = [body for entries, body in found if b"/Image" in entries]
    assert images == [picture.tobytes() for picture in shown.pictures(0, 150)]
    pages = len(re.findall(rb"/Type/Page/", data))
    assert pages > 1
    table = next(body for _, body in found if b"begincmap" in body).decode()
    letters = dict(re.findall(r"^<(\w{4})> <(\w{4})>$", table, re.MULTILINE))
    content = b"".join(body for _, body in found if b" Tj" in body).decode()
    said = [
        "".join(chr(int(letters[word[i : i + 4]], 16)) for i in range(0, len(word), 4))
        for word in re.findall(r"<(\w+)> Tj", content)
    ]
    wanted = {"Noise", "axis 0", "axis 2", f"1 / {pages}", *(f"picture {i}" for i in range(150))}
    assert wanted <= set(said)
    assert b"beef" in next(body for entries, body in found if b"/Metadata" in entries)


# --- films ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".gif", ".png", ".webp"])
@pytest.mark.parametrize(("play", "order"), [("there and back", [0, 1, 2, 3, 2, 1]), ("once", [0, 1, 2, 3])])
def test_a_film_shows_its_pictures_in_order(suffix: str, play: str, order: list[int], tmp_path: Path) -> None:
    shown = gallery(4, 1)
    look = Look(side=16, rate=20, play=play)
    write_film(shown, look, tmp_path / f"f{suffix}", Progress())
    with Image.open(tmp_path / f"f{suffix}") as film:
        frames = [np.array(frame.convert("L")) for frame in ImageSequence.Iterator(film)]
        assert film.info.get("loop", 1) == (0 if play != "once" else 1)
        film.seek(1)
        film.load()
        assert film.info["duration"] == 50
    pictures = shown.pictures(0, 4)[:, :, :, 0].repeat(2, axis=1).repeat(2, axis=2)
    assert len(frames) == len(order)
    assert all(np.array_equal(frame, pictures[i]) for frame, i in zip(frames, order, strict=True))


def test_a_gif_of_many_colours_has_one_palette_and_says_so(tmp_path: Path) -> None:
    told = write_film(gallery(4, side=32), Look(side=32), tmp_path / "f.gif", Progress())
    assert "256 colours" in told


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_a_video_has_its_pictures_and_rate(suffix: str, tmp_path: Path) -> None:
    av = pytest.importorskip("av")
    levels = np.linspace(20, 230, 12).astype(np.uint8)
    flat = gallery(
        12, 1, 9, draw=lambda a, b: np.full((b - a, 9, 9, 1), levels[a:b, None, None, None], np.uint8)
    )
    write_film(flat, Look(side=63, rate=24, play="once"), tmp_path / f"f{suffix}", Progress())
    with av.open(str(tmp_path / f"f{suffix}")) as film:
        stream = film.streams.video[0]
        assert stream.average_rate == 24
        frames = [frame.to_ndarray(format="gray") for frame in film.decode(stream)]
    assert len(frames) == 12
    assert frames[0].shape == (62, 62)
    seen = np.array([frame.mean() for frame in frames])
    assert np.corrcoef(seen, levels)[0, 1] > 0.99


def test_a_film_that_cannot_be_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ExplorerError, match="no kind of film"):
        write_film(gallery(2), Look(), tmp_path / "f.avi", Progress())
    with pytest.raises(ExplorerError, match="choose APNG"):
        write_film(gallery(3000, 3, 2), Look(side=400), tmp_path / "f.gif", Progress())
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(ExplorerError, match=r"latent-explorer\[video\]"):
        write_film(gallery(2), Look(), tmp_path / "f.mp4", Progress())
    assert list(tmp_path.iterdir()) == []


# --- singles and numbers ------------------------------------------------------------------------------


@given(st.text(max_size=200), st.integers(0, 9998))
def test_a_name_is_legal_everywhere_and_never_that_of_another(caption: str, index: int) -> None:
    name = single_name(index, 10_000, caption)
    assert not re.search(r'[<>:"/\\|?*\x00-\x1f]', name)
    assert name == name.strip()
    assert len(name.encode()) < 100
    assert int(re.match(r"\d+", name).group()) == index + 1
    assert single_name(index + 1, 10_000, caption) != name
    name.encode()  # lone surrogates could not be


def test_singles_in_both_kinds_return_to_their_latents_and_keep_their_pixels(tmp_path: Path) -> None:
    shown = gallery(130)
    for kind in ("png", "webp"):
        paths = list(write_singles(shown, tmp_path, Progress(), kind=kind))
        for i, path in enumerate(paths):
            found = read_provenance(path)
            assert found.latent.tobytes() == shown.items[i].latent.tobytes()
            assert (found.seed, found.index, found.recipe) == (2**70, i, "beef")
        assert np.array_equal(pixels(paths[129]), shown.pictures(129, 130)[0])
    assert len(list(tmp_path.iterdir())) == 260


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_table_gives_the_latents_again(suffix: str, tmp_path: Path) -> None:
    shown = gallery(9)
    shown = replace(shown, items=[replace(shown.items[0], role="empty"), *shown.items[1:]])
    path = tmp_path / f"t{suffix}"
    write_numbers(shown, path, Progress())
    if suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    else:
        rows = pytest.importorskip("pyarrow.parquet").read_table(path).to_pylist()
    assert len(rows) == 8
    assert rows[0]["file"] == "0002.png"
    assert rows[0]["seed"] == str(2**70)
    assert float(rows[3]["map_x"]) == 0.1 * 4
    latents = np.array([[np.float32(row[f"z{axis:02d}"]) for axis in range(5)] for row in rows])
    assert np.array_equal(latents, np.stack([item.latent for item in shown.items[1:]]))


def test_the_raw_output_is_the_decoders_own(tmp_path: Path) -> None:
    shown = gallery(150)
    write_raw(shown, tmp_path / "raw.npy", Progress())
    found = np.load(tmp_path / "raw.npy", allow_pickle=False)
    assert found.dtype == np.float32
    assert np.array_equal(found, shown.raw(0, 150))
    with pytest.raises(ExplorerError, match="raw array"):
        write_raw(replace(shown, raw=None), tmp_path / "none.npy", Progress())


def test_every_format_writes_its_file(tmp_path: Path) -> None:
    shown = gallery(3)
    for key, one in FORMATS.items():
        folder = tmp_path / key
        folder.mkdir()
        if not one.missing:
            one.write(shown, Look(side=16), folder / one.file, Progress(), notes=True)
            assert [path.name for path in folder.iterdir()] == [one.file] or key == "singles"
