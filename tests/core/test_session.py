from __future__ import annotations

import numpy as np
import pytest

from explorer.core.errors import ExplorerError
from explorer.core.model_pair import ModelPair
from explorer.core.provenance import Provenance
from explorer.core.session import Cursor, Kept, Session, load_session, save_session
from explorer.core.view import View
from explorer.core.workspace import Workspace


@pytest.fixture
def session(fashion_bundle):
    latent = np.random.default_rng(5).standard_normal(16).astype(np.float32)
    kept = Kept(np.full((28, 28, 1), 9, np.uint8), Provenance(latent, "m", "f", "prior", 3, 1, (0.1, 2.5)))
    return Session(
        pair=ModelPair.open(fashion_bundle),
        work=Workspace.open(fashion_bundle),
        color_by="label",
        hidden=frozenset({2, 5}),
        cursor=Cursor(latent, (1.25, -3.5), "map", None),
        tray=(kept,),
        seed=77,
    )


def test_a_session_comes_back_bit_by_bit(tmp_path, session):
    save_session(tmp_path / "s.latents", session, View(1.0, 2.0, 0.25, 800, 600))
    saved = load_session(tmp_path / "s.latents")
    assert saved.cursor.latent.tobytes() == session.cursor.latent.tobytes()
    assert (saved.cursor.place, saved.cursor.source, saved.cursor.seed) == ((1.25, -3.5), "map", None)
    assert (saved.color_by, saved.hidden, saved.seed) == ("label", session.hidden, 77)
    assert saved.workspace == session.work.folder.resolve()
    assert saved.model == (session.pair.encoder_path.resolve(), session.pair.decoder_path.resolve())
    assert saved.view == View(1.0, 2.0, 0.25, 800, 600)
    assert np.array_equal(saved.tray[0].picture, session.tray[0].picture)
    assert saved.tray[0].provenance.latent.tobytes() == session.tray[0].provenance.latent.tobytes()
    assert saved.tray[0].provenance.place == (0.1, 2.5)


def test_an_empty_session_is_kept_too(tmp_path):
    save_session(tmp_path / "s.latents", Session(), None)
    saved = load_session(tmp_path / "s.latents")
    assert (saved.model, saved.workspace, saved.cursor, saved.tray, saved.view) == ((), None, None, (), None)


def test_a_session_cut_short_anywhere_is_one_sentence(tmp_path, session):
    path = tmp_path / "s.latents"
    save_session(path, session, None)
    whole = path.read_bytes()
    for share in range(20):
        path.write_bytes(whole[: len(whole) * share // 20])
        with pytest.raises(ExplorerError, match=r"s\.latents"):
            load_session(path)


def test_a_session_of_a_newer_version_or_with_a_pickle_inside_is_refused(tmp_path):
    np.savez(tmp_path / "new.latents.npz", session=np.array('{"format": 99}'))
    with pytest.raises(ExplorerError, match="newer version"):
        load_session(tmp_path / "new.latents.npz")
    np.savez(tmp_path / "pickle.npz", session=np.array([{"format": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(ExplorerError, match="no session"):
        load_session(tmp_path / "pickle.npz")
    with pytest.raises(ExplorerError, match="does not exist"):
        load_session(tmp_path / "nothing.latents")


def test_what_was_there_stays_where_a_session_cannot_be_written(tmp_path, session):
    path = tmp_path / "s.latents"
    save_session(path, session, None)
    before = path.read_bytes()
    with pytest.raises(ExplorerError, match="could not be written"):
        save_session(path / "inside.latents", session, None)
    assert path.read_bytes() == before
