"""The strip of pictures along the axes around the present latent: kept in step, taken from, exported."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from explorer.core.latent_ops.axes import STEPS
from explorer.core.progress import Progress
from explorer.core.provenance import png_bytes
from explorer.core.session import Cursor, Kept, Session, provenance_of
from explorer.ui.axes.traversal_page import TraversalPage
from explorer.ui.axes.traversal_pictures import Around, TraversalPictures
from explorer.ui.decode_loop import DecodeLoop
from explorer.ui.edits import Edits
from explorer.ui.parts.clipboard import picture_mime
from explorer.ui.parts.file_dialogs import FileDialog
from explorer.ui.parts.jobs import Jobs
from explorer.ui.parts.pictures import to_qimage
from explorer.ui.presenter import Presenter
from explorer.ui.store import SessionStore

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

    from explorer.core.export.look import ThemeName

Floats = npt.NDArray[np.float32]
Pictures = npt.NDArray[np.uint8]

MOST_ROWS = 24
_SETTLE_MS = 60
_MIDDLE = 128
_LONGEST = 1.5  # seconds that pictures in sight may take and still follow by themselves


class Traversal(QObject):
    """Decodes a strip around the cursor whenever it rests, or when asked where the decoder is slow.

    ``take`` makes a latent what is looked at; ``file_dialog`` makes a dialog for a file.

    Attributes:
        page: what is shown.
        around: what the strip is drawn around; None where there is nothing to draw.
    """

    def __init__(
        self,
        store: SessionStore,
        edits: Edits,
        jobs: Jobs,
        presenter: Presenter,
        loop: DecodeLoop,
        take: Callable[[Floats], None],
        file_dialog: FileDialog,
    ) -> None:
        super().__init__(edits)
        self._store, self._edits, self._jobs, self._presenter = store, edits, jobs, presenter
        self._take, self._file_dialog = take, file_dialog
        self.page = TraversalPage()
        self.around: Around | None = None
        self._came: set[int] = set()
        self._is_seen = self._is_behind = False
        self._pictures = TraversalPictures(self, loop.is_idle)
        self._follow_later = presenter.pauses.task(self._follow, _SETTLE_MS)
        self._pictures.came.connect(self._show)
        self._pictures.done.connect(self._rested)
        self._pictures.failed.connect(edits.refused)
        store.changed.connect(self._changed)
        presenter.axes.changed.connect(self._renew)
        page, grid = self.page, self.page.grid
        page.seen.connect(self._see)
        grid.uncovered.connect(self._uncover)
        grid.chosen.connect(self._choose)
        grid.kept.connect(self._keep)
        page.update_button.clicked.connect(self._press)
        page.copy.clicked.connect(self.copy)
        page.export.clicked.connect(self.ask_export)

    def close(self) -> None:
        """Decode no more, and wait for what is being decoded."""
        self._pictures.stop()

    # --- keeping in step ---------------------------------------------------------------------------

    def _see(self, seen: bool) -> None:
        self._is_seen = seen
        if seen:
            self._renew()
        else:
            self._pictures.forget()

    def _changed(self, old: Session, new: Session) -> None:
        if not self._is_seen:
            return
        if new.pair is not old.pair or new.extras is not old.extras or new.cursor is not old.cursor:
            self._follow_later.want()

    def _renew(self) -> None:
        """Other axes: draw the strip anew, however long it takes."""
        if self._is_seen:
            self._aim()
            self._decode()

    def _follow(self) -> None:
        """The cursor has moved: draw the strip around it, or offer to where that takes long."""
        if not self._is_seen:
            return
        session, around = self._store.session, self.around
        cursor = session.cursor
        is_same = around is not None and (around.pair, around.extras) == (session.pair, session.extras)
        if cursor is not None and around is not None and is_same and cursor.latent is around.latent:
            return
        if is_same and self._seconds() > _LONGEST:
            self._pictures.forget()
            self._is_behind = True
            self._mark()
            self._tell()
        else:
            self._aim()
            self._decode()

    def _aim(self) -> None:
        """Take what is looked at as the middle of the strip."""
        session, self._is_behind = self._store.session, False
        pair, cursor, grid = session.pair, session.cursor, self.page.grid
        axes = tuple(one for one in self._presenter.axes.axes if one.active)[:MOST_ROWS]
        fits = pair is not None and pair.can_decode and cursor is not None and bool(axes)
        if pair is None or cursor is None or not fits or len(axes[0].reader) != len(cursor.latent):
            self.around = None
            grid.set_axes(())
            return
        if self.around is None or self.around.axes != axes or self.around.pair is not pair:
            grid.set_axes(axes)
        self.around = Around(pair, session.extras, cursor.latent, axes)
        self._came = set()
        self._mark()

    def _decode(self) -> None:
        """Decode the rows in sight that have not come."""
        if self.around is not None:
            rows = tuple(row for row in self.page.grid.in_sight() if row not in self._came)
            if rows:
                self._pictures.request(self.around, rows)
        self._tell()

    def _uncover(self) -> None:
        if self._is_seen and not self._is_behind:
            self._decode()

    def _show(self, around: Around, row: int, column: int, images: list[QImage]) -> None:
        if around is self.around:
            self.page.grid.set_images(row, column, images)
            if column + len(images) == STEPS:
                self._came.add(row)
                self._tell()

    def _rested(self, around: Around) -> None:
        if around is self.around:
            self._tell()

    def _mark(self) -> None:
        """Where the present latent lies, and whether the pictures are around it."""
        cursor, around = self._store.session.cursor, self.around
        if cursor is not None and around is not None and len(cursor.latent) == len(around.latent):
            self.page.grid.set_here(tuple(float(one.coordinate(cursor.latent)) for one in around.axes))
        self.page.grid.set_stale(self._is_behind)

    def _seconds(self) -> float:
        """How long the rows in sight would take."""
        decoded = self._presenter.decoded
        each = self._pictures.seconds or (decoded.seconds if decoded is not None else 0.0)
        return each * STEPS * len(self.page.grid.in_sight())

    def _tell(self) -> None:
        """Say what the strip shows, and offer what can be done about it."""
        page, around = self.page, self.around
        page.copy.setEnabled(around is not None)
        page.export.setEnabled(around is not None)
        if around is None:
            page.words.set_parts("Nothing is open that could be drawn")
            page.offer("")
            return
        lacking = [row for row in page.grid.in_sight() if row not in self._came]
        what = (self._presenter.axes.title, f"the middle 99% of the data in {STEPS} steps")
        if self._is_behind:
            seconds = math.ceil(self._seconds())
            page.words.set_parts(*what, "around an earlier picture", last=2)
            page.offer(f"Update, {seconds} s", "Draw the strip around the present picture")
        elif lacking and self._seconds() > _LONGEST:
            page.words.set_parts(*what, f"{len(lacking)} rows to come", last=2)
            page.offer("Stop" if self._pictures.is_busy else "Go on", "Decode the rows that are in sight")
        else:
            page.words.set_parts(*what, "around the present picture")
            page.offer("")

    def _press(self) -> None:
        if self._is_behind:
            self._renew()
        elif self._pictures.is_busy:
            self._pictures.stop()
            self._tell()
        else:
            self._decode()

    # --- what is done with it ----------------------------------------------------------------------

    def _latent(self, row: int, column: int) -> Floats | None:
        return None if self.around is None else self.around.latents(row)[column]

    def _choose(self, row: int, column: int) -> None:
        latent = self._latent(row, column)
        if latent is not None:
            self._take(latent)

    def _keep(self, row: int, column: int) -> None:
        """Put a picture of the strip into the tray."""
        around, latent = self.around, self._latent(row, column)
        if around is None or latent is None:
            return
        axis, latent_map = around.axes[row], self._store.session.map
        words = axis.words(float(axis.places()[column]))

        def decode(_: Progress) -> Kept:
            place = latent_map.place_of(latent) if latent_map is not None else None
            picture = around.pair.decode(latent[None], around.extras)[0]
            known = provenance_of(around.pair, Cursor(latent, place, "slider"), around.extras)
            return Kept(picture, replace(known, sampler=f"traversal of {axis.name} at {words}"))

        def done(kept: Kept) -> None:
            self._edits.new_gesture()
            self._edits.edit("Keep picture", tray=(*self._store.session.tray, kept))
            self._edits.said.emit(f"Kept: {axis.title} at {words}")

        self._jobs.start("Keeping a picture", decode, done, quiet=True)

    def copy(self) -> None:
        """Copy the strip as one picture."""

        def done(sheet: Pictures | None) -> None:
            assert sheet is not None
            QGuiApplication.clipboard().setMimeData(picture_mime(png_bytes(sheet), to_qimage(sheet)))
            self._edits.said.emit("Copied")

        self._draw(done)

    def ask_export(self) -> None:
        """Choose where the strip is written as one PNG."""
        dialog = self._file_dialog("Export the strip", QFileDialog.FileMode.AnyFile)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("png")
        dialog.setNameFilter("Pictures (*.png)")
        dialog.fileSelected.connect(lambda name: self.export(Path(name)))
        dialog.open()

    def export(self, path: Path) -> None:
        """Write the strip to a PNG."""
        self._draw(lambda _: self._edits.said.emit(f"The strip is in {path}"), path)

    def _draw(self, done: Callable[[Pictures | None], None], path: Path | None = None) -> None:
        """Draw the strip as a sheet, into a file or for ``done``."""
        around = self.around
        theme: ThemeName = "dark" if _is_dark(self.page) else "light"
        if around is None:
            return
        title = f"{around.pair.name} · {self._presenter.axes.title}"

        def work(progress: Progress) -> Pictures | None:
            from explorer.core.axis_sheet import axis_gallery
            from explorer.core.export.look import Look
            from explorer.core.export.sheet import draw_sheet, write_sheet_png

            gallery = axis_gallery(around.pair, around.latent, around.axes, around.extras, title)
            look = Look(theme)
            if path is None:
                return draw_sheet(gallery, look, progress)
            write_sheet_png(gallery, look, path, progress)
            return None

        self._jobs.start("Drawing the strip", work, done)


def _is_dark(widget: QWidget) -> bool:
    return widget.palette().window().color().lightness() < _MIDDLE
