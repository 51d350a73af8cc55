"""Which renderer draws the map: what the user chose, else the graphics card where one is known to answer."""

from __future__ import annotations

import json
import os
import sys

from PySide6.QtCore import QObject, QProcess, QSettings, qVersion
from PySide6.QtGui import QGuiApplication

from explorer.ui.map.view import MapView

CHOICES = ("auto", "raster", "opengl")
VARIABLE = "LATENT_EXPLORER_RENDERER"
"""An environment variable that overrides the setting: one of ``CHOICES``."""

_WITHOUT_A_SCREEN = ("offscreen", "minimal", "vnc", "linuxfb")


class RendererChoice(QObject):
    """Sets the map's renderer and remembers what is known of the graphics card.

    Whether a card answers is asked by a process of its own, at leisure, once for each display and version of
    Qt; the answer counts from the next start on. So no start waits for a driver.
    """

    def __init__(self, map_view: MapView, settings: QSettings) -> None:
        super().__init__(map_view)
        self._map, self._settings = map_view, settings
        self._process: QProcess | None = None
        map_view.fell_back.connect(lambda _: self._remember(usable=False))

    @property
    def chosen(self) -> str:
        """One of ``CHOICES``, as the environment or else the settings have it."""
        wanted = os.environ.get(VARIABLE) or str(self._settings.value("renderer", "auto"))
        return wanted if wanted in CHOICES else "auto"

    def choose(self, name: str) -> None:
        """Draw so from now on, and at the next start."""
        if name != self.chosen and VARIABLE not in os.environ:
            self._settings.setValue("renderer", name)
        usable = name == "opengl" or (name == "auto" and self._settings.value(self._key()) == "usable")
        self._map.use_renderer("opengl" if usable else "raster")

    def probe(self) -> None:
        """Find out whether a card answers, unless that is known."""
        known = self._settings.value(self._key()) is not None
        if known or self.chosen != "auto" or QGuiApplication.platformName() in _WITHOUT_A_SCREEN:
            return
        self._process = QProcess(self)
        self._process.finished.connect(self._take_answer)
        self._process.start(sys.executable, ["-m", "explorer.ui.map.gl_probe"])

    def close(self) -> None:
        """Wait for nothing any more."""
        if self._process is not None:
            self._process.finished.disconnect()
            self._process.kill()
            self._process.waitForFinished(1000)

    def _take_answer(self) -> None:
        assert self._process is not None
        answered = bytes(self._process.readAllStandardOutput().data())
        self._process = None
        try:
            usable = json.loads(answered)["usable"] is True
        except (ValueError, KeyError, TypeError):
            usable = False  # a driver that ends the process is none
        self._remember(usable=usable)

    def _remember(self, *, usable: bool) -> None:
        self._settings.setValue(self._key(), "usable" if usable else "not usable")

    def _key(self) -> str:
        display = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY", "")
        name = f"{qVersion()} {QGuiApplication.platformName()} {display}"
        return "graphics card/" + name.replace("/", "_").replace("\\", "_")
