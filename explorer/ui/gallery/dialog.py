"""Export gallery…: which pictures, how they look and in which formats, beside a preview that follows."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QSettings, Qt, QTimer, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from explorer.core.errors import ExplorerError
from explorer.core.export.ahead import batch_size
from explorer.core.export.item import Gallery
from explorer.core.export.look import Look, Playing
from explorer.core.export.sheet import draw_sheet, layout_of
from explorer.core.export.size import estimate, size_text
from explorer.core.progress import Progress
from explorer.core.recipes.document import KINDS, Film, What
from explorer.core.recipes.gallery import gallery_of
from explorer.core.recipes.json_form import written
from explorer.core.recipes.source import Source
from explorer.core.recipes.writing import Style, recipe_for
from explorer.core.session import Session
from explorer.ui.gallery.style import GalleryStyle
from explorer.ui.gallery.what import GalleryWhat
from explorer.ui.parts.file_dialogs import save_buttons
from explorer.ui.parts.furniture import quiet, scrolling
from explorer.ui.parts.jobs import Job, Jobs
from explorer.ui.parts.preview_image import PreviewImage

_SOON_MS = 150
_PLAYED: dict[str, Playing] = {"back": "there and back", "loop": "loop", "once": "once"}
_MOST_SHOWN = 1200
_SECONDS = 1.5
_LARGE = 4_000_000
_SIDE_WIDTH = 380


@dataclass(frozen=True, eq=False)
class _Shown:
    """What a preview job found."""

    what: What
    gallery: Gallery
    image: QImage
    count: int
    shown: int
    size: int


class GalleryDialog(QDialog):
    """Asks for a gallery of what ``session`` has open.

    Signals:
        asked: a ``What`` and a ``Style``, when the user agrees.
    """

    asked = Signal(object, object)

    def __init__(self, parent: QWidget, session: Session, jobs: Jobs, settings: QSettings, kind: str) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export gallery")
        self._session, self._jobs = session, jobs
        self._source = Source.of(session)
        self._made: tuple[What, Gallery] | None = None
        self._job: Job | None = None
        self._closed, self._again = False, QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(_SOON_MS)
        self._again.timeout.connect(self._draw)
        self._preview = PreviewImage("Preview of the gallery")
        self._preview.resized.connect(self._later)
        side = QWidget()
        form = QFormLayout(side)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setContentsMargins(0, 0, 10, 0)
        form.setVerticalSpacing(8)
        self.shows = GalleryWhat(form, session, session.seed)
        title = f"{session.pair.name}" if session.pair is not None else ""
        self.style_rows = GalleryStyle(form, settings, title)
        self._note = quiet()
        self._note.setWordWrap(True)
        self._note.setAccessibleName("What will be written")
        self._lay_out(side)
        self.shows.choose(kind)
        self.shows.changed.connect(self._later)
        self.style_rows.changed.connect(self._later)
        self._later()

    def _lay_out(self, side: QWidget) -> None:
        buttons, self._save = save_buttons(self, "Export…")
        self._save.setObjectName("primary")
        area = scrolling(side)
        area.setMinimumWidth(_SIDE_WIDTH)
        area.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        right = QVBoxLayout()
        right.setSpacing(10)
        right.addWidget(area, 1)
        right.addWidget(self._note)
        right.addWidget(buttons)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(16, 16, 16, 16)
        whole.setSpacing(16)
        whole.addWidget(self._preview, 1)
        whole.addLayout(right)
        room = self.screen().availableSize() if self.screen() else self.size()
        self.resize(min(1120, room.width() - 40), min(790, room.height() - 60))

    @property
    def preview(self) -> QImage | None:
        """The picture beside the controls."""
        return self._preview.image

    @property
    def note(self) -> str:
        """What is said below the controls."""
        return self._note.text()

    def accept(self) -> None:
        """Say what is wanted, and remember it for the next time."""
        try:
            what = self.shows.what()
        except ExplorerError as error:
            self._note.setText(f"▲ {error}")
            return
        self.style_rows.keep()
        self.asked.emit(what, self._style(what))
        super().accept()

    def done(self, result: int) -> None:
        """Close; a preview that is still being drawn is for nobody."""
        self._closed = True
        self._again.stop()
        self._forget_job()
        super().done(result)

    def _style(self, what: What) -> Style:
        """The style, with a film's own time."""
        style = self.style_rows.style()
        if isinstance(what, Film):
            rate = min(60.0, max(1.0, what.frames / what.seconds))
            style = replace(style, look=replace(style.look, rate=rate, play=_PLAYED[what.ending]))
        return style

    def _later(self) -> None:
        """Draw soon what is now chosen."""
        self._save.setEnabled(bool(self.style_rows.style().formats))
        self._again.start()

    def _forget_job(self) -> None:
        if self._job is not None:
            self._job.progress.cancel()
            self._job = None

    def _draw(self) -> None:
        """Draw what is chosen; what was being drawn before is for nobody."""
        self._forget_job()
        try:
            what = self.shows.what()
        except ExplorerError as error:
            self._fail(str(error))
            return
        style = self._style(what)
        if not style.formats:
            self._note.setText("▲ Choose at least one format")
        else:
            self._note.setText("Drawing the preview…")
        made = None
        if self._made is not None and written(self._made[0], KINDS) == written(what, KINDS):
            made = self._made[1]
        room, source = self._preview.room(), self._source

        def work(progress: Progress) -> _Shown:
            gallery = made or gallery_of(recipe_for(what, source, Path(), style), source, progress)
            gallery = replace(gallery, title=style.title)
            some = _first(gallery, progress)
            image = _small(some, style.look, room.width(), room.height(), progress)
            size = estimate(gallery, style.formats, style.look, notes=style.notes)
            count = sum(item.role != "empty" for item in gallery.items)
            return _Shown(what, gallery, image, count, len(some), size)

        job: list[Job] = []
        self._job = self._jobs.start(
            "Drawing the preview",
            work,
            self._show,
            wanted=lambda: not self._closed and bool(job) and self._job is job[0],
            failed=lambda sentence: self._fail(sentence) if job and self._job is job[0] else None,
            quiet=True,
        )
        job.append(self._job)

    def _show(self, shown: _Shown) -> None:
        self._made = shown.what, shown.gallery
        self._preview.show_image(shown.image)
        if self.style_rows.style().formats:
            words = "picture" if shown.count == 1 else "pictures"
            more = f" · the first {shown.shown:,} are shown" if shown.shown < len(shown.gallery) else ""
            self._note.setText(f"{shown.count:,} {words} · {size_text(shown.size)}{more}")

    def _fail(self, sentence: str) -> None:
        if self._closed:
            return
        self._made = None
        self._preview.show_image(None)
        self._note.setText(f"▲ {sentence}")
        self._save.setEnabled(False)


def _first(gallery: Gallery, progress: Progress) -> Gallery:
    """As many of the first pictures as can be drawn soon."""
    step, parts, began = batch_size(gallery.shape), list[np.ndarray](), time.perf_counter()
    most = min(len(gallery), _MOST_SHOWN)
    for start in range(0, most, step):
        progress.check()
        parts.append(gallery.pictures(start, min(start + step, most)))
        if time.perf_counter() - began > _SECONDS:
            break
    pictures = np.concatenate(parts)
    return replace(
        gallery, items=gallery.items[: len(pictures)], draw=lambda start, stop: pictures[start:stop]
    )


def _small(gallery: Gallery, look: Look, width: int, height: int, progress: Progress) -> QImage:
    """The sheet, reduced so that it fits: as a picture, or where it is very large all of its measures."""
    layout = layout_of(gallery, look)
    factor = min(1.0, width / layout.width, height / layout.height)
    if factor < 1.0 and layout.width * layout.height > _LARGE:
        look = replace(
            look,
            columns=max(row.count for row in layout.rows),
            side=max(4.0, factor * max(layout.picture)),
            gap=factor * look.gap,
            margin=factor * look.margin,
            letters=max(5.0, factor * look.letters),
        )
    sheet = np.ascontiguousarray(draw_sheet(gallery, look, progress))
    rows, across, _ = sheet.shape
    image = QImage(sheet.data, across, rows, 3 * across, QImage.Format.Format_RGB888).copy()
    if across > width or rows > height:
        image = image.scaled(
            width, height, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
    return image
