"""What else is drawn on the map, in layers below or above its points."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject, QRect, QRectF, Signal
from PySide6.QtGui import QPainter

from explorer.core.progress import Progress
from explorer.core.view import View
from explorer.ui.map.renderer import Scene
from explorer.ui.parts.theme import DARK, Theme


class Still(Protocol):
    """What a layer shows, for a figure: of any size, and drawn by any thread. ``key`` names what it is."""

    key: str

    def drawing(
        self, scene: Scene, view: View, ratio: float, progress: Progress
    ) -> Callable[[QPainter, View], None]:
        """Work out what lies in a view in pixels, of which ``ratio`` make a unit of lengths.

        Returns what paints a part of it, a view on the same pixels, with a painter on these. Raises
        ``ExplorerError`` and ``Cancelled``.
        """


class MapLayer(QObject):
    """Something that lies on the map and moves with it.

    A layer does nothing while nothing changes: it works out what it shows in ``show_scene``, or has that done
    behind, and says ``changed`` when there is more to be seen. ``paint`` paints what is there, at where it
    lies in the view given, and waits for nothing.

    Signals:
        changed: it wants to be painted anew, or has become active or inactive.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.theme = DARK

    @property
    def is_active(self) -> bool:
        """Whether there is anything to paint; a layer that is not active is not painted."""
        return False

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self.theme = theme

    def show_scene(self, scene: Scene, view: View, ratio: float) -> None:
        """The map is another, or looked at from elsewhere: window units, ``ratio`` pixels a unit."""

    def paint(self, painter: QPainter, view: View, area: QRect) -> None:
        """Paint what lies in ``area`` of the window, with a painter in its first state."""

    def row_at(self, x: float, y: float) -> int:
        """The row whose picture lies there in the window; -1 for none."""
        return -1

    def area_of(self, row: int, view: View) -> QRectF | None:
        """Where in the window the picture of a row lies."""
        return None

    def still(self) -> Still | None:
        """What a figure of the map shows of it; None for nothing."""
        return None

    def settle(self) -> None:
        """Finish before returning what is still on its way (for pictures of the window)."""

    def stop(self) -> None:
        """End what runs behind; safe to call twice."""


class LayerStack(QObject):
    """Layers one above the other, as one.

    Signals:
        changed: one of them wants to be painted anew, or has become active or inactive.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._layers: list[MapLayer] = []

    def add(self, layer: MapLayer) -> None:
        """Put a layer on top of the others."""
        self._layers.append(layer)
        layer.changed.connect(self.changed)

    @property
    def is_active(self) -> bool:
        """Whether any of them has anything to paint."""
        return any(layer.is_active for layer in self._layers)

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        for layer in self._layers:
            layer.set_theme(theme)

    def show_scene(self, scene: Scene, view: View, ratio: float) -> None:
        """The map is another, or looked at from elsewhere."""
        for layer in self._layers:
            layer.show_scene(scene, view, ratio)

    def paint(self, painter: QPainter, view: View, area: QRect) -> None:
        """Paint the active ones from the bottom up."""
        for layer in self._layers:
            if layer.is_active:
                painter.save()
                layer.paint(painter, view, area)
                painter.restore()

    def row_at(self, x: float, y: float) -> int:
        """The row whose picture lies uppermost there in the window; -1 for none."""
        rows = (layer.row_at(x, y) for layer in reversed(self._layers) if layer.is_active)
        return next((row for row in rows if row >= 0), -1)

    def area_of(self, row: int, view: View) -> QRectF | None:
        """Where in the window the uppermost picture of a row lies; None for none."""
        areas = (layer.area_of(row, view) for layer in reversed(self._layers) if layer.is_active)
        return next((area for area in areas if area is not None), None)

    def stills(self) -> tuple[Still, ...]:
        """What a figure of the map shows of the active ones, from the bottom up."""
        stills = (layer.still() for layer in self._layers if layer.is_active)
        return tuple(still for still in stills if still is not None)

    def settle(self) -> None:
        """Finish what is still on its way."""
        for layer in self._layers:
            layer.settle()

    def stop(self) -> None:
        """End what runs behind."""
        for layer in self._layers:
            layer.stop()
