"""Shows the axes that the sliders move along, and where the present latent lies on them."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from explorer.core.errors import ExplorerError
from explorer.core.latent_ops.axes import PRIOR_REACH, Axis, densities, dimension_axes, prior_axes
from explorer.core.latent_ops.axis_set import KINDS
from explorer.core.latent_ops.information import DimensionInformation
from explorer.core.session import Cursor, Session
from explorer.ui.main_window import MainWindow
from explorer.ui.parts.jobs import Jobs
from explorer.ui.store import SessionStore

_DENSITIES_MS = 700
_WITHIN = 1.0  # reach of a prior that is not normal

STALE = "Measured at another picture · measure here"


class AxesPresenter(QObject):
    """Pushes axes and coordinates into the sliders.

    Attributes:
        axes: those on display, in their order.

    Signals:
        changed: others are on display.
    """

    changed = Signal()

    def __init__(self, window: MainWindow, store: SessionStore, jobs: Jobs) -> None:
        super().__init__(window)
        self._sliders, self._store, self._jobs = window.here.sliders, store, jobs
        self.axes: tuple[Axis, ...] = ()
        self._dimensions: tuple[Axis, ...] = ()
        # How densely the data lie is drawn behind the sliders, once there is something to look at.
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_DENSITIES_MS)
        self._later.timeout.connect(self._learn_densities)
        store.changed.connect(self._changed)

    @property
    def title(self) -> str:
        """What the axes are called."""
        chosen = self._store.session.axes
        return KINDS[chosen.kind if chosen is not None else "dimensions"]

    def close(self) -> None:
        """Do nothing more of one's own accord."""
        self._later.stop()

    def set_data(self, session: Session, information: DimensionInformation | None) -> None:
        """Another model or other data are open; ``information`` is what the data say of the dimensions."""
        if session.pair is None:
            return
        bounded = session.pair.prior in ("sphere", "uniform")
        self._dimensions = prior_axes(session.pair.latent_size, _WITHIN if bounded else PRIOR_REACH)
        if information is not None and session.work is not None:
            with suppress(ExplorerError):  # no latent is a number
                self._dimensions = dimension_axes(session.work.latents, information)
        self._show(session)

    def show_latent(self, cursor: Cursor) -> None:
        """Show where the latent that is looked at lies, and whether the axes are its own."""
        self._sliders.set_latent(cursor.latent, cursor.base)
        chosen = self._store.session.axes
        here = cursor.latent if cursor.base is None else cursor.base
        self._sliders.set_stale("" if chosen is None or chosen.is_of(here) else STALE)

    def _changed(self, old: Session, new: Session) -> None:
        if new.axes is not old.axes and new.pair is old.pair and new.work is old.work:
            self._show(new)

    def _show(self, session: Session) -> None:
        chosen = session.axes
        if chosen is not None and session.pair is not None and chosen.size == session.pair.latent_size:
            self.axes, size = chosen.axes, len(chosen.axes)
            name = self.title
        else:
            self.axes, size = self._dimensions, len(self._dimensions[0].vector)
            by = {"nats": "by information", "variance": "by variance"}.get(self.axes[0].unit)
            name = " · ".join(filter(None, [KINDS["dimensions"], by]))
        self._sliders.set_axes(self.axes, name, size)
        if session.cursor is not None:
            self.show_latent(session.cursor)
        self.changed.emit()
        if session.work is not None:
            self._later.start()

    def _learn_densities(self) -> None:
        work, axes = self._store.session.work, self.axes
        if work is not None:
            self._jobs.start(
                "Looking at the data along the axes",
                lambda _: densities(np.asarray(work.latents), axes),
                self._sliders.set_densities,
                wanted=lambda: self.axes is axes,
                quiet=True,
            )
