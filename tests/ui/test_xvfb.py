"""The program as a new user meets it: the real command on a real X server, with a mouse and a keyboard."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.core.provenance import read_provenance
from explorer.core.session import Session
from explorer.core.session_file import load_session

pytestmark = pytest.mark.skipif(
    not (shutil.which("Xvfb") and shutil.which("xdotool")), reason="needs Xvfb and xdotool"
)

MAP = (700, 380)


class Desk:
    """A screen of 1600×1000, the program on it, and hands."""

    def __init__(self, home: Path) -> None:
        self.home = home
        read, write = os.pipe()
        self.server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", "1600x1000x24", "-nolisten", "tcp"],
            pass_fds=[write], stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(write)
        with os.fdopen(read) as pipe:
            display = f":{pipe.readline().strip()}"
        self.environment = {
            **os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "XDG_DATA_HOME": str(home / "data"),
            "XDG_CONFIG_HOME": str(home / "config"), "HOME": str(home),
        }  # fmt: skip
        self.environment.pop("WAYLAND_DISPLAY", None)
        self.window = ""
        self.program: subprocess.Popen | None = None

    def start(self, *arguments: str) -> None:
        self.program = subprocess.Popen(
            [sys.executable, "-m", "explorer", *arguments], env=self.environment, stderr=subprocess.PIPE
        )
        self.window = self.find("faces-vae")  # the title, once the model is open
        self.do("windowsize", "--sync", self.window, "1440", "900")
        self.do("windowmove", self.window, "0", "0")
        self.do("windowfocus", self.window)
        time.sleep(3)

    def find(self, name: str) -> str:
        """The window of that name, once it is there; a search fails if another window goes meanwhile."""
        until = time.monotonic() + 40
        while time.monotonic() < until:
            found = subprocess.run(
                ["xdotool", "search", "--onlyvisible", "--name", name],
                env=self.environment, capture_output=True, text=True, timeout=15,
            )  # fmt: skip
            if found.stdout.strip():
                return found.stdout.split()[0]
            time.sleep(0.1)
        raise TimeoutError(f"no window called {name}")

    def do(self, *words: str) -> str:
        return subprocess.run(
            ["xdotool", *words], env=self.environment, check=True, capture_output=True, text=True, timeout=15
        ).stdout

    def mouse(self, *steps: str) -> None:
        self.do(*steps)
        time.sleep(0.3)

    def drag(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        self.do("mousemove", *map(str, start), "mousedown", "1")
        for i in range(1, 16):
            x, y = (round(a + (b - a) * i / 15) for a, b in zip(start, end, strict=True))
            self.do("mousemove", str(x), str(y))
            time.sleep(0.03)
        time.sleep(0.2)
        self.do("mouseup", "1")
        time.sleep(0.5)

    def drop(self, path: Path) -> None:
        """Drag a file out of another program's window onto the map."""
        source = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("drag_source.py")), str(path)], env=self.environment
        )
        self.find("Drag source")
        time.sleep(0.5)
        self.drag((1520, 160), MAP)
        source.wait(20)
        self.do("windowfocus", self.window)
        time.sleep(1)

    def photograph(self, path: Path) -> None:
        """What is on the screen, for a failing test."""
        if shutil.which("import"):
            subprocess.run(
                ["import", "-window", "root", str(path)], env=self.environment, check=False, timeout=30
            )

    def keys(self, *keys: str) -> None:
        self.do("key", "--delay", "60", *keys)
        time.sleep(0.6)

    def leave(self) -> Session:
        """Quit by keyboard; what was kept on exit."""
        self.do("mousemove", *map(str, MAP))
        self.keys("ctrl+q")
        assert self.program is not None
        _, errors = self.program.communicate(timeout=20)
        assert self.program.returncode == 0
        assert errors.decode() == ""
        return load_session(self.home / "data" / "latent-explorer" / "last.latents").session

    def close(self) -> None:
        self.photograph(self.home / "screen.png")
        if self.program is not None and self.program.poll() is None:
            self.program.kill()
            print(self.program.communicate(timeout=10)[1].decode())
        self.server.kill()
        self.server.wait(10)


@pytest.fixture
def desk(tmp_path):
    desk = Desk(tmp_path)
    yield desk
    desk.close()


def test_click_drag_drop_keep_export_and_return_to_the_exact_latent(desk, tmp_path, faces_bundle):
    with np.load(faces_bundle / "faces.npz", allow_pickle=False) as data:
        Image.fromarray(data["images"][7]).save(tmp_path / "face.png")
    desk.start()
    desk.mouse("mousemove", "600", "300", "click", "1")
    desk.keys("k")
    desk.drag((600, 300), (820, 460))
    desk.keys("k")
    desk.drop(tmp_path / "face.png")
    desk.keys("k")
    desk.keys("ctrl+e")
    desk.do("windowfocus", desk.find("Export gallery"))
    desk.keys("Return")
    desk.do("windowfocus", desk.find("Export the gallery"))
    out = tmp_path / "gallery"
    out.mkdir()
    desk.do("type", "--delay", "15", str(out))
    desk.keys("Return")
    desk.do("windowfocus", desk.window)
    until = time.monotonic() + 20
    while not (out / "sheet.png").exists() and time.monotonic() < until:
        time.sleep(0.1)
    names = sorted(path.name for path in out.glob("*.png"))
    assert names == ["0001.png", "0002.png", "0003.png", "sheet.png"]
    desk.keys("d")
    desk.drop(out / "0002.png")
    kept = desk.leave()
    note = read_provenance(out / "0002.png")
    assert kept.cursor.source == "kept"
    assert kept.cursor.latent.tobytes() == note.latent.tobytes()
    clicked, dragged, dropped = (one.provenance for one in kept.tray)
    assert clicked.place[0] < dragged.place[0]
    assert clicked.place[1] > dragged.place[1]
    assert dropped.sampler == "image"

    desk.start()
    assert desk.leave().cursor.latent.tobytes() == note.latent.tobytes()
