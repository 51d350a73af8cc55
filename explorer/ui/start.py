"""What a start does before the window's own modules are loaded."""

from __future__ import annotations

import builtins
import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from explorer.core.ahead import DEVICE, NAME, Ahead, first_plan

if TYPE_CHECKING:
    from PySide6.QtCore import QSettings


def run(paths: Sequence[Path]) -> int:
    """Show the window on ``paths`` until it is closed; the exit status.

    Without paths, what it will show is opened meanwhile.
    """
    # PySide reads the source of every module that is imported after it, to see whether it wants its features
    # (`from __feature__ import …`); none of ours does, and reading takes as long as loading.
    imports = builtins.__import__
    importlib.import_module("PySide6.QtCore")
    builtins.__import__ = imports
    ahead = None if paths else Ahead(first_plan(), device_in(settings()))
    from explorer.ui.app import run as run_app

    return run_app(paths, ahead)


def settings() -> QSettings:
    """What the user has chosen, in a file of their configuration folder."""
    from PySide6.QtCore import QSettings

    file = Path(platformdirs.user_config_dir(NAME)) / "settings.ini"
    return QSettings(str(file), QSettings.Format.IniFormat)


def device_in(chosen: QSettings) -> str:
    """The device that the user has chosen for models: ``auto``, or its name."""
    return str(chosen.value("device", DEVICE))
