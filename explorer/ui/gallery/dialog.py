"""Export gallery…: which pictures, how they look and in which formats, beside a preview that follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QSettings, QTimer, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QDialog,
    QFormLayout,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from explorer.core.errors import ExplorerError
from explorer.core.export.film import Reel
from explorer.core.export.formats import FILMS
from explorer.core.export.item import Gallery
from explorer.core.export.size import estimate, size_text
from explorer.core.path_plan import Ending
from explorer.core.plan import PairPlan
from explorer.core.progress import Progress
from explorer.core.recipes.document import KINDS, Comparison, Film, GalleryRecipe, What
from explorer.core.recipes.from_session import kind_of, seed_of, session_of
from explorer.core.recipes.gallery import gallery_of
from explorer.core.recipes.json_form import written
from explorer.core.recipes.kinds.film import PLAYED
from explorer.core.recipes.source import Source
from explorer.core.recipes.writing import Style, recipe_for
from explorer.core.session import Session
from explorer.ui.gallery.models import GalleryModels
from explorer.ui.gallery.preview import GalleryPreview, first_of, reduced
from explorer.ui.gallery.style import GalleryStyle
from explorer.ui.gallery.what import GalleryWhat
from explorer.ui.parts.file_dialogs import FileDialog, save_buttons
from explorer.ui.parts.furniture import quiet, scrolling
from explorer.ui.parts.jobs import Job, Jobs
from explorer.ui.parts.preview_image import put_beside

_SOON_MS = 150
_SIDE_WIDTH = 380


_ENDING: dict[str, Ending] = {played: ending for ending, played in PLAYED.items()}


@dataclass(frozen=True, eq=False)
class Redone:
    """A recipe that was opened from ``path``, and what it is made from."""

    path: Path
    recipe: GalleryRecipe
    source: Source


@dataclass(frozen=True, eq=False)
class _Asked:
    """What is chosen: of an open ``source``, with the models ``beside`` it."""

    what: What
    style: Style
    source: Source
    beside: tuple[PairPlan, ...] = ()

    def is_of(self, other: _Asked) -> bool:
        """Whether both have the same pictures."""
        same = self.source is other.source and self.beside == other.beside
        return same and written(self.what, KINDS) == written(other.what, KINDS)


@dataclass(frozen=True, eq=False)
class _Shown:
    """What a preview job found."""

    asked: _Asked
    source: Source
    gallery: Gallery
    image: QImage
    film: Reel | None
    count: int
    shown: int
    size: int


class GalleryDialog(QDialog):
    """Asks for a gallery of what ``session`` has open, or as a recipe asks.

    Signals:
        asked: a ``What``, a ``Style``, their ``Source`` and a ``Proof`` or None, when the user agrees.
    """

    asked = Signal(object, object, object, object)

    def __init__(
        self,
        parent: QWidget,
        session: Session,
        jobs: Jobs,
        settings: QSettings,
        kind: str,
        file_dialog: FileDialog,
        proposed: Sequence[PairPlan] = (),
        device: str = "auto",
        redone: Redone | None = None,
    ) -> None:
        """Begin with a ``kind``; models ``proposed`` for comparing are opened on ``device``."""
        super().__init__(parent)
        self.setWindowTitle("Export gallery" if redone is None else f"Export gallery: {redone.path.name}")
        if redone is not None:
            session = session_of(redone.source, session)
        self._jobs, self._redone = jobs, redone
        self._source = Source.of(session)
        self._made: _Shown | None = None
        self._job: Job | None = None
        self._closed, self._again = False, QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(_SOON_MS)
        self._again.timeout.connect(self._draw)
        self._preview = GalleryPreview()
        self._preview.resized.connect(self._later)
        side = QWidget()
        form = QFormLayout(side)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setContentsMargins(0, 0, 10, 0)
        form.setVerticalSpacing(8)
        proposed = [*proposed, *(one.plan for one in redone.source.pairs[1:])] if redone else proposed
        self._models = GalleryModels(self._source.pair, proposed, jobs, file_dialog, device)
        of_recipe = kind_of(redone.recipe, redone.path.name) if redone is not None else None
        seed = seed_of(redone.recipe) if redone is not None else None
        self.shows = GalleryWhat(form, session, self._models, of_recipe, seed)
        title = f"{session.pair.name}" if session.pair is not None else ""
        self.style_rows = GalleryStyle(form, settings, title)
        self._note = quiet()
        self._note.setWordWrap(True)
        self._note.setAccessibleName("What will be written")
        if redone is not None:
            recipe = redone.recipe
            self.style_rows.take(Style(recipe.title, recipe.formats, recipe.look, recipe.notes))
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
        put_beside(self, self._preview, right)
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
        made = self._made
        try:
            asked = self._asked()
        except ExplorerError as error:
            self._note.setText(f"▲ {error}")
            return
        if asked.beside and (made is None or not made.asked.is_of(asked)):
            self._note.setText("▲ The models are still being opened")
            return
        source = made.source if asked.beside and made is not None else asked.source
        proof = None
        if self._redone is None:
            self.style_rows.keep()
        elif written(asked.what, KINDS) == written(self._redone.recipe.what, KINDS):
            proof = self._redone.recipe.proof if source is self._redone.source else None
        self.asked.emit(asked.what, asked.style, source, proof)
        super().accept()

    def done(self, result: int) -> None:
        """Close; a preview that is still being drawn is for nobody."""
        self._closed = True
        self._again.stop()
        self._forget_job()
        self._models.close()
        super().done(result)

    def _asked(self) -> _Asked:
        """What is chosen; a path that is to go otherwise leads otherwise. Raises ``ExplorerError``."""
        what, style, kind = self.shows.what(), self.style_rows.style(), self.shows.kind()
        if isinstance(what, Film) and style.look.play != "auto":
            what = replace(what, ending=_ENDING[style.look.play])
        if kind == "recipe" and self._redone is not None:
            return _Asked(what, style, self._redone.source)
        beside = tuple(self._models.chosen()) if isinstance(what, Comparison) else ()
        return _Asked(what, style, self._source, beside)

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
            asked = self._asked()
        except ExplorerError as error:
            self._fail(str(error))
            return
        what, style = asked.what, asked.style
        if isinstance(what, Comparison) and asked.source is self._source and not asked.beside:
            self._fail("A comparison takes another model beside this one; add one.")
            return
        if not style.formats:
            self._note.setText("▲ Choose at least one format")
        else:
            self._note.setText("Drawing the preview…")
        made = self._made if self._made is not None and self._made.asked.is_of(asked) else None
        room, models = self._preview.room(), self._models

        def work(progress: Progress) -> _Shown:
            source = asked.source if made is None else made.source
            if asked.beside and made is None:
                source = replace(source, pairs=(source.pair, *models.open(asked.beside)))
            gallery = (
                made.gallery
                if made is not None
                else gallery_of(recipe_for(what, source, Path(), style), source, progress)
            )
            gallery = replace(gallery, title=style.title)
            some = first_of(gallery, progress)
            image = reduced(some, style.look, room, progress)
            film = Reel(some, style.look, progress) if FILMS & set(style.formats) else None
            size = estimate(gallery, style.formats, style.look, notes=style.notes)
            count = sum(item.role != "empty" for item in gallery.items)
            return _Shown(asked, source, gallery, image, film, count, len(some), size)

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
        self._made = shown
        self._preview.show_gallery(shown.image, shown.film, plays=isinstance(shown.asked.what, Film))
        if self.style_rows.style().formats:
            words = "picture" if shown.count == 1 else "pictures"
            more = f" · the first {shown.shown:,} are shown" if shown.shown < len(shown.gallery) else ""
            remarks = "".join(f" · {one}" for one in shown.source.remarks)
            self._note.setText(f"{shown.count:,} {words} · {size_text(shown.size)}{more}{remarks}")

    def _fail(self, sentence: str) -> None:
        if self._closed:
            return
        self._made = None
        self._preview.show_gallery(None)
        self._note.setText(f"▲ {sentence}")
        self._save.setEnabled(False)
