"""What a person did survives: a crash, a model or data that have moved, a file of another machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import platformdirs
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from explorer.core.dataset import open_dataset
from explorer.core.encoding import encode
from explorer.core.map_settings import MapRecord, MapSettings
from explorer.core.model_pair import ModelPair
from explorer.core.progress import Progress
from explorer.core.session_file import load_session
from tests.core.test_session import same
from tests.onnx_pairs import write_pair

RUNNING = Path(platformdirs.user_state_dir("latent-explorer")) / "running"

# The real window: a click, a bookmark, a random picture, a picture kept; then it is killed.
CRASH = """
import os, signal, sys, time
from pathlib import Path
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
app = QApplication([])
from explorer.ui.app import Explorer
explorer = Explorer()
explorer.start([Path(sys.argv[1])])
def wait(done):
    end = time.monotonic() + 60
    while not done():
        app.processEvents()
        time.sleep(0.005)
        assert time.monotonic() < end
def seen():
    decoded = explorer.presenter.decoded
    return decoded is not None and decoded.is_of(explorer.store.session)
wait(lambda: explorer.store.session.map is not None and seen())
key = lambda key, how=Qt.KeyboardModifier.NoModifier: QTest.keyClick(explorer.window.map, key, how)
QTest.mouseClick(explorer.window.map, Qt.MouseButton.LeftButton, pos=explorer.window.map.rect().center())
wait(seen)
key(Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
key(Qt.Key.Key_D)
wait(seen)
key(Qt.Key.Key_K)
kept = explorer.sessions.autosave.file
wait(lambda: kept.exists() and not explorer.jobs.running)
from explorer.core.session_file import load_session
wait(lambda: len(load_session(kept).session.tray) == 1)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_what_was_done_before_a_crash_is_offered_and_restored_exactly(
    open_explorer, fashion_bundle, tmp_path
):
    ended = subprocess.run(
        [sys.executable, "-c", CRASH, str(fashion_bundle)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    [left] = RUNNING.glob("[0-9]*.latents")
    was = load_session(left)
    hand = open_explorer(fashion_bundle)
    message = hand.explorer.window.message
    hand.wait(message.isVisible)
    assert "ended unexpectedly" in message.text()
    QTest.mouseClick(message.offer, Qt.MouseButton.LeftButton)
    hand.wait(lambda: len(hand.session.tray) == 1)
    for name in ("cursor", "tray", "bookmarks", "seed", "hidden", "selection", "path", "axes"):
        assert same(getattr(hand.session, name), getattr(was.session, name)), name
    assert hand.session.cursor.source == "prior"
    assert hand.session.map.record == was.map
    hand.explorer.close()
    again = open_explorer(fashion_bundle)
    QTest.qWait(1000)
    assert not again.explorer.window.message.isVisible()  # told once
    again.explorer.sessions.restore_crashed()  # but there for whoever asks
    again.wait(lambda: len(again.session.tray) == 1)
    for file in RUNNING.iterdir():
        file.unlink()


def test_a_window_that_is_closed_leaves_nothing_to_restore(hand):
    hand.key(Qt.Key.Key_D)
    file = hand.explorer.sessions.autosave.file
    hand.wait(file.exists)
    assert same(load_session(file).session.cursor, hand.cursor)
    hand.explorer.close()
    assert list(RUNNING.iterdir()) == []


@pytest.fixture
def away(tmp_path, fashion_pictures):
    """A model, data, their workspace and a session in one folder."""
    home = tmp_path / "home"
    write_pair(home / "model", fashion_pictures, 10)
    np.savez(home / "data.npz", images=fashion_pictures[:60, :, :, 0])
    work = encode(ModelPair.open(home / "model"), open_dataset(home / "data.npz"), home / "work", Progress())
    places = np.random.default_rng(0).standard_normal((60, 2)).astype(np.float32)
    work.save_positions(places, MapRecord(MapSettings(seed=9)).facts())
    return home


def choose(hand, *paths: Path) -> None:
    """Answer the file dialog that the button of the message opens."""
    QTest.mouseClick(hand.explorer.window.message.offer, Qt.MouseButton.LeftButton)
    dialog = next(one for one in hand.explorer.window.findChildren(QFileDialog) if one.isVisible())
    many = len(paths) > 1
    (dialog.filesSelected if many else dialog.fileSelected).emit(
        [*map(str, paths)] if many else str(paths[0])
    )
    dialog.done(0)


def test_a_session_asks_where_its_model_and_its_data_are(open_explorer, away):
    hand = open_explorer(away / "work")
    hand.key(Qt.Key.Key_D)
    hand.wait_for_picture()
    latent = hand.cursor.latent
    hand.explorer.sessions.save_session(away / "mine.latents")
    hand.wait(lambda: not hand.explorer.jobs.running)
    hand.explorer.opening.open_bundle("fashion-vae")
    hand.wait(lambda: hand.session.pair.name == "fashion-vae" and not hand.explorer.jobs.running)
    (away / "model").rename(away / "moved")
    (away / "data.npz").rename(away / "renamed.npz")
    before, message = hand.session, hand.explorer.window.message
    hand.drop(away / "mine.latents")
    hand.wait(message.isVisible)
    assert "not there any more" in message.text()
    assert hand.session.pair is before.pair
    assert hand.session.cursor is before.cursor
    choose(hand, away / "moved" / "encoder.onnx", away / "moved" / "decoder.onnx")
    hand.wait(lambda: hand.session.pair is not before.pair)
    assert hand.cursor.latent.tobytes() == latent.tobytes()
    hand.wait(lambda: message.isVisible() and "full pictures" in message.text())
    choose(hand, away / "renamed.npz")
    hand.wait(lambda: hand.session.work.data.path == away / "renamed.npz")
    hand.wait(lambda: not hand.explorer.jobs.running)
    assert hand.session.work.samples([3]).shape == (1, 28, 28, 1)
    assert json.loads((away / "work" / "workspace.json").read_text())["data"]["path"].endswith("renamed.npz")
