"""Gestures of the tray: pictures kept, sampled, returned to and written."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from explorer.core.gallery import export_gallery, provenances
from explorer.core.progress import Progress
from explorer.core.sampling import SampleRequest, recipe_of
from explorer.core.session import Kept, provenance_of
from explorer.ui.controller import Controller
from explorer.ui.edits import Edits
from explorer.ui.jobs import Jobs
from explorer.ui.presenter import Presenter


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
            recipe = recipe_of(request, session, progress)
            latents = recipe.latents()
            places = latent_map.placement.place(latents) if latent_map else None
            kept = []
            items = provenances(recipe, pair.name, pair.fingerprint, places, session.extras)
            for i, provenance in enumerate(items):
                progress(i, len(latents), "Sampling", "pictures")
                kept.append(Kept(pair.decode(provenance.latent[None], session.extras)[0], provenance))
            return tuple(kept)

        def done(kept: tuple[Kept, ...]) -> None:
            now = self._edits.session
            self._edits.new_gesture()
            self._edits.edit("Sample", tray=(*now.tray, *kept), seed=max(now.seed, request.seed + 1))

        self._jobs.start("Sampling", work, done, wanted=lambda: self._edits.session.pair is pair)

    def go_to_kept(self, index: int) -> None:
        """Return to exactly the latent of a kept picture."""
        kept = self._edits.session.tray[index]
        self._controller.return_to(kept.provenance, "the tray")

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
        tray = self._edits.session.tray
        if not tray:
            self._edits.refused.emit("The tray is empty; keep a picture with K or sample some first.")
            return
        pictures = {one.provenance: one.picture for one in tray}

        def done(paths: list[Path]) -> None:
            self._edits.said.emit(f"{len(tray)} pictures and their sheet are in {folder}")
            self.exported.emit(paths)

        def work(progress: Progress) -> list[Path]:
            return export_gallery(
                lambda items: [pictures[i] for i in items], list(pictures), folder, progress
            )

        self._jobs.start("Exporting", work, done)
