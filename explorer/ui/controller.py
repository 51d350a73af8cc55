"""One short method per gesture: what the hand does becomes an edit of the session."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QMimeData, QObject, Signal
from PySide6.QtGui import QUndoStack

from explorer.core.aim import Aim
from explorer.core.dropped import NO_ENCODER, read_dropped
from explorer.core.errors import ExplorerError
from explorer.core.gallery import Provenance, export_gallery, provenances, read_provenance
from explorer.core.opening import classify
from explorer.core.progress import Progress
from explorer.core.sampling import SampleRequest, prior_recipe, recipe_of
from explorer.core.session import (
    Cursor,
    DroppedImage,
    Kept,
    Session,
    colored_field,
    provenance_of,
    save_session,
    shown_rows,
)
from explorer.ui.commands import Edit
from explorer.ui.jobs import Jobs
from explorer.ui.main_window import MainWindow
from explorer.ui.opening import Opening
from explorer.ui.pictures import to_qimage
from explorer.ui.presenter import Presenter
from explorer.ui.store import SessionStore

MANY_IMAGES = 200
_FRAME_MS = 12
_LONGEST_TRAIL = 400


class Controller(QObject):
    """The gestures. Everything that can be undone goes through ``_edit``.

    Attributes:
        undo_stack: what can be undone.
        hovered: the row under the pointer, or -1.

    Signals:
        said: a passing remark for the status line.
        refused: a sentence about something that did not work.
        exported: the folder of a gallery that has been written.
    """

    said = Signal(str)
    refused = Signal(str)
    exported = Signal(object)

    def __init__(
        self, window: MainWindow, store: SessionStore, jobs: Jobs, opening: Opening, presenter: Presenter
    ) -> None:
        super().__init__(window)
        self._window, self._store, self._jobs = window, store, jobs
        self._opening, self._presenter = opening, presenter
        self.undo_stack = QUndoStack(self)
        self._gesture = 0
        self._trail: list[tuple[float, float]] = []
        # Where the hand is in a drag. The picture follows every event; session, map and undo follow once a
        # frame, for an edit beside a small decoder's run makes it half as long again.
        self._pending: Aim | None = None
        self._settle_later = presenter.pauses.task(self._settle, _FRAME_MS)
        self.hovered = -1
        store.changed.connect(self._forget_what_cannot_be_undone)

    # --- the map -----------------------------------------------------------------------------------

    def probe(self, x: float, y: float, phase: str) -> None:
        """Click or drag: decode the place ``(x, y)`` in map units; a drag is one step of undo."""
        began = time.perf_counter()
        latent_map = self._store.session.map
        if latent_map is None:
            return
        if phase == "press":
            self._new_gesture()
        if phase == "release":
            self._settle()
            self._presenter.set_trail(())
            return
        aim = Aim(latent_map.inverse, (x, y), self._window.map.view().units_per_pixel)
        self._presenter.ask_for(aim, began)
        self._pending = aim
        self._trail.append((x, y))
        self._settle_later.want()

    def nudge(self, dx: float, dy: float) -> None:
        """Arrow keys: move the probe by pixels."""
        cursor = self._store.session.cursor
        if cursor is None or cursor.place is None:
            return
        scale = self._window.map.view().units_per_pixel
        x, y = cursor.place[0] + dx * scale, cursor.place[1] - dy * scale
        self.probe(x, y, "press")
        self.probe(x, y, "release")

    def hover(self, row: int) -> None:
        """The pointer rests on a point: show its picture and label."""
        self.hovered = row
        work = self._store.session.work
        if row < 0 or work is None:
            self._window.map.set_hover_card(None, "", ())
            return
        pictures = self._presenter.pictures_of([row])
        image = to_qimage(pictures[0]) if pictures else None
        self._window.map.set_hover_card(image, self._presenter.label_of(row), [work.item_name(row)])

    def go_to_row(self, row: int) -> None:
        """Look at exactly the latent of a data point."""
        latent_map = self._store.session.map
        if latent_map is not None:
            x, y = map(float, latent_map.positions[row])
            self._new_gesture()
            self._edit("Go to image", cursor=Cursor(np.array(latent_map.latents[row]), (x, y), "map"))

    def lasso(self, rows: npt.NDArray[np.int64]) -> None:
        """Points were drawn around."""
        self._new_gesture()
        self._edit("Select", selection=rows if len(rows) else None)
        self.said.emit(
            f"{len(rows):,} points selected · Shift+S draws new pictures like them"
            if len(rows)
            else "Nothing selected"
        )

    def select_none(self) -> None:
        """Forget the selection."""
        self.lasso(np.empty(0, np.int64))

    def select_in_view(self) -> None:
        """Select all points that are shown and lie in the part of the map that is looked at."""
        latent_map = self._store.session.map
        if latent_map is not None:
            left, bottom, right, top = self._window.map.view().bounds
            x, y = latent_map.positions.T
            inside = (x >= left) & (x <= right) & (y >= bottom) & (y <= top)
            self.lasso(np.flatnonzero(inside & shown_rows(self._store.session)))

    def select_label(self) -> None:
        """Select all points with the label of the point that is nearest to the probe."""
        self._settle()
        session = self._store.session
        field, latent_map, cursor = colored_field(session), session.map, session.cursor
        if latent_map is None or cursor is None or cursor.place is None or field is None:
            self.said.emit("There is no label under the probe")
            return
        nearest = latent_map.inverse.nearest(cursor.place, 1)[0]
        self.lasso(np.flatnonzero(field.codes == field.codes[nearest]))

    def isolate(self, code: int) -> None:
        """Show only one label, or all again if it is already alone."""
        everything = frozenset(range(self._label_count()))
        alone = everything - {code}
        self._filter(frozenset() if self._store.session.hidden == alone else alone)

    def toggle(self, code: int) -> None:
        """Turn one label on or off."""
        self._filter(self._store.session.hidden ^ {code})

    def show_all(self) -> None:
        """Take the filter away."""
        self._filter(frozenset())

    def color_by(self, name: str) -> None:
        """Colour the map by a field; its filter starts empty."""
        self._new_gesture()
        self._edit("Colour by", color_by=name, hidden=frozenset())

    # --- latents -------------------------------------------------------------------------------------

    def slider_pressed(self) -> None:
        """A slider is taken into the hand: what follows is one step of undo."""
        self._new_gesture()

    def slide(self, dimension: int, value: float) -> None:
        """Set one latent dimension of what is looked at."""
        began, cursor = time.perf_counter(), self._store.session.cursor
        if cursor is None:
            return
        latent = cursor.latent.copy()
        latent[dimension] = value
        self._presenter.ask_for(latent, began)
        self._edit("Slide", cursor=Cursor(latent, self._place_of(latent), "slider"))

    def sample_one(self) -> None:
        """Dice: decode a random latent from the prior; the next throw has the next seed."""
        session = self._store.session
        if session.pair is None or not session.pair.can_decode:
            return
        latent = prior_recipe(session.pair, session.work, 1, session.seed).latents()[0]
        self._new_gesture()
        cursor = Cursor(latent, self._place_of(latent), "prior", session.seed)
        self._edit("Random picture", cursor=cursor, dropped=(), seed=session.seed + 1)

    def set_extra(self, name: str, value: float) -> None:
        """Feed the decoder another value beside the latent; ``slider_pressed`` begins the gesture."""
        self._edit(f"Set {name}", extras={**self._store.session.extras, name: value})

    # --- the tray and the gallery ----------------------------------------------------------------------

    def here(self) -> Kept | None:
        """What is looked at: the cursor's own picture and where it comes from; None while nothing is open."""
        self._settle()
        session, decoded = self._store.session, self._presenter.decoded
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
            self._new_gesture()
            self._edit("Keep picture", tray=(*self._store.session.tray, kept))

    def sample(self, request: SampleRequest) -> None:
        """Draw pictures into the tray."""
        self._settle()
        session = self._store.session
        pair, latent_map = session.pair, session.map
        if pair is None:
            return

        def work(progress: Progress) -> tuple[Kept, ...]:
            recipe = recipe_of(request, session)
            latents = recipe.latents()
            places = latent_map.placement.place(latents) if latent_map else None
            kept = []
            items = provenances(recipe, pair.name, pair.fingerprint, places, session.extras)
            for i, provenance in enumerate(items):
                progress(i, len(latents), "Sampling", "pictures")
                kept.append(Kept(pair.decode(provenance.latent[None], session.extras)[0], provenance))
            return tuple(kept)

        def done(kept: tuple[Kept, ...]) -> None:
            now = self._store.session
            self._new_gesture()
            self._edit("Sample", tray=(*now.tray, *kept), seed=max(now.seed, request.seed + 1))

        self._jobs.start("Sampling", work, done, wanted=lambda: self._store.session.pair is pair)

    def go_to_kept(self, index: int) -> None:
        """Return to exactly the latent of a kept picture."""
        kept = self._store.session.tray[index]
        self._return_to(kept.provenance, "the tray")

    def remove_kept(self, indices: list[int]) -> None:
        """Take pictures out of the tray."""
        tray = tuple(one for i, one in enumerate(self._store.session.tray) if i not in indices)
        self._new_gesture()
        self._edit("Remove", tray=tray)

    def empty_tray(self) -> None:
        """Take all pictures out of the tray."""
        self.remove_kept(list(range(len(self._store.session.tray))))

    def export(self, folder: Path) -> None:
        """Write the tray to ``folder`` as a sheet and single PNGs."""
        tray = self._store.session.tray
        if not tray:
            self.refused.emit("The tray is empty; keep a picture with K or sample some first.")
            return
        pictures = {one.provenance: one.picture for one in tray}

        def done(paths: list[Path]) -> None:
            self.said.emit(f"{len(tray)} pictures and their sheet are in {folder}")
            self.exported.emit(paths)

        def work(progress: Progress) -> list[Path]:
            return export_gallery(
                lambda items: [pictures[i] for i in items], list(pictures), folder, progress
            )

        self._jobs.start("Exporting", work, done)

    # --- things that are brought -------------------------------------------------------------------------

    def drop(self, mime: QMimeData) -> None:
        """Something was dropped or pasted: files, folders, or the pixels of an image."""
        from explorer.ui.clipboard import image_bytes

        paths = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
        if paths:
            self.open_paths(paths)
        elif (data := image_bytes(mime)) is not None:
            self.place_images([("pasted image", data)])
        else:
            self.refused.emit(
                "What was dropped is no file and no image; drop model files, a folder or images."
            )

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Open whatever ``paths`` are: a model, data, a workspace, a session, images."""
        try:
            plan = classify(paths)
        except ExplorerError as error:
            self.refused.emit(str(error))
            return
        if plan.images and not (plan.model or plan.workspace or plan.data or plan.session):
            self.place_images([(path.name, path) for path in plan.images])
        else:
            self._opening.open_plan(plan)

    def remap(self) -> None:
        """Project the latents anew."""
        self._opening.map_latents()

    def place_images(self, sources: Sequence[tuple[str, Path | bytes]]) -> None:
        """Encode pictures, place them on the map and look at the first.

        One of our own exported pictures returns to exactly its latent instead.
        """
        session = self._store.session
        pair, latent_map = session.pair, session.map
        if pair is None:
            self.refused.emit("No model is open; open an encoder and a decoder before dropping images.")
            return
        if len(sources) == 1 and self._returned(sources[0]):
            return
        if not pair.can_encode:
            self.refused.emit(NO_ENCODER.format(pair.name))
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
                self.refused.emit(
                    " ".join(problems[:3]) + (f" And {len(problems) - 3} more." if len(problems) > 3 else "")
                )
            if dropped:
                first = dropped[0]
                self._new_gesture()
                self._edit("Drop image", dropped=dropped, cursor=Cursor(first.latent, first.place, "image"))

        def work(progress: Progress) -> tuple[tuple[DroppedImage, ...], list[str]]:
            places = latent_map.placement if latent_map else None
            return read_dropped(pair, places, chosen, progress)

        self._jobs.start("Placing", work, done, wanted=lambda: self._store.session.map is latent_map)

    # --- undo, session ---------------------------------------------------------------------------------

    def undo(self) -> None:
        """Take the last step back."""
        self._settle()
        self.undo_stack.undo()

    def redo(self) -> None:
        """Take the step again."""
        self._settle()
        self.undo_stack.redo()

    def save_session_to(self, path: Path) -> bool:
        """Write the session; says so and returns False where that is not possible."""
        self._settle()
        try:
            save_session(path, self._store.session, self._window.map.view())
        except ExplorerError as error:
            self.refused.emit(str(error))
            return False
        return True

    def _edit(self, text: str, **after: Any) -> None:
        self.undo_stack.push(Edit(self._store, text, self._gesture, after))

    def _settle(self) -> None:
        """Put the place that the hand has reached into the session."""
        self._settle_later.stop()
        aim, self._pending = self._pending, None
        if aim is not None:
            self._edit("Probe", cursor=Cursor(aim.latent, aim.place, "map"), dropped=())
            del self._trail[:-_LONGEST_TRAIL]
            self._presenter.set_trail(self._trail)

    def _new_gesture(self) -> None:
        self._settle()
        self._gesture += 1
        self._trail = []

    def _filter(self, hidden: frozenset[int]) -> None:
        self._new_gesture()
        self._edit("Filter", hidden=hidden)

    def _label_count(self) -> int:
        field = colored_field(self._store.session)
        return len(field.names) if field else 0

    def _place_of(self, latent: npt.NDArray[np.float32]) -> tuple[float, float] | None:
        latent_map = self._store.session.map
        return latent_map.place_of(latent) if latent_map is not None else None

    def _returned(self, source: tuple[str, Path | bytes]) -> bool:
        """Whether ``source`` is one of our own pictures, which then has been returned to."""
        try:
            provenance = read_provenance(source[1])
        except ExplorerError as error:
            self.refused.emit(str(error))
            return True
        return provenance is not None and self._return_to(provenance, source[0])

    def _return_to(self, provenance: Provenance, name: str) -> bool:
        session = self._store.session
        if session.pair is None or provenance.fingerprint != session.pair.fingerprint:
            self.refused.emit(
                f"{name} was drawn by the model “{provenance.model}”, which is not the open one; "
                "open that model to return to it."
            )
            return True
        place = provenance.place or self._place_of(provenance.latent)
        self._new_gesture()
        cursor = Cursor(provenance.latent, place, "kept", provenance.seed)
        self._edit("Return", cursor=cursor, dropped=(), extras=provenance.extras)
        return True

    def _forget_what_cannot_be_undone(self, old: Session, new: Session) -> None:
        if new.pair is not old.pair or new.work is not old.work:
            self._pending = None
        if new.pair is not old.pair or new.work is not old.work or new.map is not old.map:
            self.undo_stack.clear()
            self._new_gesture()
