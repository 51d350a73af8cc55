"""Gestures of the tray: pictures kept, sampled, returned to and written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from explorer.core.errors import ExplorerError
from explorer.core.progress import Progress
from explorer.core.provenance import Provenance
from explorer.core.sampling import SampleRequest, draw_of
from explorer.core.session import Kept, provenance_of
from explorer.ui.controller import Controller
from explorer.ui.edits import Edits
from explorer.ui.parts.jobs import Jobs
from explorer.ui.presenter import Presenter

if TYPE_CHECKING:
    from explorer.core.export.pipeline import Exported
    from explorer.core.recipes.document import Proof, What
    from explorer.core.recipes.source import Source
    from explorer.core.recipes.writing import Style


class TrayGestures(QObject):
    """What is done with pictures that are worth keeping.

    Signals:
        exported: the paths of a gallery that has been written.
    """

    exported = Signal(object)

    def __init__(self, edits: Edits, jobs: Jobs, controller: Controller, presenter: Presenter) -> None:
        super().__init__(edits)
        self._edits, self._jobs = edits, jobs
        self._controller, self._presenter = controller, presenter

    def here(self) -> Kept | None:
        """What is looked at: the cursor's own picture and where it comes from; None while nothing is open."""
        self._edits.settle()
        session, decoded = self._edits.session, self._presenter.decoded
        pair, cursor = session.pair, session.cursor
        if pair is None or cursor is None or not pair.can_decode:
            return None
        if decoded is not None and decoded.is_of(session):
            picture = decoded.picture
        else:  # the picture on display is still that of the place before
            picture = pair.decode(cursor.latent[None], session.extras)[0]
        return Kept(picture, provenance_of(pair, cursor, session.extras))

    def keep(self) -> None:
        """Put the picture that is looked at into the tray."""
        kept = self.here()
        if kept is not None:
            self._edits.new_gesture()
            self._edits.edit("Keep picture", tray=(*self._edits.session.tray, kept))

    def sample(self, request: SampleRequest) -> None:
        """Draw pictures into the tray."""
        self._edits.settle()
        session = self._edits.session
        pair, latent_map = session.pair, session.map
        if pair is None:
            return

        def work(progress: Progress) -> tuple[Kept, ...]:
            draw = draw_of(request, session, progress)
            latents = draw.latents()
            places = latent_map.placement.place(latents) if latent_map else None
            kept = []
            for i, latent in enumerate(latents):
                progress(i, len(latents), "Sampling", "pictures")
                place = None if places is None else (float(places[i, 0]), float(places[i, 1]))
                picture = pair.decode(latent[None], session.extras)[0]
                came_from = Provenance(
                    latent, pair.name, pair.fingerprint, draw.text, draw.seed, i, place, extras=session.extras
                )
                kept.append(Kept(picture, came_from))
            return tuple(kept)

        def done(kept: tuple[Kept, ...]) -> None:
            now = self._edits.session
            self._edits.new_gesture()
            self._edits.edit("Sample", tray=(*now.tray, *kept), seed=max(now.seed, request.seed + 1))

        self._jobs.start("Sampling", work, done, wanted=lambda: self._edits.session.pair is pair)

    def go_to_kept(self, index: int) -> None:
        """Return to exactly the latent of a kept picture."""
        kept = self._edits.session.tray[index]
        self._controller.return_to(kept.provenance, "The tray’s picture", opens=False)

    def remove_kept(self, indices: list[int]) -> None:
        """Take pictures out of the tray."""
        tray = tuple(one for i, one in enumerate(self._edits.session.tray) if i not in indices)
        self._edits.new_gesture()
        self._edits.edit("Remove", tray=tray)

    def empty_tray(self) -> None:
        """Take all pictures out of the tray."""
        self.remove_kept(list(range(len(self._edits.session.tray))))

    def export(self, folder: Path) -> None:
        """Write the tray to ``folder`` as a sheet and single PNGs."""
        from explorer.core.recipes.from_session import kept_of
        from explorer.core.recipes.writing import Style

        try:
            self.export_gallery(kept_of(self._edits.session), Style(), folder)
        except ExplorerError as error:
            self._edits.refused.emit(str(error))

    def export_gallery(self, what: What, style: Style, folder: Path) -> None:
        """Write ``what``, made from what is open, and its recipe to ``folder``."""
        from explorer.core.recipes.source import Source

        self.write(folder, what, style, Source.of(self._edits.session))

    def write(
        self, folder: Path, what: What, style: Style, source: Source, proof: Proof | None = None
    ) -> None:
        """Write ``what``, made from ``source``, and its recipe; ``proof`` is that of an earlier time."""
        from explorer.core.recipes.writing import recipe_for, write_gallery

        def work(progress: Progress) -> Exported:
            recipe = replace(recipe_for(what, source, folder, style), proof=proof)
            return write_gallery(recipe, source, folder, progress)

        def done(exported: Exported) -> None:
            count = exported.pictures
            said = f"{count:,} {'picture is' if count == 1 else 'pictures are'} in {folder}"
            self._edits.said.emit("; ".join((said, *exported.remarks)))
            self.exported.emit(exported.paths)

        self._jobs.start("Exporting", work, done)
