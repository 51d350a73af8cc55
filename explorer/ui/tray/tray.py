"""The bottom tray: pictures kept so far."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QPoint, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from explorer.core.session import Kept
from explorer.ui.parts.furniture import quiet

if TYPE_CHECKING:
    from explorer.ui.tray.list import TrayList


class Tray(QWidget):
    """Kept pictures and what can be done with them.

    Attributes:
        hand_over: gives what other programs get of some rows when they are dragged out.
        strip: the pictures; None until there were any.

    Signals:
        chosen: index of a picture to go back to.
        removed, copied, tag_asked: indices of pictures.
        rated: indices, and how many stars.
        moved: indices, and the index before which they go.
        menu_asked: indices, and where on the screen.
        sample_asked, selection_asked, export_asked: the buttons.
    """

    chosen = Signal(int)
    removed = Signal(list)
    copied = Signal(list)
    tag_asked = Signal(list)
    rated = Signal(list, int)
    moved = Signal(list, int)
    menu_asked = Signal(list, QPoint)
    sample_asked = Signal()
    selection_asked = Signal()
    export_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("tray")
        self.hand_over: Callable[[list[int]], QMimeData | None] = lambda _: None
        self.strip: TrayList | None = None
        self._empty = quiet("Keep a picture with K: it stays here, with its exact latent.")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        buttons = QVBoxLayout()
        buttons.setSpacing(6)
        self.sample, self.from_selection = QPushButton("Sample…"), QPushButton("From selection…")
        self.export = QPushButton("Export gallery…")
        self.export.setObjectName("primary")
        for button, signal, tip in (
            (
                self.sample,
                self.sample_asked,
                "Draw new pictures from the prior, around the cursor or from points",
            ),
            (self.from_selection, self.selection_asked, "Draw new pictures like the selected or shown"),
            (
                self.export,
                self.export_asked,
                "Write pictures as sheets, single files, films or a page (Ctrl+E)",
            ),
        ):
            button.clicked.connect(signal)
            button.setToolTip(tip)
            buttons.addWidget(button)
        self._tips = {button: button.toolTip() for button in (self.sample, self.from_selection)}
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 10, 14, 10)
        layout.setSpacing(12)
        layout.addLayout(buttons)
        layout.addWidget(self._empty, 1)
        self.setFixedHeight(128)
        self.set_kept(())

    def set_kept(self, kept: tuple[Kept, ...]) -> None:
        """Show these pictures; those already shown are not made again."""
        if kept or self.strip is not None:
            strip = self._made()
            strip.set_kept(kept)
            strip.setVisible(bool(kept))
        self._empty.setVisible(not kept)

    def rows(self) -> list[int]:
        """The indices of the pictures that are chosen."""
        return self.strip.rows() if self.strip is not None else []

    def allow_drawing(self, reason: str, *, has_points: bool) -> None:
        """Turn sampling off where ``reason`` says why it cannot be; there may be no points to sample from."""
        self.sample.setEnabled(not reason)
        self.from_selection.setEnabled(not reason and has_points)
        for button, tip in self._tips.items():
            button.setToolTip(f"{tip}\n{reason}".strip())

    def _made(self) -> TrayList:
        if self.strip is None:
            from explorer.ui.tray.list import TrayList

            strip = self.strip = TrayList()
            strip.hand_over = self.hand_over
            for name in ("chosen", "removed", "copied", "tag_asked", "rated", "moved", "menu_asked"):
                getattr(strip, name).connect(getattr(self, name))
            layout = self.layout()
            assert isinstance(layout, QHBoxLayout)
            layout.addWidget(strip, 1)
        return self.strip
