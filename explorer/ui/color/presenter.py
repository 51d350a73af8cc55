"""Pushes what colours the map into the map and the legend."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QColor

from explorer.core.color_choices import choices
from explorer.core.coloring import LATENT, Column, painted, scale_of
from explorer.core.dataset_base import Field, Measure
from explorer.core.session import Session, colored, filtered
from explorer.ui.main_window import MainWindow
from explorer.ui.model.loaded_presenter import information_of
from explorer.ui.parts.theme import DARK, Theme
from explorer.ui.store import SessionStore

_MOST_DIMENSIONS = 256
_MATTERS = ("pair", "work", "map", "color_by", "hidden", "range", "measures")


class ColorPresenter:
    """Keeps the colours in step with the store; ``changed`` is called with each change of the session."""

    def __init__(self, window: MainWindow, store: SessionStore) -> None:
        self._window, self._store = window, store
        self._theme = DARK
        self._listed: tuple[object, ...] = ()

    def set_theme(self, theme: Theme) -> None:
        """Recolour points and legend."""
        self._theme = theme
        session = self._store.session
        if session.map is not None:
            self._window.map.set_colors(*self._painted(session))
        self._show_legend(session)

    def colors(
        self, session: Session
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8], npt.NDArray[np.bool_] | None]:
        """Codes, palette and filter of all points."""
        return *self._painted(session), filtered(session)

    def changed(self, old: Session, new: Session) -> None:
        """Show what differs; new points bring their colours with them."""
        if new.cursor is not old.cursor and all(
            getattr(new, name) is getattr(old, name) for name in _MATTERS
        ):
            return  # a drag
        column, before = colored(new), colored(old)
        fresh = new.work is not old.work
        if fresh or new.pair is not old.pair or new.color_by != old.color_by or new.probes is not old.probes:
            self._show_choices(new)
        if column is not before or fresh:
            self._show_legend(new)
        elif new.hidden is not old.hidden or new.range is not old.range:
            self._show_filter(new, column)
        if new.map is None or fresh or old.map is None:
            return
        if column is not before:
            self._window.map.set_colors(*self._painted(new))
        if column is not before or new.hidden is not old.hidden or new.range is not old.range:
            self._window.map.set_shown(filtered(new))

    def label_of(self, row: int) -> str:
        """The value of a row in what colours the map; empty where all have one colour."""
        column = colored(self._store.session)
        if isinstance(column, Measure):
            value = column.value_of(row)
            return f"{column.name} {value}" if value else f"no {column.name}"
        return "" if column is None else column.value_of(row) or "no label"

    def _painted(self, session: Session) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
        count = len(session.work) if session.work else 0
        codes, palette = painted(colored(session), count, self._theme.name)
        return codes, palette

    def _show_choices(self, session: Session) -> None:
        """What there is to colour by, and which of it does."""
        loaded, key = self._window.loaded, session.color_by
        probed = tuple(one.column for one in session.probes)
        listed = (session.pair, session.work, probed)
        if listed != self._listed:
            self._listed = listed
            loaded.set_choices(choices(session.pair, session.work, probed))
            loaded.set_dimensions([])
        if key.startswith(LATENT) and not loaded.has_dimensions:
            loaded.set_dimensions(_dimensions(session))
        loaded.set_choice(key)

    def _show_legend(self, session: Session) -> None:
        loaded, column = self._window.loaded, colored(session)
        if isinstance(column, Field):
            given = column.codes[column.codes >= 0]
            counts = np.bincount(given, minlength=len(column.names))
            none = len(column.codes) - len(given)
            colors = painted(column, 0, self._theme.name).palette
            loaded.legend.set_labels(column.names, counts, colors, none, QColor(self._theme.quiet))
            loaded.show_legend("labels")
        elif isinstance(column, Measure):
            ramp = painted(column, 0, self._theme.name).palette
            loaded.numbers.set_measure(column, scale_of(column), ramp)
            loaded.show_legend("numbers")
        else:
            loaded.show_legend("")
        self._show_filter(session, column)

    def _show_filter(self, session: Session, column: Column | None) -> None:
        loaded = self._window.loaded
        if isinstance(column, Field):
            loaded.legend.set_hidden(session.hidden)
        elif isinstance(column, Measure):
            loaded.numbers.set_limits(session.range)
        shown = filtered(session)
        if shown is None:
            loaded.set_shown(None, 0)
        else:
            loaded.set_shown(int(np.count_nonzero(shown)), len(shown))


def _dimensions(session: Session) -> list[tuple[str, str]]:
    """Keys and texts of the latent dimensions, the most informative first."""
    information = information_of(session)
    if information is None:
        return []
    name = "KL" if information.measure == "KL" else "variance"
    order = information.order[:_MOST_DIMENSIONS].tolist()
    return [(f"{LATENT}{i}", f"z{i:02d} · {name} {information.values[i]:.3g}") for i in order]
