"""Gestures along axes of the latent: sliders, which axes, the strip of pictures along them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject

from explorer.core.latent_ops.axes import principal_axes
from explorer.core.latent_ops.axis_set import KINDS, AxisSet
from explorer.core.progress import Progress
from explorer.core.sampling import prior_draw
from explorer.core.session import Cursor, Session
from explorer.ui.decode_loop import DecodeLoop
from explorer.ui.edits import Edits
from explorer.ui.main_window import MainWindow
from explorer.ui.parts.file_dialogs import FileDialog
from explorer.ui.parts.jobs import Jobs
from explorer.ui.presenter import Presenter
from explorer.ui.store import SessionStore

if TYPE_CHECKING:
    from explorer.ui.actions import Actions
    from explorer.ui.axes.traversal import Traversal

Floats = npt.NDArray[np.float32]

STRIP = "Traversal"
_FRAME_MS = 12
_SAMPLES, _SEED = 2000, 0


class AxesGestures(QObject):
    """What is done with sliders and axes."""

    def __init__(
        self,
        window: MainWindow,
        store: SessionStore,
        edits: Edits,
        jobs: Jobs,
        presenter: Presenter,
        loop: DecodeLoop,
        file_dialog: FileDialog,
    ) -> None:
        super().__init__(edits)
        self._window, self._store, self._edits, self._jobs = window, store, edits, jobs
        self._presenter = presenter
        self._loop, self._file_dialog = loop, file_dialog
        self._actions: Actions | None = None
        self._strip: Traversal | None = None
        # As with the probe: the picture follows every event, session, map and undo follow once a frame.
        self._pending: Floats | None = None
        self._settle_later = presenter.pauses.task(self._settle, _FRAME_MS)
        edits.add_pending(self._settle)
        store.changed.connect(self._changed)
        sliders = window.here.sliders
        sliders.pressed.connect(edits.new_gesture)
        sliders.moved.connect(self.slide)
        sliders.released.connect(self._settle)
        sliders.strip_asked.connect(self.toggle_strip)
        sliders.measure_asked.connect(self.measure_axes)

    def use(self, actions: Actions) -> None:
        """Let the menus say what is chosen, and the sliders offer the same."""
        self._actions = actions
        self._window.here.sliders.choices = [actions["use_axes", kind] for kind in KINDS]
        strip, action = self._window.here.sliders.strip, actions["toggle_strip"]
        strip.setToolTip(action.toolTip())
        action.enabledChanged.connect(strip.setEnabled)

    def close(self) -> None:
        """End the thread of the strip."""
        if self._strip is not None:
            self._strip.close()

    # --- sliders -----------------------------------------------------------------------------------

    def slide(self, number: int, coordinate: float) -> None:
        """Move what is looked at along one of the axes, to ``coordinate``."""
        began, cursor = time.perf_counter(), self._edits.session.cursor
        if cursor is None:
            return
        latent = self._presenter.axes.axes[number].moved(
            cursor.latent if self._pending is None else self._pending, coordinate
        )
        self._presenter.ask_for(latent, began)
        self._pending = latent
        self._settle_later.want()

    def take(self, latent: Floats) -> None:
        """Look at a latent that lies along an axis from what is looked at."""
        self._edits.new_gesture()
        self._slid("Take from the strip", latent)

    def _settle(self) -> None:
        """Put what sliders have reached into the session."""
        self._settle_later.stop()
        latent, self._pending = self._pending, None
        if latent is not None:
            self._slid("Slide", latent)

    def _slid(self, text: str, latent: Floats) -> None:
        cursor, latent_map = self._edits.session.cursor, self._edits.session.map
        if cursor is not None:
            base = cursor.latent if cursor.base is None else cursor.base
            place = latent_map.place_of(latent) if latent_map is not None else None
            self._edits.edit(text, cursor=Cursor(latent, place, "slider", base=base))

    # --- axes --------------------------------------------------------------------------------------

    def use_axes(self, kind: str) -> None:
        """Let the sliders move along the dimensions, the principal components or what is seen most."""
        chosen = self._edits.session.axes
        if kind == "dimensions" and chosen is not None:
            self._edits.new_gesture()
            self._edits.edit("Slide along dimensions", axes=None)
        elif kind == "principal" and (chosen is None or chosen.kind != kind):
            self._use_principal()
        elif kind == "visible":
            self.measure_axes()
        self._mark()  # the menu has ticked what may take a while to come, or never come

    def _use_principal(self) -> None:
        work = self._edits.session.work
        if work is None:
            self._edits.refused.emit("There are no latents to take principal components of; open data first.")
            return

        def find(_: object) -> AxisSet:
            return AxisSet("principal", principal_axes(np.asarray(work.latents)))

        self._choose("Finding principal components", find)

    def measure_axes(self) -> None:
        """Let the sliders move along what changes the picture most, measured at the present one."""
        self._edits.settle()
        session = self._edits.session
        pair, work, cursor, extras = session.pair, session.work, session.cursor, session.extras
        if pair is None or cursor is None or not pair.can_decode:
            self._edits.refused.emit("There is no picture whose changes could be measured; open a decoder.")
            return
        here = cursor.latent if cursor.base is None else cursor.base

        def measure(progress: Progress) -> AxisSet:
            from explorer.core.latent_ops.visible import visible_axes

            codes = prior_draw(pair, None, _SAMPLES, _SEED).latents() if work is None else work.latents
            axes = visible_axes(
                lambda latents: pair.decode(latents, extras), here[None], np.asarray(codes), progress=progress
            )
            return AxisSet("visible", axes, here)

        self._choose("Measuring what changes", measure)

    def _choose(self, title: str, find: Callable[[Progress], AxisSet]) -> None:
        pair, work = self._edits.session.pair, self._edits.session.work

        def done(found: AxisSet) -> None:
            self._edits.new_gesture()
            self._edits.edit(f"Slide along {KINDS[found.kind].lower()}", axes=found)

        def wanted() -> bool:
            return self._edits.session.pair is pair and self._edits.session.work is work

        self._jobs.start(title, find, done, wanted=wanted)

    def _changed(self, old: Session, new: Session) -> None:
        if new.pair is not old.pair or new.work is not old.work:
            self._pending = None
        if new.axes is not old.axes:
            self._mark()

    def _mark(self) -> None:
        chosen = self._edits.session.axes
        if self._actions is not None:
            self._actions["use_axes", chosen.kind if chosen else "dimensions"].setChecked(True)

    # --- the strip ---------------------------------------------------------------------------------

    def toggle_strip(self) -> None:
        """Show pictures along the axes under the map, or put them away."""
        strip = self._window.tool_strip
        strip.toggle_page(STRIP, lambda: self._made_strip().page)
        if strip.current == STRIP and self._strip is not None:
            self._strip.page.grid.setFocus()

    def _made_strip(self) -> Traversal:
        from explorer.ui.axes.traversal import Traversal

        self._strip = Traversal(
            self._store, self._edits, self._jobs, self._presenter, self._loop, self.take, self._file_dialog
        )
        return self._strip
