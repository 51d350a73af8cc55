"""The page of a gallery, in a real browser where one is there."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from explorer.core.export.look import Look
from explorer.core.export.packing import LETTERS, packed
from explorer.core.export.page import write_page
from explorer.core.progress import Progress
from explorer.core.provenance import png_bytes, read_provenance
from tests.browser import Page, browser
from tests.core.test_export import gallery

wanted = pytest.mark.skipif(browser() is None, reason="there is no Chromium")


def unpacked(text: str) -> bytes:
    """What ``packed`` packs, digit by digit."""
    made = b""
    for at in range(1, len(text), 5):
        value = 0
        for letter in text[at : at + 5]:
            value = value * 85 + LETTERS.index(letter.encode())
        made += value.to_bytes(4, "big")
    return made[: len(made) - int(text[0])]


def test_what_is_packed_comes_back_and_ends_no_tag() -> None:
    rng = np.random.default_rng(0)
    for size in range(9):
        data = rng.bytes(size)
        assert unpacked(packed(data)) == data
    assert not set(packed(bytes(range(256)) * 40)) & set("<>&\"'\\")


def test_a_title_or_caption_cannot_break_out_of_the_page(tmp_path: Path) -> None:
    shown = gallery(2)
    evil = "</script><script>alert(1)</script>{{script}}"
    shown = replace(shown, title=evil, items=[replace(one, caption=evil) for one in shown.items])
    write_page(shown, Look(), tmp_path / "p.html", Progress())
    text = (tmp_path / "p.html").read_text("utf-8")
    assert "alert" not in re.sub(r"&lt;.*?\n", "", text)
    assert len(re.findall("<script", text)) == 6
    data = json.loads(zlib.decompress(unpacked(re.search(r'id="data"[^>]*>(.*)</script>', text).group(1))))
    assert data["captions"] == [evil, evil]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page of 60 pictures in three groups, in a browser."""
    folder = tmp_path_factory.mktemp("page")
    write_page(gallery(60, 3, 12, groups=3), Look(), folder / "p.html", Progress())
    with Page(folder / "p.html", folder / "profile") as page:
        yield page
        assert page.errors == []
        assert [url for url in page.requests if not url.startswith(("file:", "blob:", "data:"))] == []


def picture_of(page: Page, canvas: str) -> np.ndarray:
    """The pixels of a canvas."""
    code = (
        f"(() => {{ const it = {canvas}; return [it.width, it.height, "
        "[...it.getContext('2d').getImageData(0, 0, it.width, it.height).data]]; })()"
    )
    width, height, values = page.run(code)
    return np.array(values, np.uint8).reshape(height, width, 4)[:, :, :3]


def place_of(page: Page, element: str) -> tuple[float, float]:
    """The middle of an element."""
    left, top, width, height = page.run(
        f"(b => [b.left, b.top, b.width, b.height])({element}.getBoundingClientRect())"
    )
    return left + width / 2, top + height / 2


@wanted
def test_the_pictures_are_there_to_the_last_bit(page: Page) -> None:
    pictures = gallery(60, 3, 12, groups=3).pictures(0, 60)
    assert page.run("document.querySelectorAll('.tile').length") == 60
    assert [
        picture_of(page, f"document.querySelectorAll('.tile canvas')[{i}]").tobytes() for i in (0, 7)
    ] == [pictures[i].tobytes() for i in (0, 7)]


@wanted
def test_a_click_opens_a_picture_with_its_facts_and_the_keys_go_on(page: Page) -> None:
    page.click(*place_of(page, "document.querySelectorAll('.tile')[3]"))
    page.wait("document.getElementById('one').open")
    said = page.run("document.getElementById('one').innerText")
    assert "picture 3" in said
    assert "support" in said
    assert str(2**70) in said
    page.key("ArrowRight")
    assert "picture 4" in page.run("document.getElementById('one').innerText")
    page.key("Escape")
    page.wait("document.activeElement.dataset.i === '4'")
    page.key("ArrowRight")
    page.key("Enter")
    page.wait("document.getElementById('one').open")
    assert "picture 5" in page.run("document.getElementById('one').innerText")
    page.key("Escape")


@wanted
def test_a_saved_picture_returns_to_its_latent(page: Page) -> None:
    shown = gallery(60, 3, 12, groups=3)
    code = (
        "latentExplorerPage.png(11).then(blob => blob.arrayBuffer())"
        ".then(data => btoa(String.fromCharCode(...new Uint8Array(data))))"
    )
    found = read_provenance(base64.b64decode(page.run(code)))
    assert found.latent.tobytes() == shown.items[11].latent.tobytes()
    assert (found.seed, found.index, found.recipe, found.model) == (2**70, 11, "beef", "noisy")


@wanted
def test_words_and_labels_sift_and_the_map_follows(page: Page) -> None:
    page.key("/")
    assert page.run("document.activeElement.id") == "find"
    for letter in "axis 2 48":
        page.key(letter)
    page.wait("document.querySelectorAll('.tile').length === 2")  # the 48th, and the one that is called so
    page.click(*place_of(page, "document.querySelector('#groups button')"))
    page.wait("document.querySelector('#groups button').ariaPressed === 'true'")
    page.wait("document.querySelectorAll('.tile').length === 0")
    page.key("/")
    page.key("Escape")
    page.wait("document.querySelectorAll('.tile').length === 20")
    page.click(*place_of(page, "document.querySelector('#groups button')"))
    page.wait("document.querySelectorAll('.tile').length === 60")


@wanted
def test_pointing_at_the_map_shows_what_lies_there_and_the_wheel_comes_closer(page: Page) -> None:
    before = picture_of(page, "document.getElementById('map')")
    left, top = page.run("(b => [b.left, b.top])(document.getElementById('map').getBoundingClientRect())")
    spot, x, y = page.run("latentExplorerPage.spots().at(-1)")
    page.mouse("Moved", left + x, top + y)
    page.wait("!document.getElementById('card').hidden")
    assert f"picture {spot}" in page.run("document.getElementById('card').innerText")
    assert page.run("document.querySelector('.tile.lit').dataset.i") == str(spot)
    where = f"{{deltaY: -600, cancelable: true, clientX: {left + x}, clientY: {top + y}}}"
    page.run(f"document.getElementById('map').dispatchEvent(new WheelEvent('wheel', {where}))")
    page.wait("latentExplorerPage.spots().length < 60")
    assert spot in [one for one, _, _ in page.run("latentExplorerPage.spots()")]
    page.run("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    after = picture_of(page, "document.getElementById('map')")
    assert not np.array_equal(before, after)


@wanted
def test_on_a_phone_nothing_is_cut_off(page: Page) -> None:
    page.size(390, 844, 2.0, mobile=True)
    page.wait("document.documentElement.clientWidth === 390")
    assert page.run("document.documentElement.scrollWidth") == 390
    wall = page.run("document.getElementById('wall').getBoundingClientRect().top")
    assert wall >= page.run("document.getElementById('room').getBoundingClientRect().bottom") - 1
    page.size(1280, 820)


@wanted
def test_without_a_map_or_notes_the_pictures_have_the_page(tmp_path: Path) -> None:
    shown = gallery(5)
    shown = replace(shown, items=[replace(one, where=None) for one in shown.items])
    write_page(shown, Look("light"), tmp_path / "p.html", Progress(), notes=False)
    assert shown.items[0].provenance().program not in (tmp_path / "p.html").read_text("utf-8")
    with Page(tmp_path / "p.html", tmp_path / "profile") as page:
        assert page.run("document.getElementById('room').hidden")
        assert page.run("document.documentElement.dataset.theme") == "light"
        assert page.run("document.querySelectorAll('.tile').length") == 5
        assert page.errors == []


@pytest.mark.slow
def test_a_page_is_hardly_larger_than_its_pictures(tmp_path: Path, fashion_bundle: Path) -> None:
    with np.load(fashion_bundle / "fashion.npz", allow_pickle=False) as data:
        pictures = data["images"][:2000].reshape(-1, 28, 28, 1)
    shown = replace(
        gallery(2000, 1), shape=(28, 28, 1), draw=lambda a, b: pictures[a:b], ground=gallery(1).ground
    )
    write_page(shown, Look(), tmp_path / "p.html", Progress())
    own = sum(len(png_bytes(one)) for one in pictures)
    assert (tmp_path / "p.html").stat().st_size < 1.3 * own
