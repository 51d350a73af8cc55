"""The map drawn by OpenGL, in a process and on an X server of its own, with Mesa's software renderer."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QSettings
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.ui.map.choice import VARIABLE, RendererChoice
from explorer.ui.map.gl_probe import is_a_card
from explorer.ui.map.view import MapView

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def screen() -> Iterator[dict[str, str]]:
    """The environment of an X server with OpenGL 3.3, or a reason to skip."""
    if not shutil.which("Xvfb"):
        pytest.skip("needs Xvfb")
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1400x1000x24", "-nolisten", "tcp"],
        pass_fds=[write], stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(write)
    with os.fdopen(read) as pipe:
        display = f":{pipe.readline().strip()}"
    environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
    environment.pop("WAYLAND_DISPLAY", None)
    try:
        answer = run(["-m", "explorer.ui.map.gl_probe"], environment)
        if answer is None or not json.loads(answer)["renderer"]:
            pytest.skip("there is no OpenGL 3.3 here (Mesa's libgl1-mesa-dri would do)")
        yield environment
    finally:
        server.kill()
        server.wait(10)


def run(arguments: list[str], environment: dict[str, str]) -> str | None:
    """What a Python process prints; None where it fails."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
    )
    if done.returncode:
        print(done.stderr)
    return done.stdout if done.returncode == 0 else None


def act(part: str, environment: dict[str, str], *arguments: str) -> dict:
    """Run a part of ``gl_scenes.py`` on the screen; what it found."""
    told = run([str(HERE / "gl_scenes.py"), part, *arguments], environment)
    assert told is not None
    return json.loads(told.splitlines()[-1])


@pytest.mark.parametrize("ratio", ["1", "1.5", "2"])
def test_both_renderers_show_the_same(screen: dict[str, str], tmp_path: Path, ratio: str) -> None:
    found = act("pictures", {**screen, "QT_SCALE_FACTOR": ratio}, str(tmp_path))
    assert found["ratio"] == float(ratio)
    assert found["scenes"] == [
        "whole", "near", "states", "light", "density", "ground", "over pictures", "thumbnails", "names",
        "lattice", "far apart", "none",
    ]  # fmt: skip
    for name in found["scenes"]:
        card, processor = (
            np.asarray(Image.open(tmp_path / f"{name} {which}.png").convert("RGB")).astype(int)
            for which in ("opengl", "raster")
        )
        assert card.shape == processor.shape == (round(400 * float(ratio)), round(600 * float(ratio)), 3)
        away = np.abs(card - processor).max(axis=2)
        # A point whose place rounds to the next quarter of a pixel changes the edge of one disc.
        assert np.mean(away > 3) < 5e-4, name
        assert away.mean() < 0.1, name
        if name != "none":
            assert np.ptp(processor, axis=(0, 1)).max() > 60, name


def test_the_card_keeps_the_density_while_the_hand_moves(screen: dict[str, str]) -> None:
    found = act("moving", screen)
    assert found["rough_was_exact"] is False
    assert found["then_exact"] is True
    assert found["mean_difference"] < 1.0
    assert found["paints_at_rest"] == 0


def test_a_lost_context_falls_to_the_processor_and_says_so(screen: dict[str, str]) -> None:
    found = act("lost", screen)
    assert found["before"] != "CPU"
    assert found["after"] == "CPU"
    assert "processor" in found["said"]
    assert found["same_picture"] is True


def test_gestures_and_marks_work_over_opengl(screen: dict[str, str]) -> None:
    found = act("gestures", screen)
    assert found["phases"] == ["on a row", "move", "release"]
    assert found["ring_lightness"] > 120
    assert found["zoomed"] is True


def test_without_opengl_the_processor_draws_and_says_so(qtbot: QtBot) -> None:
    view = MapView()
    qtbot.addWidget(view)
    said: list[str] = []
    view.fell_back.connect(said.append)
    view.use_renderer("opengl")
    qtbot.waitUntil(lambda: bool(said))
    assert view.renderer == "CPU"
    assert "processor" in said[0]
    view.shut_down()


def test_the_choice_is_remembered_and_the_environment_overrides_it(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = MapView()
    qtbot.addWidget(view)
    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    monkeypatch.delenv(VARIABLE, raising=False)
    choice = RendererChoice(view, settings)
    assert choice.chosen == "auto"
    choice.choose("raster")
    assert RendererChoice(view, settings).chosen == "raster"
    monkeypatch.setenv(VARIABLE, "auto")
    assert choice.chosen == "auto"
    monkeypatch.setenv(VARIABLE, "nonsense")
    assert choice.chosen == "auto"
    view.shut_down()


def test_a_card_is_asked_by_a_process_and_the_answer_kept(screen: dict[str, str], tmp_path: Path) -> None:
    found = act("probe", screen, str(tmp_path))
    assert found["asked_again"] is False
    assert found["kept"] == ["not usable"]  # Mesa's software renderer is no card
    assert found["renderer"] == "CPU"


@pytest.mark.parametrize(
    ("name", "card"),
    [
        ("NVIDIA GeForce RTX 3060/PCIe/SSE2", True),
        ("Mesa Intel(R) UHD Graphics 620 (KBL GT2)", True),
        ("Apple M2", True),
        ("llvmpipe (LLVM 15.0.6, 256 bits)", False),
        ("Google SwiftShader", False),
        ("Microsoft Basic Render Driver", False),
        ("Apple Software Renderer", False),
    ],
)
def test_programs_that_act_as_cards_are_known(name: str, card: bool) -> None:
    assert is_a_card(name) is card


def test_the_offscreen_platform_is_never_asked(qtbot: QtBot, tmp_path: Path) -> None:
    view = MapView()
    qtbot.addWidget(view)
    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    choice = RendererChoice(view, settings)
    choice.probe()
    QTest.qWait(50)
    assert settings.allKeys() == []
    choice.close()
    view.shut_down()
