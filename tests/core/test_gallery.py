"""Pictures carry their latent bit by bit, and a gallery appears whole or not at all."""

from __future__ import annotations

import io
import json
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from explorer import __version__
from explorer.core.errors import Cancelled, ExplorerError
from explorer.core.gallery import LIGHT, Recipe, contact_sheet, decoding, export_gallery, provenances
from explorer.core.progress import Progress, Report
from explorer.core.provenance import KEYWORD, Provenance, read_provenance, write_png

finite = st.floats(width=32, allow_nan=False, allow_infinity=False)


def picture(seed: int = 0, height: int = 12, width: int = 10, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), np.uint8)


def stripes(latents: np.ndarray) -> np.ndarray:
    """A decoder: one grey stripe for each latent dimension."""
    levels = np.clip(128 + 40 * latents, 0, 255).astype(np.uint8)
    return levels[:, None, :, None].repeat(16, axis=1).repeat(4, axis=2)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def bits(latent: np.ndarray) -> bytes:
    return latent.astype("<f4").tobytes()


@given(
    latent=arrays.arrays(np.float32, st.integers(1, 64), elements=finite),
    seed=st.none() | st.integers(0, 2**70),
)
def test_a_note_returns_bit_by_bit(
    latent: np.ndarray, seed: int | None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("note") / "p.png"
    place = (0.1, -1e-17)
    write_png(path, picture(), Provenance(latent, "fäces-vae", "ab" * 32, "prior N(0, I)", seed, 3, place))
    note = read_provenance(path)
    assert note is not None
    assert bits(note.latent) == bits(latent)
    assert (note.model, note.fingerprint, note.sampler) == ("fäces-vae", "ab" * 32, "prior N(0, I)")
    assert (note.seed, note.index, note.place) == (seed, 3, place)
    assert note.program == f"latent-explorer {__version__}"


@pytest.mark.parametrize("channels", [1, 3])
def test_the_picture_is_a_plain_png(tmp_path: Path, channels: int) -> None:
    path = tmp_path / "p.png"
    write_png(path, picture(channels=channels), Provenance(np.ones(4, np.float32), "m", "f"))
    with Image.open(path) as image:
        assert np.array_equal(np.array(image).reshape(12, 10, channels), picture(channels=channels))
        assert KEYWORD in image.info
    assert read_provenance(path.read_bytes()) is not None
    assert names_in(tmp_path) == ["p.png"]


def png_with(*chunks: tuple[bytes, bytes]) -> bytes:
    """A real PNG with these chunks put in after its header."""
    buffer = io.BytesIO()
    Image.fromarray(picture()).save(buffer, "PNG")
    plain = buffer.getvalue()
    made = b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )
    return plain[:33] + made + plain[33:]


def note(**changes: object) -> bytes:
    content = json.loads(Provenance(np.ones(4, np.float32), "m", "f", seed=1).to_json())
    content.update(changes)
    return KEYWORD.encode() + b"\0" + json.dumps(content).encode()


FORGED = {
    "not JSON": KEYWORD.encode() + b"\0{{{",
    "not text": KEYWORD.encode() + b"\0\xff\xfe\x00",
    "a list": KEYWORD.encode() + b"\0[1]",
    "a number": KEYWORD.encode() + b"\0 7",
    "deep": KEYWORD.encode() + b"\0" + b"[" * 200_000,
    "a huge number": KEYWORD.encode() + b'\0{"format": ' + b"9" * 10_000 + b"}",
    "nothing": KEYWORD.encode() + b"\0{}",
    "format of words": note(format="one"),
    "format below": note(format=0),
    "no latent": note(latent=None),
    "another size": note(latent={"type": "float32-le", "size": 5, "base64": "AACAPwAAgD8AAIA/AACAPw=="}),
    "half a float": note(latent={"type": "float32-le", "size": 1, "base64": "AACA"}),
    "empty latent": note(latent={"type": "float32-le", "size": 0, "base64": ""}),
    "not base64": note(latent={"type": "float32-le", "size": 1, "base64": "öö"}),
    "not a number": note(latent={"type": "float32-le", "size": 1, "base64": "AADAfw=="}),
    "a place of three": note(place=[1, 2, 3]),
    "an infinite place": note(place=[1e999, 0]),
    "a place of words": note(place="xy"),
    "a seed of words": note(sampler={"text": "", "seed": "1", "index": 0}),
    "a name of numbers": note(model={"name": 1, "fingerprint": "f"}),
}


@pytest.mark.parametrize("body", FORGED.values(), ids=FORGED)
def test_a_forged_note_is_no_note(body: bytes) -> None:
    assert read_provenance(png_with((b"tEXt", body))) is None


def test_the_true_note_is_found_among_other_chunks() -> None:
    found = read_provenance(png_with((b"tEXt", b"Comment\0hello"), (b"zTXt", b"x\0\0zz"), (b"tEXt", note())))
    assert found is not None
    assert found.latent.tolist() == [1, 1, 1, 1]


def test_a_note_of_a_later_version_says_so() -> None:
    with pytest.raises(ExplorerError, match="update"):
        read_provenance(png_with((b"tEXt", note(format=2))))


def test_a_changed_byte_is_noticed() -> None:
    data = bytearray(png_with((b"tEXt", note())))
    at = data.index(b"base64") + 12
    data[at] ^= 1
    assert read_provenance(bytes(data)) is None


def test_a_gigantic_note_is_passed_by(tmp_path: Path) -> None:
    path = tmp_path / "huge.png"
    with path.open("wb") as file:
        file.write(png_with()[:33] + struct.pack(">I", 0x7FFFFFFF) + b"tEXt" + KEYWORD.encode() + b"\0")
    assert read_provenance(path) is None


@given(st.binary(max_size=400))
def test_any_bytes_are_survived(data: bytes) -> None:
    assert read_provenance(data) is None
    assert read_provenance(b"\x89PNG\r\n\x1a\n" + data) is None


@given(st.data())
def test_a_note_cut_or_changed_anywhere_is_survived(data: st.DataObject) -> None:
    whole = png_with((b"tEXt", note()))
    position = data.draw(st.integers(0, len(whole) - 1))
    assert read_provenance(whole[:position]) is None or position > whole.index(b"IDAT") - 8
    changed = bytearray(whole)
    changed[position] ^= data.draw(st.integers(1, 255))
    found = read_provenance(bytes(changed))
    assert found is None or found.latent.tolist() == [1, 1, 1, 1]


def test_other_files_have_no_note_and_missing_ones_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff\xe0 not a PNG")
    assert read_provenance(tmp_path / "a.jpg") is None
    with pytest.raises(ExplorerError, match=r"nothing\.png could not be read"):
        read_provenance(tmp_path / "nothing.png")


def test_recipes_give_their_latents_again() -> None:
    rows = np.random.default_rng(0).normal(size=(30, 5)).astype(np.float32)
    recipes = [
        Recipe.prior(7, 5, 1),
        Recipe.around(rows[0], 0.3, 7, 1),
        Recipe.selection(rows, 7, 1),
        Recipe.kept(rows[:7]),
    ]
    for recipe in recipes:
        assert recipe.latents().shape == (7, 5)
        assert np.array_equal(recipe.latents(), recipe.latents())
    assert len({recipe.text for recipe in recipes}) == 4
    assert "30 points" in recipes[2].text
    assert np.array_equal(recipes[3].latents(), rows[:7])
    for empty in (Recipe.kept(rows[:0]), Recipe.selection(rows[:0], 3, 1)):
        with pytest.raises(ExplorerError, match="first"):
            empty.latents()


def test_an_exported_gallery_returns_to_its_latents(tmp_path: Path) -> None:
    recipe = Recipe.prior(70, 5, 42)
    places = np.random.default_rng(0).random((70, 2))
    items = provenances(recipe, "striped", "cafe", places)
    heard: list[Report] = []
    paths = export_gallery(decoding(stripes), items, tmp_path / "out", Progress(heard.append, 0))
    assert [path.name for path in paths] == [f"{i:04}.png" for i in range(1, 71)] + ["sheet.png"]
    assert names_in(tmp_path / "out") == sorted(path.name for path in paths)
    latents = recipe.latents()
    for index, path in enumerate(paths[:-1]):
        found = read_provenance(path)
        assert found is not None
        assert bits(found.latent) == bits(latents[index])
        assert (found.seed, found.index, found.fingerprint) == (42, index, "cafe")
        assert found.place == tuple(places[index])
        with Image.open(path) as image:
            assert np.array_equal(np.array(image)[:, :, None], stripes(latents[index : index + 1])[0])
    assert heard[-1].fraction == 1


def test_sheet_alone_and_singles_alone(tmp_path: Path) -> None:
    items = provenances(Recipe.prior(3, 5, 1), "m", "f")
    assert [
        p.name for p in export_gallery(decoding(stripes), items, tmp_path, Progress(), singles=False)
    ] == ["sheet.png"]
    names = [
        p.name for p in export_gallery(decoding(stripes), items, tmp_path / "b", Progress(), sheet=False)
    ]
    assert names == ["0001.png", "0002.png", "0003.png"]
    with pytest.raises(ExplorerError, match="nothing to export"):
        export_gallery(decoding(stripes), [], tmp_path / "c", Progress())
    assert not (tmp_path / "c").exists()


def test_a_cancelled_or_failed_gallery_leaves_nothing_and_spares_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "0001.png").write_bytes(b"mine")
    items = provenances(Recipe.prior(200, 5, 1), "m", "f")
    progress = Progress()
    calls = []

    def decode_then_cancel(latents: np.ndarray) -> np.ndarray:
        calls.append(len(latents))
        if len(calls) == 2:
            progress.cancel()
        return stripes(latents)

    with pytest.raises(Cancelled):
        export_gallery(decoding(decode_then_cancel), items, tmp_path, progress)

    def fail(latents: np.ndarray) -> np.ndarray:
        raise ExplorerError("The decoder failed.")

    with pytest.raises(ExplorerError, match="decoder"):
        export_gallery(decoding(fail), items, tmp_path, Progress())
    assert names_in(tmp_path) == ["0001.png"]
    assert (tmp_path / "0001.png").read_bytes() == b"mine"


@pytest.mark.skipif(sys.platform == "win32", reason="the size of files cannot be limited")
def test_a_gallery_that_cannot_be_finished_leaves_nothing(tmp_path: Path) -> None:
    import resource

    items = provenances(Recipe.prior(5, 300, 1), "m", "f")
    noise = np.random.default_rng(0)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(ExplorerError, match=r"sheet\.png|out") as caught:
            export_gallery(
                lambda z: noise.integers(0, 256, (len(z), 60, 60, 3), np.uint8),
                items,
                tmp_path / "out",
                Progress(),
            )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "could not be written" in str(caught.value)
    assert names_in(tmp_path) == []


@pytest.mark.parametrize(
    ("count", "size", "layout"),
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
def test_a_sheet_is_well_composed(count: int, size: int, layout: tuple[int, int]) -> None:
    pictures = np.full((count, size, size, 1), 255, np.uint8)
    sheet = contact_sheet(pictures, background=(20, 22, 26))
    height, width, channels = sheet.shape
    scale = max(1, round(112 / size))
    assert channels == 3
    assert 90 <= size * scale <= 128
    assert (width, height) == tuple(n * (size * scale + 8) + 24 for n in layout)
    inked = (sheet == 255).all(axis=2)
    assert inked.sum() == count * (size * scale) ** 2
    for edge in (inked[:16], inked[-16:], inked[:, :16], inked[:, -16:]):
        assert not edge.any()


def test_a_sheet_keeps_pixels_hard_and_in_order() -> None:
    pictures = np.stack([picture(seed, 8, 8) for seed in range(6)])
    sheet = contact_sheet(pictures, columns=3, scale=2, gap=4, background=LIGHT)
    assert sheet.shape == (2 * 20 - 4 + 16, 3 * 20 - 4 + 16, 3)
    assert np.array_equal(sheet[8 : 8 + 16 : 2, 8 : 8 + 16 : 2], pictures[0])
    assert np.array_equal(sheet[28 : 28 + 16 : 2, 48 : 48 + 16 : 2], pictures[5])
    assert (sheet[:8] == 255).all()


def test_captions_stand_below_their_pictures() -> None:
    pictures = np.zeros((3, 40, 40, 3), np.uint8)
    plain = contact_sheet(pictures, columns=3)
    named = contact_sheet(pictures, columns=3, captions=["a", "", "a caption far too long for its cell"])
    assert named.shape[0] == plain.shape[0] + 18
    cell = (named.shape[1] - 24) // 3
    below = named[16 + 120 :, :, 0] > 100
    assert below[:, 16 : 16 + cell].any()
    assert not below[:, 16 + cell : 16 + 2 * cell].any()
    assert below[:, 16 + 2 * cell :].any()
    assert not below[:, -16:].any()


def test_large_pictures_are_reduced_on_the_sheet_only(tmp_path: Path) -> None:
    def big(latents: np.ndarray) -> np.ndarray:
        return np.full((len(latents), 600, 500, 3), 200, np.uint8)

    paths = export_gallery(decoding(big), provenances(Recipe.prior(2, 3, 1), "m", "f"), tmp_path, Progress())
    with Image.open(paths[0]) as single, Image.open(paths[-1]) as sheet:
        assert single.size == (500, 600)
        assert sheet.size == (2 * (167 + 8) + 24, 200 + 32)


def test_no_pictures_no_sheet() -> None:
    with pytest.raises(ExplorerError, match="no pictures"):
        contact_sheet(np.zeros((0, 8, 8, 3), np.uint8))
