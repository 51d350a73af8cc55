"""Kept pictures on their way to other programs: as files that know their latents, and as pixels."""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData, QTemporaryDir, QUrl

from explorer.core.errors import ExplorerError
from explorer.core.export.singles import single_name
from explorer.core.files import write_error
from explorer.core.provenance import png_bytes
from explorer.core.session import Kept
from explorer.ui.parts.clipboard import picture_mime
from explorer.ui.parts.pictures import to_qimage

MOST = 200
"""How many pictures are handed over at once; an export is for more."""

_REMEMBERED = 8  # who takes a file may still be reading it when the next one is dragged


class Hands:
    """Where pictures lie while other programs take them; it is gone with the program."""

    def __init__(self) -> None:
        self._place = QTemporaryDir()
        self._given: deque[Path] = deque()
        self._number = 0

    def mime(self, kept: Sequence[Kept]) -> QMimeData:
        """Up to ``MOST`` pictures as PNG files; a single one as pixels too.

        Raises ``ExplorerError`` where the files cannot be written.
        """
        paths = self._written(kept[:MOST])
        if len(kept) == 1:
            mime = picture_mime(paths[0].read_bytes(), to_qimage(kept[0].picture))
        else:
            mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        return mime

    def _written(self, kept: Sequence[Kept]) -> list[Path]:
        self._number += 1
        folder = Path(self._place.path()) / str(self._number)
        while len(self._given) >= _REMEMBERED:
            shutil.rmtree(self._given.popleft(), ignore_errors=True)
        self._given.append(folder)
        paths = []
        try:
            folder.mkdir(parents=True)
            for i, one in enumerate(kept):
                words = " ".join((one.provenance.sampler, *one.tags))
                paths.append(folder / single_name(i, len(kept), words))
                paths[-1].write_bytes(png_bytes(one.picture, one.provenance))
        except OSError as error:
            raise write_error(folder, error) from error
        if not paths:
            raise ExplorerError("No picture of the tray is chosen; click one first.")
        return paths
