from __future__ import annotations

import io
import json
import math
import shutil
import zipfile
from contextlib import suppress
from dataclasses import fields, is_dataclass, replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from explorer.core.carry import Individual
from explorer.core.coded import coder_of, kinds_of
from explorer.core.dataset import open_dataset
from explorer.core.declared import parts_of
from explorer.core.encoding import encode
from explorer.core.errors import ExplorerError, Gone
from explorer.core.latent_map import LatentMap
from explorer.core.latent_ops.directions import direction_between
from explorer.core.map_settings import MapRecord, MapSettings
from explorer.core.model_pair import ModelPair
from explorer.core.opening import Plan, open_now, own_map
from explorer.core.path_plan import PathPlan, Station
from explorer.core.progress import Progress
from explorer.core.provenance import Provenance
from explorer.core.reopening import data_gone, with_data
from explorer.core.session import Bookmark, Cursor, DroppedImage, Kept, Session
from explorer.core.session_file import load_session, own_fields, save_session
from explorer.core.view import View
from explorer.core.workspace import Workspace, default_folder
from tests.onnx_pairs import write_pair

HERE = View(1.0, 2.0, 0.25, 800, 600)


@pytest.fixture(scope="module")
def session(fashion_bundle):
    """Something in every field that is kept."""
    latent = np.random.default_rng(5).standard_normal(16).astype(np.float32)
    kept = Kept(np.full((28, 28, 1), 9, np.uint8), Provenance(latent, "m", "f", "prior", 3, 1, (0.1, 2.5)))
    picture = np.arange(784, dtype=np.uint8).reshape(28, 28, 1)
    work = Workspace.open(fashion_bundle)
    return Session(
        pair=ModelPair.open(fashion_bundle),
        work=work,
        map=own_map(work),
        color_by="label",
        hidden=frozenset({2, 5}),
        range=(0.5, math.inf),
        selection=np.array([7, 3, 99]),
        cursor=Cursor(latent, (1.25, -3.5), "carried", None, Individual(latent, (1.0, 2.0), math.inf, "it")),
        dropped=(DroppedImage("a.png", picture, None, None, latent, (0.0, 1.0), far=True),),
        tray=(kept,),
        seed=77,
        extras={"truncation": 0.7},
        bookmarks=(Bookmark(kept, "first", "a note", (0.1, 2.5)), Bookmark(kept, "second")),
        directions=(direction_between(work.latents[:200], np.arange(60), np.arange(60, 160)),),
        path=PathPlan(
            (Station(latent, (1.0, 2.0)), Station(-latent, None, "point", "#7")), "spherical", True
        ),
    )


def same(one, other) -> bool:
    """Whether two values of a session are the same bit by bit."""
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    if hasattr(one, "__dataclass_fields__"):
        names = [field.name for field in fields(one) if field.name[0] != "_"]
        return type(one) is type(other) and all(same(getattr(one, n), getattr(other, n)) for n in names)
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def test_every_field_of_a_session_comes_back_bit_by_bit(tmp_path, session):
    path = tmp_path / "s.latents"
    save_session(path, session, HERE)
    saved = load_session(path)
    for name in own_fields():
        assert same(getattr(saved.session, name), getattr(session, name)), name
    assert saved.session.cursor.latent is saved.session.dropped[0].latent  # as it was: one array
    assert saved.view == HERE
    assert saved.map == session.map.record
    opened = open_now(Plan(session=path), None, Progress())
    assert opened.pair.fingerprint == session.pair.fingerprint
    assert opened.work.folder == session.work.folder.resolve()


def test_every_type_that_a_session_is_declared_with_can_be_kept():
    def check(kind) -> None:
        if is_dataclass(kind):
            for name, one in kinds_of(kind).items():
                coder_of(one)
                check(one)
                assert name != "is"  # tells dataclasses of a union apart
        for part in parts_of(kind)[1]:
            check(part)

    for kind in own_fields().values():
        coder_of(kind)
        check(kind)


def test_a_map_that_is_kept_nowhere_else_comes_with_the_session(tmp_path, session):
    positions = np.array(session.map.positions[::-1])
    other = LatentMap.of(positions, session.work.latents, MapRecord(MapSettings(seed=123)))
    save_session(tmp_path / "s.latents", replace(session, map=other), None, include=True)
    opened = open_now(Plan(session=tmp_path / "s.latents"), None, Progress())
    assert opened.map.record == other.record
    assert np.array_equal(opened.map.positions, positions)


def test_an_empty_session_is_kept_too(tmp_path):
    save_session(tmp_path / "s.latents", Session(), None)
    saved = load_session(tmp_path / "s.latents")
    assert (saved.model, saved.work, saved.view) == (None, None, None)
    assert same(saved.session, Session())
    with pytest.raises(ExplorerError, match="no model was open"):
        open_now(Plan(session=tmp_path / "s.latents"), None, Progress())


def test_a_session_of_the_first_format_still_opens(tmp_path, session, fashion_bundle):
    cursor, kept = session.cursor, session.tray[0]
    facts = {
        "format": 1,
        "model": [str(path) for path in session.pair.plan.files],
        "workspace": str(fashion_bundle),
        "color_by": "label",
        "hidden": [2, 5],
        "range": None,
        "cursor": {
            "place": cursor.place,
            "source": "carried",
            "seed": None,
            "carried": {"place": [1.0, 2.0], "reach": 1e9, "name": "it"},
            "name": "",
        },
        "tray": [kept.provenance.to_json()],
        "seed": 77,
        "extras": {},
        "map": MapRecord(MapSettings(seed=5)).facts(),
        "view": [1.0, 2.0, 0.25, 800, 600],
    }
    arrays = {"cursor": cursor.latent, "carried": cursor.latent, "picture0": kept.picture}
    path = tmp_path / "old.latents"
    with path.open("wb") as file:
        np.savez_compressed(file, session=np.array(json.dumps(facts)), **arrays)
    saved = load_session(path)
    assert same(saved.session.cursor, cursor)
    assert same(saved.session.tray, session.tray)
    assert (saved.session.hidden, saved.session.seed, saved.view) == (session.hidden, 77, HERE)
    opened = open_now(Plan(session=path), None, Progress())
    assert len(opened.work) == len(session.work)


def test_what_a_newer_version_added_is_kept_and_what_it_changed_is_refused(tmp_path, session):
    path, again = tmp_path / "s.latents", tmp_path / "again.latents"
    save_session(path, session, None)
    rows = np.arange(5)
    songs = [{"npy": 900}, "la"]
    _rewrite(path, lambda facts: facts["session"].update(songs=songs), {"arrays/900.npy": rows})
    saved = load_session(path)
    assert same(saved.session.seed, 77)
    save_session(again, saved.session, None)
    assert np.array_equal(load_session(again).session.unknown["songs"][0], rows)

    save_session(path, session, None)
    _rewrite(path, lambda facts: facts["session"]["cursor"].update(mood="blue"))
    with pytest.raises(ExplorerError, match="newer version"):
        load_session(path)
    save_session(path, session, None)
    _rewrite(path, lambda facts: facts.update(format=99))
    with pytest.raises(ExplorerError, match="newer version"):
        load_session(path)


def _rewrite(path, change, arrays=None) -> None:
    """Change the JSON of a session, and put arrays or bytes in."""
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    facts = json.loads(parts["session.json"])
    change(facts)
    parts["session.json"] = json.dumps(facts).encode()
    for name, array in (arrays or {}).items():
        buffer = io.BytesIO()
        np.save(buffer, array, allow_pickle=True)
        parts[name] = array if isinstance(array, bytes) else buffer.getvalue()
    with zipfile.ZipFile(path, "w") as file:
        for name, content in parts.items():
            file.writestr(name, content)


CLAIM = b"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999,), }".ljust(117) + b"\n"
HEADER = b"\x93NUMPY\x01\x00v\x00" + CLAIM
CRAFTED = {
    "outside": (lambda facts: None, {"../outside.npy": b"x"}),
    "absolute": (lambda facts: None, {"/tmp/outside.npy": b"x"}),
    "no array": (lambda facts: None, {"arrays/0.npy": b"no array"}),
    "large by its header": (lambda facts: None, {"arrays/0.npy": HEADER}),
    "pickle": (lambda facts: None, {"arrays/0.npy": np.array([{"a": 1}], object)}),
    "another type": (lambda facts: None, {"arrays/0.npy": np.zeros(3)}),
    "not a number": (lambda facts: None, {"arrays/1.npy": np.full(16, np.nan, np.float32)}),
    "another size": (lambda facts: None, {"arrays/1.npy": np.zeros(15, np.float32)}),
    "infinite": (lambda facts: facts["session"].update(range=[math.nan, 1.0]), None),
    "negative": (lambda facts: facts["session"].update(seed=-1), None),
    "text for a number": (lambda facts: facts["session"].update(seed="7"), None),
    "a list for a mapping": (lambda facts: facts.update(session=[]), None),
    "nothing": (lambda facts: facts.clear(), None),
    "deep": (lambda facts: facts.update(session={"x": _nested(500)}, model=_nested(500)), None),
    "array of no number": (lambda facts: facts["session"].update(selection={"npy": "../../x"}), None),
    "a view of no size": (lambda facts: facts["view"].update(width=0), None),
    "a map of nothing": (lambda facts: facts["map"].__setitem__(0, ["neighbours", -1]), None),
}  # fmt: skip


def _nested(depth):
    return [_nested(depth - 1)] if depth else []


@pytest.mark.parametrize("name", CRAFTED)
def test_a_crafted_session_is_one_sentence(tmp_path, session, name):
    path = tmp_path / "s.latents"
    save_session(path, session, HERE)
    change, arrays = CRAFTED[name]
    _rewrite(path, change, arrays)
    with pytest.raises(ExplorerError, match=r"s\.latents") as refused:
        load_session(path)
    assert "\n" not in str(refused.value)
    assert [one.name for one in tmp_path.iterdir()] == ["s.latents"]


def test_a_session_that_would_unpack_to_too_much_is_refused_unread(tmp_path):
    path = tmp_path / "s.latents"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("session.json", "{}")
        file.writestr("arrays/0.npy", b"")
    content = bytearray(path.read_bytes())
    place = content.rindex(b"arrays/0.npy") - 46 + 24  # the length that the directory claims
    content[place : place + 4] = (0xFFFFFFF0).to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises(ExplorerError, match=r"unpack to 4\.3 GB"):
        load_session(path)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damaged_bytes_never_do_more_than_raise_one_sentence(tmp_path, session, data):
    path = tmp_path / "fuzzed.latents"
    if not path.exists():
        save_session(path, replace(session, work=None, map=None), HERE, small=False)
        (tmp_path / "whole").write_bytes(path.read_bytes())
    content = bytearray((tmp_path / "whole").read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        piece = data.draw(st.binary(max_size=4))
        content[at : at + data.draw(st.integers(0, 6))] = piece
    length = data.draw(st.integers(0, len(content))) if data.draw(st.booleans()) else len(content)
    path.write_bytes(content[:length])
    with suppress(ExplorerError):
        load_session(path)


def test_what_was_there_stays_where_a_session_cannot_be_written(tmp_path, session):
    path = tmp_path / "s.latents"
    save_session(path, session, None)
    before = path.read_bytes()
    with pytest.raises(ExplorerError, match="could not be written"):
        save_session(path / "inside.latents", session, None)
    assert path.read_bytes() == before


@pytest.fixture
def moved(tmp_path, fashion_pictures):
    """A folder with a model, data and their session, that has gone elsewhere; its workspace is gone."""
    home = tmp_path / "home"
    write_pair(home / "model", fashion_pictures, 10)
    np.savez(home / "data.npz", images=fashion_pictures[:40, :, :, 0])
    pair = ModelPair.open(home / "model")
    dataset = open_dataset(home / "data.npz")
    work = encode(pair, dataset, default_folder(pair, dataset), Progress())
    positions = np.random.default_rng(0).standard_normal((40, 2)).astype(np.float32)
    work.save_positions(positions, MapRecord(MapSettings(seed=9)).facts())
    work = Workspace.open(work.folder)
    latent = np.array(work.latents[3])
    session = Session(pair, work, own_map(work), cursor=Cursor(latent, (0.0, 0.0), "point"), seed=5)
    (home / "sessions").mkdir()
    save_session(home / "sessions" / "mine.latents", session, HERE, include=True)
    folder = work.folder
    del work, session
    shutil.rmtree(folder)
    away = tmp_path / "away"
    home.rename(away)
    yield away, positions, folder
    shutil.rmtree(folder, ignore_errors=True)


def test_a_session_opens_in_another_place_and_without_its_data(moved):
    away, positions, folder = moved
    (away / "data.npz").rename(away / "other.npz")
    plan = Plan(session=away / "sessions" / "mine.latents")
    opened = open_now(plan, None, Progress())
    assert opened.work.folder == folder
    assert np.array_equal(opened.map.positions, positions)
    assert opened.map.record == MapRecord(MapSettings(seed=9))
    assert opened.saved.session.cursor.latent.tobytes() == opened.work.latents[3].tobytes()
    gone = data_gone(opened.work)
    assert gone.wanted == "data"
    with pytest.raises(ExplorerError, match="does not exist"):
        opened.work.samples([0])
    found = with_data(opened.work, away / "other.npz")
    assert found.samples([0]).shape == (1, 28, 28, 1)
    assert data_gone(Workspace.open(folder)) is None
    np.savez(away / "short.npz", images=np.zeros((7, 28, 28), np.uint8))
    with pytest.raises(Gone, match="other pictures") as refused:
        with_data(opened.work, away / "short.npz")
    assert refused.value.wanted == "new data"


def test_a_model_that_is_gone_or_another_is_asked_for(moved, fashion_pictures):
    away, _, _ = moved
    session = away / "sessions" / "mine.latents"
    (away / "model").rename(away / "elsewhere")
    with pytest.raises(Gone, match="not there any more") as refused:
        open_now(Plan(session=session), None, Progress())
    assert refused.value.wanted == "model"
    opened = open_now(Plan(session=session, model=(away / "elsewhere",)), None, Progress())
    assert opened.map is not None
    write_pair(away / "model", fashion_pictures, 12)
    with pytest.raises(Gone, match="not the model") as refused:
        open_now(Plan(session=session), None, Progress())
    assert refused.value.wanted == "other model"
    taken = open_now(Plan(session=session, takes_other=True), None, Progress())
    assert taken.pair.latent_size == 12
    assert len(taken.work) == 40  # encoded anew
    shutil.rmtree(taken.work.folder)


def test_data_of_the_same_names_can_be_taken_for_those_that_were_encoded(tmp_path, fashion_pictures):
    from PIL import Image

    write_pair(tmp_path / "model", fashion_pictures, 10)
    for i in range(12):
        (tmp_path / "a").mkdir(exist_ok=True)
        Image.fromarray(fashion_pictures[i, :, :, 0]).save(tmp_path / "a" / f"{i:02}.png")
    pair, data = ModelPair.open(tmp_path / "model"), open_dataset(tmp_path / "a")
    work = encode(pair, data, tmp_path / "work", Progress())
    shutil.copytree(tmp_path / "a", tmp_path / "b", copy_function=shutil.copyfile)  # with other times
    with pytest.raises(Gone, match="same names") as refused:
        with_data(work, tmp_path / "b")
    assert refused.value.wanted == "other data"
    again = with_data(work, tmp_path / "b", takes_other=True)
    assert again.dataset().path == tmp_path / "b"
    assert Workspace.open(tmp_path / "work").data.path == tmp_path / "b"
