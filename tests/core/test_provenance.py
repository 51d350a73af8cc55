"""Pictures carry their latent bit by bit."""

from __future__ import annotations

import io
import json
import struct
import zlib
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from explorer import __version__
from explorer.core.errors import ExplorerError
from explorer.core.provenance import (
    KEYWORD,
    DamagedNote,
    Provenance,
    read_provenance,
    webp_bytes,
    write_png,
)
from explorer.core.xmp import NAMESPACE

finite = st.floats(width=32, allow_nan=False, allow_infinity=False)


def picture(seed: int = 0, height: int = 12, width: int = 10, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), np.uint8)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def bits(latent: np.ndarray) -> bytes:
    return latent.astype("<f4").tobytes()


@settings(deadline=None)
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
def test_a_forged_note_is_told_in_a_sentence(body: bytes) -> None:
    with pytest.raises(DamagedNote, match=r"^The picture .*ordinary picture"):
        read_provenance(png_with((b"tEXt", body)))


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
    with pytest.raises(DamagedNote):
        read_provenance(bytes(data))


def test_a_gigantic_note_is_told_and_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.png"
    with path.open("wb") as file:
        file.write(png_with()[:33] + struct.pack(">I", 0x7FFFFFFF) + b"tEXt" + KEYWORD.encode() + b"\0")
        file.truncate(1 << 31)  # a hole: to read it all would take the memory that it does not have
    with pytest.raises(DamagedNote, match=r"huge\.png"):
        read_provenance(path)
    path.write_bytes(b"RIFF\xff\xff\xff\x7fWEBPXMP \xff\xff\xff\x7f")
    with pytest.raises(DamagedNote, match=r"huge\.png"):
        read_provenance(path)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_webp_carries_the_same_and_its_pixels_are_exact(channels: int) -> None:
    given = Provenance(
        np.float32([0.1, -3e-30]), "fäces & <co>", "ab" * 32, "π", 2**70, 3, (0.1, 2.0), recipe="be"
    )
    data = webp_bytes(picture(channels=channels), given)
    found = read_provenance(data)
    assert found is not None
    assert found.to_json() == given.to_json()
    with Image.open(io.BytesIO(data)) as image:
        pixels = np.array(image.convert("RGB"))
    assert np.array_equal(pixels, np.broadcast_to(picture(channels=channels), pixels.shape))


def webp_with(packet: bytes) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture()).save(buffer, "WEBP", lossless=True, xmp=packet)
    return buffer.getvalue()


def test_another_programs_way_to_write_the_same_property_is_read() -> None:
    text = escape(Provenance(np.ones(4, np.float32), "m", "f").to_json(), {'"': "&quot;"})
    packet = (
        f'<m xmlns="adobe:ns:meta/" xmlns:other="{NAMESPACE}"><d other:provenance="{text}"/></m>'.encode()
    )
    found = read_provenance(webp_with(packet))
    assert found is not None
    assert found.latent.tolist() == [1, 1, 1, 1]
    for foreign in (b"<m xmlns='adobe:ns:meta/'>nothing of ours</m>", b"no XML"):
        assert read_provenance(webp_with(foreign)) is None


OURS = f'<m xmlns:le="{NAMESPACE}"><le:provenance>'
LAUGHS = "".join(f'<!ENTITY l{i + 1} "{f"&l{i};" * 10}">' for i in range(9))


@pytest.mark.parametrize(
    "packet",
    [
        f'<!DOCTYPE m [<!ENTITY l0 "ha">{LAUGHS}]>{OURS}&l9;</le:provenance></m>',
        f'<!DOCTYPE m [<!ENTITY f SYSTEM "file:///etc/passwd">]>{OURS}&f;</le:provenance></m>',
        OURS + "<m>" * 10_000,
        OURS + "{}</le:provenance></m>",
        OURS,
    ],
    ids=["laughs", "a file", "deep", "not ours", "cut off"],
)
def test_a_hostile_packet_is_told_and_nothing_in_it_is_followed(packet: str) -> None:
    with pytest.raises(DamagedNote):
        read_provenance(webp_with(packet.encode()))


@given(st.binary(max_size=400))
def test_any_bytes_are_survived(data: bytes) -> None:
    assert read_provenance(data) is None
    assert read_provenance(b"\x89PNG\r\n\x1a\n" + data) is None
    assert read_provenance(b"RIFF\0\0\0\0WEBP" + data) is None


@given(st.data())
def test_a_note_cut_or_changed_anywhere_is_survived(data: st.DataObject) -> None:
    whole = png_with((b"tEXt", note()))
    position = data.draw(st.integers(0, len(whole) - 1))
    assert believed(whole[:position]) is None or position > whole.index(b"IDAT") - 8
    changed = bytearray(whole)
    changed[position] ^= data.draw(st.integers(1, 255))
    found = believed(bytes(changed))
    assert found is None or found.latent.tolist() == [1, 1, 1, 1]


def believed(data: bytes) -> Provenance | None:
    try:
        return read_provenance(data)
    except DamagedNote:
        return None


def test_other_files_have_no_note_and_missing_ones_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff\xe0 not a PNG")
    assert read_provenance(tmp_path / "a.jpg") is None
    with pytest.raises(ExplorerError, match=r"nothing\.png could not be read"):
        read_provenance(tmp_path / "nothing.png")
