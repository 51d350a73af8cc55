"""Gestures that bring something: files and pictures that are dropped, pasted or opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, Signal

from explorer.core.dropped import read_dropped
from explorer.core.errors import ExplorerError
from explorer.core.opening import Plan, check_encodes, classify
from explorer.core.progress import Progress
from explorer.core.provenance import DamagedNote, read_provenance
from explorer.core.session import Cursor, DroppedImage
from explorer.ui.controller import Controller
from explorer.ui.edits import Edits
from explorer.ui.model.opening import Opening
from explorer.ui.parts.jobs import Jobs

MANY_IMAGES = 200


class DropGestures(QObject):
    """What is brought is opened, or placed on the map.

    Signals:
        brought: the pictures that were brought and looked at, as a list of ``Cursor``; what is made of them
            belongs to the same step of undo.
        unfit: data that the open model cannot encode, and the sentence that says why.
        encoding: data are about to be opened under the model that is open.
        recipe_brought: the path of a gallery's recipe.
    """

    brought = Signal(object)
    unfit = Signal(object, str)
    encoding = Signal(object)
    recipe_brought = Signal(object)

    def __init__(self, edits: Edits, jobs: Jobs, opening: Opening, controller: Controller) -> None:
        super().__init__(edits)
        self._edits, self._jobs = edits, jobs
        self._opening, self._controller = opening, controller

    def drop(self, mime: QMimeData) -> None:
        """Something was dropped or pasted: files, folders, or the pixels of an image."""
        from explorer.ui.parts.clipboard import image_bytes

        paths = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
        if paths:
            self.open_paths(paths)
        elif (data := image_bytes(mime)) is not None:
            self.place_images([("pasted image", data)])
        else:
            self._edits.refused.emit(
                "What was dropped is no file and no image; drop model files, a folder or images."
            )

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Open whatever ``paths`` are: a model, data, a workspace, a session, a recipe, images."""
        try:
            plan = classify(paths)
        except ExplorerError as error:
            self._edits.refused.emit(str(error))
            return
        recipe = plan.recipe
        if recipe is not None:
            rest = replace(plan, recipe=None)
            if rest == Plan():
                self.recipe_brought.emit(recipe)
            else:
                self._opening.open_plan(rest, then=lambda: self.recipe_brought.emit(recipe))
        elif plan.images and not (plan.model or plan.workspace or plan.data or plan.session):
            self.place_images([(path.name, path) for path in plan.images])
        elif plan.data is None or plan.model or plan.workspace or plan.session:
            self._opening.open_plan(plan)
        else:
            self._open_data(plan, plan.data)

    def _open_data(self, plan: Plan, data: Path) -> None:
        """Open data alone, for the model that is open."""
        try:
            check_encodes(self._edits.session.pair, data)
        except ExplorerError as error:
            self.unfit.emit(data, str(error))
        else:
            self.encoding.emit(data)
            self._opening.open_plan(plan)

    def place_images(self, sources: Sequence[tuple[str, Path | bytes]]) -> None:
        """Encode pictures, place them on the map and look at the first.

        One of our own exported pictures returns to exactly its latent instead; among several each of the open
        model's has its own.
        """
        session = self._edits.session
        pair, latent_map = session.pair, session.map
        if len(sources) == 1 and self._returned(sources[0]):
            return
        if pair is None:
            self._edits.refused.emit(
                "No model is open; open an encoder and a decoder before dropping images."
            )
            return
        chosen = sources[:MANY_IMAGES]

        def done(result: tuple[tuple[DroppedImage, ...], list[str]]) -> None:
            dropped, problems = result
            if len(chosen) < len(sources):
                problems = [
                    f"Only the first {len(chosen)} of {len(sources):,} images were placed.",
                    *problems,
                ]
            if problems:
                self._edits.refused.emit(
                    " ".join(problems[:3]) + (f" And {len(problems) - 3} more." if len(problems) > 3 else "")
                )
            if dropped:
                first = dropped[0]
                self._edits.new_gesture()
                cursor = Cursor(first.latent, first.place, "image", name=first.name)
                self._edits.edit("Drop image", dropped=dropped, cursor=cursor)
                others = [Cursor(one.latent, one.place, "image", name=one.name) for one in dropped[1:]]
                self.brought.emit([cursor, *others])
                if not problems and first.place is not None:
                    self._edits.said.emit(f"{first.name} is on the map · drag its ring to carry it")

        def work(progress: Progress) -> tuple[tuple[DroppedImage, ...], list[str]]:
            places = latent_map.placement if latent_map else None
            return read_dropped(pair, places, chosen, progress)

        self._jobs.start("Placing", work, done, wanted=lambda: self._edits.session.map is latent_map)

    def _returned(self, source: tuple[str, Path | bytes]) -> bool:
        """Whether ``source`` is one of our own pictures, which then has been returned to."""
        try:
            provenance = read_provenance(source[1])
        except DamagedNote as error:
            self._edits.refused.emit(str(error))
            return False
        except ExplorerError as error:
            self._edits.refused.emit(str(error))
            return True
        if provenance is None:
            return False
        before = self._edits.session.cursor
        self._controller.return_to(provenance, source[0])
        if self._edits.session.cursor is not before:
            self.brought.emit([self._edits.session.cursor])
        return True
