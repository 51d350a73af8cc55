"""One image for every model of a comparison: chosen, or dropped on a map."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from explorer.core.comparison import Comparison
from explorer.core.dropped import read_dropped
from explorer.core.progress import Progress
from explorer.core.session import DroppedImage
from explorer.ui.compare.links import CompareLinks
from explorer.ui.parts.clipboard import image_bytes
from explorer.ui.parts.file_dialogs import image_patterns
from explorer.ui.parts.jobs import Jobs


class ImageDrop(QObject):
    """Encodes an image by every model that can, and shows what each makes of it.

    Signals:
        failed: a sentence.
    """

    failed = Signal(str)

    def __init__(self, comparison: Comparison, links: CompareLinks, jobs: Jobs) -> None:
        super().__init__()
        self._comparison, self._links, self._jobs = comparison, links, jobs

    def ask(self, parent: QWidget) -> None:
        """Let a file be chosen."""
        dialog = QFileDialog(parent, "Open an image")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter(f"Images ({image_patterns()})")
        dialog.fileSelected.connect(lambda name: self.place(Path(name).name, Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def take(self, mime: QMimeData) -> None:
        """An image was dropped: a file's, or its pixels."""
        paths = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
        data = image_bytes(mime) if not paths else None
        if paths:
            self.place(paths[0].name, paths[0])
        elif data is not None:
            self.place("dropped image", data)
        else:
            self.failed.emit("What was dropped is no image; drop a picture file.")

    def place(self, name: str, source: Path | bytes) -> None:
        """Encode one picture, a file or its bytes."""
        sides, maps = self._comparison.sides, self._links.maps

        def read(progress: Progress) -> tuple[list[DroppedImage | None], list[str]]:
            found: list[DroppedImage | None] = []
            problems: list[str] = []
            for side, shown in zip(sides, maps, strict=True):
                if not side.pair.can_encode:
                    found.append(None)
                    continue
                placement = shown.placement if shown is not None else None
                dropped, wrong = read_dropped(side.pair, placement, [(name, source)], progress)
                found.append(dropped[0] if dropped else None)
                problems += [one for one in wrong if one not in problems]
            return found, problems

        def show(result: tuple[list[DroppedImage | None], list[str]]) -> None:
            found, problems = result
            if problems:
                self.failed.emit(" ".join(problems))
            elif not any(found):
                self.failed.emit("None of these models has an encoder; a picture cannot be placed.")
            if any(one is not None for one in found):
                self._links.show_dropped(found)

        self._jobs.start("Encoding", read, show)
