"""Which trainings there were, so that one that ended before its time can go on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings

if TYPE_CHECKING:
    from explorer.core.training import Kept

_FOLDERS, _TOLD = "training/folders", "training/told"
_MOST = 20


class TrainingMemory:
    """Folders of trainings, kept in the settings."""

    def __init__(self, settings: QSettings) -> None:
        self._settings = settings

    def remember(self, folder: Path) -> None:
        """A training has begun there."""
        names = [str(folder), *(name for name in self._folders() if name != str(folder))]
        self._settings.setValue(_FOLDERS, json.dumps(names[:_MOST]))

    def unfinished(self) -> list[Kept]:
        """Trainings that could go on, the newest first."""
        from explorer.core.training import kept_in

        found = [kept_in(Path(name)) for name in self._folders()]
        return [one for one in found if one is not None and one.can_go_on and one.epoch < one.epochs]

    def left_behind(self) -> Kept | None:
        """The newest that ended without a model, such as by a crash; each is told of once."""
        told = str(self._settings.value(_TOLD, ""))
        for kept in self.unfinished() if self._folders() else []:
            mark = f"{kept.folder} {kept.epoch}"
            if not kept.is_exported and mark != told:
                self._settings.setValue(_TOLD, mark)
                return kept
        return None

    def _folders(self) -> list[str]:
        try:
            names = json.loads(str(self._settings.value(_FOLDERS, "[]")))
        except ValueError:
            return []
        return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
